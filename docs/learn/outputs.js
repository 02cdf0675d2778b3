/* SPDX-License-Identifier: BSD-3-Clause */
/* Three outputs and their targets: what the loss is, and its gradient with respect to each z. */

/* Half the Poisson deviance of counts, from z with y = exp(z); csrc/losses.h. With this output its gradient is y - t,
   like that of the log loss with its outputs. */
LOSSES.exponential = ({ z }, targets) => z.reduce((sum, value, j) => {
  const t = targets[j];
  return sum + Math.exp(value) - t * value + (t > 0 ? t * Math.log(t) - t : 0);
}, 0);

/* Pairs of output and loss. y: what the picture shows; t: what a target may be, none where one of three classes is
   true; rate: of a step. */
const PAIRS = {
  softmax: { name: "softmax, log loss", loss: "log_loss", y: [0, 1], targets: [0, 1, 0], rate: 1 },
  sigmoid: { name: "sigmoid, log loss", loss: "log_loss", y: [0, 1], t: [0, 1, 1], targets: [0, 1, 1], rate: 1 },
  flat: { name: "sigmoid, squared error", activation: "sigmoid", loss: "squared_error", y: [0, 1], t: [0, 1, 1],
    targets: [0, 1, 1], rate: 1 },
  linear: { name: "linear, squared error", loss: "squared_error", y: [-4, 4], t: [-3, 3, 0.5], targets: [-1, 2, 0.5],
    rate: 0.5 },
  exponential: { name: "exponential, Poisson", loss: "log_loss", y: [0, 8], t: [0, 7, 1], targets: [0, 2, 5],
    rate: 0.1 },
};

function outputs(element) {
  const own = { kind: "softmax", z: [1.5, -0.5, 0] };
  const holder = make("div");
  const [ys, tellY] = figures(["y₁", "y₂", "y₃"]);
  const [gradients, tellGradients] = figures(["gradient of z₁", "of z₂", "of z₃"]);
  const [cost, tellCost] = figures(["loss"]);
  const [moved, wanted] = ["z", "t"].map(() => make("div", { className: "controls" }));
  /* Of a layer without weights, in which z is the bias. */
  const found = () => {
    const { activation = own.kind, loss } = PAIRS[own.kind];
    const { network } = new Trainer({ n_in: 1, layers: [{ units: 3, activation }], loss });
    network.layers[0].weights.fill(0);
    network.layers[0].biases.set(own.z);
    const { loss: value, layers: [{ biases }] } = gradientsOf(network, loss, [[0]], [own.targets]);
    return { y: network.forward([0])[0].y, value, dz: biases };
  };
  const show = () => {
    const { y, value, dz } = found();
    holder.replaceChildren(barsOfOutputs(PAIRS[own.kind].y, y, own.targets));
    tellY(...y);
    tellGradients(...dz);
    tellCost(value);
  };
  const set = (list, k) => (value) => {
    own[list][k] = value;
    show();
  };
  const trueClass = (value) => {
    own.targets = own.z.map((_, k) => Number(k === Number(value)));
    show();
  };
  const place = () => {
    const { t } = PAIRS[own.kind];
    const zs = own.z.map((value, k) => slider(`z${"₁₂₃"[k]}`, { value, least: -4, greatest: 4 }, set("z", k)));
    const limits = t && { least: t[0], greatest: t[1], step: t[2] };
    const target = (value, k) => slider(`t${"₁₂₃"[k]}`, { value, ...limits }, set("targets", k));
    const classes = [[0, "output 1"], [1, "output 2"], [2, "output 3"]];
    const one = () => [choice("True class", classes, own.targets.indexOf(1), trueClass)];
    moved.replaceChildren(...zs);
    wanted.replaceChildren(...(t ? own.targets.map(target) : one()));
    show();
  };
  const choose = (kind) => {
    Object.assign(own, { kind, z: [1.5, -0.5, 0], targets: [...PAIRS[kind].targets] });
    place();
  };
  const step = () => {
    const { dz } = found();
    own.z = own.z.map((z, k) => z - PAIRS[own.kind].rate * dz[k]);
    place();
  };
  const kinds = Object.entries(PAIRS).map(([kind, { name }]) => [kind, name]);
  const buttons = [button("Step", step), button("Reset", () => choose(own.kind))];
  element.replaceChildren(
    beside(holder, make("div", { className: "buttons" }, ...buttons), ys, gradients, cost,
      make("div", { className: "controls" }, choice("Output and loss", kinds, own.kind, choose))), moved, wanted);
  choose(own.kind);
}

/* A bar for each y, a line at its target, and beside them the distance. range: of y. */
function barsOfOutputs([least, greatest], y, targets) {
  const room = 0.12 * (greatest - least); // for the names below the bars
  const label = "The three outputs as bars, and their targets";
  const plot = new Plot({ x: [0, 3], y: [least - room, greatest + room / 2], names: ["", ""], label });
  y.forEach((value, k) => {
    const [[left, top], [right, target]] = [plot.at(k + 0.25, clip(value, ...plot.y)), plot.at(k + 0.75, targets[k])];
    const [, bottom] = plot.at(k, 0);
    const height = Math.abs(bottom - top);
    plot.add("rect", { class: "bar", x: left, y: Math.min(top, bottom), width: right - left, height });
    plot.add("path", { class: "line", d: `M${left - 12} ${target}H${right + 18}` });
    plot.add("path", { class: "line slope", d: `M${right + 9} ${target}V${top}` });
    plot.add("text", { class: "name", x: (left + right) / 2, y: 252, "text-anchor": "middle" }, `output ${k + 1}`);
  });
  return plot.element;
}
