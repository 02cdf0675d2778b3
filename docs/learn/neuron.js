/* SPDX-License-Identifier: BSD-3-Clause */
/* One neuron with one input: z = w·x + b is a line, and y = f(z) bends it. */

function neuron(element) {
  const own = { w: 1, b: 0, x: 1, f: "tanh" };
  const plot = new Plot({ x: [-4, 4], y: [-2.5, 2.5], names: ["x", "z, y"], label: "z and y over x" });
  const [line, curve] = ["faint", "y"].map((name) => plot.line(name));
  const dot = plot.dot("y");
  const [numbers, tell] = figures(["z = w · x + b", "y = f(z)"]);
  const show = () => {
    const z = (x) => own.w * x + own.b;
    const y = (x) => ACTIVATIONS[own.f](z(x), PARAMETERS[own.f] ?? Infinity, "float64");
    line(plot.along(z));
    curve(plot.along(y));
    dot(own.x, y(own.x));
    tell(z(own.x), y(own.x));
  };
  const set = (name) => (value) => {
    own[name] = value;
    show();
  };
  element.replaceChildren(beside(plot.element, numbers, make("div", { className: "controls" },
    slider("Weight w", { value: own.w, least: -3, greatest: 3 }, set("w")),
    slider("Bias b", { value: own.b, least: -3, greatest: 3 }, set("b")),
    slider("Input x", { value: own.x, least: -4, greatest: 4 }, set("x")),
    choice("Activation f", ["linear", "sigmoid", "tanh", "relu"], own.f, set("f")))));
  show();
}
