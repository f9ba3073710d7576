// Accounts in a browser: signing in and out, invitations, one's own pages, passkeys;
// by keyboard, without JavaScript, at 320 pixels, each page under axe.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { desktop, launch, narrow, phone, sidewaysScroll, violations, visit } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

const binary = process.env.MAILLAGE_BIN ?? fileURLToPath(new URL("../../bin/maillage", import.meta.url));
const password = "demonstration";
const phrase = "une phrase facile à retenir";

let demo;
let browser;
const email = () => "demo@tiriad.example";

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), launch()]);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** signIn signs a page in by its form and waits for where it leads. */
async function signIn(page, { address = email(), secret = password, to = "/compte" } = {}) {
  await page.goto(`${demo.tiriad}/connexion?${new URLSearchParams({ retour: to })}`);
  await page.fill("#email", address);
  await page.fill("#password", secret);
  await Promise.all([page.waitForURL((url) => url.pathname === to.split("?")[0]), page.click("main button[type=submit]")]);
}

/** sound checks what every page and state must be. */
async function sound(page) {
  assert.equal(await page.locator("h1").count(), 1);
  assert.equal(await sidewaysScroll(page), 0, `${page.url()} scrolls sideways`);
  assert.deepEqual(await violations(page), [], page.url());
  const text = await page.locator("main").innerText();
  assert.doesNotMatch(text, /\b(account|done)\.[a-z-]+/, "a message has no words");
}

