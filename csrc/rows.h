/* rows.h: rows of the user's X and the first layer, which reads them. Each kind of rows is an input_kind with its
 * functions in a file of its own (dense_rows_tmpl.c, sparse_rows_tmpl.c); rows_tmpl.c lists the kinds. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_ROWS_H
#define NA_ROWS_H

#include "memory.h"
#include "network.h"

/* n rows: order[first + i], or first + i of x if order is NULL. weights: their sample weights, or NULL if all are 1. */
typedef struct {
    na_rows x;
    const uint32_t *order;
    int64_t first, n;
    const real *weights;
    real *columns, *numbers; /* where read leaves a network's columns and unscaled numbers, or NULL */
} row_span;

static inline int64_t row_number(const row_span *rows, int64_t i)
{
    return rows->order ? rows->order[rows->first + i] : rows->first + i;
}

/* Sets rows of weight 0 to zeros: `lines` lines of a block of n rows. */
static inline void clear_rows_without_weight(int64_t lines, int64_t n, const real *weights, real *block)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < lines && weights[i] == 0; k++) block[k * NA_LANES + i] = 0;
}

/* The stored entries of some rows, column by column. `rows` counts from the first of these rows, ascending in each
 * column. */
typedef struct {
    int64_t *starts; /* n_inputs + 2 places; column k lies from starts[k] to starts[k + 1] */
    int32_t *rows;
    real *values;
} column_entries;

/* The inputs of a chunk for the gradients of the first layer: blocks or columns. */
typedef struct {
    real *blocks; /* n_inputs lines per block; NULL if the kind does not use them */
    column_entries columns;
    /* Of a network with inputs, per block: n_columns lines; if it scales them, n_inputs lines before that; and if it
     * learns inputs, n_inputs lines of gradients with respect to them. */
    real *row_columns, *numbers, *gradients;
} chunk_inputs;

typedef struct {
    /* Returns how many numbers of the first `rows` rows the first layer multiplies. */
    double (*stored)(const network *net, na_rows x, int64_t rows);
    /* Returns how many lines per block na_forward_layer needs in `below`. */
    int64_t (*lines)(const network *net);
    /* z ← the first layer on one row of x; written to the end of the last line. below: scratch, lines_of_row lines. */
    void (*forward_row)(const kernel_table *table, const network *net, na_rows x, int64_t row, real *below, real *z);
    int64_t (*lines_of_row)(const network *net); /* NULL: none */
    /* below ← the numbers of the first layer, n_inputs lines per block. They are finite for rows of weight 0, since an
     * infinity times their weight would be NaN. NULL: the kind has forward. */
    void (*read)(const kernel_table *table, const network *net, const row_span *rows, real *below);
    /* z ← the first layer on some rows, in blocks, finite for rows of weight 0; bound as in kernel_table.h. below:
     * scratch. NULL: the kind has read. */
    void (*forward)(const kernel_table *table, const network *net, const row_span *rows, const real *bound, real *below,
                    real *z);
    /* Adds the stored entries of `rows` rows to the activities of their columns. NULL: read leaves the inputs in
     * `below`, in blocks, all of which count. */
    void (*add_entries)(na_rows x, int64_t rows, na_activity *columns);

    /* Takes the memory for the inputs of any `chunk` of the `rows` rows of x. */
    void (*take)(na_arena *arena, const network *net, na_rows x, int64_t rows, int64_t chunk, chunk_inputs *inputs);
    /* Fills inputs->columns from a chunk's rows. NULL: the kind uses inputs->blocks, which read fills. */
    void (*sort)(const network *net, const row_span *rows, const chunk_inputs *inputs);
    /* As backward_weights of kernel_table.h, for panels of the first layer. */
    void (*backward_weights)(const kernel_table *table, const network *net, const chunk_inputs *inputs, int64_t units,
                             int64_t rows, const real *dz, int64_t panel_stride, bool add, real *dweights,
                             real *dbiases);
} input_kind;

/* `stored` and `backward_weights` of the kinds that use inputs->blocks (dense_rows_tmpl.c). */
double NA_FN(na_stored_in_blocks)(const network *net, na_rows x, int64_t rows);
void NA_FN(na_backward_weights_of_blocks)(const kernel_table *table, const network *net, const chunk_inputs *inputs,
                                          int64_t units, int64_t rows, const real *dz, int64_t panel_stride, bool add,
                                          real *dweights, real *dbiases);

extern const input_kind NA_FN(na_dense_rows), NA_FN(na_sparse_rows), NA_FN(na_column_rows);

/* The kind of x. Ask once per call, chunk or panel, not per row. */
const input_kind *NA_FN(na_kind_of)(const network *net, na_rows x);

/* Multiply-adds of `rows` rows through the network, forward. */
static inline double forward_work(const input_kind *kind, const network *net, int64_t rows, na_rows x)
{
    const dense *first = &net->layers[0];
    double inputs = (double)rows * (double)first->n_in;
    return (double)rows * work_of_row(net) + (kind->stored(net, x, rows) - inputs) * (double)first->units;
}

/* Numbers that hold a block of any layer, or of what the first layer reads. */
static inline int64_t room_for_block(const input_kind *kind, const network *net)
{
    return na_max(kind->lines(net), net->widest) * NA_LANES;
}

/* z ← layer l on some rows, in blocks; bound as in kernel_table.h. below: outputs of the layer below, in blocks; for
 * the first layer chunk_inputs.blocks, filled by input_kind.read, or scratch of input_kind.forward. */
void NA_FN(na_forward_layer)(const input_kind *kind, const kernel_table *table, const network *net, int l,
                             const row_span *rows, const real *bound, real *below, real *z);

#endif
