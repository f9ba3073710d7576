import { launch } from "./browser.mjs"; import { readdir } from "node:fs/promises";
const [dir, filter, out, w] = process.argv.slice(2); const b = await launch();
const files = (await readdir(dir)).filter((f) => new RegExp(filter).test(f) && !f.startsWith("SHEET"));
const p = await b.newPage({ viewport: { width: 1900, height: 1400 } });
await p.goto("file://" + dir + "/" + files[0]);
const { readFile, writeFile } = await import("node:fs/promises");
const imgs = await Promise.all(files.map(async (f) => `<figure style="margin:0;width:${w}px;display:inline-block;vertical-align:top"><figcaption style="font:11px sans-serif">${f}</figcaption><div style="max-height:1300px;overflow:hidden"><img style="width:100%" src="data:image/png;base64,${(await readFile(dir + "/" + f)).toString("base64")}"></div></figure>`));
await p.setContent(`<body style="margin:4px;background:#888">${imgs.join(" ")}`); await p.screenshot({ path: out, fullPage: true }); await b.close();
