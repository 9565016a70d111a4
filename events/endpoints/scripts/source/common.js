// What both scripts share: the tag that loaded them, the queue that their loaders fill, and a post that never waits.
const tag = document.currentScript;

// The ingest key: data-dsn of the loader, or ?sentry_key= of the script's own address.
export const data = tag ? tag.dataset : {};
const address = new URL(tag && tag.src ? tag.src : "/", location.href);
export const key = data.dsn || address.searchParams.get("sentry_key") || undefined;

/** An address beside the script: `/_vercel/insights/script.js` and "view" make `/_vercel/insights/view`. */
export const beside = (name) => new URL(name, address).href;

/** Posts JSON as text/plain, which needs no preflight and outlives the page; failures are nobody's business here. */
export function post(url, body) {
  const text = JSON.stringify(body);
  try {
    if (navigator.sendBeacon && navigator.sendBeacon(url, text)) return;
    fetch(url, { method: "POST", body: text, keepalive: true, credentials: "omit", mode: "no-cors" }).catch(() => {});
  } catch {
    // A page must not notice.
  }
}

/** Runs what waits in `window[queue]`, and from now on every call of `window[name]` at once. */
export function drain(name, queue, handlers) {
  const run = (call) => {
    try {
      const handler = handlers[call[0]];
      if (handler) handler(call[1]);
    } catch {
      // Neither must a mistake in a page's own beforeSend break it.
    }
  };
  const waiting = window[queue] || [];
  window[name] = (...call) => run(call);
  window[queue] = { push: run, length: 0 };
  // beforeSend has to be known before anything is sent, wherever it stands in the queue.
  waiting.filter((call) => call[0] === "beforeSend").forEach(run);
  waiting.filter((call) => call[0] !== "beforeSend").forEach(run);
}

/** The event after the page's own beforeSend; null when the page does not want it sent. */
export function screened(beforeSend, event) {
  return beforeSend ? beforeSend(event) || null : event;
}
