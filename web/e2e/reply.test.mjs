// What somebody of another node says of an event is read, shown and answered, in the three
// hard ways.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { launch, membership, signIn } from "./browser.mjs";
import { startDemo } from "./demo.mjs";
import { walks } from "./walk.mjs";

let demo;
let browser;
let member;
let event; // of Tiriad's
let say; // publishes at LiberTIC what answers the event

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), launch()]);
  member = await membership(browser, demo.tiriad);
  const { hits } = await (await fetch(`${demo.tiriad}/api/v1/search?kind=event&origin=local&per_page=1`)).json();
  event = hits[0];
  const token = await tokenOf(demo.libertic);
  say = async (content) => {
    const answer = await fetch(`${demo.libertic}/api/v1/announcements`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ content, in_reply_to: event.id }),
    });
    assert.equal(answer.status, 201, await answer.text());
  };
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** tokenOf makes a token that publishes for LiberTIC, as its host does. */
async function tokenOf(site) {
  const page = await browser.newPage();
  await signIn(page, site, "/compte/jetons", "demo@libertic.example");
  await page.fill("#label", "un robot");
  await page.check("input[value='publish:libertic']");
  await page.click("main form.stack button[type=submit]");
  const token = await page.locator(".done code").innerText();
  await page.close();
  return token;
}

describe("an answer", () => {
  walks("read and answered", () => ({ browser, address: `${demo.tiriad}/reponses`, state: member }), async (w, way) => {
    const words = `Nous venons à trois, ${way}.`;
    await say(words);
    for (let i = 0; i < 100 && !(await w.text()).includes(words); i++) {
      await wait(100);
      await w.go("/reponses");
    }
    await w.sound("waiting");
    await w.press("Montrer");
    await w.go(event.path);
    assert.match(await w.text(), new RegExp(words));
    await w.follow(/^Répondre/);
    await w.sound("answering");
    await w.write("#content", "   ");
    await w.press("Envoyer la réponse");
    await w.refused(/écrivez votre réponse/i);
    await w.write("#content", `Bienvenue, ${way}.`);
    await w.press("Envoyer la réponse");
    assert.match(await w.text(), new RegExp(`Bienvenue, ${way}`));
    await w.sound("answered");
  });
});
