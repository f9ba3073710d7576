// The host's own base map: pictures, or vector tiles in the layers of Protomaps
// (earth, water, landuse, roads, boundaries, places), drawn in the colours of the site.

/** hostStyle returns a MapLibre style for the tiles that the page names. */
export function hostStyle({ kind, tiles, minzoom, maxzoom }, colours) {
  const addresses = tiles.map((address) => address.startsWith("/") ? location.origin + address : address);
  const source = { type: kind, tiles: addresses, minzoom, maxzoom };
  if (kind === "raster") {
    return {
      version: 8,
      sources: { host: { ...source, tileSize: 256 } },
      layers: [
        { id: "sea", type: "background", paint: { "background-color": colours.sea } },
        { id: "host", type: "raster", source: "host" },
      ],
    };
  }
  const width = (...stops) => ["interpolate", ["exponential", 1.6], ["zoom"], ...stops];
  const layer = (id, type, paint, more = {}) => ({ id, type, source: "host", "source-layer": id.split("-")[0], paint, ...more });
  const kindIs = (...kinds) => ["in", ["get", "kind"], ["literal", kinds]];
  return {
    version: 8,
    sources: { host: source },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": colours.sea } },
      layer("earth", "fill", { "fill-color": colours.land }, { filter: ["==", ["geometry-type"], "Polygon"] }),
      layer("landuse", "fill", { "fill-color": colours.inner, "fill-opacity": 0.35 }, { filter: kindIs("park", "forest", "wood", "nature_reserve", "grass", "cemetery") }),
      layer("water", "fill", { "fill-color": colours.sea }, { filter: ["==", ["geometry-type"], "Polygon"] }),
      layer("water-lines", "line", { "line-color": colours.sea, "line-width": width(8, 0.5, 14, 3) }, { filter: ["==", ["geometry-type"], "LineString"] }),
      layer("roads-small", "line", { "line-color": colours.inner, "line-width": width(11, 0.4, 16, 6) }, { minzoom: 11, filter: kindIs("minor_road", "path", "other") }),
      layer("roads-large", "line", { "line-color": colours.border, "line-width": width(5, 0.4, 16, 9) }, { filter: kindIs("highway", "major_road") }),
      layer("boundaries", "line", { "line-color": colours.border, "line-width": 1, "line-dasharray": [3, 2] }),
      layer("places", "symbol", { "text-color": colours.name, "text-halo-color": colours.halo, "text-halo-width": 1.4 }, {
        filter: kindIs("country", "region", "locality"),
        layout: {
          "text-field": ["coalesce", ["get", "name:fr"], ["get", "name"]], "text-font": ["sans-serif"],
          "text-size": ["interpolate", ["linear"], ["zoom"], 4, 11, 12, 15], "text-max-width": 8, "text-padding": 6,
        },
      }),
    ],
  };
}
