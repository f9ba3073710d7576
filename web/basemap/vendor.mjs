// Copies MapLibre GL as it is published: its module, its worker, its style sheet
// and its licence. Nothing is bundled or changed, so what
// a browser runs can be compared with the package.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";

const from = new URL("../node_modules/maplibre-gl/", import.meta.url);
const to = new URL("../static/vendor/maplibre/", import.meta.url);

await mkdir(to, { recursive: true });
for (const file of ["maplibre-gl.mjs", "maplibre-gl-worker.mjs"]) {
  const source = await readFile(new URL(`dist/${file}`, from), "utf8");
  // The source maps are as large as the code and stay out.
  await writeFile(new URL(file, to), source.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"));
}
await copyFile(new URL("dist/maplibre-gl.css", from), new URL("maplibre-gl.css", to));
await copyFile(new URL("LICENSE.txt", from), new URL("LICENSE.txt", to));
