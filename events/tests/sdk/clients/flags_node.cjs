// A server, or an app, that asks for flags with the packages of PostHog, OpenFeature, Unleash and GrowthBook.
const [url, key, token, projectToken, count] = process.argv.slice(2);

// Those of before wait in vain for their own polling to end.
const over = (client) => Promise.race([client.shutdown(), new Promise((done) => setTimeout(done, 1000))]);

async function posthog(name, said) {
  const { PostHog } = require(name);
  const remote = new PostHog(key, { host: url, flushAt: 1 });
  const properties = { personProperties: { plan: "pro" } };
  said.remote = [];
  for (let number = 0; number < 10; number++) said.remote.push(await remote.getAllFlags(`user-${number}`, properties));
  said.payload = await remote.getFeatureFlagPayload("plain", "user-1", undefined, properties);
  await over(remote);
  const local = new PostHog(key, { host: url, personalApiKey: token, flushAt: 1 });
  await local.reloadFeatureFlags();
  said.local = [];
  for (let number = 0; number < Number(count); number++) {
    const asked = { personProperties: { plan: number % 2 ? "pro" : "free" }, onlyEvaluateLocally: true };
    said.local.push(await local.getAllFlags(`user-${number}`, asked));
  }
  if (local.getRemoteConfigPayload) said.config = await local.getRemoteConfigPayload("plain");
  await over(local);
}

async function openfeature(said) {
  const { OpenFeature } = require("@openfeature/server-sdk");
  const { OFREPProvider } = require("@openfeature/ofrep-provider");
  const headers = [["Authorization", `Bearer ${projectToken}`]];
  await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url, headers }));
  const client = OpenFeature.getClient();
  const ada = { targetingKey: "user-1", plan: "pro" };
  said.pros = await client.getBooleanValue("pros", false, ada);
  said.number = await client.getNumberValue("number", 0, ada);
  said.object = await client.getObjectValue("object", {}, ada);
  said.gone = (await client.getBooleanDetails("gone/or lost", true, ada)).errorCode;
  await OpenFeature.close();
}

async function openfeatureWeb(said) {
  const { OpenFeature } = require("@openfeature/web-sdk");
  const { OFREPWebProvider } = require("@openfeature/ofrep-web-provider");
  await OpenFeature.setContext({ targetingKey: "user-1", plan: "pro" });
  const headers = [["X-API-Key", key]];
  await OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl: url, headers, pollInterval: 0 }));
  const client = OpenFeature.getClient();
  said.pros = client.getBooleanValue("pros", false);
  said.text = client.getStringValue("words", "");
  said.servers = client.getBooleanDetails("servers", false).errorCode;
  await OpenFeature.setContext({ targetingKey: "user-1", plan: "free" });
  said.frees = client.getBooleanValue("pros", true);
  await OpenFeature.close();
}

async function unleash(said) {
  const { UnleashClient, InMemoryStorageProvider } = require("unleash-proxy-client");
  const client = new UnleashClient({
    url: `${url}/api/frontend`, clientKey: key, appName: "shop", storageProvider: new InMemoryStorageProvider(),
    context: { userId: "user-1", properties: { plan: "pro" } }, refreshInterval: 0, metricsInterval: 1, fetch,
  });
  said.errors = [];
  client.on("error", (error) => said.errors.push(String(error.message || error.code || error)));
  await client.start();
  said.pros = client.isEnabled("pros");
  said.off = client.isEnabled("off");
  said.variant = client.getVariant("words");
  await client.sendMetrics?.();
  await client.updateContext({ userId: "user-1", properties: { plan: "free" } });
  said.frees = client.isEnabled("pros");
  client.stop();
}

async function growthbook(said) {
  const { GrowthBook } = require("@growthbook/growthbook");
  const attributes = { id: "user-1", plan: "pro" };
  const client = new GrowthBook({ apiHost: url, clientKey: key, remoteEval: true, attributes });
  await client.init({ timeout: 5000 });
  said.pros = client.isOn("pros");
  said.number = client.getFeatureValue("number", 0);
  said.words = client.getFeatureValue("words", "");
  client.destroy();
}

(async () => {
  const said = {};
  const late = setTimeout(() => {
    console.error("still waiting after", JSON.stringify(said).slice(-1500));
    process.exit(1);
  }, 60_000);
  for (const name of ["posthog-node", "posthog-node-4", "posthog-node-3"]) await posthog(name, (said[name] = {}));
  await openfeature((said.openfeature = {}));
  await openfeatureWeb((said.web = {}));
  await unleash((said.unleash = {}));
  await growthbook((said.growthbook = {}));
  clearTimeout(late);
  process.stdout.write(`${JSON.stringify(said)}\n`, () => process.exit(0));
})();
