// The forms of the editor: on a phone, on a desk, with the connection or the session lost,
// with a map, with another node. The life of what they publish is in life.test.mjs.
import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { desktop, launch, membership, phone, sidewaysScroll, unfold, visit } from "./browser.mjs";
import { startDemo } from "./demo.mjs";
import { sound } from "./walk.mjs";

let demo;
let browser;
let member;

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), launch()]);
  member = await membership(browser, demo.tiriad);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** writing opens a page as somebody who is signed in. */
function writing(to, options, steps) {
  return visit(browser, demo.tiriad + to, { state: member, ...options }, steps);
}

const press = (page, name) => Promise.all([page.waitForEvent("load"), page.getByRole("button", { name, exact: true }).click()]);

/** fountains fills in what the form of an event asks first. */
async function fountains(page, name = "Cartographier les fontaines") {
  await page.getByLabel("Que vont faire les gens").fill(name);
  await page.getByLabel("En une phrase").fill("À pied, avec un téléphone : rien à savoir avant.");
  await page.locator("#f-date").fill("2027-03-13");
  await page.locator("#f-from").fill("14:00");
  await page.locator("#f-to").fill("17:30");
  await page.locator("#f-place").fill("Médiathèque");
  await page.locator("#f-commune").fill("Redon (35)");
}

const forms = ["/publier", "/publier/evenement", "/publier/recette", "/publier/fiche", "/publier/annonce", "/brouillons", "/organisations/nouvelle", "/territoires/nouveau"];

test("the forms are sound on a desk, in English", () => // pages.test.mjs sees to phones, in French
  writing("/publier", { size: desktop, lang: "en" }, async (page) => {
    for (const path of forms) {
      await page.goto(demo.tiriad + path);
      await unfold(page);
      await sound(page, path.slice(1).replaceAll("/", "-"));
    }
  }));

describe("a draft", () => {
  test("is saved by itself, and survives a lost connection", () =>
    writing("/publier/evenement", { size: phone, expected: [/ERR_INTERNET_DISCONNECTED/, /Failed to load/] }, async (page) => {
      await fountains(page, "Sauvé tout seul");
      await page.waitForURL(/brouillon=/, { timeout: 15_000 });
      assert.match(await page.locator("[data-state]").innerText(), /Brouillon enregistré à/);
      await page.context().setOffline(true);
      await page.getByLabel("En une phrase").fill("Écrit dans le tunnel.");
      await page.getByText("Connexion perdue").waitFor({ timeout: 15_000 });
      await page.context().setOffline(false);
      const address = page.url();
      await page.goto(`${demo.tiriad}/agenda`);
      await page.goto(address);
      if ((await page.inputValue("#f-summary")) !== "Écrit dans le tunnel.") {
        await page.getByRole("button", { name: "Le reprendre" }).click();
      }
      assert.equal(await page.inputValue("#f-summary"), "Écrit dans le tunnel.");
      await sound(page, "repris");
    }));

  test("is not made of a form in which nothing was written", () =>
    writing("/publier/annonce", { size: phone, expected: [/422/] }, async (page) => {
      await page.getByRole("button", { name: "Publier", exact: true }).click();
      await page.getByRole("alert").waitFor();
      await page.goto(`${demo.tiriad}/agenda`);
      await page.goto(`${demo.tiriad}/brouillons`);
      assert.equal(await page.getByText("Sans titre").count(), 0);
    }));
});

describe("the toolbar", () => {
  test("lays out what is selected", () =>
    writing("/publier/annonce", { size: phone }, async (page) => {
      const area = page.locator("#f-content");
      await area.fill("Venez samedi");
      await area.evaluate((field) => field.setSelectionRange(6, 12));
      await page.getByRole("button", { name: "Gras" }).click();
      assert.equal(await area.inputValue(), "Venez **samedi**");
      await press(page, "Aperçu");
      assert.equal(await page.locator(".toot strong").nth(1).innerText(), "samedi");
      await sound(page, "apercu-annonce");
    }));
});

