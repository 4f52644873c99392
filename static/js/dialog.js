/*
 * Dialogs open by themselves: <button command="show-modal" commandfor="id">. This file is for two cases that HTML
 * does not cover: browsers that do not know `command` yet, and dialogs that htmx has just put into the page.
 */
(() => {
  "use strict";

  const knowsCommand = "commandForElement" in HTMLButtonElement.prototype;
  const knowsClosedBy = "closedBy" in HTMLDialogElement.prototype;

  const run = (dialog, command) => {
    if (command === "show-modal" && !dialog.open) dialog.showModal();
    if ((command === "close" || command === "request-close") && dialog.open) dialog.close();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]");
    if (button && !knowsCommand) {
      const dialog = document.getElementById(button.getAttribute("commandfor"));
      if (dialog instanceof HTMLDialogElement) run(dialog, button.getAttribute("command"));
    }
    // A click on the dialog element itself, outside the box it draws, is a click on the backdrop.
    if (!knowsClosedBy && event.target instanceof HTMLDialogElement && event.target.matches("[closedby=any]")) {
      const box = event.target.getBoundingClientRect();
      const inside =
        event.clientX >= box.left &&
        event.clientX <= box.right &&
        event.clientY >= box.top &&
        event.clientY <= box.bottom;
      if (!inside) event.target.close();
    }
  });

  const openNew = (root) => {
    for (const dialog of root.querySelectorAll("dialog[data-open]")) {
      dialog.removeAttribute("data-open");
      if (!dialog.open) dialog.showModal();
    }
  };

  document.addEventListener("htmx:afterSettle", () => openNew(document));
  document.addEventListener("DOMContentLoaded", () => openNew(document));
})();
