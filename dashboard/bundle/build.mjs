// Writes plotly-obs-<version>.min.js, its parts, plotly-<version>.css and SHA256SUMS into the pages' static folder.
//
// A part holds what one kind of trace needs beyond the core. What both need is the core's alone: it hands its modules
// out by name (`Plotly.modules`), and the parts take them from there, so that nothing is loaded or run twice.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const here = new URL(".", import.meta.url);
const out = new URL("../static/dashboard/vendor/", here);
const plotly = new URL("node_modules/plotly.js/", here);
const { version } = JSON.parse(readFileSync(new URL("package.json", plotly)));
const PARTS = ["box", "heatmap", "sankey"];

const notice = (what) => `/*! plotly.js v${version}, partial bundle (${what}).
Copyright (c) 2012-2026 Plotly, Inc. MIT licence: see LICENSE-plotly.txt beside this file. */`;
const options = {
  bundle: true,
  minify: true,
  format: "iife",
  define: { global: "window" },
  target: "es2016",
  legalComments: "none",
  loader: { ".css": "empty" }, // the stylesheet of a map this bundle does not have
  write: false,
  metafile: true,
  logLevel: "warning",
  absWorkingDir: here.pathname,
};
const entry = (contents) => ({ stdin: { contents, resolveDir: here.pathname, sourcefile: "entry.js" } });
const core = readFileSync(new URL("obs.js", here), "utf8");
const partOf = (name) => `window.Plotly.register([require("plotly.js/lib/${name}")]);`;

// First what the core is made of, then which of that the parts want.
const known = new Set(Object.keys((await build({ ...options, ...entry(core), globalName: "Plotly" })).metafile.inputs));
const wanted = new Set();
for (const name of PARTS) {
  const { metafile } = await build({ ...options, ...entry(partOf(name)) });
  for (const [path, { imports }] of Object.entries(metafile.inputs)) {
    if (!known.has(path) || path === "entry.js") for (const one of imports) if (known.has(one.path)) wanted.add(one.path);
  }
}

// Asked for late: some of the modules look at each other while they load.
const shared = [...wanted].sort().map((path) => `  ${JSON.stringify(path)}: () => require("./${path}"),`).join("\n");
const lent = {
  name: "lent",
  setup(run) {
    run.onLoad({ filter: /node_modules/ }, ({ path }) => {
      const name = path.slice(here.pathname.length);
      return wanted.has(name) ? { contents: `module.exports = window.Plotly.modules[${JSON.stringify(name)}]();` } : undefined;
    });
  },
};

const text = async (contents, more, what) => {
  const { outputFiles } = await build({ ...options, ...more, ...entry(contents), banner: { js: notice(what) } });
  return Buffer.from(outputFiles[0].contents);
};
const files = {
  [`plotly-obs-${version}.min.js`]: await text(`${core}\nexport const modules = {\n${shared}\n};\n`, { globalName: "Plotly" }, "core, bar"),
  [`plotly-${version}.css`]: readFileSync(new URL("dist/plotly.css", plotly)),
  "LICENSE-plotly.txt": readFileSync(new URL("LICENSE", plotly)),
};
for (const name of PARTS) files[`plotly-${name}-${version}.min.js`] = await text(partOf(name), { plugins: [lent] }, name);
for (const old of readdirSync(out)) rmSync(new URL(old, out));
const sums = Object.entries(files).map(([name, bytes]) => {
  writeFileSync(new URL(name, out), bytes);
  return `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`;
});
writeFileSync(new URL("SHA256SUMS", out), sums.join(""));
