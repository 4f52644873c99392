/*
 * The programme's pages: a list that got one item more or less is a change like any other (js/forms.js shows the save
 * bar, the preview is asked for again), and the button that prints, which is hidden where it could do nothing.
 */
(() => {
  "use strict";

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "sheet" && event.target.id !== "sheet") return;
    document.getElementById("part")?.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("DOMContentLoaded", () => {
    // On a phone the tabs are wider than the page: the one that is open is in sight.
    const tab = document.querySelector(".programme-tabs [aria-current]");
    if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.clientWidth) / 2;
    for (const button of document.querySelectorAll("[data-print]")) {
      button.hidden = false;
      button.addEventListener("click", () => window.print());
    }
  });
})();
