// The way out: a bounded queue, emptied when the page is idle or left. Whatever fails is forgotten, never thrown.
import { PATIENCE_MS, address, feature, isFresh, isRunning, now, options } from "./settings.js";

const MOST_QUEUED = 60;
const WAIT_MS = 2_000;
const PAUSE_MS = 60_000;

let queue = [];
let dropped = 0;
let timer;
let pausedUntil = 0;

// Without a limit a page that draws nothing may never be told that it is idle. Safari has only the clock.
export const idle = (work) => (window.requestIdleCallback ?? setTimeout)(() => work(), { timeout: 1000 });

// `door` is where it goes (envelope, vitals, browser), `share` the feature that decides whether it does.
export function put(door, share, item) {
  if (!isRunning) return;
  if (queue.length >= MOST_QUEUED) dropped++;
  else queue.push({ door, share, item, at: now() });
  timer ??= setTimeout(() => idle(flush), WAIT_MS);
}

export function clear() {
  queue = [];
  dropped = 0;
}

// Sends what is queued; without a fresh config it waits for one. Only a beacon outlives a page that is left.
export function flush(isLeaving) {
  clearTimeout(timer);
  timer = undefined;
  if (now() < pausedUntil || !isFresh()) return;
  const { release, environment } = options;
  const of = (door) => queue.filter((entry) => entry.door === door && feature(entry.share));
  const items = of("browser").map(({ item, at }) => ({ ...item, ago: now() - at }));
  if (dropped) items.push({ type: "dropped", count: dropped });
  const vitals = of("vitals").map(({ item }) => ({ ...item, release, environment }));
  const errors = of("envelope");
  clear();
  for (const { item } of errors) {
    const parts = [{ event_id: item.event_id, sent_at: new Date() }, { type: "event" }, { ...item, release, environment }];
    post("envelope/", parts.map((part) => JSON.stringify(part)).join("\n"), isLeaving);
  }
  if (vitals.length) post("vitals/", JSON.stringify(vitals), isLeaving);
  if (items.length) post("browser/", JSON.stringify({ id: random(16), release, environment, items }), isLeaving);
}

// text/plain, so that no browser asks for permission first; without cookies, which the server has no use for.
export async function post(door, body, isLeaving) {
  const url = address(door);
  try {
    if (isLeaving && navigator.sendBeacon(url, body)) return;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(url, { method: "POST", body, credentials: "omit", keepalive: true, signal });
    if (!response.ok) throw 0;
  } catch {
    pausedUntil = now() + PAUSE_MS;
  }
}

// Names one message, so that the server knows it when it comes twice.
export const random = (digits) => "0".repeat(digits).replace(/0/g, () => Math.trunc(Math.random() * 16).toString(16));
