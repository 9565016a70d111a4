// The list of log lines grows by itself: older ones as its end comes near, new ones while it is followed.
(() => {
  "use strict";
  const list = document.querySelector(".log-list");
  if (!list) return;
  const MOST = 2000, known = new Set([...list.children].map((row) => row.dataset.line));
  const rowsOf = (html) => [...new DOMParser().parseFromString(html, "text/html").querySelectorAll(".log-list > li")]
    .filter((row) => !row.dataset.line || !known.has(row.dataset.line));
  const know = (rows) => rows.forEach((row) => known.add(row.dataset.line));

  // older lines; without scripts, and beyond MOST, "Older" is a link like any other
  const older = document.querySelector("#older");
  if (older) {
    let busy = false;
    const watching = new IntersectionObserver(async ([seen]) => {
      const link = older.querySelector("a");
      if (!seen.isIntersecting || busy || !link || list.children.length >= MOST) return;
      busy = true;
      try {
        const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
        if (!answer.ok) throw new Error(answer.statusText);
        const html = await answer.text(), rows = rowsOf(html);
        const next = new DOMParser().parseFromString(html, "text/html").querySelector("#older a");
        know(rows);
        list.append(...rows);
        if (next) link.href = next.getAttribute("href"); else { watching.disconnect(); older.remove(); }
        busy = false;
        // still in sight: only a change of sight is told, so ask again
        watching.unobserve(older); if (next) watching.observe(older);
      } catch { watching.disconnect(); /* the link is still there */ }
    }, { rootMargin: "600px" });
    watching.observe(older);
  }

  // following: a number first, which leaves no entry in the audit trail; the lines only when there are some
  const follow = document.querySelector("#follow"), said = document.querySelector("#follow-said");
  if (!follow) return;
  let timer = 0, wait = 2000, cursor = follow.dataset.from, waiting = [];
  const url = (path) => {
    const made = new URL(path, location.href);
    new URLSearchParams(location.search).forEach((value, name) => ["before", "page"].includes(name) || made.searchParams.set(name, value));
    made.searchParams.set("since", cursor);
    return made;
  };
  const label = () => { follow.textContent = waiting.length ? `Following, ${waiting.length} above` : follow.getAttribute("aria-pressed") === "true" ? "Following" : "Follow"; };
  const show = () => {
    // nothing moves under the pointer of somebody who reads further down
    if (window.scrollY > list.getBoundingClientRect().top + window.scrollY) { label(); return; }
    if (!waiting.length) return;
    list.querySelectorAll(".fresh").forEach((row) => row.classList.remove("fresh"));
    waiting.forEach((row) => row.classList.add("fresh"));
    said.textContent = `${waiting.length} new line${waiting.length === 1 ? "" : "s"}`;
    list.prepend(...waiting);
    waiting = [];
    while (list.children.length > MOST) list.lastElementChild.remove();
    label();
  };
  const look = async () => {
    try {
      const number = await fetch(url(follow.dataset.pulse), { headers: { Accept: "application/json" } });
      wait = document.hidden ? 15000 : 2000;
      if (number.status === 200) {
        const lines = await fetch(url(follow.dataset.tail), { headers: { Accept: "text/html" } });
        if (!lines.ok) throw new Error(lines.statusText);
        cursor = lines.headers.get("X-Cursor") || cursor;
        const rows = rowsOf(await lines.text());
        know(rows);
        waiting = [...rows, ...waiting].slice(0, MOST);
        show();
      } else if (!number.ok) wait = Math.min(60000, wait * 4);
    } catch { wait = Math.min(60000, wait * 2); }
    if (follow.getAttribute("aria-pressed") === "true") timer = setTimeout(look, wait);
  };
  follow.addEventListener("click", () => {
    const on = follow.getAttribute("aria-pressed") !== "true";
    follow.setAttribute("aria-pressed", String(on));
    clearTimeout(timer);
    label();
    if (on) look();
  });
  addEventListener("scroll", show, { passive: true });
})();
