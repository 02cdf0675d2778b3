/* SPDX-License-Identifier: BSD-3-Clause */
/* Pictures in the colours of the site's theme: tiles on a canvas, lines in SVG. */

/* The colours of learn.css as [red, green, blue], as the theme has them now. */
function coloursOf(element) {
  const style = getComputedStyle(element);
  const read = (name) => {
    const digits = style.getPropertyValue(`--learn-${name}`).trim().slice(1);
    return [0, 2, 4].map((k) => parseInt(digits.slice(k, k + 2), 16));
  };
  return { ground: read("ground"), ink: read("ink"), classes: [0, 1, 2, 3].map((k) => read(`class-${k}`)) };
}

const mixed = (from, to, share) => from.map((value, k) => value + share * (to[k] - value));
const css = (colour) => `rgb(${colour.map(Math.round).join(" ")})`;

/* The colour of a number from -1, orange, to 1, blue. */
function signColour({ ground, classes }, value) {
  return mixed(ground, classes[value > 0 ? 1 : 0], Math.min(Math.abs(value), 1) * 0.8);
}

/* Paints a canvas of n × n pixels; colourAt(k): of point k, in rows from the top. */
function paint(canvas, n, colourAt) {
  if (canvas.width !== n) canvas.width = canvas.height = n;
  const context = canvas.getContext("2d");
  const image = context.createImageData(n, n);
  for (let k = 0; k < n * n; k++) image.data.set([...colourAt(k), 255], 4 * k);
  context.putImageData(image, 0, 0);
}

/* Where values on a grid of n × n are 0: pairs of ends of segments, in steps of the grid. Each triangle, half a square
   of the grid, has no segment or one. */
function zeroLine(values, n) {
  const segments = [];
  const corner = (column, row) => ({ column, row, value: values[row * n + column] });
  const crossing = (a, b) => {
    const share = a.value / (a.value - b.value);
    return [a.column + share * (b.column - a.column), a.row + share * (b.row - a.row)];
  };
  for (let row = 0; row < n - 1; row++) {
    for (let column = 0; column < n - 1; column++) {
      const [a, b] = [corner(column, row), corner(column + 1, row + 1)];
      for (const c of [corner(column + 1, row), corner(column, row + 1)]) {
        const cut = [[a, b], [b, c], [c, a]].filter(([from, to]) => from.value > 0 !== to.value > 0);
        if (cut.length === 2) segments.push(cut.map((ends) => crossing(...ends)));
      }
    }
  }
  return segments;
}

/* ---- lines -------------------------------------------------------------------------------------- */

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  element.append(...children);
  return element;
}

/* A picture of lines and dots over two axes. x, y: [least, greatest]; names: of the axes; label: what it shows, for
   those who do not see it. */
class Plot {
  constructor({ x, y, names, label, width = 420, height = 260 }) {
    Object.assign(this, { x, y, width, height });
    this.element = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "plot", role: "img", "aria-label": label });
    this.axes(names);
  }

  at(x, y) {
    const share = (value, [least, greatest]) => (value - least) / (greatest - least);
    return [8 + share(x, this.x) * (this.width - 16), this.height - 8 - share(y, this.y) * (this.height - 16)];
  }

  axes(names) {
    const [left, bottom] = this.at(clip(0, ...this.x), clip(0, ...this.y));
    this.add("path", { class: "axis", d: `M8 ${bottom}H${this.width - 8}M${left} 8V${this.height - 8}` });
    this.add("text", { class: "name", x: this.width - 8, y: bottom - 6, "text-anchor": "end" }, names[0]);
    this.add("text", { class: "name", x: left + 6, y: 20 }, names[1]);
  }

  add(tag, attributes, ...children) {
    return this.element.appendChild(svg(tag, attributes, ...children));
  }

  /* A function that draws a line through points, instead of the one before. */
  line(name) {
    const path = this.add("path", { class: `line ${name}` });
    return (points) => {
      const ends = points.map(([x, y]) => this.at(x, clip(y, this.y[0] - 9, this.y[1] + 9)).map((p) => p.toFixed(1)));
      path.setAttribute("d", ends.length ? `M${ends.join("L")}` : "");
    };
  }

  /* A function that moves a dot; beyond the picture it is a ring at the edge. */
  dot(name, r = 6) {
    const circle = this.add("circle", { class: `dot ${name}`, r });
    return (x, y) => {
      const [cx, cy] = this.at(x, clip(y, ...this.y));
      circle.classList.toggle("beyond", y !== clip(y, ...this.y));
      circle.setAttribute("cx", cx);
      circle.setAttribute("cy", cy);
    };
  }

  /* A function that draws a small dot at each point, instead of those before. */
  spots(name) {
    const path = this.add("path", { class: `spots ${name}` });
    return (points) => path.setAttribute("d", points.map(([x, y]) => `M${this.at(x, y).join(" ")}h0`).join(""));
  }

  /* The points (x, f(x)) along the axis. */
  along(f, count = 240) {
    const [least, greatest] = this.x;
    return Array.from({ length: count + 1 }, (_, k) => least + (k / count) * (greatest - least)).map((x) => [x, f(x)]);
  }
}
