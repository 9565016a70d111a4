// Builds src/main.js into dist/ with a bundler and Sentry's plugin for it: build.mjs BUNDLER PLUGIN RELEASE DIST.
// NODE_MODULES says where both are.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [bundler, plugin, release, dist] = process.argv.slice(2);
const require = createRequire(join(process.env.NODE_MODULES, "x.js"));
const load = (name) => import(pathToFileURL(require.resolve(name)));
// A CommonJS package shows its names to an import only where Node can tell them from its text.
const named = (module, name) => module[name] ?? module.default[name] ?? module.default;

const connection = { url: process.env.SENTRY_URL, authToken: process.env.SENTRY_AUTH_TOKEN, telemetry: false };
const about = { org: process.env.SENTRY_ORG, project: process.env.SENTRY_PROJECT };
const made = {
  name: release,
  deploy: { env: "live", name: "blue" },
};
// A legacy upload finds its map by release and address, as every version of before debug ids did.
const legacy = dist ? { dist, uploadLegacySourcemaps: { paths: ["dist"], urlPrefix: "~/static/" } } : {};
const options = {
  ...connection, ...about, release: { ...made, ...legacy }, sourcemaps: { assets: ["dist/**"] },
  errorHandler: (error) => { throw error; },
};

// Before 2.0 the plugin for webpack took other options, and a program that its installation fetched.
const first = (Plugin) => {
  createRequire(require.resolve(plugin))("@sentry/cli/js/helper").mockBinaryPath(process.env.SENTRY_CLI);
  return new Plugin({
    ...about, release, dist: dist || undefined, include: "dist", urlPrefix: "~/static/", finalize: true,
    setCommits: { auto: true, ignoreMissing: true }, deploy: made.deploy,
  });
};

const builds = {
  async vite() {
    const { build } = await load("vite");
    const sentryVitePlugin = named(await load(plugin), "sentryVitePlugin");
    await build({
      logLevel: "warn",
      build: { sourcemap: true, rollupOptions: { input: "src/main.js", output: { entryFileNames: "main.js" } } },
      plugins: [sentryVitePlugin(options)],
    });
  },
  async esbuild() {
    const { build } = await load("esbuild");
    const sentryEsbuildPlugin = named(await load(plugin), "sentryEsbuildPlugin");
    await build({
      entryPoints: ["src/main.js"], bundle: true, minify: true, sourcemap: true, outfile: "dist/main.js",
      plugins: [sentryEsbuildPlugin(options)],
    });
  },
  async webpack() {
    const webpack = (await load("webpack")).default;
    const module = await load(plugin);
    const sentryWebpackPlugin =
      plugin === "webpack-plugin-1" ? () => first(module.default) : named(module, "sentryWebpackPlugin");
    await new Promise((resolve, reject) => {
      webpack(
        {
          mode: "production", context: process.cwd(), entry: "./src/main.js", devtool: "source-map",
          output: { path: join(process.cwd(), "dist"), filename: "main.js" },
          plugins: [sentryWebpackPlugin(options)],
        },
        (error, stats) => (error || stats.hasErrors() ? reject(error || new Error(stats.toString())) : resolve()),
      );
    });
  },
};

await builds[bundler]();
