// A page with both ages of Plausible's tracker, pointed at another server.
import { init, track } from "@plausible-analytics/tracker";
import Plausible from "plausible-tracker";

const older = Plausible({ domain: OBS.key, apiHost: OBS.url, trackLocalhost: true });
older.trackEvent("older signup", { props: { plan: "team" } });
init({ domain: OBS.key, endpoint: `${OBS.url}/api/event`, captureOnLocalhost: true });
track("signup", { props: { plan: "team" }, revenue: { amount: 12.5, currency: "EUR" } });
