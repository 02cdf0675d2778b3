/* SPDX-License-Identifier: BSD-3-Clause */
/* A row as a user has it, an array or an object by the names of the columns, becomes the values that columns.js takes.
   null, undefined, NaN and "" are missing values. */

const READERS = {
  plain: numberOf,
  level: wholeNumberOf,
  number: numberOf,
  date: daysOf,
  category: levelOfText,
};

/* An object may have more names than those of the columns. */
function valuesOfRow(columns, row) {
  const listed = Array.isArray(row) || ArrayBuffer.isView(row);
  const values = listed ? row : columns.map(({ name }) => valueNamed(name, Object(row)));
  if (values.length !== columns.length) refuse("a row", `must have ${columns.length} values`, values.length);
  return columns.map((column, k) => valueOf(column, values[k]));
}

const valueNamed = (name, row) => (Object.hasOwn(row, name) ? row[name] : refuse(name, "must be in the row"));

function valueOf(column, value) {
  const missing = value == null || value === "" || Number.isNaN(value);
  if (!missing) return READERS[column.kind](value, column);
  if (column.complete) refuse(column.name, "must not be missing", value);
  return column.codes?.get("") ?? null;
}

function numberOf(value, { name }) {
  const number = typeof value === "boolean" ? Number(value) : value;
  return Number.isFinite(number) ? number : refuse(name, "must be a finite number", value);
}

function wholeNumberOf(value, { name, most }) {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  return refuse(name, `must be a whole number from 0 to ${most}`, value);
}

/* Numbers and truths are levels by their text in Python. */
function levelOfText(value, column) {
  const text = typeof value === "boolean" ? (value ? "True" : "False") : value;
  return column.codes.get(typeof text === "string" ? text : decimal(numberOf(value, column))) ?? 0;
}

function decimal(number) {
  if (Number.isInteger(number)) return String(BigInt(number));
  return Math.abs(number) < 1e-4 ? number.toExponential().replace(/e-(\d)$/, "e-0$1") : String(number);
}

const ISO = /^(\d{4}-\d\d-\d\d)?[T ]?(\d\d:\d\d[\d:.]*)?(Z|[+-]\d\d:\d\d)?$/;

/* Days since 1970-01-01 of a Date, of ISO text, which without a zone is in UTC, or of a time of day; or such days. */
function daysOf(value, { name }) {
  if (Number.isFinite(value)) return value;
  const [whole, day = "1970-01-01", time = "00:00", zone = "Z"] = ISO.exec(value) ?? [];
  const milliseconds = whole ? Date.parse(`${day}T${time}${zone}`) : Number(value instanceof Date ? value : NaN);
  if (Number.isFinite(milliseconds)) return milliseconds / 86_400_000;
  return refuse(name, 'must be a Date, text such as "2026-01-31T10:30", or days since 1970', value);
}

function refuse(name, wanted, value) {
  throw new TypeError(`${name} ${wanted}; got ${typeof value === "string" ? JSON.stringify(value) : String(value)}`);
}
