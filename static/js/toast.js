/*
 * Toasts leave by themselves, but never while somebody points at them or is inside them, and never when they say
 * that something went wrong. One that can be taken back stays ten seconds.
 */
(() => {
  "use strict";

  const STAYS = 6000;
  const STAYS_WITH_UNDO = 10000;
  const LEAVES_IN = 250;

  const leave = (toast) => {
    toast.setAttribute("data-leaving", "");
    window.setTimeout(() => toast.remove(), LEAVES_IN);
  };

  const watch = (toast) => {
    toast.setAttribute("data-watched", "");
    if (toast.hasAttribute("data-stays")) return;
    const time = toast.hasAttribute("data-undo") ? STAYS_WITH_UNDO : STAYS;
    let timer = 0;
    const start = () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => leave(toast), time);
    };
    const stop = () => window.clearTimeout(timer);
    toast.addEventListener("pointerenter", stop);
    toast.addEventListener("pointerleave", start);
    toast.addEventListener("focusin", stop);
    toast.addEventListener("focusout", start);
    start();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-toast-close]");
    if (button) leave(button.closest("[data-toast]"));
  });

  document.addEventListener("DOMContentLoaded", () => {
    const place = document.getElementById("toasts");
    if (!place) return;
    const watchNew = () => place.querySelectorAll("[data-toast]:not([data-watched])").forEach(watch);
    new MutationObserver(watchNew).observe(place, { childList: true, subtree: true });
    watchNew();
  });
})();
