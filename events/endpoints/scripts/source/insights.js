// Page views and events of @vercel/analytics.
import { beside, data, drain, key, post, screened } from "./common.js";

if (!window.__obsInsights) {
  window.__obsInsights = true;
  const base = data.endpoint ? `${data.endpoint.replace(/\/$/, "")}/` : beside("./");
  const viewAddress = data.viewEndpoint || `${base}view`;
  const eventAddress = data.eventEndpoint || `${base}event`;
  let beforeSend;
  let shown;

  const send = (url, event, rest) => {
    const kept = screened(beforeSend, event);
    if (kept) post(url, { dsn: key, o: kept.url, sdkn: data.sdkn, sdkv: data.sdkv, ts: Date.now(), ...rest });
  };
  const view = ({ route, path } = {}) => {
    const url = path ? new URL(path, location.href).href : location.href;
    if (url === shown) return;
    shown = url;
    send(viewAddress, { type: "pageview", url }, { r: document.referrer, route });
  };

  drain("va", "vaq", {
    beforeSend: (handler) => (beforeSend = handler),
    event: (event = {}) => {
      if (event.name) send(eventAddress, { type: "event", url: location.href }, { en: event.name, ed: event.data });
    },
    pageview: view,
  });

  if (!data.disableAutoTrack) {
    const moved = () => setTimeout(view, 0);
    for (const name of ["pushState", "replaceState"]) {
      const original = history[name];
      history[name] = function (...rest) {
        const result = original.apply(this, rest);
        moved();
        return result;
      };
    }
    addEventListener("popstate", moved);
    view();
  }
}
