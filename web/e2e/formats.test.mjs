// Reads every file that the demonstration offers with parsers written by others.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { check as checkGeoJSON } from "@placemarkio/check-geojson";
import { parse as parseCSV } from "csv-parse/sync";
import ICAL from "ical.js";
import jsonld from "jsonld";
import { Parser as Turtle } from "n3";
import RSS from "rss-parser";
import { startDemo } from "./demo.mjs";

let demo;
before(async () => (demo = await startDemo()));
after(async () => await demo?.stop());

const read = async (path) => {
  const answer = await fetch(demo.tiriad + path);
  assert.equal(answer.status, 200, path);
  return answer.text();
};

// How many things each parser finds in a file.
const parsers = {
  ics(text) {
    const calendar = new ICAL.Component(ICAL.parse(text));
    const events = calendar.getAllSubcomponents("vevent");
    const uids = new Set();
    for (const component of events) {
      const event = new ICAL.Event(component);
      assert.ok(event.uid && event.summary && event.startDate.toJSDate() > 0, component.toString());
      assert.ok(event.endDate.compare(event.startDate) >= 0, `${event.uid} ends before it begins`);
      uids.add(event.uid);
    }
    assert.equal(uids.size, events.length, "two events have the same UID");
    return events.length;
  },
  async atom(text) {
    const feed = await new RSS().parseString(text);
    for (const item of feed.items) assert.ok(item.id && item.title && item.link && !Number.isNaN(Date.parse(item.isoDate)), JSON.stringify(item));
    return feed.items.length;
  },
  csv(text) {
    const rows = parseCSV(text, { columns: true, bom: true });
    for (const row of rows) assert.ok("licence" in row, "a row says its licence");
    return rows.length;
  },
  geojson(text) {
    const collection = checkGeoJSON(text);
    return collection.features.length + collection.unplaced;
  },
  async jsonld(text) {
    const doc = JSON.parse(text);
    const expanded = await jsonld.expand({ ...doc, "@context": { "@vocab": "https://schema.org/" } });
    await jsonld.toRDF(expanded);
    return doc["@graph"].length;
  },
};

const files = {
  "/agenda": ["ics", "atom", "csv", "geojson", "jsonld"],
  "/recherche": ["ics", "atom", "csv", "geojson", "jsonld"],
  "/annuaire": ["atom", "csv", "geojson", "jsonld"],
  "/recettes": ["atom", "csv", "jsonld"],
  "/annonces": ["atom", "csv", "jsonld"],
  "/territoires": ["csv", "geojson", "jsonld"],
};
const filters = ["", "?origin=local", "?theme=cartographie", "?territory=brest", "?q=carte", "?from=2013-01-01&to=2014-01-01", "?lat=48.39&lon=-4.49&radius_km=30"];

for (const [path, extensions] of Object.entries(files)) {
  describe(path, () => {
    for (const filter of filters) {
      test(`every format of "${filter}" is read by others, and holds the same things`, async () => {
        const counts = {};
        for (const extension of extensions) counts[extension] = await parsers[extension](await read(`${path}.${extension}${filter}`));
        for (const [extension, count] of Object.entries(counts)) {
          if (extension === "ics") assert.ok(count <= counts.csv, `.ics ${count}, .csv ${counts.csv}`); // what has no day is in no calendar
          else assert.equal(count, counts.csv, `.${extension} ${count}, .csv ${counts.csv}`);
        }
      });
    }
    test("filters take something away, and a wrong one is refused", async () => {
      const all = await parsers.csv(await read(`${path}.csv`));
      assert.ok((await parsers.csv(await read(`${path}.csv?q=introuvablement`))) === 0 && all >= 0);
      for (const extension of extensions) assert.equal((await fetch(`${demo.tiriad}${path}.${extension}?lat=beaucoup&lon=1`)).status, 400);
    });
  });
}

describe("the catalogue", () => {
  const dcat = "http://www.w3.org/ns/dcat#";
  const dct = "http://purl.org/dc/terms/";
  test("says the same in Turtle and in JSON-LD, and names files that are there", async () => {
    const quads = new Turtle().parse(await read("/catalogue.ttl"));
    const rdf = await jsonld.toRDF(JSON.parse(await read("/catalogue.jsonld")), { format: "application/n-quads" });
    assert.equal(new Set(rdf.trim().split("\n")).size, quads.length);
    const of = (predicate) => quads.filter((q) => q.predicate.value === predicate);
    assert.equal(of(`${dcat}dataset`).length, 5);
    for (const { object } of of(`${dcat}downloadURL`)) assert.equal((await fetch(object.value)).status, 200, object.value);
    for (const { object: dataset } of of(`${dcat}dataset`)) {
      const said = new Set(quads.filter((q) => q.subject.value === dataset.value).map((q) => q.predicate.value));
      for (const wanted of [`${dct}title`, `${dct}description`, `${dct}publisher`, `${dct}identifier`, `${dcat}distribution`]) assert.ok(said.has(wanted), `${dataset.value}: ${wanted}`);
    }
  });
});
