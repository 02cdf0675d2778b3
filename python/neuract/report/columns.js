/* SPDX-License-Identifier: BSD-3-Clause */
/* The columns of X as a person moves them. A column has a name, a control, and numbersOf, which turns the value that a
   row has into numbers that the network takes. Here are those of an X of numbers; frame.js has those of frames. */

const UNKNOWN_RANGE = { low: -3, high: 3, step: 0.03 };
const MOST_CHOICES = 200; // levels of a drop-down; of more levels, the number is typed

/* From a column of the page's JSON and the range of its numbers. */
function columnOf(column, range = UNKNOWN_RANGE) {
  const numbersOf = column.scaled ? (value) => [scaledBy(column.scaled, value)] : itself;
  if (column.levels === undefined) return { ...column, ...range, empty: 0, control: sliderAndField, numbersOf };
  return column.levels > MOST_CHOICES ? columnOfManyLevels(column) : columnOfLevels(column);
}

const itself = (number) => [number];

/* The number that the network takes for one in the user's unit: on a line, or between the points of a curve, whose ends
   count beyond them. */
function scaledBy({ at, z, slope }, value) {
  if (slope !== undefined) return z + slope * (value - at);
  const last = at.length - 2;
  const i = clip(at.findLastIndex((x) => x <= value), 0, last);
  const share = clip((value - at[i]) / (at[i + 1] - at[i]), 0, 1);
  return z[i] + share * (z[i + 1] - z[i]);
}

function columnOfLevels({ name, levels }) {
  const choices = Array.from({ length: levels + 1 }, (_, level) => [level, level === 0 ? "0, unknown" : String(level)]);
  return { name, control: choice, numbersOf: itself, choices };
}

const columnOfManyLevels = ({ name, levels }) => ({ name, control: levelField, numbersOf: itself, low: 0, high: levels });

/* The range of a slider; a constant input may move by 1. */
function range(least, largest, whole) {
  const [low, high] = least < largest ? [least, largest] : [least - 1, least + 1];
  return { low, high, step: whole ? 1 : Number(((high - low) / 200).toPrecision(2)) };
}
