// Errors as Sentry events, so that they become issues like those of any SDK.
import { tidy } from "./addresses.js";
import { currentRoute } from "./pages.js";
import { put, random } from "./sending.js";

const MOST_ERRORS = 30;
const MOST_FRAMES = 50;
const MOST_CAUSES = 5;
// "    at name (file:1:2)" of Chromium, "name@file:1:2" of the others.
const FRAME = /^\s*(?:at )?(?:async )?(?:(.*?)(?: \(|@(?=\w+:)))?(\S+?):(\d+):(\d+)\)?$/;

const seen = new Set();

export function watchErrors() {
  addEventListener("error", ({ error, message, filename, lineno, colno }) => {
    // All a page may know of an error in a script of another origin is "Script error.": nobody could act on that.
    if (error || lineno) capture(error ?? { message, stack: `@${filename}:${lineno}:${colno}` }, {}, "onerror");
  });
  addEventListener("unhandledrejection", ({ reason }) => capture(reason, {}, "onunhandledrejection"));
}

// Sends `error`; `extra` is shown beside it. Equal errors of one page load are sent once.
export function capture(error, extra, mechanism) {
  try {
    const values = [];
    for (let cause = error; !values.length || (cause && values.length < MOST_CAUSES); cause = cause?.cause)
      values.unshift(read(cause));
    const text = JSON.stringify(values);
    if (seen.has(text) || seen.size >= MOST_ERRORS) return;
    seen.add(text);
    values.at(-1).mechanism = { type: mechanism ?? "generic", handled: !mechanism };
    put("envelope", "errors", {
      event_id: random(32),
      timestamp: Date.now() / 1000,
      platform: "javascript",
      transaction: currentRoute(),
      request: { url: tidy(location.href), headers: { "User-Agent": navigator.userAgent } },
      exception: { values },
      extra,
      // `sentry-cli sourcemaps inject` leaves an id in each bundle, by which its source map is found without a release.
      debug_meta: {
        images: Object.entries(window["_sentryDebugIds"] ?? {}).map(([stack, debug_id]) => ({
          type: "sourcemap",
          code_file: frames(stack).at(-1)?.filename,
          debug_id,
        })),
      },
    });
  } catch {
    // An error that cannot even be read must not become a second one.
  }
}

const read = (error) => ({
  type: error?.name ?? "Error",
  value: String(error?.message ?? (error instanceof Object ? JSON.stringify(error) : error)).slice(0, 1000),
  stacktrace: { frames: frames(error?.stack) },
});

// Outermost first, as Sentry has them.
export function frames(stack) {
  const found = [];
  for (const line of `${stack}`.split("\n")) {
    const parts = FRAME.exec(line);
    if (parts) found.unshift({ function: parts[1] || "?", filename: parts[2], lineno: +parts[3], colno: +parts[4], in_app: true });
  }
  return found.slice(-MOST_FRAMES);
}
