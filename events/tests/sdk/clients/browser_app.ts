// A monitored page with @sentry/browser; visits.py sets `window.DSN` and waits for `window.isDone`.
import * as Sentry from "@sentry/browser";
import { totalOf } from "./basket";

declare global {
  interface Window {
    DSN: string;
    TUNNEL?: string;
    isDone: boolean;
  }
}

Sentry.init({
  dsn: window.DSN,
  tunnel: window.TUNNEL,
  release: "shop-web@2.0.1",
  environment: "production",
  integrations: [Sentry.browserTracingIntegration()],
  tracesSampleRate: 1,
  enableLogs: true,
  sendDefaultPii: true,
});
Sentry.setUser({ id: "42", email: "alice@example.com" });
Sentry.setTag("shop", "eu-central");
Sentry.addBreadcrumb({ category: "basket", message: "put the thing into the basket" });
Sentry.logger.info("the basket is shown");
window.addEventListener("error", () => void Sentry.flush(20000).then(() => (window.isDone = true)));
setTimeout(() => totalOf([{ sku: "SKU-BROWSER" }]), 10);
