// Figures in the colours of the theme: axes, markers, legend. No requests and no pages: charts.js has those.
(() => {
  "use strict";
  const { words } = window.obsCharts;
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  // place 0 is what is compared with
  const colour = (place) => (place ? css(`--s${((place - 1) % 6) + 1}`) : css("--edge"));
  const place = (trace) => trace.meta?.series ?? 1;

  const trace = (one, { unit }, text) => {
    const own = colour(place(one));
    if (one.type === "sankey") {
      one.link = { ...one.link, color: `${own}44` };
      one.node = { ...one.node, thickness: 14, line: { width: 0 }, color: (one.node?.label || []).map((_, at) => colour(at % 6 + 1)) };
      one.textfont = { color: css("--fg"), size: 12 };
      return;
    }
    one.hoverinfo = "none";
    if (one.text) one.textfont = text;
    if (one.type === "bar") one.marker = { ...one.marker, color: own, line: { width: 0 } };
    if (one.type === "scatter") { one.line = { ...one.line, color: own }; one.marker = { ...one.marker, color: own, line: { width: 0 } }; }
    if (one.type === "box") { one.line = { color: own, width: 1.5 }; one.fillcolor = `${own}33`; }
    if (one.type === "heatmap") {
      const most = Math.max(1, ...one.z.flat().filter((value) => value !== null));
      one.zmax = unit === "%" ? Math.min(100, most) : most;
      one.colorscale = [[0, css("--soft")], [1, own]];
      one.colorbar = { outlinewidth: 0, thickness: 8, len: 0.9, xpad: 6, tickfont: text, ticks: "", ...words.ticks(0, one.zmax, unit, 3) };
    }
  };

  // the least and the most that the axis of values has to show
  const extent = ({ data, layout }) => {
    const shown = data.filter((one) => one.visible !== false && one.type !== "heatmap" && one.type !== "sankey");
    const sums = new Map();
    let low = 0, high = 0;
    const take = (value) => { if (Number.isFinite(value)) { low = Math.min(low, value); high = Math.max(high, value); } };
    for (const one of shown) {
      if (one.type === "box") { one.upperfence.forEach(take); one.lowerfence.forEach(take); continue; }
      const [at, values] = one.orientation === "h" ? [one.y, one.x] : [one.x, one.y];
      values.forEach((value, index) => {
        if (one.type !== "bar" || layout.barmode === "group" || value === null) { take(value); return; }
        const key = `${at[index]}${value < 0 ? "-" : ""}`;
        sums.set(key, (sums.get(key) || 0) + value);
      });
    }
    sums.forEach(take);
    return shown.length ? [low, high] : null;
  };

  // labels of values in the words of the page; a room above the highest for the labels of markers
  const measure = (figure, { data, layout }, { hasLabels, width }) => {
    const isAcross = data[0]?.orientation === "h", axis = isAcross ? layout.xaxis : layout.yaxis;
    const most = isAcross ? Math.max(2, Math.floor(width / 130)) : 5; // side by side they need room, and none stands askew
    if (!axis || axis.type === "category") return;
    if (axis.range) { Object.assign(axis, words.ticks(axis.range[0], figure.unit === "%" ? Math.min(100, axis.range[1]) : axis.range[1], figure.unit, most)); return; }
    const found = extent({ data, layout });
    if (!found) return;
    const [low, highest] = found, high = highest > low ? highest : low + 1;
    axis.range = [low < 0 ? low - (high - low) * 0.06 : low, high + (high - low) * (hasLabels ? 0.18 : 0.06)];
    axis.autorange = false;
    Object.assign(axis, words.ticks(low, high, figure.unit, most), isAcross && { tickangle: 0 });
  };

  // what happened: a line each, and as many labels as fit, the newest first; near the right edge left of their line
  const LINES = { deploy: { dash: "dot", width: 1 }, flag: { dash: "dash", width: 1 }, incident: { dash: "solid", width: 1 } };
  const tone = (kind) => css(kind === "incident" ? "--bad" : kind === "flag" ? "--s6" : "--muted");
  const pen = document.createElement("canvas").getContext("2d");
  const mark = (figure, { data, layout }, width) => {
    const ends = layout.xaxis?.range?.map(Date.parse), found = figure.markers || [];
    if (layout.xaxis?.type !== "date" || !found.length) return;
    layout.shapes = [...(layout.shapes || []), ...found.map(({ kind, at }) => ({
      type: "line", xref: "x", yref: "paper", x0: at, x1: at, y0: 0, y1: 1, name: kind, layer: "below", opacity: kind === "deploy" ? 0.9 : 0.55, line: { ...LINES[kind], color: tone(kind) },
    }))];
    const room = width - (data.some((one) => one.type === "heatmap") ? 170 : 72), taken = [];
    const near = (at, text) => taken.some((one) => one.text === text && Math.abs(one.at - at) < 80);
    pen.font = `10px ${css("--sans")}`;
    layout.annotations = [...found].reverse().flatMap(({ kind, at: moment, label, lines, url }) => {
      const at = ((Date.parse(moment) - ends[0]) / (ends[1] - ends[0])) * room, length = pen.measureText(words.plain(label)).width + 12;
      const spot = [[at, "left"], [at - length, "right"]].find(([from]) => from >= 0 && from + length <= room && taken.every(({ low, high }) => from + length < low || from > high));
      if (!spot || near(at, label)) return [];
      taken.push({ at, text: label, low: spot[0], high: spot[0] + length });
      return [{
        x: moment, y: 1, xref: "x", yref: "paper", text: label, showarrow: false, xanchor: spot[1], yanchor: "top", font: { size: 10, color: tone(kind) }, bgcolor: css("--card"), borderpad: 1,
        // a name is the one property that plotly hands back untouched: where a click leads
        ...(url && { captureevents: true, name: url }),
        ...(lines.length && { hovertext: lines.join("<br>"), hoverlabel: { bgcolor: css("--card"), bordercolor: css("--line"), font: { color: css("--fg"), size: 12 } } }),
      }];
    });
  };

  // the labels of an axis of time; buckets of whole days are those of UTC
  const timed = (data, range, width) => {
    const [from, to] = (range || []).map(Date.parse);
    const [first, second] = data.map(({ x }) => x).find((x) => x?.length > 1)?.map(Date.parse) || [];
    return to > from ? { tickmode: "array", ...words.times(from, to, { most: Math.max(3, Math.round(width / 62)), isDays: second - first >= 86400000 }) } : {};
  };

  // Room for the labels of moments and values, said beforehand: plotly would draw twice to find it, and measure each
  // label to leave out what does not fit. Names are as long as they are, so theirs it finds.
  const fit = ({ xaxis, yaxis }) => {
    const own = { automargin: false, ticklabeloverflow: "allow" }, margin = {};
    if (xaxis.type === "date" && xaxis.ticktext) {
      Object.assign(xaxis, own);
      Object.assign(margin, { r: 18, b: xaxis.ticktext.some((text) => text.includes("<br>")) ? 43 : 30 });
    }
    if (yaxis.ticktext && yaxis.type !== "category") {
      pen.font = `11px ${css("--sans")}`;
      Object.assign(yaxis, own);
      margin.l = Math.max(40, 12 + Math.ceil(Math.max(...yaxis.ticktext.map((text) => pen.measureText(text).width))));
    }
    return margin;
  };

  // `{data, layout}` for plotly, `width` pixels wide; series named in `hidden` are left out
  const dress = (figure, { width, hidden = new Set() }) => {
    const fg = css("--fg"), muted = css("--muted"), line = css("--line"), card = css("--card"), text = { color: muted, size: 11 };
    // cloned by value: plotly writes into what it is given, and an aliased axis would be written twice
    const { data, layout } = JSON.parse(JSON.stringify({ data: figure.data, layout: figure.layout }));
    for (const one of data) { trace(one, figure, text); if (hidden.has(one.name)) one.visible = false; }
    const lines = data.filter((one) => one.type === "scatter" && place(one));
    // plotly fills straight across a gap, as if something had been measured there
    const isWhole = ({ y }) => { const there = y.map((value) => value !== null); return !there.slice(there.indexOf(true), there.lastIndexOf(true)).includes(false); };
    if (lines.length === 1 && lines[0].line.dash === "solid" && !layout.yaxis?.range && isWhole(lines[0])) Object.assign(lines[0], { fill: "tozeroy", fillcolor: `${lines[0].line.color}1f` });
    const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, tickfont: text, automargin: true, tickcolor: line };
    for (const name of ["xaxis", "yaxis"]) layout[name] = { ...axis, ...layout[name] };
    if (layout.xaxis.type === "date") Object.assign(layout.xaxis, timed(data, layout.xaxis.range, width));
    for (const shape of layout.shapes || []) Object.assign(shape, { line: { ...shape.line, color: fg } }, shape.name === "alert" && { fillcolor: css("--bad"), opacity: 0.14 });
    if (figure.unfinished) data.push(...tails(data));
    mark(figure, { data, layout }, width);
    measure(figure, { data, layout }, { hasLabels: layout.annotations?.length || data.some((one) => one.text), width });
    return {
      data,
      layout: {
        ...layout, paper_bgcolor: card, plot_bgcolor: card, autotypenumbers: "strict", font: { family: css("--sans"), color: fg, size: 12 },
        margin: { l: 40, r: 8, t: 6, b: 30, ...fit(layout), ...layout.margin }, hovermode: layout.hovermode || (data[0]?.orientation === "h" ? "y" : "x"), hoverdistance: -1, dragmode: "zoom",
        hoverlabel: { bgcolor: card, bordercolor: line, font: { color: fg }, namelength: -1 },
        colorway: [1, 2, 3, 4, 5, 6].map(colour), separators: ".,",
      },
    };
  };

  // the way to a bucket that is not over, as a line of its own; the whole line keeps its values for who reads them
  const tails = (data) => data.flatMap((one, at) => {
    if (one.type !== "scatter" || !place(one) || one.visible === false || one.y.length < 2 || one.y.at(-1) === null) return [];
    const values = one.y, last = values.length - 1;
    one.meta = { ...one.meta, whole: values };
    one.y = [...values.slice(0, last), null];
    return [{ ...one, y: values.map((value, index) => (index < last - 1 ? null : value)), line: { ...one.line, dash: "2px,4px" }, fill: "none", showlegend: false, meta: { ...one.meta, tail: at } }];
  });

  // axes of nothing: what the chart would have, without numbers that nobody measured
  const bare = (figure, { width }) => {
    const made = dress({ ...figure, data: [], layout: { xaxis: { ...figure.layout.xaxis }, yaxis: {} } }, { width });
    Object.assign(made.layout.yaxis, { type: "linear", range: [0, 1], tickvals: [0, 0.25, 0.5, 0.75, 1], ticktext: ["0", "", "", "", ""], fixedrange: true });
    if (made.layout.xaxis.type !== "date") Object.assign(made.layout.xaxis, { type: "linear", range: [0, 1], tickvals: [], fixedrange: true });
    return made;
  };

  // a line or a block as the chart draws it
  const swatch = (one) => {
    const svg = (name, attributes) => { const node = document.createElementNS("http://www.w3.org/2000/svg", name); Object.entries(attributes).forEach((pair) => node.setAttribute(...pair)); return node; };
    const root = svg("svg", { viewBox: "0 0 18 10", width: 18, height: 10, class: `swatch-of p${place(one) ? (place(one) - 1) % 6 + 1 : 0}`, "aria-hidden": "true" });
    const dashes = { solid: "", dash: "5 3", dot: "1.5 2.5", dashdot: "5 2 1.5 2", longdash: "8 3", longdashdot: "8 2 1.5 2" }[one.line?.dash || "solid"];
    root.append(one.type === "scatter" ? svg("path", { d: "M0 5h18", ...(dashes && { "stroke-dasharray": dashes }) }) : svg("rect", { x: 4, width: 10, height: 10, rx: 2 }));
    return root;
  };

  Object.assign(window.obsCharts, { css, dress, bare, swatch, timed });
})();
