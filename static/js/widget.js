/*
 * The widget on a shop's own page: a button in a corner, and behind it a frame of ours.
 *
 *   <script src="https://…/widget.js?shop=luna" data-token="…" defer></script>
 *
 * It needs `script-src` and `frame-src` for our host and nothing else: no inline style, no cookie, no request of its
 * own to anybody. It stands beside the page, so it moves nothing in it. What the frame says is believed only if it comes
 * from the frame and from our origin; what is said to it goes to our origin alone.
 *
 * Attributes: data-token or data-token-url (who is shopping), data-lang, data-theme (light, dark), data-side (left).
 * On the page: data-loyalty-sku and data-loyalty-amount on an element that is to say what a product earns,
 * data-loyalty-basket (JSON) on one with the basket, data-loyalty-basket-points on one that is to say what that earns.
 */
(() => {
  "use strict";

  const SETUP = "__SETUP__";
  const script = document.currentScript;
  if (!script || window.loyalty) return;
  const ours = new URL(script.src).origin;
  const given = script.dataset;

  if (!SETUP.sites.includes(window.location.origin)) {
    console.warn(`Loyalty: ${window.location.origin} is not among the sites that may show this widget.`);
    return;
  }

  const speaks = (text) => {
    const short = (text || "").toLowerCase().split(/[-_]/)[0];
    const known = short === "no" || short === "nn" ? "nb" : short;
    return SETUP.words[known] ? known : "";
  };
  const language = speaks(given.lang) || speaks(document.documentElement.lang) || speaks(SETUP.language) || "en";
  const words = SETUP.words[language];
  const theme = given.theme === "light" || given.theme === "dark" ? given.theme : "";

  // --- what it looks like: in a tree of its own, so that neither page nor widget dresses the other -------------------
  const sheet = new CSSStyleSheet();
  const colours = SETUP.colours;
  const side = given.side === "left" ? "left" : "right";
  sheet.replaceSync(`
    :host { all: initial; color-scheme: ${theme || "light dark"}; }
    @media print { :host { display: none !important; } }
    [hidden] { display: none !important; }
    * { box-sizing: border-box; }
    .launcher, .bubble, .panel { position: fixed; ${side}: max(16px, env(safe-area-inset-${side})); z-index: 2147483000; }
    .launcher { bottom: max(16px, env(safe-area-inset-bottom)); display: inline-flex; align-items: center; gap: 9px;
      min-height: 52px; min-width: 52px; margin: 0; padding: 0 20px 0 16px; border: 1px solid
      light-dark(${colours.edgeLight}, ${colours.edgeDark}); border-radius: 999px; background: ${colours.brand};
      color: ${colours.on}; font: 600 16px/1.2 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
      letter-spacing: -0.005em; cursor: pointer; box-shadow: 0 2px 6px rgb(0 0 0 / 16%), 0 10px 30px rgb(0 0 0 / 18%);
      -webkit-font-smoothing: antialiased; touch-action: manipulation; }
    .launcher:hover { background: ${colours.hover}; }
    .launcher:focus-visible { outline: 3px solid light-dark(#1a1b1e, #ffffff); outline-offset: 3px; }
    .launcher svg { display: block; width: 22px; height: 22px; flex: none; }
    .bubble { bottom: calc(max(16px, env(safe-area-inset-bottom)) + 62px); max-width: min(260px, calc(100vw - 32px));
      padding: 8px 13px; border: 1px solid light-dark(#e5e5e0, #2d3138); border-radius: 14px;
      background: light-dark(#ffffff, #1a1c20); color: light-dark(#1a1b1e, #eceef1); font: 600 14px/1.35 ui-sans-serif,
      system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; box-shadow: 0 6px 20px rgb(0 0 0 / 14%);
      pointer-events: none; }
    .panel { bottom: calc(max(16px, env(safe-area-inset-bottom)) + 64px); width: min(392px, calc(100vw - 32px));
      height: min(660px, calc(100dvh - 104px)); overflow: hidden; border: 1px solid light-dark(#e5e5e0, #2d3138);
      border-radius: 18px; background: light-dark(#f6f6f4, #101114); box-shadow: 0 4px 12px rgb(0 0 0 / 12%),
      0 24px 64px rgb(0 0 0 / 26%); }
    .panel iframe { display: block; width: 100%; height: 100%; border: 0; color-scheme: light dark; }
    @media (max-width: 480px), (max-height: 560px) {
      .panel { inset: 0; width: 100%; height: 100%; border: 0; border-radius: 0; }
    }
    @media (prefers-reduced-motion: no-preference) {
      .panel:not([hidden]) { animation: rise 160ms cubic-bezier(0.2, 0, 0.1, 1); }
      .bubble { animation: rise 160ms cubic-bezier(0.2, 0, 0.1, 1); }
      @keyframes rise { from { opacity: 0; transform: translateY(10px); } }
    }
  `);

  const make = (name, attributes = {}) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const drawn = (path) => {
    const look = 'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round"';
    const text = `<svg ${look} stroke-linejoin="round" aria-hidden="true" focusable="false"><path d="${path}"/></svg>`;
    return new DOMParser().parseFromString(text, "text/html").body.firstChild;
  };

  const host = make("loyalty-widget", { lang: language });
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  const launcher = make("button", { type: "button", class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false" });
  const label = make("span");
  label.textContent = words.rewards;
  launcher.append(
    drawn("M3 8.5h18v4H3zM5 12.5V20h14v-7.5M12 8.5V20M12 8.5C8.500 8.500 6.500 7 7 5.200 7.600 3 11 3.500 12 8.500Zm0 0c3.500 0 5.500-1.500 5-3.300C16.400 3 13 3.500 12 8.500Z"),
    label,
  );
  const name = SETUP.names[language];
  const panel = make("div", { class: "panel", role: "dialog", "aria-modal": "true", "aria-label": name });
  panel.hidden = true;
  root.append(launcher, panel);

  // --- the frame: made when there is something to ask it, or somebody comes near ------------------------------------
  const PATIENCE = 6000;
  let frame = null;
  let ready = false;
  let token = given.token || "";
  let wantsToken = null;
  let basket = null;
  let basketText = "";
  const waiting = [];

  const tell = (message) => {
    if (ready) frame.contentWindow.postMessage({ loyalty: 1, ...message }, ours);
    else waiting.push(message);
  };

  const prepare = () => {
    if (frame) return;
    const address = new URL(SETUP.home, ours);
    address.searchParams.set("lang", language);
    if (theme) address.searchParams.set("theme", theme);
    frame = make("iframe", { title: name, allow: "clipboard-write", referrerpolicy: "no-referrer" });
    frame.addEventListener("load", async () => {
      if (!token) {
        // A shop that is slow to say who is here does not keep a guest waiting; what it says later still counts.
        const asked = freshToken();
        const late = new Promise((done) => window.setTimeout(done, PATIENCE, null));
        const found = await Promise.race([asked, late]);
        token ||= found || "";
        if (found === null) asked.then((text) => text && tell({ do: "token", token: text }));
      }
      ready = true;
      frame.contentWindow.postMessage({ loyalty: 1, do: "hello", token, language }, ours);
      for (const message of waiting.splice(0)) tell(message);
    });
    frame.src = address.href;
    panel.append(frame);
  };

  const freshToken = async () => {
    try {
      if (wantsToken) return await wantsToken();
      if (!given.tokenUrl) return "";
      const answer = await fetch(given.tokenUrl, { credentials: "same-origin", cache: "no-store" });
      if (!answer.ok) return "";
      const text = (await answer.text()).trim();
      return text.startsWith("{") ? JSON.parse(text).token || "" : text;
    } catch {
      return "";
    }
  };

  // --- opening and closing ---------------------------------------------------------------------------------------------
  const quiet = () => root.querySelector(".bubble")?.remove();

  const open = () => {
    prepare();
    if (!panel.hidden) return;
    quiet();
    panel.hidden = false;
    launcher.setAttribute("aria-expanded", "true");
    frame.focus();
    tell({ do: "opened" });
  };

  const close = () => {
    if (panel.hidden) return;
    panel.hidden = true;
    launcher.setAttribute("aria-expanded", "false");
    launcher.focus();
    tell({ do: "closed" });
  };

  launcher.addEventListener("click", () => (panel.hidden ? open() : close()));
  launcher.addEventListener("pointerenter", prepare);
  launcher.addEventListener("focus", prepare);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close();
  });

  // A new bubble each time: one that grew would count as something that moved.
  const say = (text) => {
    quiet();
    if (!text || !panel.hidden) return;
    const bubble = make("span", { class: "bubble", role: "status" });
    bubble.textContent = text;
    root.append(bubble);
    window.setTimeout(() => bubble.remove(), 8000);
  };

  // --- points on the page: for the basket and for each product ------------------------------------------------------
  const slots = () => [...document.querySelectorAll("[data-loyalty-sku][data-loyalty-amount]")].slice(0, 30);
  let asked = [];

  const item = (element) => {
    const said = element.dataset;
    const found = { sku: said.loyaltySku, amount: said.loyaltyAmount };
    if (said.loyaltyCategory) found.category = said.loyaltyCategory;
    if (said.loyaltyBrand) found.brand = said.loyaltyBrand;
    if (said.loyaltyTags) found.tags = said.loyaltyTags.split(",").map((tag) => tag.trim());
    return found;
  };

  const ask = () => {
    asked = slots();
    if (!basket && !asked.length) return;
    prepare();
    tell({ do: "quote", basket, products: asked.map(item) });
  };

  const setBasket = (content) => {
    basket = content && content.lines && content.lines.length ? JSON.parse(JSON.stringify(content)) : null;
    if (!basket) show({ basket: null, products: [] });
    ask();
  };

  const show = (found) => {
    (found.products || []).forEach((one, number) => {
      if (asked[number]) asked[number].textContent = one.text;
    });
    const text = found.basket ? found.basket.text : "";
    for (const element of document.querySelectorAll("[data-loyalty-basket-points]")) element.textContent = text;
    if (text !== basketText) say(text);
    basketText = text;
    tell({ do: "basket", text });
    window.dispatchEvent(new CustomEvent("loyalty:points", { detail: found }));
  };

  // --- what the frame says ----------------------------------------------------------------------------------------------
  window.addEventListener("message", async (event) => {
    if (!frame || event.origin !== ours || event.source !== frame.contentWindow) return;
    const said = event.data;
    if (!said || said.loyalty !== 1) return;
    if (said.say === "close") close();
    if (said.say === "member") launcher.setAttribute("aria-label", `${words.rewards}: ${said.label}`);
    if (said.say === "quoted") show(said.found);
    if (said.say === "code") {
      window.dispatchEvent(new CustomEvent("loyalty:code", { detail: { code: said.code, reward: said.reward } }));
    }
    if (said.say === "token") tell({ do: "token", token: await freshToken() });
    if (said.say === "refused") console.warn(`Loyalty: the token was refused (${said.reason}).`);
  });

  window.loyalty = Object.freeze({
    open,
    close,
    basket: setBasket,
    look: ask,
    identify(who) {
      wantsToken = typeof who === "function" ? who : null;
      token = typeof who === "string" ? who : "";
      if (frame) tell({ do: "token", token });
      if (wantsToken) freshToken().then((text) => { token = text; if (frame) tell({ do: "token", token }); });
    },
  });

  const begin = () => {
    document.body.append(host);
    const element = document.querySelector("[data-loyalty-basket]");
    try {
      if (element) setBasket(JSON.parse(element.dataset.loyaltyBasket));
      else ask();
    } catch {
      console.warn("Loyalty: data-loyalty-basket is not JSON.");
      ask();
    }
    if (token || given.tokenUrl) prepare();
    window.dispatchEvent(new CustomEvent("loyalty:ready"));
  };

  if (!SETUP.open) return;
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin, { once: true });
})();
