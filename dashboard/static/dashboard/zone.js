// Tells the server the browser's zone, for the next page: times are never rewritten under somebody's eyes.
(() => {
  "use strict";
  const kept = document.cookie.split("; ").find((pair) => pair.startsWith("obs-zone="))?.slice(9).replaceAll('"', "") || "";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || kept.startsWith("!") || kept === zone) return;
  document.cookie = `obs-zone=${zone};path=/;max-age=31536000;samesite=lax${location.protocol === "https:" ? ";secure" : ""}`;
})();
