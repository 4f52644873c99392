/*
 * Keeps the till's shell and its files on the device ({{ version }}). What is online comes from the server; the shell
 * stands in when nothing answers. Answers about members are never kept.
 */
const KEPT = "till-{{ version }}";
const SHELL = "{{ shell }}";

self.addEventListener("install", (event) => {
  const keep = async () => {
    const cache = await caches.open(KEPT);
    await cache.add(new Request(SHELL, { credentials: "same-origin" }));
    const shell = await (await cache.match(SHELL)).text();
    const styles = [...shell.matchAll(/<link rel="stylesheet" href="([^"]+)"/g)].map((found) => found[1]);
    const scripts = [...shell.matchAll(/<script src="([^"]+)"/g)].map((found) => found[1]);
    await Promise.allSettled([...styles, ...scripts].map((file) => cache.add(file)));
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith("till-") && name !== KEPT).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  const fallBack = async (name) => (await caches.match(name, { ignoreVary: true })) || Response.error();
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => fallBack(SHELL)));
  else if (!request.headers.has("HX-Request")) event.respondWith(fetch(request).catch(() => fallBack(request)));
});