describe("the point of a place", () => {
  test("is put on a map, and moved by keyboard", () =>
    writing("/publier/evenement", { size: phone }, async (page) => {
      await fountains(page, "Le lavoir du bas");
      await page.getByText("Plus de détails").click();
      await page.getByText("Placer le point sur une carte").click();
      const marker = page.getByRole("button", { name: "Position du lieu" });
      await marker.waitFor({ timeout: 20_000 });
      assert.equal(await page.inputValue("#f-lat"), "", "to look is not to choose");
      await marker.focus();
      await page.keyboard.press("ArrowUp");
      const north = Number(await page.inputValue("#f-lat"));
      assert.ok(north > 47.6 && north < 47.8, `Redon is at ${north}`);
      await page.keyboard.press("Shift+ArrowDown");
      assert.ok(Number(await page.inputValue("#f-lat")) < north);
      await page.locator("#f-lat").fill("47,65");
      await page.locator("#f-lon").fill("-2,08");
      await page.keyboard.press("Tab");
      await marker.focus();
      await page.keyboard.press("ArrowLeft");
      const lon = Number(await page.inputValue("#f-lon"));
      assert.ok(lon < -2.08 && lon > -2.2, `moved from -2.08 to ${lon}`);
      await sound(page, "point");
      await press(page, "Publier");
      assert.match(await page.locator("h1").innerText(), /C’est publié/);
    }));
});

describe("a session that ended", () => {
  for (const javaScript of [true, false]) {
    test(`loses nothing ${javaScript ? "with" : "without"} JavaScript`, () =>
      writing("/publier/evenement", { size: phone, javaScript, expected: [/401/] }, async (page) => {
        const name = `Rien de perdu ${javaScript}`;
        await fountains(page, name);
        await page.context().clearCookies();
        await press(page, "Publier");
        assert.match(await page.locator("main").innerText(), /Rien n’est perdu/);
        if (javaScript) await sound(page, "session"); // axe needs scripts
        await page.fill("#email", "demo@tiriad.example");
        await page.fill("#password", "demonstration");
        await press(page, "Se connecter");
        if (javaScript) await sound(page, "reprise");
        assert.equal(await sidewaysScroll(page), 0);
        await press(page, "Envoyer ce que j’avais écrit");
        assert.match(new URL(page.url()).pathname, /^\/evenements\/.*\/partager$/);
        await page.goto(demo.tiriad + new URL(page.url()).pathname.replace("/partager", ""));
        assert.match(await page.locator("main").innerText(), new RegExp(`${name}[\\s\\S]*samedi 13.mars.2027`));
      }));
  }
});

describe("organising together", () => {
  const name = "Cartopartie à deux";
  let path;

  test("asks an organisation of the other node, and says that it has not answered", () =>
    writing("/publier/evenement", { size: phone, expected: [/422/] }, async (page) => {
      await fountains(page, name);
      await page.getByText("Plus de détails").click();
      await page.locator("#f-invites-who-0").fill("@personne@nulle.part.example");
      await press(page, "Publier");
      await sound(page, "invitation-refusee");
      await page.locator("#f-invites-who-0").fill(`@libertic@${new URL(demo.libertic).host}`);
      await press(page, "Publier");
      path = new URL(page.url()).pathname.replace("/partager", "");
      await page.goto(demo.tiriad + path);
      assert.match(await page.locator("main").innerText(), /demande envoyée, pas encore confirmée/);
      await sound(page, "invitation-en-attente");
    }));

  test("is answered on the other node, and shows on both", async () => {
    await visit(browser, `${demo.libertic}/connexion?retour=/co-organiser`, { size: phone }, async (page) => {
      await page.fill("#email", "demo@libertic.example");
      await page.fill("#password", "demonstration");
      await press(page, "Se connecter");
      for (let i = 0; i < 40 && !(await page.getByText(name).count()); i++) {
        await wait(500);
        await page.reload();
      }
      await sound(page, "co-organiser");
      await press(page, `Accepter ${name}`);
      await sound(page, "co-organise");
      await page.goto(`${demo.libertic}/organisations/libertic`);
      assert.match(await page.locator("main").innerText(), new RegExp(name));
    });
    await visit(browser, demo.tiriad + path, { size: desktop }, async (page) => {
      const organisers = () => page.locator("dl.facts").innerText();
      for (let i = 0; i < 40 && !(await organisers()).includes("LiberTIC"); i++) {
        await wait(500);
        await page.reload();
      }
      assert.match(await organisers(), /Organisé par[\s\S]*Tiriad[\s\S]*LiberTIC/i);
    });
  });
});
