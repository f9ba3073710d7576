// What lies on the map: one button for each thing, stack or cluster. Buttons, not
// pixels: they have a name, a focus and a shape, and the style sheet draws them.

import { fill } from "./words.js";

const kindOrder = ["event", "partner", "recipe", "territory", "announcement"];

export class Markers {
  #shown = new Map(); // key -> { marker, feature }
  #popup = null;

  // lib is the MapLibre module; icons the address of the site's SVG sprite.
  constructor(lib, map, { words, lang, icons }) {
    Object.assign(this, { lib, map, words, lang, icons });
    const canvas = map.getCanvasContainer();
    canvas.setAttribute("role", "group");
    canvas.setAttribute("aria-label", words.markers);
    canvas.addEventListener("keydown", (event) => this.#arrows(event));
  }

  // show replaces what is drawn, keeping what is still there: a button that has
  // the focus keeps it.
  show(features) {
    const wanted = new Map(features.map((feature) => [keyOf(feature), feature]));
    for (const [key, { marker }] of this.#shown) {
      if (!wanted.has(key)) {
        marker.remove();
        this.#shown.delete(key);
      }
    }
    for (const [key, feature] of wanted) {
      if (!this.#shown.has(key)) this.#shown.set(key, { marker: this.#add(feature), feature });
    }
    this.#oneTabStop();
  }

  #add(feature) {
    const button = this.#button(feature.properties);
    button.addEventListener("click", (event) => {
      event.stopPropagation(); // the map would close the popup it opens
      if (feature.properties.cluster) this.#zoomTo(feature.properties.bbox);
      else this.#open(feature, button);
    });
    button.addEventListener("focus", () => this.#oneTabStop(button));
    const marker = new this.lib.Marker({ element: button, anchor: "center" }).setLngLat(feature.geometry.coordinates).addTo(this.map);
    button.removeAttribute("role"); // MapLibre's "img" would hide that it is a button
    button.setAttribute("aria-label", this.#label(feature.properties));
    return marker;
  }

  #button({ cluster, count, kinds, kind }) {
    const button = document.createElement("button");
    button.type = "button";
    if (count > 1) {
      const main = kindOrder.find((k) => kinds[k] === Math.max(...Object.values(kinds)));
      button.className = `marker ${cluster ? "cluster" : "stack"} kind-${main}`;
      button.dataset.size = count < 10 ? "s" : count < 100 ? "m" : "l";
      const number = document.createElement("span");
      number.textContent = new Intl.NumberFormat(this.lang, { notation: "compact" }).format(count);
      button.append(number);
    } else {
      button.className = `marker kind-${kind}`;
      button.append(this.#icon(kind));
    }
    return button;
  }

  #icon(kind) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${this.icons}#${kind}`);
    svg.setAttribute("aria-hidden", "true");
    svg.append(use);
    return svg;
  }

  #label({ cluster, count, kind, name, locality, members }) {
    if (cluster) return fill(this.words.cluster, count);
    if (count > 1) return `${fill(this.words.stack, count)}${members[0].locality ? ` (${members[0].locality})` : ""}`;
    return [`${this.words.kinds[kind] ?? kind} : ${name}`, locality].filter(Boolean).join(", ");
  }

  #zoomTo([west, south, east, north]) {
    this.map.fitBounds([[west, south], [east < west ? east + 360 : east, north]], { padding: 60, maxZoom: 14 }, { asked: true });
    this.map.getCanvas().focus({ preventScroll: true }); // this button is about to go
  }

