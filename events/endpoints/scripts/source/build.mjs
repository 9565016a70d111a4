// Writes the scripts with their compressed forms, licences and SHA256SUMS into the folder above.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = new URL(".", import.meta.url);
const out = new URL("../", here);
const read = (name) => readFileSync(new URL(`node_modules/${name}`, here));
const { version } = JSON.parse(read("web-vitals/package.json"));
const posthog = JSON.parse(read("posthog-js/dist/integrity.json"));
const notice = `/*! with web-vitals ${version}, Copyright Google LLC, Apache License 2.0 */`;
const notices = {
  insights: "",
  plausible: "",
  umami: "",
  "speed-insights": notice,
  "posthog-web-vitals": notice,
  "posthog-web-vitals-with-attribution": notice,
};

// posthog-js itself stays as published, so that the integrity of its release holds for what is served.
const published = (name) => {
  const bytes = read(`posthog-js/dist/${name}.js`);
  const sum = `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
  if (sum !== posthog.files[`${name}.js`]) throw new Error(`${name}.js is not the one that posthog-js published`);
  return bytes;
};
const extensions = ["exception-autocapture", "dead-clicks-autocapture", "tracing-headers"];

const files = {
  [`posthog-${posthog.version}.js`]: published("array"),
  ...Object.fromEntries(extensions.map((name) => [`posthog-${name}.js`, published(name)])),
  "LICENSE-posthog-js.txt": read("posthog-js/LICENSE"),
  "LICENSE-web-vitals.txt": read("web-vitals/LICENSE"),
};
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
  files[`${name}.js`] = Buffer.from(result.outputFiles[0].contents);
}
for (const [name, bytes] of Object.entries(files).filter(([name]) => name.endsWith(".js"))) {
  files[`${name}.gz`] = gzipSync(bytes, { level: 9 });
  files[`${name}.br`] = brotliCompressSync(bytes);
}

const sums = Object.entries(files).map(([name, bytes]) => {
  writeFileSync(new URL(name, out), bytes);
  return `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`;
});
writeFileSync(new URL("SHA256SUMS", out), sums.join(""));
