// What a chart says where the pointer is: one box with each value once, the total of a stack, the period compared beside.
(() => {
  "use strict";
  const { words, swatch } = window.obsCharts;
  const node = (name, className, text) => { const made = document.createElement(name); if (className) made.className = className; if (text !== undefined) made.textContent = text; return made; };

  const change = (value, before) => {
    if (!Number.isFinite(value) || !before) return "";
    const share = Math.round((value / before - 1) * 100);
    return share ? ` ${share > 0 ? "+" : "−"}${Math.abs(share)} %` : " ±0 %";
  };

  // rows of what stands at one place of the axis: `{name, value, before, trace}`, a stack from its top down
  const along = (figure, data, index) => {
    const shown = data.filter((one) => one.visible !== false && one.meta?.tail === undefined), earlier = shown.filter((one) => one.meta?.of !== undefined);
    const own = shown.filter((one) => one.meta?.of === undefined), before = (of) => earlier.find((one) => one.meta.of === of)?.y[index];
    const isStack = own.length > 1 && own.every((one) => one.type === "bar") && figure.layout.barmode === "stack";
    const rows = own.map((trace) => ({ trace, name: trace.name ? words.plain(trace.name) : figure.noun, value: (trace.meta?.whole || trace.y)[index], before: before(trace.name) }));
    const said = isStack ? rows.filter(({ value }) => value).reverse() : rows;
    const total = own.reduce((sum, trace) => sum + (trace.y[index] || 0), 0), then = before("");
    if (isStack) return [...(said.length ? said : rows.slice(0, 1)), { name: "total", value: total, before: then, isTotal: true }];
    if (then !== undefined && said.length === 1) said[0].before = then;
    return said;
  };

  const told = (figure, data, point) => {
    if (data[0]?.type === "sankey") return null; // whose points are stations and ways; plotly says those
    const trace = point.data, index = point.pointIndex, is = (type) => trace.type === type;
    const unit = figure.unit, counted = (value) => `${words.measured(value, unit)}${unit === "count" && figure.noun && value !== null ? ` ${figure.noun}` : ""}`;
    if (is("heatmap")) {
      const isTime = figure.layout.xaxis?.type === "date";
      return {
        head: isTime ? words.span(trace.x[index[1]], trace.x[index[1] + 1] ?? figure.layout.xaxis.range[1]) : [words.plain(point.y)],
        rows: [{ name: words.plain(isTime ? point.y : point.x), text: counted(point.z) }],
      };
    }
    if (is("box")) {
      const at = trace.x.indexOf(point.x);
      const named = [["p95", "upperfence"], ["p75", "q3"], ["median", "median"], ["p25", "q1"], ["p5", "lowerfence"]];
      return { head: [String(figure.rows[at]?.[0] ?? words.plain(point.x))], rows: named.map(([name, key]) => ({ name, text: words.measured(trace[key][at], unit) })) };
    }
    if (trace.orientation === "h") return { head: [String(figure.rows[index]?.[0] ?? words.plain(point.y))], rows: [{ trace, name: figure.noun, text: words.measured(point.x, unit) }] };
    const x = trace.x[index], rows = along(figure, data, index);
    const earlier = data.find((one) => one.meta?.of !== undefined && one.visible !== false), isOver = !figure.unfinished || index < trace.x.length - 1;
    const [first, ...more] = figure.layout.xaxis?.type === "date" ? words.span(x, trace.x[index + 1] ?? figure.layout.xaxis.range[1]) : [words.plain(x)];
    return {
      head: [`${first}${isOver ? "" : " · not over yet"}`, ...more],
      rows: rows.map((row) => ({
        ...row,
        text: words.measured(row.value, unit),
        then: row.before === undefined ? "" : `${words.measured(row.before, unit)}${change(row.value, row.before)}`,
      })),
      earlier: rows.some(({ before }) => before !== undefined) && earlier ? words.plain(earlier.name).split(", ").pop() : "",
    };
  };

  const fill = (box, { head, rows, earlier }) => {
    const table = node("table"), body = table.createTBody(), first = table.createCaption();
    first.append(head[0], ...head.slice(1).map((line) => node("small", "", line)));
    if (earlier) {
      const row = table.createTHead().insertRow();
      row.append(node("td"), node("td"), node("th", "", earlier));
    }
    for (const { trace, name, text, then, isTotal } of rows) {
      const row = body.insertRow(), title = node("th");
      row.className = isTotal ? "total" : "";
      title.scope = "row";
      if (trace) title.append(swatch(trace));
      title.append(name);
      row.append(title, node("td", "num", text));
      if (earlier) row.append(node("td", "num then", then));
    }
    box.replaceChildren(table);
  };

  // beside the place it tells of, on the side where there is room
  const put = (box, around, x, y) => {
    const { width, height } = around.getBoundingClientRect(), side = x + 14 + box.offsetWidth <= width ? x + 14 : x - 14 - box.offsetWidth;
    const left = Math.max(Math.min(0, width - box.offsetWidth), Math.min(side, width - box.offsetWidth));
    box.style.transform = `translate(${Math.round(left)}px, ${Math.round(Math.max(-40, Math.min(y - box.offsetHeight / 2, height - box.offsetHeight)))}px)`;
  };

  const show = (card, plot, figure, { points, event }) => {
    const found = points[0] && told(figure, plot.data, points[0]), around = plot.parentElement;
    let box = around.querySelector(".hoverbox");
    if (!found) { box?.remove(); return; }
    if (!box) { box = node("div", "hoverbox"); box.setAttribute("aria-hidden", "true"); around.append(box); }
    fill(box, found);
    const { left, top } = around.getBoundingClientRect(), { xaxis } = plot._fullLayout;
    const isTime = xaxis?.type === "date" && points[0].data.type !== "heatmap";
    put(box, around, isTime ? xaxis._offset + xaxis.d2p(points[0].x) : event.clientX - left, event.clientY - top);
  };
  const hide = (card) => card.querySelector(".hoverbox")?.remove();

  Object.assign(window.obsCharts, { hover: { show, hide } });
})();
