// Cases of @sentry/react, chosen by `?case=`; bundled by record.py and run in Chromium.
import * as Sentry from "@sentry/react";
import React from "react";
import { createRoot } from "react-dom/client";

const name = new URLSearchParams(location.search).get("case");
Sentry.init({ dsn: window.DSN, release: "shop-web@2.0.1", environment: "production" });

function Total({ basket }) {
  return <b>{basket.total.toFixed(2)}</b>;
}

function Line({ depth, basket }) {
  return depth > 0 ? (
    <ul>
      <Line depth={depth - 1} basket={basket} />
    </ul>
  ) : (
    <Total basket={basket} />
  );
}

const depth = { boundary: 1, component_chain: 12, deep: 40 }[name];
if (name === "deep") {
  Error.stackTraceLimit = 50;
  for (let i = 0; i < 60; i += 1) console.info(`rendered line ${i}`, { sku: `SKU-${i}` });
}
createRoot(document.getElementById("root"), { onUncaughtError: Sentry.reactErrorHandler() }).render(
  <Sentry.ErrorBoundary fallback={<p>Sorry.</p>} beforeCapture={(scope) => scope.setTag("page", "basket")}>
    <Line depth={depth} basket={{}} />
  </Sentry.ErrorBoundary>,
);
