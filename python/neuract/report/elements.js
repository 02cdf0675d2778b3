/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts of all views: elements, numbers as text, bars. */

const find = (id) => document.getElementById(id);

/* An HTML element; `dataset` is merged, children are nodes or text. */
function element(tag, { dataset = {}, ...properties } = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  Object.assign(node.dataset, dataset);
  node.append(...children);
  return node;
}

/* An SVG element. */
function drawn(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/* A number with few digits, for people. */
function readable(value, digits = 3) {
  const size = Math.abs(value);
  const far = size !== 0 && (size >= 1e5 || size < 0.5 * 10 ** -digits);
  const text = size === 0 ? "0" : far ? value.toExponential(1) : value.toFixed(size >= 100 ? 1 : digits);
  return text.replaceAll("-", "−");
}

/* A predicted number: in full up to a billion. */
function amount(value) {
  const size = Math.abs(value);
  if (size < 1000 || !(size < 1e9)) return readable(value, 4);
  return value.toLocaleString("en-US", { maximumFractionDigits: size < 1e5 ? 1 : 0 }).replace("-", "−");
}

/* With this many digits after the point, and commas from 10,000 on. */
function fixed(value, digits) {
  const text = value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return text.replace("-", "−");
}

/* With so many digits in all. */
function brief(value, digits = 3) {
  const short = Number(value.toPrecision(digits));
  const size = Math.abs(short);
  const text = size >= 1e4 && size < 1e9 ? short.toLocaleString("en-US") : String(short);
  return text.replace("-", "−");
}

/* The shortest decimal that rounds to this number of the network's dtype. */
function shortest(value, round) {
  for (let digits = 1; digits < 17; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (round(candidate) === round(value)) return candidate;
  }
  return value;
}

/* <data> shows few digits; its value has all. */
const number = () => element("data");
function setNumber(data, value, digits = 3) {
  data.value = String(value);
  data.textContent = readable(value, digits);
}

/* The size of a value as a share of the largest; 0 if it is not a number. */
const shareOf = (value, largest) => (largest > 0 ? Math.min(Math.abs(value) / largest, 1) || 0 : 0);

/* A bar to the right of the middle (blue, solid) or to the left (orange, striped). */
const bar = () => element("span", { className: "bar", ariaHidden: "true" }, element("span"));
function setBar(node, value, largest) {
  node.className = value < 0 ? "bar negative" : "bar positive";
  node.style.setProperty("--share", shareOf(value, largest));
}

/* Of the finite values. */
const largestOf = (values) => values.filter(Number.isFinite).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/* Arrow keys move between the elements, one of which is a tab stop; chosen(element) is called with the new one. */
function roving(container, selector, chosen) {
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  container.addEventListener("keydown", (event) => {
    const all = [...container.querySelectorAll(selector)];
    const here = all.indexOf(event.target.closest(selector));
    const ends = { Home: 0, End: all.length - 1 };
    const next = ends[event.key] ?? here + (steps[event.key] ?? NaN);
    if (here < 0 || !all[next]) return;
    event.preventDefault();
    chosen(all[next]);
    all[next].focus();
  });
}
