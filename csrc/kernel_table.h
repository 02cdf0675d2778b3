/* kernel_table.h: the kernels of one ISA and one dtype, as a struct of pointers. Networks know SIMD only through it.
 *
 * Terms: a line is NA_LANES numbers, one neuron over the NA_LANES rows of a block. A block of n neurons is n lines,
 * contiguous. A panel is NA_LANES outputs of a layer, the last panel is narrower; weights lie panel by panel,
 * [n_in][width] each. Arrays need no alignment, but blocks and parameters that begin on a 64-byte boundary are
 * faster. The lanes past the last row hold arbitrary numbers that no kernel passes on. No kernel allocates, fails or
 * keeps state. Each output is one accumulator whose sum runs in order, which gives the same bits everywhere. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_KERNEL_TABLE_H
#define NA_KERNEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "real.h"

/* The widest panel whose gradients are summed with SIMD across rows. */
#define NA_NARROW (NA_LANES / 4)

#include "activations.h"
#include "inputs.h"
#include "losses.h"
#include "optimizers.h"

/* How the neurons of a layer turn z into y: the activation's parameter and the thresholds (NULL: none). */
struct na_neurons {
    const real *parameters; /* one number, or one per neuron */
    size_t stride;          /* 0 or 1: step from a neuron's parameter to the next */
    const real *thresholds; /* one per neuron, or NULL */
};

/* y ← f(z), then the threshold: y stays unless y < threshold, else 0. y may be z. Writes slopes (dy/dz) and
 * parameter_slopes (dy/da) if they are not NULL; both are 0 where the threshold holds y back. */
typedef void na_activate(int64_t units, const real *z, const struct na_neurons *neurons, real *y, real *slopes,
                         real *parameter_slopes);
/* The same for one row: z and y have `units` numbers, and can be read and written to the end of the last line. */
typedef void na_activate_row(int64_t units, const real *z, const struct na_neurons *neurons, real *y);

/* gradients ← sample weight · dloss/dv and losses[lane] ← the row's loss, for one block. v: outputs or z (losses.h),
 * `units` lines; targets: as many lines, for softmax one line of class numbers; parameters: one number (stride 0) or
 * one per output (stride 1; not for softmax); sample_weights: one line. */
typedef void na_loss(int64_t units, const real *v, const real *targets, const real *parameters, size_t stride,
                     const real *sample_weights, real *gradients, real *losses);

/* y ← the numbers that an input makes of a line x of its column. */
typedef void na_encode(const struct na_encoding *encoding, const real *x, real *y);

/* Blocks of rows for the gradients of an input: a line of its column, and the gradients of the loss with respect to
 * its numbers, 0 in lanes without a row. The next block lies a stride further. */
struct na_encoded {
    int64_t blocks;
    const real *x, *dy;
    int64_t x_stride, dy_stride;
};

/* gradients ← Σ over rows of the gradients of the input's parameters; if `add`, added to the old values. */
typedef void na_encode_gradients(const struct na_encoding *encoding, const struct na_encoded *rows, bool add,
                                 real *gradients);

/* Measures of a neuron's numbers y: Σ (y − shift), Σ (y − shift)², minimum, maximum, how many are not 0, and how
 * many are ≤ low or ≥ high. */
enum { NA_SUM, NA_SQUARES, NA_LEAST, NA_GREATEST, NA_NOT_ZERO, NA_SATURATED, NA_N_MEASURES };

/* Updates n parameters by one step; returns Σ w² of the parameters before it. */
typedef double na_update(int64_t n, const struct na_step *step, const real *gradients, real *parameters,
                         real *first_moments, real *second_moments);

/* What a step drops from one block of a layer: neuron j in row r (of the batch) if its 16 random bits, a signed number,
 * are below `limit` / 2^16. The bits are those of the generator Philox4x32-10 with this key and the counter
 * {r / 2, j / 4, layer, step}: of word r % 2 + j % 4 / 2 · 2 the lower half for even j, the upper half for odd j. */
struct na_dropping {
    uint32_t key[2], layer, step;
    uint32_t row;  /* the first of the block; even */
    int32_t limit; /* a multiple of 2^16 */
    real kept;     /* multiplies what is not dropped */
};

/* n ≥ 1 inputs of a layer's n_in, from `first` on: n lines of x per block, the next block `stride` numbers further. */
struct na_some_inputs {
    int64_t n_in, first, n;
    const real *x;
    int64_t stride;
};

