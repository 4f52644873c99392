/*
 * Search: the arrows walk from the box through the results and back, Enter opens one (they are links).
 */
(() => {
  "use strict";

  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const box = document.getElementById("find");
    const steps = [box, ...document.querySelectorAll("[data-result]")];
    const here = steps.indexOf(event.target);
    if (here < 0) return;
    const next = steps[here + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
})();
