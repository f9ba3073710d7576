// Coming to an event, in the three hard ways and at night: an organiser opens the sign-ups, a
// member takes the only place, a visitor waits for it, and the list is taken away.
import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { after, before, describe, test } from "node:test";
import { desktop, launch, membership, phone, visit } from "./browser.mjs";
import { startDemo } from "./demo.mjs";
import { aPerson, sound, walks } from "./walk.mjs";

let demo;
let browser;
let member;
let event; // one that somebody waits for

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), launch()]);
  member = await membership(browser, demo.tiriad);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

describe("sign-ups", { concurrency: true }, () => {
  walks("coming to an event", () => ({ browser, address: `${demo.tiriad}/publier/evenement`, state: member }), async (w, way) => {
    const name = `Atelier, ${way}`;
    await w.write("#f-name", name);
    await w.write("#f-date", "2027-03-13");
    await w.press("Publier");
    await w.follow(name);
    const { path } = w;
    event = path;
    await w.follow("Voir les participants et régler les inscriptions");
    await w.select("#j-mode", "free");
    await w.write("#j-capacity", "1");
    await w.press("Enregistrer");
    await w.sound("sign-ups");
    await w.go(path);
    await w.press("Je participe");
    assert.match(await w.text(), /Votre place est réservée/);
    await w.sound("member");

    await w.page.context().clearCookies();
    await w.go(path);
    await w.follow("M’inscrire sur la liste d’attente");
    await aPerson();
    await w.press("M’inscrire sur la liste d’attente");
    await w.refused(/Donnez un nom ou un pseudonyme/);
    await w.write("#j-name", "Une voisine");
    await w.write("#j-phone", "passe au guichet");
    await w.press("M’inscrire sur la liste d’attente");
    assert.match(await w.text(), /C’est noté chez l’organisateur/);
    await w.sound("visitor");

    await w.page.context().addCookies(member.cookies);
    await w.go(`${path}/participants`);
    await w.write("#j-name", "Un voisin");
    await w.press("Noter");
    await w.press(/^Donner une place Une voisine/);
    assert.match(await w.text(), /Inscrits[\s\S]*Une voisine[\s\S]*passe au guichet/);
    await w.sound("participants");
    const table = await w.page.request.get(`${w.page.url()}.csv`);
    assert.equal(parse(await table.text()).length, 4, "a row for each, under their names");
    await w.press(/^Retirer Un voisin/);
    await w.go(path);
    await w.press("Je ne viens plus");
    assert.match(await w.text(), /Je participe|liste d’attente/);
  });
});

test("the pages of sign-ups are sound at night", async () => {
  for (const size of [phone, desktop]) {
    await visit(browser, demo.tiriad + event, { size, scheme: "dark", state: member }, async (page) => {
      for (const path of [event, `${event}/inscription`, `${event}/participants`, "/reponses"]) {
        await page.goto(demo.tiriad + path);
        await sound(page, `night-${path.split("/").at(-1)}`);
      }
    });
  }
});

test("the organiser's list prints as a sheet to sign", () =>
  visit(browser, `${demo.tiriad}${event}/participants`, { state: member }, async (page) => {
    await page.emulateMedia({ media: "print" });
    assert.ok(await page.getByText("Une voisine").first().isVisible());
    assert.ok(!(await page.locator("#guichet").isVisible()), "forms are not printed");
  }));
