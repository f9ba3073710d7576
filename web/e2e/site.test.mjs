// Walks through the demonstration as people do: on a phone and on a desk, in French
// and in English, by keyboard, without JavaScript.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { colours, desktop, launch, narrow, phone, sidewaysScroll, violations, visit } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

let demo;
let browser;
const things = {}; // path of one thing of each kind on Tiriad's site, and of one it learnt

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), launch()]);
  const queries = {
    event: "kind=event&origin=local",
    recipe: "kind=recipe&origin=local",
    partner: "kind=partner&origin=local",
    territory: "kind=territory&origin=local",
    learnt: "kind=event&origin=network",
  };
  for (const [name, query] of Object.entries(queries)) {
    const { hits } = await (await fetch(`${demo.tiriad}/api/v1/search?per_page=1&${query}`)).json();
    assert.ok(hits.length > 0, `Tiriad knows nothing for ${query}`);
    things[name] = hits[0].path;
  }
});

after(async () => {
  await browser?.close();
  const { code, said } = await demo.stop();
  assert.equal(code, 0, `the demonstration did not stop cleanly:\n${said}`);
});

// Every page: its name, and its path (known once the demonstration runs).
const pages = {
  home: () => "/",
  map: () => "/carte",
  search: () => "/recherche?q=cartographie",
  agenda: () => "/agenda",
  recipes: () => "/recettes",
  directory: () => "/annuaire",
  territories: () => "/territoires",
  people: () => "/personnes",
  announcements: () => "/annonces",
  about: () => "/a-propos",
  "how to follow": () => "/suivre",
  "an event": () => things.event,
  "a recipe": () => things.recipe,
  "a directory sheet": () => things.partner,
  "a territory": () => things.territory,
  "an organisation": () => "/organisations/tiriad",
  "an event of the other node": () => things.learnt,
};

const at = (name) => demo.tiriad + pages[name]();

for (const name of Object.keys(pages)) {
  describe(name, () => {
    for (const lang of ["fr", "en"]) {
      test(`reads well in ${lang === "fr" ? "French" : "English"}, whatever the width`, () =>
        visit(browser, at(name), { lang }, async (page, response) => {
          assert.equal(response.status(), 200);
          assert.equal(await page.getAttribute("html", "lang"), lang);
          assert.equal(await page.locator("h1").count(), 1);
          assert.ok((await page.locator("h1").innerText()).trim().length > 2, "the title says something");
          assert.match(await page.title(), /Tiriad/);
          for (const size of [desktop, phone, narrow]) {
            await page.setViewportSize(size);
            assert.equal(await sidewaysScroll(page), 0, `scrolls sideways at ${size.width} px`);
          }
        }));
    }

    test("is accessible on a desk, light and dark", () => // pages.test.mjs sees to phones
      visit(browser, at(name), {}, async (page) => {
        for (const colorScheme of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme });
          assert.deepEqual(await violations(page), [], colorScheme);
        }
      }));

    test("reads without JavaScript", () =>
      visit(browser, at(name), { javaScript: false }, async (page) => {
        assert.ok(await page.locator("h1").isVisible());
        assert.ok((await page.locator("main").innerText()).length > 80, "the page has its text");
        assert.ok((await page.locator("header a[href='/carte']").count()) > 0, "the page leads to the others");
      }));
  });
}

describe("language", () => {
  test("the switch changes the page and is remembered", () =>
    visit(browser, at("agenda"), {}, async (page) => {
      await page.locator('a[hreflang="en"], a[lang="en"]').first().click();
      await page.waitForFunction(() => document.documentElement.lang === "en");
      assert.equal(new URL(page.url()).pathname, "/agenda");
      await page.goto(at("recipes"));
      assert.equal(await page.getAttribute("html", "lang"), "en");
    }));
});

