/* SPDX-License-Identifier: BSD-3-Clause */
/* The inputs of the row: a slider and a field for each, a few at a time. */

const INPUTS_AT_ONCE = 12;

/* changed(row) is called with the first row and with every change. */
function inputsView(model, changed) {
  const row = Float64Array.from(model.starts[0].row);
  const rows = new Map();
  const set = (k, value, source) => {
    row[k] = value;
    rows.get(k).show(value, source);
    changed(row);
  };
  const start = () => {
    row.set(model.starts[find("start").selectedIndex].row);
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
  const many = model.features.length > INPUTS_AT_ONCE;
  const order = many ? model.order : model.features.map((_, k) => k);
  let most = INPUTS_AT_ONCE;
  const list = () => {
    const wanted = find("search").value.trim().toLowerCase();
    const found = order.filter((k) => model.features[k].toLowerCase().includes(wanted));
    show(found.slice(0, most));
    const rest = found.length - most;
    find("more").hidden = rest <= 0;
    find("more").textContent = `Show ${Math.min(rest, INPUTS_AT_ONCE)} more of ${found.length}`;
    find("found").textContent = found.length ? "Sorted by their effect on the first layer." : "No input matches.";
  };
  find("finder").hidden = !many;
  find("search").addEventListener("input", () => ((most = INPUTS_AT_ONCE), list()));
  find("more").addEventListener("click", () => {
    const next = most;
    most += INPUTS_AT_ONCE;
    list();
    find("sliders").children[next]?.querySelector("input[type=range]").focus();
  });
  list();
}

/* The slider and the field of input k; set(k, value, source) is called when one of them changes. */
function inputRow(model, k, value, set) {
  const { low, high, step } = model.ranges[k];
  const id = `input-${k}`;
  const slider = element("input", { type: "range", id, min: low, max: high, step, dataset: { input: k } });
  const field = element("input", { type: "number", step: "any", ariaLabel: `${model.features[k]}, as a number` });
  const item = element("li");
  const show = (shown, source) => {
    item.dataset.value = shown; // with all its digits
    if (source !== slider) slider.value = shown;
    if (source !== field) field.value = Number(shown.toPrecision(5));
  };
  slider.addEventListener("input", () => set(k, Number(slider.valueAsNumber.toPrecision(6)), slider));
  field.addEventListener("input", () => Number.isFinite(field.valueAsNumber) && set(k, field.valueAsNumber, field));
  field.addEventListener("change", () => set(k, Number.isFinite(field.valueAsNumber) ? field.valueAsNumber : 0));
  show(value);
  const ends = element("span", { className: "ends", ariaHidden: "true" });
  ends.append(element("span", {}, brief(low)), element("span", {}, brief(high)));
  const label = element("label", { htmlFor: id, title: model.features[k] }, model.features[k]);
  item.append(label, field, slider, ends);
  return { item, show };
}
