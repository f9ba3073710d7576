// The map library, read when a map is opened and not before; its stylesheet with it.

/** mapLibre settles when the library and the stylesheets apply: a map measures itself once. */
export async function mapLibre(...stylesheets) {
  const [library] = await Promise.all([
    import("../vendor/maplibre/maplibre-gl.mjs"), ...["../vendor/maplibre/maplibre-gl.css", ...stylesheets].map(applied),
  ]);
  return library;
}

function applied(path) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(path, import.meta.url).href;
  const loaded = new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", reject);
  });
  document.head.append(link);
  return loaded;
}

/** scheme is the light that the reader's device asks for. */
export function scheme() {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
