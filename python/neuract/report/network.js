/* SPDX-License-Identifier: BSD-3-Clause */
/* The network, computed like the C core: sums in the same order, rounded to the dtype after every step. */

/* y = f(z); `a` is the layer's parameter, or the learned slope of a neuron of a PReLU layer. */
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
  gelu: (z) => (z > 0 ? z * (1 - normalTail(z)) : z * normalTail(-z)),
  gelu_tanh: (z) => z * sigmoid(Math.sqrt(8 / Math.PI) * (z + 0.044715 * z ** 3)),
  silu: (z) => z * sigmoid(z),
  mish: (z) => z * Math.tanh(softplus(z)),
  softplus: (z) => softplus(z),
  softsign: (z) => z / (1 + Math.abs(z)),
  log_sigmoid: (z) => -softplus(-z),
  squareplus: (z, a) => (z < 0 ? (0.5 * a) / (Math.hypot(z, Math.sqrt(a)) - z) : (z + Math.hypot(z, Math.sqrt(a))) / 2),
  tanh_shrink: (z) => (Math.abs(z) < 0.02 ? z ** 3 / 3 - (2 * z ** 5) / 15 : z - Math.tanh(z)),
  sin: (z) => Math.sin(z),
  hard_sigmoid: (z) => clip(z + 3, 0, 6) / 6,
  hard_swish: (z) => (z * clip(z + 3, 0, 6)) / 6,
  hard_tanh: (z) => clip(z, -1, 1),
  hard_shrink: (z, a) => (Math.abs(z) <= a ? 0 : z),
  soft_shrink: (z, a) => z - clip(z, -a, a),
};

const ROUNDING = { float32: Math.fround, float64: (value) => value };
/* The smallest normal numbers; the core flushes smaller ones to 0. */
const LEAST = { float32: 2 ** -126, float64: 2 ** -1022 };
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

function softmax(z, round) {
  const largest = Math.max(...z);
  const powers = z.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => round(power / total));
}

/* Decodes an array of little-endian numbers from base64. */
function decoded(base64, kind) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length); // a loop, since Uint8Array.from takes ten times as long
  for (let k = 0; k < bytes.length; k++) bytes[k] = text.charCodeAt(k);
  return kind === "float32" ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
}

/* Cuts an array into consecutive parts: take(n) is the next n numbers. */
function cutter(numbers) {
  let start = 0;
  return (count) => numbers.subarray(start, (start += count));
}

class Network {
  /* description: of a member in the JSON of the page; take: a cutter at what the inputs keep, then weights, stored n_in × units. */
  constructor(description, take) {
    this.dtype = description.dtype;
    this.round = ROUNDING[this.dtype];
    this.encoded = encoder(description.inputs, take, this.dtype);
    let inputs = description.numbers.length;
    this.layers = description.layers.map((layer) => {
      const { units } = layer;
      const numbers = {
        weights: take(inputs * units),
        biases: take(units),
        slopes: take(layer.slopes),
        thresholds: layer.thresholds ? take(units) : null,
      };
      inputs = units;
      return { ...layer, ...numbers, parameter: this.round(layer.parameter ?? Infinity) };
    });
  }

  /* Computes a row of numbers: a list of { x, z, y, passed, fires }, one per layer. */
  forward(row) {
    let x = this.encoded(Float64Array.from(row, this.round));
    return this.layers.map((layer) => {
      const z = this.sums(layer, x);
      const y = layer.activation === "softmax" ? softmax(z, this.round) : z.map((sum, j) => this.value(layer, j, sum));
      const fires = Array.from(y, (value, j) => (layer.thresholds ? value >= layer.thresholds[j] : value !== 0));
      const passed = y.map((value, j) => (fires[j] ? value : 0));
      const state = { x, z, y, fires, passed };
      x = passed;
      return state;
    });
  }

  sums(layer, x) {
    const { units, weights, biases } = layer;
    const { round } = this;
    const z = Float64Array.from(biases);
    for (let k = 0; k < x.length; k++) {
      if (x[k] === 0) continue;
      for (let j = 0; j < units; j++) z[j] = round(z[j] + x[k] * weights[k * units + j]);
    }
    return z;
  }

  /* f(z) of neuron j. */
  value(layer, j, z) {
    if (layer.activation === "sin" && Math.abs(z) > SINE_END[this.dtype]) return 0;
    const slope = layer.slopes.length ? layer.slopes[j % layer.slopes.length] : layer.parameter;
    const y = this.round(ACTIVATIONS[layer.activation](z, slope));
    return Math.abs(y) < LEAST[this.dtype] ? 0 : y;
  }
}
