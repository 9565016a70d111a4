// Asks once a second whether the first event arrived, and turns green.
(() => {
  "use strict";
  const box = document.getElementById("waiting");
  if (!box || box.classList.contains("done")) return;
  const ask = async () => {
    try {
      const answer = await fetch(box.dataset.poll);
      if (answer.status === 200) {
        const { first_event_at: at } = await answer.json();
        box.classList.add("done");
        box.querySelector(".dot").classList.add("good");
        box.querySelector("[data-words]").textContent = `✓ Events arrive. First one at ${new Date(at).toLocaleTimeString("en-GB", { timeZone: document.documentElement.dataset.zone })}.`;
        document.getElementById("arrival").classList.add("done");
        document.getElementById("to-issues").hidden = false;
        return;
      }
      if (answer.status === 401 || answer.status === 404) return;
    } catch { /* the server is away: ask again */ }
    setTimeout(ask, document.hidden ? 5000 : 1000);
  };
  ask();
})();
