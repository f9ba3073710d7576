// The whole life of what is published here, in the three hard ways: see walk.mjs.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { launch, membership } from "./browser.mjs";
import { startDemo } from "./demo.mjs";
import { aPerson, walks } from "./walk.mjs";

let demo;
let browser;
let member;
let ours; // recipes of Tiriad's: each way has one to itself
let theirs; // a recipe of LiberTIC's, as Tiriad shows it

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), launch()]);
  member = await membership(browser, demo.tiriad);
  const recipes = async (origin) => {
    const { hits } = await (await fetch(`${demo.tiriad}/api/v1/search?kind=recipe&origin=${origin}`)).json();
    return hits.map(({ path }) => path);
  };
  [ours, [theirs]] = await Promise.all([recipes("local"), recipes("network")]);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** writing walks from a page as somebody who writes for Tiriad. */
const writing = (what, path, steps) => walks(what, () => ({ browser, address: demo.tiriad + path, state: member }), steps);

describe("the life of an event", { concurrency: true }, () => {
  writing("an event", "/publier/evenement", async (w, way) => {
    const name = `Les fontaines, ${way}`;
    await w.write("#f-summary", "À pied, avec un téléphone.");
    await w.press("Publier");
    await w.refused(/Que vont faire les gens/, /Date.*donnez une date/);
    await w.write("#f-name", name);
    await w.write("#f-date", "2027-03-13");
    await w.write("#f-from", "14:00");
    await w.write("#f-to", "17:30");
    await w.write("#f-place", "Médiathèque");
    await w.write("#f-commune", "Redon (35)");
    await w.press("Enregistrer le brouillon");
    await w.go("/brouillons");
    await w.sound("drafts");
    await w.follow(name);
    await w.press("Aperçu");
    assert.match(await w.text(".toot"), /sam\. 13 mars 2027, 14\u00a0h – 17\u00a0h\u00a030 · Médiathèque, Redon — À pied/);
    await w.sound("preview");
    await w.press("Publier");
    assert.match(await w.text("h1"), /C’est publié/);
    await w.sound("share");
    await w.follow(name);
    await w.sound("page");
    const path = w.path;

    await changed(w, name);
    await calledOff(w, path);
    await retold(w, name);
    await deleted(w, path, name);
  });

  /** changed changes an event's title and gives it a picture, whose words are asked for. */
  async function changed(w, name) {
    await w.follow("Modifier");
    await w.write("#f-name", `${name} et les lavoirs`);
    await w.unfold("Plus de détails");
    await w.attach("#f-fichier");
    await w.press("Enregistrer les changements");
    await w.refused(/Ce que l’on voit sur l’image/);
    await w.write("#f-image-alt", "Une fontaine de granit");
    await w.press("Enregistrer les changements");
    assert.equal(await w.page.getByAltText("Une fontaine de granit").count(), 1);
    await w.sound("changed");
  }

  /** calledOff puts an event off, gives it a new date, and cancels it. */
  async function calledOff(w, path) {
    await w.follow("Annuler ou reporter");
    await w.press("Enregistrer");
    await w.refused(/Choisissez ce qui se passe/);
    await w.choose(/Il est reporté/);
    await w.write("#f-message", "La salle est inondée.");
    await w.press("Enregistrer");
    assert.match(await w.text(), /Reporté[\s\S]*n’aura pas lieu à cette date/);
    await w.sound("postponed");
    await w.follow("Donner la nouvelle date");
    await w.write("#f-date", "2027-04-10");
    await w.press("Enregistrer les changements");
    assert.match(await w.text(), /samedi 10.avril.2027/);
    assert.doesNotMatch(await w.text(), /reporté/i);
    await w.follow("Annuler ou reporter");
    await w.choose(/Il est annulé/);
    await w.press("Enregistrer");
    assert.match(await w.text(), /Cet événement est annulé/);
    assert.equal(w.path, path);
    await w.sound("cancelled");
  }

  /** retold reads the history of an event and comes back to its first version. */
  async function retold(w, name) {
    await w.follow("Historique");
    const story = await w.text(".versions");
    for (const told of [/samedi 10.avril/, /Reporté/, /et les lavoirs/]) assert.match(story, told);
    await w.sound("history");
    await w.leave(w.page.getByRole("button", { name: /Rétablir cette version/ }).last());
    assert.match(await w.text("h1"), new RegExp(`«\\s${name}\\s»`));
    await w.sound("reverted");
  }
});

