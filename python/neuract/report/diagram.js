/* SPDX-License-Identifier: BSD-3-Clause */
/* The diagram of a row: inputs at the left, outputs at the right, values × weights as edges. */

const DRAWN_AT_ONCE = 12;
const NODE = { width: 58, height: 22, pitch: 30, top: 58 };
const LONGEST = 22; // letters of a name

/* Of the member that the page shows; picked(layer, neuron) is called when a neuron is clicked. */
function diagramView(model, picked) {
  const columns = columnsOf(model);
  const [left, right] = [columns[0], columns.at(-1)].map(marginOf);
  const gap = Math.max(130, Math.min(240, (960 - left - right) / (columns.length - 1)));
  const width = left + gap * (columns.length - 1) + right;
  const height = NODE.top + NODE.pitch * Math.max(...columns.map(({ shown, rest }) => shown.length + (rest > 0)));
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", style: `--natural: ${width}px` });
  svg.setAttribute("aria-label", "The row from the inputs to the outputs; the table below has the numbers");
  columns.forEach((column, c) => place(column, left + c * gap, height));
  const edges = columns.slice(1).map((column, c) => edgesBetween(svg, columns[c], column, model.network.layers[c]));
  columns.forEach((column, c) => drawColumn(svg, column, (neuron) => c > 0 && picked(c - 1, neuron)));
  find("diagram").replaceChildren(svg);
  return (states, selected) => {
    const passed = [states[0].x, ...states.map((state) => state.passed)];
    edges.forEach((show, c) => show(passed[c]));
    columns.forEach((column, c) => {
      const marked = c - 1 === selected.layer ? selected.neuron : null;
      column.show(passed[c], c > 0 ? states[c - 1].fires : null, marked);
    });
  };
}

/* The width from the middle of an outer column to the edge of the picture, with its names. */
function marginOf({ shown, names }) {
  const letters = names ? Math.max(...shown.map((neuron) => Math.min(names[neuron].length, LONGEST))) : 0;
  return NODE.width / 2 + 16 + 6.8 * letters;
}

/* The columns with the neurons to draw: the strongest ones of a large layer, in order. */
function columnsOf(model) {
  const column = (title, subtitle, order, names) => {
    const shown = order.slice(0, DRAWN_AT_ONCE).sort((a, b) => a - b);
    return { title, subtitle, shown, names, rest: order.length - shown.length };
  };
  const layers = model.network.layers.map((layer, l) => {
    const names = l === model.names.length - 1 ? outputNames(model) : null;
    return column(model.names[l], layer.shown.split("(")[0], model.strongest[l], names);
  });
  return [column("inputs", "the row", model.numbers.order, model.numbers.names), ...layers];
}

/* The names of the output neurons or null; two classes share one neuron, named after the second. */
function outputNames({ outcome: { kind, names } }) {
  if (kind === "classes") return names.length === 2 ? [names[1]] : names;
  return kind === "labels" ? names : null;
}

/* Sets the position of each neuron of a column. */
function place(column, x, height) {
  const rows = column.shown.length + (column.rest > 0);
  const top = NODE.top + (height - NODE.top - NODE.pitch * rows) / 2 + NODE.pitch / 2;
  Object.assign(column, { x, y: (row) => top + NODE.pitch * row });
}

function drawColumn(svg, column, picked) {
  const { x, y, shown, rest } = column;
  const caption = drawn("text", { x, y: 44, class: "caption" });
  svg.append(drawn("text", { x, y: 14, class: "title" }, column.title));
  svg.append(drawn("text", { x, y: 29, class: "caption" }, column.subtitle), caption);
  const nodes = shown.map((neuron, row) => drawNode(svg, x, y(row), () => picked(neuron)));
  if (column.names) shown.forEach((neuron, row) => svg.append(nameOf(column, neuron, y(row))));
  if (rest > 0) svg.append(drawn("text", { x, y: y(shown.length) + 4, class: "caption" }, `… ${rest} more`));
  column.show = (values, fires, selected) => {
    const largest = largestOf(values);
    if (fires) caption.textContent = `${fires.filter(Boolean).length} of ${fires.length} fire`;
    shown.forEach((neuron, row) => nodes[row](values[neuron], largest, !fires || fires[neuron], neuron === selected));
  };
}

function nameOf({ x, names, title }, neuron, y) {
  const side = title === "inputs" ? -1 : 1;
  const name = names[neuron];
  const text = drawn("text", { x: x + side * (NODE.width / 2 + 8), y: y + 4, class: side < 0 ? "name left" : "name" });
  text.append(name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name, drawn("title", {}, name));
  return text;
}

/* A pill with the neuron's output: full if the neuron fires, else hollow and dashed. */
function drawNode(svg, x, y, picked) {
  const { width, height } = NODE;
  const pill = drawn("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: height / 2 });
  const text = drawn("text", { x, y: y + 4 });
  const node = drawn("g", { class: "node" }, pill, text);
  node.addEventListener("click", picked);
  svg.append(node);
  return (value, largest, fires, selected) => {
    node.setAttribute("class", ["node", sign(value), fires ? "fires" : "silent", selected ? "selected" : ""].join(" "));
    node.style.setProperty("--strength", shareOf(value, largest));
    text.textContent = readable(value, 2);
  };
}

const sign = (value) => (value < 0 ? "negative" : value > 0 ? "positive" : "zero");

/* Edges as wide as value × weight: blue and solid if positive, orange and dashed if negative. */
function edgesBetween(svg, from, to, layer) {
  const [left, right] = [from.x + NODE.width / 2, to.x - NODE.width / 2];
  const middle = (left + right) / 2;
  const edges = from.shown.flatMap((k, a) =>
    to.shown.map((j, b) => {
      const d = `M${left} ${from.y(a)}C${middle} ${from.y(a)} ${middle} ${to.y(b)} ${right} ${to.y(b)}`;
      const path = drawn("path", { d });
      svg.append(path);
      return { path, k, weight: layer.weights[k * layer.units + j] };
    }),
  );
  return (values) => {
    const products = edges.map(({ k, weight }) => values[k] * weight);
    const largest = largestOf(products);
    edges.forEach(({ path }, index) => {
      const share = shareOf(products[index], largest);
      path.setAttribute("class", `edge ${share < 0.01 ? "zero" : sign(products[index])}`);
      path.style.setProperty("--share", share.toFixed(3));
    });
  };
}
