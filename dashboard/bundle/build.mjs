// Writes plotly-obs-<version>.min.js, plotly-<version>.css and SHA256SUMS into the pages' static folder.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const here = new URL(".", import.meta.url);
const out = new URL("../static/dashboard/vendor/", here);
const plotly = new URL("node_modules/plotly.js/", here);
const { version } = JSON.parse(readFileSync(new URL("package.json", plotly)));

const notice = `/*! plotly.js v${version}, partial bundle (core, bar, box, funnel, heatmap, indicator, sankey).
Copyright (c) 2012-2026 Plotly, Inc. MIT licence: see LICENSE-plotly.txt beside this file. */`;
const result = await build({
  entryPoints: [new URL("obs.js", here).pathname],
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "Plotly",
  define: { global: "window" },
  target: "es2016",
  legalComments: "none",
  loader: { ".css": "empty" }, // the stylesheet of a map this bundle does not have
  banner: { js: notice },
  write: false,
  logLevel: "warning",
});

const files = {
  [`plotly-obs-${version}.min.js`]: Buffer.from(result.outputFiles[0].contents),
  [`plotly-${version}.css`]: readFileSync(new URL("dist/plotly.css", plotly)),
  "LICENSE-plotly.txt": readFileSync(new URL("LICENSE", plotly)),
};
const sums = Object.entries(files).map(([name, bytes]) => {
  writeFileSync(new URL(name, out), bytes);
  return `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`;
});
writeFileSync(new URL("SHA256SUMS", out), sums.join(""));
