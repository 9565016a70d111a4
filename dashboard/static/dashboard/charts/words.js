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

  // moments are said in the reader's zone, which the page names; whole days that were counted in UTC stay days of UTC
  const formats = (timeZone) => ({
    day: new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone }),
    date: new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone }),
    clock: new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone }),
    full: new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone }),
    // each of the two languages knows the short names of some zones
    named: ["en-GB", "en-US"].map((language) => new Intl.DateTimeFormat(language, { timeZone, timeZoneName: "short" })),
    parts: new Intl.DateTimeFormat("en-GB", { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23", timeZone }),
  });
  const UTC = formats("UTC"), { zone: chosen = "UTC", week = "0" } = document.documentElement.dataset;
  const own = (() => { try { return chosen === "UTC" ? UTC : formats(chosen); } catch { return UTC; } })();
  const HOUR = 3600000, DAY = 24 * HOUR;
  const abbreviation = (moment, { named }) => {
    const found = named.map((one) => one.formatToParts(moment).find(({ type }) => type === "timeZoneName").value);
    return found.find((name) => !/^GMT[+-]/.test(name)) || found[0];
  };
  const between = (start, end, zone) => {
    const date = (moment) => zone.day.format(moment).replace(",", "");
    const upto = !(end > start) ? "" : date(end) === date(start) || end - start < DAY ? ` – ${zone.clock.format(end)}` : ` – ${date(end)} ${zone.clock.format(end)}`;
    return `${date(start)} ${zone.clock.format(start)}${upto} ${abbreviation(start, zone)}`;
  };
  // `[Sat 28 Nov 04:00 – 04:15 CET, 03:00 – 03:15 UTC]`; of whole days of UTC, and for who reads in UTC, one alone
  const span = (from, to) => {
    const start = new Date(from), end = new Date(to ?? from), isMidnight = (moment) => moment.getTime() % DAY === 0;
    if (end > start && isMidnight(start) && isMidnight(end)) {
      const [first, last] = [start, new Date(end - DAY)].map((moment) => UTC.day.format(moment).replace(",", ""));
      return [last === first ? `${first} UTC` : `${first} – ${last} UTC`];
    }
    return own === UTC ? [between(start, end, UTC)] : [between(start, end, own), between(start, end, UTC)];
  };
  const time = (moment) => `${own.full.format(new Date(moment))} ${abbreviation(new Date(moment), own)}`;

  // how far a zone's clock is ahead of UTC at a moment, in ms
  const ahead = (moment, { parts }) => {
    const { year, month, day, hour, minute, second } = Object.fromEntries(parts.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(moment / 1000) * 1000;
  };
  // where an axis of time has its labels, at most about `most`: on round hours or midnights of the reader's clock; with
  // buckets of whole days (`isDays`) those of UTC. Longer than four days it names whole days alone, each once.
  const times = (from, to, { most, isDays }) => {
    const zone = isDays ? UTC : own, days = (to - from) / DAY, isLong = days > 4;
    const step = isLong ? DAY * ([1, 2, 7, 14, 28].find((one) => days / one <= most) || 56) : HOUR * ([1 / 60, 1 / 30, 1 / 12, 1 / 6, 0.25, 0.5, 1, 2, 3, 6, 12, 24].find((one) => (days * 24) / one <= most) || 24);
    // Monday, 1 January 2001, and from there the reader's first day of the week
    const origin = isLong ? Date.UTC(2001, 0, 1) + Number(week) * DAY : 0, tickvals = [], ticktext = [];
    let said = "";
    for (let local = origin + Math.ceil((from + ahead(from, zone) - origin) / step) * step; tickvals.length < 60; local += step) {
      const at = local - ahead(local - ahead(from, zone), zone);
      if (at > to) break;
      const date = zone.date.format(at), isNew = date !== said;
      said = date;
      tickvals.push(new Date(at).toISOString());
      ticktext.push(isLong ? date : `${zone.clock.format(at)}${isNew ? `<br>${date}` : ""}`);
    }
    return { tickvals, ticktext };
  };

  // plotly reads some HTML in labels, so they come escaped; as text they are what they were
  const plain = (label) => String(label ?? "").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
  const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

  (window.obsCharts ||= {}).words = { compact, measured, short, ticks, span, time, times, plain, escaped };
})();
