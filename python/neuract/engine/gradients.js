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
  sin: (z) => Math.cos(z),
  hard_sigmoid: (z) => (Math.abs(z) < 3 ? 1 / 6 : 0),
  hard_swish: (z) => (z >= 3 ? 1 : z > -3 ? (2 * z + 3) / 6 : 0),
  hard_tanh: (z) => Number(Math.abs(z) < 1),
  hard_shrink: (z, a) => Number(Math.abs(z) > a),
  soft_shrink: (z, a) => Number(Math.abs(z) > a),
};

/* From dy, the derivatives of any quantity with respect to the network's outputs: dz, those with respect to z, layer by
   layer, and dx, those with respect to the numbers of the first layer. states: of Network.states or .forward. With
   respect to weight (k, j) of a layer it is states[layer].x[k] * dz[layer][j]. */
function backward(network, states, dy) {
  const dz = [];
  let dx = dy;
  for (let l = network.layers.length - 1; l >= 0; l--) {
    dz[l] = throughActivation(network, network.layers[l], states[l], dx);
    dx = throughWeights(network.layers[l], states[l].x.length, dz[l]);
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
  const far = layer.activation === "sin" ? SINE_END[dtype] : Infinity;
  const slope = (j) => (Math.abs(z[j]) > far ? 0 : DERIVATIVES[layer.activation](z[j], slopeOf(layer, j)));
  return Float64Array.from(z, (_, j) => (dy[j] === 0 ? 0 : dy[j] * slope(j)));
}

function throughWeights({ units, weights }, n_in, dz) {
  const dx = new Float64Array(n_in);
  for (let k = 0; k < n_in; k++) {
    for (let j = 0; j < units; j++) dx[k] += weights[k * units + j] * dz[j];
  }
  return dx;
}

/* What each column of X contributes to the change of one output of the prediction from a row of X to another: the
   integral of the gradient along the straight path between the numbers of the first layer, times the change of each
   number. Sundararajan, Taly & Yan 2017, arXiv:1703.01365. networks: the members; combination: their weights and bounds.
   The nodes of Gauss-Legendre are doubled until the values add up to the change, to the tolerance as a share of their
   size; rest is what is missing. */
function attributions(networks, combination, from, to, output, tolerance = 1e-4, most = 256) {
  const ends = networks.map((network) => [from, to].map((row) => network.encoder.numbers(row)));
  const [before, after] = [0, 1].map((end) => {
    const outputs = networks.map((network, m) => network.states(ends[m][end]).at(-1).passed);
    return combined(combination, outputs)[output];
  });
  for (let nodes = 8; ; nodes *= 2) {
    const values = new Float64Array(to.length);
    networks.forEach((network, m) => {
      const weight = (combination.weights ?? [1])[m];
      const parts = alongPath(network, combination, ends[m], output, gaussLegendre(nodes));
      columnsOfNumbers(network).forEach((column, k) => (values[column] += weight * parts[k]));
    });
    const rest = after - before - values.reduce((sum, value) => sum + value, 0);
    const size = values.reduce((sum, value) => sum + Math.abs(value), 0);
    if (Math.abs(rest) <= tolerance * size || 2 * nodes > most) return { values, before, after, rest };
  }
}

/* The same of one member, for each number of the first layer. An output beyond its bound changes nothing. */
function alongPath(network, { bounds }, [from, to], output, nodes) {
  const total = new Float64Array(to.length);
  const dy = new Float64Array(network.layers.at(-1).units);
  for (const { at, weight } of nodes) {
    const states = network.states(to.map((value, k) => from[k] + at * (value - from[k])));
    const [y] = [states.at(-1).passed[output]];
    dy[output] = Number(!(y < (bounds?.[0][output] ?? -Infinity) || y > (bounds?.[1][output] ?? Infinity)));
    backward(network, states, dy).dx.forEach((slope, k) => (total[k] += weight * slope));
  }
  return total.map((slope, k) => slope * (to[k] - from[k]));
}

/* For each number of the first layer the column of X that it is made of. */
function columnsOfNumbers({ encoder: { inputs, round }, layers: [{ weights, units }] }) {
  if (!inputs.length) return Array.from({ length: weights.length / units }, (_, k) => k);
  return inputs.flatMap((each) => Array.from(ENCODINGS[each.kind](0, each, round), () => each.column));
}

/* Nodes and weights on [0, 1]: Newton's method from the usual estimate of each root of the Legendre polynomial. */
function gaussLegendre(n) {
  return Array.from({ length: n }, (_, k) => {
    let x = Math.cos((Math.PI * (k + 0.75)) / (n + 0.5));
    let slope;
    for (let step = 0; step < 6; step++) {
      let [before, p] = [1, x];
      for (let i = 2; i <= n; i++) [before, p] = [p, ((2 * i - 1) * x * p - (i - 1) * before) / i];
      slope = (n * (x * p - before)) / (x * x - 1);
      x -= p / slope;
    }
    return { at: (1 + x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
}
