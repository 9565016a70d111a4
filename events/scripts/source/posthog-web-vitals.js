// The extension that posthog-js loads to measure web vitals.
import { onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals";

const extensions = (window.__PosthogExtensions__ = window.__PosthogExtensions__ || {});
const callbacks = { onLCP, onCLS, onFCP, onINP, onTTFB };
extensions.postHogWebVitalsCallbacks = callbacks;
const flavours = (extensions.postHogWebVitalsCallbacksByFlavor = extensions.postHogWebVitalsCallbacksByFlavor || {});
flavours["web-vitals"] = callbacks;
extensions.loadWebVitalsCallbacks = () => callbacks;
