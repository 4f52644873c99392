/*
 * What a phone adds to the portal: fresh points within seconds while the card is looked at, a sheet to share with, a
 * clock beside a code, and the last card without a network. Every page works without this file.
 */
(() => {
  "use strict";

  const LOOKS_EVERY = 3000;
  const page = document.documentElement;
  const said = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

  // --- fresh points, and codes that are used: asked for while somebody looks, and silent behind a locked screen ----
  const look = () => {
    if (document.visibilityState !== "visible" || !navigator.onLine) return;
    const typing = document.activeElement?.closest("input, textarea, select");
    for (const part of document.querySelectorAll("[data-live][hx-get]")) {
      // Nothing is taken away from under somebody who writes.
      if (!typing || !part.contains(typing)) window.htmx?.trigger(part, "look");
    }
  };
  window.setInterval(look, LOOKS_EVERY);
  document.addEventListener("visibilitychange", look);

  // --- the clock beside a code --------------------------------------------------------------------------------------
  const left = (until) => Math.max(0, Math.floor((until - Date.now()) / 1000));
  const two = (number) => String(number).padStart(2, "0");

  const tick = () => {
    for (const clock of document.querySelectorAll("[data-until]")) {
      const seconds = left(Date.parse(clock.dataset.until));
      const hours = Math.floor(seconds / 3600);
      const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
      clock.hidden = seconds === 0 || hours >= 48;
      clock.querySelector("[data-left]").textContent = hours ? `${hours}:${rest}` : rest;
    }
  };
  window.setInterval(tick, 1000);
  document.addEventListener("DOMContentLoaded", tick);
  document.addEventListener("htmx:afterSettle", tick);

  // --- sharing: the phone's own sheet where there is one; the link can be copied everywhere -------------------------
  const offerSharing = () => {
    if (!navigator.share) return;
    for (const button of document.querySelectorAll("[data-share]")) button.hidden = false;
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-share]");
    if (!button) return;
    try {
      await navigator.share({ title: button.dataset.title, text: button.dataset.text, url: button.dataset.share });
    } catch {
      // Closed without choosing anybody: nothing has happened.
    }
  });
  document.addEventListener("DOMContentLoaded", offerSharing);

  // --- the last card without a network -------------------------------------------------------------------------------
  const told = () => {
    const note = document.getElementById("offline");
    if (note) note.hidden = navigator.onLine && !page.hasAttribute("data-kept");
  };
  // A phone says "online" before its network answers: a kept card asks until the shop does, and only then loads anew.
  const ask = async () => {
    if (!page.hasAttribute("data-kept") || document.visibilityState !== "visible" || !navigator.onLine) return;
    try {
      const answer = await fetch(window.location.href, { method: "HEAD", cache: "no-store", redirect: "manual" });
      if (answer.status < 500) window.location.reload();
    } catch {
      // Still no network: the card stays as it is.
    }
  };
  window.setInterval(ask, LOOKS_EVERY);
  document.addEventListener("visibilitychange", ask);
  window.addEventListener("online", () => {
    told();
    ask();
  });
  window.addEventListener("offline", told);

  const drawnWith = () =>
    [
      ...[...document.styleSheets].map((sheet) => sheet.href),
      ...[...document.scripts].map((script) => script.src),
      ...[...document.querySelectorAll(".portal__logo")].map((picture) => picture.src),
    ].filter(Boolean);

  const keep = async () => {
    const home = said("portal-home");
    if (!home || !("serviceWorker" in navigator) || !window.isSecureContext) return;
    if (!said("portal-card")) {
      // Nobody is signed in here: nothing of anybody stays on this phone.
      await window.caches?.delete(`portal-card:${home}`);
      const worker = (await navigator.serviceWorker.getRegistration(home))?.active;
      worker?.postMessage({ forget: true });
      return;
    }
    if (page.hasAttribute("data-kept")) return;
    try {
      await navigator.serviceWorker.register(`${home}worker.js`, { scope: home });
      const ready = await navigator.serviceWorker.ready;
      if (document.querySelector("[data-card]")) ready.active?.postMessage({ keep: drawnWith() });
    } catch {
      // A browser that keeps nothing shows the card with a network only.
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    told();
    keep();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt?.matches?.("[data-card]")) keep();
  });
})();
