// Names make their own short form as one types, until somebody types one; the server makes one from a name alone too.
(() => {
  "use strict";
  const made = (name, most) => name.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
    .replace(/[^a-z0-9_\s-]/g, "").trim().replace(/[\s-]+/g, "-").slice(0, most).replace(/^[-_]+|[-_]+$/g, "");
  document.querySelectorAll("[data-short-of]").forEach((short) => {
    const name = short.form?.elements.namedItem(short.dataset.shortOf);
    if (!name) return;
    let isOwn = short.value !== "" && short.value !== made(name.value, short.maxLength);
    const most = Math.min(short.maxLength > 0 ? short.maxLength : 64, 58);
    name.addEventListener("input", () => { if (!isOwn) short.value = made(name.value, most); });
    short.addEventListener("input", () => { isOwn = short.value !== ""; });
  });
})();
