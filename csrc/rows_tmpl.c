/* rows_tmpl.c: see rows.h. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "rows.h"

#include <string.h>

void NA_FN(na_sparse_row)(const kernel_table *table, const dense *layer, const real *parameters, na_rows x, int64_t row,
                          real *z)
{
    int64_t from = x.starts[row];
    table->sparse_forward_row(layer->n_in, layer->units, x.starts[row + 1] - from, (const real *)x.values + from,
                              x.columns + from, parameters + layer->part[NA_WEIGHTS],
                              parameters + layer->part[NA_BIASES], z);
}

/* Rows are written in order: each to the end of a line, where the next one overwrites it. */
void NA_FN(na_sparse_block)(const kernel_table *table, const dense *layer, const real *parameters, na_rows x,
                            const uint32_t *order, int64_t rows, real *z_rows, real *z)
{
    for (int64_t i = 0; i < rows; i++)
        NA_FN(na_sparse_row)(table, layer, parameters, x, order ? order[i] : i, z_rows + i * layer->units);
    table->gather(layer->units, rows, z_rows, NULL, z);
}

void NA_FN(na_forward_layer)(const kernel_table *table, const network *net, int l, int64_t rows, na_rows x, real *below,
                             real *z)
{
    const dense *layer = &net->layers[l];
    const real *parameters = net->parameters;
    for (int64_t r = 0; r < rows && l == 0; r += NA_LANES) {
        na_rows block = rows_from(x, layer->n_in, r);
        int64_t n = na_min(NA_LANES, rows - r);
        if (is_sparse(x))
            NA_FN(na_sparse_block)(table, layer, parameters, block, NULL, n, below, z + r * layer->units);
        else
            table->gather(layer->n_in, n, block.values, NULL, below + r * layer->n_in);
    }
    if (l == 0 && is_sparse(x)) return;
    table->forward(layer->n_in, layer->units, na_round_up(rows, NA_LANES) / NA_LANES, below,
                   parameters + layer->part[NA_WEIGHTS], parameters + layer->part[NA_BIASES], z);
}

int64_t NA_FN(na_most_stored)(na_rows x, int64_t rows, int64_t chunk)
{
    int64_t longest = 0, all = x.starts[rows] - x.starts[0], most_of_chunk;
    for (int64_t r = 0; r < rows; r++) longest = na_max(longest, x.starts[r + 1] - x.starts[r]);
    return __builtin_mul_overflow(longest, chunk, &most_of_chunk) ? all : na_min(all, most_of_chunk);
}

/* Counts of columns become their beginnings: at first starts[k + 2] counts column k, then starts[k + 1] is where its
 * next entry goes, and at the end, where it ends. */
void NA_FN(na_sort_columns)(na_rows x, int64_t n_inputs, const uint32_t *order, int64_t rows,
                            const column_entries *sorted)
{
    int64_t *starts = sorted->starts;
    memset(starts, 0, (size_t)(n_inputs + 2) * sizeof *starts);
    for (int64_t i = 0; i < rows; i++) {
        int64_t r = order ? order[i] : i;
        for (int64_t e = x.starts[r]; e < x.starts[r + 1]; e++) starts[x.columns[e] + 2]++;
    }
    for (int64_t k = 2; k < n_inputs + 2; k++) starts[k] += starts[k - 1];
    for (int64_t i = 0; i < rows; i++) {
        int64_t r = order ? order[i] : i;
        for (int64_t e = x.starts[r]; e < x.starts[r + 1]; e++) {
            int64_t to = starts[x.columns[e] + 1]++;
            sorted->rows[to] = (int32_t)i;
            sorted->values[to] = ((const real *)x.values)[e];
        }
    }
}
