"use strict";
// Search and comfort. The report is complete without it.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);

  // Copying
  const copied = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };
  for (const button of all("button.copy")) {
    button.hidden = false;
    const words = button.textContent;
    button.addEventListener("click", async () => {
      const done = await copied(byId(button.dataset.copy).textContent);
      button.textContent = done ? "Copied" : "Press Ctrl+C";
      setTimeout(() => { button.textContent = words; }, 1600);
    });
  }

  // What is marked in a long body is scrolled to where it can be seen
  const reveal = (within) => {
    for (const mark of all("pre mark", within)) {
      const pre = mark.closest("pre");
      const below = mark.offsetTop - pre.offsetTop;
      if (mark === pre.querySelector("mark") && below > pre.clientHeight - 40) {
        pre.scrollTop = below - pre.clientHeight / 2;
      }
    }
  };
  all("main details").forEach((each) => each.addEventListener("toggle", () => reveal(each)));
  reveal(document);

  // The picture: one stop for the tab key, arrows inside, and what a cell is in words below
  const hint = document.querySelector(".hint");
  hint.hidden = false;
  for (const group of all(".cells")) {
    const cells = all("a", group);
    cells.forEach((cell, index) => { cell.tabIndex = index ? -1 : 0; });
    group.addEventListener("keydown", (event) => {
      const at = cells.indexOf(document.activeElement);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const to = event.key === "Home" ? 0 : event.key === "End" ? cells.length - 1 : at + step;
      if (at < 0 || !cells[to]) return;
      event.preventDefault();
      cells[at].tabIndex = -1;
      cells[to].tabIndex = 0;
      cells[to].focus();
    });
    for (const kind of ["focusin", "pointerover"]) {
      group.addEventListener(kind, (event) => {
        const cell = event.target.closest("a");
        if (cell) hint.textContent = cell.title.replaceAll("\n", " · ");
      });
    }
  }

  // Search and filters
  const promises = filtering(document.querySelector("form.filters"));

  // Where a link leads is opened and shown
  const arrive = () => {
    const hash = location.hash.slice(1);
    if (hash.startsWith("?")) {
      promises.restore(hash);
      byId("promises").scrollIntoView();
      return;
    }
    let place = byId(hash);
    if (!place) try { place = byId(decodeURIComponent(hash)); } catch { /* not ours */ }
    if (!place) return;
    if (place.closest("tr")?.hidden) promises.clear();
    for (let at = place; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    for (const own of place.querySelectorAll(":scope > details")) own.open = true;
    place.scrollIntoView();
  };
  addEventListener("hashchange", arrive);
  if (location.hash) arrive();

  // On paper everything is open
  addEventListener("beforeprint", () => {
    for (const each of all("details:not([open])")) { each.open = true; each.dataset.printed = ""; }
  });
  addEventListener("afterprint", () => {
    for (const each of all("details[data-printed]")) { each.open = false; delete each.dataset.printed; }
  });
})();
