/* SPDX-License-Identifier: BSD-3-Clause */
/* The columns of a frame, which become numbers like in neuract.columns, and those of an X of numbers. A value is a
   number, a level, days since 1970-01-01, or null where it is missing. */

const [SMOOTH, REACH] = [3, 1e15];

const COLUMN_KINDS = {
  plain: (value) => [value ?? 0],
  level: (value) => [value ?? 0],
  number: withFlag,
  date,
  category: (level, { signed }) => [signed && level > 0 ? 2 * level - 3 : level], // two levels alone are -1 and 1
};

/* The numbers of a column's value in the matrix. */
const numbersOf = (column, value) => COLUMN_KINDS[column.kind](value, column);

/* The level of each text, "" a missing one: those of rare levels share one, and any other text is 0. */
function levelsOf({ levels, rare, missing }) {
  const next = levels.length + 1;
  const known = levels.map((text, k) => [text, k + 1]);
  const others = rare.map((text) => [text, next]);
  return new Map([...known, ...others, ["", missing ? next + Number(rare.length > 0) : 0]]);
}

function withFlag(value, { scaling, flag }) {
  return flag ? [scaled(value, scaling), Number(value === null)] : [scaled(value, scaling)];
}

/* Elapsed time, and where the date stands in each cycle, whose length is in days. */
function date(days, column) {
  const waves = column.cycles.flatMap((length) => (days === null ? [0, 0] : wave(days / length)));
  const [elapsed, ...flag] = withFlag(days, column);
  return [elapsed, ...waves, ...flag];
}

/* Sine and cosine of a share of a whole turn. */
function wave(turns) {
  const angle = 2 * Math.PI * (turns - Math.floor(turns));
  return [Math.sin(angle), Math.cos(angle)];
}

function scaled(value, { kind, center, scale, fill }) {
  const z = ((value ?? fill) - center) * scale;
  if (kind === "unit") return clip(z, 0, 1);
  if (kind !== "robust") return z;
  const bounded = clip(z, -REACH, REACH);
  return bounded / Math.sqrt(1 + (bounded / SMOOTH) ** 2);
}
