// The script tag: <script async src=".../obs-<version>.js" data-dsn="..." data-release="..." ...></script>.
import { capture, consent, feature, route, start, subscribe, time, timing, track } from "./obs.js";

const tag = document.currentScript ?? document.querySelector("script[data-dsn]");
const early = window.obs;
const obs = { capture, consent, feature, route, start, subscribe, time, timing, track };
// Calls made before this file came: (window.obs ||= []).push(["track", "signup"]).
const call = ([name, ...args]) => obs[name]?.(...args);
window.obs = { ...obs, push: call };
if (tag) start({ ...tag.dataset, consent: tag.dataset.consent === "required" });
if (Array.isArray(early)) early.forEach(call);
