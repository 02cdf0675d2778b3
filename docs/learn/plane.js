/* SPDX-License-Identifier: BSD-3-Clause */
/* The plane of the two inputs in large: the points on ground in the colours of what the network predicts there. With
   one input, the line that the network draws through the points. */

class Plane {
  constructor() {
    this.canvas = make("canvas");
    this.marks = svg("svg", { viewBox: "0 0 400 400", "aria-hidden": "true" });
    this.caption = make("figcaption");
    const frame = make("div", { className: "frame" }, this.canvas, this.marks);
    this.element = make("figure", { className: "plane" }, frame, this.caption);
  }

  /* Takes other points; ends: [least, greatest] of both directions of the plane. */
  build(points, ends) {
    this.points = points;
    this.ends = ends;
    const one = points.rows[0].length === 1;
    this.boundary = svg("path", { class: one ? "line y" : "boundary" });
    const marks = points.rows.map((row, k) => this.mark(one ? [row[0], points.targets[k][0]] : row, k));
    this.marks.replaceChildren(...marks, this.boundary);
  }

  at([x, y]) {
    const [[left, right], [bottom, top]] = this.ends;
    return [(400 * (x - left)) / (right - left), 400 - (400 * (y - bottom)) / (top - bottom)];
  }

  /* A circle, or for every other class a square, so that colour is not the only difference. */
  mark(place, k) {
    const [x, y] = this.at(place);
    const label = this.labelOf(k);
    const attributes = { class: `point class-${label}` };
    if (label % 2) return svg("rect", { ...attributes, x: x - 4, y: y - 4, width: 8, height: 8 });
    return svg("circle", { ...attributes, cx: x, cy: y, r: 4.5 });
  }

  /* The number of a point's class; of a number's sign. */
  labelOf(k) {
    const target = this.points.targets[k];
    if (!this.points.classes.length) return Number(target[0] > 0);
    return target.length > 1 ? target.indexOf(1) : target[0];
  }

  /* Shows one tile, or the prediction where the selected tile is an output. */
  show(values, colours, { column, neuron, title }) {
    const outputs = values.at(-1);
    const ofOutput = column === values.length - 1;
    const oneInput = this.points.rows[0].length === 1;
    const own = values[column][neuron];
    const scale = scaleOf(own);
    const seen = ofOutput && oneInput ? () => colours.ground : this.predicted(outputs, colours);
    const colourAt = ofOutput ? seen : (k) => signColour(colours, own[k] / scale);
    paint(this.canvas, GRID, colourAt);
    this.draw(outputs);
    const meaning = `${title}: blue where it passes on more than 0, orange less.`;
    this.caption.textContent = ofOutput ? this.meaning() : meaning;
  }

  /* The colour at each point of the grid for what the network predicts there. */
  predicted(outputs, colours) {
    if (outputs.length > 1) {
      return (k) => {
        const all = outputs.map((values) => values[k]);
        const best = mostProbable(all);
        return mixed(colours.ground, colours.classes[best], (0.8 * (all[best] * all.length - 1)) / (all.length - 1));
      };
    }
    const scale = this.points.classes.length ? 0.5 : 1.5;
    return (k) => signColour(colours, (outputs[0][k] - (this.points.classes.length ? 0.5 : 0)) / scale);
  }

  /* The line between two classes, or with one input the predictions. */
  draw(outputs) {
    const step = 400 / (GRID - 1);
    if (this.points.rows[0].length === 1) {
      const places = Array.from(outputs[0].subarray(0, GRID), (y, k) => [k * step, this.at([0, y])[1]]);
      this.boundary.setAttribute("d", lineThrough(places));
      return;
    }
    const two = outputs.length === 1 && this.points.classes.length;
    const segments = two ? zeroLine(outputs[0].map((p) => p - 0.5), GRID) : [];
    const paths = segments.map((ends) => lineThrough(ends.map((end) => end.map((value) => value * step))));
    this.boundary.setAttribute("d", paths.join(""));
  }

  meaning() {
    const { columns, classes } = this.points;
    if (classes.length > 2) return "The colour of the ground is that of the most probable class, pale where unsure.";
    const [first, second] = classes;
    if (classes.length) return `Blue: ${second} is more probable, orange: ${first}. On the line both have 0.5.`;
    if (columns.length === 2) return `The line is the predicted ${columns[1]} over ${columns[0]}.`;
    return `Blue: the predicted ${columns[2]} is above the mean, orange: below.`;
  }
}

const lineThrough = (places) => `M${places.map((place) => place.map((value) => value.toFixed(1)).join(" ")).join("L")}`;
