/* SPDX-License-Identifier: BSD-3-Clause */
/* How large the gradient is in each layer of a deep network with its first weights. */

const DEEP = ["sigmoid", "tanh", "relu", "leaky_relu", "selu", "linear"];

function vanishing(element) {
  const own = { depth: 12, activation: "sigmoid", seed: 0 };
  const { rows, targets } = pointsOf("moons", 0.15);
  const holder = make("div");
  const [numbers, tell] = figures(["first layer", "last hidden layer", "ratio"]);
  const show = () => {
    const hidden = Array.from({ length: own.depth }, () => ({ units: 8, activation: own.activation }));
    const layers = [...hidden, { units: 1, activation: "sigmoid" }];
    const { network } = new Trainer({ n_in: 2, layers, loss: "log_loss", seed: own.seed });
    const hiddenLayers = gradientsOf(network, "log_loss", rows, targets).layers.slice(0, -1);
    const sizes = hiddenLayers.map(({ weights }) => meanSize(weights));
    holder.replaceChildren(barsOf(sizes));
    tell(sizes[0], sizes.at(-1), sizes[0] / sizes.at(-1));
  };
  const set = (name) => (value) => {
    own[name] = value;
    show();
  };
  element.replaceChildren(beside(holder, numbers, make("div", { className: "controls" },
    slider("Hidden layers", { value: own.depth, least: 1, greatest: 16, step: 1 }, set("depth")),
    choice("Activation", DEEP, own.activation, set("activation")),
    slider("Seed", { value: own.seed, least: 0, greatest: 20, step: 1 }, set("seed")))));
  show();
}

const POWERS = { "-12": "10⁻¹²", "-9": "10⁻⁹", "-6": "10⁻⁶", "-3": "10⁻³", 0: "1" };

const meanSize = (values) => values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;

/* A bar for each layer, from 10^-12 to 1. */
function barsOf(sizes) {
  const label = "Mean size of the gradient of the weights, by layer";
  const room = 0.18 * sizes.length; // for the numbers to the left of the bars
  const plot = new Plot({ x: [0.4 - room, sizes.length + 0.6], y: [-12, 0.5], names: ["", ""], label });
  plot.element.replaceChildren();
  for (const power of Object.keys(POWERS).map(Number)) {
    const [, y] = plot.at(0, power);
    plot.add("path", { class: "line faint", d: `M8 ${y}H412` });
    plot.add("text", { class: "name", x: 12, y: y - 3 }, POWERS[power]);
  }
  sizes.forEach((size, l) => {
    const [x, top] = plot.at(l + 0.6, Math.max(Math.log10(size), -12));
    const [end, bottom] = plot.at(l + 1.4, -12);
    plot.add("rect", { class: "bar", x, y: top, width: end - x, height: bottom - top });
  });
  return plot.element;
}
