// The same with posthog-js of 2022, which sends what it knows of people to an address of its own.
import posthog from "posthog-js-1.20";

posthog.init(OBS.key, { api_host: OBS.url, request_batching: false });
document.querySelector("button").addEventListener("click", () => {
  // Unbatched, each goes out by itself: whichever arrives first, all of it comes to the same.
  posthog.identify("customer 1");
  posthog.people.set({ plan: "team" });
  posthog.people.set_once({ plan: "none", first: "ad" });
  posthog.group("company", "acme", { seats: 40 });
  posthog.capture("paid");
});
