/*
 * Sales without a connection. Each is kept on this device under a key made here and sent when the connection is back;
 * the server does one key once, so sending again is safe. What it refuses stays in the list with the reason.
 */
(() => {
  "use strict";

  const STORE = "till-waiting";
  const SHIFT = "till-shift";
  const AGAIN_AFTER = 10000;

  const read = () => {
    try {
      return JSON.parse(window.localStorage.getItem(STORE)) || [];
    } catch {
      return [];
    }
  };
  const write = (sales) => {
    window.localStorage.setItem(STORE, JSON.stringify(sales));
    show();
  };
  const change = (key, fields) => write(read().map((sale) => (sale.key === key ? { ...sale, ...fields } : sale)));
  const drop = (key) => write(read().filter((sale) => sale.key !== key));
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const place = () => document.querySelector("[data-waiting]");
  const words = () => place()?.dataset || {};
  const isThere = () => window.tillLine.isThere();

  /* --- the list ------------------------------------------------------------------------------------------- */

  const made = (name, className, text) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  };

  const row = (sale) => {
    const line = made("li", "last__row");
    const text = made("p", "last__text");
    const time = new Date(sale.soldAt * 1000).toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit", timeZone: words().zone });
    text.append(made("strong", "", `${sale.fields.amount} · ${sale.name || sale.fields.card || ""}`));
    text.append(made("small", sale.reason ? "waiting__reason" : "soft", `${time} · ${sale.reason || words().wordWaiting}`));
    line.append(text);
    if (sale.reason) {
      for (const [label, act] of [
        [words().wordAgain, () => (change(sale.key, { reason: "" }), send())],
        [words().wordRemove, () => drop(sale.key)],
      ]) {
        const button = made("button", "button button--quiet", label);
        button.type = "button";
        button.addEventListener("click", act);
        line.append(button);
      }
    }
    return line;
  };

  const root = document.documentElement;

  const show = () => {
    const section = place();
    if (!section) return;
    const sales = read();
    section.hidden = sales.length === 0;
    section.querySelector("[data-waiting-count]").textContent = sales.length ? String(sales.length) : "";
    section.querySelector("[data-waiting-list]").replaceChildren(...sales.map(row));
  };

  const say = (text) => {
    const live = document.getElementById("said");
    if (live) live.textContent = text;
  };

  const toast = (text, kind) => {
    const box = made("div", `toast toast--said toast--${kind}`);
    box.setAttribute("data-toast", "");
    box.append(made("p", "toast__text", text));
    document.getElementById("toasts")?.append(box);
  };

  /* --- keeping -------------------------------------------------------------------------------------------- */

  const keep = (key, fields, name) => {
    const shift = window.localStorage.getItem(SHIFT);
    if (!shift) {
      toast(words().wordNobody, "bad");
      return false;
    }
    if (!read().some((sale) => sale.key === key)) {
      write([...read(), { key, fields, name, shift, soldAt: Math.floor(Date.now() / 1000), reason: "" }]);
    }
    toast(words().wordKept, "info");
    return true;
  };

  const fieldsOf = (form) => {
    const fields = {};
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string" && value && name !== "csrfmiddlewaretoken" && name !== "form_key") fields[name] = value;
    }
    return fields;
  };

  const offlinePanel = (card = "") => {
    const middle = document.getElementById("middle");
    const template = document.getElementById("offline-sale");
    if (!middle || !template) return;
    middle.replaceChildren(template.content.cloneNode(true));
    ready();
    middle.querySelector("[name=card]").value = card;
    (card ? middle.querySelector("[name=amount]") : document.getElementById("find") || middle.querySelector("[name=card]")).focus();
  };

  const ready = () => {
    for (const button of document.querySelectorAll("[data-step][hidden]")) button.hidden = false;
  };

  const keepSale = (form) => {
    const key = form.elements.form_key.value;
    const fields = { ...fieldsOf(form), member: form.dataset.member };
    if (keep(key, fields, form.dataset.name)) offlinePanel();
  };

  const keepOffline = (form) => {
    const fields = fieldsOf(form);
    const problem = form.querySelector("[data-offline-problem]");
    const complete = (fields.card || "").trim() && /\d/.test(fields.amount || "");
    problem.hidden = Boolean(complete);
    problem.textContent = complete ? "" : words().wordIncomplete;
    if (!complete) {
      form.elements[(fields.card || "").trim() ? "amount" : "card"].focus();
      return;
    }
    if (!keep(newKey(), fields, "")) return;
    if (document.getElementById("offline-sale")) offlinePanel();
    else form.reset();
  };

  // Before the page or htmx sends anything.
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (form.matches("[data-offline-sale]")) {
        event.preventDefault();
        event.stopImmediatePropagation();
        keepOffline(form);
        return;
      }
      if (isThere()) return;
      if (!form.matches("[data-find], [data-sale], [data-needs-line]")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (form.matches("[data-find]")) {
        offlinePanel(form.elements.q.value.trim());
        form.elements.q.value = "";
      } else if (form.matches("[data-sale]")) keepSale(form);
      else toast(words().wordOffline, "bad");
    },
    { capture: true },
  );

  // It looked like there was a connection. Whether it arrived is not known; the key makes sending it again safe.
  document.addEventListener("htmx:sendError", (event) => {
    const form = event.detail.elt;
    if (!(form instanceof HTMLFormElement)) return;
    if (form.matches("[data-find]")) {
      offlinePanel(form.elements.q.value.trim());
      form.elements.q.value = "";
    } else if (form.matches("[data-sale]")) keepSale(form);
    else if (form.matches("[data-needs-line]")) toast(words().wordOffline, "bad");
  });

  document.addEventListener("till:line", (event) => {
    if (event.detail.isThere) {
      send();
      if (document.querySelector("[data-till] [data-panel=offline]")) window.htmx?.ajax("GET", "/pos/", "#middle");
    } else if (document.querySelector(".panel--ready")) offlinePanel();
  });

  /* --- sending -------------------------------------------------------------------------------------------- */

  let sending = false;

  const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";

  const sendOne = async (sale) => {
    const body = new URLSearchParams({ ...sale.fields, form_key: sale.key, shift: sale.shift, sold_at: String(sale.soldAt) });
    const answer = await fetch(place().dataset.queuedUrl, {
      method: "POST",
      headers: { "X-CSRFToken": token() },
      body,
      credentials: "same-origin",
    });
    if (!(answer.headers.get("Content-Type") || "").startsWith("application/json")) return "later";
    const { state, text } = await answer.json();
    if (state === "done") {
      drop(sale.key);
      toast(`${words().wordSent} ${text}`, "good");
      say(`${words().wordSent} ${text}`);
    } else if (state === "refused" || state === "stopped") change(sale.key, { reason: text });
    return state;
  };

  const send = async () => {
    if (sending || !place() || !navigator.onLine) return;
    sending = true;
    let sent = false;
    try {
      for (const sale of read().filter((one) => !one.reason)) {
        const state = await sendOne(sale);
        if (state === "later" || state === "stopped") break;
        sent ||= state === "done";
      }
      if (sent || !isThere()) window.tillLine.set(true);
    } catch {
      window.tillLine.set(false);
    }
    sending = false;
    if (sent && document.querySelector(".panel--ready")) window.htmx?.ajax("GET", "/pos/", "#middle");
  };

  window.addEventListener("online", send);
  window.setInterval(() => read().some((sale) => !sale.reason) && send(), AGAIN_AFTER);

  document.addEventListener("DOMContentLoaded", () => {
    const shift = document.querySelector("[data-till]")?.dataset.shift;
    if (shift) window.localStorage.setItem(SHIFT, shift);
    if (document.querySelector("[data-locked]")) window.localStorage.removeItem(SHIFT);
    if (document.querySelector("[data-shell]")) window.tillLine.set(false);
    show();
    if (!document.querySelector("[data-shell]") && !isThere()) offlinePanel();
    send();
  });
})();