struct NA_FN(na_kernels) {
    /* z: blocks × units lines ← x: blocks × n_in lines, times weights, plus biases; where bound is not NULL, the y of
     * ReLUs with this bound in place of z */
    void (*forward)(int64_t n_in, int64_t units, int64_t blocks, const real *x, const real *weights, const real *biases,
                    const real *bound, real *z);
    /* the same for one row: x: n_in numbers; z: written to the end of its last line; weights and biases must be
     * readable one line further */
    void (*forward_row)(int64_t n_in, int64_t units, const real *x, const real *weights, const real *biases, real *z);
    /* z: blocks × units lines ← sums, plus some inputs times their weights; z may be sums; bound as in forward */
    void (*add_inputs)(const struct na_some_inputs *of, int64_t units, int64_t blocks, const real *weights,
                       const real *sums, const real *bound, real *z);
    /* dx: blocks × n_in lines ← dz: blocks × units lines, times the weights transposed; then, where slopes is not
     * NULL, times slopes, as many lines as dx; where bound is not NULL, slopes are the y of ReLUs with this bound */
    void (*backward_data)(int64_t n_in, int64_t units, int64_t blocks, const real *dz, const real *weights,
                          const real *slopes, const real *bound, real *dx);
    /* panels of `units` outputs: dweights: the panels' weights ← Σ over rows of x · dz, and where dbiases is not NULL,
     * dbiases ← Σ dz; if `add`, added to the old values. x: blocks × n_in lines; dz: in the layout of transpose. */
    void (*backward_weights)(int64_t n_in, int64_t units, int64_t rows, const real *x, const real *dz,
                             int64_t panel_stride, bool add, real *dweights, real *dbiases);
    int panels; /* that backward_weights is fastest for */
    /* one panel: dbiases ← Σ dz */
    void (*sum_rows)(int64_t width, int64_t rows, const real *dz, bool add, real *dbiases);
    /* forward_row for a row with n stored values at `columns`, ascending; the others are 0 */
    void (*sparse_forward_row)(int64_t n_in, int64_t units, int64_t n, const real *values, const int32_t *columns,
                               const real *weights, const real *biases, real *z);
    /* backward_weights for such rows, given column by column: the values of column k and the numbers of their rows,
     * ascending, lie from starts[k] to starts[k + 1] */
    void (*sparse_backward_weights)(int64_t n_in, int64_t width, int64_t rows, const real *values,
                                    const int32_t *row_numbers, const int64_t *starts, const real *dz, bool add,
                                    real *dweights);

    na_encode *encode[NA_N_INPUTS];
    na_encode_gradients *encode_gradients[NA_N_INPUTS]; /* NULL: learns nothing */
    /* y ← n lines of x, each times its factor; y may be x */
    void (*scale_lines)(int64_t n, const real *x, const real *factors, real *y);
    /* sums: n ← the sum over the rows of blocks × n lines, which are 0 in lanes without a row */
    void (*sum_lines)(int64_t n, int64_t blocks, const real *lines, bool add, real *sums);

    na_activate *activate[NA_N_ACTIVATIONS];
    na_activate_row *activate_row[NA_N_ACTIVATIONS];
    /* y ← softmax over the units, lane by lane; then the same for one row. y may be z. */
    void (*softmax)(int64_t units, const real *z, real *y);
    void (*softmax_row)(int64_t units, const real *z, real *y);
    na_loss *loss[NA_N_LOSSES];
    na_update *update[NA_N_OPTIMIZERS];
    /* y ← a · b over n lines; y may be a */
    void (*multiply)(int64_t lines, const real *a, const real *b, real *y);

    /* y, slopes and, if not NULL, parameter_slopes: `units` lines each ← 0 for dropped neurons, else themselves times
     * kept */
    void (*drop_out)(int64_t units, const struct na_dropping *d, real *y, real *slopes, real *parameter_slopes);

    /* measured: NA_N_MEASURES lines ← y in lines that are `stride` numbers apart, lane by lane over `rows` ≥ 1 rows;
     * minimum and maximum begin at shift, which must be one of the y */
    void (*measure)(int64_t rows, const real *y, int64_t stride, real shift, real low, real high, real *measured);

    /* block ← 1 ≤ `rows` ≤ NA_LANES rows of n numbers, x[order[i]] or x[i] if order is NULL; zeroes the other lanes */
    void (*gather)(int64_t n, int64_t rows, const real *x, const uint32_t *order, real *block);
    /* y: rows × n ← block */
    void (*scatter)(int64_t n, int64_t rows, const real *block, real *y);
    /* panel p of the transposed block goes to out + p · panel_stride: NA_LANES rows × NA_LANES, zeros past n; a
     * panel of at most NA_NARROW outputs is not transposed and stays in lines */
    void (*transpose)(int64_t n, const real *block, int64_t panel_stride, real *out);
};

/* The table in use (dispatch.c). */
const struct NA_FN(na_kernels) * NA_FN(na_best_kernels)(void);

#endif
