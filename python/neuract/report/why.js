/* SPDX-License-Identifier: BSD-3-Clause */
/* Why a row has its prediction: what each input adds on the way from a typical row, by integrated gradients. */

const REASONS_AT_ONCE = 10;
const MILLISECONDS_AT_ONCE = 12; // of work, before the page may react

/* The bars follow the row; those of many members a moment later. */
function whyView(model) {
  const { name: typical, row: start } = model.starts.at(-1);
  const chosen = choiceOfOutput(model);
  let [asked, last] = [0, null];
  const explain = async (row, outputs) => {
    const mine = (asked += 1);
    const mean = Array.from(combined(model.combination, outputs));
    const [before, after] = [answersAt(model, start), answersOf(model.outcome, mean)];
    const j = chosen(after);
    const parts = await attributed(model, [start, row], [mean, j], () => mine === asked);
    if (parts) showReasons(model, { row, parts, before: before[j], after: after[j], typical });
  };
  find("why-of").addEventListener("change", () => explain(...last));
  return (states, selected, outputs, row) => {
    const changed = !last || last[0].some((value, k) => value !== row[k]);
    last = [Array.from(row), outputs];
    if (changed) explain(...last);
  };
}

/* The list of outputs to explain; the result gives the number of the chosen one. */
function choiceOfOutput({ outcome: { kind, names } }) {
  const predicted = kind === "classes" ? ["the predicted class"] : [];
  const named = names.map((name, j) => (kind === "classes" || kind === "labels" ? name : numberName(kind, names, j)));
  find("why-of").append(...[...predicted, ...named].map((name) => element("option", {}, name)));
  if (kind === "quantiles") find("why-of").selectedIndex = names.length >> 1;
  find("why-choice").hidden = names.length === 1;
  return (answers) => {
    const j = find("why-of").selectedIndex - predicted.length;
    return j < 0 ? Math.max(mostProbable(answers), 0) : j;
  };
}

/* The answers of the model for a row. */
function answersAt(model, row) {
  const numbers = model.numbersOf(row);
  const each = model.members.map(({ network }) => network.forward(numbers).at(-1).passed);
  return answersOf(model.outcome, combined(model.combination, each));
}

/* What each column adds to answer j from the row `start` to the row, in the unit of the answer; null if wanted() ends to
   hold in between. */
async function attributed(model, [start, row], [outputs, j], wanted) {
  const [from, to] = [start, row].map(model.numbersOf);
  const { output, factor } = outputOf(model.outcome, outputs, j);
  const owners = model.columns.flatMap(({ numbersOf }, k) => numbersOf(row[k]).map(() => k));
  const { weights = [1], bounds } = model.combination;
  const total = new Float64Array(model.columns.length);
  let since = performance.now();
  for (const [m, { network }] of model.members.entries()) {
    const { values } = attributions([network], { bounds }, from, to, output, piecesOf(network));
    values.forEach((value, k) => (total[owners[k]] += factor * weights[m] * value));
    if (performance.now() - since < MILLISECONDS_AT_ONCE) continue;
    await new Promise((rest) => setTimeout(rest));
    if (!wanted()) return null;
    since = performance.now();
  }
  return total;
}

/* The network's output of which answer j is made, and how much the answer changes with it. */
function outputOf({ kind, names, unit }, outputs, j) {
  if (kind === "classes" && outputs.length === 1) return { output: 0, factor: names.length === 1 ? 0 : 2 * j - 1 };
  const rising = outputs.map((_, k) => k);
  if (kind === "quantiles") rising.sort((a, b) => outputs[a] - outputs[b]);
  return { output: rising[j], factor: unit ? unit.scales[Math.min(j, unit.scales.length - 1)] : 1 };
}

/* The pieces of the path: fewer for a large network, since the bars follow the sliders. */
function piecesOf({ layers }) {
  const size = layers.reduce((sum, { weights }) => sum + weights.length, 0);
  return size > 20_000 ? 16 : 64;
}

/* The rows of the table: the typical row, the largest parts, the others, what is left, this row. */
function showReasons(model, { row, parts, before, after, typical }) {
  const order = model.order.filter((k) => parts[k] !== 0).sort((a, b) => Math.abs(parts[b]) - Math.abs(parts[a]));
  const sum = (numbers) => numbers.reduce((total, k) => total + parts[k], 0);
  const reasons = order.slice(0, REASONS_AT_ONCE).map((k) => [model.columns[k].name, valueText(model.columns[k], row[k]), parts[k]]);
  const others = order.slice(REASONS_AT_ONCE);
  if (others.length) reasons.push([`${others.length} others`, "", sum(others)]);
  const rest = after - before - sum(order);
  const visible = Math.abs(rest) > 1e-3 * Math.max(Math.abs(after - before), largestOf(Array.from(parts)));
  if (visible) reasons.push(["not attributed", "", rest]);
  const largest = largestOf(reasons.map(([, , value]) => value));
  const ends = [["typical row", before], ["this row", after]].map(([name, value]) => sumRow(model, name, value));
  const textOf = partText(model, Math.max(Math.abs(before), Math.abs(after), largest));
  const rows = reasons.map(([name, value, part]) => reasonRow(name, value, part, largest, textOf(part)));
  find("why").tBodies[0].replaceChildren(ends[0], ...rows, ends[1]);
  find("why-told").textContent = order.length
    ? `What each input adds to the prediction, or takes from it, on the way from a typical row (${typical}) to this one.`
    : `This row is predicted like the typical row (${typical}), so there is nothing to explain.`;
  find("why-rest").textContent = visible ? "Not attributed are jumps of thresholds, limits of outputs, and rounding." : "";
}

/* Parts as text, with the unit and the digits of predictions of this size; a part that these digits do not show is about 0. */
function partText({ outcome: { kind }, words: { unit } }, size) {
  const digits = kind === "classes" || kind === "labels" || size < 100 ? 4 : size < 1e5 ? 1 : 0;
  const far = kind !== "classes" && kind !== "labels" && (size < 0.01 || size >= 1e9);
  const amountOf = (part) => (far ? brief(part) : fixed(part, digits));
  return (part) => {
    const amount = amountOf(Math.abs(part));
    const sign = /[1-9]/.test(amount) ? (part < 0 ? "−" : "+") : "≈ ";
    return `${sign}${amount} ${unit}`.trimEnd();
  };
}

function reasonRow(name, value, part, largest, text) {
  const length = bar();
  setBar(length, part, largest);
  const shown = value ? [element("b", {}, name), ` = ${value}`] : [name];
  const amountOf = element("data", { value: String(part) }, text);
  const head = element("th", { scope: "row", title: value ? `${name} = ${value}` : name }, ...shown);
  return element("tr", { className: value ? "" : "rest" }, head, element("td", {}, length), element("td", {}, amountOf));
}

function sumRow(model, name, value) {
  const amountOf = element("data", { value: String(value) }, inText(model, value));
  const cells = [element("th", { scope: "row" }, name), element("td"), element("td", {}, amountOf)];
  return element("tr", { className: "sum" }, ...cells);
}

/* A value of a column as its control shows it. */
function valueText({ choices, names, field }, value) {
  if (choices) return choices.find(([each]) => each === value)?.[1] ?? String(value);
  if (value === null) return "missing";
  if (names) return names[value];
  if (!field) return brief(value, 5);
  const text = new Date(Math.round(value * MILLISECONDS)).toISOString();
  return { date: text.slice(0, 10), time: text.slice(11, 16) }[field] ?? text.slice(0, 16).replace("T", " ");
}
