/* SPDX-License-Identifier: BSD-3-Clause */
/* The activation functions, computed like in the C core; csrc/activations.h has their sources. */

/* y = f(z); `a` is the layer's parameter, or the learned slope of a neuron of a PReLU layer; dtype: the network's. */
const ACTIVATIONS = {
  linear: (z, a) => a * z,
  sigmoid: (z) => sigmoid(z),
  tanh: (z) => Math.tanh(z),
  relu: (z, a) => clip(z, 0, a),
  leaky_relu: (z, a) => (z > 0 ? z : a * z),
  prelu: (z, a) => (z > 0 ? z : a * z),
  exponential: (z) => Math.exp(z),
  elu: (z, a) => (z < 0 ? a * Math.expm1(z) : z),
  selu: (z) => (z < 0 ? 1.7580993408473768599 * Math.expm1(z) : 1.0507009873554804934 * z),
  celu: (z, a) => (z < 0 ? a * Math.expm1(z / a) : z),
  gelu: (z) => z * (z > 0 ? 1 - normalTail(z) : normalTail(-z)),
  gelu_tanh: (z) => z * sigmoid(Math.sqrt(8 / Math.PI) * (z + 0.044715 * z ** 3)),
  silu: (z) => z * sigmoid(z),
  mish: (z) => z * Math.tanh(softplus(z)),
  softplus: (z) => softplus(z),
  softsign: (z) => z / (1 + Math.abs(z)),
  log_sigmoid: (z) => -softplus(-z),
  squareplus: (z, a) => (z < 0 ? (0.5 * a) / (Math.hypot(z, Math.sqrt(a)) - z) : (z + Math.hypot(z, Math.sqrt(a))) / 2),
  tanh_shrink: (z) => (Math.abs(z) < 0.02 ? z ** 3 / 3 - (2 * z ** 5) / 15 : z - Math.tanh(z)),
  sin: (z, a, dtype) => (Math.abs(z) > SINE_END[dtype] ? 0 : Math.sin(z)),
  hard_sigmoid: (z) => clip(z + 3, 0, 6) / 6,
  hard_swish: (z) => (z * clip(z + 3, 0, 6)) / 6,
  hard_tanh: (z) => clip(z, -1, 1),
  hard_shrink: (z, a) => (Math.abs(z) <= a ? 0 : z),
  soft_shrink: (z, a) => z - clip(z, -a, a),
};

/* Above this the core's sine is 0. */
const SINE_END = { float32: 2 ** 16, float64: 2 ** 45 };

const clip = (z, low, high) => Math.min(Math.max(z, low), high);
const sigmoid = (z) => 1 / (1 + Math.exp(-z));
const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/* The normal distribution beyond t >= 0: Marsaglia's series (J. Stat. Software 11(4), 2004), from 3 on Laplace's
   continued fraction, where the series would cancel. */
function normalTail(t) {
  const density = Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  let sum = t;
  if (t > 3) {
    for (let k = 60; k > 0; k--) sum = t + k / sum;
    return density / sum;
  }
  for (let k = 3, term = t; k < 80; k += 2) sum += term *= (t * t) / k;
  return 0.5 - density * sum;
}

/* y of all neurons of a layer, where each depends on every z. */
const ACROSS_NEURONS = {
  softmax,
};

function softmax(z) {
  const largest = Math.max(...z);
  const powers = Array.from(z, (value) => Math.exp(value - largest));
  const total = powers.reduce((sum, power) => sum + power);
  return powers.map((power) => power / total);
}
