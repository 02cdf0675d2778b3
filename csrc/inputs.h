/* inputs.h: what makes numbers for the first layer of columns of X. Each kind is one row of the list and two functions
 * in kernels/encode.h; `scale` comes after all others, and multiplies each of their numbers by a learned factor. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_INPUTS_H
#define NA_INPUTS_H

/* X(name): one column x becomes
 * numbers: x.
 * periodic: x, then `size` numbers biases[i] + Σ_f weights[f, i] · cos(2π · frequencies[f] · x + phases[f]) of n
 *   frequencies. Parameters: frequencies (n), phases (n), weights (n × size), biases (size).
 * piecewise_linear: n numbers clip((x − edges[t]) / (edges[t + 1] − edges[t]), 0, 1); the first goes down to −1 and
 *   the last up to 2, so that x beyond the edges still counts.
 * embedding: row x of a table of n + 1 rows × size parameters; row 0 if x is not a level from 0 to n.
 * one_hot: n numbers, 1 at number x − 1 for a level x from 1 to n. */
#define NA_INPUTS(X)    \
    X(numbers)          \
    X(periodic)         \
    X(piecewise_linear) \
    X(embedding)        \
    X(one_hot)

#define NA_INPUT_ID(name) NA_INPUT_##name,
enum { NA_INPUTS(NA_INPUT_ID) NA_INPUT_scale, NA_N_INPUTS = NA_INPUT_scale };
#undef NA_INPUT_ID

enum { NA_MOST_PERIODIC = 64 }; /* learned numbers of a periodic input */

#ifdef NA_REAL_H

struct na_encoding {
    int64_t n, size;
    const real *parameters;
    const real *edges; /* piecewise_linear: n pairs of a lower edge and 1 / width */
};

#endif
#endif
