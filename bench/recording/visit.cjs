// Opens `/<page>?case=<case>` in headless Chromium, waits for the SDK to send, and leaves.
const path = require("node:path");
const { chromium } = require(path.join(process.env.MODULES, "playwright-core"));

(async () => {
  const [page_name, name] = process.argv.slice(2);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
  const page = await browser.newPage();
  await page.addInitScript(`window.DSN = ${JSON.stringify(process.env.SENTRY_DSN)}`);
  await page.goto(`${process.env.ORIGIN}/${page_name}?case=${name}`, { waitUntil: "load" });
  await page.waitForTimeout(name === "spans" ? 7000 : 1500);
  await page.goto("about:blank");
  await page.waitForTimeout(500);
  await browser.close();
})();
