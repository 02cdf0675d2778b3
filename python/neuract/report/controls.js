/* SPDX-License-Identifier: BSD-3-Clause */
/* The controls of columns: { parts, show }. moved(value, source) is called when a person moves one; show(value, source)
   leaves the source as it is, where the person types. null is a missing value. */

const MOST_SUGGESTED = 1000; // names of levels below a field of text
const MILLISECONDS = 86_400_000; // of a day

/* `empty`: what an empty field means; a slider stands at `center` meanwhile. */
function sliderAndField({ name, low, high, step, empty, center }, id, moved) {
  const digits = (value, most) => (step === 1 ? value : Number(value.toPrecision(most)));
  const slider = element("input", { type: "range", id, min: low, max: high, step });
  const field = element("input", { type: "number", step: "any", ariaLabel: `${name}, as a number` });
  if (empty === null) field.placeholder = "missing";
  const typed = () => (Number.isFinite(field.valueAsNumber) ? field.valueAsNumber : empty);
  const complete = () => field.value !== "" || (empty === null && !field.validity.badInput);
  slider.addEventListener("input", () => moved(digits(slider.valueAsNumber, 6), slider));
  field.addEventListener("input", () => complete() && moved(typed(), field));
  field.addEventListener("change", () => moved(typed()));
  const ends = element("span", { className: "ends", ariaHidden: "true" });
  ends.append(element("span", {}, brief(low)), element("span", {}, brief(high)));
  const show = (value, source) => {
    if (source !== slider) slider.value = value ?? center;
    if (source !== field) field.value = value === null ? "" : digits(value, 5);
  };
  return { parts: [field, slider, ends], show };
}

/* choices: pairs of a value and its name. */
function choice({ choices }, id, moved) {
  const select = element("select", { id }, ...choices.map(([, name], k) => element("option", { value: k }, name)));
  select.addEventListener("change", () => moved(choices[select.selectedIndex][0], select));
  return { parts: [select], show: (value) => (select.selectedIndex = choices.findIndex(([each]) => each === value)) };
}

function levelField({ low, high }, id, moved) {
  const field = element("input", { type: "number", id, min: low, max: high, step: 1 });
  const ends = element("span", { className: "ends", ariaHidden: "true" }, `whole numbers from ${low} to ${high}`);
  const typed = () => (Number.isFinite(field.valueAsNumber) ? clip(Math.round(field.valueAsNumber), low, high) : 0);
  field.addEventListener("input", () => field.value !== "" && moved(typed(), field));
  field.addEventListener("change", () => moved(typed()));
  const show = (value, source) => source !== field && (field.value = value);
  return { parts: [field, ends], show };
}

/* names: of the levels from 0; levelOf(text) is the level of any text. */
function nameField({ names, levelOf }, id, moved) {
  const suggested = names.slice(1, 1 + MOST_SUGGESTED).map((value) => element("option", { value }));
  const list = element("datalist", { id: `${id}-names` }, ...suggested);
  const field = element("input", { type: "text", id, autocomplete: "off", spellcheck: false });
  field.setAttribute("list", list.id);
  field.addEventListener("input", () => moved(levelOf(field.value), field));
  field.addEventListener("change", () => moved(levelOf(field.value)));
  const ends = element("span", { className: "ends", ariaHidden: "true" }, `${names.length - 1} levels`);
  const show = (level, source) => source !== field && (field.value = names[level]);
  return { parts: [field, list, ends], show };
}

/* Of days since 1970-01-01; field: "date", "datetime-local" or "time". */
function dateField({ field: type }, id, moved) {
  const field = element("input", { type, id, step: type === "date" ? 1 : "any" });
  const days = () => (Number.isFinite(field.valueAsNumber) ? field.valueAsNumber / MILLISECONDS : null);
  field.addEventListener("input", () => field.validity.badInput || moved(days(), field));
  field.addEventListener("change", () => moved(days()));
  const show = (value, source) => {
    if (source !== field) field.valueAsNumber = value === null ? NaN : Math.round(value * MILLISECONDS);
  };
  return { parts: [field], show };
}
