// Draws every [data-chart] card: fetched when it comes into view, coloured by the theme, with a table behind it.
(() => {
  "use strict";
  // plotly sets some styles by attribute, which the page's policy refuses; through the style object they are allowed
  const setAttribute = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name, value) {
    if (name === "style") this.style.cssText = value;
    else setAttribute.call(this, name, value);
  };
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const cards = [...document.querySelectorAll("[data-chart]")];
  const figures = new WeakMap(), asked = new WeakMap();
  const part = (card, name) => card.querySelector(`[data-part="${name}"]`);

  const themed = (figure) => {
    const colour = (place) => css(`--s${((place - 1) % 6) + 1}`);
    const fg = css("--fg"), muted = css("--muted"), line = css("--line"), card = css("--card");
    // cloned by value: plotly writes into what it is given, and an aliased axis would be written twice
    const { data, layout } = JSON.parse(JSON.stringify(figure));
    for (const trace of data) {
      const place = trace.meta?.series || 1;
      if (trace.type === "bar" || trace.type === "funnel") trace.marker = { ...trace.marker, color: colour(place), line: { width: 0 } };
      if (trace.type === "scatter") { trace.line = { ...trace.line, color: colour(place) }; trace.marker = { ...trace.marker, color: colour(place), line: { width: 0 } }; }
      if (trace.type === "box") { trace.line = { color: colour(place), width: 1.5 }; trace.fillcolor = `${colour(place)}33`; }
      if (trace.type === "heatmap") { trace.colorscale = [[0, css("--soft")], [1, colour(place)]]; trace.colorbar = { outlinewidth: 0, thickness: 10, tickfont: { color: muted } }; }
      if (trace.type === "sankey") { trace.link = { ...trace.link, color: `${colour(place)}44` }; trace.node = { ...trace.node, line: { width: 0 }, color: (trace.node?.label || []).map((_, i) => colour(i + 1)) }; }
      if (trace.type === "indicator") trace.number = { ...trace.number, font: { color: fg } };
    }
    const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, tickfont: { color: muted, size: 11 }, automargin: true, tickcolor: line };
    for (const name of Object.keys(layout)) if (/^[xy]axis\d*$/.test(name)) layout[name] = { ...axis, ...layout[name] };
    for (const shape of layout.shapes || []) Object.assign(shape, { line: { ...shape.line, color: fg } }, shape.name === "alert" && { fillcolor: css("--bad"), opacity: 0.14 });
    for (const note of layout.annotations || []) {
      note.font = { size: 10, color: muted };
      if (note.hovertext) note.hoverlabel = { bgcolor: card, bordercolor: line, font: { color: fg, size: 12 } };
    }
    return {
      data,
      layout: {
        ...layout, paper_bgcolor: card, plot_bgcolor: card, autotypenumbers: "strict", font: { family: css("--sans"), color: fg, size: 12 },
        margin: { l: 40, r: 8, t: 6, b: 30, ...layout.margin }, hovermode: layout.hovermode || "x unified", dragmode: "zoom",
        hoverlabel: { bgcolor: card, bordercolor: line, font: { color: fg } },
        colorway: [1, 2, 3, 4, 5, 6].map(colour),
      },
    };
  };

  // as many labels of deploys as fit, the newest first; near the right edge they stand left of their line
  const pen = document.createElement("canvas").getContext("2d");
  const fit = (plot, { data, layout }) => {
    const range = layout.xaxis?.range?.map(Date.parse);
    if (!layout.annotations?.length || !range) return;
    const aside = data.some((trace) => trace.type === "heatmap") ? 170 : 64;
    const width = plot.clientWidth - aside, taken = [], near = (at, text) => taken.some((one) => one.text === text && Math.abs(one.at - at) < 80);
    pen.font = `10px ${css("--sans")}`;
    layout.annotations = layout.annotations.reverse().filter((note) => {
      const at = (Date.parse(note.x) - range[0]) / (range[1] - range[0]) * width, length = pen.measureText(note.text).width + 10;
      const place = [[at, "left"], [at - length, "right"]].find(([from]) => from >= 0 && from + length <= width && taken.every(({ low, high }) => from + length < low || from > high));
      if (!place || near(at, note.text)) return false;
      taken.push({ at, text: note.text, low: place[0], high: place[0] + length });
      note.xanchor = place[1];
      return true;
    });
  };

  const show = (card, state, words) => {
    card.dataset.state = state;
    if (words !== undefined) part(card, "words").textContent = words;
    const again = card.querySelector('[data-chart-act="again"]');
    if (again) again.hidden = state !== "error";
  };

  // the address of the events behind a row of the table, or behind one of its columns
  const linkOf = ({ evidence: found, columns }, place, index) => {
    if (found?.rows.length) return found.rows[place] || "";
    if (!found?.spans[place]) return "";
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
      if (data.type === "bar") { if (value >= below && value < below + y) return curveNumber; below += y; }
      else if (!points.some((point) => point.data.type === "bar") && Math.abs(y - value) < distance) { best = curveNumber; distance = Math.abs(y - value); }
    }
    return best;
  };

  // one crosshair over all charts of the page that share the axis of time
  const cross = (source, x) => cards.forEach((card) => {
    const plot = part(card, "plot"), axis = plot._fullLayout?.xaxis;
    let line = card.querySelector(".crosshair");
    if (card === source || x === undefined || axis?.type !== "date" || card.dataset.state !== "ready" || plot.hidden) { line?.remove(); return; }
    const at = axis.d2p(x);
    if (!(at >= 0 && at <= axis._length)) { line?.remove(); return; }
    if (!line) { line = document.createElement("i"); line.className = "crosshair"; plot.after(line); }
    line.style.transform = `translateX(${axis._offset + at}px)`;
  });

  const table = (card, figure) => {
    const target = part(card, "table");
    if (!target) return;
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

  const key = (card, figure) => {
    const target = part(card, "key");
    if (!target || figure.keys.length < 2) return;
    target.replaceChildren(...figure.keys.map(([name, place]) => {
      const item = document.createElement("span"), swatch = document.createElement("i");
      swatch.className = `series s${((place - 1) % 6) + 1}`;
      item.append(swatch, name);
      return item;
    }));
  };

  const draw = async (card) => {
    const figure = figures.get(card), plot = part(card, "plot");
    const { data, layout } = themed(figure);
    fit(plot, { data, layout });
    await Plotly.react(plot, data, layout, { displayModeBar: false, responsive: true });
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", figure.sentence);
    if (card.dataset.wired) return;
    card.dataset.wired = "1";
    card.classList.toggle("has-evidence", Boolean(figure.evidence));
    plot.on("plotly_hover", ({ points }) => figure.layout.xaxis?.type === "date" && cross(card, points[0].x));
    plot.on("plotly_unhover", () => cross(card));
    plot.on("plotly_click", ({ points, event }) => {
      const shown = figures.get(card);
      if (!shown.evidence) return;
      const place = rowOf(points[0]);
      const url = linkOf(shown, place, 1 + met(plot, points, event));
      if (url) location.assign(url);
    });
    plot.on("plotly_clickannotation", ({ annotation }) => { if (annotation.name?.startsWith("/")) location.assign(annotation.name); });
    plot.on("plotly_relayout", (change) => {
      if (change.autosize) { draw(card); return; }
      if (card.dataset.fixed !== undefined) return;
      const from = change["xaxis.range[0]"], to = change["xaxis.range[1]"];
      if (!from || !to || figure.layout.xaxis?.type !== "date") return;
      const utc = (text) => `${text.replace(" ", "T").slice(0, 19)}Z`;
      const url = new URL(location.href);
      url.searchParams.set("from", utc(from)); url.searchParams.set("to", utc(to)); url.searchParams.delete("page");
      location.assign(url);
    });
  };

  const load = async (card) => {
    if (card.dataset.asked) return;
    card.dataset.asked = "1";
    show(card, "loading");
    try {
      const inline = part(card, "figure")?.querySelector("script");
      let figure;
      if (inline) figure = JSON.parse(inline.textContent);
      else {
        const answer = await fetch(card.dataset.src, { headers: { Accept: "application/json" } });
        if (answer.status === 404) return show(card, "empty", "There is nothing to show in this period.");
        if (!answer.ok) throw new Error(String(answer.status));
        figure = await answer.json();
      }
      figures.set(card, figure);
      if (figure.empty) return show(card, "empty", figure.sentence);
      await draw(card);
      key(card, figure); table(card, figure);
      show(card, "ready");
      part(card, "note").textContent = figure.as_of ? `as of ${figure.as_of}` : "";
      asked.set(card, Date.now());
    } catch (error) {
      delete card.dataset.asked;
      show(card, "error", navigator.onLine === false ? "This browser is offline." : "This chart could not be drawn.");
    }
  };

  const watcher = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (entry.isIntersecting) { watcher.unobserve(entry.target); load(entry.target); }
  }), { rootMargin: "120px" });
  cards.forEach((card) => watcher.observe(card));

  // while live is on, a picture older than two minutes says so
  const live = document.getElementById("live");
  if (live) setInterval(() => cards.forEach((card) => {
    const note = part(card, "note"), old = live.getAttribute("aria-pressed") === "true" && Date.now() - asked.get(card) > 120000;
    if (!note.textContent || old === note.classList.contains("warn")) return;
    note.classList.toggle("warn", old);
    note.textContent = old ? `${note.textContent} · stale` : note.textContent.replace(" · stale", "");
  }), 5000);

  const again = () => cards.forEach((card) => figures.has(card) && card.dataset.state === "ready" && draw(card));
  document.addEventListener("obs:theme", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-chart-act]"), card = button?.closest("[data-chart]");
    if (!card) return;
    event.preventDefault();
    const { chartAct } = button.dataset, menu = button.closest("details");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    if (chartAct === "again") load(card);
    if (chartAct === "table") {
      const target = part(card, "table"), on = target.hidden;
      target.hidden = !on; part(card, "plot").hidden = on; button.setAttribute("aria-pressed", String(on));
      if (on) target.focus();
      else if (figures.has(card)) Plotly.Plots.resize(part(card, "plot"));
    }
    if (chartAct === "png" && card.dataset.state === "ready") {
      const link = document.createElement("a");
      link.href = await Plotly.toImage(part(card, "plot"), { format: "png", width: 1200, height: 500, scale: 2 });
      link.download = `${card.dataset.chart}.png`;
      link.click();
    }
  });
})();