/** picture keeps what a page looks like, when PICTURES names a folder. */
async function picture(page, name) {
  if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`), fullPage: true });
}

const ownPages = ["/compte", "/compte/connexion", "/compte/fiche", "/compte/jetons", "/compte/donnees", "/comptes", "/invitations", "/bienvenue"];

describe("the pages of an account", () => {
  for (const [what, size, scheme, lang] of [
    ["a phone", phone, "light", "fr"], ["a desk", desktop, "light", "fr"], ["320 pixels", narrow, "light", "en"], ["a desk at night", desktop, "dark", "fr"],
  ]) {
    test(`are sound on ${what}`, () =>
      visit(browser, `${demo.tiriad}/connexion`, { size, scheme, lang }, async (page) => {
        await sound(page);
        await picture(page, `connexion-${size.width}-${scheme}`);
        await signIn(page);
        for (const path of ownPages) {
          await page.goto(demo.tiriad + path);
          for (const summary of await page.locator("main details > summary").all()) await summary.click();
          await sound(page);
          await picture(page, `${path.replaceAll("/", "_").slice(1)}-${size.width}-${scheme}`);
        }
        await page.goto(`${demo.tiriad}/comptes`);
        await page.locator('main .lines a[href^="/comptes/"]').first().click();
        await sound(page);
        await picture(page, `un-compte-${size.width}-${scheme}`);
      }));
  }
});

describe("signing in", () => {
  const refused = [/422/];

  test("by keyboard alone, to where one was going", () =>
    visit(browser, `${demo.tiriad}/compte/jetons`, {}, async (page) => {
      assert.equal(new URL(page.url()).pathname, "/connexion");
      await page.focus("#email");
      await page.keyboard.type(email());
      await page.keyboard.press("Tab");
      await page.keyboard.type(password);
      await Promise.all([page.waitForURL(/\/compte\/jetons$/), page.keyboard.press("Enter")]);
      await page.locator("header .whoami summary").focus();
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Se déconnecter" }).focus();
      await Promise.all([page.waitForURL((url) => url.pathname === "/"), page.keyboard.press("Enter")]);
      assert.ok(await page.getByRole("status").filter({ hasText: "déconnecté" }).isVisible());
      await page.goto(`${demo.tiriad}/compte`);
      assert.equal(new URL(page.url()).pathname, "/connexion");
    }));

  test("with a wrong password says so, and keeps the address", () =>
    visit(browser, `${demo.tiriad}/connexion`, { javaScript: false, size: phone, expected: refused }, async (page) => {
      await page.fill("#email", "personne@tiriad.example");
      await page.fill("#password", "autre chose");
      await page.click("main button[type=submit]");
      assert.match(await page.getByRole("alert").innerText(), /n’ouvrent aucun compte/);
      assert.equal(await page.inputValue("#email"), "personne@tiriad.example");
      assert.equal(await page.inputValue("#password"), "");
    }));

  test("too often is refused for a while, and says for how long", () =>
    visit(browser, `${demo.tiriad}/connexion`, { expected: [/422/, /429/] }, async (page) => {
      for (let i = 0; i < 11; i++) {
        await page.goto(`${demo.tiriad}/connexion`);
        await page.fill("#email", "cible@tiriad.example");
        await page.fill("#password", `essai ${i}`);
        await page.click("main button[type=submit]");
        await page.waitForLoadState();
      }
      assert.match(await page.locator("main").innerText(), /Attendez \d+ minutes/);
      await sound(page);
      await picture(page, "trop-d-essais");
    }));

  test("without mail, a forgotten password is the host's affair", () =>
    visit(browser, `${demo.tiriad}/mot-de-passe-oublie`, { size: phone }, async (page) => {
      assert.match(await page.locator("main").innerText(), /n’envoie pas de courrier/);
      await sound(page);
    }));

  test("a link that is over says so", () =>
    visit(browser, `${demo.tiriad}/nouveau-mot-de-passe?cle=faux`, { size: phone, expected: [/410/] }, async (page, response) => {
      assert.equal(response.status(), 410);
      await sound(page);
    }));
});

describe("an invitation", () => {
  for (const javaScript of [true, false]) {
    test(`opens an account ${javaScript ? "with" : "without"} JavaScript`, () =>
      visit(browser, `${demo.tiriad}/connexion`, { javaScript, size: phone, expected: [/422/, /410/] }, async (page) => {
        await signIn(page, { to: "/invitations" });
        await page.getByLabel("Tiriad").check();
        await page.click('button[value="link"]');
        const link = (await page.locator("main").innerText()).match(/http\S+cle=[\w-]+/)[0];
        if (javaScript) await sound(page);
        await picture(page, `invitation-faite-${javaScript}`);
        await page.goto(`${demo.tiriad}/compte`);
        await page.click('main form[action="/deconnexion"] button');

        await page.goto(link);
        if (javaScript) await sound(page);
        await picture(page, `invitation-${javaScript}`);
        await page.fill("#name", "Lou");
        await page.fill("#email", `lou-${javaScript}@tiriad.example`);
        await page.fill("#password", "trop court");
        await page.evaluate(() => document.querySelector("form.stack").setAttribute("novalidate", ""));
        await page.fill("#password", "court");
        await page.click("main button[type=submit]");
        assert.equal(await page.inputValue("#name"), "Lou", "what was typed is kept");
        await page.getByRole("alert").getByRole("link").first().click();
        assert.equal(await page.evaluate(() => document.activeElement.id), "password");
        if (javaScript) await sound(page);
        await picture(page, `invitation-refusee-${javaScript}`);
        await page.fill("#password", phrase);
        await Promise.all([page.waitForURL(/\/bienvenue$/), page.click("main button[type=submit]")]);
        assert.match(await page.locator("main").innerText(), /Tiriad/);
        if (javaScript) await sound(page);
        const again = await page.request.get(link);
        assert.equal(again.status(), 410);
      }));
  }
});

describe("one's own account", () => {
  test("appears among the people, and leaves, without JavaScript", () =>
    visit(browser, `${demo.tiriad}/connexion`, { javaScript: false, expected: [/410/] }, async (page) => {
      await signIn(page, { to: "/compte/fiche" });
      await page.fill("#name", "Une personne de démonstration");
      await page.fill("#slug", "demo-e2e");
      await page.fill("#bio", "Aime les cartes.");
      await page.click('main form[action="/compte/fiche"] button[type=submit]');
      await page.goto(`${demo.tiriad}/personnes/demo-e2e`);
      assert.match(await page.locator("main").innerText(), /Aime les cartes/);
      await page.goto(`${demo.tiriad}/compte/fiche`);
      await picture(page, "fiche");
      await page.click('main form[action="/compte/fiche/retirer"] button');
      const gone = await page.request.get(`${demo.tiriad}/personnes/demo-e2e`);
      assert.equal(gone.status(), 410);
    }));

  test("makes a token, shown once, that publishes", () =>
    visit(browser, `${demo.tiriad}/connexion`, {}, async (page) => {
      await signIn(page, { to: "/compte/jetons" });
      await page.fill("#label", "essai");
      await page.getByLabel("Publier au nom de Tiriad").check();
      await page.click('main form[action="/compte/jetons"] button[type=submit]');
      const token = (await page.locator("main").innerText()).match(/maillage_[0-9a-f]{40}/)[0];
      await sound(page);
      await picture(page, "jeton");
      const answer = await page.request.post(`${demo.tiriad}/api/v1/announcements`, {
        headers: { Authorization: `Bearer ${token}` }, data: { name: "Essai de jeton", content: "<p>Un essai.</p>" },
      });
      assert.equal(answer.status(), 201);
      await page.goto(`${demo.tiriad}/compte/jetons`);
      assert.doesNotMatch(await page.locator("main").innerText(), new RegExp(token));
    }));

  test("signs out another browser", () =>
    visit(browser, `${demo.tiriad}/connexion`, {}, async (page) => {
      await signIn(page, { to: "/compte/connexion" });
      const other = await browser.newContext();
      const elsewhere = await other.newPage();
      await signIn(elsewhere);
      await page.goto(`${demo.tiriad}/compte/connexion`);
      await page.getByRole("button", { name: "Déconnecter tous les autres" }).click();
      await page.waitForLoadState();
      await elsewhere.goto(`${demo.tiriad}/compte`);
      assert.equal(new URL(elsewhere.url()).pathname, "/connexion");
      await other.close();
    }));
});

describe("a passkey", () => {
  test("is added, signs in, is renamed and taken away", () =>
    visit(browser, `${demo.tiriad}/connexion`, { expected: [/422/, /403/] }, async (page) => {
      const devices = await page.context().newCDPSession(page);
      await devices.send("WebAuthn.enable");
      await devices.send("WebAuthn.addVirtualAuthenticator", {
        options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
      });
      await signIn(page, { to: "/compte/connexion" });
      await page.fill("#key-label", "mon téléphone");
      await page.fill("#key-current", "autre chose");
      await page.getByRole("button", { name: "Ajouter cette clé" }).click();
      await page.locator("#key-state", { hasText: "mot de passe actuel" }).waitFor();
      await sound(page);
      await page.fill("#key-current", password);
      await page.getByRole("button", { name: "Ajouter cette clé" }).click();
      await page.locator(".lines strong", { hasText: "mon téléphone" }).waitFor();
      await sound(page);
      await picture(page, "cle-ajoutee");

      await page.goto(`${demo.tiriad}/compte`);
      await page.click('main form[action="/deconnexion"] button');
      await page.goto(`${demo.tiriad}/connexion?retour=%2Fcompte%2Fdonnees`);
      await Promise.all([page.waitForURL(/\/compte\/donnees$/), page.getByRole("button", { name: "Se connecter avec une clé d’accès" }).click()]);

      await page.goto(`${demo.tiriad}/compte/connexion`);
      await page.locator(".lines summary").first().click();
      await page.locator('.lines input[name="label"]').first().fill("mon autre téléphone");
      await page.getByRole("button", { name: "Renommer" }).first().click();
      await page.locator(".lines strong", { hasText: "mon autre téléphone" }).waitFor();
      await page.locator(".lines summary").first().click();
      await page.getByRole("button", { name: "Retirer cette clé" }).first().click();
      await page.locator(".lines strong", { hasText: "mon autre téléphone" }).waitFor({ state: "detached" });

      await page.click('.site-head .whoami summary');
      await page.getByRole("button", { name: "Se déconnecter" }).first().click();
      await page.goto(`${demo.tiriad}/connexion`);
      await page.getByRole("button", { name: "Se connecter avec une clé d’accès" }).click();
      await page.locator("#cle-etat", { hasText: "n’a pas répondu" }).waitFor();
      await sound(page);
    }));
});

describe("a new node", () => {
  test("is prepared on the command line, opened in the browser, and writes letters", async () => {
    const dir = await mkdtemp(join(tmpdir(), "maillage-e2e-init-"));
    const post = await postOffice();
    const config = join(dir, "maillage.toml");
    const [port] = await freePorts(1);
    const site = `http://localhost:${port}`;
    const env = { ...process.env, MAILLAGE_MAIL_HOST: "127.0.0.1", MAILLAGE_MAIL_PORT: String(post.port), MAILLAGE_MAIL_TLS: "none", MAILLAGE_MAIL_FROM: "noeud@exemple.org" };
    const maillage = (...args) => promisify(execFile)(binary, ["--config", config, ...args], { env }).then(({ stdout }) => stdout);
    let node;
    try {
      const made = await maillage("init", "--yes", "--base-url", site, "--listen", `localhost:${port}`, "--name", "Essai", "--data", join(dir, "data"));
      assert.match(made, /premiers-pas\?cle=[\w-]+/);
      assert.match(await maillage("user", "list"), /n’a pas encore de compte/);
      node = spawn(binary, ["--config", config, "serve"], { env, stdio: ["ignore", "pipe", "inherit"] });
      const link = await said(node, /http\S+premiers-pas\?cle=[\w-]+/);

      await visit(browser, link, { size: phone, expected: [/422/] }, async (page) => {
        await sound(page);
        await picture(page, "premiers-pas-390");
        for (const answer of ["Les Cartographes", "Hôte", "hote@exemple.org", phrase]) {
          await page.keyboard.press("Tab");
          while (!(await page.evaluate(() => document.activeElement.matches("main input")))) await page.keyboard.press("Tab");
          await page.keyboard.type(answer);
        }
        await Promise.all([page.waitForURL(/\/bienvenue$/), page.keyboard.press("Enter")]);
        assert.match(await page.locator("main").innerText(), /Les Cartographes/);
        await sound(page);
        await page.click(".site-head .whoami summary");
        await page.getByRole("button", { name: "Se déconnecter" }).first().click();
      });

      await visit(browser, `${site}/connexion`, { javaScript: false, size: phone }, async (page) => {
        await page.getByRole("link", { name: "Mot de passe oublié ?" }).click();
        await picture(page, "mot-de-passe-oublie");
        await page.fill("#email", "hote@exemple.org");
        await page.click("main button[type=submit]");
        assert.match(await page.locator("main").innerText(), /Si cette adresse a un compte ici/);
        const letter = await post.letter();
        await page.goto(letter.match(/http\S+nouveau-mot-de-passe\?cle=[\w-]+/)[0]);
        await picture(page, "nouveau-mot-de-passe");
        await page.fill("#password", `${phrase} encore`);
        await page.click("main button[type=submit]");
        assert.equal(new URL(page.url()).pathname, "/compte/connexion");
        assert.match(await post.letter(), /mot de passe/);
      });

      await visit(browser, `${site}/mot-de-passe-oublie`, {}, sound);
    } finally {
      if (node) {
        const gone = once(node, "exit");
        node.kill("SIGINT");
        await gone;
      }
      post.close();
      await rm(dir, { recursive: true, force: true });
    }
  });
});

