/*
 * The programme's pages: a list that got one item more or less is a change like any other (js/forms.js shows the save
 * bar, the preview is asked for again), names that are offered one after the other, and the button that prints, which
 * is hidden where it could do nothing.
 */
(() => {
  "use strict";

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "sheet" && event.target.id !== "sheet") return;
    document.getElementById("part")?.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Several names in one field: what is offered is the next one, behind those that stand there.
  const offer = (event) => {
    const field = event.target;
    if (!field.matches?.("[data-names]")) return;
    const before = field.value.slice(0, field.value.lastIndexOf(",") + 1);
    for (const option of field.list?.options ?? []) {
      option.dataset.name ??= option.value;
      option.value = before ? `${before} ${option.dataset.name}` : option.dataset.name;
    }
  };
  document.addEventListener("input", offer);
  document.addEventListener("focusin", offer);

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
