// Coming to an event: an organiser opens the sign-ups, a visitor and a member ask for a
// place, on a phone and on a desk, without JavaScript; each page and state under axe.
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { after, before, test } from "node:test";
import { desktop, launch, narrow, phone, sidewaysScroll, violations, visit } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

let demo;
let browser;

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), launch()]);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

async function sound(page, name) {
  if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `${name}-${page.viewportSize().width}.png`), fullPage: true });
  assert.equal(await sidewaysScroll(page), 0, `${page.url()} scrolls sideways`);
  assert.deepEqual(await violations(page), [], page.url());
  assert.doesNotMatch(await page.locator("main").innerText(), /\b(join|reply)\.[a-z-]+/, "a message has no words");
}

const press = (page, name) => Promise.all([page.waitForLoadState("load"), page.getByRole("button", { name, exact: true }).first().click()]);

test("sign-ups: opened, asked for, answered, given up", { timeout: 180_000 }, async () => {
  let event;
  await visit(browser, `${demo.tiriad}/agenda`, { size: phone }, async (page) => {
    event = await page.locator('main a[href^="/evenements/"]').first().getAttribute("href");
  });
  await visit(browser, `${demo.tiriad}/connexion`, { size: desktop, javaScript: false }, async (page) => {
    await page.goto(`${demo.tiriad}/connexion?${new URLSearchParams({ retour: event })}`);
    await page.fill("#email", "demo@tiriad.example");
    await page.fill("#password", "demonstration");
    await Promise.all([page.waitForURL((url) => url.pathname === event), page.click("main button[type=submit]")]);
    await page.getByRole("link", { name: "Voir les participants" }).click();
    await page.getByLabel("Qui peut s’inscrire ici").selectOption("free");
    await page.locator("#j-capacity").fill("2");
    await press(page, "Enregistrer");
    await page.locator("#j-name").fill("Une voisine");
    await page.locator("#j-phone").fill("passe au guichet");
    await press(page, "Noter");
    await page.getByText("Une voisine").first().waitFor();
    await page.goto(demo.tiriad + event);
    await press(page, "Je participe");
    await page.getByText("Votre place est réservée.").first().waitFor();
  });
  for (const [size, scheme] of [[phone, "light"], [narrow, "dark"], [desktop, "dark"]]) {
    await visit(browser, demo.tiriad + event, { size, scheme }, (page) => sound(page, "event"));
    await visit(browser, `${demo.tiriad}${event}/inscription`, { size, scheme }, (page) => sound(page, `signup-${scheme}`));
  }
  await visit(browser, `${demo.tiriad}${event}/inscription`, { size: phone, expected: [/422/] }, async (page) => {
    await sound(page, "signup");
    await wait(3500); // as long as a person takes
    await page.getByLabel("Nombre de places").fill("2");
    await press(page, "M’inscrire sur la liste d’attente");
    await page.getByText("Donnez un nom ou un pseudonyme").first().waitFor();
    await sound(page, "signup-refused");
    await page.getByLabel("Nom ou pseudonyme").fill("Un voisin");
    await press(page, "M’inscrire sur la liste d’attente");
    await page.getByText("C’est noté chez l’organisateur.").waitFor();
  });
  await visit(browser, `${demo.tiriad}/connexion`, { size: desktop, expected: [/422/] }, async (page) => {
    await page.goto(`${demo.tiriad}/connexion?${new URLSearchParams({ retour: `${event}/participants` })}`);
    await page.fill("#email", "demo@tiriad.example");
    await page.fill("#password", "demonstration");
    await Promise.all([page.waitForURL((url) => url.pathname === `${event}/participants`), page.click("main button[type=submit]")]);
    await page.getByText("Un voisin").first().waitFor();
    await sound(page, "participants");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.evaluate(() => document.querySelector("#j-name").removeAttribute("required")); // as a browser that asks for less
    await press(page, "Noter");
    await page.getByText("Donnez un nom ou un pseudonyme").first().waitFor();
    await sound(page, "participants-refused");
    await page.setViewportSize(phone);
    await sound(page, "participants");
    await page.goto(`${demo.tiriad}/reponses`);
    await sound(page, "replies");
  });
});
