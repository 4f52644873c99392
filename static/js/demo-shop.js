/*
 * What a shop of somebody else's does with the widget: a code that was just taken goes into the checkout's field, and
 * waits for the checkout when it is taken on another page.
 */
(() => {
  "use strict";

  const KEPT = "demo-shop-code";
  const field = document.getElementById("discount-code");

  window.addEventListener("loyalty:code", (event) => {
    if (field) field.value = event.detail.code;
    else window.sessionStorage.setItem(KEPT, event.detail.code);
  });

  const kept = window.sessionStorage.getItem(KEPT);
  if (field && kept && !field.value) {
    field.value = kept;
    window.sessionStorage.removeItem(KEPT);
  }
})();
