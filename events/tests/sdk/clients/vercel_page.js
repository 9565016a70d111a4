// A page with both of Vercel's packages, pointed at another server.
import { inject, track } from "@vercel/analytics";
import { injectSpeedInsights } from "@vercel/speed-insights";

const base = `${OBS.url}/_vercel`;
inject({ mode: "production", scriptSrc: `${base}/insights/script.js`, dsn: OBS.key });
track("signup", { plan: "team" });
injectSpeedInsights({
  scriptSrc: `${base}/speed-insights/script.js`,
  dsn: OBS.key,
  route: "/items/[id]",
  beforeSend: (event) => ({ ...event, url: event.url.split("?")[0] }),
});
