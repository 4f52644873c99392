/*
 * Forms: after one came back with errors the focus goes to what is wrong; one with [data-guard] shows its save bar
 * while something is unsaved and asks before the page is left.
 */
(() => {
  "use strict";

  const focusErrors = (root) => {
    const summary = root.querySelector("[data-form-errors]");
    const first = root.querySelector("[aria-invalid=true]:not([type=hidden])");
    (summary || first)?.focus();
  };

  const snapshot = (form) => new URLSearchParams(new FormData(form)).toString();
  const saved = new WeakMap();
  const isDirty = (form) => saved.has(form) && saved.get(form) !== snapshot(form);

  const showState = (form) => {
    const bar = form.querySelector("[data-save-bar]");
    if (bar) bar.hidden = !isDirty(form);
  };

  const guard = (root) => {
    for (const form of root.querySelectorAll("form[data-guard]")) {
      if (saved.has(form)) continue;
      // A form that came back with errors still holds what was never saved.
      saved.set(form, form.querySelector("[aria-invalid=true]") ? "" : snapshot(form));
      showState(form);
    }
  };

  const guardedFormOf = (event) => event.target.closest?.("form[data-guard]");

  document.addEventListener("input", (event) => {
    const form = guardedFormOf(event);
    if (form) showState(form);
  });

  document.addEventListener("reset", (event) => {
    const form = guardedFormOf(event);
    if (form) window.setTimeout(() => showState(form));
  });

  document.addEventListener("submit", (event) => {
    const form = guardedFormOf(event);
    if (form) saved.delete(form);
  });

  window.addEventListener("beforeunload", (event) => {
    if ([...document.querySelectorAll("form[data-guard]")].some(isDirty)) event.preventDefault();
  });

  document.addEventListener("DOMContentLoaded", () => {
    guard(document);
    document.querySelectorAll("form[method=post]").forEach(focusErrors);
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    guard(document);
    if (event.detail.xhr?.status === 422) focusErrors(event.detail.elt);
  });
})();
