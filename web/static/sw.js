// Keeps the last view of the map for when there is no connection: its page, its
// points, its scripts and the tiles seen. Nothing else of the site goes through it,
// and pages of signed-in people (no-store) are never kept.

const version = new URL(self.location).searchParams.get("v") || "0";
const name = `carte-${version}`;
const maxTiles = 200;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const key of await caches.keys()) {
    if (key.startsWith("carte-") && key !== name) await caches.delete(key);
  }
  await self.clients.claim();
})()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname === "/carte") event.respondWith(lastOf(event, "/carte"));
  else if (url.pathname === "/api/v1/map") event.respondWith(lastOf(event, "/api/v1/map"));
  else if (url.pathname === "/api/v1/white-zones") event.respondWith(lastOf(event, "/api/v1/white-zones"));
  else if (url.pathname.startsWith(`/static/${version}/`)) event.respondWith(once(event));
  else if (url.pathname.startsWith("/carte/tuiles/")) event.respondWith(once(event, maxTiles));
});

// lastOf asks the network first and keeps the answer, in place of the one before;
// without a network it gives that one back, and says so.
async function lastOf(event, key) {
  try {
    const answer = await fetch(event.request);
    const control = answer.headers.get("Cache-Control") ?? "";
    if (answer.ok && !control.includes("no-store")) {
      const copy = answer.clone();
      event.waitUntil(caches.open(name).then((cache) => cache.put(key, copy)));
    }
    return answer;
  } catch (error) {
    // Views are asked for with other words in Vary (a page by Accept): the key is enough.
    const kept = await (await caches.open(name)).match(key, { ignoreVary: true });
    if (!kept) throw error;
    const headers = new Headers(kept.headers);
    headers.set("X-Offline", "1");
    return new Response(kept.body, { status: kept.status, headers });
  }
}

// once keeps what does not change under its address; the oldest leave.
async function once(event, most = 0) {
  const cache = await caches.open(name);
  const kept = await cache.match(event.request, { ignoreVary: true });
  if (kept) return kept;
  const answer = await fetch(event.request);
  if (answer.status === 200) {
    const copy = answer.clone();
    event.waitUntil(keep(cache, event.request, copy, most));
  }
  return answer;
}

async function keep(cache, request, answer, most) {
  await cache.put(request, answer);
  if (!most) return;
  const tiles = (await cache.keys()).filter((key) => new URL(key.url).pathname.startsWith("/carte/tuiles/"));
  for (const old of tiles.slice(0, Math.max(0, tiles.length - most))) await cache.delete(old);
}
