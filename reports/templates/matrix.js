// Filters and comfort. The page is complete without it.
(() => {
  "use strict";
  document.documentElement.classList.add("js");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const form = document.querySelector("form.filters");
  const promises = filtering(form);

  // The cells: one stop for the tab key, arrows inside, and what a cell rests on in words below
  const names = all("table.matrix thead")[0].querySelectorAll(".side a");
  const lines = all("table.matrix tr.row").map((row) => ({ row, cells: all(".c", row) }));
  const hint = document.querySelector(".hint");
  hint.hidden = false;
  let stop = null;
  const settle = () => {
    if (stop?.offsetParent) return;
    if (stop) stop.tabIndex = -1;
    stop = lines.find(({ row }) => !row.hidden)?.cells[0] ?? null;
    if (stop) stop.tabIndex = 0;
  };
  for (const { cells } of lines) for (const cell of cells) cell.tabIndex = -1;
  settle();
  for (const kind of ["input", "click"]) form.addEventListener(kind, settle);
  form.addEventListener("reset", () => setTimeout(settle));

  const place = (cell) => {
    const row = cell.closest("tr");
    const shown = lines.filter((line) => !line.row.hidden);
    const down = shown.findIndex((line) => line.row === row);
    return { shown, down, right: shown[down].cells.indexOf(cell) };
  };
  const tell = (event) => {
    const cell = event.target.closest("tr.row .c");
    if (!cell) return;
    const { shown, down, right } = place(cell);
    const said = shown[down].row.querySelector(".statement").textContent;
    hint.textContent = [`${names[right].textContent}: ${cell.textContent}`, said, cell.title]
      .filter(Boolean).join(" · ");
  };
  const region = document.querySelector(".region");
  region.addEventListener("focusin", tell);
  region.addEventListener("pointerover", tell);
  region.addEventListener("keydown", (event) => {
    const cell = event.target.closest("tr.row .c");
    const step = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
    }[event.key];
    if (!cell || !step) return;
    event.preventDefault();
    const { shown, down, right } = place(cell);
    const next = shown[down + step[0]]?.cells[right + step[1]];
    if (!next) return;
    stop.tabIndex = -1;
    stop = next;
    stop.tabIndex = 0;
    stop.focus();
  });

  // Where a link leads is shown
  const arrive = () => {
    const hash = location.hash.slice(1);
    if (hash.startsWith("?")) {
      promises.restore(hash);
      settle();
      document.getElementById("promises").scrollIntoView();
      return;
    }
    let row = document.getElementById(hash);
    if (!row) try { row = document.getElementById(decodeURIComponent(hash)); } catch { /* not ours */ }
    if (row?.hidden) promises.clear();
    row?.scrollIntoView();
  };
  addEventListener("hashchange", arrive);
  if (location.hash) arrive();
})();
