/* SPDX-License-Identifier: BSD-3-Clause */
/* Derivatives of a network, backward through its layers, and the integrated gradients that explain a prediction. */

/* df/dz; `a` as in ACTIVATIONS. At a kink it is 0 if that of one side is, like in the C core. */
const DERIVATIVES = {
  linear: (z, a) => a,
  sigmoid: (z) => sigmoid(z) * sigmoid(-z),
  tanh: (z) => (1 - Math.tanh(z)) * (1 + Math.tanh(z)),
  relu: (z, a) => Number(z > 0 && z < a),
  leaky_relu: (z, a) => (z > 0 ? 1 : a),
  prelu: (z, a) => (z > 0 ? 1 : a),
  exponential: (z) => Math.exp(z),
  elu: (z, a) => (z > 0 ? 1 : a * Math.exp(z)),
  selu: (z) => (z > 0 ? 1.0507009873554804934 : 1.7580993408473768599 * Math.exp(z)),
  celu: (z, a) => (z > 0 ? 1 : Math.exp(z / a)),
  gelu: (z) => (z > 0 ? 1 - normalTail(z) : normalTail(-z)) + (z * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI),
  gelu_tanh: (z) => {
    const gate = sigmoid(Math.sqrt(8 / Math.PI) * (z + 0.044715 * z ** 3));
    return gate + z * gate * (1 - gate) * Math.sqrt(8 / Math.PI) * (1 + 3 * 0.044715 * z ** 2);
  },
  silu: (z) => sigmoid(z) * (1 + z * sigmoid(-z)),
  mish: (z) => Math.tanh(softplus(z)) + (z * sigmoid(z)) / Math.cosh(softplus(z)) ** 2,
  softplus: (z) => sigmoid(z),
  softsign: (z) => 1 / (1 + Math.abs(z)) ** 2,
  log_sigmoid: (z) => sigmoid(-z),
  squareplus: (z, a) => (1 + z / Math.hypot(z, Math.sqrt(a))) / 2,
  tanh_shrink: (z) => Math.tanh(z) ** 2,
  sin: (z, a, dtype) => (Math.abs(z) > SINE_END[dtype] ? 0 : Math.cos(z)),
  hard_sigmoid: (z) => (Math.abs(z) < 3 ? 1 / 6 : 0),
  hard_swish: (z) => (z >= 3 ? 1 : z > -3 ? (2 * z + 3) / 6 : 0),
  hard_tanh: (z) => Number(Math.abs(z) < 1),
  hard_shrink: (z, a) => Number(Math.abs(z) > a),
  soft_shrink: (z, a) => Number(Math.abs(z) > a),
};

/* ---- derivatives -------------------------------------------------------------------------------- */

/* From dy, the derivatives of any quantity with respect to the network's outputs: dz, those with respect to z, layer by
   layer, and dx, those with respect to the numbers of the first layer. states: of Network.states or .forward. With
   respect to weight (k, j) of a layer it is states[layer].x[k] * dz[layer][j]. */
function backward(network, states, dy) {
  return downThrough(network, dy, (layer, l, dpassed) => throughActivation(network, layer, states[l], dpassed));
}

/* throughLayer(layer, l, dpassed) gives dz of layer l from the derivatives with respect to what the layer passes on. */
function downThrough({ layers }, dy, throughLayer) {
  const dz = [];
  let dx = dy;
  for (let l = layers.length - 1; l >= 0; l--) {
    dz[l] = throughLayer(layers[l], l, dx);
    dx = throughWeights(layers[l], dz[l]);
  }
  return { dx, dz };
}

/* A neuron that is silent below its threshold passes nothing on, and nothing back. */
function throughActivation({ dtype }, layer, { z, y, fires }, dpassed) {
  const dy = layer.thresholds ? Array.from(dpassed, (value, j) => (fires[j] ? value : 0)) : dpassed;
  if (layer.activation === "softmax") {
    const mean = y.reduce((sum, probability, j) => sum + probability * dy[j], 0);
    return Float64Array.from(y, (probability, j) => probability * (dy[j] - mean));
  }
  const slope = (j) => DERIVATIVES[layer.activation](z[j], slopeOf(layer, j), dtype);
  return Float64Array.from(z, (_, j) => (dy[j] === 0 ? 0 : dy[j] * slope(j)));
}

function throughWeights({ units, weights }, dz) {
  const dx = new Float64Array(weights.length / units);
  for (let k = 0; k < dx.length; k++) {
    for (let j = 0; j < units; j++) dx[k] += weights[k * units + j] * dz[j];
  }
  return dx;
}

/* ---- explanations ------------------------------------------------------------------------------- */

/* What each column of X contributes to the change of one output of the prediction from a row of X to another: the
   integral of the gradient along the straight path between the numbers of the first layer, times the change of each
   number. Sundararajan, Taly & Yan 2017, arXiv:1703.01365. networks: the members; combination: their weights and
   bounds. In each of the path's pieces a neuron has its mean slope, the change of f(z) by that of z, so that the values
   add up to the change with any number of pieces; with more they come nearer to the integrals. rest is what the jumps
   of thresholds and of hard_shrink leave, which have no slope. */