describe("search", () => {
  test("finds things of both nodes and says whose they are", async () => {
    const answer = await (await fetch(`${demo.tiriad}/api/v1/search?q=cartographie&per_page=100`)).json();
    const origins = new Set(answer.hits.map((hit) => hit.origin));
    assert.deepEqual(origins, new Set(["local", new URL(demo.libertic).host]));
    await visit(browser, at("search"), {}, async (page) => {
      assert.ok((await page.locator('main a[href^="/reseau/"]').count()) > 0, "something of LiberTIC's is listed");
      assert.match(await page.locator("main").innerText(), /LiberTIC/);
    });
  });

  test("forgives a typing mistake and missing accents", async () => {
    for (const query of ["cartographei", "evenement libre", "donnees ouvertes"]) {
      const { total } = await (await fetch(`${demo.tiriad}/api/v1/search?${new URLSearchParams({ q: query })}`)).json();
      assert.ok(total > 0, `nothing for "${query}"`);
    }
  });

  for (const javaScript of [true, false]) {
    test(`works by keyboard alone ${javaScript ? "with" : "without"} JavaScript`, () =>
      visit(browser, at("home"), { javaScript }, async (page) => {
        await tabTo(page, 'input[name="q"]');
        await page.keyboard.type("cartographie");
        await Promise.all([page.waitForURL(/\/recherche\?.*q=cartographie/), page.keyboard.press("Enter")]);
        const first = page.locator("main article h2 a, main article h3 a").first();
        const [name, href] = [await first.innerText(), await first.getAttribute("href")];
        await tabTo(page, `main a[href="${href}"]`);
        await Promise.all([page.waitForURL((url) => url.pathname === href), page.keyboard.press("Enter")]);
        assert.equal((await page.locator("h1").innerText()).trim(), name.trim());
      }));
  }

  test("says so when nothing is found, and helps", () =>
    visit(browser, `${demo.tiriad}/recherche?q=zzzzzzzz`, {}, async (page) => {
      assert.ok((await page.locator("main a[href*='theme=']").count()) > 0, "themes are offered");
    }));
});

/** tabTo presses Tab until an element that matches has the focus, which must then show. */
async function tabTo(page, selector, presses = 150) {
  for (let i = 0; i < presses; i++) {
    await page.keyboard.press("Tab");
    // At one and the same moment: the map may draw what has the focus anew.
    const shows = await page.evaluate((css) => {
      const focused = document.activeElement;
      return focused?.matches(css) ? focused.checkVisibility({ visibilityProperty: true }) : undefined;
    }, selector);
    assert.notEqual(shows, false, `${selector} has the focus and cannot be seen`);
    if (shows) return;
  }
  assert.fail(`${selector} is not reached by ${presses} presses of Tab`);
}

describe("map", () => {
  for (const size of [phone, desktop]) {
    test(`draws the network at ${size.width} pixels`, () =>
      visit(browser, at("map"), { size }, async (page) => {
        await drawn(page);
        assert.ok((await page.locator("#map .marker").count()) > 0, "there is something on the map");
        const seen = await colours(browser, await page.locator("#map canvas").screenshot());
        assert.ok(seen >= 8, `the map shows ${seen} colours: it is blank`);
      }));
  }

  test("its list follows the view: both count the same things", () =>
    visit(browser, at("map"), {}, async (page) => {
      await drawn(page);
      for (let i = 0; i < 2; i++) await page.locator(".maplibregl-ctrl-zoom-in").click();
      await page.waitForURL(/bbox=/);
      await drawn(page);
      const view = new URL(page.url()).searchParams;
      const { total } = await (await fetch(`${demo.tiriad}/api/v1/map?bbox=${view.get("bbox")}`)).json();
      assert.ok(total > 0, "nothing is left in view");
      assert.equal(parseInt(await page.locator("#map-status").innerText()), total);
      const counts = await page.locator("#map .marker").evaluateAll((all) => all.map((m) => Number(m.textContent || 1)));
      assert.equal(counts.reduce((sum, n) => sum + n), total);
    }));

  test("its things open by keyboard", () =>
    visit(browser, at("map"), {}, async (page) => {
      await drawn(page);
      const card = page.locator('#map [role="dialog"]');
      for (let i = 0; i < 10 && !(await card.isVisible()); i++) {
        await tabTo(page, ".marker"); // a cluster zooms in, a thing opens
        await page.keyboard.press("Enter");
        await drawn(page);
      }
      assert.ok(await card.locator("a[href]").first().isVisible());
      await page.keyboard.press("Escape");
      await card.waitFor({ state: "detached" });
    }));

  for (const size of [phone, desktop]) {
    test(`leaves no empty frame without JavaScript, at ${size.width} pixels`, () =>
      visit(browser, at("map"), { size, javaScript: false }, async (page) => {
        const { height } = await page.locator("#map").boundingBox();
        assert.ok(height > 20 && height < 160, `the frame is ${height} px high`);
        assert.ok(await page.locator("#map .map-noscript").isVisible());
      }));
  }

  test("lists things of both nodes", () =>
    visit(browser, at("map"), { javaScript: false }, async (page) => {
      const { total } = await (await fetch(`${demo.tiriad}/api/v1/search?per_page=1`)).json();
      assert.equal(parseInt(await page.locator("#map-status").innerText()), total);
      assert.ok((await page.locator('#map-list a[href^="/reseau/"]').count()) > 0, "things of LiberTIC's");
    }));
});

