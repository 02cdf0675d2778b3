/* SPDX-License-Identifier: BSD-3-Clause */
/* A network as tiles: what each input and neuron passes on over the plane, and an edge for each weight. */

/* Points of the grid in each direction. */
const GRID = 40;

/* The rows at the points of the grid, from the top left; ends: [least, greatest] of both columns. */
function gridRows(ends, n_in) {
  const along = (k, share) => ends[k][0] + share * (ends[k][1] - ends[k][0]);
  return Array.from({ length: GRID * GRID }, (_, k) => {
    const [column, row] = [k % GRID, Math.floor(k / GRID)];
    return [along(0, column / (GRID - 1)), along(1, 1 - row / (GRID - 1))].slice(0, n_in);
  });
}

/* What each column of tiles shows: for each input and neuron a number at every point. */
function valuesOver(network, rows) {
  const n_in = rows[0].length;
  const columns = [n_in, ...network.layers.map(({ units }) => units)];
  const values = columns.map((units) => Array.from({ length: units }, () => new Float64Array(rows.length)));
  rows.forEach((row, point) => {
    row.forEach((value, k) => (values[0][k][point] = value));
    network.forward(row).forEach(({ passed }, l) => passed.forEach((value, j) => (values[l + 1][j][point] = value)));
  });
  return values;
}

class Tiles {
  /* chosen(column, neuron): a reader wants to see this tile in large; column 0 holds the inputs. */
  constructor(chosen) {
    this.chosen = chosen;
    this.edges = svg("svg", { class: "edges", "aria-hidden": "true" });
    this.element = make("div", { className: "tiles", role: "group", "aria-label": "Inputs and neurons" }, this.edges);
  }

  /* Makes the tiles of a network. */
  build(network, names) {
    const { units } = network.layers.at(-1);
    const columns = [names.length, ...network.layers.map((layer) => layer.units)];
    const title = (column, j) => {
      if (!column) return `Input ${names[j]}`;
      const last = column === columns.length - 1;
      return last ? `Output${units > 1 ? ` ${j + 1}` : ""}` : `Neuron ${j + 1} of layer ${column}`;
    };
    this.tiles = columns.map((count, column) => {
      return Array.from({ length: count }, (_, j) => this.tile(title(column, j), column, j));
    });
    this.element.replaceChildren(this.edges, ...this.tiles.flat());
    this.place(network);
  }

  tile(title, column, j) {
    const pressed = () => this.chosen(column, j, title);
    const tile = button("", pressed);
    tile.title = title;
    tile.setAttribute("aria-label", title);
    tile.replaceChildren(make("canvas"));
    return tile;
  }

  /* Puts tiles and edges where the width of the page has room for them. */
  place(network) {
    const width = this.element.clientWidth;
    const most = Math.max(...this.tiles.map((column) => column.length));
    const step = width / this.tiles.length;
    const size = Math.min(56, step * 0.72);
    const height = most * (size + 8);
    this.element.style.height = `${height}px`;
    const places = this.tiles.map((column, l) => {
      return column.map((_, j) => [step * (l + 0.5), height / 2 + (j - (column.length - 1) / 2) * (size + 8)]);
    });
    this.tiles.forEach((column, l) => column.forEach((tile, j) => {
      const [x, y] = places[l][j];
      const [left, top] = [x - size / 2, y - size / 2];
      Object.assign(tile.style, { left: `${left}px`, top: `${top}px`, width: `${size}px`, height: `${size}px` });
    }));
    this.edges.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.lines = network.layers.map(({ units, weights }, l) => Array.from(weights, (_, k) => {
      const [[x, y], [next, end]] = [places[l][Math.floor(k / units)], places[l + 1][k % units]];
      const middle = (x + next) / 2;
      return svg("path", { d: `M${x + size / 2} ${y}C${middle} ${y} ${middle} ${end} ${next - size / 2} ${end}` });
    }));
    this.edges.replaceChildren(...this.lines.flat());
  }

  /* Shows values, of valuesOver, and the weights. A probability has the middle colour at 0.5. */
  show(network, values, colours, selected) {
    const { activation } = network.layers.at(-1);
    this.tiles.forEach((column, l) => column.forEach((tile, j) => {
      const probability = l === network.layers.length && activation !== "linear";
      const [middle, scale] = probability ? [0.5, 0.5] : [0, scaleOf(values[l][j])];
      paint(tile.firstChild, GRID, (k) => signColour(colours, (values[l][j][k] - middle) / scale));
      tile.setAttribute("aria-pressed", selected.column === l && selected.neuron === j);
    }));
    network.layers.forEach(({ weights }, l) => {
      const scale = scaleOf(weights);
      weights.forEach((weight, k) => {
        this.lines[l][k].setAttribute("class", weight < 0 ? "negative" : "positive");
        this.lines[l][k].setAttribute("stroke-width", (0.4 + (3.6 * Math.abs(weight)) / scale).toFixed(2));
      });
    });
  }
}

/* The largest size of some numbers, or 1 if all are 0. */
const scaleOf = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
