/*
 * Copy buttons: [data-copy] holds the text, [data-copy-from] the id of the element that does. They are hidden in the
 * page, because without this file they could do nothing; here they appear, also in what htmx adds later.
 */
(() => {
  "use strict";

  const SAYS_DONE_FOR = 2000;

  const show = () => {
    for (const button of document.querySelectorAll(":is([data-copy], [data-copy-from])[hidden]")) button.hidden = false;
  };

  // The clipboard API is refused on plain http except on localhost; a selected field still can be copied there.
  const copyThroughField = (text) => {
    const field = document.createElement("textarea");
    field.value = text;
    field.setAttribute("readonly", "");
    field.className = "visually-hidden";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  };

  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        // Refused by the browser or its owner: try the other way.
      }
    }
    return copyThroughField(text);
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    const source = button.dataset.copyFrom;
    const text = source ? document.getElementById(source).textContent : button.dataset.copy;
    if (!(await copy(text))) return;
    button.focus();
    button.setAttribute("data-copied", "");
    const live = document.getElementById("said");
    if (live) live.textContent = button.dataset.done;
    window.setTimeout(() => {
      button.removeAttribute("data-copied");
      if (live) live.textContent = "";
    }, SAYS_DONE_FOR);
  });

  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("htmx:afterSettle", show);
})();