/** drawn waits until the map shows what it asked for. */
async function drawn(page) {
  await page.locator("#map canvas").waitFor({ state: "visible", timeout: 15_000 });
  await page.locator("#map .marker").first().waitFor({ timeout: 15_000 }); // nothing is asked for before the map is ready
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(300); // a move is followed by its request 200 ms later
  await page.locator("#carte:not([aria-busy])").waitFor();
}

describe("follow", () => {
  test("tells the address to paste and sends people to their own server", () =>
    visit(browser, at("a territory"), {}, async (page) => {
      const host = new URL(demo.tiriad).host;
      const address = (await page.locator("main").innerText()).match(new RegExp(`@[a-z0-9_]+@${host}`))?.[0];
      assert.ok(address, "the territory's page tells its address");
      await page.goto(`${demo.tiriad}/suivre?compte=${encodeURIComponent(address)}`);
      assert.match(await page.locator("main").innerText(), new RegExp(address));
      const ask = (serveur) =>
        page.request.post(`${demo.tiriad}/suivre`, { form: { compte: address, serveur }, maxRedirects: 0 });
      const answer = await ask("mastodon.example");
      assert.equal(answer.status(), 303);
      const to = new URL(answer.headers().location);
      assert.equal(to.origin + to.pathname, "https://mastodon.example/authorize_interaction");
      // An account's own server is asked where its page is; one that is silent leaves the address to copy.
      const silent = await ask("@someone@mastodon.example");
      assert.equal(silent.status(), 422);
      assert.match(await silent.text(), new RegExp(`data-copy="${address}"`));
    }));
});

describe("agenda", () => {
  test("counts its events, and leads from nothing to come to what was", () =>
    visit(browser, at("agenda"), {}, async (page) => {
      const [coming, past] = await page.locator(".tabs .count").allInnerTexts();
      assert.ok(Number(past) > 0, "the demonstration's history is counted");
      await page.locator('main a[href="/agenda?periode=passes"]').first().click();
      await page.waitForURL(/periode=passes/);
      assert.deepEqual(await page.locator(".tabs .count").allInnerTexts(), [coming, past]);
      let shown = await page.locator(".card").count();
      for (let next; (next = page.locator('a[rel="next"]')) && (await next.count()) > 0; ) {
        await Promise.all([page.waitForURL(/page=/), next.click()]);
        shown += await page.locator(".card").count();
      }
      assert.equal(shown, Number(past));
    }));
});

describe("mistakes", () => {
  test("an unknown page says so in both languages and leads back", async () => {
    for (const lang of ["fr", "en"]) {
      await visit(browser, `${demo.tiriad}/nulle-part`, { lang, expected: [/404/] }, async (page, response) => {
        assert.equal(response.status(), 404);
        assert.equal(await page.getAttribute("html", "lang"), lang);
        assert.ok((await page.locator('a[href="/"]').count()) > 0);
        assert.deepEqual(await violations(page), []);
      });
    }
  });
});
