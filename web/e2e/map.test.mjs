// The map and its layers, what is near, who is near: by keyboard, without a map,
// without JavaScript, without a connection.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { desktop, launch, narrow, phone, sidewaysScroll, violations, visit } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

let demo;
let browser;
const given = process.env.MAILLAGE_SITE; // a demonstration that runs already

before(async () => {
  [demo, browser] = await Promise.all([given ? { tiriad: given, stop: async () => ({ code: 0 }) } : startDemo(), launch()]);
});

after(async () => {
  await browser?.close();
  const { code, said } = await demo.stop();
  assert.equal(code, 0, `the demonstration did not stop cleanly:\n${said}`);
});

const at = (path) => demo.tiriad + path;
const pages = {
  "the map with everything": "/carte?couche=zones-blanches&km=20&from=2015-01-01",
  "white zones": "/carte/zones-blanches",
  "white zones of a département": "/carte/zones-blanches?km=10&departement=23",
  "the printed sheet": "/carte/imprimer?kind=partner",
  "people": "/personnes",
  "people near": "/personnes?pres=35600&radius_km=25",
  "a commune": "/territoires?commune=35600",
  "a search near a postal code": "/recherche?pres=35600",
};

for (const [name, path] of Object.entries(pages)) {
  describe(name, () => {
    test("fits a phone, a narrow one and a desk", async () => {
      for (const size of [phone, narrow, desktop]) {
        await visit(browser, at(path), { size }, async (page, response) => {
          assert.equal(response.status(), 200);
          assert.equal(await page.locator("h1").count(), 1);
          assert.equal(await sidewaysScroll(page), 0, "scrolls sideways");
        });
      }
    });

    test("is accessible, light and dark, in both languages", async () => {
      for (const [scheme, lang] of [["light", "fr"], ["dark", "en"]]) {
        await visit(browser, at(path), { scheme, lang }, async (page) => {
          if (path.startsWith("/carte?")) await page.locator("#map[aria-busy], #carte[aria-busy]").waitFor({ state: "detached" });
          assert.deepEqual(await violations(page), []);
        });
      }
    });

    test("works without JavaScript", () =>
      visit(browser, at(path), { javaScript: false }, async (page) => {
        assert.equal(await page.locator("h1").isVisible(), true);
        assert.equal(await sidewaysScroll(page), 0);
      }));
  });
}

/** drawn waits until the map shows its markers and its list is theirs. */
async function drawn(page) {
  await page.locator("#map .marker").first().waitFor({ timeout: 30_000 });
  await page.locator("#carte:not([aria-busy])").waitFor();
}

describe("the layers", () => {
  test("dates choose among events by slider, with words, and the rest stays", () =>
    visit(browser, at("/carte"), {}, async (page) => {
      await drawn(page);
      await page.locator(".more-filters summary").click();
      const slider = page.getByRole("slider", { name: "À partir de" });
      assert.equal(await slider.getAttribute("aria-valuetext"), "toujours");
      await slider.focus();
      for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
      assert.match(await slider.getAttribute("aria-valuetext"), /^\p{L}+ \d{4}$/u);
      await page.waitForURL(/from=\d{4}-\d\d-01/);
      await drawn(page);
      assert.ok((await page.locator("#map-list .kind-partner").count()) + (await page.locator("#map-list .pages").count()) > 0);
    }));

  test("white zones are drawn, listed, and the list is that of the view", () =>
    visit(browser, at("/carte?bbox=1,45.5,3,47"), {}, async (page) => {
      await page.getByLabel("Zones blanches").check(); // even before the map is there
      await page.waitForURL(/couche=zones-blanches/);
      await page.locator(".white-list table tbody tr").first().waitFor();
      const first = await page.locator(".white-list tbody th").first().innerText();
      assert.match(first, /\((03|15|18|19|23|36|63|87)\)$/, `${first} is not in view`);
      assert.match(await page.locator("#map-status").innerText(), /zone blanche|zones blanches/);
    }));

  test("a kind that is unticked leaves both the map and the list, and the address says so", () =>
    visit(browser, at("/carte"), {}, async (page) => {
      await drawn(page);
      for (const name of ["Événements", "Recettes utilisées ici", "Territoires", "Annonces"]) await page.getByLabel(name, { exact: true }).uncheck();
      await page.waitForFunction(() => new URLSearchParams(location.search).getAll("kind").join() === "partner");
      await page.waitForFunction(() => !document.querySelector("#map-list .card:not(.kind-partner)"));
      await page.locator("#carte:not([aria-busy])").waitFor();
      assert.equal(await page.locator("#map .marker.kind-event:not(.cluster)").count(), 0);
    }));

  test("without any layer nothing is shown, in words, and the address holds it", () =>
    visit(browser, at("/carte"), {}, async (page) => {
      await drawn(page);
      for (const name of ["Événements", "Recettes utilisées ici", "Territoires", "Annonces", "Acteurs"]) await page.getByLabel(name, { exact: true }).uncheck();
      await page.waitForURL(/kind=none/);
      await page.getByText("Aucune couche n’est cochée").waitFor();
      assert.equal(await page.locator("#map .marker").count(), 0);
      await page.reload();
      await page.getByText("Aucune couche n’est cochée").waitFor();
      assert.equal(await page.getByLabel("Acteurs", { exact: true }).isChecked(), false);
      await page.getByLabel("Acteurs", { exact: true }).check();
      await page.waitForURL(/kind=partner/);
      await drawn(page);
      assert.doesNotMatch(page.url(), /none/);
    }));

  test("a stack opens as a list that says its place once", () =>
    visit(browser, at("/carte"), {}, async (page) => {
      await drawn(page);
      const stack = page.locator("#map .marker.stack").first();
      const count = Number(await stack.innerText());
      await stack.focus();
      await page.keyboard.press("Enter");
      const dialog = page.getByRole("dialog");
      await dialog.waitFor();
      assert.equal(await dialog.getByRole("link").count(), Math.min(count, 100));
      assert.equal(await dialog.locator(".popup-place").count(), 1);
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      assert.equal(await stack.evaluate((button) => button === document.activeElement), true);
    }));
});

