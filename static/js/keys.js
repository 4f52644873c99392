/*
 * Keys of the dashboard: "/" or Ctrl-K goes to the search, "?" lists the keys. Single keys do nothing while somebody
 * is typing, and can be switched off for good in that list ([data-keys-switch]; kept in this browser).
 */
(() => {
  "use strict";

  const STORE = "single-keys";
  const areOff = () => window.localStorage.getItem(STORE) === "off";
  const isTyping = (element) =>
    element.isContentEditable || element.matches("input, textarea, select, [role=textbox]") || element.closest("dialog[open]");

  const goToSearch = () => {
    const search = document.querySelector("[data-search]");
    if (!search) return false;
    const drawer = search.closest("[popover]");
    if (drawer && search.offsetParent === null) drawer.showPopover();
    search.focus();
    search.select();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      if (goToSearch()) event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || areOff() || isTyping(event.target)) return;
    if (event.key === "/" && goToSearch()) event.preventDefault();
    if (event.key === "?") document.getElementById("keys")?.showModal();
  });

  document.addEventListener("DOMContentLoaded", () => {
    const control = document.querySelector("[data-keys-switch]");
    if (!control) return;
    control.checked = !areOff();
    control.addEventListener("change", () => {
      if (control.checked) window.localStorage.removeItem(STORE);
      else window.localStorage.setItem(STORE, "off");
    });
  });
})();
