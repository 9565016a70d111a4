// A page that asks for its flags with posthog-js, and identifies who it is by a click.
import posthog from "posthog-js";

posthog.init(OBS.key, { api_host: OBS.url, person_profiles: "always" });
const shown = () => {
  const keys = ["plain", "split", "off", "servers", "kept", "mine"];
  const values = Object.fromEntries(keys.map((key) => [key, posthog.getFeatureFlag(key, { send_event: false })]));
  (window.FLAGS ??= []).push({ ...values, payload: posthog.getFeatureFlagPayload("plain") });
};
posthog.onFeatureFlags(shown);
document.querySelector("button").addEventListener("click", () => posthog.identify("ada", { plan: "pro" }));
