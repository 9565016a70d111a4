// What the page was told (options) and what the server says (config): a switch, consent, shares of features.

// A config older than MOST_AGE is never acted upon: with 10 s in the server, 20 s in the cache of the browser and at
// most 30 s here, a switch turned off silences every page within a minute.
const ASK_EVERY_MS = 25_000;
const MOST_AGE_MS = 30_000;
const LONGEST_WAIT_MS = 600_000;
export const PATIENCE_MS = 8_000;

export let options = {};
export let isRunning = false;
export let config = null;
let configAt = 0;
let wait = ASK_EVERY_MS;
let timer;
let base;
let key;

// Drawn for each page load and kept nowhere: it decides which shares this load belongs to, and names nobody.
const dice = Math.random();
const watchers = new Set();

export const now = () => performance.now();
export const address = (path) => `${base}/${path}?sentry_key=${key}`;

// True once the DSN ("https://<key>@host/prefix/<project>", as Sentry writes it) could be read.
export function configure(given) {
  const parts = /^(https?:\/\/)(\w+)@(.+)\/(\d+)$/.exec(given.dsn);
  if (!parts) return false;
  options = given;
  key = parts[2];
  base = `${parts[1]}${parts[3]}/api/${parts[4]}`;
  return true;
}

export function run(isOn) {
  isRunning = isOn;
  clearTimeout(timer);
  config = null;
  if (isOn) refresh();
  announce();
}

export const isFresh = () => config && now() - configAt < MOST_AGE_MS;

// Asks the server; resolves whatever comes of it. A page that nobody sees waits until it is seen again.
export async function refresh() {
  clearTimeout(timer);
  timer = setTimeout(() => document.hidden || refresh(), wait);
  const startedAt = now();
  try {
    const response = await fetch(address("browser/config.json"), {
      credentials: "omit",
      priority: "low",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const answer = await response.json();
    // The visitor may have said no while the answer was on its way.
    if (!isRunning || !response.ok) throw 0;
    config = answer;
    configAt = startedAt;
    wait = ASK_EVERY_MS;
    announce();
  } catch {
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

// FNV-1a: each feature begins its share at another point, so that features are not all met by the same visitors.
function point(text) {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193) >>> 0;
  return hash / 2 ** 32;
}

// Whether this page load has the feature. With a key of the application's own (a team, say) the answer is the same for
// that key everywhere; the key never leaves the page.
export function feature(name, own) {
  const place = own === undefined ? (point(name) + dice) % 1 : point(`${name}:${own}`);
  return place * 100 < (config?.features[name] ?? 0);
}

export function subscribe(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

function announce() {
  watchers.forEach((watcher) => watcher());
}
