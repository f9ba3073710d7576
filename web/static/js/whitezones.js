// The communes with nobody around, as discs under the names and the markers: their area is
// that of the population, and they darken where they heap up. The table beside the map
// says the same.

import { fill } from "./words.js";

const none = { type: "FeatureCollection", features: [] };
const most = 2000; // drawn at once

export class WhiteZones {
  #data = none;

  constructor(lib, map, { api, words, lang }) {
    Object.assign(this, { lib, map, api, words, number: new Intl.NumberFormat(lang) });
    map.on("click", "white", (event) => this.#open(event));
    map.on("mouseenter", "white", () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", "white", () => { map.getCanvas().style.cursor = ""; });
  }

  /** show draws what the view holds, or takes it away. */
  async show(shown, km, box, signal) {
    if (!shown) {
      if (this.#data !== none) this.#draw(none);
      return;
    }
    const answer = await fetch(`${this.api}?${new URLSearchParams({ km: km || "20", bbox: box, limit: most })}`, { signal });
    if (!answer.ok) throw new Error(String(answer.status));
    this.#draw(await answer.json());
  }

  /** redraw puts the layer back after the style of the map changed. */
  redraw() {
    this.#draw(this.#data);
  }

  #draw(data) {
    this.#data = data;
    const source = this.map.getSource("white");
    if (source) return source.setData(data);
    if (data === none) return;
    this.map.addSource("white", { type: "geojson", data });
    const colour = matchMedia("(prefers-color-scheme: dark)").matches ? "#ff8a7a" : "#b3261e";
    this.map.addLayer({
      id: "white", type: "circle", source: "white",
      paint: {
        "circle-radius": ["interpolate", ["exponential", 1.4], ["zoom"], 4, radius(1), 8, radius(2.2), 12, radius(6)],
        "circle-color": colour, "circle-opacity": 0.3, "circle-stroke-color": colour, "circle-stroke-opacity": 0.6,
        "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 6, 0, 8, 1],
      },
    }, this.map.getLayer("places") && "places");
  }

  // open names a disc; of those on top of each other, the smallest, which the others hide.
  #open({ features, lngLat }) {
    const { name, departement, population, nearest_km: km } = features.reduce((a, b) => (a.properties.population < b.properties.population ? a : b)).properties;
    const box = document.createElement("div");
    box.className = "popup";
    const say = (className, text) => {
      const p = document.createElement("p");
      p.className = className;
      p.textContent = text;
      box.append(p);
    };
    say("popup-name", `${name} (${departement})`);
    say("popup-place", fill(this.words.inhabitants, this.number.format(population)));
    say("popup-place", km == null ? this.words.nobody : fill(this.words.nearest, this.number.format(km)));
    new this.lib.Popup({ maxWidth: "16rem", locale: this.map._locale }).setLngLat(lngLat).setDOMContent(box).addTo(this.map);
  }
}

// radius of a disc in pixels, times so much: its area is in proportion to the people.
const radius = (times) => ["max", 1.2, ["*", ["sqrt", ["get", "population"]], 0.032 * times]];
