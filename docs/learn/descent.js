/* SPDX-License-Identifier: BSD-3-Clause */
/* Gradient descent of one linear neuron: its loss over weight and bias as a map, and the steps down into the valley. */

const POINTS = Array.from({ length: 12 }, (_, k) => [(4 * k) / 11 - 1]);
const HEIGHTS = POINTS.map(([x]) => [1.2 * x - 0.5 + 0.5 * Math.sin(9 * x)]);
const MAP = { w: [-2.5, 4.5], b: [-4, 3.5], n: 51 };
const LEVELS = [0.02, 0.1, 0.3, 0.7, 1.4, 2.5, 4, 6, 9]; // above the lowest point

/* A step of plain descent: minus the rate times the gradient. */
OPTIMIZERS.plain = (rate) => (gradient) => -rate * gradient;

function descent(element) {
  const own = { learning_rate: 0.3, batch: 12, method: "plain" };
  const label = "The loss over weight and bias as a map, and the steps";
  const map = new Plot({ x: MAP.w, y: MAP.b, names: ["weight w", "bias b"], label });
  map.add("path", { class: "contours", d: contoursOf(map) });
  const [path, next] = ["y", "slope"].map((name) => map.line(name));
  const [places, here] = [map.spots("y"), map.dot("y", 5)];
  const shape = { x: [-1.3, 3.3], y: [-3, 4.5], width: 300, height: 190 };
  const plot = new Plot({ ...shape, names: ["x", "y"], label: "The points, and the line of the neuron" });
  plot.spots("slope")(POINTS.map(([x], k) => [x, HEIGHTS[k][0]]));
  const line = plot.line("y");
  const [numbers, tell] = figures(["step", "w", "b", "loss", "gradient of w", "gradient of b"]);
  const said = make("p", { className: "said", role: "status" });
  const now = () => own.trainer.network.layers[0];
  const loss = () => gradientsOf(own.trainer.network, "squared_error", POINTS, HEIGHTS).loss;
  const show = () => {
    const [[w], [b]] = [now().weights, now().biases];
    const found = gradientsOf(own.trainer.network, "squared_error", POINTS, HEIGHTS, own.rows);
    const [[dw], [db]] = [found.layers[0].weights, found.layers[0].biases];
    path(own.path);
    places(own.path);
    here(clip(w, ...MAP.w), b);
    next([[w, b], [w - own.learning_rate * dw, b - own.learning_rate * db]]);
    line(plot.along((x) => w * x + b, 1));
    tell(own.trainer.steps, w, b, loss(), dw, db);
    said.textContent = loss() > 1.01 * own.first ? "The loss grows: the learning rate is too large." : "";
  };
  /* Takes the rows of the next step, of all in random order. */
  const take = () => {
    if (!own.order.length) own.trainer.random.shuffle((own.order = Array.from(POINTS.keys())));
    own.rows = own.order.splice(0, own.batch);
  };
  const begin = () => {
    const { method, learning_rate } = own;
    const all = [{ units: 1, activation: "linear" }];
    own.trainer = new Trainer({ n_in: 1, layers: all, loss: "squared_error", optimizer: method, learning_rate });
    now().weights[0] = -1.5;
    now().biases[0] = 2.5;
    Object.assign(own, { first: loss(), path: [[-1.5, 2.5]], order: [] });
    take();
    show();
  };
  const step = (count) => () => {
    for (let done = 0; done < count && loss() < 1e9; done++) {
      own.trainer.step(POINTS, HEIGHTS, own.rows);
      own.path.push([now().weights[0], now().biases[0]]);
      take();
    }
    show();
  };
  const set = (name) => (value) => {
    own[name] = Number(value) || value;
    begin();
  };
  const rate = (value) => {
    own.learning_rate = own.trainer.learning_rate = value;
    show();
  };
  const methods = [["plain", "plain descent"], ["sgd", "momentum 0.9"], ["adam", "adam"]];
  const buttons = [button("Step", step(1)), button("20 steps", step(20)), button("Reset", begin)];
  element.replaceChildren(
    beside(map.element, plot.element),
    make("div", { className: "buttons" }, ...buttons),
    numbers, said,
    make("div", { className: "controls" },
      slider("Learning rate", { value: own.learning_rate, least: 0.01, greatest: 1, step: 0.01 }, rate),
      choice("Rows per step", [[12, "all 12"], [4, 4], [1, 1]], own.batch, set("batch")),
      choice("Method", methods, own.method, set("method"))));
  begin();
}

/* Lines of equal loss over weight and bias, as the d of a path. */
function contoursOf(map) {
  const { network } = new Trainer({ n_in: 1, layers: [{ units: 1, activation: "linear" }], loss: "squared_error" });
  const along = ([least, greatest], share) => least + (share / (MAP.n - 1)) * (greatest - least);
  const losses = Array.from({ length: MAP.n ** 2 }, (_, k) => {
    network.layers[0].weights[0] = along(MAP.w, k % MAP.n);
    network.layers[0].biases[0] = along(MAP.b, Math.floor(k / MAP.n));
    return gradientsOf(network, "squared_error", POINTS, HEIGHTS).loss;
  });
  const least = Math.min(...losses);
  const segments = LEVELS.flatMap((level) => zeroLine(losses.map((loss) => loss - least - level), MAP.n));
  const at = ([w, b]) => map.at(along(MAP.w, w), along(MAP.b, b)).map((value) => value.toFixed(1));
  return segments.map((ends) => `M${ends.map((end) => at(end).join(" ")).join("L")}`).join("");
}
