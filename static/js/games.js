/* The form of a challenge: only what its kind needs is in sight. Without a script all of it is. */
(() => {
  "use strict";

  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("[data-challenge]");
    const measure = form?.elements.namedItem("measure");
    if (!measure) return;
    const show = () => {
      for (const part of form.querySelectorAll("[data-for]")) {
        part.hidden = !part.dataset.for.split(" ").includes(measure.value);
      }
    };
    measure.addEventListener("change", show);
    show();
  });
})();
