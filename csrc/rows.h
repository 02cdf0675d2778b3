/* rows.h: rows of the user's X, dense or sparse; sparse ones from their stored entries through the first layer, and
 * sorted by column for its gradients (rows_tmpl.c). */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_ROWS_H
#define NA_ROWS_H

#include "network.h"

/* The stored entries of some rows, column by column; `rows` counts among them, ascending in each column. */
typedef struct {
    int64_t *starts; /* n_inputs + 2 places; column k lies from starts[k] to starts[k + 1] */
    int32_t *rows;
    real *values;
} column_entries;

static inline bool is_sparse(na_rows x) { return x.columns != NULL; }

/* The rows from `row` on. */
static inline na_rows rows_from(na_rows x, int64_t n_inputs, int64_t row)
{
    if (is_sparse(x))
        x.starts += row;
    else
        x.values = (const real *)x.values + row * n_inputs;
    return x;
}

/* Multiply-adds of `rows` rows through the network, forward. */
static inline double forward_work(const network *net, int64_t rows, na_rows x)
{
    const dense *first = &net->layers[0];
    double inputs = (double)rows * (double)first->n_in;
    double stored = is_sparse(x) ? (double)(x.starts[rows] - x.starts[0]) : inputs;
    return (double)rows * work_of_row(net) + (stored - inputs) * (double)first->units;
}

/* Numbers that hold a block of any layer, or what is needed on the way from rows of x to a block of the first. */
static inline int64_t room_for_block(const network *net, na_rows x)
{
    return (is_sparse(x) ? net->widest + 1 : na_max(net->n_inputs, net->widest)) * NA_LANES;
}

/* z of a first layer for one row (written to the end of the last line), and for a block of 1 ≤ `rows` ≤ NA_LANES rows,
 * order[i] or the i-th of x where order is NULL, by way of z_rows, `units` + 1 lines. */
void NA_FN(na_sparse_row)(const kernel_table *table, const dense *layer, const real *parameters, na_rows x, int64_t row,
                          real *z);
void NA_FN(na_sparse_block)(const kernel_table *table, const dense *layer, const real *parameters, na_rows x,
                            const uint32_t *order, int64_t rows, real *z_rows, real *z);

/* z of layer l for `rows` rows, in blocks. below: what the layer below passes on, in blocks; for the first layer room
 * for what is needed on the way from x, which for dense rows becomes their blocks. */
void NA_FN(na_forward_layer)(const kernel_table *table, const network *net, int l, int64_t rows, na_rows x, real *below,
                             real *z);

/* The most entries that any `chunk` of the rows hold, or more. */
int64_t NA_FN(na_most_stored)(na_rows x, int64_t rows, int64_t chunk);
/* The entries of `rows` rows, order[i] or the i-th of x where order is NULL, by column. */
void NA_FN(na_sort_columns)(na_rows x, int64_t n_inputs, const uint32_t *order, int64_t rows,
                            const column_entries *sorted);

#endif
