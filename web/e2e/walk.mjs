// Walks through the site in the three hard ways: by keyboard alone, without JavaScript, and
// at 320 pixels with a finger. A walker does what its way can do, and nothing else.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { desktop, narrow, phone, sidewaysScroll, violations, visit } from "./browser.mjs";

/**
 * walks opens an address in each way and runs steps with a walker: one test for each.
 * open tells the browser, the address, and the state of a visitor who is signed in.
 */
export function walks(what, open, steps) {
  for (const [way, { hand, ...options }] of Object.entries(ways)) {
    test(`${what}, ${way}`, () => {
      const { browser, address, state } = open();
      const known = { expected: [/^4(10|22): |status of 4(10|22)/], state, ...options };
      return visit(browser, address, known, (page) => steps(new hand(page, what, options), way));
    });
  }
}

/** Walker uses a page with a finger or a mouse. */
class Walker {
  constructor(page, what, { javaScript = true }) {
    Object.assign(this, { page, what, scripts: javaScript });
  }

  get path() {
    return new URL(this.page.url()).pathname;
  }

  text(selector = "main") {
    return this.page.locator(selector).first().innerText();
  }

  async go(path) {
    await this.page.goto(new URL(path, this.page.url()).href);
  }

  /** press uses a button, and follow a link, that lead to another page. */
  press(name) {
    return this.leave(this.page.getByRole("button", { name, exact: typeof name === "string" }).first());
  }

  follow(name) {
    return this.leave(this.page.locator("main").getByRole("link", { name, exact: typeof name === "string" }).first());
  }

  async leave(control) {
    await Promise.all([this.page.waitForEvent("load"), this.use(control)]);
  }

  async use(control) {
    await control.click();
  }

  /** write fills in a field; dates and hours are written as browsers send them. */
  async write(selector, text) {
    await this.page.locator(selector).fill(text);
  }

  async select(selector, value) {
    await this.page.locator(selector).selectOption(value);
  }

  /** choose takes one of several, tick adds one to others. */
  async choose(label) {
    await this.page.getByRole("radio", { name: label }).check();
  }

  async tick(label) {
    await this.page.getByRole("checkbox", { name: label, exact: true }).check();
  }

  async unfold(summary) {
    await this.page.locator("summary", { hasText: summary }).first().click();
  }

  /** attach gives a picture to a field: what the system asks for then is not the site's. */
  async attach(selector) {
    const buffer = await this.page.screenshot({ clip: { x: 0, y: 0, width: 200, height: 120 } });
    await this.page.locator(selector).setInputFiles({ name: "photo.png", mimeType: "image/png", buffer });
  }

  /**
   * refused checks a form that was refused: the mistakes are summed up where the reader is,
   * each leads to a field that says it too, and the way leads to the first.
   */
  async refused(...mistakes) {
    const summary = this.page.getByRole("alert").first();
    for (const mistake of mistakes) assert.match(await summary.innerText(), mistake);
    await focused(this.page, () => document.activeElement.matches("[role=alert]"));
    const links = summary.getByRole("link");
    for (const link of await links.all()) {
      const field = this.page.locator(await link.getAttribute("href"));
      assert.ok(await field.isVisible(), `${await link.innerText()} leads to nothing that is seen`);
      assert.match((await field.getAttribute("aria-describedby")) ?? "", /err/, "its field does not say what is wrong");
    }
    await this.sound("refused");
    const first = await links.first().getAttribute("href");
    await this.use(links.first());
    await focused(this.page, (id) => document.activeElement.id === id, first.slice(1));
  }

  sound(state) {
    return sound(this.page, `${this.what}-${state}`, this.scripts);
  }
}

/** Keyboard never points: it goes from control to control as Tab does, and sees where it is. */
class Keyboard extends Walker {
  async use(control) {
    await this.reach(control);
    await this.page.keyboard.press("Enter");
  }

  async write(selector, text) {
    const field = this.page.locator(selector);
    await this.reach(field);
    for (const keys of keysFor(await field.getAttribute("type"), text)) {
      await this.page.keyboard.press("ControlOrMeta+a");
      await this.page.keyboard.type(keys);
      if ((await field.inputValue()) === text) return;
      for (let part = 0; part < 3; part++) await this.page.keyboard.press("ArrowLeft");
    }
    assert.fail(`${selector} cannot be given ${text} by keyboard: ${await field.inputValue()}`);
  }

