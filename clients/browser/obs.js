// FormaOS Observability in the browser. Nothing here stores anything, knows anybody, throws, or makes the page wait.
import { watchClicks } from "./clicks.js";
import { capture, watchErrors } from "./errors.js";
import { currentRoute, route, watchPages } from "./pages.js";
import { clear, flush, idle, post, put } from "./sending.js";
import { config, configure, feature, isRunning, now, options, refresh, run, subscribe } from "./settings.js";
import { watchVitals } from "./vitals.js";

export { capture, feature, route, subscribe };

let isReady = false;
let agreed = false;
const watched = new Set();

// dsn, release, environment, route; consent: true when nothing at all may happen before `consent(true)`.
export function start(given) {
  isReady ||= configure(given);
  if (agreed || !given.consent) begin();
}

// What the visitor said. It is kept nowhere here: the page's own consent dialog says it again on each page. With an `id`
// the server keeps it in its ledger, under the `version` of the text.
export function consent(isGiven, { id, version } = {}) {
  agreed = isGiven;
  const state = isGiven ? "given" : "withdrawn";
  if (id && isReady) post("../../consent/", JSON.stringify({ distinct_id: id, state, version }), true);
  if (isGiven) begin();
  else halt();
}

// Counts an event; up to ten properties of text, numbers or booleans.
export const track = (name, props) => put("browser", "pages", { type: "track", name, props, route: currentRoute() });

// Keeps a duration that was measured elsewhere.
export const timing = (name, ms) => put("browser", "timings", { type: "timing", name, ms, route: currentRoute() });

// Starts a clock; the function it returns stops it.
export function time(name) {
  const startedAt = now();
  return () => timing(name, now() - startedAt);
}

function begin() {
  // Global Privacy Control and Do Not Track: the visitor has answered already.
  if (!isReady || isRunning || navigator.globalPrivacyControl || navigator.doNotTrack === "1") return;
  run(true);
  once(watchErrors);
  once(watchLeaving);
}

subscribe(() => {
  if (!config) return;
  if (!config.on || (config.consent && !agreed)) return halt();
  // Everything but errors can wait until the page has nothing better to do.
  idle(() => {
    once(watchPages);
    if (feature("vitals")) once(watchVitals);
    if (feature("clicks")) once(watchClicks);
    flush();
  });
});

function halt() {
  clear();
  run(false);
}

// web-vitals listens on the window while the event goes down; this listens on its way back up, and finds its last values.
function watchLeaving() {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) flush(true);
    else if (isRunning) refresh();
  });
  addEventListener("pagehide", () => flush(true));
}

// A watcher stays once it is there; while nothing runs it puts nothing into the queue.
function once(watch) {
  if (!isRunning || watched.has(watch)) return;
  watched.add(watch);
  watch();
}
