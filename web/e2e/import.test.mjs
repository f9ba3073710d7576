// Importing in a browser: a table whose columns are told, its trial, the import, its
// undoing; on a phone, on a desk, by keyboard, without JavaScript; each page under axe.
import assert from "node:assert/strict";
import { join } from "node:path";
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
  const { code, said } = await demo.stop();
  assert.equal(code, 0, `the demonstration did not stop cleanly:\n${said}`);
});

/** importing opens the page as somebody who is signed in. */
function importing(options, steps) {
  return visit(browser, `${demo.tiriad}/connexion?retour=%2Fimporter`, options, async (page) => {
    await page.fill("#email", "demo@tiriad.example");
    await page.fill("#password", "demonstration");
    await Promise.all([page.waitForURL(/\/importer$/), page.click("main button[type=submit]")]);
    await steps(page);
  });
}

/** sound checks what every page and state must be, and keeps its picture when PICTURES names a folder. */
async function sound(page, name) {
  if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `${name}-${page.viewportSize().width}.png`), fullPage: true });
  assert.equal(await page.locator("h1").count(), 1);
  assert.equal(await sidewaysScroll(page), 0, `${page.url()} scrolls sideways`);
  assert.deepEqual(await violations(page), [], page.url());
  assert.doesNotMatch(await page.locator("main").innerText(), /\b(import|edit|done|account)\.[a-z-]+/, "a message has no words");
}

const file = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

/** sheets is a small table; its names are its own, so that no import finds another's. */
const sheets = (mark) =>
  file(
    `partenaires-${mark}.csv`,
    "identifiant;nom;Où;latitude;longitude;courriel\n" +
      `1;Atelier du port ${mark};Brest;48.39;-4.48;x@asso.example\n` +
      `2;Phare numérique ${mark};Brest;95;-4.50;\n` +
      "3;;Brest;;;\n",
  );

/** many is a large table. */
function many(mark, rows) {
  const lines = ["identifiant;nom;ville;description"];
  for (let i = 0; i < rows; i++) lines.push(`${i};Association ${mark} numéro ${i};Brest;Elle anime un atelier chaque semaine.`);
  return file(`${mark}.csv`, lines.join("\n"));
}

const press = (page, name) => Promise.all([page.waitForNavigation(), page.getByRole("button", { name, exact: true }).click()]);

const refused = [/422/]; // a refused form is said so

