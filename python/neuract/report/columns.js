/* SPDX-License-Identifier: BSD-3-Clause */
/* The columns of X as a person moves them. A column has a name, a control, and numberOf, which turns what the control
   shows into X's number; valueOf turns the number back. */

const UNKNOWN_RANGE = { low: -3, high: 3, step: 0.03 };
const MOST_CHOICES = 200; // levels of a drop-down; of more levels, the number is typed

/* From a column of the page's JSON and the range of its numbers. */
function columnOf(column, range = UNKNOWN_RANGE) {
  if (column.levels === undefined) return columnOfNumbers(column, range);
  return column.levels > MOST_CHOICES ? columnOfManyLevels(column) : columnOfLevels(column);
}

function columnOfNumbers({ name }, range) {
  const numberOf = (value) => (Number.isFinite(value) ? value : 0);
  return { name, control: sliderAndField, numberOf, valueOf: (number) => number, ...range };
}

function columnOfLevels({ name, levels, level_names: names }) {
  const choices = Array.from({ length: levels + 1 }, (_, level) => names?.[level] ?? levelName(level));
  return { name, control: choice, numberOf: (value) => Number(value), valueOf: (number) => String(number), choices };
}

function columnOfManyLevels({ name, levels }) {
  const numberOf = (value) => (Number.isFinite(value) ? clip(Math.round(value), 0, levels) : 0);
  return { name, control: levelField, numberOf, valueOf: (number) => number, low: 0, high: levels };
}

const levelName = (level) => (level === 0 ? "0, unknown" : String(level));

/* ---- controls: { parts, show }; moved(value, source) is called with what the control shows ------------ */

function sliderAndField({ name, low, high, step }, id, moved) {
  const slider = element("input", { type: "range", id, min: low, max: high, step });
  const field = element("input", { type: "number", step: "any", ariaLabel: `${name}, as a number` });
  slider.addEventListener("input", () => moved(Number(slider.valueAsNumber.toPrecision(6)), slider));
  field.addEventListener("input", () => Number.isFinite(field.valueAsNumber) && moved(field.valueAsNumber, field));
  field.addEventListener("change", () => moved(field.valueAsNumber));
  const ends = element("span", { className: "ends", ariaHidden: "true" });
  ends.append(element("span", {}, brief(low)), element("span", {}, brief(high)));
  const show = (value, source) => {
    if (source !== slider) slider.value = value;
    if (source !== field) field.value = Number(value.toPrecision(5));
  };
  return { parts: [field, slider, ends], show };
}

function choice({ choices }, id, moved) {
  const options = choices.map((text, level) => element("option", { value: String(level) }, text));
  const select = element("select", { id }, ...options);
  select.addEventListener("change", () => moved(select.value, select));
  return { parts: [select], show: (value) => (select.value = value) };
}

function levelField({ low, high }, id, moved) {
  const field = element("input", { type: "number", id, min: low, max: high, step: 1 });
  const ends = element("span", { className: "ends", ariaHidden: "true" }, `whole numbers from ${low} to ${high}`);
  field.addEventListener("input", () => Number.isFinite(field.valueAsNumber) && moved(field.valueAsNumber, field));
  field.addEventListener("change", () => moved(field.valueAsNumber));
  const show = (value, source) => source !== field && (field.value = value);
  return { parts: [field, ends], show };
}
