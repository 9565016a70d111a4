// A monitored shop with @sentry/node: `node node_app.cjs` with SENTRY_DSN set.
const Sentry = require("@sentry/node");

Sentry.init({ tracesSampleRate: 1, enableLogs: true, sendDefaultPii: true });

class OutOfStock extends Error {}

function reserve(sku) {
  throw new OutOfStock(`${sku} is out of stock`);
}

(async () => {
  Sentry.startSession();
  Sentry.setUser({ id: "42", email: "alice@example.com", ip_address: "203.0.113.7" });
  Sentry.setTag("shop", "eu-central");
  Sentry.addBreadcrumb({ category: "basket", message: "put the thing into the basket" });
  Sentry.logger.info("stock is low", { sku: "SKU-NODE" });
  Sentry.metrics.count("baskets", 1);
  Sentry.startSpan({ name: "GET /basket", op: "http.server" }, () => {
    try {
      reserve("SKU-NODE");
    } catch (error) {
      const associatedEventId = Sentry.captureException(error);
      Sentry.captureFeedback({ name: "Alice", message: "It broke when I paid.", associatedEventId });
    }
  });
  // Above 32 KiB the SDK compresses.
  Sentry.captureMessage("a long message", { extra: { lines: Array.from({ length: 900 }, (_, n) => `a line of kind ${n} in a long basket`) } });
  Sentry.endSession();
  await Sentry.close(20000);
})();
