// The same with what each value was caused by, which posthog-js asks for by default.
import { onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals/attribution";
import { offer } from "./posthog-extension.js";

offer("web-vitals-with-attribution", { onCLS, onFCP, onINP, onLCP, onTTFB });
