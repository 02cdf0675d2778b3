/* SPDX-License-Identifier: BSD-3-Clause */
/* The columns of the user's frame as a person moves them; the engine's columns.js makes numbers of their values. */

const COLUMNS_OF_FRAMES = { number: quantity, bool: truth, category, date: moment };
const columnOfFrame = (column) => COLUMNS_OF_FRAMES[column.kind](column);

function quantity(column) {
  const { name, unit, days = 1, range: ends, scaling } = column;
  const ofValue = (value) => numbersOf(column, value === null ? null : value * days);
  const shown = unit ? `${name}, ${unit}` : name;
  const slider = { control: sliderAndField, empty: null, center: scaling.fill / days, ...range(...ends) };
  return { name: shown, numbersOf: ofValue, ...slider };
}

function truth(column) {
  const choices = [[0, "False"], [1, "True"], ...(column.flag ? [[null, "missing"]] : [])];
  return { name: column.name, control: choice, numbersOf: (value) => withFlag(value, column), choices };
}

function category(column) {
  const { name, names, missing, rare } = column;
  const ofLevel = (level) => numbersOf(column, level);
  if (!rare) return { name, control: choice, numbersOf: ofLevel, choices: [...names.entries()] };
  const known = names.length - 1 - Number(missing) - Number(rare.length > 0);
  const levels = levelsOf({ levels: names.slice(1, 1 + known), rare, missing });
  const levelOfText = (text) => levels.get(text) ?? Math.max(names.indexOf(text), 0); // "(rare)" can be chosen too
  return { name, control: nameField, numbersOf: ofLevel, names, levelOf: levelOfText };
}

function moment(column) {
  return { name: column.name, control: dateField, numbersOf: (days) => numbersOf(column, days), field: column.field };
}
