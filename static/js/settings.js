/*
 * Settings: choosing one of the suggested colours fills the field it belongs to ([data-fills] names it), and the form
 * notices as if it had been typed.
 */
(() => {
  "use strict";

  document.addEventListener("change", (event) => {
    const target = event.target.dataset?.fills && document.getElementById(event.target.dataset.fills);
    if (!target) return;
    target.value = event.target.value;
    target.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
