import { launch, phone, desktop } from "./browser.mjs";
import { startDemo } from "./demo.mjs";
const out = process.argv[2]; const only = process.argv[3] ? new RegExp(process.argv[3]) : /./;
const demo = await startDemo(); const browser = await launch();
const base = demo.tiriad;
const modes = (process.env.MODES ?? "390-light-in,1280-light-in,390-light-out,1280-light-out").split(",");
async function link(page, from, sel) { await page.goto(base + from); const a = page.locator(sel).first(); return (await a.count()) ? new URL(await a.getAttribute("href"), base).pathname : null; }
const widthsDone = [];
try {
  const c0 = await browser.newContext({ locale: "fr-FR" }); const p0 = await c0.newPage();
  const ev = await link(p0, "/agenda", "main .card h3 a[href^='/evenements/']");
  const rec = await link(p0, "/recettes", "main .card h3 a"); const par = await link(p0, "/annuaire", "main .card h3 a");
  const rem = await link(p0, "/recherche?q=", "main .card h3 a[href^='/reseau/']");
  await p0.goto(base + ev);
  const corr = await link(p0, ev, "a[href^='/corriger/']"); const sig = await link(p0, ev, "a[href^='/signaler/']");
  const org = await link(p0, "/annuaire", "a[href^='/organisations/']");
  console.log({ ev, rec, par, rem, corr, sig, org });
  const pub = ["/", "/recherche?q=carte", "/carte", "/carte/imprimer", "/carte/zones-blanches", "/agenda", "/recettes", "/annuaire", "/territoires", "/personnes", "/annonces", ev, rec, par, rem, org ?? "/organisations/tiriad", "/a-propos", "/suivre", "/connexion", "/proposer", "/proposer/evenement", corr, sig, "/integrer", "/nulle-part"].filter(Boolean);
  const mem = [ev, "/", "/compte", "/compte/connexion", "/compte/fiche", "/compte/jetons", "/compte/donnees", "/invitations", "/comptes", "/publier", "/publier/evenement", "/publier/partenaire", "/publier/recette", "/publier/annonce", "/brouillons", "/reponses", "/moderation", "/moderation/reponses", "/moderation/caches", "/importer", "/importer/passes", "/importer/sources", ev + "/participants", ev + "/modifier", ev + "/historique", ev + "/partager", ev + "/annuler", "/organisations/tiriad/modifier", "/bienvenue"].filter(Boolean);
  for (const m of modes) {
    const [w, scheme, who] = m.split("-");
    const c = await browser.newContext({ viewport: w === "390" ? phone : w === "320" ? { width: 320, height: 640 } : desktop, locale: "fr-FR", colorScheme: scheme, reducedMotion: "reduce" });
    const page = await c.newPage();
    if (who === "in") { await page.goto(base + "/connexion?retour=/compte"); await page.fill("#email", "demo@tiriad.example"); await page.fill("#password", "demonstration"); await Promise.all([page.waitForURL(/compte/), page.click("main button[type=submit]")]); }
    for (const path of who === "in" ? mem : pub) {
      if (!only.test(path)) continue;
      const r = await page.goto(base + path, { waitUntil: "load" });
      if (path.startsWith("/carte")) await page.waitForTimeout(1500);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      const bad = await page.evaluate(() => { const t = document.body.innerText; return [...t.matchAll(/.{0,25}(\p{L}'\p{L}|[^\s\u00a0\u202f]? [:;!?»](?= |\n|$)|« ).{0,20}/gu)].map((x) => x[0]).slice(0, 8); });
      if (wide || r.status() !== 200 || bad.length) console.log(m, path, r.status(), wide ? `WIDE ${wide}` : "", bad.length ? JSON.stringify(bad) : "");
      await page.screenshot({ path: `${out}/${m}${path.replaceAll(/[^\w-]+/g, "_").slice(0, 50)}.png`, fullPage: true });
    }
    if (who === "in") { await page.goto(base + "/"); await page.click("details.whoami summary"); await page.screenshot({ path: `${out}/${m}_MENU.png` }); }
    await c.close();
  }
} finally { await browser.close(); await demo.stop(); }
