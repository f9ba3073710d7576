// The map page. The list beside the map is complete without this script; with it,
// the two show the same things: both follow the view and the filters.

import { mapLibre, scheme } from "./maplibre.js";
import { Markers } from "./markers.js";
import { baseStyle } from "./style.js";
import { Timeline } from "./timeline.js";
import { WhiteZones } from "./whitezones.js";
import { wordsOf } from "./words.js";

const page = document.getElementById("carte");
const frame = document.getElementById("map");
async function start() {
  const lang = document.documentElement.lang || "fr";
  const words = wordsOf(lang, JSON.parse(document.getElementById("map-labels")?.textContent || "{}"));
  const notice = new Notice(frame, words);
  notice.say(words.loading);
  let lib;
  let style;
  try {
    [lib, style] = await Promise.all([mapLibre("./map.css"), baseStyle(scheme())]);
  } catch {
    page.classList.add("without-map");
    return notice.say(words.notBuilt);
  }
  notice.clear(); // MapLibre wants an empty box
  frame.replaceChildren();
  try {
    new MapPage(lib, style, { lang, words, notice });
    keepLastView();
  } catch {
    page.classList.add("without-map");
    notice.say(words.noWebGL);
  }
}

class MapPage {
  #aborter = null;
  #moved = new URLSearchParams(location.search).has("bbox"); // the reader chose a view: the list is of that view
  #timer = 0;
  #owed = { list: false, fit: false }; // what an abandoned refresh was to do

