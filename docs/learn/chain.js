/* SPDX-License-Identifier: BSD-3-Clause */
/* Backpropagation in a network 2-2-1, number by number: each weight, and below it its gradient. */

const OF_PAGE = { weights: [[0.5, -0.4, 0.3, 0.8], [1.2, -0.7]], biases: [[0.1, -0.2], [0.3]] };

function chain(element) {
  const own = { x1: 1, x2: 2, target: 1 };
  const layers = [{ units: 2, activation: "sigmoid" }, { units: 1, activation: "linear" }];
  const trainer = new Trainer({ n_in: 2, layers, loss: "squared_error", optimizer: "sgd", learning_rate: 0.2 });
  const { network } = trainer;
  const label = "A network of two inputs, two neurons and an output, with its weights and gradients";
  const picture = svg("svg", { class: "chain plot", viewBox: "0 0 420 300", role: "img", "aria-label": label });
  const [numbers, tell] = figures(["prediction", "loss", "steps"]);
  const begin = () => {
    network.layers.forEach((layer, l) => PARTS.slice(0, 2).forEach((part) => layer[part].set(OF_PAGE[part][l])));
    trainer.steps = 0;
    show();
  };
  /* Plain gradient descent, as on the page: no momentum. */
  const step = () => {
    const found = gradientsOf(network, "squared_error", [[own.x1, own.x2]], [[own.target]]);
    network.layers.forEach((layer, l) => PARTS.forEach((part) => {
      found.layers[l][part].forEach((gradient, k) => (layer[part][k] -= 0.2 * gradient));
    }));
    trainer.steps++;
    show();
  };
  const show = () => {
    const row = [own.x1, own.x2];
    const found = gradientsOf(network, "squared_error", [row], [[own.target]]);
    const states = network.forward(row);
    const { dz } = backward(network, states, [states[1].y[0] - own.target]);
    picture.replaceChildren(...edgesOfChain(network, found), ...nodesOfChain(row, states, dz));
    tell(states[1].y[0], found.loss, trainer.steps);
  };
  const set = (name) => (value) => {
    own[name] = value;
    show();
  };
  const buttons = make("div", { className: "buttons" }, button("Step", step), button("Reset", begin));
  element.replaceChildren(beside(picture, buttons, numbers, make("div", { className: "controls" },
    slider("Input x1", { value: own.x1, least: -3, greatest: 3 }, set("x1")),
    slider("Input x2", { value: own.x2, least: -3, greatest: 3 }, set("x2")),
    slider("Target t", { value: own.target, least: -2, greatest: 2 }, set("target")))));
  begin();
}

/* Where the inputs, the neurons and the output are. */
const PLACES = [[[36, 70], [36, 230]], [[216, 70], [216, 230]], [[384, 150]]];

/* A word in two lines, the second with a gradient. */
function pairOf(x, y, value, gradient, apart = 15) {
  return svg("text", { x, y, "text-anchor": "middle" },
    svg("tspan", { x, class: "value" }, value), svg("tspan", { x, dy: apart, class: "gradient" }, gradient));
}

function edgesOfChain(network, { layers }) {
  const edges = network.layers.flatMap(({ units, weights }, l) => Array.from(weights, (weight, k) => {
    const [[x, y], [next, end]] = [PLACES[l][Math.floor(k / units)], PLACES[l + 1][k % units]];
    const share = l ? 0.5 : 0.3; // where the edges that cross are apart
    const place = [x + share * (next - x), y + share * (end - y) - 6];
    const words = pairOf(...place, short(weight), short(layers[l].weights[k]), 20);
    const width = 1 + 2 * Math.min(Math.abs(weight), 2);
    const attributes = { class: weight < 0 ? "negative" : "positive", "stroke-width": width };
    return [svg("path", { ...attributes, d: `M${x} ${y}L${next} ${end}` }), words];
  }));
  return [0, 1].flatMap((part) => edges.map((edge) => edge[part])); // no line covers a number
}

function nodesOfChain(row, states, dz) {
  const node = ([x, y], words, name) => {
    const title = svg("text", { x, y: y - 36, "text-anchor": "middle", class: "name" }, name);
    return svg("g", {}, svg("circle", { cx: x, cy: y, r: 30 }), words, title);
  };
  const inputs = row.map((value, k) => {
    const [x, y] = PLACES[0][k];
    return node([x, y], pairOf(x, y + 5, short(value), ""), `x${k + 1}`);
  });
  const neurons = states.flatMap(({ y }, l) => Array.from(y, (value, j) => {
    const place = PLACES[l + 1][j];
    return node(place, pairOf(place[0], place[1] - 2, short(value), short(dz[l][j])), l ? "output" : `neuron ${j + 1}`);
  }));
  return [...inputs, ...neurons];
}

const short = (value) => value.toFixed(3).replace("-", "−");
