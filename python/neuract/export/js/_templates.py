# SPDX-License-Identifier: BSD-3-Clause
"""The fixed text of the files, for str.format."""

from __future__ import annotations

MODULE = """\
/* A neural network of {parameters:,} parameters, written by neuract {version}. It needs no other file.
 *
 *   import {{ predict }} from {file};
 *   predict(row)
 *
 * row: an array of values in the order of `inputs`, or an object by their names; null is a missing value. */

export const inputs = {inputs};
export const outputs = {outputs};
{classes}export const sizes = {sizes};

const description = {{
{description}}};

/* ---- the engine: neuract/engine/*.js without comments, and without what this model does not use ---- */

{engine}
/* ---- what the members have learned: float32 in base64 ---- */

const weights = "{weights}";

/* A number, an array of numbers, or {{ label, probabilities }}. TypeError for a row that the model cannot take. */
export const predict = predictorOf({given}, weights);
"""

TEST = """\
/* Self-test: `node` ends with an error if the module does not give what neuract gave when it wrote it. */
import {{ inputs, predict }} from {file};

const TOLERANCE = {tolerance};

const rows = {rows};
const answers = {answers};
const scales = {scales}; // of the numbers

const numbersOf = (answer) => [answer.probabilities ?? answer].flat();
const labelOf = (answer) => String(answer.label);

function compare(answer, wanted) {{
  const [given, numbers] = [numbersOf(answer), numbersOf(wanted)];
  const near = numbers.every((number, j) => Math.abs(given[j] - number) <= TOLERANCE * (scales[j] + Math.abs(number)));
  if (given.length === numbers.length && near && labelOf(answer) === labelOf(wanted)) return;
  throw new Error(`predict gave ${{given}} ${{answer.label ?? ""}}, and neuract ${{numbers}} ${{wanted.label ?? ""}}`);
}}

rows.forEach((row, k) => {{
  compare(predict(row), answers[k]);
  compare(predict(Object.fromEntries(row.map((value, i) => [inputs[i].name, value]))), answers[k]);
}});
console.log(`${{rows.length}} rows give what neuract gave`);
"""

DECLARATIONS = """\
/** A value of each input by its name; null is a missing value. Durations are days; dates may be days since 1970. */
export interface Row {{
{columns}}}

/** Values in the order of `inputs`. */
export type Values = readonly ({values})[];

export interface Input {{
  readonly name: string;
  readonly kind: "number" | "bool" | "duration" | "date" | "category" | "level";
  /** The texts that the model knows, or the largest number of a level. */
  readonly levels?: readonly string[] | number;
}}

export declare const inputs: readonly Input[];
/** The names of the numbers or probabilities that `predict` gives. */
export declare const outputs: readonly string[];
{classes}export declare const sizes: {{
  readonly inputs: number;
  readonly outputs: number;
  readonly members: number;
  readonly parameters: number;
}};

export type Answer = {answer};

/** The prediction for one row. TypeError for a row that the model cannot take. */
export declare const predict: (row: Row | Values) => Answer;
"""

DECLARED_CLASSES = """\
/** The labels, in the order of the probabilities. */
export declare const classes: readonly {classes};
"""
