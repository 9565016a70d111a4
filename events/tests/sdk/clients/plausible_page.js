// A page with both ages of Plausible's tracker, pointed at another server, with all that they see by themselves.
import { init, track } from "@plausible-analytics/tracker";
import Plausible from "plausible-tracker";

const older = Plausible({ domain: OBS.key, apiHost: OBS.url, trackLocalhost: true });
older.trackEvent("older signup", { props: { plan: "team" } });
older.enableAutoPageviews();
init({
  domain: OBS.key,
  endpoint: `${OBS.url}/api/event`,
  captureOnLocalhost: true,
  outboundLinks: true,
  fileDownloads: true,
  formSubmissions: true,
});
track("signup", { props: { plan: "team" }, revenue: { amount: 12.5, currency: "EUR" } });
track("404", { props: { path: location.pathname }, interactive: false });

document.body.insertAdjacentHTML(
  "beforeend",
  `<a href="https://elsewhere.example/terms">Terms</a><a href="/prices.pdf">Prices</a><form><input name="mail"></form>`,
);
for (const name of ["click", "submit"]) document.addEventListener(name, (event) => event.preventDefault());
for (const link of document.querySelectorAll("a")) link.click();
document.querySelector("form").requestSubmit();
setTimeout(() => history.pushState({}, "", "/basket/"), 500);
