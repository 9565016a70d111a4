// A page whose visitor logs in.
import posthog from "posthog-js";

posthog.init(OBS.key, { api_host: OBS.url });
document.querySelector("button").addEventListener("click", () => {
  posthog.identify("customer 1", { plan: "team" }, { first: "ad" });
  posthog.group("company", "acme", { seats: 40 });
  posthog.capture("paid");
});
