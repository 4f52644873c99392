/*
 * Keeps one page readable without a network: the member's card, with what it is drawn with. Nothing else is kept, no
 * other page and no answer of any form; whatever is not the card goes to the network as if this file were not there.
 *
 * A card that is answered with a way elsewhere belongs to nobody who is signed in: what was kept of it goes.
 */
"use strict";

const HOME = new URL("./", self.location.href);
const CARD = new URL("card/", HOME);
const STORE = `portal-card:${HOME.pathname}`;
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

// Who signs out while a card is being fetched must not find it kept a moment later.
let turn = 0;

const forget = () => {
  turn += 1;
  return caches.delete(STORE);
};

const isCard = (address) => {
  const url = new URL(address);
  return url.origin === CARD.origin && url.pathname === CARD.pathname;
};

const isOurs = (response) => response.ok && !response.redirected && isCard(response.url);

// The card as it was sent, marked as kept: the page says so where it is shown without a network.
const keepPage = async (store, response) => {
  const text = await response.text();
  const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY };
  await store.put(CARD.href, new Response(text.replace("<html", "<html data-kept"), { headers }));
};

const keep = async (assets) => {
  const mine = turn;
  const response = await fetch(CARD.href, { credentials: "same-origin", cache: "no-store" });
  if (!isOurs(response)) {
    await forget();
    return;
  }
  if (mine !== turn) return;
  const store = await caches.open(STORE);
  await keepPage(store, response);
  const wanted = new Set(assets.filter((address) => new URL(address).origin === CARD.origin));
  for (const request of await store.keys()) {
    if (request.url !== CARD.href && !wanted.has(request.url)) await store.delete(request);
  }
  await Promise.all(
    [...wanted].map(async (address) => {
      if (await store.match(address)) return;
      const asset = await fetch(address, { credentials: "same-origin" });
      if (asset.ok && !asset.redirected) await store.put(address, asset);
    }),
  );
};

const showCard = async (request) => {
  try {
    const response = await fetch(request);
    // A navigation follows no redirect by itself here: one means that nobody is signed in any more.
    if (response.type === "opaqueredirect" || response.redirected) await forget();
    return response;
  } catch (error) {
    const kept = await caches.match(CARD.href, { cacheName: STORE });
    if (kept) return kept;
    throw error;
  }
};

const showAsset = async (request) => {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(request.url, { cacheName: STORE });
    if (kept) return kept;
    throw error;
  }
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  const asked = event.data || {};
  if (asked.keep) event.waitUntil(keep(asked.keep));
  if (asked.forget) event.waitUntil(forget());
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.method !== "GET" || new URL(request.url).origin !== CARD.origin) return;
  if (request.mode === "navigate") {
    // The way in leads to the card; without a network it is the card.
    const url = new URL(request.url);
    if (isCard(request.url) || url.pathname === HOME.pathname) event.respondWith(showCard(request));
    return;
  }
  if (["style", "script", "image", "font"].includes(request.destination)) event.respondWith(showAsset(request));
});
