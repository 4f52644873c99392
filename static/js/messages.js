// The preview follows what is being typed, in the language it is typed in. Without this script it shows what is saved.
"use strict";

(() => {
  const frame = document.querySelector("iframe[data-preview]");
  if (!frame) return;
  // A newsletter's preview shows what is saved: only a kind's takes words along.
  const takes = frame.dataset.preview.includes("/of/");
  let waiting = 0;

  const show = (drawer) => {
    const url = new URL(frame.dataset.preview, location.href);
    url.searchParams.set("language", drawer.dataset.words);
    for (const name of ["subject", "body"]) {
      const typed = drawer.querySelector(`[name$="_${name}"]`);
      if (typed && typed.value.trim()) url.searchParams.set(name, typed.value.slice(0, 1500));
    }
    frame.src = url.href;
  };

  document.addEventListener("input", (event) => {
    const drawer = takes && event.target.closest("[data-words]");
    if (!drawer) return;
    clearTimeout(waiting);
    waiting = setTimeout(show, 300, drawer);
  });
})();
