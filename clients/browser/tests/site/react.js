// A React application with the bindings, written without JSX so that only the bundler is needed.
import { createElement as h, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { start } from "../../obs.js";
import { ErrorBoundary, useFeature, useTiming } from "../../react.js";

function Basket({ isBroken }) {
  if (isBroken) throw new TypeError("the basket has no bottom");
  return h("p", { id: "basket" }, "A basket");
}

function Shop() {
  const [isLoaded, setLoaded] = useState(false);
  const [isBroken, setBroken] = useState(false);
  const hasNewBasket = useFeature("new-basket");
  useTiming("shop-ready", isLoaded);
  useEffect(() => {
    const timer = setTimeout(() => setLoaded(true), 100);
    return () => clearTimeout(timer);
  }, []);
  return h("div", {},
    h("p", { id: "feature" }, hasNewBasket ? "new" : "old"),
    h("button", { id: "break", onClick: () => setBroken(true) }, "Break"),
    h(ErrorBoundary, { fallback: (error, retry) => h("button", { id: "retry", onClick: () => (setBroken(false), retry()) }, error.message) },
      h(Basket, { isBroken })));
}

start({ dsn: window.DSN, release: "shop@1.2" });
createRoot(document.getElementById("root")).render(h(Shop));
