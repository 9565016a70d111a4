// A monitored page with @sentry/react: a component fails inside an ErrorBoundary.
import * as Sentry from "@sentry/react";
import { createRoot } from "react-dom/client";
import { totalOf, type Line } from "./basket";

Sentry.init({ dsn: window.DSN, release: "shop-web@2.0.1", environment: "production" });
Sentry.setUser({ id: "42", email: "alice@example.com" });
Sentry.addBreadcrumb({ category: "basket", message: "put the thing into the basket" });

function Total({ lines }: { lines: Line[] }) {
  return <b>{totalOf(lines).toFixed(2)}</b>;
}

function Sorry() {
  void Sentry.flush(20000).then(() => (window.isDone = true));
  return <p>Sorry.</p>;
}

createRoot(document.getElementById("root")!, { onUncaughtError: Sentry.reactErrorHandler() }).render(
  <Sentry.ErrorBoundary fallback={<Sorry />} beforeCapture={(scope) => scope.setTag("shop", "eu-central")}>
    <Total lines={[{ sku: "SKU-REACT" }]} />
  </Sentry.ErrorBoundary>,
);
