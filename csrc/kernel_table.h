/* kernel_table.h: the kernels of one ISA and one dtype, as a struct of pointers: the one thing networks know of SIMD.
 *
 * Words: a line is NA_LANES numbers, one neuron over the NA_LANES rows of a block; a block of n neurons is n lines,
 * tight. A panel is NA_LANES outputs of a layer, the last one narrower; weights lie panel by panel, [n_in][width] each.
 * Arrays need no alignment, but blocks and parameters that begin on a 64-byte boundary are faster. What the lanes past
 * the last row hold means nothing and is never passed on. No kernel allocates, fails or keeps anything. Each output is
 * one accumulator, its sum in order: the same bits everywhere. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_KERNEL_TABLE_H
#define NA_KERNEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "real.h"

/* The most outputs of a panel whose gradients are summed with SIMD across rows. */
#define NA_NARROW (NA_LANES / 4)

#include "activations.h"
#include "losses.h"
#include "optimizers.h"

/* What the neurons of a layer do with z: the activation's parameter and the thresholds (NULL: none). */
struct na_neurons {
    const real *parameters; /* one number, or one a neuron */
    size_t stride;          /* 0 or 1: from a neuron's parameter to the next one's */
    const real *thresholds; /* one a neuron, or NULL */
};

/* y ← f(z), then the threshold: y stays unless y < threshold, else 0. y may be z.
 * slopes (dy/dz) and parameter_slopes (dy/da) are written where they are not NULL; 0 where the neuron did not fire. */
typedef void na_activate(int64_t units, const real *z, const struct na_neurons *neurons, real *y, real *slopes,
                         real *parameter_slopes);
/* The same for one row: z and y are `units` numbers, and readable and writable to the end of the last line. */
typedef void na_activate_row(int64_t units, const real *z, const struct na_neurons *neurons, real *y);

/* gradients ← sample weight · dloss/dv and losses[lane] ← the row's loss, for one block; v: outputs or z (losses.h),
 * `units` lines; targets: as many lines, for softmax one line of class numbers; parameters: one number (stride 0) or
 * one an output (stride 1; not for softmax); sample_weights: one line. */
typedef void na_loss(int64_t units, const real *v, const real *targets, const real *parameters, size_t stride,
                     const real *sample_weights, real *gradients, real *losses);

/* What is measured of a neuron's numbers y: Σ (y − shift), Σ (y − shift)², the least, the greatest, and how many are
 * not 0, and how many are ≤ low or ≥ high. */
enum { NA_SUM, NA_SQUARES, NA_LEAST, NA_GREATEST, NA_NOT_ZERO, NA_SATURATED, NA_N_MEASURES };

/* One step of n parameters down their gradients; returns Σ w² of the parameters before it. */
typedef double na_update(int64_t n, const struct na_step *step, const real *gradients, real *parameters,
                         real *first_moments, real *second_moments);

struct NA_FN(na_kernels) {
    /* z: blocks × units lines ← x: blocks × n_in lines, times weights, plus biases */
    void (*forward)(int64_t n_in, int64_t units, int64_t blocks, const real *x, const real *weights, const real *biases,
                    real *z);
    /* the same for one row: x: n_in numbers; z: written to the end of its last line; weights and biases readable one
     * line on */
    void (*forward_row)(int64_t n_in, int64_t units, const real *x, const real *weights, const real *biases, real *z);
    /* dx: blocks × n_in lines ← dz: blocks × units lines, times the weights transposed; then, where slopes is not
     * NULL, times slopes, as many lines as dx */
    void (*backward_data)(int64_t n_in, int64_t units, int64_t blocks, const real *dz, const real *weights,
                          const real *slopes, real *dx);
    /* one panel: dweights: n_in × width ← Σ over rows of x · dz, dbiases ← Σ dz; added to what is there if `add`.
     * x: blocks × n_in lines; dz: as transpose leaves it. */
    void (*backward_weights)(int64_t n_in, int64_t width, int64_t rows, const real *x, const real *dz, bool add,
                             real *dweights);
    void (*sum_rows)(int64_t width, int64_t rows, const real *dz, bool add, real *dbiases);
    /* forward_row of a row of which n values are stored, at `columns`, ascending; the others are 0 */
    void (*sparse_forward_row)(int64_t n_in, int64_t units, int64_t n, const real *values, const int32_t *columns,
                               const real *weights, const real *biases, real *z);
    /* backward_weights of such rows, given column by column: the values of column k and the rows in which they are,
     * ascending, lie from starts[k] to starts[k + 1] */
    void (*sparse_backward_weights)(int64_t n_in, int64_t width, int64_t rows, const real *values,
                                    const int32_t *row_numbers, const int64_t *starts, const real *dz, bool add,
                                    real *dweights);

    na_activate *activate[NA_N_ACTIVATIONS];
    na_activate_row *activate_row[NA_N_ACTIVATIONS];
    /* y ← softmax over the units, lane by lane; and for one row. y may be z. */
    void (*softmax)(int64_t units, const real *z, real *y);
    void (*softmax_row)(int64_t units, const real *z, real *y);
    na_loss *loss[NA_N_LOSSES];
    na_update *update[NA_N_OPTIMIZERS];
    /* y ← a · b over n lines; y may be a */
    void (*multiply)(int64_t lines, const real *a, const real *b, real *y);

    /* measured: NA_N_MEASURES lines ← y in lines that are `stride` numbers apart, lane by lane over `rows` ≥ 1 rows;
     * the least and the greatest begin at shift, which is one of the y */
    void (*measure)(int64_t rows, const real *y, int64_t stride, real shift, real low, real high, real *measured);

    /* block ← 1 ≤ `rows` ≤ NA_LANES rows of n numbers, x[order[i]] or x[i] where order is NULL; the other lanes zero */
    void (*gather)(int64_t n, int64_t rows, const real *x, const uint32_t *order, real *block);
    /* y: rows × n ← block */
    void (*scatter)(int64_t n, int64_t rows, const real *block, real *y);
    /* panel p of the transposed block goes to out + p · panel_stride: NA_LANES rows × NA_LANES, zeros past n; a panel
     * of at most NA_NARROW outputs as it is, in lines */
    void (*transpose)(int64_t n, const real *block, int64_t panel_stride, real *out);
};

/* The table in use (dispatch.c). */
const struct NA_FN(na_kernels) * NA_FN(na_best_kernels)(void);

#endif
