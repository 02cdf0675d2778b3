/* SPDX-License-Identifier: BSD-3-Clause */
/* The function predict(row) of a module that `to_js` writes. */

/* description: of the columns, the members and the outcome; base64: what the members have learned, in float32. */
function predictorOf(description, base64) {
  const { outcome, classes } = description;
  const take = cutter(decoded(base64));
  const networks = description.members.map((each) => new Network(each, take));
  const columns = description.columns.map(withCodes);
  return (row) => {
    const values = valuesOfRow(columns, row);
    const numbers = columns.flatMap((column, k) => numbersWithin(networks[0].encoder, column, values[k]));
    const outputs = networks.map((network) => network.forward(numbers).at(-1).passed);
    return answer(outcome.kind, classes, answersOf(outcome, combined(description, outputs)));
  };
}

const withCodes = (column) => (column.kind === "category" ? { ...column, codes: levelsOf(column) } : column);

/* The numbers of a value, which must not be too large for the network. */
function numbersWithin({ round }, column, value) {
  const numbers = numbersOf(column, value);
  const finite = numbers.every((number) => Number.isFinite(round(number)));
  return finite ? numbers : refuse(column.name, "must be smaller", value);
}

/* A number, several numbers, or a label with all probabilities. */
function answer(kind, classes, values) {
  if (!classes) return values.length > 1 ? values : values[0];
  const label = kind === "labels" ? values.map((each) => Number(each > 0.5)) : classes[mostProbable(values)];
  return { label, probabilities: values };
}
