// Search and filters over the rows of a table, for every page that has one.
//
//   <form class="filters" data-rows="tr.row" hidden>
//     <input type="search" name="q">
//     <button type="button" data-key="verdict" data-value="fail" aria-pressed="false">broken</button>
//     <button type="reset">Clear</button>
//     <output></output>
//   </form>
//   <tbody> <tr class="row" data-verdict="fail" data-show="different|only-2">…
//
// What is searched of a row is its [data-find], or all of it. A row fits when it holds every word that
// was typed and, for each key of which a button is pressed, one of the pressed values; a row's
// attribute may hold several values with | between them. A typed
// `level:must` presses that button. The state is in the hash, #?q=gender&level=must&verdict=fail, so
// that a link carries it. A tbody without a row that fits is hidden.
const filtering = (form) => {
  const rows = [...document.querySelectorAll(form.dataset.rows)].map((row) => ({
    row, text: (row.querySelector("[data-find]") ?? row).textContent.toLowerCase(),
  }));
  const bodies = [...new Set(rows.map(({ row }) => row.closest("tbody")))];
  const buttons = [...form.querySelectorAll("button[data-key]")];
  const search = form.elements.q;
  const output = form.querySelector("output");
  const pressed = (button) => button.getAttribute("aria-pressed") === "true";
  const press = (button, on) => button.setAttribute("aria-pressed", String(on));

  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Map();
    for (const { dataset: { key, value } } of buttons.filter(pressed)) {
      wanted.set(key, [...(wanted.get(key) ?? []), value]);
    }
    let shown = 0;
    for (const { row, text } of rows) {
      const fits = words.every((word) => text.includes(word)) && [...wanted].every(
        ([key, values]) => (row.dataset[key] ?? "").split("|").some((one) => values.includes(one)),
      );
      row.hidden = !fits;
      shown += fits;
    }
    for (const body of bodies) body.hidden = !body.querySelector("tr.row:not([hidden])");
    output.textContent = shown ? `${shown} of ${rows.length}` : `none of ${rows.length}`;
  };

  const state = () => {
    const found = new URLSearchParams();
    if (search.value) found.set("q", search.value);
    for (const { dataset } of buttons.filter(pressed)) found.append(dataset.key, dataset.value);
    return found;
  };
  const restore = (hash) => {
    const told = new URLSearchParams(hash.replace(/^#?\?/, ""));
    search.value = told.get("q") ?? "";
    for (const button of buttons) {
      press(button, told.getAll(button.dataset.key).includes(button.dataset.value));
    }
    apply();
  };
  const home = form.closest("[aria-labelledby]")?.getAttribute("aria-labelledby") ?? "";
  const changed = () => {
    apply();
    const now = String(state());
    history.replaceState(null, "", now ? `#?${now}` : `#${home}`);
  };
  const clear = () => restore("");

  const typed = (ended) => {
    const left = search.value.split(/(\s+)/).filter((word, index, all) => {
      const [, key, value] = /^(\w+):(\S+)$/.exec(word) ?? [];
      if (!key || (index === all.length - 1 && !ended)) return true;
      const asked = value.toLowerCase();
      const button = buttons.find(({ dataset, textContent }) => dataset.key === key
        && [dataset.value, textContent.trim()].some(
          (name) => name.toLowerCase().replaceAll(" ", "-").startsWith(asked),
        ));
      if (button) press(button, true);
      return !button;
    });
    const text = left.join("");
    if (text !== search.value) search.value = text.trimStart();
  };

  form.addEventListener("input", () => { typed(false); changed(); });
  form.addEventListener("submit", (event) => { event.preventDefault(); typed(true); changed(); });
  form.addEventListener("reset", (event) => { event.preventDefault(); clear(); changed(); });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-key]");
    if (!button) return;
    press(button, !pressed(button));
    changed();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    search.focus();
  });
  form.hidden = false;
  apply();
  return { clear, restore };
};
