/*
 * The guided set-up: the browser knows its time zone better than a country does. It is only taken while nobody has
 * chosen one, and only where the server offers it.
 */
(() => {
  "use strict";

  document.addEventListener("DOMContentLoaded", () => {
    const select = document.querySelector("select[data-zone]");
    const guess = Intl.DateTimeFormat().resolvedOptions().timeZone;
    // A browser that hides where it is says UTC.
    const known = select && guess !== "UTC" && [...select.options].some((option) => option.value === guess);
    if (!known || document.querySelector("[aria-invalid=true]") || select.form.elements.name.value) return;
    select.value = guess;
  });
})();
