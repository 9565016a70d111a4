// The issue list in place: completion of the search, Space selects, changes without a reload, Undo for ten seconds.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  // completion: a listbox under the search box, asked for once typing rests
  const input = $("#query"), box = input?.dataset.completion && document.createElement("ul");
  if (box) {
    let found = { options: [] }, at = -1, timer = 0, asked = "";
    box.id = "completion"; box.className = "completion"; box.hidden = true;
    box.setAttribute("role", "listbox"); box.setAttribute("aria-label", "Ways to go on");
    Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": "completion", "aria-expanded": "false" }).forEach(([name, value]) => input.setAttribute(name, value));
    input.after(box);
    const close = () => { box.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const choose = (next) => {
      at = (next + found.options.length) % found.options.length;
      $$("li", box).forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
      input.setAttribute("aria-activedescendant", `completion-${at}`); $(`#completion-${at}`).scrollIntoView({ block: "nearest" });
    };
    const take = (place) => {
      const { text } = found.options[place], isKey = text.endsWith(":"), rest = input.value.slice(found.end);
      const put = isKey || /^[\s,\]]/.test(rest) ? text : `${text} `;
      input.value = input.value.slice(0, found.start) + put + rest;
      input.setSelectionRange(found.start + put.length, found.start + put.length);
      close(); input.focus();
      if (isKey) ask();
    };
    const draw = () => {
      box.replaceChildren(...found.options.map(({ text, note }, place) => {
        const option = document.createElement("li"), small = document.createElement("small");
        option.id = `completion-${place}`; option.setAttribute("role", "option"); option.setAttribute("aria-selected", "false");
        option.textContent = text; small.textContent = note; if (note) option.append(small);
        option.addEventListener("mousedown", (event) => { event.preventDefault(); take(place); });
        return option;
      }));
      box.hidden = !found.options.length; at = -1; input.setAttribute("aria-expanded", String(!box.hidden));
    };
    const ask = async () => {
      const query = input.value, cursor = input.selectionStart;
      asked = `${cursor} ${query}`;
      try {
        const answer = await fetch(`${input.dataset.completion}?${new URLSearchParams({ query, at: cursor })}`, { headers: { Accept: "application/json" } });
        if (!answer.ok || asked !== `${input.selectionStart} ${input.value}` || document.activeElement !== input) return;
        found = await answer.json(); draw();
      } catch { close(); /* searching works without */ }
    };
    input.addEventListener("input", () => { clearTimeout(timer); asked = ""; timer = setTimeout(ask, 150); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.key === " " && event.ctrlKey) { event.preventDefault(); ask(); return; }
      if (box.hidden) { if (event.key === "ArrowDown") { event.preventDefault(); ask(); } return; }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); choose(at < 0 && event.key === "ArrowUp" ? -1 : at + (event.key === "ArrowDown" ? 1 : -1)); }
      else if ((event.key === "Enter" && at >= 0) || (event.key === "Tab" && !event.shiftKey && at >= 0)) { event.preventDefault(); take(at); }
      else if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); close(); }
    });
  }

  // selecting
  const form = $("form[data-issues]"), all = $("[data-check-all]"), said = $("[data-selected]");
  if (!form || !all) return;
  const boxes = () => $$("[data-row] input[type=checkbox]", form);
  let last = null;
  const count = () => {
    const number = boxes().filter((one) => one.checked).length;
    said.textContent = number ? `${number} selected` : "";
    all.checked = number > 0 && number === boxes().length; all.indeterminate = number > 0 && !all.checked;
    boxes().forEach((one) => one.closest("[data-row]").classList.toggle("selected", one.checked));
  };
  form.addEventListener("change", count);
  form.addEventListener("click", (event) => {
    if (!event.target.matches("[data-row] input[type=checkbox]")) return;
    const listed = boxes(), here = listed.indexOf(event.target);
    if (event.shiftKey && last !== null && listed[last]) listed.slice(Math.min(last, here), Math.max(last, here) + 1).forEach((one) => { one.checked = event.target.checked; });
    last = here; count();
  });

  // changing in place: what was done is shown in its row, which stays until the next look at the list
  const row = (id) => $(`[data-issue="${id}"]`, form);
  const show = (id, state) => {
    const line = row(id);
    if (!line) return;
    const part = $("[data-part=status]", line), assignee = $("[data-part=assignee]", line);
    line.classList.toggle("done", !state || Boolean(state.status));
    part.replaceChildren();
    if (!state || state.status) { const badge = document.createElement("span"); badge.className = "badge"; badge.textContent = state ? state.status : "gone"; part.append(" · ", badge); }
    if (!state) { $("input[type=checkbox]", line)?.remove(); const link = $("a.title", line); link.removeAttribute("href"); link.tabIndex = -1; }
    if (state && assignee) { assignee.textContent = state.assignee || "–"; assignee.classList.toggle("muted", !state.assignee); }
  };
  const tell = (text, batch) => {
    const line = document.createElement("p"), button = document.createElement("button");
    line.className = "toast"; line.textContent = `${text} `;
    if (batch) {
      button.type = "button"; button.className = "button"; button.textContent = "Undo"; line.append(button);
      button.addEventListener("click", () => { line.remove(); post(new URLSearchParams({ action: "undo", batch })); });
    }
    $$(".toasts .toast").forEach((one) => one.remove());
    $(".toasts").append(line);
    setTimeout(() => { if (!line.matches(":focus-within, :hover")) line.remove(); else line.addEventListener("mouseleave", () => line.remove()); }, 10000);
  };
  const post = async (fields) => {
    if (!(await window.obsPresence.sure())) return;
    fields.set("csrfmiddlewaretoken", $("input[name=csrfmiddlewaretoken]", form).value);
    const chosen = fields.getAll("issue");
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: fields, headers: { Accept: "application/json" } });
      const told = await answer.json();
      if (!answer.ok) { window.obsPresence.toast(told.refused || told.detail || "That was refused.", true); return; }
      Object.entries(told.rows).forEach(([id, state]) => show(id, state));
      chosen.filter((id) => !(id in told.rows)).forEach((id) => show(id, null));
      boxes().forEach((one) => { one.checked = false; }); count();
      tell(told.said, told.batch);
    } catch { window.obsPresence.toast("The server did not answer. Look at the list again to see what was done.", true); }
  };
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const question = event.submitter?.dataset.confirm;
    event.preventDefault();
    if (question && !confirm(question)) return;
    $$("details[open]", form).forEach((menu) => { menu.open = false; });
    const fields = new URLSearchParams(new FormData(form, event.submitter));
    if (!fields.getAll("issue").length) { window.obsPresence.toast("Choose at least one issue.", true); return; }
    post(fields);
  });

  // keys: before those of the frame, which know of one row alone
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]") || event.target.closest?.("input, textarea, select, button, summary, [contenteditable]")) return;
    const line = $("[data-row].chosen", form), own = line && $("input[type=checkbox]", line);
    if (event.key === " " && own) { event.preventDefault(); event.stopPropagation(); own.checked = !own.checked; last = boxes().indexOf(own); count(); }
    if (event.key === "e") {
      const chosen = boxes().filter((one) => one.checked).map((one) => one.value), ids = chosen.length ? chosen : own ? [own.value] : [];
      event.preventDefault(); event.stopPropagation();
      if (ids.length) post(new URLSearchParams([["action", "resolve"], ...ids.map((id) => ["issue", id])]));
    }
  }, true);
  count();
})();
