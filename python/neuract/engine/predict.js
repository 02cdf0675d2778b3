/* SPDX-License-Identifier: BSD-3-Clause */
/* The function predict(row) of a module that `to_js` writes. */

/* description: of the columns, the members and the outcome; base64: what the members have learned, in float32. */
function predictorOf(description, base64) {
  const { outcome, classes } = description;
  const take = cutter(decoded(base64));
  const networks = description.members.map((each) => new Network(each, take));
  const columns = description.columns.map((each) => ({ ...each, codes: each.rare && levelsOf(each) }));
  return (row) => {
    const values = valuesOfRow(columns, row);
    const numbers = columns.flatMap((column, k) => numbersOf(column, values[k]));
    const finite = numbers.map(networks[0].encoder.round).every(Number.isFinite);
    if (!finite) refuse("a row", "must be smaller", Math.max(...numbers.map(Math.abs)));
    const outputs = networks.map((network) => network.forward(numbers).at(-1).passed);
    return answer(outcome.kind, classes, answersOf(outcome, combined(description, outputs)));
  };
}

/* A number, several numbers, or a label with all probabilities. */
function answer(kind, classes, values) {
  if (!classes) return values.length > 1 ? values : values[0];
  const label = kind === "labels" ? values.map((each) => Number(each > 0.5)) : classes[mostProbable(values)];
  return { label, probabilities: values };
}
