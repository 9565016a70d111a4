// Google's web-vitals, each with the one thing that explains it: which element.
import { onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals";
import { tidy } from "./addresses.js";
import { landingRoute } from "./pages.js";
import { put } from "./sending.js";

// In the words of web-vitals' own attribution build, which is twice as large.
const EXPLAINED_BY = { LCP: "target", INP: "interactionTarget", CLS: "largestShiftTarget" };

export function watchVitals() {
  for (const on of [onLCP, onINP, onCLS, onFCP, onTTFB]) on(report);
}

function report({ entries, navigationURL, ...metric }) {
  const part = EXPLAINED_BY[metric.name];
  const entry = entries.reduce((a, b) => (b.value > a.value ? b : a), entries[0]);
  put("vitals", "vitals", {
    ...metric,
    url: tidy(navigationURL ?? location.href),
    route: landingRoute(),
    connection: navigator.connection?.effectiveType,
    attribution: entry && part && { [part]: selector(entry.element ?? entry.target ?? entry.sources?.[0]?.node) },
  });
}

// "main>div.card>img#hero": at most three levels, never any text of the page.
function selector(node) {
  const parts = [];
  for (; node?.localName && parts.length < 3; node = node.parentNode)
    parts.unshift(node.localName + (node.id ? `#${node.id}` : [...node.classList].map((name) => `.${name}`).join("")));
  return parts.join(">").slice(0, 100);
}
