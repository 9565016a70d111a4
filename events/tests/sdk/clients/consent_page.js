// A page whose visitor agrees, and at once takes it back, as docs/consent.md says.
import posthog from "posthog-js";

posthog.init(OBS.key, { api_host: OBS.url, capture_pageview: false });
posthog.capture("before");
document.querySelector("button").addEventListener("click", () => {
  posthog.opt_in_capturing({ captureProperties: { consent_version: "2026-11" } });
  posthog.capture("agreed", {}, { send_instantly: true });
  setTimeout(() => {
    const said = { api_key: OBS.key, distinct_id: posthog.get_distinct_id(), state: "withdrawn" };
    navigator.sendBeacon(`${OBS.url}/consent/`, JSON.stringify(said));
    posthog.opt_out_capturing();
    posthog.capture("after");
  }, 1000);
});
