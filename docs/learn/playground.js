/* SPDX-License-Identifier: BSD-3-Clause */
/* The playground: a small network that learns in the page, and what each of its neurons does meanwhile. */

const NAMES = Object.keys(ACTIVATIONS);
const RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
const AT_FIRST = {
  shape: "moons", noise: 0.15, depth: 2, units: 5, activation: "tanh", threshold: null,
  optimizer: "adam", learning_rate: 0.03, batch_size: 32, seed: 0,
};

class Playground {
  constructor(element) {
    this.element = element;
    this.settings = { ...AT_FIRST };
    this.tiles = new Tiles((column, neuron, title) => this.select({ column, neuron, title }));
    this.plane = new Plane();
    this.curve = make("div", { className: "curve" });
    this.play = button("Play", () => (this.playing ? this.pause() : this.start()));
    this.said = make("p", { className: "said", role: "status" });
    [this.numbers, this.tell] = figures(["epoch", "loss", "score"]);
    this.code = make("pre");
    this.saved = make("a", { download: "points.csv" }, "Save the points");
    element.replaceChildren(this.buttons(), this.said, this.body(), this.controls(), this.inPython());
    watchTheme(() => this.show());
    new ResizeObserver(() => this.resized()).observe(this.tiles.element);
    this.take(pointsOf(this.settings.shape, this.settings.noise));
  }

  buttons() {
    const step = button("Step", () => this.step());
    const reset = button("Reset", () => this.reset());
    this.play.className = "play";
    step.title = "Trains for one epoch";
    return make("div", { className: "buttons" }, this.play, step, reset, this.numbers);
  }

  body() {
    return make("div", { className: "body" }, this.tiles.element, make("div", {}, this.plane.element, this.curve));
  }

  /* ---- settings --------------------------------------------------------------------------------- */

  controls() {
    const { settings } = this;
    const set = (name, convert = (value) => value) => (value) => this.set(name, convert(value));
    const shapes = [...Object.keys(SHAPES), ["csv", "your CSV"]];
    this.file = make("input", { type: "file", accept: ".csv,.txt,text/csv" });
    this.file.addEventListener("change", () => this.read());
    this.fileLabel = labelled("CSV file", this.file);
    this.fileLabel.hidden = true;
    this.noise = slider("Noise", { value: settings.noise, least: 0, greatest: 0.5, step: 0.05 }, set("noise"));
    const whole = (least, greatest) => ({ min: least, max: greatest, step: 1, required: true });
    return make("div", { className: "controls" },
      choice("Points", shapes, settings.shape, (shape) => this.choose(shape)), this.fileLabel, this.noise,
      numberField("Hidden layers", settings.depth, whole(0, 4), set("depth")),
      numberField("Neurons in each", settings.units, whole(1, 8), set("units")),
      choice("Activation", NAMES, settings.activation, set("activation")),
      numberField("Threshold", settings.threshold, { step: "any", placeholder: "none" }, set("threshold")),
      choice("Optimizer", ["adam", "sgd"], settings.optimizer, set("optimizer")),
      choice("Learning rate", RATES, settings.learning_rate, set("learning_rate", Number)),
      numberField("Batch size", settings.batch_size, whole(1, MOST_ROWS), set("batch_size")),
      numberField("Seed", settings.seed, whole(0, 2 ** 32 - 1), set("seed")));
  }

  set(name, value) {
    this.settings[name] = value;
    if (name === "noise") this.take(pointsOf(this.settings.shape, value));
    else this.reset();
  }

  choose(shape) {
    this.settings.shape = shape;
    const own = shape === "csv";
    this.fileLabel.hidden = !own;
    this.noise.hidden = own;
    if (!own) this.take(pointsOf(shape, this.settings.noise));
    else if (this.file.files.length) this.read();
  }

  /* Reads the file of the reader, which stays in the browser. */
  async read() {
    try {
      this.take(pointsOfCsv(await this.file.files[0].text()));
    } catch (error) {
      this.pause();
      this.said.textContent = error.message;
    }
  }

  /* ---- training --------------------------------------------------------------------------------- */

  take(points) {
    this.points = points;
    const both = points.rows.map((row, k) => (row.length > 1 ? row : [row[0], points.targets[k][0]]));
    const ends = [0, 1].map((k) => both.map((row) => row[k])).map((values) => {
      const [least, greatest] = [Math.min(...values), Math.max(...values)];
      return [least - 0.1 * (greatest - least || 1), greatest + 0.1 * (greatest - least || 1)];
    });
    this.grid = gridRows(ends, points.rows[0].length);
    this.plane.build(points, ends);
    this.reset();
  }

  /* The description of the network for Trainer. */
  described() {
    const { points, settings } = this;
    const { depth, units, activation, threshold, optimizer, learning_rate, batch_size, seed } = settings;
    const n_out = points.targets[0].length;
    const output = points.classes.length ? (n_out > 1 ? "softmax" : "sigmoid") : "linear";
    const hidden = Array.from({ length: depth }, () => ({ units, activation, threshold }));
    const loss = points.classes.length ? "log_loss" : "squared_error";
    const layers = [...hidden, { units: n_out, activation: output }];
    return { n_in: points.rows[0].length, layers, loss, optimizer, learning_rate, batch_size, seed };
  }

