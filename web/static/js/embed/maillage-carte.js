// <maillage-carte>: the map of a maillage node, in the page of another site.
//
//   <script type="module" src="https://opl.example.org/integrer/maillage-carte.js"></script>
//   <maillage-carte territoire="brest"><a href="https://…/carte">La carte</a></maillage-carte>
//
// Attributes: territoire, theme, lat, lon, rayon (km), langue (fr, en). The map, its
// library and its base map come from the node, in a frame: nothing is asked of anyone
// else, and the rules of the page about scripts need not change. Its height is
// --maillage-height, 480px by default. What is between the tags, a link, stays below.

const node = new URL(import.meta.url).origin;
const parameters = ["territoire", "theme", "lat", "lon", "rayon", "langue"];
const titles = { fr: "Carte", en: "Map" };
const style = new CSSStyleSheet(); // no inline style: see maillage-agenda.js
style.replaceSync(`
:host { display: block; }
iframe { display: block; box-sizing: border-box; width: 100%; height: var(--maillage-height, 480px); border: 0; }
`);

export class MaillageCarte extends HTMLElement {
  static observedAttributes = parameters;

  connectedCallback() {
    if (!this.shadowRoot) this.attachShadow({ mode: "open" }).adoptedStyleSheets = [style];
    this.#show();
  }

  attributeChangedCallback(name, was, value) {
    if (this.isConnected && this.shadowRoot && was !== value) this.#show();
  }

  #show() {
    const query = new URLSearchParams();
    for (const name of parameters) {
      const value = this.getAttribute(name)?.trim();
      if (value) query.set(name, value);
    }
    const frame = document.createElement("iframe");
    frame.title = titles[this.getAttribute("langue")] ?? titles.fr;
    frame.loading = "lazy";
    frame.referrerPolicy = "no-referrer";
    frame.src = `${node}/integrer/carte${query.size ? `?${query}` : ""}`;
    this.shadowRoot.replaceChildren(frame, document.createElement("slot"));
  }
}

if (!customElements.get("maillage-carte")) customElements.define("maillage-carte", MaillageCarte);
