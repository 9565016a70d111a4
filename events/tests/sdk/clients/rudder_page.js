// A page with RudderStack's client, pointed at another server.
import { RudderAnalytics } from "@rudderstack/analytics-js/bundled";

const analytics = new RudderAnalytics();
analytics.load(OBS.key, OBS.url, { configUrl: OBS.url });
analytics.page();
analytics.identify("u-1", { plan: "team" });
analytics.track("signup", { plan: "team" });
