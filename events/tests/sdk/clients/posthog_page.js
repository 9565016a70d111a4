// A page with posthog-js as its documentation sets it up.
import posthog from "posthog-js";

posthog.init(OBS.key, { api_host: OBS.url, capture_performance: { web_vitals: true, web_vitals_delayed_flush_ms: 500 } });
posthog.capture("signup", { plan: "team" });
