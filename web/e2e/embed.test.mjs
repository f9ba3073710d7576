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

async function open(path, viewport = desktop, options = {}) {
  const context = await browser.newContext({ viewport, ...options });
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).origin));
  await page.goto(path);
  return { page, asked, close: () => context.close() };
}

test("the agenda shows the events to come, and asks nobody else", async () => {
  for (const viewport of [phone, desktop, narrow]) {
    const { page, asked, close } = await open(`${site.address}/agenda/limite="3"`, viewport);
    await page.locator("maillage-agenda li").first().waitFor();
    assert.ok((await page.locator("maillage-agenda li").count()) <= 3);
    assert.equal(await sidewaysScroll(page), 0);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual([...new Set(asked)].sort(), [site.address, demo.tiriad].sort());
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
  const { page, asked, close } = await open(`${site.address}/carte`);
  const frame = page.frameLocator("maillage-carte iframe");
  await frame.locator("canvas").waitFor({ timeout: 30_000 });
  assert.ok((await frame.locator("li").count()) > 3);
  assert.deepEqual([...new Set(asked)].filter((o) => o !== "null" && !o.startsWith("blob")).sort(), [site.address, demo.tiriad].sort());
  await page.waitForTimeout(1500);
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/carte.png` });
  await close();
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
