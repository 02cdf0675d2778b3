/* SPDX-License-Identifier: BSD-3-Clause */
/* The columns of the user's frame, which become numbers like in neuract.columns. A value is a number, a level, days since
   1970-01-01, or null where it is missing. */

const [SMOOTH, REACH] = [3, 1e15];

const COLUMNS_OF_FRAMES = { number: quantity, bool: truth, category, date };
const columnOfFrame = (column) => COLUMNS_OF_FRAMES[column.kind](column);

function quantity({ name, unit, days = 1, range: ends, scaling, flag }) {
  const numbersOf = (value) => numbersWithFlag(value === null ? null : value * days, scaling, flag);
  const shown = unit ? `${name}, ${unit}` : name;
  return { name: shown, control: sliderAndField, numbersOf, empty: null, center: scaling.fill / days, ...range(...ends) };
}

function truth({ name, scaling, flag }) {
  const choices = [[0, "False"], [1, "True"], ...(flag ? [[null, "missing"]] : [])];
  return { name, control: choice, numbersOf: (value) => numbersWithFlag(value, scaling, flag), choices };
}

/* A level that no training row had is 0; two levels alone are -1 and 1. */
function category({ name, names, signed, missing, rare }) {
  const numbersOf = (level) => [signed && level > 0 ? 2 * level - 3 : level];
  if (!rare) return { name, control: choice, numbersOf, choices: [...names.entries()] };
  const last = names.length - 1;
  const levels = new Map([...names.entries()].map(([level, each]) => [each, level]));
  for (const each of rare) levels.set(each, last - missing);
  levels.set("", missing ? last : 0);
  return { name, control: nameField, numbersOf, names, levelOf: (text) => levels.get(text) ?? 0 };
}

function date({ name, field, cycles, scaling, flag }) {
  const numbersOf = (days) => {
    const waves = cycles.flatMap((length) => (days === null ? [0, 0] : wave(days / length)));
    const [elapsed, ...flags] = numbersWithFlag(days, scaling, flag);
    return [elapsed, ...waves, ...flags];
  };
  return { name, control: dateField, numbersOf, field };
}

/* Sine and cosine of a share of a whole turn. */
function wave(turns) {
  const angle = 2 * Math.PI * (turns - Math.floor(turns));
  return [Math.sin(angle), Math.cos(angle)];
}

function numbersWithFlag(value, scaling, flag) {
  return flag ? [scaled(value, scaling), Number(value === null)] : [scaled(value, scaling)];
}

function scaled(value, { kind, center, scale, fill }) {
  const z = ((value ?? fill) - center) * scale;
  if (kind === "unit") return clip(z, 0, 1);
  if (kind !== "robust") return z;
  const bounded = clip(z, -REACH, REACH);
  return bounded / Math.sqrt(1 + (bounded / SMOOTH) ** 2);
}
