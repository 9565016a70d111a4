// Prints the head of a page as PostHog's own plugin writes it: its loader snippet, which fetches posthog-js from the server.
const [url, key] = process.argv.slice(2);
const plugin = require("posthog-docusaurus")(null, {
  apiKey: key,
  appUrl: url,
  capture_performance: { web_vitals: true, web_vitals_delayed_flush_ms: 500 },
});
for (const { tagName, attributes = {}, innerHTML = "" } of plugin.injectHtmlTags().headTags) {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${value}"`);
  console.log(`<${tagName}${written.join("")}>${tagName === "script" ? `${innerHTML}</script>` : ""}`);
}
