// Page views, events and time spent for pages with Plausible's tag: `script.<variant>.js` with data-domain, of every
// combination of variants, and `pa-<site>.js` with plausible.init(). docs/analytics.md says what of them works.
import { kept, onHistory, post, tag } from "./sites.js";

const FILES =
  "pdf xlsx docx txt rtf csv exe key pps ppt pptx 7z pkg rar gz zip avi mov mp4 mpeg wmv midi mp3 wav wma dmg";
const HEARD_MS = 3000;

const address = new URL(tag.src);
const [file, ...variants] = decodeURIComponent(address.pathname.split("/").pop()).replace(/\.js$/, "").split(".");
const has = (variant) => variants.includes(variant);
const before = window.plausible || {};
let options;

function patterns(text) {
  return (text || "").split(",").filter(Boolean).map((pattern) => {
    const parts = pattern.trim().split("**").map((part) =>
      part.split("*").map((literal) => literal.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join("[^/]*"));
    return new RegExp(`^${parts.join(".*")}/?$`);
  });
}

function isIgnored() {
  if (kept("plausible_ignore") === "true") return true;
  const isAtHome = /^(localhost|.*\.localhost|127\..*|\[::1?\]|)$/.test(location.hostname);
  if (isAtHome && !options.captureOnLocalhost) return true;
  const path = location.pathname + (options.hashBasedRouting ? location.hash : "");
  const { include, exclude } = options;
  return (include.length > 0 && !include.some((one) => one.test(path))) || exclude.some((one) => one.test(path));
}

function send(name, own = {}) {
  const { customProperties: always } = options;
  const props = { ...(typeof always === "function" ? always(name) : always), ...own.props };
  let payload = { n: name, u: own.url || own.u || location.href, d: options.domain, r: document.referrer || null };
  if (Object.keys(props).length) payload.p = props;
  if (own.revenue) payload.$ = own.revenue;
  if (own.interactive === false) payload.i = false;
  if (options.hashBasedRouting) payload.h = 1;
  if (own.engaged) Object.assign(payload, own.engaged);
  if (options.transformRequest) payload = options.transformRequest(payload);
  const told = (status) => own.callback && own.callback(status);
  if (!payload || isIgnored()) {
    told(null);
    return null;
  }
  post(options.endpoint, payload).then((answer) => told(answer ? { status: answer.status } : { error: true }));
  return payload;
}

// --- how long, and how far down, somebody looked at what was shown last ---------------------------------------------
let shown; // { url, props, depth, told, seen, since }

const height = () => Math.max(document.documentElement.scrollHeight, document.body ? document.body.scrollHeight : 0, 1);
const depth = () => Math.min(100, Math.round(((scrollY + innerHeight) / height()) * 100));
const clock = () => (document.visibilityState === "visible" ? performance.now() : undefined);

function looked() {
  if (!shown) return;
  shown.seen += shown.since === undefined ? 0 : performance.now() - shown.since;
  shown.since = clock();
  if (shown.seen < HEARD_MS && shown.depth <= shown.told) return;
  const engaged = { e: Math.round(shown.seen), sd: shown.depth };
  shown.told = shown.depth;
  shown.seen = 0;
  send("engagement", { url: shown.url, props: shown.props, interactive: false, engaged });
}

function view(own) {
  looked();
  const sent = send("pageview", own);
  shown = sent && { url: sent.u, props: own && own.props, depth: depth(), told: -1, seen: 0, since: clock() };
}

let place;
function moved() {
  const now = location.pathname + (options.hashBasedRouting ? location.hash : "");
  if (place === now) return;
  place = now;
  view();
}

// --- clicks and forms -----------------------------------------------------------------------------------------------
const link = (target) => target.closest && target.closest("a[href]");

/** The event that classes of an element name: `plausible-event-name=Buy plausible-event-plan=team`. */
function tagged(element) {
  const found = {};
  for (const name of element.classList) {
    const match = /^plausible-event-(.+?)(?:=|--)(.+)$/.exec(name);
    if (match) found[match[1]] = match[2].replace(/\+/g, " ");
  }
  return found.name && found;
}

function clicked(event) {
  if (event.type === "auxclick" && event.button !== 1) return;
  const anchor = link(event.target);
  const target = anchor && anchor.protocol.startsWith("http") ? anchor : null;
  if (options.taggedEvents) {
    const element = event.target.closest("[class*='plausible-event-name']");
    if (element && element.tagName !== "FORM") return sendTagged(element, target);
  }
  if (!target) return;
  const ending = target.pathname.split(".").pop().toLowerCase();
  if (options.fileDownloads && options.extensions.includes(ending)) {
    return send("File Download", { props: { url: target.origin + target.pathname } });
  }
  if (options.outboundLinks && target.host !== location.host) {
    send("Outbound Link: Click", { props: { url: target.href } });
  }
}

function sendTagged(element, anchor) {
  const { name, ...props } = tagged(element) || {};
  if (name) send(name, { props: anchor ? { url: anchor.href, ...props } : props });
}

function submitted(event) {
  const form = event.target;
  if (options.taggedEvents && tagged(form)) sendTagged(form);
  else if (options.formSubmissions) send("Form: Submission");
}

// --- the start ------------------------------------------------------------------------------------------------------
function start(chosen = {}) {
  if (options) return;
  const extensions = FILES.split(" ");
  options = { include: [], exclude: [], customProperties: {}, autoCapturePageviews: true, ...chosen, extensions };
  const { fileExtensions } = options.fileDownloads || {};
  if (fileExtensions) extensions.splice(0, Infinity, ...fileExtensions);
  options.endpoint = options.endpoint || `${address.origin}/api/event`;
  window.plausible = Object.assign(
    (name, own) => (name === "pageview" ? view(own) : void send(name, own)),
    { l: true, init: start },
  );
  (before.q || []).forEach((call) => window.plausible(...call));
  if (options.autoCapturePageviews) {
    onHistory(["pushState"], moved);
    for (const name of ["popstate", "hashchange"]) addEventListener(name, moved);
    // A page that is drawn ahead is seen once it is shown.
    if (document.visibilityState === "visible") moved();
    else document.addEventListener("visibilitychange", moved, { once: true });
  }
  addEventListener("scroll", () => shown && (shown.depth = Math.max(shown.depth, depth())), { passive: true });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") looked();
    else if (shown) shown.since = clock();
  });
  addEventListener("pagehide", looked);
  for (const kind of ["click", "auxclick"]) document.addEventListener(kind, clicked, true);
  document.addEventListener("submit", submitted, true);
}

if (file.startsWith("pa-")) {
  const site = [file.slice(3), ...variants].join(".");
  const begin = (chosen) => start({ domain: site, taggedEvents: true, ...chosen });
  if (before.o) begin(before.o);
  else window.plausible = Object.assign(before, { init: begin });
} else {
  const read = tag.dataset;
  const own = [...tag.attributes].filter(({ name }) => name.startsWith("event-"));
  const props = Object.fromEntries(own.map(({ name, value }) => [name.slice(6), value]));
  start({
    domain: read.domain || location.hostname,
    endpoint: read.api,
    include: has("exclusions") ? patterns(read.include) : [],
    exclude: has("exclusions") ? patterns(read.exclude) : [],
    customProperties: has("pageview-props") ? props : {},
    autoCapturePageviews: !has("manual"),
    hashBasedRouting: has("hash"),
    captureOnLocalhost: has("local"),
    outboundLinks: has("outbound-links"),
    fileDownloads: has("file-downloads"),
    taggedEvents: has("tagged-events"),
  });
}
