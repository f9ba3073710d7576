// Reads every file that the demonstration offers with parsers written by others.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { check as checkGeoJSON } from "@placemarkio/check-geojson";
import { parse as parseCSV } from "csv-parse/sync";
import ICAL from "ical.js";
import jsonld from "jsonld";
import { Store, Parser as Turtle } from "n3";
import SHACL from "rdf-validate-shacl";
import RSS from "rss-parser";
import { parseStringPromise as parseXML } from "xml2js";
import { startDemo } from "./demo.mjs";

let demo;
before(async () => (demo = await startDemo()));
after(async () => await demo?.stop());

const read = async (path) => {
  const answer = await fetch(demo.tiriad + path);
  assert.equal(answer.status, 200, path);
  return answer.text();
};

const different = (values, what) => assert.equal(new Set(values).size, values.length, `two ${what} are the same`);

// Strict where a parser is kind: what each standard asks of the bytes.
const rules = {
  // RFC 5545, 3.1 and 3.6
  ics(text) {
    assert.ok(text.endsWith("\r\n") && !/[^\r]\n/.test(text), "lines end with CRLF");
    for (const line of text.split("\r\n")) assert.ok(Buffer.byteLength(line) <= 75, `a line of ${Buffer.byteLength(line)} octets: ${line}`);
    for (const once of ["VERSION:2.0", "PRODID:"]) assert.equal(text.split(`\r\n${once}`).length, 2, once);
    const count = (line) => text.split(`\r\n${line}`).length - 1;
    for (const each of ["UID:", "DTSTAMP:", "END:VEVENT"]) assert.equal(count(each), count("BEGIN:VEVENT"), each);
  },
  // RFC 4287, 4.1
  async atom(text) {
    const { feed } = await parseXML(text, { explicitArray: true });
    assert.equal(feed.$.xmlns, "http://www.w3.org/2005/Atom");
    const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
    const entries = feed.entry ?? [];
    for (const one of [feed, ...entries]) {
      for (const name of ["id", "title", "updated"]) assert.equal(one[name]?.length, 1, `one ${name}`);
      assert.match(one.updated[0], instant);
      assert.ok(URL.canParse(one.id[0]), one.id[0]);
      for (const link of one.link ?? []) assert.ok(URL.canParse(link.$.href), link.$.href);
      for (const author of one.author) assert.ok(author.name[0]);
    }
    assert.ok(feed.link.some((l) => l.$.rel === "self"));
    for (const entry of entries) {
      assert.equal(entry.link.filter((l) => l.$.rel === "alternate" && l.$.type === "text/html").length, 1);
      assert.ok(["html", "text", undefined].includes(entry.content?.[0].$?.type));
      if (entry.published) assert.match(entry.published[0], instant);
      for (const category of entry.category ?? []) assert.ok(category.$.term);
    }
    different(entries.map((e) => e.id[0]), "ids");
  },
  // RFC 4180: CRLF, and as many fields in each record
  csv(text) {
    assert.ok(text.endsWith("\r\n"));
    const [head, ...rows] = parseCSV(text, { record_delimiter: "\r\n" });
    different(head, "columns");
    for (const row of rows) assert.equal(row.length, head.length);
  },
  // RFC 7946, and the properties that uMap shows
  geojson(text) {
    const collection = JSON.parse(text);
    assert.equal(collection.crs, undefined, "RFC 7946 has no crs");
    for (const { id, geometry, properties } of collection.features) {
      const [lon, lat, ...more] = geometry.coordinates;
      assert.ok(geometry.type === "Point" && Math.abs(lon) <= 180 && Math.abs(lat) <= 90 && more.length === 0, id);
      assert.ok(URL.canParse(id) && properties.name && typeof (properties.description ?? "") === "string", id);
    }
    different(collection.features.map((f) => f.id), "ids");
  },
  // JSON-LD: every thing has an IRI of its own, and leads to others by IRIs
  jsonld(text) {
    const graph = JSON.parse(text)["@graph"];
    different(graph.map((thing) => thing["@id"]), "ids");
    for (const thing of graph) {
      for (const iri of [thing["@id"], thing.url, ...(thing.sameAs ?? []), thing.license ?? thing["@id"]]) assert.ok(URL.canParse(iri), iri);
    }
  },
};

