// Writes obs-<version>.js with its compressed forms, the licence of web-vitals and SHA256SUMS into the served folder.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";

const here = new URL(".", import.meta.url);
const out = new URL("../../events/static/clients/", here);
const path = (name) => new URL(name, here).pathname;
const read = (name) => readFileSync(new URL(name, here));
const { version } = JSON.parse(read("package.json"));
const webVitals = JSON.parse(read("node_modules/web-vitals/package.json")).version;

const bundle = await build({
  entryPoints: [path("script.js")],
  bundle: true,
  format: "iife",
  target: "es2022",
  minifySyntax: true, // it writes constants where they are used, which terser does not
  alias: { "web-vitals": path("node_modules/web-vitals/dist/modules/index.js") },
  plugins: [
    {
      name: "without-soft-navigations",
      setup: ({ onResolve }) => onResolve({ filter: /\/softNavs\.js$/ }, () => ({ path: path("soft-navigations.js") })),
    },
  ],
  mangleProps: /^_[a-z]/, // web-vitals begins with an underscore what is its own
  legalComments: "none",
  write: false,
  logLevel: "warning",
});

// esbuild keeps what can never run inside a function; terser finds it, which is worth 0.4 kB here.
const { code } = await minify(bundle.outputFiles[0].text, {
  ecma: 2020,
  compress: { passes: 3, unsafe_arrows: true, pure_getters: true, keep_fargs: false },
  format: {
    preamble: `/*! obs ${version}; web-vitals ${webVitals} (shortened): Google, Apache-2.0, LICENSE-web-vitals.txt */`,
  },
});

// The compressed forms lie beside it, where WhiteNoise looks for them, so that no deployment can forget them.
const script = Buffer.from(`${code}\n`);
const files = {
  [`obs-${version}.js`]: script,
  [`obs-${version}.js.gz`]: gzipSync(script, { level: 9 }),
  [`obs-${version}.js.br`]: brotliCompressSync(script),
  "LICENSE-web-vitals.txt": read("node_modules/web-vitals/LICENSE"),
};
mkdirSync(out, { recursive: true });
const sums = Object.entries(files).map(([name, bytes]) => {
  writeFileSync(new URL(name, out), bytes);
  return `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`;
});
writeFileSync(new URL("SHA256SUMS", out), sums.join(""));
console.log(Object.entries(files).map(([name, bytes]) => `${name}: ${bytes.length} bytes`).join("\n"));
