// The communes with nobody around, as circles under the markers: the larger the more
// people live there. The table beside the map says the same.

const none = { type: "FeatureCollection", features: [] };
const most = 2000; // drawn at once

export class WhiteZones {
  #data = none;

  constructor(map, api) {
    Object.assign(this, { map, api });
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
    this.map.addLayer({
      id: "white", type: "circle", source: "white",
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "population"]], 10, 3, 100, 8, 300, 20],
        "circle-color": "#fff", "circle-opacity": 0.75, "circle-stroke-color": "#b3261e", "circle-stroke-width": 1.5,
      },
    });
  }
}