// How many things each parser finds in a file.
const parsers = {
  ics(text) {
    const calendar = new ICAL.Component(ICAL.parse(text));
    const events = calendar.getAllSubcomponents("vevent");
    for (const component of events) {
      const event = new ICAL.Event(component);
      assert.ok(event.uid && event.summary && event.startDate.toJSDate() > 0, component.toString());
      assert.ok(event.endDate.compare(event.startDate) >= 0, `${event.uid} ends before it begins`);
    }
    different(events.map((e) => e.getFirstPropertyValue("uid")), "UIDs");
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
  "/carte": ["geojson"],
};
const filters = [
  "", "?origin=local", "?origin=network", "?theme=cartographie", "?theme=cartographie&theme=donnees-ouvertes", "?territory=brest", "?q=carte", "?role=facilitateur",
  "?from=2013-01-01&to=2014-01-01", "?lat=48.39&lon=-4.49&radius_km=30", "?bbox=-5,47,-1,49", "?q=libre&territory=brest&origin=local&sort=name",
];
const onlyOf = { "/agenda": ["?periode=passes", "?periode=a-venir"], "/recherche": ["?kind=event", "?kind=partner&kind=recipe", "?pres=Brest"] };

async function count(path, extension, filter) {
  const text = await read(`${path}.${extension}${filter}`);
  await rules[extension](text);
  return parsers[extension](text);
}

for (const [path, extensions] of Object.entries(files)) {
  describe(path, () => {
    for (const filter of [...filters, ...(onlyOf[path] ?? [])]) {
      test(`every format of "${filter}" is read by others, and holds the same things`, async () => {
        const counts = {};
        for (const extension of extensions) counts[extension] = await count(path, extension, filter);
        const { ics = 0, ...others } = counts;
        assert.equal(new Set(Object.values(others)).size, 1, JSON.stringify(counts));
        assert.ok(ics <= Object.values(others)[0], JSON.stringify(counts)); // what has no day is in no calendar
      });
    }
    test("filters take something away, and a wrong one is refused", async () => {
      for (const extension of extensions) assert.equal(await count(path, extension, "?q=introuvablement"), 0);
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

  test("is what DCAT-AP 3 asks for, and would not be without a licence or a title", async () => {
    const shapes = new Store(new Turtle().parse(await readFile(new URL("dcat-ap.shapes.ttl", import.meta.url), "utf8")));
    const problems = async (quads) =>
      (await new SHACL(shapes).validate(new Store(quads))).results.map((r) => `${r.focusNode?.value} ${r.path?.value ?? ""} ${r.sourceConstraintComponent.value}`);
    for (const site of [demo.tiriad, demo.libertic]) {
      const quads = new Turtle().parse(await (await fetch(`${site}/catalogue.ttl`)).text());
      assert.deepEqual(await problems(quads), []);
      const without = quads.filter((q) => !(q.predicate.value === `${dct}title` && q.subject.value.endsWith("/agenda#dataset")));
      assert.equal((await problems(without)).length, 1, "the shapes see nothing");
      const files = quads.filter((q) => q.predicate.value === `${dcat}distribution`).map((q) => q.object.value);
      const licensed = new Set(quads.filter((q) => [`${dct}license`, `${dct}rights`].includes(q.predicate.value)).map((q) => q.subject.value));
      for (const file of files) {
        const rows = parseCSV(await (await fetch(`${file.replace("#distribution", "").replace(/\.[a-z]+\?/, ".csv?")}`)).text(), { columns: true });
        if (rows.length > 0) assert.ok(licensed.has(file), `${file} says nothing of licences`);
      }
    }
  });
});
