// Another site shows the agenda and the map of the demonstration.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { desktop, launch, narrow, phone, sidewaysScroll, violations } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

let demo;
let browser;
let site; // the other site

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), launch()]);
  const server = createServer((request, response) => {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    const [, kind, attributes] = decodeURIComponent(request.url).split("/");
    if (kind === "cadre") return response.end(frames());
    // The strictest policy that still lets the node in.
    response.setHeader("Content-Security-Policy", `default-src 'none'; script-src ${demo.tiriad}; connect-src ${demo.tiriad}; frame-src ${demo.tiriad}`);
    response.end(`<!doctype html><html lang="fr"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Une association</title><main><h1>Une association</h1>
<script type="module" src="${demo.tiriad}/integrer/maillage-${kind}.js"></script>
<maillage-${kind} ${attributes ?? ""}><a href="${demo.tiriad}/${kind}">Voir ailleurs</a></maillage-${kind}></main></html>`);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  site = { address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
});

after(async () => {
  site?.close();
  await browser?.close();
  await demo?.stop();
});

// frames is a page without any script, that shows both as frames.
function frames() {
  const frame = (kind, title) => `<iframe src="${demo.tiriad}/integrer/${kind}?limite=3" title="${title}" width="100%" height="480" loading="lazy"></iframe>`;
  return `<!doctype html><html lang="fr"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Une association</title><main><h1>Une association</h1>${frame("agenda", "Agenda")}${frame("carte", "Carte")}</main></html>`;
}

async function open(path, viewport = desktop, options = {}) {
  const context = await browser.newContext({ viewport, ...options });
  const page = await context.newPage();
  const asked = [];
  const refused = []; // by the policy of the page
  page.on("request", (request) => asked.push(new URL(request.url()).origin));
  page.on("console", (message) => /Content Security Policy|Refused/.test(message.text()) && refused.push(message.text()));
  await page.goto(path);
  return { page, asked, refused, close: () => context.close() };
}

test("the agenda shows the events to come, and asks nobody else", async () => {
  for (const viewport of [phone, desktop, narrow]) {
    const { page, asked, refused, close } = await open(`${site.address}/agenda/limite="3"`, viewport);
    await page.locator("maillage-agenda li").first().waitFor();
    assert.ok((await page.locator("maillage-agenda li").count()) <= 3);
    assert.equal(await sidewaysScroll(page), 0);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual([...new Set(asked)].sort(), [site.address, demo.tiriad].sort());
    assert.deepEqual(refused, []);
    assert.equal(await page.locator("maillage-agenda li").first().evaluate((li) => getComputedStyle(li).paddingTop), "9.6px", "its style is not there");
    await page.keyboard.press("Tab");
    assert.match(await page.evaluate(() => document.activeElement.shadowRoot.activeElement.href), /\/evenements\/|\/reseau\/|^http/);
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/agenda-${viewport.width}.png` });
    await close();
  }
});

test("the link stays when the node has no answer, and without JavaScript", async () => {
  const wrong = await open(`${site.address}/agenda/theme="rien-de-tel"`);
  await wrong.page.waitForTimeout(500);
  assert.ok(await wrong.page.getByRole("link", { name: "Voir ailleurs" }).isVisible());
  await wrong.close();
  const bare = await open(`${site.address}/carte`, phone, { javaScriptEnabled: false });
  assert.ok(await bare.page.getByRole("link", { name: "Voir ailleurs" }).isVisible());
  await bare.close();
});

test("the map is drawn in its frame, with a list of what is on it", async () => {
  const { page, asked, refused, close } = await open(`${site.address}/carte`);
  const frame = page.frameLocator("maillage-carte iframe");
  await frame.locator("canvas").waitFor({ timeout: 30_000 });
  assert.ok((await frame.locator("li").count()) > 3);
  assert.deepEqual([...new Set(asked)].filter((o) => o !== "null" && !o.startsWith("blob")).sort(), [site.address, demo.tiriad].sort());
  assert.deepEqual(refused, []);
  await page.waitForTimeout(1500);
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/carte.png` });
  await close();
});

test("frames say the same without any script, also on a narrow phone", async () => {
  for (const [viewport, scheme] of [[narrow, "dark"], [phone, "light"], [desktop, "dark"]]) {
    const { page, close } = await open(`${site.address}/cadre`, viewport, { javaScriptEnabled: false, colorScheme: scheme });
    for (const kind of ["agenda", "carte"]) {
      await page.locator(`iframe[src*="/${kind}"]`).scrollIntoViewIfNeeded(); // a lazy one is read when it is looked at
      await page.frameLocator(`iframe[src*="/${kind}"]`).locator("li a").first().waitFor();
    }
    assert.equal(await sidewaysScroll(page), 0);
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/cadre-${viewport.width}-${scheme}.png`, fullPage: true });
    await close();
  }
});

for (const path of ["/integrer", "/integrer/agenda", "/integrer/carte"]) {
  test(`${path} reads well`, async () => {
    for (const viewport of [narrow, phone, desktop]) {
      const { page, close } = await open(demo.tiriad + path, viewport);
      await page.waitForTimeout(300);
      assert.equal(await sidewaysScroll(page), 0);
      assert.deepEqual(await violations(page), []);
      if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/${path.replaceAll("/", "_")}-${viewport.width}.png`, fullPage: true });
      await close();
    }
  });
}
