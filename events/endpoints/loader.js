// Loads the SDK when a page first needs it, and keeps until then what the page asked of it. No eval, no inline script:
// a policy needs this server and the bundle's in script-src, and nothing else.
(function (window, document, config) {
  "use strict";
  var names = ["init", "addBreadcrumb", "captureMessage", "captureException", "captureEvent", "configureScope",
    "withScope", "setUser", "setTag", "setContext", "showReportDialog"];
  var early = window.Sentry = window.Sentry || {};
  var calls = [], waiting = [], isAsked = false, sdk = null;
  var own = document.currentScript;
  var isLazy = !(own && own.getAttribute("data-lazy") === "no");

  function keep(name, given) {
    if (sdk) { return sdk[name] && sdk[name].apply(sdk, given); }
    if (calls.length < 100) { calls.push([name, given]); }
    if (/^capture|^show/.test(name)) { load(); }
  }
  names.forEach(function (name) {
    early[name] = function () { return keep(name, arguments); };
  });
  early.onLoad = function (callback) {
    if (sdk) { callback(); } else { waiting.push(callback); if (!isLazy) { load(); } }
  };
  early.forceLoad = function () { load(); };

  function failed(type, error) {
    keep("captureException", [error, { mechanism: { type: type, handled: false } }]);
  }
  function onError(event) {
    if (event.error || event.message) { failed("onerror", event.error || new Error(event.message)); }
  }
  function onRejection(event) { failed("onunhandledrejection", event.reason); }

  function load() {
    if (isAsked) { return; }
    isAsked = true;
    var script = document.createElement("script");
    script.src = config.bundle;
    script.crossOrigin = "anonymous";
    if (own && own.nonce) { script.nonce = own.nonce; }
    script.addEventListener("load", begin);
    script.addEventListener("error", function () { isAsked = false; });  // the next error tries again
    (document.head || document.documentElement).appendChild(script);
  }

  function begin() {
    var loaded = window.Sentry;
    if (!loaded || loaded === early || !loaded.init) { return; }
    window.removeEventListener("error", onError);
    window.removeEventListener("unhandledrejection", onRejection);
    var init = loaded.init, isBegun = false;
    loaded.init = function (options) {
      isBegun = true;
      return init.call(loaded, Object.assign({ dsn: config.dsn }, options));
    };
    sdk = loaded;
    if (typeof window.sentryOnLoad === "function") { waiting.unshift(window.sentryOnLoad); }
    waiting.forEach(function (callback) {
      try { callback(); } catch (error) { window.console && window.console.error(error); }
    });
    calls.forEach(function (call) { if (call[0] === "init") { loaded.init(call[1][0]); } });
    if (!isBegun) { loaded.init({}); }
    calls.forEach(function (call) {
      if (call[0] !== "init" && loaded[call[0]]) { loaded[call[0]].apply(loaded, call[1]); }
    });
    calls = [];
  }

  window.addEventListener("error", onError);
  window.addEventListener("unhandledrejection", onRejection);
  if (!isLazy) { load(); }
})(window, document, /*CONFIG*/);
