// One case of @sentry/node per run: `node node_client.cjs <case>` with SENTRY_DSN set.
const Sentry = require("@sentry/node");

const name = process.argv[2];
const options = {
  spans: { tracesSampleRate: 1 },
  static_transaction: { tracesSampleRate: 1, traceLifecycle: "static" },
  logs: { enableLogs: true },
};
Sentry.init({ dsn: process.env.SENTRY_DSN, release: "shop@1.4.2", environment: "production", ...options[name] });

class OutOfStock extends Error {}

function reserve(sku) {
  throw new OutOfStock(`${sku} is out of stock`);
}

function descend(depth, basket) {
  if (depth > 0) return descend(depth - 1, { ...basket, depth });
  return reserve("SKU-1");
}

function captured(work) {
  try {
    work();
  } catch (error) {
    Sentry.captureException(error);
  }
}

const cases = {
  plain: () => captured(() => reserve("SKU-1")),
  chained: () =>
    captured(() => {
      try {
        reserve("SKU-2");
      } catch (cause) {
        throw new TypeError("checkout failed", { cause });
      }
    }),
  tags_user: () => {
    Sentry.setUser({ id: "42", email: "alice@example.com", ip_address: "{{auto}}" });
    Sentry.setTags({ shop: "eu", tier: "gold" });
    captured(() => descend(5, {}));
  },
  spans: () =>
    Sentry.startSpan({ name: "GET /basket", op: "http.server" }, () =>
      Sentry.startSpan({ name: "SELECT line", op: "db" }, () => captured(() => reserve("SKU-3"))),
    ),
  static_transaction: () =>
    Sentry.startSpan({ name: "GET /basket", op: "http.server" }, () =>
      Sentry.startSpan({ name: "SELECT line", op: "db" }, () => undefined),
    ),
  logs: () => {
    for (let i = 0; i < 5; i += 1) Sentry.logger.info(Sentry.logger.fmt`reserved ${i} lines`, { shop: "eu" });
  },
  metrics: () => {
    Sentry.metrics.count("orders", 1, { attributes: { shop: "eu" } });
    Sentry.metrics.distribution("checkout.time", 187.5, { unit: "millisecond" });
  },
  check_in: () =>
    Sentry.withMonitor("nightly-report", () => 1, { schedule: { type: "interval", value: 5, unit: "minute" } }),
  feedback: () => {
    const associatedEventId = Sentry.captureMessage("something odd");
    Sentry.captureFeedback({ name: "Alice", email: "alice@example.com", message: "It broke when I paid.", associatedEventId });
  },
  sessions: () => {
    Sentry.startSession();
    captured(() => reserve("SKU-4"));
    Sentry.endSession();
  },
  deep: () => {
    Error.stackTraceLimit = 50;
    for (let i = 0; i < 60; i += 1) Sentry.addBreadcrumb({ category: "query", message: `SELECT * FROM line WHERE basket = ${i}` });
    captured(() => descend(40, {}));
  },
  big: () => {
    Error.stackTraceLimit = 50;
    const lines = Array.from({ length: 100 }, (_, n) => ({ sku: `SKU-${n}`, title: `A thing of kind ${n}`, price: n * 1.07 }));
    for (let i = 0; i < 72; i += 1)
      Sentry.addBreadcrumb({ category: "http", data: { url: `https://pay.example.com/v1/charges/${i}`, status_code: 200, lines: lines.slice(0, 3) } });
    Sentry.setExtras({ basket: lines.slice(0, 60) });
    captured(() => descend(48, {}));
  },
};

(async () => {
  await cases[name]();
  await Sentry.flush(5000);
  await Sentry.close(5000);
})();