describe("a table", () => {
  for (const [what, size] of [["a phone", phone], ["a desk", desktop], ["320 pixels", narrow]]) {
    test(`is mapped, tried, imported and undone on ${what}`, () =>
      importing({ size, expected: refused }, async (page) => {
        const mark = `${size.width}`;
        await sound(page, "1-start");
        await press(page, "Continuer");
        await sound(page, "2-nothing");
        assert.equal(await page.getAttribute("#f-fichier", "aria-invalid"), "true");

        await page.setInputFiles("#f-fichier", sheets(mark));
        await press(page, "Continuer");
        await sound(page, "3-settings");
        assert.equal(await page.getByLabel("courriel").inputValue(), "", "people's contacts are not proposed");
        await page.getByLabel("nom", { exact: true }).selectOption("");
        await press(page, "Voir ce que cela donnerait");
        await sound(page, "4-refused");
        await page.click('a[href="#f-colonnes"]');
        assert.equal(await page.evaluate(() => document.activeElement.id), "f-colonnes");

        await page.getByLabel("nom", { exact: true }).selectOption("name");
        await page.getByLabel("Où", { exact: true }).selectOption("locality");
        await page.getByLabel("Licence des données").selectOption("LO-2.0");
        await press(page, "Voir ce que cela donnerait");
        await page.waitForSelector(".import-rows");
        await sound(page, "5-trial");
        const trial = await page.locator("main").innerText();
        for (const words of ["2 à créer", "1 refusée", "position illisible", "pas de nom", "rien n’est encore publié"]) assert.ok(trial.includes(words), words);
        await page.getByRole("link", { name: "1 refusée" }).click();
        await page.waitForURL(/montrer=refused/);
        assert.equal(await page.locator(".import-rows > li").count(), 1);

        await press(page, "Importer pour de bon");
        await page.waitForURL(/\/importer\/passes\//);
        await sound(page, "6-done");
        assert.match(await page.locator("main").innerText(), /2 créées/);
        await page.getByRole("link", { name: `Phare numérique ${mark}` }).click();
        await page.waitForURL(/\/annuaire\//);
        assert.match(await page.locator(".object-foot").innerText(), new RegExp(`Repris de partenaires-${mark}.csv`));
        await sound(page, "7-sheet");

        await page.goto(`${demo.tiriad}/importer/passes`);
        await sound(page, "8-past");
        await page.getByRole("link", { name: `Annuler cet import partenaires-${mark}.csv` }).click();
        await page.waitForURL(/annuler$/);
        await sound(page, "9-undo");
        await press(page, "Annuler l’import");
        await page.waitForSelector("text=2 publications ont été retirées");
        await sound(page, "10-undone");
      }));
  }

  test("is imported by keyboard only", () =>
    importing({}, async (page) => {
      await page.setInputFiles("#f-fichier", sheets("clavier")); // the file chooser belongs to the browser
      const reach = async (selector) => {
        for (let i = 0; i < 120; i++) {
          if (await page.evaluate((s) => document.activeElement.matches(s), selector)) return;
          await page.keyboard.press("Tab");
        }
        assert.fail(`the keyboard does not reach ${selector}`);
      };
      const enter = (selector, url) => reach(selector).then(() => Promise.all([page.waitForURL(url), page.keyboard.press("Enter")]));
      await enter("main .edit button.primary", /\/importer\/[A-Z2-7]{26}$/);
      await reach(".table-scroll");
      await reach("#f-c2");
      await page.keyboard.type("Comm"); // Commune
      assert.equal(await page.inputValue("#f-c2"), "locality");
      await enter("main .edit button.primary", /\/essai$/);
      await enter("main form button.primary", /\/importer\/passes\//);
      assert.match(await page.locator("main").innerText(), /2 créées/);
    }));

  test("is imported without JavaScript", () =>
    importing({ javaScript: false, size: narrow }, async (page) => {
      await page.setInputFiles("#f-fichier", sheets("sans"));
      await press(page, "Continuer");
      await page.getByLabel("Où", { exact: true }).selectOption("locality");
      await press(page, "Voir ce que cela donnerait");
      await page.waitForSelector(".import-rows");
      await press(page, "Importer pour de bon");
      await page.waitForURL(/\/importer\/passes\//);
      assert.match(await page.locator("main").innerText(), /2 créées/);
    }));
});

describe("a large table", () => {
  for (const javaScript of [true, false]) {
    test(`shows how far it is, is stopped and goes on, ${javaScript ? "with" : "without"} JavaScript`, () =>
      importing({ size: phone, javaScript }, async (page) => {
        await page.setInputFiles("#f-fichier", many(`grand-${javaScript}`, 10_000));
        await press(page, "Continuer");
        await press(page, "Voir ce que cela donnerait");
        await page.waitForSelector(".import-rows", { timeout: 60_000 });
        await press(page, "Importer pour de bon");
        await page.waitForSelector("progress");
        if (javaScript) {
          const loaded = await page.evaluate(() => performance.timeOrigin);
          await page.waitForFunction(() => /\d lignes sur 10/.test(document.querySelector("[data-words]")?.textContent), null, { timeout: 60_000 });
          assert.equal(await page.evaluate(() => performance.timeOrigin), loaded, "the page was loaded again");
          await sound(page, "11-progress");
        } else {
          await page.waitForSelector('progress[value]:not([value="0"])', { timeout: 60_000 }); // it comes back by itself
        }
        await press(page, "Arrêter");
        await page.waitForSelector("text=Cet import a été arrêté");
        if (javaScript) await sound(page, "12-stopped");
        await press(page, "Reprendre l’import");
        await page.waitForSelector("text=L’import est terminé", { timeout: 120_000 });
      }));
  }
});

describe("an agenda", () => {
  const agenda = (rows) => {
    const lines = ["titre;date;ville"];
    for (let i = 0; i < rows; i++) lines.push(`Soirée numéro ${i} de ${rows};14/03/2027 18h;Brest`);
    return file(`agenda-${rows}.csv`, lines.join("\n"));
  };
  for (const [rows, announced, size] of [[3, true, phone], [14, false, desktop]]) {
    test(`of ${rows} dates is ${announced ? "" : "not "}announced unless one says otherwise`, () =>
      importing({ size }, async (page) => {
        await page.emulateMedia({ colorScheme: "dark" });
        await page.setInputFiles("#f-fichier", agenda(rows));
        await press(page, "Continuer");
        await press(page, "Voir ce que cela donnerait");
        await page.waitForSelector(".import-rows");
        assert.equal(await page.getByLabel(/^Annoncer/).isChecked(), announced);
        await sound(page, "17-announce");
        await press(page, "Importer pour de bon");
        await page.waitForURL(/\/importer\/passes\//);
        await sound(page, "18-announced");
        assert.equal(/n’ont pas été prévenus/.test(await page.locator("main").innerText()), !announced);
      }));
  }
});

describe("a source", () => {
  test("is followed, read again and left", () =>
    importing({ size: phone, expected: refused }, async (page) => {
      await page.goto(`${demo.tiriad}/importer/sources`);
      await sound(page, "13-sources");
      await page.getByLabel("Adresse").fill("agenda");
      await press(page, "Suivre cette source");
      await sound(page, "14-refused");
      await page.getByLabel("Adresse").fill(`${demo.libertic}/agenda.ics`);
      await press(page, "Suivre cette source");
      const report = page.getByRole("link", { name: "Son rapport" });
      for (let tries = 0; tries < 100 && (await report.count()) === 0; tries++) {
        await page.waitForTimeout(300);
        await page.reload();
      }
      await sound(page, "15-followed");
      await report.click();
      await page.waitForURL(/sources\/\w+$/);
      await sound(page, "16-report");
      await page.goBack();
      await page.getByRole("button", { name: /^Relire maintenant/ }).click();
      await page.waitForSelector("text=va être relue");
      await page.getByRole("button", { name: /^Ne plus suivre/ }).click();
      await page.waitForSelector("text=Aucune source suivie");
    }));
});
