/* SPDX-License-Identifier: BSD-3-Clause */
/* The members of a model: networks that take the same row, and whose weighted mean predicts. */

/* The outputs of one member within the bounds, beyond which an output counts no more; null: no bound. */
function held({ bounds }, outputs) {
  if (!bounds) return outputs;
  return outputs.map((y, j) => clip(y, bounds[0][j] ?? -Infinity, bounds[1][j] ?? Infinity));
}

/* The weighted mean of values, one for each member. */
const meanOf = ({ weights = [1] }, values) => weights.reduce((sum, weight, m) => sum + weight * values[m], 0);

/* The prediction from the outputs of all members. */
function combined(combination, each) {
  const all = each.map((outputs) => held(combination, outputs));
  return all[0].map((_, j) => meanOf(combination, all.map((outputs) => outputs[j])));
}
