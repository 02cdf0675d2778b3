/* SPDX-License-Identifier: BSD-3-Clause */
/* What makes the numbers of the first layer of columns of X, computed like in the C core; csrc/inputs.h has the
   formulas. */

/* The numbers of a column's number x; kept: what the input has learned, or its edges; round: to the network's dtype. */
const ENCODINGS = {
  numbers: (x) => [x],
  periodic,
  piecewise_linear: piecewiseLinear,
  embedding: (x, { n, size, kept }) => kept.subarray(size * levelOf(x, n), size * (levelOf(x, n) + 1)),
  one_hot: (x, { n }) => Array.from({ length: n }, (_, i) => Number(levelOf(x, n) === i + 1)),
};

/* The level x, or 0, the unknown level, for a number that is not a level. */
const levelOf = (x, n) => (x >= 1 && x <= n ? Math.trunc(x) : 0);

/* x, then the biases + the waves times the weights. A wave is the cosine of an angle in turns. */
function periodic(x, { n, size, kept }, round) {
  const [frequencies, phases, weights, biases] = [n, n, n * size, size].map(cutter(kept));
  const learned = Array.from(biases);
  for (let f = 0; f < n; f++) {
    const turns = round(x * frequencies[f] + round(phases[f] * round(0.5 / Math.PI)));
    const wave = round(Math.cos(2 * Math.PI * (turns - Math.round(turns))));
    for (let i = 0; i < size; i++) learned[i] = round(wave * weights[f * size + i] + learned[i]);
  }
  return [x, ...learned];
}

/* How far x is in each interval; the first goes on below the edges, the last above. kept: lower edge, 1 / width, ... */
function piecewiseLinear(x, { n, kept }, round) {
  return Array.from({ length: n }, (_, t) => {
    const share = round(round(x - kept[2 * t]) * kept[2 * t + 1]);
    return clip(share, t === 0 ? -1 : 0, t === n - 1 ? 2 : 1);
  });
}

/* The inputs of a network, which turn a row of X into the numbers of the first layer. */
class Encoder {
  constructor(inputs, take, dtype) {
    const all = inputs.map((each) => ({ ...each, kept: take(each.kept) }));
    this.inputs = all.filter(({ kind }) => kind !== "scale");
    this.factors = all.find(({ kind }) => kind === "scale")?.kept;
    this.Numbers = NUMBERS[dtype];
    this.round = ROUNDING[dtype];
  }

  numbers(row) {
    const x = this.Numbers.from(row);
    if (!this.inputs.length) return x;
    const made = this.inputs.flatMap((each) => Array.from(ENCODINGS[each.kind](x[each.column], each, this.round)));
    return this.Numbers.from(made, (value, k) => value * (this.factors?.[k] ?? 1));
  }
}
