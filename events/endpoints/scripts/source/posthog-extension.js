// Where posthog-js looks for what its extension script brought.
export function offer(flavour, callbacks) {
  const extensions = (window.__PosthogExtensions__ = window.__PosthogExtensions__ || {});
  const flavours = (extensions.postHogWebVitalsCallbacksByFlavor = extensions.postHogWebVitalsCallbacksByFlavor || {});
  extensions.postHogWebVitalsCallbacks = callbacks;
  flavours[flavour] = flavours[`${flavour}-soft-navs`] = callbacks;
}
