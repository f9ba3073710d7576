// The whole life of an event and of a recipe, in a browser: on a phone, on a desk, by
// keyboard, without JavaScript, with the connection lost; each page and state under axe.
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
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

/** signIn signs in and goes to a page. */
async function signIn(page, to) {
  await page.goto(`${demo.tiriad}/connexion?${new URLSearchParams({ retour: to })}`);
  await page.fill("#email", "demo@tiriad.example");
  await page.fill("#password", "demonstration");
  await Promise.all([page.waitForURL((url) => url.pathname === to.split("?")[0]), page.click("main button[type=submit]")]);
}

/** writing opens a page as somebody who is signed in. */
function writing(to, options, steps) {
  return visit(browser, `${demo.tiriad}/connexion`, options, async (page) => {
    await signIn(page, to);
    await steps(page);
  });
}

/** sound checks what every page and state must be, and keeps its picture when PICTURES names a folder. */
async function sound(page, name) {
  if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `${name}-${page.viewportSize().width}.png`), fullPage: true });
  assert.equal(await page.locator("h1").count(), 1);
  assert.equal(await sidewaysScroll(page), 0, `${page.url()} scrolls sideways`);
  assert.deepEqual(await violations(page), [], page.url());
  assert.doesNotMatch(await page.locator("main").innerText(), /\b(edit|draft|preview|share|history|calloff|actor|manage)\.[a-z-]+/, "a message has no words");
}

const press = (page, name) => Promise.all([page.waitForLoadState("load"), page.getByRole("button", { name, exact: true }).click()]);

/** focused waits for an element to have the focus: browsers give it when they draw. */
async function focused(page, id) {
  for (let i = 0; i < 40; i++) {
    if ((await page.evaluate(() => document.activeElement.id)) === id) return;
    await wait(50);
  }
  assert.fail(`${await page.evaluate(() => document.activeElement.id)} has the focus, not ${id}`);
}

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

describe("the forms", () => {
  for (const [what, options] of Object.entries({
    "a phone": { size: phone }, "a desk": { size: desktop }, "320 pixels, in English": { size: narrow, lang: "en" }, "a desk at night": { size: desktop, scheme: "dark" },
  })) {
    test(`are sound on ${what}`, () =>
      writing("/publier", options, async (page) => {
        for (const path of forms) {
          await page.goto(demo.tiriad + path);
          await page.evaluate(() => document.querySelectorAll("main details").forEach((fold) => { fold.open = true; }));
          await sound(page, path.slice(1).replaceAll("/", "-") + (options.scheme ?? ""));
        }
      }));
  }

  test("say what is wrong, where it is, and keep what was typed", () =>
    writing("/publier/evenement", { size: phone, expected: [/422/] }, async (page) => {
      await page.getByLabel("En une phrase").fill("Gardé");
      await page.locator("#f-to").fill("17:30");
      await press(page, "Publier");
      await sound(page, "evenement-refuse");
      await focused(page, "erreurs");
      await page.locator("#erreurs a").first().click();
      await focused(page, "f-name");
      assert.equal(await page.inputValue("#f-summary"), "Gardé");
    }));
});

/** life follows an event from the form to its deletion. */
async function life(page, name, shot) {
  await fountains(page, name);
  await press(page, "Aperçu");
  assert.match(await page.locator(".toot").innerText(), /sam\. 13 mars 2027, 14\u00a0h – 17\u00a0h\u00a030 · Médiathèque, Redon — À pied/);
  await sound(page, `apercu${shot}`);
  await press(page, "Publier");
  assert.match(new URL(page.url()).pathname, /^\/evenements\/.*\/partager$/);
  await sound(page, `partager${shot}`);
  const path = new URL(page.url()).pathname.replace("/partager", "");
  await page.goto(demo.tiriad + path);
  assert.match(await page.locator("main").innerText(), /samedi 13.mars.2027/);
  await sound(page, `page${shot}`);

  await page.getByRole("link", { name: "Modifier" }).click();
  await page.getByLabel("Que vont faire les gens").fill(`${name} et les lavoirs`);
  await sound(page, `modifier${shot}`);
  await press(page, "Enregistrer les changements");
  await page.getByRole("link", { name: "Historique" }).click();
  assert.equal((await page.locator("ins").innerText()).trim(), "et les lavoirs");
  await sound(page, `historique${shot}`);
  await page.getByRole("button", { name: /Rétablir cette version/ }).click();
  await page.waitForLoadState("load");

  await page.goto(`${demo.tiriad}${path}/annuler`);
  await page.getByLabel("Il est annulé.").check();
  await page.getByLabel("Un mot à ajouter au message").fill("La salle est fermée.");
  await sound(page, `annuler${shot}`);
  await press(page, "Enregistrer");
  assert.match(await page.locator("main").innerText(), /Annulé/);

  await page.goto(`${demo.tiriad}${path}/supprimer`);
  await sound(page, `supprimer${shot}`);
  await press(page, "Supprimer définitivement");
  await sound(page, `supprime${shot}`);
  assert.equal((await page.request.get(demo.tiriad + path)).status(), 410);
  await page.getByRole("button", { name: /En refaire un brouillon/ }).first().click();
  await page.waitForURL(/publier\/evenement\?brouillon=/);
  assert.equal(await page.inputValue("#f-name"), name);
}

