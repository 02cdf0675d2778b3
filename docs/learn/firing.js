/* SPDX-License-Identifier: BSD-3-Clause */
/* A neuron with a threshold: it passes y on where y reaches the threshold, else 0. */

function firing(element) {
  const own = { z: 1, threshold: 0.5, f: "sigmoid" };
  const label = "What the neuron passes on over z";
  const plot = new Plot({ x: [-4, 4], y: [-1.3, 2.3], names: ["z", "passed on"], label });
  const [all, least, passing] = ["faint", "slope", "y"].map((name) => plot.line(name));
  const dot = plot.dot("y");
  const [numbers, tell] = figures(["y = f(z)", "the neuron", "passes on", "gradient through it"]);
  const show = () => {
    const layer = { units: 1, activation: own.f, slopes: 0, thresholds: true };
    const description = { dtype: "float64", inputs: [], layers: [layer], n_in: 1 };
    const network = new Network(description, (n) => new Float64Array(n));
    network.layers[0].weights[0] = 1;
    network.layers[0].thresholds[0] = own.threshold;
    const at = (z) => network.forward([z])[0];
    all(plot.along((z) => at(z).y[0]));
    least([[-4, own.threshold], [4, own.threshold]]);
    passing(plot.along((z) => at(z).passed[0], 800));
    const state = at(own.z);
    dot(own.z, state.passed[0]);
    const gradient = backward(network, [state], [1]).dx[0];
    tell(state.y[0], state.fires[0] ? "fires" : "is silent", state.passed[0], gradient);
  };
  const set = (name) => (value) => {
    own[name] = value;
    show();
  };
  element.replaceChildren(beside(plot.element, numbers, make("div", { className: "controls" },
    slider("Threshold", { value: own.threshold, least: -1, greatest: 1.5, step: 0.05 }, set("threshold")),
    slider("z", { value: own.z, least: -4, greatest: 4 }, set("z")),
    choice("Activation", ["sigmoid", "tanh", "relu", "silu"], own.f, set("f")))));
  show();
}
