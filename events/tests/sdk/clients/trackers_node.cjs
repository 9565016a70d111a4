// Servers that count with the packages of Segment, RudderStack, Umami and Matomo: `trackers_node.cjs URL KEY NAME`.
const [url, key, name] = process.argv.slice(2);

async function segment() {
  const { Analytics } = require("@segment/analytics-node");
  const client = new Analytics({ writeKey: key, host: url });
  client.on("error", (error) => console.error(error));
  client.identify({ userId: "u-1", traits: { plan: "team" } });
  client.track({ userId: "u-1", event: "order paid", properties: { total: 12 } });
  client.page({ anonymousId: "a-1", name: "Cart", properties: { url: "https://shop.example/cart?who=me" } });
  client.group({ userId: "u-1", groupId: "g-1" });
  client.alias({ userId: "u-1", previousId: "a-1" });
  await client.closeAndFlush();
}

async function rudder() {
  const Rudder = require("@rudderstack/rudder-sdk-node");
  const client = new Rudder(key, { dataPlaneUrl: url });
  client.identify({ userId: "u-1", traits: { plan: "team" } });
  client.track({ userId: "u-1", event: "order paid", properties: { total: 12 } });
  await client.flush();
}

async function umami() {
  const { Umami } = require("@umami/node");
  const client = new Umami({ websiteId: key, hostUrl: url });
  await client.track({ url: "/cart", hostname: "shop.example", title: "Cart" });
  await client.track("order paid", { total: 12 });
  const said = await (await client.identify({ plan: "team" })).json();
  if (typeof said.cache !== "string") throw new Error(JSON.stringify(said));
}

async function matomo() {
  const Matomo = require("matomo-tracker");
  const client = new Matomo(key, `${url}/matomo.php`, true);
  client.on("error", (error) => console.error(error));
  const page = { url: "https://shop.example/cart?who=me", action_name: "Cart", uid: "u-1" };
  const said = await new Promise((resolve, reject) =>
    client.trackBulk([page, { ...page, ua: "node" }], (body) => resolve(JSON.parse(body)), reject),
  );
  if (said.status !== "success" || said.tracked !== 2) throw new Error(JSON.stringify(said));
  // It tells nobody that a single hit was answered.
  const http = require("http");
  const get = http.get;
  const answers = [];
  http.get = (...named) => {
    const request = get.apply(http, named);
    answers.push(new Promise((resolve) => request.on("response", (answer) => resolve(answer.statusCode))));
    return request;
  };
  client.track({ ...page });
  client.track({ ...page, e_c: "order paid", e_a: "shop", dimension1: "12" });
  const statuses = await Promise.all(answers);
  if (statuses.some((status) => status !== 200)) throw new Error(JSON.stringify(statuses));
}

({ segment, rudder, umami, matomo })[name]().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
