// The map inside a frame: what the list below it names, where it is.

import { mapLibre, scheme } from "../maplibre.js";
import { baseStyle } from "../style.js";
import { wordsOf } from "../words.js";

const frame = document.getElementById("map");

async function start() {
  const [lib, style, data] = await Promise.all([mapLibre(), baseStyle(scheme()), things()]);
  if (!data.features?.length) return;
  const words = wordsOf(document.documentElement.lang, {});
  frame.hidden = false;
  const map = new lib.Map({
    container: frame, style, bounds: boundsOf(data.features), fitBoundsOptions: { padding: 40, maxZoom: 12 }, maxZoom: 16,
    dragRotate: false, pitchWithRotate: false, attributionControl: { compact: true, customAttribution: words.attribution }, cooperativeGestures: true,
  });
  map.addControl(new lib.NavigationControl({ showCompass: false }), "top-right");
  map.on("load", () => {
    map.addSource("things", { type: "geojson", data, cluster: true, clusterRadius: 36 });
    const colours = ["match", ["get", "kind"], "event", "#b23a16", "partner", "#2f4b9b", "territory", "#0e5a4f", "#7a5a00"];
    map.addLayer({
      id: "things", type: "circle", source: "things",
      paint: {
        "circle-color": ["case", ["has", "point_count"], "#1d2823", colours],
        "circle-radius": ["case", ["has", "point_count"], 16, 8], "circle-stroke-color": "#fff", "circle-stroke-width": 2,
      },
    });
    map.addLayer({
      id: "counts", type: "symbol", source: "things", filter: ["has", "point_count"],
      layout: { "text-field": ["to-string", ["get", "point_count"]], "text-font": ["sans-serif"], "text-size": 13, "text-allow-overlap": true },
      paint: { "text-color": "#fff" },
    });
    map.on("click", "things", (event) => open(lib, map, event.features[0]));
    map.on("mouseenter", "things", () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", "things", () => (map.getCanvas().style.cursor = ""));
  });
}

async function things() {
  return (await fetch(frame.dataset.geojson)).json();
}

// open shows what a mark stands for, or looks into a group of them.
async function open(lib, map, feature) {
  const at = feature.geometry.coordinates;
  if (feature.properties.point_count) {
    const zoom = await map.getSource("things").getClusterExpansionZoom(feature.properties.cluster_id);
    return map.easeTo({ center: at, zoom });
  }
  const link = document.createElement("a");
  link.textContent = feature.properties.name;
  link.target = "_blank";
  link.rel = "noopener";
  if (/^https?:/.test(feature.properties.url ?? "")) link.href = feature.properties.url;
  new lib.Popup().setLngLat(at).setDOMContent(link).addTo(map);
}

// boundsOf are those of what is shown; of what is in metropolitan France when most of it
// is, since a map of France and of its islands is a map of the world.
function boundsOf(features) {
  const everywhere = features.map((f) => f.geometry.coordinates);
  const near = everywhere.filter(([lon, lat]) => lon > -6 && lon < 10 && lat > 41 && lat < 52);
  const points = near.length * 2 > everywhere.length ? near : everywhere;
  const lon = points.map((p) => p[0]);
  const lat = points.map((p) => p[1]);
  return [[Math.min(...lon), Math.min(...lat)], [Math.max(...lon), Math.max(...lat)]];
}

start().catch(() => {
  frame.hidden = true; // the list below says the same
});
