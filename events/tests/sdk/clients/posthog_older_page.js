// A page with posthog-js of 2022, whose three ways to write a body follow from what it was told to be supported.
import posthog from "posthog-js-1.20";

posthog.init(OBS.key, { api_host: OBS.url, request_batching: false });
posthog.capture("before the configuration", { plan: "team" });
document.querySelector("button").addEventListener("click", () => {
  posthog.capture("as configured", { plan: "team" });
  posthog.compression = { lz64: true };
  posthog.capture("as PostHog answered then", { plan: "Café 🦔" });
});
