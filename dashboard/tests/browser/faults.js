() => {
  // What axe would say first: names of controls, headings in order, sizes of targets, overflow. And colours as meant.
  const faults = [];
  const name = (e) => (e.getAttribute("aria-label") || e.textContent || e.value || e.title || e.placeholder || "").trim()
    || [...(e.labels || [])].map((l) => l.textContent).join("").trim()
    || (e.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent || "").join("").trim();
  const shown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (!shown(e)) continue;
    if (e.matches("input, select, textarea") && !(e.labels || []).length && !e.getAttribute("aria-label")) faults.push(`no label ${e.outerHTML.slice(0, 120)}`);
    if (!name(e)) faults.push(`no name ${e.outerHTML.slice(0, 120)}`);
    const box = e.getBoundingClientRect();
    if (e.matches("button, summary.button, .pick > summary") && (box.height < 24 || box.width < 24)) faults.push(`small ${e.outerHTML.slice(0, 120)}`);
  }
  for (const e of document.querySelectorAll("svg")) if (shown(e) && !e.closest(".js-plotly-plot, #js-plotly-tester") && !e.hasAttribute("aria-hidden") && !e.hasAttribute("aria-label")) faults.push(`svg ${e.outerHTML.slice(0, 100)}`);
  for (const e of document.querySelectorAll("th:not([scope])")) if (!e.closest("thead")) faults.push(`th ${e.outerHTML.slice(0, 80)}`);
  // What says good, warn or bad is seen as that: in its text, its ground, its edge, its filling or the sign before it.
  const probe = document.body.appendChild(document.createElement("i"));
  for (const word of ["good", "warn", "bad"]) {
    probe.className = word;
    const meant = getComputedStyle(probe).color;
    for (const e of document.querySelectorAll(`.${word}`)) {
      if (e === probe || !shown(e)) continue;
      const drawn = getComputedStyle(e), sign = getComputedStyle(e, "::before");
      if (![drawn.color, drawn.backgroundColor, drawn.borderTopColor, drawn.fill, drawn.stroke, sign.backgroundColor, sign.color].includes(meant)) faults.push(`not ${word}: ${e.outerHTML.slice(0, 120)}`);
    }
  }
  probe.remove();
  let last = 0;
  for (const e of document.querySelectorAll("h1, h2, h3, h4")) {
    if (!e.checkVisibility() || e.closest("dialog, .sheet")) continue;
    const level = Number(e.tagName[1]);
    if (level > last + 1) faults.push(`heading jumps to ${e.outerHTML.slice(0, 80)}`);
    last = level;
  }
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`overflow ${wide}: ` + [...document.querySelectorAll("main *, .bar *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, pre, .source, .plot, .table-view")).slice(0, 4).map((e) => e.outerHTML.slice(0, 80)).join(" | "));
  for (const e of document.querySelectorAll("[data-chart]")) if (!["ready", "empty"].includes(e.dataset.state)) faults.push(`chart ${e.dataset.chart} ${e.dataset.state}`);
  return faults;
}
