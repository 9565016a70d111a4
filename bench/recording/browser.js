// Cases of @sentry/browser, chosen by `?case=`; bundled by record.py and run in Chromium.
import * as Sentry from "@sentry/browser";

const name = new URLSearchParams(location.search).get("case");
const integrations = name === "spans" ? [Sentry.browserTracingIntegration()] : [];
Sentry.init({
  dsn: window.DSN,
  release: "shop-web@2.0.1",
  environment: "production",
  integrations,
  tracesSampleRate: integrations.length ? 1 : undefined,
  sendDefaultPii: name === "tags_user",
});

function reserve(sku) {
  throw new RangeError(`${sku} is out of stock`);
}

function descend(depth, basket) {
  if (depth > 0) return descend(depth - 1, { ...basket, depth });
  return reserve("SKU-1");
}

const cases = {
  plain: () => setTimeout(() => reserve("SKU-1"), 10),
  tags_user: () => {
    Sentry.setUser({ id: "42", email: "alice@example.com" });
    Sentry.setTag("shop", "eu");
    fetch("/basket.js?token=abc").then(() => Promise.reject(new Error("the basket is gone")));
  },
  feedback: () => Sentry.captureFeedback({ name: "Alice", email: "alice@example.com", message: "I cannot pay." }),
  spans: () =>
    Sentry.startSpan({ name: "check out", op: "ui.action" }, () => {
      document.getElementById("root").innerHTML = "<h1>Basket</h1>";
    }),
  click: () => {
    const button = document.createElement("button");
    button.className = "pay primary";
    button.textContent = "Pay";
    button.addEventListener("click", () => window.basket.total.toFixed(2));
    document.body.append(button);
    button.click();
  },
  deep: () => {
    Error.stackTraceLimit = 50;
    for (let i = 0; i < 95; i += 1) console.warn(`price of SKU-${i} is older than a day`, { sku: `SKU-${i}`, days: i });
    descend(45, {});
  },
};
cases[name]();
