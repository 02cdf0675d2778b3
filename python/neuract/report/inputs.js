/* SPDX-License-Identifier: BSD-3-Clause */
/* The inputs of the row: a control for each column of X, a few at a time. */

const INPUTS_AT_ONCE = 12;

/* changed(row) is called with the first row and with every change. */
function inputsView(model, changed) {
  const row = Array.from(model.starts[0].row);
  const rows = new Map();
  const set = (k, value, source) => {
    row[k] = value;
    rows.get(k).show(value, source);
    changed(row);
  };
  const start = () => {
    Object.assign(row, model.starts[find("start").selectedIndex].row);
    for (const [k, { show }] of rows) show(row[k]);
    changed(row);
  };
  startingRows(model, start);
  listOfInputs(model, (numbers) => {
    rows.clear();
    for (const k of numbers) rows.set(k, inputRow(model, k, row[k], set));
    find("sliders").replaceChildren(...[...rows.values()].map(({ item }) => item));
  });
  changed(row);
}

function startingRows(model, start) {
  find("start").append(...model.starts.map(({ name }) => element("option", {}, name)));
  find("start").addEventListener("change", start);
  find("reset").addEventListener("click", start);
}

/* The list of inputs: all of a few; of many the strongest, those that a search finds, and more on demand. */
function listOfInputs(model, show) {
  const many = model.order.length > INPUTS_AT_ONCE;
  const order = many ? model.order : model.order.toSorted((a, b) => a - b);
  const sorted = model.byImportance ? "The most important first." : "Sorted by their effect on the first layer.";
  let most = INPUTS_AT_ONCE;
  const list = () => {
    const wanted = find("search").value.trim().toLowerCase();
    const found = order.filter((k) => model.columns[k].name.toLowerCase().includes(wanted));
    show(found.slice(0, most));
    const rest = found.length - most;
    find("more").hidden = rest <= 0;
    find("more").textContent = `Show ${Math.min(rest, INPUTS_AT_ONCE)} more of ${found.length}`;
    find("found").textContent = found.length ? sorted : "No input matches.";
  };
  find("finder").hidden = !many;
  find("search").addEventListener("input", () => ((most = INPUTS_AT_ONCE), list()));
  find("more").addEventListener("click", () => {
    const next = most;
    most += INPUTS_AT_ONCE;
    list();
    find("sliders").children[next]?.querySelector("[id]").focus();
  });
  list();
}

/* The control of column k; set(k, value, source) is called when a person moves it. */
function inputRow(model, k, value, set) {
  const column = model.columns[k];
  const id = `input-${k}`;
  const { parts, show } = column.control(column, id, (moved, source) => set(k, moved, source));
  const label = element("label", { htmlFor: id, title: column.name }, column.name);
  const item = element("li", { dataset: { input: k } }, label, ...parts);
  const showValue = (shown, source) => {
    item.dataset.value = shown ?? ""; // with all its digits
    show(shown, source);
  };
  showValue(value);
  return { item, show: showValue };
}
