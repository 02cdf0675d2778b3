/* SPDX-License-Identifier: BSD-3-Clause */
/* A network, computed like the C core: sums in the same order. A sum is made in double precision and stored in an array
   of the network's dtype, which rounds it. */

const NUMBERS = { float32: Float32Array, float64: Float64Array };
const ROUNDING = { float32: Math.fround, float64: Number };
/* The smallest normal numbers; the core flushes smaller ones to 0. */
const LEAST = { float32: 2 ** -126, float64: 2 ** -1022 };

class Network {
  /* description: { dtype, inputs, layers, n_in }, n_in: numbers that the first layer gets; take: a cutter at what the
     inputs have learned, then for each layer weights (n_in × units), biases, slopes and thresholds. */
  constructor({ dtype, inputs, layers, n_in }, take) {
    this.dtype = dtype;
    this.Numbers = NUMBERS[dtype];
    this.encoder = new Encoder(inputs, take, dtype);
    this.layers = layers.map((layer) => {
      const parameter = ROUNDING[dtype](layer.parameter ?? Infinity);
      const [weights, biases, slopes] = [n_in * layer.units, layer.units, layer.slopes].map(take);
      const thresholds = layer.thresholds ? take(layer.units) : null;
      n_in = layer.units;
      return { ...layer, parameter, weights, biases, slopes, thresholds };
    });
  }

  /* Computes a row of X: a list of { x, z, y, fires, passed }, one per layer. */
  forward(row) {
    return this.states(this.encoder.numbers(row));
  }

  /* The same from the numbers that the first layer gets. */
  states(numbers) {
    let x = numbers;
    return this.layers.map((layer) => {
      const z = this.sums(layer, x);
      const all = ACROSS_NEURONS[layer.activation];
      const y = all ? this.Numbers.from(all(z)) : z.map((sum, j) => this.value(layer, j, sum));
      const fires = Array.from(y, (value, j) => (layer.thresholds ? !(value < layer.thresholds[j]) : value !== 0));
      const passed = y.map((value, j) => (fires[j] ? value : 0));
      const state = { x, z, y, fires, passed };
      x = passed;
      return state;
    });
  }

  sums({ units, weights, biases }, x) {
    const z = this.Numbers.from(biases);
    for (let k = 0; k < x.length; k++) {
      if (x[k] === 0) continue;
      for (let j = 0; j < units; j++) z[j] += x[k] * weights[k * units + j];
    }
    return z;
  }

  /* f(z) of neuron j. */
  value(layer, j, z) {
    const y = ROUNDING[this.dtype](ACTIVATIONS[layer.activation](z, slopeOf(layer, j), this.dtype));
    return Math.abs(y) < LEAST[this.dtype] ? 0 : y;
  }
}

/* The learned slope of neuron j, or the parameter of the layer. */
const slopeOf = ({ slopes, parameter }, j) => slopes[j % slopes.length] ?? parameter;

/* Decodes an array of little-endian numbers from base64. */
function decoded(base64, kept = "float32") {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length); // a loop, since Uint8Array.from takes ten times as long
  for (let k = 0; k < bytes.length; k++) bytes[k] = text.charCodeAt(k);
  return new NUMBERS[kept](bytes.buffer);
}

/* Cuts an array into consecutive parts: take(n) is the next n numbers. */
function cutter(numbers) {
  let start = 0;
  return (count) => numbers.subarray(start, (start += count));
}
