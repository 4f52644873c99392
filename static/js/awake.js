/*
 * While a large code is on the screen, the screen stays on: nobody should have to unlock a phone at the till. Where the
 * browser cannot do that, or the phone saves its battery, nothing happens.
 */
(() => {
  "use strict";

  if (!navigator.wakeLock) return;
  let lock = null;
  let asked = false;

  const shown = () =>
    document.visibilityState === "visible" &&
    [...document.querySelectorAll(".qr--large")].some((code) => code.checkVisibility());

  const look = async () => {
    if (!shown()) {
      lock?.release();
      lock = null;
      return;
    }
    // Leaving the page releases the lock by itself; coming back asks for a new one.
    if (asked || (lock && !lock.released)) return;
    asked = true;
    try {
      lock = await navigator.wakeLock.request("screen");
    } catch {
      lock = null;
    }
    asked = false;
    if (!shown()) look();
  };

  document.addEventListener("toggle", look, { capture: true });
  document.addEventListener("visibilitychange", look);
  document.addEventListener("DOMContentLoaded", look);
  document.addEventListener("htmx:afterSettle", look);
})();
