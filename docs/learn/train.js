/* SPDX-License-Identifier: BSD-3-Clause */
/* A network that learns: losses, gradients and steps with the formulas of the C core, first weights and the order of
   the rows with the draws of neuract. Rows and targets are arrays of numbers. */

/* The loss of a row, from the state of the output layer and the targets; csrc/losses.h. */
const LOSSES = {
  squared_error: ({ y }, targets) => y.reduce((sum, value, j) => sum + (value - targets[j]) ** 2 / 2, 0),
  sigmoid: ({ z }, targets) => z.reduce((sum, value, j) => sum + softplus(value) - targets[j] * value, 0),
  softmax: ({ z }, targets) => {
    const largest = Math.max(...z);
    const total = largest + Math.log(z.reduce((sum, value) => sum + Math.exp(value - largest), 0));
    return z.reduce((sum, value, j) => sum + targets[j] * (total - value), 0);
  },
};

/* The row of LOSSES for a loss, "squared_error" or "log_loss", of which sigmoid and softmax have one each. */
function lossOf(loss, { activation }) {
  const name = loss === "log_loss" ? activation : loss;
  if (!LOSSES[name]) throw new TypeError(`no ${loss} for an output layer of ${activation}`);
  return LOSSES[name];
}

/* What a layer learns. */
const PARTS = ["weights", "biases", "slopes"];

/* The mean loss over rows, and its gradient: for each layer { weights, biases, slopes }. The output layer has no
   thresholds. numbers: of the rows to take. */
function gradientsOf(network, loss, rows, targets, numbers = rows.keys()) {
  const layers = network.layers.map((layer) => zerosLike(layer));
  const last = network.layers.at(-1);
  const found = { loss: 0, layers };
  const taken = Array.from(numbers);
  for (const row of taken) {
    const states = network.forward(rows[row]);
    found.loss += lossOf(loss, last)(states.at(-1), targets[row]) / taken.length;
    const dy = states.at(-1).y.map((value, j) => (value - targets[row][j]) / taken.length);
    addRow(network, loss, states, dy, layers);
  }
  return found;
}

const zerosLike = (layer) => Object.fromEntries(PARTS.map((part) => [part, new Float64Array(layer[part].length)]));

/* Adds the gradient of a row, backward through the layers. With the log loss, y - target is dz of the output layer
   already; with the squared error it is dy. */
function addRow(network, loss, states, dy, gradients) {
  const through = (layer, l, dpassed) => {
    const direct = loss === "log_loss" && l === states.length - 1;
    if (!direct) addSlopes(layer, states[l], dpassed, gradients[l].slopes);
    return direct ? dpassed : throughActivation(network, layer, states[l], dpassed);
  };
  downThrough(network, dy, through).dz.forEach((dz, l) => {
    const { weights, biases } = gradients[l];
    for (let j = 0; j < dz.length; j++) biases[j] += dz[j];
    states[l].x.forEach((x, k) => {
      if (x !== 0) for (let j = 0; j < dz.length; j++) weights[k * dz.length + j] += x * dz[j];
    });
  });
}

/* The learned slope of a PReLU multiplies z where z is negative. */
function addSlopes({ slopes }, { z, fires }, dpassed, dslopes) {
  if (!slopes.length) return;
  z.forEach((value, j) => (dslopes[j % slopes.length] += fires[j] && value < 0 ? dpassed[j] * value : 0));
}

/* ---- steps -------------------------------------------------------------------------------------- */

/* How a parameter follows its gradient, with neuract's settings; csrc/optimizers.h. [first, second]: moments. */
const OPTIMIZERS = {
  sgd: (rate) => (gradient, k, [velocity]) => {
    velocity[k] = 0.9 * velocity[k] - rate * gradient;
    return 0.9 * velocity[k] - rate * gradient;
  },
  adam: (rate, t) => {
    const corrected = (rate * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t);
    return (gradient, k, [first, second]) => {
      first[k] = 0.9 * first[k] + (1 - 0.9) * gradient;
      second[k] = 0.999 * second[k] + (1 - 0.999) * gradient * gradient;
      return (-corrected * first[k]) / (Math.sqrt(second[k]) + 1e-8);
    };
  },
};

/* The parameters of activations, where they have one, with neuract's defaults. */
const PARAMETERS = {
  linear: 1, leaky_relu: 0.01, prelu: 0.25, elu: 1, celu: 1, squareplus: 4, hard_shrink: 0.5, soft_shrink: 0.5,
};

/* A network with random parameters of float64, and the state of its training. */
class Trainer {
  /* layers: { units, activation, parameter, threshold }, the last two if they differ from the default and from none;
     n_in: inputs; loss: "squared_error" or "log_loss"; optimizer: "adam" or "sgd". */
  constructor({ n_in, layers, loss, optimizer = "adam", learning_rate = 1e-3, batch_size = 200, seed = 0 }) {
    Object.assign(this, { loss, optimizer, learning_rate, batch_size, steps: 0, epochs: 0 });
    const described = layers.map(({ units, activation, parameter = PARAMETERS[activation], threshold }) => {
      const slopes = activation === "prelu" ? units : 0;
      return { units, activation, parameter, slopes, thresholds: threshold != null };
    });
    this.network = new Network({ dtype: "float64", inputs: [], layers: described, n_in }, (n) => new Float64Array(n));
    this.network.layers.forEach((layer, l) => layer.thresholds?.fill(layers[l].threshold));
    lossOf(loss, this.network.layers.at(-1));
    this.random = new RandomState(seed);
    this.draw();
    this.moments = this.network.layers.map((layer) => [zerosLike(layer), zerosLike(layer)]);
  }

  /* Draws weights and biases within Glorot & Bengio's (2010) bounds, like init="glorot_uniform". */
  draw() {
    const { layers } = this.network;
    layers.forEach(({ units, weights, biases, slopes, parameter }, l) => {
      const leading = layers[l > 0 && l === layers.length - 1 ? l - 1 : l];
      const factor = layers.length > 1 && leading.activation === "sigmoid" ? 2 : 6;
      const bound = Math.sqrt(factor / (weights.length / units + units));
      for (const each of [weights, biases]) each.forEach((_, k) => (each[k] = this.random.uniform(-bound, bound)));
      slopes.fill(parameter);
    });
  }

  /* One step along the gradient of some rows' mean loss, which it returns. */
  step(rows, targets, numbers) {
    const { loss, layers } = gradientsOf(this.network, this.loss, rows, targets, numbers);
    const change = OPTIMIZERS[this.optimizer](this.learning_rate, ++this.steps);
    this.network.layers.forEach((layer, l) => {
      for (const part of PARTS) {
        const moments = this.moments[l].map((moment) => moment[part]);
        layers[l][part].forEach((gradient, k) => (layer[part][k] += change(gradient, k, moments)));
      }
    });
    return loss;
  }

  /* One pass over all rows in random order, in batches; returns the mean loss before each step. */
  epoch(rows, targets) {
    if (this.order?.length !== rows.length) this.order = Array.from(rows.keys());
    this.random.shuffle(this.order);
    let total = 0;
    for (let start = 0; start < rows.length; start += this.batch_size) {
      const numbers = this.order.slice(start, start + this.batch_size);
      total += this.step(rows, targets, numbers) * numbers.length;
    }
    this.epochs++;
    return total / rows.length;
  }
}