test("by keyboard the list comes before the map", () =>
  visit(browser, at("/carte"), {}, async (page) => {
    await drawn(page);
    const order = await page.evaluate(() => {
      const list = document.querySelector("#map-list a");
      const map = document.getElementById("map");
      return Boolean(list.compareDocumentPosition(map) & Node.DOCUMENT_POSITION_FOLLOWING);
    });
    assert.equal(order, true);
  }));

test("without a connection the last view of the map is still there", async () => {
  const context = await browser.newContext({ locale: "fr-FR", viewport: phone });
  const page = await context.newPage();
  try {
    await page.goto(at("/carte"));
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.waitForFunction(() => navigator.serviceWorker.controller);
    await page.reload();
    await drawn(page);
    await context.setOffline(true);
    await page.reload();
    await drawn(page);
    assert.match(await page.locator(".map-notice").innerText(), /Pas de connexion/);
    assert.ok((await page.locator("#map-list .card").count()) > 0);
    await page.goto(at("/agenda")).then(() => assert.fail("only the map is kept"), () => {});
    const kept = await (async () => {
      await context.setOffline(false);
      await page.goto(at("/carte"));
      return page.evaluate(async () => {
        const paths = [];
        for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) paths.push(new URL(request.url).pathname);
        return paths;
      });
    })();
    assert.deepEqual(kept.filter((path) => !/^(\/carte|\/api\/v1\/(map|white-zones)|\/static\/.*)$/.test(path)), []);
  } finally {
    await context.close();
  }
});

test("nothing of a signed-in person is kept", async () => {
  const context = await browser.newContext({ locale: "fr-FR" });
  const page = await context.newPage();
  try {
    await page.goto(at("/connexion"));
    await page.locator("[name=email]").fill("demo@tiriad.example");
    await page.locator("[name=password]").fill("demonstration");
    await page.locator("main form button[type=submit]").first().click();
    await page.waitForURL((url) => url.pathname !== "/connexion");
    await page.goto(at("/carte"));
    await drawn(page);
    assert.equal(await page.getAttribute("#map", "data-worker"), null);
    assert.deepEqual(await page.evaluate(() => caches.keys()), []);
  } finally {
    await context.close();
  }
});

test("suggestions know postal codes, by keyboard, and lead near the commune", () =>
  visit(browser, at("/recherche"), {}, async (page) => {
    const box = page.getByRole("combobox").first();
    await box.fill("35600");
    const option = page.getByRole("option", { name: /Redon/ }).first();
    await option.waitFor();
    assert.equal(await box.getAttribute("aria-expanded"), "true");
    await page.keyboard.press("ArrowDown");
    assert.equal(await box.getAttribute("aria-activedescendant"), await page.locator("[role=option][aria-selected=true]").getAttribute("id"));
    await page.keyboard.press("Enter");
    await page.waitForURL(/pres=|territoires/);
  }));

