// A server that reports an event with Vercel's server SDK, out of a request that has a cookie and an address.
const { track } = require("@vercel/analytics/server");

const headers = new Headers({
  cookie: "sessionid=very-secret-session",
  "x-forwarded-for": "203.0.113.77",
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  referer: "https://shop.example/items/42",
});
track("signup", { plan: "team", seats: 3 }, { headers, flags: ["new-basket"] });
