/* SPDX-License-Identifier: BSD-3-Clause */
/* What a network of one input computes: linear layers stay one straight line, each ReLU neuron can bend it. */

const MOST_UNITS = 6;
const WAVE = Array.from({ length: 49 }, (_, k) => [(k - 24) / 8]);

function layers(element) {
  const own = { depth: 1, units: 3, activation: "relu", seed: 0, chosen: "0 weights 0" };
  const plot = new Plot({ x: [-3, 3], y: [-2, 2], names: ["x", "y"], label: "The output of the network over x" });
  const added = Array.from({ length: MOST_UNITS }, () => plot.line("faint"));
  const [target, curve] = ["slope", "y"].map((name) => plot.line(name));
  const bends = plot.spots("y");
  const [numbers, tell] = figures(["straight pieces", "one neuron that does the same", "loss"]);
  const targets = WAVE.map(([x]) => [Math.sin(1.5 * x) + x / 3]);
  target(WAVE.map(([x], k) => [x, targets[k][0]]));
  const show = () => {
    const states = plot.along((x) => own.trainer.network.forward([x]), 480);
    const line = states.map(([x, all]) => [x, all.at(-1).y[0]]);
    const found = own.activation === "relu" || own.activation === "linear" ? bendsOf(line) : null;
    const { weights } = own.trainer.network.layers.at(-1);
    const part = (j) => states.map(([x, all]) => [x, all.at(-2).passed[j] * weights[j]]);
    added.forEach((draw, j) => draw(j < own.units ? part(j) : []));
    curve(line);
    bends(found ?? []);
    const { loss } = gradientsOf(own.trainer.network, "squared_error", WAVE, targets);
    tell(found ? found.length + 1 : "none, smooth", found?.length === 0 ? neuronOf(line) : "none", loss);
  };
  /* Makes the slider of the chosen weight. */
  const [list, value] = ["list", "value"].map(() => make("div"));
  const place = () => {
    const [l, part, k] = own.chosen.split(" ");
    const parameters = own.trainer.network.layers[l][part];
    const set = (moved) => {
      parameters[k] = moved;
      show();
    };
    value.replaceChildren(slider("Its value", { value: parameters[k], least: -3, greatest: 3, step: 0.01 }, set));
  };
  const choose = (chosen) => {
    own.chosen = chosen;
    place();
  };
  const begin = () => {
    const hidden = Array.from({ length: own.depth }, () => ({ units: own.units, activation: own.activation }));
    const all = [...hidden, { units: 1, activation: "linear" }];
    own.trainer = new Trainer({ n_in: 1, layers: all, loss: "squared_error", learning_rate: 0.02, seed: own.seed });
    list.replaceChildren(choice("Weight", weightsOf(own.trainer.network), "0 weights 0", choose));
    choose("0 weights 0");
    show();
  };
  const train = () => {
    for (let steps = 0; steps < 100; steps++) own.trainer.step(WAVE, targets);
    place();
    show();
  };
  const draw = () => {
    own.seed++;
    begin();
  };
  const set = (name) => (moved) => {
    own[name] = moved;
    begin();
  };
  const buttons = make("div", { className: "buttons" }, button("New weights", draw), button("Train", train));
  element.replaceChildren(beside(plot.element, buttons, numbers, make("div", { className: "controls" },
    list, value,
    choice("Activation", ["linear", "relu", "tanh"], own.activation, set("activation")),
    slider("Hidden layers", { value: own.depth, least: 1, greatest: 4, step: 1 }, set("depth")),
    slider("Neurons in each", { value: own.units, least: 1, greatest: MOST_UNITS, step: 1 }, set("units")))));
  begin();
}

/* Where a line bends: where its slope differs before and after. */
function bendsOf(points) {
  const bent = points.map(([, y], k) => {
    const [before, after] = [points[k - 1], points[k + 1]];
    return before && after ? Math.abs(after[1] - 2 * y + before[1]) > 1e-7 : false;
  });
  return points.filter((_, k) => bent[k] && !bent[k - 1]); // a bend between two points shows at both
}

/* The weight and the bias of a straight line. */
function neuronOf(points) {
  const [[x, y], [end, last]] = [points[0], points.at(-1)];
  const w = (last - y) / (end - x);
  return `w = ${numeral(w)}, b = ${numeral(y - w * x)}`;
}

/* Each weight and bias: where it is, and a name. */
function weightsOf(network) {
  const count = network.layers.length;
  const name = (l, j) => {
    if (l < 0) return "x";
    if (l === count - 1) return "output";
    return `neuron ${count > 2 ? `${l + 1}.` : ""}${j + 1}`;
  };
  return network.layers.flatMap(({ units, weights, biases }, l) => {
    const edge = (k) => `${name(l - 1, Math.floor(k / units))} → ${name(l, k % units)}`;
    return [
      ...Array.from(weights, (_, k) => [`${l} weights ${k}`, edge(k)]),
      ...Array.from(biases, (_, j) => [`${l} biases ${j}`, `bias of ${name(l, j)}`]),
    ];
  });
}
