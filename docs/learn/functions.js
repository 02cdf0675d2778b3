/* SPDX-License-Identifier: BSD-3-Clause */
/* An activation function and its derivative over z, and what a neuron sends up and back at one z. */

function functions(element) {
  const own = { z: 1, back: 1, f: "sigmoid" };
  const plot = new Plot({ x: [-5, 5], y: [-1.6, 2.6], names: ["z", "y, y′"], label: "y and its derivative over z" });
  const [curve, slope] = ["y", "slope"].map((name) => plot.line(name));
  const dots = ["y", "slope"].map((name) => plot.dot(name));
  const [numbers, tell] = figures(["y = f(z)", "y′ = f′(z)", "gradient back"]);
  const show = () => {
    const of = (table) => (z) => table[own.f](z, PARAMETERS[own.f] ?? own.most, "float64");
    const [y, derivative] = [of(ACTIVATIONS), of(DERIVATIVES)];
    curve(plot.along(y));
    slope(plot.along(derivative));
    dots[0](own.z, y(own.z));
    dots[1](own.z, derivative(own.z));
    tell(y(own.z), derivative(own.z), own.back * derivative(own.z));
  };
  const choose = (name) => {
    [own.f, own.most] = name === "relu to 1" ? ["relu", 1] : [name, Infinity];
    show();
  };
  const set = (name) => (value) => {
    own[name] = value;
    show();
  };
  const names = Object.keys(ACTIVATIONS);
  names.splice(names.indexOf("relu") + 1, 0, "relu to 1");
  element.replaceChildren(beside(plot.element, numbers, make("div", { className: "controls" },
    choice("Activation", names, own.f, choose),
    slider("z", { value: own.z, least: -5, greatest: 5 }, set("z")),
    slider("Gradient from above", { value: own.back, least: -2, greatest: 2 }, set("back")))));
  choose(own.f);
}