/** said waits until a program has said something on its standard output. */
async function said(program, pattern) {
  let text = "";
  for await (const part of program.stdout) {
    text += part;
    const found = text.match(pattern);
    if (found) {
      program.stdout.resume();
      return found[0];
    }
  }
  throw new Error(`it only said: ${text}`);
}

/** postOffice is an SMTP server that keeps letters; letter() waits for the next one. */
async function postOffice() {
  const letters = [];
  const waiting = [];
  const server = createServer((socket) => {
    let body = null;
    socket.write("220 essai\r\n");
    createInterface(socket).on("line", (line) => {
      if (body !== null) {
        if (line !== ".") return body.push(line);
        const letter = decoded(body);
        if (waiting.length > 0) waiting.shift()(letter);
        else letters.push(letter);
        body = null;
      } else if (line === "DATA") {
        body = [];
        return socket.write("354 go on\r\n");
      } else if (line === "QUIT") {
        return socket.end("221 bye\r\n");
      }
      socket.write("250 ok\r\n");
    }).on("error", () => {});
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: server.address().port,
    letter: () => (letters.length > 0 ? Promise.resolve(letters.shift()) : new Promise((arrived) => waiting.push(arrived))),
    close: () => server.close(),
  };
}

/** decoded undoes quoted-printable, as far as finding words and links needs it. */
function decoded(lines) {
  const bytes = lines.join("\n").replaceAll("=\n", "").replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "localhost"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
