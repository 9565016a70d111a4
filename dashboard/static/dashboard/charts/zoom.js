// Dragging over a chart looks at a shorter period without leaving the page: the address, the words and the links of the
// page follow, each chart asks again, and back (or z) returns. Whatever goes wrong, the browser opens the address itself.
(() => {
  "use strict";
  const KEPT = new Set(["open", "aria-pressed", "data-state", "data-asked", "hidden", "class"]);
  // what a script put there, or a person typed, is not the server's to take back
  const OWN = "[data-part=plot], [data-part=key], [data-part=note], [data-part=words], [data-part=table], [data-part=unit], [data-part=fill], .toasts, .hoverbox, .crosshair";
  let here = `${location.pathname}${location.search}`, asking = 0;

  // turns `old` into `fresh` where it stands, so that what listens to an element goes on listening
  const turn = (old, fresh) => {
    if (old.nodeType === Node.TEXT_NODE) { if (old.data !== fresh.data) old.data = fresh.data; return; }
    if (old.nodeType !== Node.ELEMENT_NODE || old.matches(OWN)) return;
    for (const { name, value } of [...fresh.attributes]) if (!KEPT.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (!KEPT.has(name) && !fresh.hasAttribute(name) && name !== "style") old.removeAttribute(name);
    if (!old.closest("[data-chart]") && old.className !== fresh.className && typeof old.className === "string") old.className = fresh.className;
    const kids = [...old.childNodes].filter((kid) => !(kid.matches?.(".hoverbox, .crosshair"))), after = [...fresh.childNodes];
    after.forEach((kid, at) => {
      const one = kids[at];
      if (!one) old.append(document.adoptNode(kid));
      else if (one.nodeType === kid.nodeType && one.nodeName === kid.nodeName && one.dataset?.chart === kid.dataset?.chart) turn(one, kid);
      else one.replaceWith(document.adoptNode(kid));
    });
    kids.slice(after.length).forEach((kid) => kid.remove());
  };

  const look = async (url) => {
    const mine = ++asking, main = document.getElementById("main");
    main.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { headers: { Accept: "text/html" } });
      const text = await answer.text();
      if (mine !== asking) return;
      if (!answer.ok || new URL(answer.url).pathname !== new URL(url, location.href).pathname) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(text, "text/html");
      document.title = page.title;
      turn(document.body, page.body);
      here = `${location.pathname}${location.search}`;
      window.obsCharts.ask();
      document.dispatchEvent(new Event("obs:page"));
    } catch { location.assign(url); } finally { if (mine === asking) main.removeAttribute("aria-busy"); }
  };

  const go = (change) => {
    const url = new URL(location.href);
    for (const [name, value] of Object.entries(change)) if (value) url.searchParams.set(name, value); else url.searchParams.delete(name);
    url.searchParams.delete("page");
    history.pushState({ zoomed: (history.state?.zoomed || 0) + 1 }, "", url);
    return look(url.href);
  };
  document.addEventListener("obs:zoom", ({ detail }) => go(detail));
  addEventListener("popstate", () => { if (`${location.pathname}${location.search}` !== here) look(location.href); });

  // z: back to before the zoom; of a period that the page was opened with, out to the page's own
  document.addEventListener("keydown", (event) => {
    if (event.key !== "z" || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (history.state?.zoomed) history.back();
    else if (new URLSearchParams(location.search).has("to")) go({ from: "", to: "" });
  }, true);
})();
