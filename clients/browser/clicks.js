// Clicks and submits inside elements that the page marked with data-obs-track="name"; nothing else is looked at.
import { currentRoute } from "./pages.js";
import { put } from "./sending.js";

const RAGE_CLICKS = 3;
const WITHIN_MS = 1_000;
// These answer a click without changing the document.
const ANSWERING = "input,select,textarea,label,video,a[href]";

let recent = [];

export function watchClicks() {
  for (const type of ["click", "submit"]) document.addEventListener(type, acted, { capture: true, passive: true });
}

function acted({ type, target, timeStamp }) {
  const element = target.closest?.("[data-obs-track]");
  if (!element) return;
  const note = (kind) => put("browser", "clicks", { type: kind, name: element.dataset.obsTrack || element.localName, route: currentRoute() });
  note(type);
  if (type === "submit") return;
  recent = recent.filter((click) => click.element === element && timeStamp - click.at < WITHIN_MS);
  recent.push({ element, at: timeStamp });
  // Once for each row of clicks: the fourth is still the same rage.
  if (recent.length === RAGE_CLICKS) note("rage");
  if (recent.length > 1 || target.closest(ANSWERING)) return;
  // A click is dead when for a second nothing in the document changes, scrolls, or leads elsewhere.
  const place = () => [location.href, scrollX, scrollY, document.hidden].join();
  const before = place();
  let isDead = true;
  const observer = new MutationObserver(() => (isDead = false));
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  setTimeout(() => {
    observer.disconnect();
    if (isDead && before === place()) note("dead");
  }, WITHIN_MS);
}