test("a screen reader goes from the home page to an actor near Redon without the map", () =>
  visit(browser, at("/"), {}, async (page) => {
    const main = page.getByRole("main");
    assert.match(await main.ariaSnapshot(), /textbox "Près de quelle commune \?"/);
    await page.getByRole("textbox", { name: "Près de quelle commune ?" }).focus();
    await page.keyboard.type("35600");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/recherche\?.*pres=35600/);
    const results = await page.getByRole("main").ariaSnapshot();
    assert.match(results, /Compris comme Redon \(35\)/);
    assert.match(results, /status:\s+- text: \d+ résultats?/);
    const narrowing = page.getByRole("navigation", { name: "Affiner" }).or(page.locator("nav.facets"));
    const actors = narrowing.getByRole("link", { name: /^(Partenaires|Acteurs)/ });
    if (await actors.count()) {
      if (!(await actors.first().isVisible())) await page.locator("nav.facets summary").first().click();
      await actors.first().focus();
      await page.keyboard.press("Enter");
      await page.waitForURL(/kind=partner/);
    }
    const actor = page.locator("main .results article.kind-partner").first();
    assert.match(await actor.ariaSnapshot(), /heading .*\[level=3\]/);
    await actor.getByRole("link").first().focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/(annuaire|reseau)\//);
    const sheet = await page.getByRole("main").ariaSnapshot();
    assert.match(sheet, /heading .*\[level=1\]/);
    assert.match(sheet, /term: Où/);
  }));

describe("people", () => {
  test("position is asked only on a click, and sent rounded", async () => {
    const context = await browser.newContext({ locale: "fr-FR", geolocation: { latitude: 47.651387, longitude: -2.084512 }, permissions: ["geolocation"] });
    const page = await context.newPage();
    const addresses = [];
    page.on("request", (request) => addresses.push(request.url()));
    try {
      await page.addInitScript(() => {
        const ask = navigator.geolocation.getCurrentPosition.bind(navigator.geolocation);
        globalThis.asked = 0;
        navigator.geolocation.getCurrentPosition = (...args) => { globalThis.asked++; return ask(...args); };
      });
      await page.goto(at("/personnes"));
      assert.equal(await page.evaluate(() => globalThis.asked), 0);
      await page.getByRole("button", { name: "Près de moi" }).click();
      await page.waitForURL(/lat=47\.65&lon=-2\.08&/);
      assert.deepEqual(addresses.filter((address) => /47\.651|2\.084/.test(address)), []);
    } finally {
      await context.close();
    }
  });

  test("somebody appears at 5 km, is found near, and vanishes in one click", async () => {
    const context = await browser.newContext({ locale: "fr-FR", viewport: phone, geolocation: { latitude: 47.651387, longitude: -2.084512 }, permissions: ["geolocation"] });
    const page = await context.newPage();
    try {
      await page.goto(at("/connexion"));
      await page.locator("[name=email]").fill("demo@tiriad.example");
      await page.locator("[name=password]").fill("demonstration");
      await page.locator("main form button[type=submit]").first().click();
      await page.waitForURL((url) => url.pathname !== "/connexion");
      await page.goto(at("/compte/fiche"));
      assert.deepEqual(await violations(page), []);
      await page.getByLabel("À 5 km près").check();
      await page.getByRole("button", { name: "Utiliser ma position actuelle" }).click();
      await page.getByText("Position prise").waitFor();
      await page.getByLabel("Je peux aider à").fill("réparer un vélo\ninstaller Linux");
      await page.getByLabel("brezhoneg").check();
      await page.locator("main form.stack button[type=submit]").click();
      await page.locator("[role=status].done").waitFor();
      await page.goto(at("/personnes?pres=35600&radius_km=10"));
      const card = page.locator("article.kind-person").first();
      assert.match(await card.innerText(), /à 5\u00a0km près/);
      assert.match(await card.innerText(), /réparer un vélo, installer Linux/);
      await card.getByRole("link").click();
      assert.deepEqual(await violations(page), []);
      assert.doesNotMatch(await page.content(), /47\.651|2\.084/);
      assert.equal(await sidewaysScroll(page), 0);
      const own = page.url();
      const name = await page.locator("h1").innerText();
      const suggested = () => page.evaluate(async (q) => (await (await fetch(`/api/v1/suggest?${new URLSearchParams({ q })}`)).json()).suggestions.filter(({ kind }) => kind === "person").length, name);
      assert.equal(await suggested(), 1);
      await page.goto(at("/compte/fiche"));
      await page.locator("form[action='/compte/fiche/retirer'] button").click();
      await page.waitForLoadState();
      assert.equal(await suggested(), 0);
      assert.equal((await page.goto(own)).status(), 410);
    } finally {
      await context.close();
    }
  });
});
