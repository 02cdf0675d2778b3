/* SPDX-License-Identifier: BSD-3-Clause */
/* The meaning of a network's outputs: probabilities of classes or labels, numbers or quantiles. */

/* A value for each name: probabilities, numbers in the unit of y, quantiles in rising order. */
function answersOf({ kind, names, unit }, outputs) {
  if (kind === "classes" && outputs.length === 1) return names.length > 1 ? [1 - outputs[0], outputs[0]] : [1];
  const values = Array.from(outputs);
  if (kind === "quantiles") values.sort((a, b) => a - b);
  return unit ? values.map((value, j) => value * unit.scales[j] + unit.centers[j]) : values;
}

/* The number of the most probable class; -1 if there is none, since the outputs are not numbers. */
const mostProbable = (values) => values.indexOf(Math.max(...values));