  async select(selector, value) {
    const field = this.page.locator(selector);
    await this.reach(field);
    for (let i = 0; i < 40 && (await field.inputValue()) !== value; i++) await this.page.keyboard.press("ArrowDown");
    assert.equal(await field.inputValue(), value);
  }

  async choose(label) {
    const radio = this.page.getByRole("radio", { name: label });
    const name = await radio.getAttribute("name");
    await this.until((group) => document.activeElement.name === group, name);
    await this.page.keyboard.press("Space");
    for (let i = 0; i < 20 && !(await radio.isChecked()); i++) await this.page.keyboard.press("ArrowDown");
    assert.ok(await radio.isChecked(), `${label} is not chosen`);
  }

  async tick(label) {
    await this.reach(this.page.getByRole("checkbox", { name: label, exact: true }));
    await this.page.keyboard.press("Space");
  }

  async unfold(summary) {
    await this.use(this.page.locator("summary", { hasText: summary }).first());
  }

  async attach(selector) {
    await this.reach(this.page.locator(selector));
    await super.attach(selector);
  }

  /** reach goes to a control, which must then be seen to have the focus. */
  async reach(control, key = "Tab") {
    const target = await control.elementHandle();
    await this.until((node) => document.activeElement === node, target, key);
    const seen = await target.evaluate((node) => {
      const { top, bottom, left, right } = node.getBoundingClientRect();
      const above = document.elementFromPoint((left + right) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2);
      const style = getComputedStyle(node);
      return { ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2, bare: node.contains(above) || above?.contains(node) };
    });
    assert.deepEqual(seen, { ring: true, bare: true }, `${control} has the focus and is not seen to`);
  }

  async until(reached, wanted, key = "Tab") {
    for (let i = 0; i < 250; i++) {
      if (await this.page.evaluate(reached, wanted)) return;
      await this.page.keyboard.press(key);
    }
    assert.fail(`${key} does not reach ${wanted}`);
  }
}

const ways = {
  "by keyboard alone": { hand: Keyboard, size: desktop },
  "without JavaScript": { hand: Walker, size: phone, javaScript: false },
  "at 320 pixels": { hand: Walker, size: narrow },
};

/** keysFor are the keys that write a value, whatever order the browser's language puts dates in. */
function keysFor(type, text) {
  if (type === "date") {
    const [year, month, day] = text.split("-");
    return [`${day}${month}${year}`, `${month}${day}${year}`];
  }
  if (type === "time") {
    const [hours, minutes] = text.split(":");
    const half = String(Number(hours) % 12 || 12).padStart(2, "0");
    return [`${hours}${minutes}`, `${half}${minutes}${hours < 12 ? "AM" : "PM"}`];
  }
  return [text];
}

/** focused waits for the focus to be where it must: browsers give it when they draw. */
async function focused(page, there, arg) {
  for (let i = 0; i < 40; i++) {
    if (await page.evaluate(there, arg)) return;
    await wait(50);
  }
  assert.fail(`the focus is elsewhere: ${await page.evaluate(() => document.activeElement.outerHTML.slice(0, 200))}`);
}

/**
 * sound checks what every page and state must be, and keeps its picture when PICTURES names a
 * folder. Axe needs scripts.
 */
export async function sound(page, state, scripts = true) {
  if (process.env.PICTURES) {
    const name = `${state}-${page.viewportSize().width}${scripts ? "" : "-plain"}`.replaceAll(/[^\w-]+/g, "_");
    await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`), fullPage: true });
  }
  assert.equal(await page.locator("h1").count(), 1, `${state}: one title`);
  assert.equal(await sidewaysScroll(page), 0, `${state}: ${page.url()} scrolls sideways`);
  if (scripts) assert.deepEqual(await violations(page), [], `${state}: ${page.url()}`);
  assert.doesNotMatch(await page.locator("main").innerText(), wordless, `${state}: a message has no words`);
}

// The key of a message, where its words should be.
const wordless = /\b(account|actor|calloff|done|draft|edit|history|join|manage|organise|point|preview|propose|reply|share)\.[a-z-]+/;

/** aPerson waits as long as a form asks of somebody who reads it. */
export const aPerson = () => wait(3200);
