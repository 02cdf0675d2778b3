/* SPDX-License-Identifier: BSD-3-Clause */
/* A neuron over nine rows: where it fires, and what gradient its weight and bias get. */

const ROWS = Array.from({ length: 9 }, (_, k) => [(k - 4) / 2]);

function dying(element) {
  const own = { w: 1, b: 0, f: "relu" };
  const plot = new Plot({ x: [-3, 3], y: [-1.5, 3.5], names: ["x", "y"], label: "The neuron over its rows" });
  const [wanted, curve] = ["faint", "y"].map((name) => plot.line(name));
  const dots = ROWS.map(() => plot.dot("y", 5));
  const [numbers, tell] = figures(["rows that fire", "gradient of w", "gradient of b", "loss"]);
  const target = (x) => Math.max(x, 0) + 0.5;
  const network = () => {
    const layers = [{ units: 1, activation: own.f, parameter: PARAMETERS[own.f], slopes: 0, thresholds: false }];
    const given = [[own.w], [own.b], []];
    return new Network({ dtype: "float64", inputs: [], layers, n_in: 1 }, () => Float64Array.from(given.shift() ?? []));
  };
  const found = () => gradientsOf(network(), "squared_error", ROWS, ROWS.map(([x]) => [target(x)]));
  const show = () => {
    const now = network();
    const y = (x) => now.forward([x])[0].y[0];
    wanted(plot.along(target));
    curve(plot.along(y));
    ROWS.forEach(([x], k) => dots[k](x, y(x)));
    const { loss, layers: [{ weights, biases }] } = found();
    tell(`${ROWS.filter(([x]) => own.w * x + own.b > 0).length} of 9`, weights[0], biases[0], loss);
  };
  const set = (name) => (value) => {
    own[name] = value;
    show();
  };
  const sliders = make("div", { className: "controls" });
  const place = () => sliders.replaceChildren(
    slider("Weight w", { value: own.w, least: -2, greatest: 2, step: 0.01 }, set("w")),
    slider("Bias b", { value: own.b, least: -5, greatest: 3, step: 0.01 }, set("b")),
    choice("Activation", ["relu", "leaky_relu", "elu", "softplus"], own.f, set("f")));
  const step = () => {
    const [{ weights, biases }] = found().layers;
    own.w -= 0.3 * weights[0];
    own.b -= 0.3 * biases[0];
    place();
    show();
  };
  const begin = () => {
    Object.assign(own, { w: 1, b: 0 });
    place();
    show();
  };
  const buttons = make("div", { className: "buttons" }, button("Step", step), button("Reset", begin));
  element.replaceChildren(beside(plot.element, buttons, numbers, sliders));
  begin();
}
