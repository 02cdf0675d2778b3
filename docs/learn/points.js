/* SPDX-License-Identifier: BSD-3-Clause */
/* Data to learn from: { columns, rows, targets, classes }. rows: standardized columns; targets: 0 or 1, or one of
   several columns is 1, or a number; classes: the names of the labels, none for numbers. */

const [MOST_ROWS, MOST_CLASSES] = [2000, 4];

/* Two classes of points, by what makes a point of class k from three random numbers in [0, 1). */
const SHAPES = {
  moons: (k, turn) => {
    const angle = Math.PI * turn;
    return k ? [1 - Math.cos(angle), 0.5 - Math.sin(angle)] : [Math.cos(angle), Math.sin(angle)];
  },
  circles: (k, turn) => [Math.cos, Math.sin].map((wave) => (k ? 0.45 : 1) * wave(2 * Math.PI * turn)),
  spiral: (k, turn) => {
    const angle = 3 * Math.PI * turn + Math.PI * k;
    return [turn * Math.cos(angle), turn * Math.sin(angle)].map((value) => 1.3 * value);
  },
};

/* The points of a shape, with normal noise; the same seed gives the same points. */
function pointsOf(shape, noise, count = 200, seed = 0) {
  const random = new RandomState(seed);
  const labels = Array.from({ length: count }, (_, k) => k % 2);
  const rows = labels.map((label) => {
    return SHAPES[shape](label, random.uniform(0.02, 1)).map((value) => value + noise * normal(random));
  });
  const targets = labels.map((label) => [label]);
  return { columns: ["x1", "x2"], rows: standardized(rows), targets, classes: ["0", "1"] };
}

/* A standard normal number, by the transform of Box & Muller 1958. */
function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random.uniform(0, 1))) * Math.cos(2 * Math.PI * random.uniform(0, 1));
}

/* Columns of mean 0 and standard deviation 1. */
function standardized(rows) {
  const units = rows[0].map((_, k) => {
    const values = rows.map((row) => row[k]);
    const mean = values.reduce((sum, value) => sum + value, 0) / rows.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows.length);
    return { mean, deviation: deviation || 1 };
  });
  return rows.map((row) => row.map((value, k) => (value - units[k].mean) / units[k].deviation));
}

/* The points of a text of two or three columns, with or without a line of names. Three: two inputs, and a label or a
   number to predict. Two: one input, and a number to predict. */
function pointsOfCsv(text) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  if (!lines.length) refusePoints("The file has no lines.");
  const separator = [";", "\t", ","].find((each) => lines[0].includes(each));
  const cells = lines.map((line) => line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")));
  const named = cells[0].slice(0, 2).some((cell) => !isNumber(cell));
  const columns = named ? cells[0] : cells[0].map((_, k) => `x${k + 1}`);
  const body = named ? cells.slice(1) : cells;
  if (![2, 3].includes(columns.length)) refusePoints(`The file has ${columns.length} columns, not two or three.`);
  if (body.length < 2) refusePoints("The file has fewer than two rows.");
  body.forEach((row, k) => checkRow(row, columns, k + 1 + Number(named)));
  return pointsOfCells(columns, body.slice(0, MOST_ROWS));
}

function refusePoints(reason) {
  throw new TypeError(reason);
}

const isNumber = (text) => text !== "" && Number.isFinite(Number(text));

function checkRow(row, columns, line) {
  if (row.length !== columns.length) refusePoints(`Line ${line} has ${row.length} values, not ${columns.length}.`);
  const wrong = row.slice(0, 2).findIndex((cell) => !isNumber(cell));
  if (wrong >= 0) refusePoints(`Line ${line}: ${columns[wrong]} must be a number; it is "${row[wrong]}".`);
  if (!row.at(-1)) refusePoints(`Line ${line}: ${columns.at(-1)} is empty.`);
}

function pointsOfCells(columns, body) {
  const rows = standardized(body.map((row) => row.slice(0, columns.length - 1).map(Number)));
  const last = body.map((row) => row.at(-1));
  const classes = [...new Set(last)].sort();
  if (columns.length === 3 && classes.length <= MOST_CLASSES && classes.length > 1) {
    const numbers = last.map((label) => classes.indexOf(label));
    const targets = numbers.map((own) => (classes.length === 2 ? [own] : classes.map((_, k) => Number(k === own))));
    return { columns, rows, targets, classes };
  }
  const text = last.find((cell) => !isNumber(cell));
  if (text !== undefined) {
    const wanted = `2 to ${MOST_CLASSES} labels, or numbers`;
    refusePoints(`${columns.at(-1)} must have ${wanted}; it has ${classes.length} values.`);
  }
  return { columns, rows, targets: standardized(last.map((cell) => [Number(cell)])), classes: [] };
}
