// Every page of the site map (web/routes.go), for a visitor and for the host, in the
// states that a link or a query puts it in: none breaks accessibility by day or by
// night, unfolded, and none scrolls sideways on the narrowest phone.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { launch, membership, narrow, sidewaysScroll, unfold, violations, visit } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

let demo;
let browser;
let host; // the cookies of who is signed in
const keys = {}; // of things, as /corriger/ and /reseau/ name them

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), launch()]);
  for (const [name, query] of Object.entries({ ours: "kind=recipe&origin=local", theirs: "kind=event&origin=network" })) {
    const { hits } = await (await fetch(`${demo.tiriad}/api/v1/search?per_page=1&${query}`)).json();
    keys[name] = hits[0];
  }
  host = await membership(browser, demo.tiriad);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const event = "/evenements/exemple-cartopartie";
const keyOf = async (path) => (await (await fetch(demo.tiriad + path)).text()).match(/\/corriger\/([a-z0-9]+)/)[1];

// What anybody opens. Those after the empty line say that something is wrong, or that there is nothing.
const forAll = [
  "/", "/recherche", "/recherche?q=carte&pres=Brest", "/carte", "/carte/imprimer", "/carte/zones-blanches", "/agenda",
  "/agenda?periode=passes", "/recettes", "/recettes?q=cartopartie", "/annuaire", "/territoires", "/territoires?commune=Brest",
  "/personnes", "/annonces", event, `${event}/inscription`, "/recettes/cartopartie", "/annuaire/wiki-brest",
  "/territoires/brest", "/organisations/tiriad", "/a-propos", "/suivre", "/suivre?compte=brest", "/connexion",
  "/mot-de-passe-oublie", "/proposer", "/proposer/evenement", "/proposer/structure", "/integrer",
  () => keys.theirs.path, async () => `/corriger/${await keyOf(keys.ours.path)}`, async () => `/signaler/${await keyOf(keys.ours.path)}`,

  "/nulle-part", "/recherche?q=zzzzzz", "/recherche?pres=Nullepart", "/recherche?kind=chat", "/territoires?commune=Nullepart",
  "/recettes?q=zzzzzz", "/annuaire?theme=mobilite&q=zzzzzz", "/personnes?pres=Nullepart", "/suivre?compte=personne",
  "/nouveau-mot-de-passe?cle=x", "/premiers-pas?cle=x", "/invitation?cle=x", "/compte/adresse?cle=x", "/participation?cle=x",
  "/proposition?cle=x", "/personnes/personne", "/personnes/personne/ecrire", "/annonces/aucune",
];

const forHost = [
  "/", "/bienvenue", "/invitations", "/compte", "/compte/connexion", "/compte/fiche", "/compte/jetons", "/compte/donnees",
  event, `${event}/participants`, `${event}/modifier`, `${event}/supprimer`, `${event}/historique`, `${event}/partager`, `${event}/annuler`,
  "/recettes/cartopartie/modifier", "/annuaire/wiki-brest/modifier", "/organisations/tiriad/modifier", "/organisations/tiriad/historique", "/territoires/brest/modifier", "/territoires/brest/historique",
  "/organisations/nouvelle", "/territoires/nouveau", "/co-organiser", "/reponses", "/comptes", "/publier", "/publier/evenement", "/publier/recette",
  "/publier/fiche", "/publier/annonce", "/brouillons", "/moderation", "/moderation/reponses", "/moderation/caches", "/moderation/tri",
  "/importer", "/importer/passes", "/importer/sources",

  "/comptes/personne", "/brouillons/aucun", "/moderation/aucune", "/importer/aucun", "/importer/passes/aucun", "/importer/sources/aucune",
];

// Pages of a thing that a story first makes: the test that tells the story looks at them.
const inStories = {
  "/reponses/repondre": "reply", "/importer/avancement": "import", "/importer/passes/:id/annuler": "import",
  "/importer/:id/essai": "import", "/importer/:id/import": "import",
};

for (const [who, paths] of [["a visitor", forAll], ["the host", forHost]]) {
  describe(`to ${who}`, () => {
    for (const path of paths) {
      test(typeof path === "string" ? path : "a thing by its key", async () => {
        const address = demo.tiriad + (typeof path === "string" ? path : await path());
        const options = { size: narrow, state: who === "the host" ? host : undefined, expected: [/40[0-9]|410|422/] };
        await visit(browser, address, options, async (page, response) => {
          assert.ok(response.status() < 500, `answers ${response.status()}`);
          assert.equal(await page.locator("h1").count(), 1);
          await unfold(page);
          for (const colorScheme of ["light", "dark"]) {
            await page.emulateMedia({ colorScheme });
            assert.deepEqual(await violations(page), [], colorScheme);
          }
          assert.equal(await sidewaysScroll(page), 0, "scrolls sideways");
        });
      });
    }
  });
}

test("no page of the site map is forgotten", async () => {
  const map = await readFile(new URL("../routes.go", import.meta.url), "utf8");
  const routes = [...map.matchAll(/^\s*(?:page|imports|visit)\("([^"]+)"/gm)].map((found) => found[1]);
  assert.ok(routes.length > 60, "the site map is read");
  const visited = [...forAll, ...forHost].filter((path) => typeof path === "string").map((path) => path.split("?")[0]);
  visited.push("/reseau/x", "/corriger/x", "/signaler/x"); // by their keys, above
  for (const route of routes.filter((r) => !/\.[a-z]+$/.test(r))) {
    const pattern = new RegExp(`^${route.replaceAll(/:\w+/g, "[^/]+")}$`);
    const story = inStories[route];
    if (story) assert.match(await readFile(new URL(`${story}.test.mjs`, import.meta.url), "utf8"), /violations\(|sound\(/);
    else assert.ok(visited.some((path) => pattern.test(path)), `${route} is not looked at: add it to this file`);
  }
});
