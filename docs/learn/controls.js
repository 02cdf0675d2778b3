/* SPDX-License-Identifier: BSD-3-Clause */
/* What a reader moves: elements of HTML with their labels. */

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function labelled(text, control, ...more) {
  return make("label", { className: "control" }, make("span", {}, text), control, ...more);
}

/* A slider that shows its number; told(value) after each move. */
function slider(text, { value, least, greatest, step = 0.1 }, told) {
  const shown = make("output", {}, numeral(value));
  const input = make("input", { type: "range", min: least, max: greatest, step, value });
  input.addEventListener("input", () => {
    shown.textContent = numeral(Number(input.value));
    told(Number(input.value));
  });
  return labelled(text, input, shown);
}

/* A list of options to choose from: names, or pairs of a value and a name. */
function choice(text, options, value, told) {
  const all = options.map((option) => {
    const [own, name] = Array.isArray(option) ? option : [option, option];
    return make("option", { value: own, selected: own === value }, String(name));
  });
  const select = make("select", {}, ...all);
  select.addEventListener("change", () => told(select.value));
  return labelled(text, select);
}

/* A field for a number; empty is null. */
function numberField(text, value, limits, told) {
  const input = make("input", { type: "number", value: value ?? "", ...limits });
  input.addEventListener("change", () => {
    if (!input.checkValidity()) return input.reportValidity();
    return told(input.value === "" ? null : Number(input.value));
  });
  return labelled(text, input);
}

/* A picture, and beside it what moves it. */
const beside = (picture, ...others) => make("div", { className: "beside" }, picture, make("div", {}, ...others));

function button(text, pressed) {
  const element = make("button", { type: "button" }, text);
  element.addEventListener("click", pressed);
  return element;
}

/* Terms and their numbers; returns the element and a function that sets the numbers, in the order of the terms. */
function figures(terms) {
  const values = terms.map(() => make("strong"));
  const pairs = terms.map((term, k) => make("div", {}, make("span", {}, term), values[k]));
  const tell = (...numbers) => numbers.forEach((number, k) => (values[k].textContent = numeral(number)));
  return [make("div", { className: "figures" }, ...pairs), tell];
}

/* A number in four digits, with a true minus; words stay. */
function numeral(value) {
  if (typeof value !== "number") return value;
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return "not a number";
  if (size >= 1e5 || (size > 0 && size < 1e-3)) return value.toExponential(1).replace(/-/g, "−");
  return String(Number(value.toPrecision(4))).replace("-", "−");
}
