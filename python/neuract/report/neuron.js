/* SPDX-License-Identifier: BSD-3-Clause */
/* One neuron: the terms of its z, and the point (z, y) on its activation function. */

const TERMS_AT_ONCE = 8;
const CURVE = { width: 320, height: 200, margin: 22, points: 160 };

function neuronView(model) {
  return (states, { layer, neuron }) => {
    const state = states[layer];
    find("about").textContent = `${model.names[layer]}, neuron ${neuronName(model, layer, neuron)}`;
    find("sentence").textContent = sentence(model, layer, neuron, state);
    find("terms").replaceChildren(...terms(model, layer, neuron, state).map((term) => termRow(...term)));
    find("curve").replaceChildren(...curve(model, layer, neuron, state));
  };
}

function sentence(model, layer, neuron, { y, fires }) {
  const { thresholds, shown } = model.network.layers[layer];
  const value = `y = f(z) = ${readable(y[neuron])} with f = ${shown}`;
  if (!thresholds) return `${value}. ${fires[neuron] ? "It fires: y is not 0." : "It is silent: y is 0."}`;
  const limit = readable(thresholds[neuron]);
  if (fires[neuron]) return `${value}. It fires: y reaches its threshold ${limit}.`;
  return `${value}. It is silent and outputs 0: y is below its threshold ${limit}.`;
}

/* [name, factors, value, largest] of the largest products, of the rest, of the bias, and of z. */
function terms(model, layer, neuron, { x, z }) {
  const { weights, biases, units } = model.network.layers[layer];
  const products = Array.from(x, (value, k) => value * weights[k * units + neuron]);
  const order = products.map((_, k) => k).sort((a, b) => Math.abs(products[b]) - Math.abs(products[a]));
  const source = (k) => (layer === 0 ? model.numbers.names[k] : `neuron ${k}`);
  const made = (k) => `${readable(x[k])} × ${readable(weights[k * units + neuron])}`;
  const list = order.slice(0, TERMS_AT_ONCE).map((k) => [source(k), made(k), products[k]]);
  const others = order.slice(TERMS_AT_ONCE);
  if (others.length) list.push([`${others.length} others`, "", others.reduce((sum, k) => sum + products[k], 0)]);
  list.push(["bias", "", biases[neuron]], ["z, the sum", "", z[neuron]]);
  const largest = largestOf(list.map(([, , value]) => value));
  return list.map((term) => [...term, largest]);
}

function termRow(name, made, value, largest) {
  const [sum, length] = [number(), bar()];
  setNumber(sum, value);
  setBar(length, value, largest);
  const head = element("th", { scope: "row", title: name }, name, made && element("span", { className: "made" }, made));
  return element("tr", {}, head, element("td", {}, length), element("td", {}, sum));
}

/* f around z, its threshold, and the point (z, y). */
function curve(model, layer, neuron, { z, y, fires }) {
  const { activation, thresholds } = model.network.layers[layer];
  if (activation === "softmax") {
    return [element("p", { className: "note" }, "Softmax has no curve: y depends on every z of the layer.")];
  }
  if (!Number.isFinite(1.25 * z[neuron]) || !Number.isFinite(y[neuron])) {
    return [element("p", { className: "note" }, "z or y is not a finite number, so there is no point on the curve.")];
  }
  const threshold = thresholds?.[neuron];
  const f = (value) => model.network.value(model.network.layers[layer], neuron, value);
  const frame = frameOf(f, z[neuron], threshold);
  const svg = drawn("svg", { viewBox: `0 0 ${CURVE.width} ${CURVE.height}`, role: "img" });
  svg.setAttribute("aria-label", `f at z = ${readable(z[neuron])} is ${readable(y[neuron])}`);
  svg.append(...axes(frame), drawn("path", { d: frame.path, class: "f" }));
  if (thresholds) svg.append(...limit(frame, threshold));
  svg.append(...point(frame, z[neuron], y[neuron], fires[neuron]));
  return [svg];
}

/* The scales of z and y in the picture, and the path of f. */
function frameOf(f, z, threshold) {
  const { width, height, margin, points } = CURVE;
  const reach = Math.max(4, 1.25 * Math.abs(z));
  const across = Array.from({ length: points + 1 }, (_, i) => reach * ((2 * i) / points - 1));
  const heights = [...across.map(f), f(z), 0, threshold ?? 0].filter(Number.isFinite);
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const x = (value) => margin + ((value + reach) / (2 * reach)) * (width - 2 * margin);
  const y = (value) => height - margin - ((value - low) / (high - low || 1)) * (height - 2 * margin);
  const finite = across.filter((value) => Number.isFinite(f(value)));
  const path = finite.map((value, i) => `${i ? "L" : "M"}${x(value).toFixed(1)} ${y(f(value)).toFixed(1)}`).join("");
  return { reach, x, y, path, left: margin, right: width - margin, top: margin, bottom: height - margin };
}

const line = (x1, y1, x2, y2, kind) => drawn("line", { x1, y1, x2, y2, class: kind });
const label = (x, y, text, kind = "") => drawn("text", { x, y, class: kind }, text);

function axes({ reach, x, y, left, right, top, bottom }) {
  return [
    line(left, y(0), right, y(0), "axis"),
    line(x(0), top, x(0), bottom, "axis"),
    label(left, y(0) + 14, readable(-reach, 1)),
    label(right, y(0) + 14, `z = ${readable(reach, 1)}`, "end"),
    label(x(0) + 5, top - 4, "y"),
  ];
}

function limit({ y, left, right }, threshold) {
  return [
    line(left, y(threshold), right, y(threshold), "limit"),
    label(right, y(threshold) - 6, "threshold", "end"),
  ];
}

function point({ x, y }, z, value, fires) {
  const circle = { cx: x(z), cy: y(value), r: 6, class: fires ? "point" : "point silent" };
  return [line(x(z), y(0), x(z), y(value), "drop"), drawn("circle", circle)];
}
