// <maillage-agenda>: the next events of a maillage node, in the page of another site.
//
//   <script type="module" src="https://opl.example.org/integrer/maillage-agenda.js"></script>
//   <maillage-agenda territoire="brest" limite="5"><a href="https://…/agenda">L’agenda</a></maillage-agenda>
//
// Attributes: territoire, theme, lat, lon, rayon (km), limite, langue (fr, en). What is
// between the tags is shown until the events are there, and when they cannot be had.
// The look follows the page; --maillage-accent and ::part(event) change it.

const node = new URL(import.meta.url).origin;
const parameters = { territoire: "territory", theme: "theme", lat: "lat", lon: "lon", rayon: "radius_km", limite: "per_page" };
const words = {
  fr: { title: "Agenda", none: "Rien d’annoncé pour le moment.", more: "Tout l’agenda", annule: "Annulé", reporte: "Reporté", propose: "Proposé" },
  en: { title: "Agenda", none: "Nothing is announced for now.", more: "The whole agenda", annule: "Cancelled", reporte: "Postponed", propose: "Proposed" },
};
// A sheet made so is no inline style: the strictest policy of a page lets it be.
const style = new CSSStyleSheet();
style.replaceSync(`
:host { display: block; font: inherit; color: inherit; }
h2 { font-size: 1.2em; margin: 0 0 .5em; }
ul { list-style: none; margin: 0; padding: 0; }
li { padding: .6em 0; border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
a { color: var(--maillage-accent, inherit); font-weight: 600; }
p { margin: .2em 0 0; }
b { font-weight: 600; }
`);

export class MaillageAgenda extends HTMLElement {
  static observedAttributes = [...Object.keys(parameters), "langue"];
  #aborter = null;

  connectedCallback() {
    if (!this.shadowRoot) {
      this.attachShadow({ mode: "open" }).append(document.createElement("slot"));
      this.shadowRoot.adoptedStyleSheets = [style];
    }
    this.#load();
  }

  disconnectedCallback() {
    this.#aborter?.abort();
  }

  attributeChangedCallback(name, was, value) {
    if (this.isConnected && this.shadowRoot && was !== value) this.#load();
  }

  get #lang() {
    return words[this.getAttribute("langue")] ? this.getAttribute("langue") : "fr";
  }

  get #query() {
    const query = new URLSearchParams();
    for (const [attribute, parameter] of Object.entries(parameters)) {
      const value = this.getAttribute(attribute)?.trim();
      if (value) query.set(parameter, value);
    }
    return query;
  }

  async #load() {
    this.#aborter?.abort();
    const aborter = (this.#aborter = new AbortController());
    const query = this.#query;
    query.set("kind", "event");
    query.set("sort", "date");
    query.set("from", new Date().toISOString());
    if (!query.has("per_page")) query.set("per_page", "10");
    try {
      const answer = await fetch(`${node}/api/v1/search?${query}`, { signal: aborter.signal, credentials: "omit" });
      if (!answer.ok) throw new Error(`${answer.status} ${(await answer.json()).detail ?? ""}`);
      this.#show((await answer.json()).hits);
    } catch (error) {
      if (aborter.signal.aborted) return;
      console.warn("maillage-agenda:", error); // what is between the tags stays
    }
  }

  #show(events) {
    const lang = this.#lang;
    const query = this.#query;
    query.delete("per_page");
    const more = `${node}/agenda${query.size ? `?${query}` : ""}`;
    const section = element("section", { lang, "aria-label": words[lang].title });
    section.append(element("h2", {}, words[lang].title));
    if (events.length) section.append(element("ul", {}, ...events.map((event) => this.#item(event, lang))));
    else section.append(element("p", {}, words[lang].none));
    section.append(element("p", {}, element("a", { href: more }, words[lang].more)));
    this.shadowRoot.replaceChildren(section);
  }

  #item(event, lang) {
    const day = dateOf(event, lang);
    const facts = [day && element("time", { datetime: event.start ?? "" }, day), event.locality].filter(Boolean);
    const status = words[lang][event.status];
    return element("li", { part: "event" },
      element("a", { href: event.url || node + event.path }, event.name), status ? element("b", {}, ` (${status})`) : "",
      element("p", {}, ...facts.flatMap((fact, i) => (i ? [" · ", fact] : [fact]))));
  }
}

// dateOf is when an event is, in words, on the clock of where it is.
function dateOf(event, lang) {
  if (!event.start || event.date_text) return event.date_text ?? "";
  const options = { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: event.zone || "Europe/Paris" };
  if (!event.all_day) Object.assign(options, { hour: "2-digit", minute: "2-digit" });
  const format = new Intl.DateTimeFormat(lang, options);
  const [start, end] = [new Date(event.start), new Date(event.end ?? event.start)];
  const text = event.all_day && end > start ? format.formatRange(start, end) : format.format(start);
  return lang === "fr" ? text.replace(/0?(\d+):(\d\d)$/, (_, h, m) => `${h}\u00a0h${m === "00" ? "" : `\u00a0${m}`}`) : text;
}

// element makes one with text, never with markup: names come from strangers.
function element(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key !== "href" || /^https?:/.test(value)) e.setAttribute(key, value);
  }
  e.append(...children);
  return e;
}

if (!customElements.get("maillage-agenda")) customElements.define("maillage-agenda", MaillageAgenda);
