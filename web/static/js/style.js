// The base map. By default land, borders and names of towns from files of this node, in the
// colours of the site, and nothing is asked of anyone else; or what the host chose.

import { hostStyle } from "./hoststyle.js";

const vendor = new URL("../vendor/basemap/", import.meta.url);

// Each colour is a custom property of the site, and what to use without it.
const palettes = {
  light: { sea: "#cfe0df", land: "#fbf7ee", border: "#a99b7d", inner: "#d3c6aa", name: "#4c564f", halo: "#fbf7ee" },
  dark: { sea: "#0b1418", land: "#202a2c", border: "#63706c", inner: "#3c4a4b", name: "#c0c7bd", halo: "#182022" },
};

// baseStyle reads the files of the base map and returns a MapLibre style for the
// reader's colour scheme. It rejects when they were not built.
export async function baseStyle(scheme) {
  const host = JSON.parse(document.getElementById("map-basemap")?.textContent || "null");
  if (host) return hostStyle(host, colourOf(scheme));
  const colours = colourOf(scheme);
  const width = (...stops) => ["interpolate", ["linear"], ["zoom"], ...stops];
  return {
    version: 8,
    sources: {
      land: { type: "geojson", data: new URL("land.json", vendor).href, tolerance: 0.2, maxzoom: 12 },
      borders: { type: "geojson", data: new URL("borders.json", vendor).href, tolerance: 0.2, maxzoom: 12 },
      places: { type: "geojson", data: await places(), maxzoom: 12 },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": colours.sea } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": colours.land, "fill-outline-color": colours.border } },
      {
        id: "departements", type: "line", source: "borders", minzoom: 5, filter: ["==", ["get", "level"], 2],
        paint: { "line-color": colours.inner, "line-width": width(5, 0.6, 10, 1.2), "line-dasharray": [3, 2] },
      },
      {
        id: "regions", type: "line", source: "borders", minzoom: 4, filter: ["==", ["get", "level"], 1],
        paint: { "line-color": colours.inner, "line-width": width(4, 0.7, 10, 2) },
      },
      {
        id: "countries", type: "line", source: "borders", filter: ["==", ["get", "level"], 0],
        paint: { "line-color": colours.border, "line-width": width(2, 0.6, 10, 2) },
      },
      {
        id: "dots", type: "circle", source: "places", minzoom: 8, filter: shown,
        paint: { "circle-radius": width(8, 1.2, 14, 3), "circle-color": colours.name, "circle-opacity": 0.5 },
      },
      {
        id: "places", type: "symbol", source: "places", filter: shown,
        layout: {
          "text-field": ["get", "name"],
          "text-size": width(4, ["step", ["get", "people"], 10, 400000, 12], 12, ["step", ["get", "people"], 12, 20000, 15, 100000, 18]),
          // Without "glyphs", MapLibre draws the letters itself with the reader's fonts.
          "text-font": ["sans-serif"],
          "text-max-width": 8,
          "text-padding": 6,
          "text-variable-anchor": ["top", "bottom", "right", "left"],
          "text-radial-offset": 0.4,
          "symbol-sort-key": ["-", ["get", "people"]],
        },
        paint: { "text-color": colours.name, "text-halo-color": colours.halo, "text-halo-width": 1.4 },
      },
    ],
  };
}

// shown keeps the towns that are large enough for the zoom level.
const shown = [
  ">=", ["get", "people"],
  ["step", ["zoom"], 2e6, 4, 8e5, 5, 2e5, 6, 1e5, 7, 4e4, 8, 1.5e4, 9, 6e3, 10, 2.5e3, 11, 0],
];

// colourOf reads the site's custom properties --map-sea, --map-land and so on.
function colourOf(scheme) {
  const root = getComputedStyle(document.documentElement);
  const own = (name, otherwise) => root.getPropertyValue(`--map-${name}`).trim() || otherwise;
  return Object.fromEntries(Object.entries(palettes[scheme]).map(([name, colour]) => [name, own(name, colour)]));
}

let loaded; // the towns, read once

async function places() {
  loaded ??= fetch(new URL("places.json", vendor)).then((answer) => {
    if (!answer.ok) throw new Error(`places.json: ${answer.status}`);
    return answer.json();
  });
  return {
    type: "FeatureCollection",
    features: (await loaded).map(([name, lon, lat, people]) => ({
      type: "Feature", properties: { name, people }, geometry: { type: "Point", coordinates: [lon, lat] },
    })),
  };
}