describe("the life of a recipe", { concurrency: true }, () => {
  writing("a recipe", "/publier/recette", async (w, way) => {
    const name = `Relever des fontaines, ${way}`;
    await w.press("Publier");
    await w.refused(/Titre/, /Licence.*choisissez une licence/);
    await w.write("#f-name", name);
    await w.write("#f-ingredients-name-0", "Un téléphone");
    await w.press("Ajouter un ingrédient");
    await w.write("#f-ingredients-name-1", "Une salle");
    await w.write("#f-steps-title-0", "Marcher");
    await w.press("Ajouter une étape");
    await w.write("#f-steps-title-1", "Repérer");
    await w.press("Monter Étape 2");
    assert.equal(await w.page.inputValue("#f-steps-title-0"), "Repérer");
    assert.equal(await w.page.getByRole("button", { name: "Le reprendre" }).count(), 0, "what is on the page is not offered back");
    await w.choose(/Partage dans les mêmes conditions/);
    await w.press("Aperçu");
    assert.match(await w.text(".preview-frame"), /Une salle[\s\S]*Repérer[\s\S]*Marcher/);
    await w.sound("preview");
    await w.follow("Continuer à écrire");
    await w.write("#f-summary", "Une carte des points d’eau.");
    await w.press("Publier");
    await w.sound("share");
    await w.follow(name);
    const path = w.path;
    await w.press("Mettre à la une");
    await w.sound("page");

    await w.follow("Modifier");
    await w.write("#f-steps-what-1", "Par deux.");
    await w.press("Enregistrer les changements");
    await w.follow("Historique");
    assert.match(await w.text("ins"), /Par deux/);
    await w.sound("history");
    await w.leave(w.page.getByRole("button", { name: /Rétablir cette version/ }).last());
    await w.follow("Retour à la page");
    assert.doesNotMatch(await w.text(), /Par deux/);

    await adapted(w, `${name}, à vélo`, new RegExp(`Adaptée de\\s+${name}`));
    await w.go(theirs);
    await adapted(w, `${name}, reprise`, /Adaptée de\s+.*chez LiberTIC/);
    await w.go(path);
    await deleted(w, path, name);
  });

  /** adapted makes another recipe of the one on the page, under its licence and with its name. */
  async function adapted(w, name, credit) {
    await w.follow("Adapter cette recette");
    await w.choose(/zéro/);
    await w.press("Publier");
    await w.refused(/Licence.*la recette d’origine vous engage/);
    await w.choose(/Partage dans les mêmes conditions/);
    await w.write("#f-name", name);
    await w.press("Publier");
    await w.follow(name);
    assert.match(await w.text(), credit);
    await w.sound("adapted");
  }
});

/** deleted deletes a thing, whose address is then over, and makes a draft of it again. */
async function deleted(w, path, name) {
  await w.go(path);
  await w.follow("Supprimer");
  await w.sound("delete");
  await w.press("Supprimer définitivement");
  assert.match(await w.text(), /Cette publication a été supprimée/);
  await w.sound("deleted");
  assert.equal((await w.page.request.get(new URL(path, w.page.url()).href)).status(), 410);
  await w.leave(w.page.getByRole("button", { name: /En refaire un brouillon/ }).first());
  assert.equal(await w.page.inputValue("#f-name"), name);
}

describe("dates", { concurrency: true }, () => {
  writing("dates that come back, vague and far away", "/publier/evenement", async (w, way) => {
    const name = `Permanence, ${way}`;
    await w.write("#f-name", name);
    await w.write("#f-date", "2027-03-13");
    await w.unfold("Plusieurs jours");
    await w.select("#f-rhythm", "week");
    await w.press("Aperçu");
    await w.refused(/Jusqu’au.*donnez le dernier jour/);
    await w.write("#f-until", "2027-03-27");
    await w.press("Aperçu");
    assert.match(await w.text(), /3 dates[\s\S]*samedi 20.mars.2027/);
    await w.sound("dates");
    await w.press("Publier");
    await w.sound("series");
    await w.follow("Modifier");
    await w.write("#f-summary", "Avec vos questions.");
    await w.choose("cette date et les 2 suivantes");
    await w.press("Enregistrer les changements");

    await w.go("/publier/evenement");
    await w.write("#f-name", `Fête, ${way}`);
    await w.unfold("Plusieurs jours");
    await w.write("#f-vague", "un samedi d’octobre 2027");
    await w.press("Publier");
    await w.follow(`Fête, ${way}`);
    assert.match(await w.text(".facts"), /un samedi d’octobre 2027\s+Le jour n’est pas connu/);
    await w.sound("vague");

    await w.go("/publier/evenement");
    await w.write("#f-name", `Balade, ${way}`);
    await w.write("#f-date", "2027-03-13");
    await w.write("#f-from", "09:00");
    await w.unfold("Plus de détails");
    await w.select("#f-zone", "Indian/Reunion");
    for (const territory of ["Redon", "Rennes"]) await w.tick(territory);
    await w.press("Publier");
    await w.follow(`Balade, ${way}`);
    assert.match(await w.text(".facts"), /9.h.*\(heure locale\)[\s\S]*Territoires\s+Redon\s+Rennes/);
    assert.match(await (await w.page.request.get(`${w.page.url()}.ics`)).text(), /DTSTART:20270313T050000Z/);
  });
});

