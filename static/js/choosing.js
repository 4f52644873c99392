/*
 * The members' list: says how many are ticked. Without it everything works; the next page says so, too.
 */
(() => {
  "use strict";

  const tell = () => {
    const place = document.querySelector("[data-chosen]");
    if (!place) return;
    const all = document.querySelector("[data-choose-all]");
    const ticked = document.querySelectorAll("[data-choose]:checked").length;
    place.textContent = all?.checked || !ticked ? "" : String(ticked);
    for (const box of document.querySelectorAll("[data-choose]")) box.disabled = Boolean(all?.checked);
  };

  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-choose], [data-choose-all]")) tell();
  });
  document.addEventListener("htmx:afterSettle", tell);
  document.addEventListener("DOMContentLoaded", tell);
})();
