// Keys, side bar and theme of every page. Pages work without it.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const toast = (text) => {
    const line = document.createElement("p");
    line.className = "toast";
    line.textContent = text;
    $(".toasts").append(line);
    setTimeout(() => line.remove(), 4000);
  };
  setTimeout(() => $$(".toasts .toast:not(.error)").forEach((line) => line.remove()), 6000);

  // theme: the cookie is what the server reads; the attribute is what this page shows
  const dark = () => (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const themeForm = $("#theme-form");
  themeForm?.addEventListener("submit", (event) => {
    event.preventDefault();
    const theme = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    document.cookie = `obs-theme=${theme};path=/;max-age=31536000;samesite=lax${location.protocol === "https:" ? ";secure" : ""}`;
    $("button", themeForm).value = theme === "dark" ? "light" : "dark";
    document.dispatchEvent(new Event("obs:theme"));
  });

  // side bar: put away and brought back, groups folded; the cookie is what the server reads, as for the theme
  const side = $("#side"), groups = $$("details.group", side || document.body);
  const remember = () => {
    const left = [...(document.body.classList.contains("docked") ? [] : ["away"]), ...groups.filter((group) => !group.open).map((group) => group.dataset.group)];
    document.cookie = `${side.dataset.cookie}=${left.join(".")};path=/;max-age=31536000;samesite=lax${location.protocol === "https:" ? ";secure" : ""}`;
  };
  groups.forEach((group) => $("summary", group).addEventListener("click", () => setTimeout(remember)));
  const moveSide = () => $(document.body.classList.contains("docked") ? ".dock" : ".undock")?.requestSubmit();
  side?.addEventListener("focusout", (event) => { if (event.relatedTarget && !side.contains(event.relatedTarget) && side.matches(":popover-open")) side.hidePopover(); });
  const current = $("[aria-current]", side || document.body);
  if (current && side?.checkVisibility()) current.scrollIntoView({ block: "nearest" });

  // sheets close on Escape, on a click elsewhere and when another opens
  const picks = $$("details.pick");
  document.addEventListener("click", (event) => picks.forEach((pick) => pick.contains(event.target) || (pick.open = false)));
  picks.forEach((pick) => pick.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pick.open) { pick.open = false; $("summary", pick).focus(); event.stopPropagation(); }
  }));

  // copying; [data-copy] names the element, [data-copy-url] the page relative or absolute
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-url]");
    if (!button) return;
    event.preventDefault();
    const url = button.dataset.copyUrl;
    const text = url !== undefined ? new URL(url || location.href, location.href).href : $(button.dataset.copy).textContent;
    try { await navigator.clipboard.writeText(text); toast("Copied"); } catch { toast("The browser refused to copy"); }
  });
  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm;
    if (question && !confirm(question)) event.preventDefault();
  });

  // countries by the names that the browser knows; the page has their codes
  const countries = $$("[data-country]").filter((cell) => /^[A-Z]{2}$/.test(cell.dataset.country));
  const regions = countries.length ? new Intl.DisplayNames(["en"], { type: "region" }) : null;
  countries.forEach((cell) => { cell.title = cell.dataset.country; cell.textContent = regions.of(cell.dataset.country); });

  // rows: j, k, Enter; looked for each time, since some come later, above or below; from the last, on to the next page
  let row = null;
  const step = (by) => {
    const rows = $$("[data-row]"), at = rows.indexOf(row), to = at < 0 ? 0 : at + by;
    const neighbour = $(`${rows.length ? ".pager " : ""}[data-step="${by > 0 ? "next" : "previous"}"]`);
    if (!rows.length || (at >= 0 && !rows[to] && neighbour)) { neighbour?.click(); return; }
    row?.classList.remove("chosen");
    row = rows[Math.min(rows.length - 1, Math.max(0, to))];
    row.classList.add("chosen");
    row.scrollIntoView({ block: "nearest" });
    $("a.title", row)?.focus({ preventScroll: true });
  };
  const resolve = () => {
    const box = row?.isConnected && $("input[type=checkbox]", row);
    if (box) { $$("[data-row] input[type=checkbox]").forEach((other) => { other.checked = other === box; }); }
    if (box || !$("[data-row]")) $("[data-key-resolve]")?.click();
  };
  $("[data-check-all]")?.addEventListener("change", (event) => $$("[data-row] input[type=checkbox]").forEach((box) => { box.checked = event.target.checked; }));

  const live = $("#live");

  // what scrolls and holds nothing to step to is stepped to itself
  for (const box of document.querySelectorAll(".scroll, pre")) if ((!box.matches("pre") || box.scrollWidth > box.clientWidth) && !box.querySelector("a[href], button, input, select, textarea, summary")) box.tabIndex = 0;

  // keys
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) { if (event.key === "Escape") event.target.blur(); return; }
    const key = event.key;
    if (Date.now() - going < 1200) { going = 0; const link = $(`[data-go="${CSS.escape(key)}"]`); if (link) { event.preventDefault(); link.click(); } return; }
    const acts = {
      g: () => { going = Date.now(); }, "?": () => $("#keys")?.showModal(), "/": () => $("[data-search]")?.focus(), j: () => step(1), k: () => step(-1), e: resolve,
      ".": () => { const menu = $("[data-actions]"); if (menu) { menu.open = true; $("button, a, input", menu)?.focus(); } },
      "[": moveSide, l: () => live?.click(), t: () => $("button", themeForm)?.click(), x: () => $("[data-key=x]")?.click(),
      h: () => $("[data-period=h]")?.click(), d: () => $("[data-period=d]")?.click(), w: () => $("[data-period=w]")?.click(), m: () => $("[data-period=m]")?.click(),
      Escape: () => { const back = $("[data-back]"); back && !picks.some((pick) => pick.open) && back.click(); },
    };
    if (acts[key]) { if (key !== "Escape") event.preventDefault(); acts[key](); }
  });
})();
