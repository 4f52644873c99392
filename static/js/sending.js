/*
 * A form that is on its way: the button that sent it shows so, and pressing again sends nothing. The server would
 * answer a repeated request with the first answer anyway; this saves people from wondering.
 */
(() => {
  "use strict";

  // What answers with a file leaves the page where it is, and nobody tells us that it arrived.
  const BUSY_AT_MOST = 8000;
  const sending = new Map();

  const rest = (form) => {
    const sent = sending.get(form);
    if (!sent) return;
    sending.delete(form);
    window.clearTimeout(sent.timer);
    sent.button.removeAttribute("aria-busy");
  };

  // While capturing, so before the page or htmx sends anything.
  document.addEventListener(
    "submit",
    (event) => {
      if (!sending.has(event.target)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (form.method !== "post" || !button) return;
    sending.set(form, { button, timer: window.setTimeout(() => rest(form), BUSY_AT_MOST) });
    button.setAttribute("aria-busy", "true");
  });

  document.addEventListener("htmx:afterRequest", (event) => rest(event.detail.elt));

  // Back from the next page: the browser shows this one as it was left, with the button still busy.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) [...sending.keys()].forEach(rest);
  });
})();
