// Web vitals for @vercel/speed-insights, measured by Google's web-vitals.
import { onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals";
import { beside, data, drain, key, post, screened } from "./common.js";

if (!window.__obsSpeedInsights) {
  window.__obsSpeedInsights = true;
  const address = data.endpoint || beside("vitals");
  const rate = data.sampleRate === undefined ? 1 : Number(data.sampleRate);
  const waiting = new Map();
  let beforeSend;

  const flush = () => {
    const vitals = [...waiting.values()];
    waiting.clear();
    if (!vitals.length) return;
    const kept = screened(beforeSend, { type: "vital", url: location.href, route: data.route });
    if (!kept) return;
    const speed = navigator.connection && navigator.connection.effectiveType;
    const page = { href: kept.url, route: kept.route || data.route, speed };
    post(address, { dsn: key, sdkn: data.sdkn, sdkv: data.sdkv, ...page, vitals });
  };
  const keep = ({ id, name, value, delta, rating, navigationType, navigationURL }) => {
    waiting.set(id, { id, name, value, delta, rating, navigationType, navigationURL });
    if (document.visibilityState === "hidden") flush();
  };

  drain("si", "siq", { beforeSend: (handler) => (beforeSend = handler) });

  if (Math.random() < rate) {
    for (const watch of [onCLS, onFCP, onINP, onLCP, onTTFB]) watch(keep);
    // web-vitals reports its last values in its own listeners of the same events, which were added before.
    addEventListener("visibilitychange", () => document.visibilityState === "hidden" && setTimeout(flush, 0));
    addEventListener("pagehide", flush);
  }
}
