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
  const figures = new WeakMap();
  const part = (card, name) => card.querySelector(`[data-part="${name}"]`);

  const themed = (figure) => {
    const colour = (place) => css(`--s${((place - 1) % 6) + 1}`);
    const fg = css("--fg"), muted = css("--muted"), line = css("--line"), card = css("--card");
    // cloned by value: plotly writes into what it is given, and an aliased axis would be written twice
    const { data, layout } = JSON.parse(JSON.stringify(figure));
    for (const trace of data) {
      const place = trace.meta?.series || 1;
      if (trace.type === "bar" || trace.type === "funnel") trace.marker = { ...trace.marker, color: colour(place), line: { width: 0 } };
      if (trace.type === "scatter") trace.line = { ...trace.line, color: colour(place) };
      if (trace.type === "box") { trace.line = { color: colour(place), width: 1.5 }; trace.fillcolor = `${colour(place)}33`; }
      if (trace.type === "heatmap") { trace.colorscale = [[0, css("--soft")], [1, colour(place)]]; trace.colorbar = { outlinewidth: 0, thickness: 10, tickfont: { color: muted } }; }
      if (trace.type === "sankey") { trace.link = { ...trace.link, color: `${colour(place)}44` }; trace.node = { ...trace.node, line: { width: 0 }, color: (trace.node?.label || []).map((_, i) => colour(i + 1)) }; }
      if (trace.type === "indicator") trace.number = { ...trace.number, font: { color: fg } };
    }
    const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, tickfont: { color: muted, size: 11 }, automargin: true, tickcolor: line };
    for (const name of Object.keys(layout)) if (/^[xy]axis\d*$/.test(name)) layout[name] = { ...axis, ...layout[name] };
    for (const shape of layout.shapes || []) shape.line = { ...shape.line, color: fg };
    for (const note of layout.annotations || []) note.font = { size: 10, color: muted };
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

  const show = (card, state, words) => {
    card.dataset.state = state;
    if (words !== undefined) part(card, "words").textContent = words;
  };

  const table = (card, figure) => {
    const target = part(card, "table");
    if (!target) return;
    const grid = document.createElement("table");
    const head = grid.createTHead().insertRow();
    for (const name of figure.columns) { const cell = document.createElement("th"); cell.scope = "col"; cell.textContent = name; head.append(cell); }
    const body = grid.createTBody();
    for (const values of figure.rows) { const row = body.insertRow(); for (const value of values) row.insertCell().textContent = value ?? ""; }
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
    await Plotly.react(plot, data, layout, { displayModeBar: false, responsive: true });
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", figure.sentence);
    if (card.dataset.wired) return;
    card.dataset.wired = "1";
    plot.on("plotly_relayout", (change) => {
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
        if (!answer.ok) throw new Error(String(answer.status));
        figure = await answer.json();
      }
      figures.set(card, figure);
      if (figure.empty) return show(card, "empty", figure.sentence);
      await draw(card);
      key(card, figure); table(card, figure);
      show(card, "ready");
      part(card, "note").textContent = figure.as_of ? `as of ${figure.as_of}` : "";
    } catch (error) {
      delete card.dataset.asked;
      show(card, "error", navigator.onLine === false ? "This browser is offline." : "This chart could not be drawn. Reload to try again.");
    }
  };

  const watcher = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (entry.isIntersecting) { watcher.unobserve(entry.target); load(entry.target); }
  }), { rootMargin: "120px" });
  cards.forEach((card) => watcher.observe(card));

  const again = () => cards.forEach((card) => figures.has(card) && card.dataset.state === "ready" && draw(card));
  document.addEventListener("obs:theme", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-chart-act]"), card = button?.closest("[data-chart]");
    if (!card) return;
    event.preventDefault();
    const { chartAct } = button.dataset;
    if (chartAct === "table") {
      const target = part(card, "table"), on = target.hidden;
      target.hidden = !on; part(card, "plot").hidden = on; button.setAttribute("aria-pressed", String(on));
      if (!on && figures.has(card)) Plotly.Plots.resize(part(card, "plot"));
    }
    if (chartAct === "png" && card.dataset.state === "ready") {
      const link = document.createElement("a");
      link.href = await Plotly.toImage(part(card, "plot"), { format: "png", width: 1200, height: 500, scale: 2 });
      link.download = `${card.dataset.chart}.png`;
      link.click();
    }
  });
})();
