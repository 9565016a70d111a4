// Printing from a button; without scripts the browser's own menu does the same.
"use strict";
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