  /* Begins anew, with the first weights of the seed. */
  reset() {
    this.pause();
    this.diverged = false;
    const { rows, targets, columns } = this.points;
    this.trainer = new Trainer(this.described());
    const { network, loss } = this.trainer;
    this.losses = [gradientsOf(network, loss, rows, targets).loss];
    this.selected = { column: network.layers.length, neuron: 0 };
    this.tiles.build(network, columns.slice(0, rows[0].length));
    this.said.textContent = "";
    this.saved.href = `data:text/csv,${encodeURIComponent(csvOf(this.points))}`;
    this.show();
  }

  start() {
    this.playing = true;
    this.play.textContent = "Pause";
    this.frame();
  }

  pause() {
    this.playing = false;
    this.play.textContent = "Play";
  }

  step() {
    this.pause();
    this.epoch();
    this.show();
  }

  /* As many epochs as take some milliseconds, then a picture. */
  frame() {
    if (!this.playing) return;
    const end = performance.now() + 12;
    do this.epoch();
    while (this.playing && performance.now() < end);
    this.show();
    requestAnimationFrame(() => this.frame());
  }

  epoch() {
    const loss = this.trainer.epoch(this.points.rows, this.points.targets);
    if (Number.isFinite(loss)) return this.losses.push(loss);
    this.diverged = true;
    this.said.textContent = "The loss is no number any more: training diverged. Lower the learning rate.";
    return this.pause();
  }

  /* ---- pictures --------------------------------------------------------------------------------- */

  select(tile) {
    this.selected = tile;
    this.show();
  }

  resized() {
    if (!this.trainer) return;
    this.tiles.place(this.trainer.network);
    this.show();
  }

  show() {
    if (this.diverged) return;
    const { network } = this.trainer;
    const colours = coloursOf(this.element);
    const values = valuesOver(network, this.grid);
    this.tiles.show(network, values, colours, this.selected);
    this.plane.show(values, colours, this.selected);
    this.curve.replaceChildren(curveOf(this.losses));
    this.code.textContent = programOf(this.trainer, this.trainer.epochs || 100, this.settings);
    this.tell(this.trainer.epochs, this.losses.at(-1), this.right());
  }

  /* The share of points whose class is the most probable one; of numbers R². */
  right() {
    const { rows, targets, classes } = this.points;
    const outputs = rows.map((row) => this.trainer.network.forward(row).at(-1).passed);
    if (!classes.length) {
      const errors = outputs.reduce((sum, [y], k) => sum + (y - targets[k][0]) ** 2, 0);
      return `R² ${numeral(1 - errors / rows.length)}`; // the targets have variance 1
    }
    const label = (values) => (values.length > 1 ? mostProbable([...values]) : Number(values[0] > 0.5));
    const right = outputs.filter((values, k) => label(values) === label(targets[k])).length;
    return `${((100 * right) / rows.length).toFixed(1)} % right`;
  }

  inPython() {
    const text = "The same network in Python, from the same first weights and batches:";
    const summary = make("summary", {}, "Python");
    return make("details", {}, summary, make("p", {}, text), this.code, make("p", {}, this.saved));
  }
}

/* ---- what is shown ------------------------------------------------------------------------------ */

/* The mean loss of each epoch. */
function curveOf(losses) {
  const epochs = losses.length - 1;
  const step = Math.ceil(losses.length / 400);
  const all = losses.map((loss, epoch) => [epoch, loss]);
  const shown = all.filter(([epoch]) => epoch % step === 0 || epoch === epochs);
  const most = Math.max(...shown.map(([, loss]) => loss));
  const label = `loss ${numeral(losses.at(-1))} after ${epochs} epochs`;
  const plot = new Plot({ x: [0, epochs || 1], y: [0, 1.2 * most || 1], names: ["", ""], label, height: 130 });
  plot.line("loss")(shown);
  plot.add("text", { class: "name", x: 412, y: 20, "text-anchor": "end" }, label);
  return plot.element;
}

/* The program that trains the same network. */
function programOf({ network, loss }, epochs, { threshold, optimizer, learning_rate, batch_size, seed }) {
  const layers = network.layers.map(({ units, activation, thresholds }) => {
    return `na.Dense(${units}, "${activation}"${thresholds ? `, threshold=${threshold}` : ""})`;
  });
  const n_in = network.layers[0].weights.length / network.layers[0].units;
  return [
    "import numpy as np",
    "import neuract as na",
    "",
    `points = np.loadtxt("points.csv", delimiter=",", skiprows=1)`,
    `X, y = points[:, :${n_in}], points[:, ${n_in}]`,
    `layers = [${layers.join(", ")}]`,
    `net = na.Network(layers, loss="${loss}", optimizer="${optimizer}", learning_rate=${learning_rate},`,
    `                 batch_size=${batch_size}, epochs=${epochs}, dtype="float64", random_state=${seed})`,
    `print(net.fit(X, y).history_["loss"][-1])`,
  ].join("\n");
}

/* The points as the network gets them. */
function csvOf({ columns, rows, targets }) {
  const last = targets.map((target) => (target.length > 1 ? target.indexOf(1) : target[0]));
  const names = [...columns.slice(0, rows[0].length), "y"];
  return [names, ...rows.map((row, k) => [...row, last[k]])].map((line) => line.join(",")).join("\n");
}
