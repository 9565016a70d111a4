// Which page this is, and that it was seen: the first one and each that the History API shows afterwards.
import { template, tidy } from "./addresses.js";
import { put } from "./sending.js";
import { options } from "./settings.js";

const first = location.pathname;
let path = first;
let named;
let landing;
let view = {};

export const currentRoute = () => named ?? ((path === first && options.route) || template(location.pathname));

// The route that the document was loaded at: what its vitals belong to, wherever the visitor went since.
export const landingRoute = () => landing ?? options.route ?? template(first);

// Names the page that is shown now; routers know "/items/{id}" better than a pattern guesses it.
export function route(name) {
  view.route = named = name;
  if (path === first) landing = name;
}

export function watchPages() {
  see(document.referrer.split("/")[2]);
  for (const change of ["pushState", "replaceState"]) {
    const original = history[change];
    history[change] = function (...given) {
      original.apply(this, given);
      moved();
    };
  }
  addEventListener("popstate", moved);
}

function moved() {
  if (location.pathname === path) return;
  path = location.pathname;
  named = undefined;
  see();
}

function see(from) {
  view = { type: "page", route: currentRoute(), url: tidy(location.href), referrer: from };
  put("browser", "pages", view);
}
