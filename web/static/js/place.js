// A small map to put a point on, beside the fields of its latitude and longitude, which
// work without it. The library of the map is read when the map is opened, not before.

import { mapLibre, scheme } from "./maplibre.js";
import { baseStyle } from "./style.js";
import { wordsOf } from "./words.js";

const france = [[-5.2, 41.2], [9.7, 51.2]];
const steps = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

for (const box of document.querySelectorAll("details[data-point]")) {
  box.hidden = false;
  box.addEventListener("toggle", () => box.open && open(box), { once: true });
}

async function open(box) {
  const said = box.querySelector("[role=status]");
  try {
    const [lib, style, start] = await Promise.all([mapLibre(), baseStyle(scheme()), whereFrom(box)]);
    new PointMap(lib, style, box, said, start);
  } catch {
    box.querySelector(".point-map").hidden = true; // not built, or no WebGL
    said.textContent = said.dataset.failed;
  }
}

class PointMap {
  constructor(lib, style, box, said, { at, zoom }) {
    const form = box.closest("form");
    Object.assign(this, { said, lat: form.elements.lat, lon: form.elements.lon });
    const frame = box.querySelector(".point-map");
    this.map = new lib.Map({
      container: frame, style, maxZoom: 18, dragRotate: false, pitchWithRotate: false, touchPitch: false,
      ...(at ? { center: at, zoom } : { bounds: france }),
      keyboard: false, attributionControl: false,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new lib.AttributionControl({ compact: true, customAttribution: attribution() }));
    this.map.addControl(new lib.NavigationControl({ showCompass: false }), "top-right");
    this.marker = new lib.Marker({ element: this.#handle(frame.dataset.label), draggable: true, anchor: "bottom" });
    this.marker.setLngLat(at ?? this.map.getCenter()).addTo(this.map);
    this.marker.getElement().setAttribute("aria-label", frame.dataset.label); // MapLibre puts its own
    this.marker.on("dragend", () => this.#write());
    this.map.on("click", ({ lngLat }) => this.#move(lngLat));
    for (const field of [this.lat, this.lon]) field.addEventListener("change", () => this.#read());
  }

  #handle(label) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "point-marker";
    button.setAttribute("aria-label", label);
    button.setAttribute("aria-describedby", "carte-aide");
    button.innerHTML = '<svg viewBox="0 0 30 42" aria-hidden="true"><path d="M15 41C15 41 28 25 28 15A13 13 0 1 0 2 15c0 10 13 26 13 26z" fill="#b3261e" stroke="#fff" stroke-width="2"/><circle cx="15" cy="15" r="5" fill="#fff"/></svg>';
    button.addEventListener("keydown", (event) => this.#key(event));
    return button;
  }

  #key(event) {
    if (event.key === "+" || event.key === "-") {
      event.preventDefault();
      return this.map.easeTo({ zoom: this.map.getZoom() + (event.key === "+" ? 1 : -1), center: this.marker.getLngLat() });
    }
    const step = steps[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault(); // the page stays where it is
    const size = event.shiftKey ? 1 : 12; // pixels
    const { x, y } = this.map.project(this.marker.getLngLat());
    this.#move(this.map.unproject([x + step[0] * size, y + step[1] * size]));
    if (!this.map.getBounds().contains(this.marker.getLngLat())) this.map.panTo(this.marker.getLngLat());
  }

  #move(at) {
    this.marker.setLngLat(at);
    this.#write();
  }

  // write puts the point in the fields; five decimals are a metre.
  #write() {
    const { lat, lng } = this.marker.getLngLat().wrap();
    this.lat.value = lat.toFixed(5);
    this.lon.value = lng.toFixed(5);
    this.said.textContent = this.said.dataset.said.replace("{lat}", this.lat.value).replace("{lon}", this.lon.value);
    this.lat.dispatchEvent(new Event("input", { bubbles: true })); // to be saved
  }

  #read() {
    const at = typed(this.lat, this.lon);
    if (!at) return;
    this.marker.setLngLat(at);
    this.map.easeTo({ center: at });
  }
}

/** typed is the point of the fields, as [lon, lat]; null when they hold none. */
function typed(lat, lon) {
  const [y, x] = [lat, lon].map((field) => (field.value.trim() ? Number(field.value.replace(",", ".")) : NaN));
  return Math.abs(y) <= 85 && Math.abs(x) <= 180 ? [x, y] : null;
}

/** whereFrom is where the map opens: on the point, on the commune, or on the country. */
async function whereFrom(box) {
  const { lat, lon, commune } = box.closest("form").elements;
  const at = typed(lat, lon);
  if (at) return { at, zoom: 14 };
  if (!commune?.value.trim()) return {};
  const answer = await fetch(`/api/v1/communes/position?${new URLSearchParams({ commune: commune.value.trim() })}`).catch(() => null);
  const centre = answer?.ok ? (await answer.json()).point : null;
  return centre ? { at: [centre.lon, centre.lat], zoom: 11 } : {};
}

/** attribution is who made the map: the host's, or our own. */
function attribution() {
  const host = JSON.parse(document.getElementById("map-basemap")?.textContent || "null");
  return host?.attribution ?? wordsOf(document.documentElement.lang || "fr", {}).attribution;
}
