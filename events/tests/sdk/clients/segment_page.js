// A page with Segment's client, pointed at another server.
import { AnalyticsBrowser } from "@segment/analytics-next";

const analytics = AnalyticsBrowser.load({ writeKey: OBS.key, cdnURL: OBS.url });
analytics.page();
analytics.identify("u-1", { plan: "team" });
analytics.track("signup", { plan: "team" });
