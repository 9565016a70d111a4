// The extension that posthog-js loads to measure web vitals.
import { onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals";
import { offer } from "./posthog-extension.js";

offer("web-vitals", { onCLS, onFCP, onINP, onLCP, onTTFB });