describe("what is not dated", { concurrency: true }, () => {
  writing("a sheet and an announcement", "/publier/fiche", async (w, way) => {
    await w.press("Publier");
    await w.refused(/Nom.*donnez un nom/);
    await w.write("#f-name", `Fablab, ${way}`);
    await w.write("#f-commune", "Lorient");
    await w.write("#f-website", "fablab.example");
    await w.press("Publier");
    await w.sound("sheet-share");
    await w.follow(`Fablab, ${way}`);
    await w.sound("sheet");
    await w.follow("Modifier");
    await w.write("#f-website", "javascript:rien");
    await w.press("Enregistrer les changements");
    await w.refused(/Site/);
    await w.write("#f-website", "https://autre.example");
    await w.press("Enregistrer les changements");
    assert.match(await w.text(), /autre\.example/);

    await w.go("/publier/annonce");
    await w.press("Publier");
    await w.refused(/Votre message/);
    await w.write("#f-content", `Venez **samedi**, ${way}`);
    await w.press("Aperçu");
    await w.sound("announcement-preview");
    await w.press("Publier");
    await w.follow("Annonce");
    await w.sound("announcement");
    await w.follow("Modifier");
    await w.write("#f-content", `Venez dimanche, ${way}`);
    await w.press("Enregistrer les changements");
    assert.match(await w.text(".prose"), /dimanche/);
  });

  writing("an organisation and a territory", "/organisations/nouvelle", async (w, way) => {
    for (const [kind, create, name] of [["organisations", "nouvelle", `Cartes, ${way}`], ["territoires", "nouveau", `Pays, ${way}`]]) {
      await w.go(`/${kind}/${create}`);
      await w.press("Créer");
      await w.refused(/Nom.*donnez un nom/);
      await w.write("#f-name", name);
      await w.press("Créer");
      await w.sound(kind);
      await w.follow("Modifier");
      await w.write("#f-summary", "Nous cartographions.");
      await w.press("Enregistrer les changements");
      assert.match(await w.text(), /Nous cartographions/);
    }
  });
});

// Apart from the other tests of proposals: a sender may make so many in an hour.
describe("what anybody may do", { concurrency: true }, () => {
  walks("to propose, correct and report", () => ({ browser, address: `${demo.tiriad}/proposer/evenement` }), async (w, way) => {
    await aPerson();
    await w.press("Envoyer");
    await w.refused(/Donnez un titre/, /Donnez une date/);
    await w.write("#p-name", `Cartopartie, ${way}`);
    await w.write("#p-when", "printemps 2027");
    await w.press("Envoyer");
    assert.match(await w.text(), /En attente[\s\S]*Cartopartie/);
    await w.sound("proposed");
    await w.press("Retirer ma proposition");
    assert.match(await w.text(), /Retirée/);
    await w.sound("withdrawn");

    const thing = ours.pop();
    await w.go(thing);
    await w.follow("Corriger cette page");
    await aPerson();
    await w.press("Envoyer");
    await w.refused(/Changez un champ, ou dites ce qui est à corriger/);
    await w.write("#p-summary", `Corrigé, ${way}.`);
    await w.press("Envoyer");
    assert.match(await w.text(), /Corrigé/);
    await w.sound("corrected");

    await w.go(thing);
    await w.follow("Signaler un problème");
    await aPerson();
    await w.press("Envoyer");
    await w.refused(/Choisissez une raison/);
    await w.choose("Une erreur");
    await w.write("#p-message", "L’heure n’est pas la bonne.");
    await w.press("Envoyer");
    assert.match(await w.text(), /En attente/);
    await w.sound("reported");
  });
});
