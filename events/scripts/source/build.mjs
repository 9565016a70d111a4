// Writes the scripts and SHA256SUMS into the folder above.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const here = new URL(".", import.meta.url);
const out = new URL("../", here);
const { version } = JSON.parse(readFileSync(new URL("node_modules/web-vitals/package.json", here)));
const notice = `/*! with web-vitals ${version}, Copyright Google LLC, Apache License 2.0 */`;
const notices = {
  insights: "",
  "speed-insights": notice,
  "posthog-web-vitals": notice,
  "posthog-web-vitals-with-attribution": notice,
};

const sums = [];
for (const [name, banner] of Object.entries(notices)) {
  const result = await build({
    entryPoints: [new URL(`${name}.js`, here).pathname],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2020",
    legalComments: "none",
    banner: { js: banner },
    write: false,
    logLevel: "warning",
  });
  const bytes = Buffer.from(result.outputFiles[0].contents);
  writeFileSync(new URL(`${name}.js`, out), bytes);
  sums.push(`${createHash("sha256").update(bytes).digest("hex")}  ${name}.js\n`);
}
writeFileSync(new URL("SHA256SUMS", out), sums.join(""));
