// A server that says who is who with PostHog's SDKs of several ages: persons_node.cjs HOST KEY PACKAGE…
const [url, key, ...names] = process.argv.slice(2);

(async () => {
  for (const name of names) {
    const { PostHog } = require(name);
    const client = new PostHog(key, { host: url, flushAt: 50 });
    client.capture({ distinctId: `anonymous ${name}`, event: "looked" });
    client.identify({ distinctId: `customer ${name}`, properties: { plan: "team", $set_once: { first: "ad" } } });
    client.alias({ distinctId: `customer ${name}`, alias: `anonymous ${name}` });
    client.groupIdentify({ groupType: "company", groupKey: name, properties: { seats: 40 } });
    client.capture({ distinctId: `customer ${name}`, event: "paid", groups: { company: name } });
    await (client.shutdownAsync ? client.shutdownAsync() : client.shutdown()); // before 4.0 the plain one waits for nothing
  }
  process.exit(0);
})();
