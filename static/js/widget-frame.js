/*
 * Inside the widget's frame: parts of the panel are fetched with the shop's token, which lives in this page's memory and
 * nowhere else. No cookie is sent and none is kept, so a browser that blocks those of third parties changes nothing.
 *
 * Only the page around it, and only from a site that the shop has allowed, is listened to.
 */
(() => {
  "use strict";

  const body = document.body;
  const panel = document.getElementById("panel");
  const said = document.getElementById("said");
  const closer = document.getElementById("close");
  const home = body.dataset.home;
  const sites = body.dataset.sites.split(" ").filter(Boolean);
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
  const PATIENCE = 6000;

  let around = "";
  let token = "";
  let opened = false;
  let visible = false;
  let quoteFor = null;
  let basketText = "";
  let awaited = null;
  let turn = 0;
  let refused = false;

  const tell = (message) => {
    if (around) window.parent.postMessage({ loyalty: 1, ...message }, around);
  };

  // --- asking our server ------------------------------------------------------------------------------------------------
  const headers = (more = {}) => {
    const found = { "Loyalty-Panel": key, "Loyalty-Language": document.documentElement.lang, ...more };
    if (token) found.Authorization = `Bearer ${token}`;
    return found;
  };

  const freshToken = () => {
    if (!awaited) {
      awaited = new Promise((resolve) => {
        const late = window.setTimeout(() => resolve(""), PATIENCE);
        freshToken.arrived = (text) => {
          window.clearTimeout(late);
          resolve(text);
        };
        tell({ say: "token" });
      }).finally(() => {
        awaited = null;
        freshToken.arrived = null;
      });
    }
    return awaited;
  };

  // A token lives for minutes: when it is over the page is asked for another one, once; without it one is a guest.
  const ask = async (path, { method = "GET", data = null, json = null } = {}, again = true) => {
    const sent = token;
    const answer = await fetch(path, {
      method,
      headers: headers(json ? { "Content-Type": "application/json" } : {}),
      body: json ? JSON.stringify(json) : data,
      credentials: "omit",
      cache: "no-store",
    });
    if (answer.status !== 401 || !sent || !again) return answer;
    const problem = await answer.clone().json().catch(() => ({}));
    if (token === sent) {
      const fresh = await freshToken();
      if (token === sent) token = fresh === sent ? "" : fresh;
    }
    if (token || refused) return ask(path, { method, data, json }, false);
    refused = true; // what is asked for at the same time need not say it again
    tell({ say: "refused", reason: problem.params?.reason || problem.code || "unknown" });
    // What only asks is asked again as a guest; a form that was sent is not.
    return method === "GET" || json ? ask(path, { method, data, json }, false) : answer;
  };

  // Until it is known who is here nothing can be pressed (the page comes that way): what guests see is not meant for a
  // member, and a form sent in between would be sent in the wrong name.
  const wait = () => {
    panel.inert = true;
    panel.setAttribute("aria-busy", "true");
  };
  const settle = () => {
    panel.inert = false;
    panel.removeAttribute("aria-busy");
  };
  const focusTitle = () => {
    const title = panel.querySelector("h2") || panel;
    title.setAttribute("tabindex", "-1");
    title.focus({ preventScroll: true });
  };

  // --- showing a part ---------------------------------------------------------------------------------------------------
  const showBasket = () => {
    for (const place of panel.querySelectorAll("[data-basket]")) {
      place.querySelector("[data-basket-text]").textContent = basketText;
      place.hidden = !basketText;
    }
  };

  const arrived = (html, { focus = true } = {}) => {
    panel.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    showBasket();
    document.dispatchEvent(new Event("htmx:afterSettle")); // the buttons that copy show themselves at this
    const part = panel.querySelector("[data-view]");
    if (part?.dataset.label) tell({ say: "member", label: part.dataset.label });
    const fresh = panel.querySelector("[data-fresh] [data-code]");
    if (fresh) {
      fresh.querySelector("[data-copy]")?.click();
      tell({ say: "code", code: fresh.dataset.code, reward: fresh.dataset.reward });
    }
    const wrong = panel.querySelector("[role=alert], [aria-invalid=true]");
    window.scrollTo(0, 0);
    const lost = document.activeElement === body || document.activeElement === null;
    if (!visible || (!focus && !lost)) return;
    const title = wrong || panel.querySelector("h2") || panel;
    if (!title.hasAttribute("tabindex") && !title.matches("input, button, a")) title.setAttribute("tabindex", "-1");
    title.focus({ preventScroll: !wrong });
  };

  const failed = () => {
    settle();
    said.textContent = body.dataset.failed;
    const note = document.createElement("p");
    note.className = "banner banner--bad";
    note.setAttribute("role", "alert");
    note.textContent = body.dataset.failed;
    panel.querySelector(".banner[role=alert]")?.remove();
    panel.prepend(note);
  };

  const go = async (path, options, how) => {
    const mine = (turn += 1);
    panel.setAttribute("aria-busy", "true");
    try {
      const answer = await ask(path, options);
      const html = (answer.headers.get("Content-Type") || "").startsWith("text/html");
      if (mine !== turn) return;
      settle();
      if (html) arrived(await answer.text(), how);
      else if (answer.status === 401 && path !== `${home}home/`) go(`${home}home/`, {}, how);
      else failed();
    } catch {
      if (mine === turn) failed();
    }
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || link.target === "_blank" || !around) return;
    const address = new URL(link.href);
    if (address.origin !== window.location.origin || !address.pathname.startsWith(home)) return;
    event.preventDefault();
    go(address.pathname + address.search);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    if (!around || button?.getAttribute("aria-busy") === "true") return;
    button?.setAttribute("aria-busy", "true");
    go(new URL(form.action).pathname, { method: "POST", data: new URLSearchParams(new FormData(form)) }).finally(() =>
      button?.removeAttribute("aria-busy"),
    );
  });

  // --- points for the page around ------------------------------------------------------------------------------------
  const quote = async (asked) => {
    quoteFor = asked;
    if (!asked || (!asked.basket && !asked.products.length)) return;
    try {
      const answer = await ask(`${home}quote/`, { method: "POST", json: asked });
      if (quoteFor === asked && answer.ok) tell({ say: "quoted", found: await answer.json() });
      else if (!answer.ok) tell({ say: "refused", reason: (await answer.json()).code });
    } catch {
      // Without a network the page shows no points; it asks again with the next change of the basket.
    }
  };

  // --- keys: Escape closes, Tab stays inside while the panel is open ---------------------------------------------------
  const reachable = () =>
    [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, [tabindex='0']")].filter(
      (one) => !one.disabled && one.offsetParent !== null,
    );

  document.addEventListener("keydown", (event) => {
    if (!around) return;
    if (event.key === "Escape") tell({ say: "close" });
    if (event.key !== "Tab") return;
    const all = reachable();
    const edge = event.shiftKey ? all[0] : all.at(-1);
    if (document.activeElement !== edge && all.includes(document.activeElement)) return;
    if (document.activeElement !== edge && !event.shiftKey) return; // a title has focus: on to what follows it
    event.preventDefault();
    (event.shiftKey ? all.at(-1) : all[0])?.focus();
  });
  closer.addEventListener("click", () => tell({ say: "close" }));

  // --- what the page around says -----------------------------------------------------------------------------------------
  const does = {
    hello(message) {
      closer.hidden = false;
      token = message.token || "";
      if (token) {
        wait();
        go(`${home}home/`, {}, { focus: false });
        return;
      }
      settle(); // what guests see stands here already
      if (visible && document.activeElement === body) focusTitle();
    },
    token(message) {
      const text = typeof message.token === "string" ? message.token : "";
      if (freshToken.arrived) {
        freshToken.arrived(text);
        return;
      }
      token = text;
      refused = false;
      wait();
      go(`${home}home/`, {}, { focus: false });
      if (quoteFor) quote({ ...quoteFor });
    },
    quote(message) {
      quote({ basket: message.basket || null, products: message.products || [] });
    },
    basket(message) {
      basketText = message.text || "";
      showBasket();
    },
    opened() {
      const again = opened;
      opened = visible = true;
      focusTitle();
      const view = panel.querySelector("[data-view]")?.dataset.view;
      if (again && view === "member") go(`${home}home/`); // what was bought meanwhile shows
    },
    closed() {
      visible = false;
    },
  };

  if (window.parent === window) settle(); // no page around it, so nobody who could say who is here

  window.addEventListener("message", (event) => {
    const message = event.data;
    if (event.source !== window.parent || !sites.includes(event.origin)) return;
    if (!message || message.loyalty !== 1 || (around && event.origin !== around)) return;
    if (message.do === "hello") around = event.origin;
    if (around && Object.hasOwn(does, message.do)) does[message.do](message);
  });
})();
