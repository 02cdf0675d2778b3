/* SPDX-License-Identifier: BSD-3-Clause */
/* The model of the page: its members, the columns of X, the meaning of its outputs in words, rows to start from. */

/* Reads the model from the JSON and the base64 of the page. */
function readModel(description, base64) {
  const take = cutter(decoded(base64, description.kept));
  const members = membersOf(description, take);
  const { outcome, order, by_importance, weights, bounds, words } = description;
  const combination = { weights, bounds };
  const { columns, starts } = inputsOf(description, take);
  const numbersOf = (row) => columns.flatMap((column, k) => column.numbersOf(row[k]));
  const model = { members, combination, outcome, words, order, byImportance: by_importance, columns, starts, numbersOf };
  showMember(model, 0);
  return model;
}

/* The columns that a person moves, and rows to start from: { name, row }, with a value for each column. */
function inputsOf(description, take) {
  if (description.starts) return { columns: description.columns.map(columnOfFrame), starts: description.starts };
  return description.examples ? knownInputs(description, take) : unknownInputs(description);
}

function unknownInputs({ columns }) {
  return { columns: columns.map((each) => columnOf(each)), starts: [{ name: "zeros", row: columns.map(() => 0) }] };
}

function knownInputs({ columns, examples, whole, kept }, take) {
  const round = ROUNDING[kept];
  const n = columns.length;
  const [low, high, mean] = [take(n), take(n), take(n)];
  const wholes = new Set(whole);
  const seen = (k) => range(shortest(low[k], round), shortest(high[k], round), wholes.has(k));
  const rows = examples.map((name) => ({ name, row: Array.from(take(n), (value) => shortest(value, round)) }));
  const average = Array.from(mean, (value, k) => (columns[k].levels ? value : Number(value.toPrecision(4))));
  const middle = columns.some(({ levels }) => levels) ? "means, and the most frequent levels" : "the mean of every input";
  return { columns: columns.map((each, k) => columnOf(each, seen(k))), starts: [...rows, { name: middle, row: average }] };
}

/* The outputs in words: a list of { name, value, chosen } and a sentence. */
function outcomeOf({ outcome, words }, outputs) {
  const { kind, names } = outcome;
  const values = answersOf(outcome, outputs);
  if (kind === "labels") return ofLabels(names, values);
  if (kind === "classes") return ofClasses(names, values);
  const entries = values.map((value, j) => ({ name: numberName(kind, names, j), value, chosen: false }));
  const several = entries.map(({ name, value }) => `${name}: ${inWords(value, words)}`).join(", ");
  return { entries, text: entries.length > 1 ? several : inWords(values[0], words) };
}

/* A predicted number with its unit. */
const inWords = (value, { unit }) => (unit ? `${amount(value)} ${unit}` : amount(value));

const numberName = (kind, names, j) => (kind === "quantiles" ? `quantile ${names[j]}` : /^\d+$/.test(names[j]) ? `output ${names[j]}` : names[j]);

function ofClasses(names, values) {
  const best = mostProbable(values);
  const entries = names.map((name, j) => ({ name, value: values[j], chosen: j === best }));
  if (best < 0) return { entries, text: "no class, since the outputs are not numbers" };
  return { entries, text: `${names[best]}, with probability ${readable(values[best], 4)}` };
}

function ofLabels(names, values) {
  const entries = names.map((name, j) => ({ name, value: values[j], chosen: values[j] > 0.5 }));
  const chosen = entries.filter((entry) => entry.chosen).map((entry) => entry.name);
  return { entries, text: chosen.length ? `labels ${chosen.join(", ")}` : "no label" };
}
