// Page views, events and names for pages with Umami's tag: `data-website-id` and its other attributes, `umami.track`
// and `umami.identify`. docs/analytics.md says what of them works.
import { kept, onHistory, post, tag } from "./sites.js";

const read = (name) => tag.getAttribute(`data-${name}`);
const website = read("website-id");
const domains = (read("domains") || "").split(",").map((name) => name.trim()).filter(Boolean);
const host = (read("host-url") || tag.src.split("/").slice(0, -1).join("/")).replace(/\/$/, "");
const SETTLED_MS = 300;

let identity = read("distinct-id") || undefined;
let url = cleaned(location.href);
let referrer = document.referrer.startsWith(location.origin) ? "" : document.referrer;
let isDisabled = false;

function cleaned(raw) {
  try {
    const parsed = new URL(raw, location.href);
    if (read("exclude-search") === "true") parsed.search = "";
    if (read("exclude-hash") === "true") parsed.hash = "";
    return parsed.href;
  } catch {
    return String(raw);
  }
}

const objects = () => read("do-not-track") === "true" && navigator.doNotTrack === "1";
const isSilent = () =>
  isDisabled || !website || kept("umami.disabled") || objects() ||
  (domains.length > 0 && !domains.includes(location.hostname));

const payload = () => ({
  website,
  screen: `${screen.width}x${screen.height}`,
  language: navigator.language,
  title: document.title,
  hostname: location.hostname,
  url,
  referrer: referrer.startsWith(location.origin) ? referrer.slice(location.origin.length) : referrer,
  tag: read("tag") || undefined,
  id: identity,
});

async function send(sent, type = "event") {
  if (isSilent()) return;
  const change = window[read("before-send")];
  const own = typeof change === "function" ? await change(type, sent) : sent;
  if (!own) return;
  const answer = await post(`${host}/api/send`, { type, payload: own });
  const said = answer && answer.ok ? await answer.json().catch(() => null) : null;
  if (said && said.disabled) isDisabled = true;
}

function track(what, data) {
  if (typeof what === "string") return send({ ...payload(), name: what, data });
  if (typeof what === "function") return send(what(payload()));
  return send(what && typeof what === "object" ? { ...what } : payload());
}

function identify(who, data) {
  const id = typeof who === "object" ? who && who.id : who;
  if (id !== undefined && id !== null) identity = String(id);
  return send({ ...payload(), data: typeof who === "object" ? who : data }, "identify");
}

function moved(to) {
  if (!to) return;
  const now = cleaned(to);
  if (now === url) return;
  referrer = url;
  url = now;
  // What frames draw after it sets the title of the page.
  if (read("auto-pageview") !== "false") setTimeout(track, SETTLED_MS);
}

/** The event that attributes of what was clicked name; a link that leaves the page waits for it. */
async function clicked(event) {
  const element = event.target.closest && event.target.closest("[data-umami-event]");
  if (!element) return;
  const data = {};
  for (const { name, value } of element.attributes) {
    if (name.startsWith("data-umami-event-")) data[name.slice(17)] = value;
  }
  const isAside = event.ctrlKey || event.shiftKey || event.metaKey || event.button === 1 || element.target === "_blank";
  const leaves = element.tagName === "A" && element.href && !isAside;
  if (leaves) event.preventDefault();
  await track(element.getAttribute("data-umami-event"), data).catch(() => {});
  if (leaves) (element.target === "_top" ? window.top : window).location.href = element.href;
}

if (!window.umami) {
  window.umami = { track, identify, getSession: () => ({ cache: undefined, website }) };
  if (read("auto-track") !== "false" && !isSilent()) {
    const begin = () => {
      if (read("auto-pageview") !== "false") track();
      onHistory(["pushState", "replaceState"], moved);
      document.addEventListener("click", clicked, true);
    };
    if (document.readyState === "complete") begin();
    else addEventListener("load", begin, { once: true });
  }
}
