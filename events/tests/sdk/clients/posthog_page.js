// A page with posthog-js as its documentation sets it up.
import posthog from "posthog-js";

posthog.init(OBS.key, { api_host: OBS.url, capture_performance: { web_vitals: true, web_vitals_delayed_flush_ms: 500 } });
posthog.capture("signup", { plan: "team" });

const basket = {
  pay() {
    throw new TypeError("the basket is empty");
  },
};
try {
  basket.pay();
} catch (error) {
  posthog.captureException(error);
}
