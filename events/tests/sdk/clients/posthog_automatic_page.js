// A page with posthog-js that is told to see errors, dead clicks and traced requests by itself.
import posthog from "posthog-js";

posthog.init(OBS.key, {
  api_host: OBS.url,
  capture_exceptions: true,
  capture_dead_clicks: true,
  capture_performance: false,
  __add_tracing_headers: ["127.0.0.1"],
  opt_in_site_apps: true,
});
posthog.capture("signup");
setTimeout(() => {
  throw new RangeError("nobody caught this");
}, 1000);
