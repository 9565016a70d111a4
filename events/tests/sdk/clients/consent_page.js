// A page whose visitor agrees, and then takes it back, as docs/consent.md says. Each waits for the answer to the one
// before: requests that run beside each other may be read in any order.
import posthog from "posthog-js";

posthog.init(OBS.key, { api_host: OBS.url, capture_pageview: false });
const isEvent = ({ name }) => name.startsWith(OBS.url) && name.includes("/e/");
const answered = (count) =>
  new Promise((done) => {
    const look = () => performance.getEntriesByType("resource").filter(isEvent).length >= count && done();
    new PerformanceObserver(look).observe({ type: "resource", buffered: true });
  });

posthog.capture("before", {}, { send_instantly: true });
document.querySelector("button").addEventListener("click", async () => {
  await answered(1);
  posthog.opt_in_capturing({ captureProperties: { consent_version: "2026-11" } });
  await answered(2);
  posthog.capture("agreed", {}, { send_instantly: true });
  await answered(3);
  const said = { api_key: OBS.key, distinct_id: posthog.get_distinct_id(), state: "withdrawn" };
  navigator.sendBeacon(`${OBS.url}/consent/`, JSON.stringify(said));
  posthog.opt_out_capturing();
  posthog.capture("after");
});
