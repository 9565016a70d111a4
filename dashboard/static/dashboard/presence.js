// One sign for live, stale, logged out and offline; logging in again in place, with what was typed kept and the action
// repeated. Without this script the server says the same on a page of its own.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const { ask: address, login, user } = document.currentScript.dataset;
  const live = $("#live"), pulse = document.body.dataset.pulse;
  const FRESH = 5000;  // so old an answer of the server is still believed
  const WORDS = {
    off: ["Live", "Live is off"], live: ["Live", "Live: asks for news every 2 seconds. Press to stop"],
    stale: ["Stale", "Stale: the server gives no news"], out: ["Logged out", "Logged out: log in again"],
    offline: ["Offline", "Offline: the server cannot be reached"],
  };

  // the sign stands in the bar while there is something to say
  const sign = document.createElement("button"), dot = document.createElement("span"), word = document.createElement("span");
  sign.type = "button"; sign.id = "presence"; sign.className = "button"; sign.hidden = true; dot.className = "dot"; dot.setAttribute("aria-hidden", "true");
  sign.append(dot, word); ($(".bar .tools") || $(".bar") || $("main")).prepend(sign);
  const said = document.createElement("p");
  said.className = "visually-hidden"; said.setAttribute("role", "status"); document.body.append(said);
  let standing = "off", heard = Date.now(), isOut = false, isAway = false, failed = 0;
  const clock = () => new Date(heard).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const isLive = () => live?.getAttribute("aria-pressed") === "true";
  const show = () => {
    const now = isOut ? "out" : isAway || !navigator.onLine ? "offline" : isLive() ? (failed > 1 ? "stale" : "live") : "off";
    const [words, sentence] = WORDS[now];
    sign.dataset.state = now;
    sign.title = now === "stale" || now === "offline" ? `${sentence}, last heard at ${clock()}` : sentence;
    word.textContent = words; sign.hidden = now === "off";
    if (now !== standing && (now !== "live" || standing !== "off") && (now !== "off" || standing !== "live")) said.textContent = now === "off" || now === "live" ? "Back: the page is up to date with the server again." : sign.title;
    standing = now;
  };
  const toast = (text, isBad = false) => {
    const line = document.createElement("p");
    line.className = isBad ? "toast error" : "toast"; line.textContent = text;
    $(".toasts")?.append(line); setTimeout(() => line.remove(), 8000);
  };

  // who is logged in, by the server; forms get the token that holds now
  const take = ({ user: name, token }) => {
    heard = Date.now(); isAway = false; isOut = name !== user;
    if (token) $$("input[name=csrfmiddlewaretoken]").forEach((input) => { input.value = token; });
    show();
    return name === user;
  };
  const ask = async () => {
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.ok) return take(await answer.json()) ? "in" : "out";
      failed += 1; show(); return "stale";
    } catch { isAway = true; show(); return "offline"; }
  };

  // live: ask for what is new every 2 s, slower while hidden or failing; never move rows under the pointer
  let timer = 0, wait = 2000, cursor = "";
  const beat = async () => {
    clearTimeout(timer);
    try {
      const url = new URL(pulse, location.href);
      url.searchParams.set("since", cursor);
      new URLSearchParams(location.search).forEach((value, name) => name !== "page" && url.searchParams.set(name, value));
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      wait = document.hidden ? 15000 : 2000; isAway = false;
      if (answer.status === 401) { isOut = true; show(); return; }
      if (answer.ok) { failed = 0; heard = Date.now(); } else { failed += 1; wait = Math.min(60000, wait * 2 ** failed); }
      if (answer.status === 200) {
        const { cursor: at, count } = await answer.json();
        if (cursor && count) showNew(count);
        if (!cursor) cursor = at;
      }
    } catch { isAway = true; failed += 1; wait = Math.min(60000, 1000 * 2 ** failed); }
    show();
    if (isLive()) timer = setTimeout(beat, wait);
  };
  const showNew = (count) => {
    let pill = $("#new-pill");
    if (!pill) { pill = document.createElement("button"); pill.id = "new-pill"; pill.className = "button primary pill"; pill.addEventListener("click", () => location.reload()); $(".toasts").after(pill); }
    pill.textContent = `${count} new: show`;
  };
  const setLive = (on) => { live.setAttribute("aria-pressed", String(on)); clearTimeout(timer); failed = 0; try { sessionStorage.setItem("live", on ? "1" : ""); } catch { /* private mode */ } show(); if (on) beat(); };
  sign.addEventListener("click", () => { if (isOut) enter(); else if (standing === "live") setLive(false); else look(); });
  if (live && pulse) live.addEventListener("click", () => setLive(!isLive()));
  try { if (live && pulse && sessionStorage.getItem("live")) setLive(true); } catch { /* private mode */ }
  const look = () => { if (isLive() && !isOut) beat(); else ask(); };
  addEventListener("online", look); addEventListener("offline", show);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() - heard > 10000) look(); });
  setInterval(() => { if (!document.hidden && !isLive() && !$("#again[open]")) ask(); }, 60000);

  // logging in again, in place: the forms of the login pages themselves, in a dialog
  let dialog = null, waiting = [];
  const make = () => {
    dialog = document.createElement("dialog"); dialog.id = "again"; dialog.setAttribute("aria-labelledby", "again-title");
    const title = document.createElement("h2"), words = document.createElement("p"), slot = document.createElement("div"), row = document.createElement("p"), close = document.createElement("button");
    title.id = "again-title"; title.textContent = "Log in again"; words.className = "muted";
    words.textContent = "Your login ended. Nothing is lost: what you typed stays, and what you did is done once you are in.";
    close.type = "button"; close.className = "button"; close.textContent = "Not now"; close.addEventListener("click", () => dialog.close());
    row.className = "row"; row.append(close); dialog.append(title, words, slot, row); document.body.append(dialog);
    dialog.addEventListener("close", () => { const left = waiting; waiting = []; left.forEach((done) => done(false)); });
    return slot;
  };
  // true when somebody is in; else the dialog shows what the answer asks for
  const read = async (answer) => {
    if ((answer.headers.get("Content-Type") || "").startsWith("application/json")) {
      if (!take(await answer.json())) { $("div", dialog).textContent = "Somebody else is logged in in this browser now. Reload the page to go on as them."; return; }
      const left = waiting; waiting = []; failed = 0;
      dialog.close(); toast("Logged in again"); left.forEach((done) => done(true));
      $$("[data-chart-act=again]:not([hidden])").forEach((button) => button.click());
      if (isLive()) beat();
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html"), slot = $("div", dialog);
    const form = $("main form[method=post]", page), name = form && $("input[name=username]", form);
    slot.replaceChildren(document.adoptNode(form || $("main", page)));
    if (!form) return;
    if (name && !name.value) name.value = user;
    form.addEventListener("submit", (event) => { event.preventDefault(); trying(new URL(form.getAttribute("action") || answer.url, location.href), { method: "POST", body: new FormData(form) }); });
    ($("input[type=password]", form) || $("input:not([type=hidden])", form))?.focus();
  };
  const trying = async (url, options) => {
    try { await read(await fetch(url, options)); } catch { toast("The server cannot be reached. Try again in a moment.", true); }
  };
  // true once logged in, false when that was put off
  const enter = () => new Promise((done) => {
    waiting.push(done);
    if (!dialog) make();
    if (!dialog.open) { dialog.showModal(); trying(`${login}?${new URLSearchParams({ next: address })}`); }
  });

  // nothing is sent that would be lost
  const sure = async () => {
    if (!isOut && !isAway && Date.now() - heard < FRESH) return true;
    const found = await ask();
    if (found === "in" || found === "stale") return true;
    if (found === "out") return enter();
    toast("The server cannot be reached: nothing was sent, and what you typed is still here.", true);
    return false;
  };
  const send = (form, submitter) => {
    if (submitter?.name) { const chosen = document.createElement("input"); chosen.type = "hidden"; chosen.dataset.chosen = ""; chosen.name = submitter.name; chosen.value = submitter.value; form.append(chosen); }
    if (submitter?.hasAttribute("formaction")) form.setAttribute("action", submitter.getAttribute("formaction"));
    HTMLFormElement.prototype.submit.call(form);  // a field may be called "submit"
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented || (form.getAttribute("method") || "").toLowerCase() !== "post" || form.closest("#again") || form.hasAttribute("target")) return;
    if (!isOut && !isAway && Date.now() - heard < FRESH) return;
    event.preventDefault();
    if (await sure()) send(form, event.submitter);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) { $$("[data-chosen]").forEach((one) => one.remove()); look(); } });
  window.obsPresence = { sure, toast };
  show();
})();
