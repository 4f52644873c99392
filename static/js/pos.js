/*
 * The till: what is scanned lands in the field for it, the focus is where the next thing is typed, the screen locks
 * itself, and the page says whether there is a connection. Everything here works without it, with more taps.
 */
(() => {
  "use strict";

  const root = document.documentElement;
  const till = () => document.querySelector("[data-till]");
  const isTyping = (element) => element instanceof Element && element.matches("input, textarea, select, [contenteditable]");

  /* --- the connection ------------------------------------------------------------------------------------- */

  const setLine = (isThere) => {
    const was = root.hasAttribute("data-offline");
    root.toggleAttribute("data-offline", !isThere);
    if (was === isThere) document.dispatchEvent(new CustomEvent("till:line", { detail: { isThere } }));
  };
  window.addEventListener("offline", () => setLine(false));
  window.addEventListener("online", () => setLine(true));
  document.addEventListener("htmx:sendError", () => setLine(false));
  document.addEventListener("htmx:afterRequest", (event) => event.detail.successful && setLine(true));
  if (!navigator.onLine) setLine(false);
  window.tillLine = { isThere: () => !root.hasAttribute("data-offline"), set: setLine };

  /* --- the focus ------------------------------------------------------------------------------------------ */

  const focusNext = () => {
    const next = document.querySelector("#middle [data-focus]") || document.getElementById("find");
    next?.focus({ preventScroll: !!next.closest(".till__find") && window.innerWidth > 900 });
  };

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "middle") return;
    // A queue of customers must not pile up messages over the sum: only the last one offers the way back.
    for (const toast of [...document.querySelectorAll("#toasts [data-undo]")].slice(0, -1)) toast.remove();
    // Whoever has begun to type for the next customer is left alone.
    const find = document.getElementById("find");
    const done = document.querySelector("[data-panel=done], .panel--ready");
    if (document.activeElement === find && find.value && done) return;
    if (find && event.detail.requestConfig?.elt?.matches("[data-find]")) find.value = "";
    if (!document.querySelector("#middle [data-form-errors]")) focusNext();
    revealTools();
    // Quick fingers: a sum that was there before anybody listened for it is asked about, too.
    const sale = document.querySelector("#middle [data-sale]");
    if (sale?.elements.amount?.value) sale.dispatchEvent(new CustomEvent("sum", { bubbles: true }));
  });

  // A scanner types like a keyboard, wherever the focus happens to be.
  document.addEventListener("keydown", (event) => {
    const find = document.getElementById("find");
    if (!find || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
    if (isTyping(document.activeElement) || document.activeElement?.closest("button, a, summary, dialog[open]")) {
      if (isTyping(document.activeElement) || event.key === " ") return;
    }
    find.focus();
  });

  // The next card was scanned while somebody's sum was still empty: no sum has letters.
  document.addEventListener(
    "submit",
    (event) => {
      const amount = event.target.matches("[data-sale]") && event.target.elements.amount;
      const find = document.querySelector("[data-find]");
      if (!amount || !find || amount.value.length < 6 || !/^(?=.*[a-z])[a-z0-9-]+$/i.test(amount.value)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      find.elements.q.value = amount.value;
      amount.value = "";
      find.requestSubmit();
    },
    { capture: true },
  );

  /* --- plus and minus, the keypad of the PIN, printing -------------------------------------------------------- */

  const showPrices = () => {
    for (const item of document.querySelectorAll("[data-item]")) {
      item.classList.toggle("item--some", Number(item.querySelector(".stepper__count").value) > 0);
    }
  };
  root.setAttribute("data-items-ready", "");
  document.addEventListener("input", showPrices);

  const revealTools = () => {
    showPrices();
    for (const button of document.querySelectorAll("[data-step][hidden], [data-print][hidden]")) button.hidden = false;
    for (const keypad of document.querySelectorAll("[data-keypad][hidden]")) {
      keypad.hidden = false;
      document.querySelector("[data-plain-submit]")?.setAttribute("hidden", "");
    }
  };

  document.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (step) {
      const count = step.parentElement.querySelector("input");
      const now = Math.min(99, Math.max(0, (parseInt(count.value, 10) || 0) + Number(step.dataset.step)));
      count.value = String(now);
      count.dispatchEvent(new Event("input", { bubbles: true }));
    }
    const key = event.target.closest("[data-digit]");
    if (key) {
      const pin = document.getElementById("pin");
      pin.value = key.dataset.digit ? (pin.value + key.dataset.digit).slice(0, 6) : pin.value.slice(0, -1);
    }
    if (event.target.closest("[data-print]")) window.print();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pin] input[type=radio]")) document.getElementById("pin")?.focus();
    // A radio tells no "input" everywhere; the preview listens to this.
    if (event.target.matches("[data-sale] input[type=radio]")) {
      event.target.form.dispatchEvent(new CustomEvent("sum", { bubbles: true }));
    }
  });

  /* --- locking ---------------------------------------------------------------------------------------------- */

  let lastTouch = Date.now();
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => (lastTouch = Date.now()), { capture: true });

  window.setInterval(() => {
    const place = till();
    // Without a connection nobody could unlock it again, and nothing of a member is on the screen then.
    if (!place || !window.tillLine.isThere()) return;
    if (Date.now() - lastTouch >= Number(place.dataset.idle) * 60000) document.querySelector("[data-leave]")?.submit();
  }, 5000);

  document.addEventListener("DOMContentLoaded", () => {
    revealTools();
    const place = till();
    if (place && !isTyping(document.activeElement)) focusNext();
    if (document.querySelector("[data-pin] input[type=radio]:checked")) document.getElementById("pin")?.focus();
    if (place && "serviceWorker" in navigator) navigator.serviceWorker.register(place.dataset.worker).catch(() => {});
  });
})();