  constructor(lib, style, { lang, words, notice }) {
    Object.assign(this, { notice, words });
    this.form = document.getElementById("map-filters");
    this.status = document.getElementById("map-status");
    this.map = new lib.Map({
      container: frame,
      style,
      bounds: boundsOf(frame.dataset.bbox),
      fitBoundsOptions: { padding: this.#moved ? 0 : 30, maxZoom: 13 },
      maxZoom: 16,
      minZoom: 1,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      attributionControl: false,
      // On a phone, one finger scrolls the page and two move the map.
      cooperativeGestures: matchMedia("(pointer: coarse)").matches,
      locale: localeOf(words),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new lib.NavigationControl({ showCompass: false }), "top-right");
    // Not on a phone: it is measured again at each frame, and there is no room beside the sources.
    if (matchMedia("(min-width: 40rem)").matches) this.map.addControl(new lib.ScaleControl(), "bottom-left");
    this.map.addControl(new lib.AttributionControl({ compact: true, customAttribution: attributions(words) }), "bottom-right");
    this.white = new WhiteZones(lib, this.map, { api: frame.dataset.white, words, lang });
    this.timeline = new Timeline(document.getElementById("map-dates"), { words, lang });
    this.markers = new Markers(lib, this.map, { words, lang, icons: frame.dataset.icons });

    this.map.on("moveend", (event) => this.#viewChanged(event));
    // What was ticked while the map was loading has changed the form, not yet the list.
    this.map.once("load", () => this.#refresh({ list: this.#ticked() }));
    this.form?.addEventListener("submit", (event) => this.#filter(event));
    this.form?.addEventListener("change", (event) => this.#filter(event));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", async () => {
      this.map.setStyle(await baseStyle(scheme()));
      this.map.once("styledata", () => this.white.redraw());
    });
  }

  // A move of the reader's own (a drag, a key, a cluster opened) limits the list
  // to what is in view; fitting the map to new results does not.
  #viewChanged({ originalEvent, asked }) {
    this.#moved ||= Boolean(originalEvent || asked);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh({ list: this.#moved }), 200);
  }

  #filter(event) {
    event.preventDefault();
    this.markers.close();
    this.#refresh({ list: true, fit: !this.#moved });
  }

  // refresh asks for the points and the list at once and shows both together; a
  // newer view abandons the request before it, and does what that one had to.
  async #refresh({ list, fit = false }) {
    this.#owed = { list: this.#owed.list || list, fit: this.#owed.fit || fit };
    ({ list, fit } = this.#owed);
    this.#aborter?.abort();
    const { signal } = (this.#aborter = new AbortController());
    const address = this.#address();
    page.setAttribute("aria-busy", "true");
    try {
      const filters = this.#filters();
      const [answer, twin] = await Promise.all([
        this.#points(signal), list ? this.#list(address, signal) : null,
        this.white.show(filters.get("couche") === "zones-blanches", filters.get("km"), boxOf(this.map.getBounds()), signal),
      ]);
      if (signal.aborted) return;
      this.#owed = { list: false, fit: false };
      if (answer.offline) this.notice.say(this.words.offline, this.words.retry, () => this.#refresh({ list: true }));
      else this.notice.clear();
      this.markers.show(answer.features);
      if (list) {
        history.replaceState(history.state, "", address);
        this.#replaceList(twin);
      }
      const bounds = fit && !this.#moved && answer.total > 0 && twin?.getElementById("map")?.dataset.bbox;
      if (bounds) this.map.fitBounds(boundsOf(bounds), { padding: 30, maxZoom: 13 });
    } catch (error) {
      if (signal.aborted) return;
      this.notice.say(this.words.error, this.words.retry, () => this.#refresh({ list, fit }));
    } finally {
      if (!signal.aborted) page.removeAttribute("aria-busy");
    }
  }

  // filters are those of the form, without the fields left empty, and of the
  // address for what the form has no field for.
  #filters() {
    const filters = new URLSearchParams(location.search);
    for (const name of ["bbox", "page", "zoom", "lang"]) filters.delete(name);
    const fields = this.form ? [...new FormData(this.form)] : [];
    // Boxes that are not ticked are in no FormData.
    for (const field of this.form?.elements ?? []) filters.delete(field.name);
    for (const [name, value] of fields) {
      if (value !== "") filters.append(name, value);
    }
    // Every layer is what the page shows without a choice; "none" is for when there is none.
    const kinds = filters.getAll("kind").filter((kind) => kind !== "none");
    const layers = this.form?.querySelectorAll("[name=kind][type=checkbox]").length ?? 0;
    if (kinds.length > 0) filters.delete("kind");
    if (kinds.length < layers) kinds.forEach((kind) => filters.append("kind", kind));
    if (filters.get("couche") === null) filters.delete("km");
    return filters;
  }

  // ticked says that the form is not that of the address any more.
  #ticked() {
    const asked = [...new URLSearchParams(location.search)].filter(([name, value]) => value !== "" && !["bbox", "page", "zoom", "lang"].includes(name));
    const sorted = (fields) => [...fields].map((field) => field.join("=")).sort().join("&");
    return sorted(asked) !== sorted(this.#filters());
  }

  // address is the page that shows the same view and filters without this script.
  #address() {
    const filters = this.#filters();
    if (this.#moved) filters.set("bbox", boxOf(this.map.getBounds()));
    const query = filters.toString().replaceAll("%2C", ",");
    return location.pathname + (query && `?${query}`);
  }

  async #points(signal) {
    const query = this.#filters();
    query.set("bbox", boxOf(this.map.getBounds()));
    query.set("zoom", Math.floor(this.map.getZoom() + 0.5));
    query.set("undated", "true");
    for (const name of ["per_page", "sort", "couche", "km"]) query.delete(name);
    const answer = await fetch(`${frame.dataset.api}?${query}`, { signal });
    if (!answer.ok) throw new Error(String(answer.status));
    return { ...(await answer.json()), offline: answer.headers.has("X-Offline") };
  }

  // The server draws the list: there is one set of cards, and one order.
  async #list(address, signal) {
    const answer = await fetch(address, { signal, headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  // replaceList keeps the form, which may have the focus, and the status, which
  // only announces what changes inside it.
  #replaceList(twin) {
    const kept = [this.form, this.status];
    const side = this.status.parentElement;
    const news = twin.getElementById("map-status").parentElement;
    this.status.replaceChildren(...twin.getElementById("map-status").childNodes);
    for (const child of [...side.children]) {
      if (!kept.includes(child)) child.remove();
    }
    side.append(...[...news.children].filter((child) => !["map-filters", "map-status"].includes(child.id)));
  }
}

// Notice says over the map what keeps it from being drawn.
class Notice {
  constructor(frame, words) {
    this.words = words;
    this.box = document.createElement("div");
    this.box.className = "map-notice";
    this.box.setAttribute("role", "alert");
    this.frame = frame;
  }

  say(text, action, run) {
    const message = document.createElement("p");
    message.textContent = text;
    this.box.replaceChildren(message);
    this.frame.append(this.box);
    if (!action) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = action;
    button.addEventListener("click", () => {
      this.clear();
      run();
    });
    this.box.append(button);
  }

  clear() {
    this.box.remove();
  }
}

// attributions are who made what is drawn: the host's map, or our own, and the data
// on communes.
function attributions(words) {
  const own = JSON.parse(document.getElementById("map-basemap")?.textContent || "null");
  const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  return [own ? escape(own.attribution) : words.attribution, escape(frame.dataset.credit || "")].filter(Boolean);
}

// keepLastView has the last view of the map kept for when there is no connection. A
// page of somebody signed in names no worker: what they see is not kept.
function keepLastView() {
  const { worker } = frame.dataset;
  if (!worker || !("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register(worker, { scope: "/carte" }).catch(() => {}); // a comfort: private windows refuse it
}

function boundsOf(text) {
  const [west, south, east, north] = (text || "-5.2,41.3,9.7,51.1").split(",").map(Number);
  return [[west, south], [east < west ? east + 360 : east, north]];
}

// boxOf is a view as the API reads it: longitudes from -180 to 180, west beyond
// east across the 180th meridian. Four decimals are about ten metres.
function boxOf(bounds) {
  const [west, south, east, north] = bounds.toArray().flat();
  const wrap = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;
  const sides = east - west >= 360 ? [-180, south, 180, north] : [wrap(west), south, wrap(east), north];
  return sides.map((side) => Number(side.toFixed(4))).join(",");
}

// localeOf puts our words where MapLibre has its own.
function localeOf(words) {
  return {
    "Map.Title": words.map,
    "NavigationControl.ZoomIn": words.zoomIn,
    "NavigationControl.ZoomOut": words.zoomOut,
    "AttributionControl.ToggleAttribution": words.attributions,
    "Popup.Close": words.close,
    "CooperativeGesturesHandler.MobileHelpText": words.twoFingers,
  };
}

if (page && frame) start();
