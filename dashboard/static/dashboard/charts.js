// Draws every [data-chart] card: fetched when it comes into view, dressed in the theme, with a table behind it.
(() => {
  "use strict";
  const { css, dress, bare, swatch, timed, words, hover } = window.obsCharts;
  const files = document.currentScript.dataset;
  // plotly sets some styles by attribute, which the page's policy refuses; through the style object they are allowed
  const setAttribute = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name, value) {
    if (name === "style") this.style.cssText = value;
    else setAttribute.call(this, name, value);
  };
  const cards = () => [...document.querySelectorAll("[data-chart]")];
  const figures = new WeakMap(), asked = new WeakMap(), hidden = new WeakMap();
  const part = (card, name) => card.querySelector(`[data-part="${name}"]`);

  // the library comes after this script, so that charts are asked for meanwhile; its parts come when a chart needs them
  const loaded = (node) => new Promise((yes, no) => { node.addEventListener("load", yes); node.addEventListener("error", () => { node.remove(); no(new Error("not loaded")); }); });
  const core = document.getElementById("plotly");
  let ready = null;
  const parts = {};
  const library = () => (window.Plotly ? Promise.resolve() : (ready ||= loaded(core)));
  const need = async ({ data }) => {
    const kinds = [...new Set(data.map(({ type }) => type))].filter((type) => files[type]);
    for (const kind of kinds) if (!parts[kind]) { const hint = document.createElement("link"); Object.assign(hint, { rel: "preload", as: "script", href: files[kind] }); document.head.append(hint); }
    await library();
    await Promise.all(kinds.map((kind) => (parts[kind] ||= new Promise((yes, no) => {
      const script = document.createElement("script");
      script.src = files[kind];
      loaded(script).then(yes, (error) => { delete parts[kind]; no(error); });
      document.head.append(script);
    }))));
  };

  const show = (card, state, text) => {
    card.dataset.state = state;
    if (text !== undefined) part(card, "words").textContent = text;
    const again = card.querySelector('[data-chart-act="again"]');
    if (again) again.hidden = state !== "error";
  };

  // the address of the events behind a row of the table, or behind one of its columns
  const linkOf = ({ evidence: found, columns }, place, index) => {
    if (found?.rows.length) return found.rows[place] || "";
    if (!found?.spans[place] || (index && found.without.includes(columns[index]))) return "";
    const [from, to] = found.spans[place], series = found.series[columns[index]];
    return `${found.url}${new URLSearchParams({ from, to })}${series ? `&${series}` : ""}`;
  };

  // which row of the table a point belongs to: a cell of a heatmap has two places, a box none but its name
  const rowOf = ({ pointIndex, x, data }) => Array.isArray(pointIndex) ? pointIndex[1] : pointIndex ?? data.x.indexOf(x);

  // which series a click met: the bar it fell into, the nearest line; none above a stack
  const met = (plot, points, event) => {
    const { yaxis } = plot._fullLayout;
    const value = yaxis.p2d(event.clientY - plot.getBoundingClientRect().top - yaxis._offset);
    let below = 0, best = -1, distance = Infinity;
    for (const { curveNumber, y, data } of points) {
      if (data.meta?.of !== undefined) continue;
      if (data.type === "bar") { if (value >= below && value < below + y) return curveNumber; below += y; }
      else if (!points.some((point) => point.data.type === "bar") && Math.abs(y - value) < distance) { best = data.meta?.tail ?? curveNumber; distance = Math.abs(y - value); }
    }
    return best;
  };

  // one crosshair over all charts of the page that share the axis of time
  const cross = (x) => cards().forEach((card) => {
    const plot = part(card, "plot"), axis = plot._fullLayout?.xaxis;
    let line = card.querySelector(".crosshair");
    const at = x === undefined || axis?.type !== "date" || card.dataset.state !== "ready" || plot.hidden ? -1 : axis.d2p(x);
    if (!(at >= 0 && at <= axis._length)) { line?.remove(); return; }
    if (!line) { line = document.createElement("i"); line.className = "crosshair"; plot.after(line); }
    line.style.transform = `translateX(${axis._offset + at}px)`;
  });

  // made when somebody looks at it: most tables are never seen
  const table = (card, figure) => {
    const target = part(card, "table");
    if (!target) return;
    if (target.hidden || !figure) { target.replaceChildren(); return; }
    const grid = document.createElement("table");
    const head = grid.createTHead().insertRow();
    for (const name of figure.columns) { const cell = document.createElement("th"); cell.scope = "col"; cell.textContent = name; head.append(cell); }
    const body = grid.createTBody();
    figure.rows.forEach((values, place) => {
      const row = body.insertRow();
      values.forEach((value, index) => {
        const cell = row.insertCell(), url = (figure.evidence?.rows.length ? !index : value || !index) && linkOf(figure, place, index);
        if (!url) { cell.textContent = value ?? ""; return; }
        const link = document.createElement("a"); link.href = url; link.textContent = value; cell.append(link);
      });
    });
    target.replaceChildren(grid);
  };

  // the legend: a click shows one series alone, again all; with Shift it leaves one out
  const key = (card, figure) => {
    const target = part(card, "key"), named = figure.data.filter((one) => one.name);
    if (!target) return;
    const gone = hidden.get(card) || new Set();
    target.replaceChildren(...(named.length < 2 ? [] : named).map((one) => {
      const item = document.createElement("button");
      item.type = "button";
      item.dataset.series = one.name;
      item.setAttribute("aria-pressed", String(!gone.has(one.name)));
      item.title = "Click: this one alone. Shift and click: without this one.";
      item.append(swatch(one), words.plain(one.name));
      return item;
    }));
  };
  const choose = (card, name, isOut) => {
    const figure = figures.get(card), names = figure.data.map((one) => one.name), gone = new Set(hidden.get(card));
    const isAlone = !gone.has(name) && gone.size === names.length - 1;
    if (isOut && !isAlone) gone.delete(name) || gone.add(name);
    else { gone.clear(); if (!isAlone) names.forEach((other) => other !== name && gone.add(other)); }
    hidden.set(card, gone);
    part(card, "key").querySelectorAll("button").forEach((item) => item.setAttribute("aria-pressed", String(!gone.has(item.dataset.series))));
    return draw(card);
  };

  const dressed = (card, plot) => dress(figures.get(card), { width: plot.clientWidth, hidden: hidden.get(card) });
  const draw = async (card) => {
    const figure = figures.get(card), plot = part(card, "plot");
    hover.hide(card);
    const { data, layout } = figure.empty ? bare(figure, { width: plot.clientWidth }) : dressed(card, plot);
    await Plotly.react(plot, data, layout, { displayModeBar: false, responsive: true });
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", figure.sentence);
    card.classList.toggle("has-evidence", Boolean(figure.evidence));
    if (plot.dataset.wired) return;
    plot.dataset.wired = "1";
    const home = () => plot.closest("[data-chart]"), shown = () => figures.get(home());
    plot.on("plotly_hover", (found) => {
      if (shown().empty) return;
      hover.show(home(), plot, shown(), found);
      if (shown().layout.xaxis?.type === "date") cross(found.points[0].x);
    });
    plot.on("plotly_unhover", () => { hover.hide(home()); cross(); });
    plot.on("plotly_click", ({ points, event }) => {
      if (!shown().evidence) return;
      const url = linkOf(shown(), rowOf(points[0]), 1 + met(plot, points, event));
      if (url) location.assign(url);
    });
    plot.on("plotly_clickannotation", ({ annotation }) => { if (annotation.name?.startsWith("/")) location.assign(annotation.name); });
    plot.on("plotly_relayout", (change) => {
      if (change.autosize) { draw(home()); return; }
      const utc = (text) => `${text.replace(" ", "T").slice(0, 19)}Z`;
      const from = change["xaxis.range[0]"], to = change["xaxis.range[1]"];
      if (!from || !to || shown().layout.xaxis?.type !== "date") return;
      if (home().dataset.fixed !== undefined) {
        const { tickvals, ticktext } = timed(shown().data, [utc(from), utc(to)], plot.clientWidth);
        Plotly.relayout(plot, { "xaxis.tickvals": tickvals, "xaxis.ticktext": ticktext });
        return;
      }
      document.dispatchEvent(new CustomEvent("obs:zoom", { detail: { from: utc(from), to: utc(to) } }));
    });
  };

  const fetched = async (card) => {
    const inline = part(card, "figure")?.querySelector("script");
    if (inline) return JSON.parse(inline.textContent);
    const answer = await fetch(card.dataset.src, { headers: { Accept: "application/json" } });
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };
  const load = async (card) => {
    if (card.dataset.asked) return;
    card.dataset.asked = card.dataset.src;
    if (card.dataset.state !== "ready") show(card, "loading");
    try {
      library().catch(() => {}); // a failed download is told where it is waited for
      const src = card.dataset.src, figure = await fetched(card);
      if (src !== card.dataset.src) return; // asked for another period meanwhile
      if (!figure) { part(card, "plot").replaceChildren(); show(card, "empty", "There is nothing to show in this period."); return; }
      figures.set(card, figure);
      await need(figure);
      await draw(card);
      key(card, figure); table(card, figure);
      const unit = part(card, "unit");
      if (unit) unit.textContent = figure.step ? `${unit.dataset.unit} per ${figure.step}`.trim() : unit.dataset.unit;
      show(card, figure.empty ? "empty" : "ready", figure.sentence);
      const fill = part(card, "fill");
      if (fill) { fill.textContent = figure.fill || ""; fill.hidden = !(figure.empty && figure.fill); }
      part(card, "note").textContent = figure.as_of ? `as of ${words.time(figure.as_of)}` : "";
      asked.set(card, Date.now());
    } catch (error) {
      delete card.dataset.asked;
      ready = null;
      show(card, "error", navigator.onLine === false ? "This browser is offline." : "This chart could not be drawn.");
    }
  };

  const watcher = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (entry.isIntersecting) { watcher.unobserve(entry.target); load(entry.target); }
  }), { rootMargin: "120px" });
  // asks for what the cards of the page show now, as they come into view
  const ask = () => cards().forEach((card) => {
    if (card.dataset.asked && card.dataset.asked === card.dataset.src && !part(card, "figure")) return;
    delete card.dataset.asked;
    watcher.unobserve(card);
    watcher.observe(card);
  });
  ask();
  Object.assign(window.obsCharts, { ask });

  // on paper a chart is as wide as its card there
  const sheets = () => [...document.querySelectorAll(".plot .main-svg")];
  addEventListener("beforeprint", () => sheets().forEach((svg) => { const { width, height } = svg; svg.setAttribute("viewBox", `0 0 ${width.baseVal.value} ${height.baseVal.value}`); }));
  addEventListener("afterprint", () => sheets().forEach((svg) => svg.removeAttribute("viewBox")));

  // while live is on, a picture older than two minutes says so
  const live = document.getElementById("live");
  if (live) setInterval(() => cards().forEach((card) => {
    const note = part(card, "note"), old = live.getAttribute("aria-pressed") === "true" && Date.now() - asked.get(card) > 120000;
    if (!note.textContent || old === note.classList.contains("warn")) return;
    note.classList.toggle("warn", old);
    note.textContent = old ? `${note.textContent} · stale` : note.textContent.replace(" · stale", "");
  }), 5000);

  const again = () => cards().forEach((card) => figures.has(card) && ["ready", "empty"].includes(card.dataset.state) && draw(card));
  document.addEventListener("obs:theme", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);

  // a picture that says by itself what it shows: title, unit, legend, project, period
  const picture = async (card) => {
    const plot = part(card, "plot"), figure = figures.get(card), { data, layout } = dress(figure, { width: 1200, hidden: hidden.get(card) });
    const [title, unit] = [card.querySelector("h2 [data-part=title]"), part(card, "unit")].map((one) => words.escaped(one?.textContent.trim() || ""));
    const about = words.escaped(card.dataset.about || "");
    Object.assign(layout, {
      title: { text: `<b>${title}</b>${unit ? `  <span style="color:${css("--muted")}">${unit}</span>` : ""}<br><sup>${about}</sup>`, x: 0.02, xanchor: "left", y: 1, yref: "container", pad: { t: 22 }, yanchor: "top", font: { size: 18, color: css("--fg") } },
      margin: { ...layout.margin, t: 84, b: 64, r: 24 },
      showlegend: data.filter((one) => one.name && one.meta?.tail === undefined).length > 1,
      legend: { orientation: "h", x: 0, y: -0.1, yanchor: "top", font: { color: css("--muted"), size: 12 } },
    });
    delete layout.width; delete layout.height;
    const link = document.createElement("a");
    link.href = await Plotly.toImage({ data, layout }, { format: "png", width: 1200, height: Math.max(500, plot.clientHeight + 140), scale: 2 });
    link.download = `${card.dataset.project ? `${card.dataset.project}-` : ""}${card.dataset.chart}.png`;
    link.click();
  };

  document.addEventListener("click", async (event) => {
    const series = event.target.closest?.("[data-series]"), button = event.target.closest?.("[data-chart-act]"), card = event.target.closest?.("[data-chart]");
    if (!card) return;
    if (series) { choose(card, series.dataset.series, event.shiftKey || event.ctrlKey || event.metaKey); return; }
    if (!button) return;
    event.preventDefault();
    const { chartAct } = button.dataset, menu = button.closest("details");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    if (chartAct === "again") load(card);
    if (chartAct === "table") {
      const target = part(card, "table"), on = target.hidden;
      target.hidden = !on; part(card, "plot").hidden = on; table(card, figures.get(card)); button.setAttribute("aria-pressed", String(on));
      if (on) target.focus();
      else if (figures.has(card)) Plotly.Plots.resize(part(card, "plot"));
    }
    if (chartAct === "png" && card.dataset.state === "ready") await picture(card);
  });
})();
