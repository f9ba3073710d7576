// What anybody can propose, correct and report, and how it is answered: with axe, by
// keyboard alone, without JavaScript, at 320 pixels.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { desktop, launch, narrow, phone, sidewaysScroll, signIn, violations, visit } from "./browser.mjs";
import { startDemo } from "./demo.mjs";
import { aPerson } from "./walk.mjs";

let demo;
let browser;
let sheet; // a sheet of Tiriad's
let learnt; // an event of LiberTIC's, as Tiriad shows it
before(async () => {
  [demo, browser] = await Promise.all([startDemo(), launch()]);
  const first = async (query) => {
    const { hits } = await (await fetch(`${demo.tiriad}/api/v1/search?per_page=1&${query}`)).json();
    assert.ok(hits.length > 0, `Tiriad knows nothing for ${query}`);
    return demo.tiriad + hits[0].path;
  };
  [sheet, learnt] = await Promise.all([first("kind=partner&origin=local"), first("kind=event&origin=network")]);
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** fits checks the page as it is: axe, and nothing beyond its sides at 320 pixels. */
async function fits(page) {
  assert.deepEqual(await violations(page), []);
  const size = page.viewportSize();
  await page.setViewportSize(narrow);
  assert.equal(await sidewaysScroll(page), 0, `${page.url()} scrolls sideways`);
  await page.setViewportSize(size);
}

/** propose sends a structure's form and returns the address of its follow-up. */
async function propose(page, name) {
  await page.goto(`${demo.tiriad}/proposer/structure`);
  await page.fill("#p-name", name);
  await page.fill("#p-locality", "Brest");
  await aPerson();
  await Promise.all([page.waitForURL(/\/proposition\?cle=/), page.click("#p-envoyer")]);
  return page.url();
}

describe("forms", () => {
  for (const javaScript of [true, false]) {
    test(`a structure is proposed and published ${javaScript ? "with" : "without"} JavaScript`, () =>
      visit(browser, `${demo.tiriad}/annuaire`, { javaScript, size: phone, expected: [/422/] }, async (page) => {
        const name = `Fablab ${javaScript ? "avec" : "sans"} script`;
        await page.click('a[href="/proposer/structure"]');
        await page.waitForURL(/proposer\/structure/);
        if (javaScript) await fits(page);
        await aPerson();
        await page.click("#p-envoyer");
        await page.waitForSelector('[role="alert"]');
        assert.equal(await page.getAttribute("#p-name", "aria-invalid"), "true");
        if (javaScript) await fits(page);
        await page.click('[role="alert"] a');
        await page.fill("#p-name", name);
        await page.fill("#p-locality", "Brest");
        await Promise.all([page.waitForURL(/\/proposition\?cle=/), page.click("#p-envoyer")]);
        assert.match(await page.innerText("main"), /En attente/);
        if (javaScript) await fits(page);
        const followUp = page.url();

        await signIn(page, demo.tiriad);
        assert.match(await page.innerText("header summary"), /1/);
        await page.goto(`${demo.tiriad}/moderation`);
        if (javaScript) await fits(page);
        await page.click(`main a:has-text("${name}")`);
        await page.waitForURL(/moderation\/[^/]+$/);
        if (javaScript) await fits(page);
        await page.selectOption("#p-by", { index: 0 });
        await Promise.all([page.waitForURL(/\/moderation$/), page.click("#p-accepter")]);
        await page.goto(followUp);
        assert.match(await page.innerText("main"), /Traitée/);
        await Promise.all([page.waitForURL(/\/annuaire\//), page.click("main a.button.primary")]);
        assert.equal(await page.innerText("h1"), name);
      }));
  }

  test("a correction is shown field by field, and taken", () =>
    visit(browser, sheet, {}, async (page) => {
      await page.click('aside a[href^="/corriger/"]');
      await page.waitForURL(/corriger/);
      await fits(page);
      const was = await page.inputValue("#p-summary");
      await page.fill("#p-summary", `${was} Ouvert le samedi.`);
      await aPerson();
      await Promise.all([page.waitForURL(/\/proposition\?cle=/), page.click("#p-envoyer")]);
      await fits(page);
      assert.match(await page.innerText("main ins"), /Ouvert le samedi/);
      await page.goto(sheet);
      assert.match(await page.innerText("aside"), /Une correction est proposée/);
      await fits(page);
      await signIn(page, demo.tiriad);
      await page.goto(`${demo.tiriad}/moderation`);
      await page.click('main ol a');
      await page.waitForURL(/moderation\/[^/]+$/);
      await fits(page);
      await Promise.all([page.waitForURL(/\/moderation$/), page.click("#p-accepter")]);
      await page.goto(sheet);
      assert.match(await page.innerText("main"), /Ouvert le samedi/);
    }));

  test("a correction of another node's page says where it goes", () =>
    visit(browser, learnt, {}, async (page) => {
      await page.click('aside a[href^="/corriger/"]');
      await page.waitForURL(/corriger/);
      await fits(page);
      assert.match(await page.innerText("main"), new RegExp(`vient de ${new URL(demo.libertic).host}`));
    }));

});

describe("reports", () => {
  test("are kept and settled, and hide what comes from elsewhere", () =>
    visit(browser, learnt, { expected: [/410/] }, async (page) => {
      await page.click('aside a[href^="/signaler/"]');
      await page.waitForURL(/signaler/);
      await fits(page);
      await page.check('input[name="reason"][value="spam"]');
      await aPerson();
      await Promise.all([page.waitForURL(/\/proposition\?cle=/), page.click("#p-envoyer")]);
      await fits(page);
      await signIn(page, demo.tiriad);
      await page.goto(`${demo.tiriad}/moderation`);
      await page.click('main ol li:has-text("Signalement") a');
      await page.waitForURL(/moderation\/[^/]+$/);
      await fits(page);
      await page.check('input[name="suite"][value="hide"]');
      await Promise.all([page.waitForURL(/\/moderation$/), page.click('main form button.primary')]);
      assert.equal((await page.goto(learnt)).status(), 410);
      await page.goto(`${demo.tiriad}/moderation/caches`);
      await fits(page);
    }));
});

describe("a wave", () => {
  for (const javaScript of [true, false]) {
    test(`of advertising is dismissed in four clicks ${javaScript ? "with" : "without"} JavaScript`, () =>
      visit(browser, `${demo.tiriad}/proposer`, { javaScript, size: phone }, async (page) => {
        for (let i = 0; i < 5; i++) await propose(page, `Casino des îles ${i}`);
        await propose(page, `Le fablab du port, ${javaScript}`);
        await signIn(page, demo.tiriad);
        await page.goto(`${demo.tiriad}/moderation`);
        await Promise.all([page.waitForURL(/\/moderation\/tri$/), page.click('main a[href="/moderation/tri"]')]);
        if (javaScript) await fits(page);
        await page.fill("#mot", "casino");
        await Promise.all([page.waitForURL(/mot=casino/), page.click("form.filters button")]);
        assert.equal(await page.locator('input[name="id"]:checked').count(), 5);
        if (javaScript) await fits(page);
        if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/sweep-${javaScript}.png`, fullPage: true });
        await Promise.all([page.waitForURL(/\/moderation$/), page.click("main form.propose button")]);
        assert.match(await page.innerText("main"), /Le fablab du port/);
        assert.doesNotMatch(await page.innerText("main"), /Casino/);
      }));
  }
});

describe("pages", () => {
  test("are accessible in both languages and both lights, on a phone and a desk", async () => {
    let followUp;
    await visit(browser, `${demo.tiriad}/proposer`, {}, async (page) => {
      followUp = await propose(page, "Une structure à lire");
    });
    for (const address of [`${demo.tiriad}/proposer`, `${demo.tiriad}/proposer/evenement`, `${demo.tiriad}/proposer/structure`, followUp]) {
      for (const [size, scheme, lang] of [[phone, "light", "fr"], [desktop, "dark", "en"]]) {
        await visit(browser, address, { size, scheme, lang }, async (page) => {
          assert.deepEqual(await violations(page), []);
          assert.equal(await sidewaysScroll(page), 0);
        });
      }
    }
  });
});
