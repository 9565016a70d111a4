// The palette: what the page holds is sifted at once, what the server finds comes when typing rests.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const palette = $("#palette"), input = $("#palette-input"), list = $("#palette-list"), said = $("#palette-said");
  if (!palette) return;
  const RESTED = 200, SHORTEST = 2;
  const pictures = $("use", list).getAttribute("href").split("#")[0];
  // The pages of the side bar stand first; each is in the page once.
  const paged = (link) => {
    const made = document.createElement("li"), copy = link.cloneNode(true), { go, also } = link.dataset;
    ["data-go", "data-also", "aria-current"].forEach((name) => copy.removeAttribute(name));
    $(".count", copy)?.remove();
    copy.tabIndex = -1;
    if (go) {
      const small = document.createElement("small");
      ["g", go].forEach((key) => { const kbd = document.createElement("kbd"); kbd.textContent = key; small.append(kbd, " "); });
      copy.append(small);
    }
    made.setAttribute("role", "option"); made.dataset.also = also || ""; made.append(copy);
    return made;
  };
  list.prepend(...$$("#side .nav a").map(paged));
  // An action whose place is not on this page is none of this page's.
  const own = $$("li", list).filter((option) => !option.dataset.act || $(option.dataset.act) || option.remove());
  let shown = own, at = 0, asking = 0, asked = 0;
  own.forEach((option, index) => { option.id = `palette-${index}`; option.words = `${$(".grow", option).textContent} ${option.dataset.also || ""}`.toLowerCase(); });

  const choose = (index) => {
    shown[at]?.setAttribute("aria-selected", "false");
    at = shown.length ? (index + shown.length) % shown.length : 0;
    const option = shown[at];
    if (!option) { input.removeAttribute("aria-activedescendant"); return; }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  };
  const forget = () => $$("[data-found]", list).forEach((option) => option.remove());
  const say = (words, isAsking, unanswered = []) => {
    const missing = unanswered.length ? ` Not searched, it took too long: ${unanswered.join(", ")}.` : "";
    said.textContent = shown.length ? missing.trim() : isAsking ? "Searching…" : `Nothing found for “${words}”.${missing}`;
  };
  const begins = (option, words) => !option.words.startsWith(words);
  const sift = () => {
    const words = input.value.toLowerCase().trim(), parts = words.split(/\s+/);
    own.forEach((option) => { option.hidden = !parts.every((part) => option.words.includes(part)); });
    own.forEach((option) => option.setAttribute("aria-selected", "false"));
    const found = own.filter((option) => !option.hidden);
    // what begins with the words comes first, else the order of the page holds
    shown = words ? found.sort((one, other) => begins(one, words) - begins(other, words)) : found;
    (words ? shown : own).forEach((option) => list.append(option));
    choose(0);
  };
  const option = ({ title, url, note, icon }, index) => {
    const made = document.createElement("li"), link = document.createElement("a"), name = document.createElement("span"), small = document.createElement("small");
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg"), use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${pictures}#${icon}`);
    picture.setAttribute("class", "icon"); picture.setAttribute("aria-hidden", "true"); picture.append(use);
    name.className = "grow"; name.textContent = title; small.textContent = note;
    link.href = url; link.tabIndex = -1; link.append(picture, name, small);
    made.setAttribute("role", "option"); made.dataset.found = ""; made.id = `palette-found-${index}`; made.append(link);
    return made;
  };
  const find = async (words, turn) => {
    try {
      const body = new URLSearchParams({ q: words, csrfmiddlewaretoken: $("[name=csrfmiddlewaretoken]").value });
      const answer = await fetch(input.dataset.find, { method: "POST", body, headers: { Accept: "application/json" } });
      if (turn !== asked) return; // only the answer to the last question is shown
      if (!answer.ok) throw new Error(answer.status);
      const { hits, unanswered } = await answer.json();
      if (turn !== asked) return;
      const made = hits.map(option), chosen = shown[at];
      list.append(...made);
      shown = [...shown, ...made];
      choose(Math.max(0, shown.indexOf(chosen)));
      say(words, false, unanswered);
    } catch {
      if (turn === asked) said.textContent = "The project could not be searched. Its pages are still there.";
    }
  };
  const open = () => { if (!palette.open) { $("#side")?.matches(":popover-open") && $("#side").hidePopover(); input.value = ""; begin(); palette.showModal(); input.focus(); } };
  const begin = () => {
    clearTimeout(asking);
    asked += 1;
    forget();
    sift();
    const words = input.value.trim(), willAsk = input.dataset.find && words.length >= SHORTEST;
    say(words, willAsk);
    if (willAsk) asking = setTimeout(find, RESTED, words, asked);
  };
  input.addEventListener("input", begin);
  input.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (steps[event.key]) { event.preventDefault(); choose(Math.abs(steps[event.key]) > 1 ? Math.min(shown.length - 1, Math.max(0, at + steps[event.key])) : at + steps[event.key]); }
    if (event.key === "Enter") { event.preventDefault(); const chosen = shown[at]; if (chosen) $("a, button", chosen).click(); }
  });
  list.addEventListener("pointermove", (event) => { const over = shown.indexOf(event.target.closest("li")); if (over >= 0 && over !== at) choose(over); });
  list.addEventListener("click", (event) => {
    const act = event.target.closest("[data-act]");
    if (!act) return;
    palette.close();
    $(act.dataset.act).click();
  });
  palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
  $("#palette-button")?.addEventListener("click", open);
  document.addEventListener("keydown", (event) => { if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); open(); } });
})();
