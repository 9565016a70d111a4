// Arranges a board in place: charts are dragged by their handle or moved by arrow keys, sized by their corner or with
// Shift, and stored without a reload. Without this script the form below each chart does the same.
(() => {
  "use strict";
  const grid = document.querySelector("[data-arrange]");
  if (!grid) return;
  const status = document.querySelector("[data-arranged]"), token = document.querySelector("[name=csrfmiddlewaretoken]");
  const WIDTHS = ["one", "two", "all"], HEIGHTS = ["short", "", "tall"];
  const cards = () => [...grid.querySelectorAll("[data-card]")];
  const fit = () => window.dispatchEvent(new Event("resize"));

  // what is stored follows what is seen: one request at a time, the last state wins
  let wanted = false, busy = false;
  const say = (text, isBad) => { status.textContent = text; status.classList.toggle("bad", Boolean(isBad)); };
  const store = async (text) => {
    if (text) say(text);
    wanted = true;
    if (busy) return;
    busy = true;
    while (wanted) {
      wanted = false;
      const body = new URLSearchParams({ csrfmiddlewaretoken: token.value });
      cards().forEach(({ dataset: { card, width, height } }) => { body.append("card", card); body.append(`width-${card}`, width); body.append(`height-${card}`, height); });
      try {
        const answer = await fetch(grid.dataset.arrange, { method: "POST", body, headers: { Accept: "application/json" } });
        if (!answer.ok) say((await answer.json().catch(() => ({}))).detail || "It could not be stored. Load the page again.", true);
      } catch { say("It is not stored: the server cannot be reached. Move something to try again.", true); }
    }
    busy = false;
    grid.dispatchEvent(new Event("arranged"));
  };

  const forms = () => cards().forEach((card, place, all) => {
    const { width, height } = card.dataset, form = card.querySelector("form");
    form.elements.width.value = width; form.elements.height.value = height;
    form.querySelector("[value=earlier]").disabled = !place; form.querySelector("[value=later]").disabled = place === all.length - 1;
  });
  const size = (card, width, height) => {
    if (width === card.dataset.width && height === card.dataset.height) return false;
    card.classList.remove(...WIDTHS); card.classList.add(width);
    card.querySelectorAll(".plot").forEach((plot) => { plot.classList.remove("short", "tall"); if (height) plot.classList.add(height); });
    Object.assign(card.dataset, { width, height });
    fit(); corners();
    return true;
  };
  const corners = () => cards().forEach((card) => {
    const figure = card.querySelector("figure");
    card.querySelector("[data-corner]").style.top = `${figure.offsetTop + figure.offsetHeight - 27}px`;
  });
  const told = (card) => {
    const all = cards(), width = card.querySelector(`[name=width] [value="${card.dataset.width}"]`).textContent, height = card.querySelector(`[name=height] [value="${card.dataset.height}"]`).textContent;
    return `${card.dataset.title}: place ${all.indexOf(card) + 1} of ${all.length}, ${width}, ${height}.`;
  };
  // the others make room: a chart that left the page for a moment would lose the pointer and the focus
  const put = (card, to) => {
    const all = cards(), at = all.indexOf(card);
    if (to > at) card.before(...all.slice(at + 1, to + 1)); else card.after(...all.slice(to, at));
  };
  const done = (card) => { forms(); corners(); store(told(card)); };

  const keys = (event, card) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault(); event.stopPropagation();
    const { width, height } = card.dataset, isTurn = event.key === "ArrowLeft" || event.key === "ArrowRight";
    if (event.shiftKey) {
      const list = isTurn ? WIDTHS : HEIGHTS, next = list[list.indexOf(isTurn ? width : height) + step];
      if (next === undefined || !size(card, isTurn ? next : width, isTurn ? height : next)) return say(told(card));
    } else {
      const all = cards(), to = all.indexOf(card) + step;
      if (!all[to]) return say(told(card));
      put(card, to);
    }
    done(card);
    card.scrollIntoView({ block: "nearest" });
  };

  // a drag by mouse, pen or finger; Escape takes it back
  const drag = (event, card, during) => {
    if (event.button) return;
    event.preventDefault();
    const target = event.currentTarget, before = cards(), { width, height } = card.dataset, list = new AbortController();
    target.focus?.();
    target.setPointerCapture(event.pointerId);
    card.classList.add("held"); document.body.classList.add("arranging");
    const end = (isKept) => {
      list.abort(); card.classList.remove("held"); document.body.classList.remove("arranging");
      if (!isKept) { grid.append(...before); size(card, width, height); say(`Taken back. ${told(card)}`); corners(); target.focus?.(); return; }
      const isMoved = cards().some((one, place) => one !== before[place]) || width !== card.dataset.width || height !== card.dataset.height;
      if (isMoved) done(card);
    };
    const on = (name, act, at = target) => at.addEventListener(name, act, { signal: list.signal });
    on("pointermove", during); on("pointerup", () => end(true)); on("pointercancel", () => end(false));
    on("keydown", (pressed) => { if (pressed.key === "Escape") { pressed.preventDefault(); end(false); } }, document);
  };
  const move = (card) => (event) => {
    const under = document.elementsFromPoint(event.clientX, event.clientY).map((one) => one.closest("[data-card]")).find((one) => one && one !== card);
    if (!under) return;
    const all = cards(), isLater = all.indexOf(under) > all.indexOf(card), box = under.getBoundingClientRect();
    const isOver = box.width > grid.clientWidth * 0.6 || getComputedStyle(grid).gridTemplateColumns.split(" ").length === 1
      ? (event.clientY - box.top) / box.height : (event.clientX - box.left) / box.width;
    if (isLater ? isOver > 0.4 : isOver < 0.6) put(card, all.indexOf(under));
    corners();
  };
  const stretch = (card, began) => {
    const box = card.getBoundingClientRect(), plot = card.querySelector(".plot").offsetHeight, third = grid.clientWidth / 3;
    return (event) => {
      const wide = Math.min(Math.max(Math.round((box.width + event.clientX - began.clientX) / third), 1), 3);
      const high = plot + event.clientY - began.clientY;
      size(card, WIDTHS[wide - 1], high < 185 ? "short" : high < 280 ? "" : "tall");
    };
  };

  cards().forEach((card) => {
    const handle = card.querySelector("[data-handle]"), corner = card.querySelector("[data-corner]");
    handle.hidden = corner.hidden = false;
    handle.addEventListener("keydown", (event) => keys(event, card));
    handle.addEventListener("pointerdown", (event) => drag(event, card, move(card)));
    corner.addEventListener("pointerdown", (event) => drag(event, card, stretch(card, event)));
  });
  document.getElementById("arranging-keys").hidden = false;
  corners();
  new ResizeObserver(corners).observe(grid);
})();
