// Numbers and moments of charts as people read them; dashboard/frame/formatting.py says the same on the server.
(() => {
  "use strict";
  const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 10 });
  const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

  const compact = (number) => {
    for (const [limit, unit] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
      if (Math.abs(number) < limit * 0.9995) continue;
      const scaled = number / limit;
      return `${scaled.toFixed(Math.abs(scaled) >= 99.95 ? 0 : 1)} ${unit}`;
    }
    return String(Number(number.toPrecision(3)));
  };
  const duration = (ms) => {
    const size = Math.abs(ms);
    if (size > 0 && size < 9.95) return `${Number(ms.toPrecision(3))} ms`;
    if (size < 1000) return `${ms.toFixed(0)} ms`;
    return size < 60000 ? `${(ms / 1000).toFixed(1)} s` : `${(ms / 60000).toFixed(1)} min`;
  };
  const points = (value) => {
    if (value !== 0 && Math.abs(value) < 0.01) return String(Number(value.toPrecision(1)));
    return trimmed((value < 100 ? Math.min(value, 99.99) : value).toFixed(2));
  };
  const size = (bytes) => {
    for (const unit of ["B", "kB", "MB", "GB"]) {
      if (bytes < 1000) return `${bytes.toFixed(unit === "B" ? 0 : 1)} ${unit}`;
      bytes /= 1000;
    }
    return `${bytes.toFixed(1)} TB`;
  };

  // a value with its unit, once
  const measured = (value, unit) => {
    if (value === null || value === undefined) return "–";
    if (unit === "count") return grouped.format(value);
    if (unit === "ms") return duration(value);
    if (unit === "%") return `${points(value)} %`;
    if (unit === "MB") return size(value * 1e6);
    return unit ? `${compact(value)} ${unit}` : compact(value);
  };
  // the same on an axis: as short as it gets
  const short = (value, unit) => {
    if (value === 0) return "0";
    const text = unit === "count" ? compact(value) : unit === "ms" && Math.abs(value) < 10 ? `${Number(value.toPrecision(3))} ms` : measured(value, unit);
    return text.replace(/(\.\d*?)0+ /, "$1 ").replace(/\. /, " ");
  };

  const nice = (rough, isAny = true) => {
    const power = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 2.5, 5, 10].find((step) => step * power >= rough * 0.999 && (isAny || Number.isInteger(step * power))) * power;
  };
  const step = (rough, unit) => {
    if (unit === "count") return Math.max(1, nice(Math.max(1, rough), false));
    if (unit === "ms" && rough > 20000) return 60000 * ([0.5, 1, 2, 5, 10, 15, 30].find((minutes) => minutes * 60000 >= rough) || 60 * Math.ceil(rough / 3600000));
    return nice(rough);
  };
  // where an axis from `low` to `high` has its labels, at most `most` steps: whole ones for counts
  const ticks = (low, high, unit, most = 5) => {
    if (!(high > low)) return { tickvals: [low], ticktext: [short(low, unit)] };
    const by = step((high - low) / most, unit), found = [];
    for (let at = Math.ceil(low / by - 1e-9); at * by <= high * (1 + 1e-9) + 1e-12 && found.length < 30; at += 1) found.push(Number((at * by).toPrecision(12)));
    return { tickvals: found, ticktext: found.map((value) => short(value, unit)) };
  };

  const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
  // `Sat 28 Nov 03:00 – 03:15 UTC`; whole days without a clock
  const span = (from, to) => {
    const start = new Date(from), end = new Date(to ?? from), date = (moment) => day.format(moment).replace(",", "");
    const isMidnight = (moment) => moment.getTime() % 86400000 === 0;
    if (end > start && isMidnight(start) && isMidnight(end)) {
      const last = new Date(end - 86400000);
      return last > start ? `${date(start)} – ${date(last)} UTC` : `${date(start)} UTC`;
    }
    const upto = !(end > start) ? "" : date(end) === date(start) || end - start < 86400000 ? ` – ${clock.format(end)}` : ` – ${date(end)} ${clock.format(end)}`;
    return `${date(start)} ${clock.format(start)}${upto} UTC`;
  };

  // plotly reads some HTML in labels, so they come escaped; as text they are what they were
  const plain = (label) => String(label ?? "").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
  const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

  (window.obsCharts ||= {}).words = { compact, measured, short, ticks, span, plain, escaped };
})();
