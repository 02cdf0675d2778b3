/* SPDX-License-Identifier: BSD-3-Clause */
/* What makes the numbers of the first layer of columns of X, computed like the C core; csrc/inputs.h has the formulas. */

/* The numbers of a column's number x; `kept`: what the input has learned, or its edges. */
const ENCODINGS = {
  numbers: (x) => [x],
  periodic,
  piecewise_linear: piecewiseLinear,
  embedding: (x, { n, size, kept }) => kept.subarray(size * levelOf(x, n), size * (levelOf(x, n) + 1)),
  one_hot: (x, { n }) => Array.from({ length: n }, (_, i) => Number(levelOf(x, n) === i + 1)),
};

/* The level x, or 0, the unknown level, for a number that is not a level. */
const levelOf = (x, n) => (x >= 1 && x <= n ? Math.trunc(x) : 0);

/* x, then the biases + the waves times the weights. */
function periodic(x, { n, size, kept }, dtype) {
  const round = ROUNDING[dtype];
  const take = cutter(kept);
  const [frequencies, phases, weights, biases] = [take(n), take(n), take(n * size), take(size)];
  const learned = Float64Array.from(biases);
  for (let f = 0; f < n; f++) {
    const wave = round(wavesOf(round(round(round(2 * Math.PI) * frequencies[f]) * x + phases[f]), dtype));
    for (let i = 0; i < size; i++) learned[i] = round(wave * weights[f * size + i] + learned[i]);
  }
  return [x, ...learned];
}

/* Where the core's sine is 0, so is its cosine. */
const wavesOf = (angle, dtype) => (Math.abs(angle) > SINE_END[dtype] ? 0 : Math.cos(angle));

/* How far x is in each interval; the first goes on below the edges, the last above. */
function piecewiseLinear(x, { n, kept: edges }, dtype) {
  const round = ROUNDING[dtype];
  return Array.from({ length: n }, (_, t) => {
    const share = round(round(x - round(edges[t])) * round(1 / (edges[t + 1] - edges[t])));
    return clip(share, t === 0 ? -1 : 0, t === n - 1 ? 2 : 1);
  });
}

/* Reads the inputs of a network; the result turns a row of X into the numbers of the first layer. */
function encoder(inputs, take, dtype) {
  const all = inputs.map((each) => ({ ...each, kept: take(each.kept) }));
  const factors = all.find(({ kind }) => kind === "scale")?.kept;
  const makers = all.filter(({ kind }) => kind !== "scale");
  return (row) => {
    if (!makers.length) return row;
    const numbers = makers.flatMap((each) => Array.from(ENCODINGS[each.kind](row[each.column], each, dtype)));
    return Float64Array.from(numbers, (value, k) => ROUNDING[dtype](factors ? value * factors[k] : value));
  };
}