  #open(feature, button) {
    this.close();
    this.#popup = new this.lib.Popup({ maxWidth: "20rem", offset: 18, locale: this.map._locale })
      .setLngLat(feature.geometry.coordinates)
      .setDOMContent(this.#content(feature.properties))
      .addTo(this.map);
    const popup = this.#popup;
    const element = popup.getElement();
    element.setAttribute("role", "dialog");
    element.setAttribute("aria-label", button.getAttribute("aria-label"));
    element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") popup.remove();
    });
    button.setAttribute("aria-expanded", "true");
    popup.on("close", () => {
      button.removeAttribute("aria-expanded");
      if (element.contains(document.activeElement) || document.activeElement === document.body) button.focus({ preventScroll: true });
    });
    element.querySelector("a")?.focus({ preventScroll: true });
    this.#keepInside(element);
  }

  // keepInside moves the map when a popup would be cut by its edge.
  #keepInside(element) {
    const margin = 8;
    const box = element.getBoundingClientRect();
    const frame = this.map.getContainer().getBoundingClientRect();
    const over = (from, to, least, most) => Math.min(0, from - least - margin) + Math.max(0, to - most + margin);
    const by = [over(box.left, box.right, frame.left, frame.right), over(box.top, box.bottom, frame.top, frame.bottom)];
    if (by[0] || by[1]) this.map.panBy(by, { duration: 200 });
  }

  // close shuts the popup, if one is open.
  close() {
    this.#popup?.remove();
    this.#popup = null;
  }

  #content(properties) {
    const { count, members } = properties;
    const box = document.createElement("div");
    box.className = "popup";
    if (count === 1) {
      box.append(...this.#entry(properties));
      return box;
    }
    const shared = new Set(members.map((member) => this.#where(member))); // one place, said once
    const list = document.createElement("ul");
    for (const member of members) {
      const item = document.createElement("li");
      item.append(...this.#entry(member, shared.size > 1));
      list.append(item);
    }
    box.append(line("popup-title", fill(this.words.stack, count)));
    if (shared.size === 1 && !shared.has("")) box.append(line("popup-place", [...shared][0]));
    box.append(list);
    if (count > members.length) box.append(line("popup-more", fill(this.words.more, members.length)));
    return box;
  }

  #where({ locality, precision }) {
    const approximate = this.words.approximate[precision];
    return [locality, approximate && `(${approximate})`].filter(Boolean).join(" ");
  }

  #entry(thing, placed = true) {
    const kind = line(`popup-kind kind-${thing.kind}`, this.words.kinds[thing.kind] ?? thing.kind);
    kind.prepend(this.#icon(thing.kind));
    const link = document.createElement("a");
    link.href = thing.path;
    link.textContent = thing.name;
    const heading = line("popup-name", "");
    heading.append(link);
    return [
      kind,
      heading,
      thing.status === "annule" && line("popup-status", this.words.cancelled),
      thing.kind === "event" && line("popup-date", whenOf(thing, this.lang)),
      placed && line("popup-place", this.#where(thing)),
      thing.origin !== "local" && line("popup-origin", fill(this.words.from, this.words.networks[thing.origin] ?? thing.origin)),
    ].filter((element) => element && element.textContent !== "");
  }

  // One stop for the Tab key, then the arrows: hundreds of stops would be a trap.
  #oneTabStop(current) {
    const buttons = this.#buttons();
    current ??= buttons.find((b) => b === document.activeElement) ?? buttons[0];
    for (const button of buttons) button.tabIndex = button === current ? 0 : -1;
  }

  // West to east, which is left to right.
  #buttons() {
    return [...this.#shown.values()]
      .sort((a, b) => a.feature.geometry.coordinates[0] - b.feature.geometry.coordinates[0])
      .map(({ marker }) => marker.getElement());
  }

  #arrows(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const buttons = this.#buttons();
    const at = buttons.indexOf(event.target);
    if (!step || at < 0) return;
    event.preventDefault();
    event.stopPropagation(); // the arrows would move the map
    buttons[(at + step + buttons.length) % buttons.length].focus({ preventScroll: true });
  }
}

function line(className, text) {
  const p = document.createElement("p");
  p.className = className;
  p.textContent = text;
  return p;
}

function keyOf({ geometry, properties }) {
  return [geometry.coordinates, properties.count, properties.cluster, properties.id ?? properties.members?.[0].id, properties.updated].join(" ");
}

// whenOf says when in words: those of a vague date as they are, days without hours
// when only the days are known; in the zone of the event.
export function whenOf({ start, end, all_day: allDay, date_text: text, zone }, lang) {
  if (text) return text;
  if (!start) return "";
  const format = new Intl.DateTimeFormat(lang, { dateStyle: "long", timeStyle: allDay ? undefined : "short", timeZone: zone || "Europe/Paris" });
  return end ? format.formatRange(new Date(start), new Date(end)) : format.format(new Date(start));
}