function attributions(networks, combination, from, to, output, pieces = 16) {
  const values = new Float64Array(to.length);
  const ends = networks.map((network, m) => {
    const path = pathOf(network, from, to, pieces);
    const weight = (combination.weights ?? [1])[m];
    const parts = alongPath(network, combination, path, output);
    columnsOfNumbers(network).forEach((column, k) => (values[column] += weight * parts[k]));
    return [path[0], path.at(-1)].map((states) => states.at(-1).passed);
  });
  const [before, after] = [0, 1].map((end) => combined(combination, ends.map((each) => each[end]))[output]);
  return { values, before, after, rest: after - before - values.reduce((sum, value) => sum + value, 0) };
}

/* The states of a network at the ends of each piece. */
function pathOf(network, from, to, pieces) {
  const [start, end] = [from, to].map((row) => network.encoder.numbers(row));
  const at = (share) => end.map((value, k) => (share === 1 ? value : start[k] + share * (value - start[k])));
  return Array.from({ length: pieces + 1 }, (_, piece) => network.states(at(piece / pieces)));
}

/* What each number of the first layer contributes to an output of one member. */
function alongPath(network, { bounds }, path, output) {
  const total = new Float64Array(path[0][0].x.length);
  path.slice(1).forEach((after, piece) => {
    const before = path[piece];
    const dy = new Float64Array(after.at(-1).y.length);
    dy[output] = slopeWithin(bounds, output, before.at(-1).passed[output], after.at(-1).passed[output]);
    const through = (layer, l, dpassed) => throughPiece(network, layer, before[l].z, after[l].z, dpassed);
    downThrough(network, dy, through).dx.forEach((slope, k) => (total[k] += slope * (after[0].x[k] - before[0].x[k])));
  });
  return total;
}

/* The mean slope of an output that is held within its bounds. */
function slopeWithin(bounds, j, y, next) {
  const hold = (value) => clip(value, bounds?.[0][j] ?? -Infinity, bounds?.[1][j] ?? Infinity);
  return meanSlope(hold, (value) => Number(hold(value) === value), y, next);
}

/* Like throughActivation, with the mean slopes of a piece. */
function throughPiece({ dtype }, layer, z, next, dpassed) {
  if (layer.activation === "softmax") return throughSoftmax(layer, softmax(z), softmax(next), dpassed);
  return Float64Array.from(z, (_, j) => {
    if (dpassed[j] === 0) return 0;
    const [f, slope] = withoutJumps(dtype, layer, j);
    return dpassed[j] * meanSlope(f, slope, z[j], next[j]);
  });
}

/* Since p = exp(z - log Σ exp z) and the changes of all p add up to 0, that of p is m (Δz - Σ m Δz / Σ m), where m is
   the change of p by that of log p. */
function throughSoftmax({ thresholds }, p, next, dpassed) {
  const least = (j) => thresholds?.[j] ?? -Infinity;
  const m = p.map((value, j) => meanSlope(Math.exp, Math.exp, Math.log(value), Math.log(next[j])) || 0);
  const dy = p.map((value, j) => {
    const f = (y) => Math.max(y, least(j));
    return dpassed[j] * meanSlope(f, (y) => Number(y >= least(j)), value, next[j]);
  });
  const mean = m.reduce((sum, each, j) => sum + each * dy[j], 0) / m.reduce((sum, each) => sum + each, 0);
  return Float64Array.from(m, (each, j) => each * (dy[j] - mean));
}

/* What neuron j passes on, and its derivative, without jumps: below its threshold it stays at the threshold, and
   hard_shrink becomes soft_shrink. */
function withoutJumps(dtype, layer, j) {
  const name = layer.activation === "hard_shrink" ? "soft_shrink" : layer.activation;
  const [f, slope] = [ACTIVATIONS[name], DERIVATIVES[name]].map((of) => (z) => of(z, slopeOf(layer, j), dtype));
  if (!layer.thresholds) return [f, slope];
  const least = name === layer.activation ? layer.thresholds[j] : f(layer.thresholds[j]);
  return [(z) => Math.max(f(z), least), (z) => (f(z) >= least ? slope(z) : 0)];
}

/* (f(next) - f(z)) / (next - z), or where the difference consists of rounding the derivative in the middle. */
function meanSlope(f, slope, z, next) {
  const change = next - z;
  if (Math.abs(change) < 1e-9 * (1 + Math.abs(z))) return slope((z + next) / 2);
  return (f(next) - f(z)) / change;
}

/* For each number of the first layer the column of X that it is made of. */
function columnsOfNumbers({ encoder: { inputs, round }, layers: [{ weights, units }] }) {
  if (!inputs.length) return Array.from({ length: weights.length / units }, (_, k) => k);
  return inputs.flatMap((each) => Array.from(ENCODINGS[each.kind](0, each, round), () => each.column));
}
