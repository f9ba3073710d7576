// One Chromium for the whole run, and pages that watch themselves: an error in the
// console, a failed request or a request to anybody else fails the visit.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { chromium } from "playwright-core";

const results = fileURLToPath(new URL("results/", import.meta.url));

export const phone = { width: 390, height: 844 };
export const desktop = { width: 1280, height: 900 };
export const narrow = { width: 320, height: 640 };

/** launch starts Debian's Chromium, drawing WebGL in software. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-quic",
      "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
}

/**
 * visit opens a page in a fresh profile and runs steps on it. What the page did wrong
 * meanwhile fails the visit, and a failed visit leaves its picture in results/.
 */
export async function visit(browser, address, options, steps) {
  const { size = desktop, lang = "fr", scheme = "light", javaScript = true, expected = [], state } = options;
  const context = await browser.newContext({
    viewport: size,
    locale: lang === "fr" ? "fr-FR" : "en-GB",
    colorScheme: scheme,
    javaScriptEnabled: javaScript,
    reducedMotion: "reduce",
    storageState: state, // the cookies of somebody who is signed in
  });
  const page = await context.newPage();
  const wrongs = watch(page, new URL(address).origin, expected);
  try {
    const response = await page.goto(address, { waitUntil: "load" });
    await steps(page, response);
    assert.deepEqual(wrongs, [], `${address} did what it must not`);
  } catch (error) {
    await mkdir(results, { recursive: true });
    const name = `${new URL(address).pathname}-${lang}-${size.width}-${scheme}`.replaceAll(/[^\w-]+/g, "_");
    await page.screenshot({ path: `${results}${name}.png`, fullPage: true });
    throw new Error(`${address} (${lang}, ${size.width} px, ${scheme}): ${error.message}`, { cause: error });
  } finally {
    await context.close();
  }
}

/** signIn opens the account of the host of Tiriad, or of another node, and goes to a page. */
export async function signIn(page, site, to = "/", host = "demo@tiriad.example") {
  await page.goto(`${site}/connexion?${new URLSearchParams({ retour: to })}`);
  await page.fill("#email", host);
  await page.fill("#password", "demonstration");
  await Promise.all([page.waitForURL((url) => url.pathname === to.split("?")[0]), page.click("main button[type=submit]")]);
}

/** membership is the cookies of somebody who signed in: the state of a visit. */
export async function membership(browser, site) {
  const page = await browser.newPage();
  try {
    await signIn(page, site);
    return await page.context().storageState();
  } finally {
    await page.close();
  }
}

/** watch lists what a page does wrong, as it happens. */
function watch(page, origin, expected) {
  const wrongs = [];
  const note = (wrong) => expected.some((pattern) => pattern.test(wrong)) || wrongs.push(wrong);
  page.on("console", (message) => message.type() === "error" && note(`console: ${message.text()}`));
  page.on("pageerror", (error) => note(`script: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && !["data:", "blob:"].includes(url.protocol)) note(`third party: ${url}`);
  });
  page.on("response", (response) => response.status() >= 400 && note(`${response.status()}: ${response.url()}`));
  return wrongs;
}

/** violations runs axe-core on the page and says what it found, in a readable way. */
export async function violations(page) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source); // through the debugger: the pages allow no foreign script
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
  );
  return found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
}

/** unfold opens all that is folded away, but for maps. */
export function unfold(page) {
  return page.evaluate(() => document.querySelectorAll("main details:not([data-point])").forEach((fold) => { fold.open = true; }));
}

/** sidewaysScroll is by how many pixels the page is wider than its window. */
export function sidewaysScroll(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** colours counts the clearly different colours of a picture (PNG): a blank one has few. */
export async function colours(browser, png) {
  const page = await browser.newPage();
  try {
    return await page.evaluate(async (base64) => {
      const image = new Image();
      image.src = `data:image/png;base64,${base64}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
      canvas.drawImage(image, 0, 0);
      const { data } = canvas.getImageData(0, 0, image.width, image.height);
      const seen = new Set();
      for (let i = 0; i < data.length; i += 4) seen.add(((data[i] >> 4) << 8) | ((data[i + 1] >> 4) << 4) | (data[i + 2] >> 4));
      return seen.size;
    }, png.toString("base64"));
  } finally {
    await page.close();
  }
}