describe("the life of an event", () => {
  test("on a phone", () => writing("/publier/evenement", { size: phone }, (page) => life(page, "Les fontaines", "")));
  test("at 320 pixels, without JavaScript", () => writing("/publier/evenement", { size: narrow, javaScript: false }, async (page) => {
    await fountains(page, "Les puits");
    await press(page, "Publier");
    assert.match(await page.locator("h1").innerText(), /C’est publié/);
    assert.equal(await sidewaysScroll(page), 0);
  }));

  test("by keyboard alone", () =>
    writing("/", { size: desktop }, async (page) => {
      await page.getByRole("link", { name: "Publier un événement" }).focus();
      await page.keyboard.press("Enter");
      await page.waitForURL(/publier\/evenement/);
      await page.locator("#contenu").focus();
      const to = async (id) => {
        for (let i = 0; i < 60; i++) {
          await page.keyboard.press("Tab");
          if ((await page.evaluate(() => document.activeElement.id)) === id) return;
        }
        assert.fail(`the keyboard does not reach ${id}`);
      };
      await to("f-name");
      await page.keyboard.type("Les lavoirs au clavier");
      await to("f-date");
      await page.keyboard.type("13032027");
      await to("f-commune");
      await page.keyboard.type("Brest (29)");
      for (let i = 0; i < 60 && (await page.evaluate(() => document.activeElement.value)) !== "publier"; i++) await page.keyboard.press("Tab");
      await Promise.all([page.waitForURL(/partager$/), page.keyboard.press("Enter")]);
      assert.match(await page.locator("h1").innerText(), /C’est publié/);
    }));
});

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
});

describe("the life of a recipe", () => {
  test("its lines are added and moved without JavaScript", () =>
    writing("/publier/recette", { size: phone, javaScript: false, expected: [/422/] }, async (page) => {
      await page.getByLabel("Titre", { exact: false }).first().fill("Relever des fontaines");
      await page.getByRole("radio", { name: /Partage dans les mêmes conditions/ }).check();
      await page.locator("#f-steps-title-0").fill("Marcher");
      await press(page, "Ajouter une étape");
      await focused(page, "f-steps-title-1");
      await page.locator("#f-steps-title-1").fill("Repérer");
      await page.getByRole("button", { name: "Monter Étape 2" }).click();
      await page.waitForLoadState("load");
      assert.equal(await page.inputValue("#f-steps-title-0"), "Repérer");
      await page.locator("#f-ingredients-name-0").fill("Un téléphone");
      await press(page, "Publier");
      await page.getByRole("link", { name: "Relever des fontaines" }).click();
      assert.match(await page.locator("main").innerText(), /Repérer[\s\S]*Marcher/);
      await page.getByRole("link", { name: "Adapter cette recette" }).click();
      assert.match(await page.locator("main").innerText(), /Adaptée de/);
      await page.getByRole("radio", { name: /zéro/ }).check();
      await press(page, "Publier");
      assert.match(await page.locator("#erreurs").innerText(), /la recette d’origine vous engage/);
    }));

  test("with its states", () =>
    writing("/publier/recette", { size: desktop, expected: [/422/] }, async (page) => {
      await press(page, "Publier");
      await sound(page, "recette-refusee");
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
