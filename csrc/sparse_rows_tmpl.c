/* sparse_rows_tmpl.c: sparse rows: takes their stored entries through the first layer, and sorts them by column for
 * its gradients. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "rows.h"

#include <string.h>

static double stored(const network *net, na_rows x, int64_t rows) { return (double)(x.starts[rows] - x.starts[0]); }

/* ---- through the first layer ----------------------------------------------------------------- */

/* forward_row writes to the end of the last line. */
static int64_t lines(const network *net) { return net->layers[0].units + 1; }

static void forward_row(const kernel_table *table, const network *net, na_rows x, int64_t row, real *below, real *z)
{
    const dense *layer = &net->layers[0];
    int64_t from = x.starts[row];
    table->sparse_forward_row(layer->n_in, layer->units, x.starts[row + 1] - from, (const real *)x.values + from,
                              x.columns + from, net->parameters + layer->part[NA_WEIGHTS],
                              net->parameters + layer->part[NA_BIASES], z);
}

/* Writes rows one after the other, each to the end of a line, which the next row overwrites. */
static void forward(const kernel_table *table, const network *net, const row_span *rows, const real *bound, real *below,
                    real *z)
{
    const dense *layer = &net->layers[0];
    int64_t units = layer->units;
    for (int64_t r = 0; r < rows->n; r += NA_LANES) {
        int64_t n = na_min(NA_LANES, rows->n - r);
        for (int64_t i = 0; i < n; i++)
            forward_row(table, net, rows->x, row_number(rows, r + i), NULL, below + i * units);
        table->gather(units, n, below, NULL, z + r * units);
        if (rows->weights) clear_rows_without_weight(units, n, rows->weights + r, z + r * units);
        if (bound) activate_blocks(table, layer, 1, z + r * units, z + r * units, NULL, NULL);
    }
}

/* ---- by column ------------------------------------------------------------------------------- */

/* Goes entry by entry, since there may be many more columns than entries. Welford 1962. */
static void add_entries(na_rows x, int64_t rows, na_activity *columns)
{
    for (int64_t e = x.starts[0]; e < x.starts[rows]; e++) {
        na_activity *column = &columns[x.columns[e]];
        double value = (double)((const real *)x.values)[e], difference = value - column->mean;
        bool first = column->fired++ == 0;
        column->mean += difference / column->fired;
        column->squares += difference * (value - column->mean);
        column->minimum = first ? value : min_or_nan(column->minimum, value);
        column->maximum = first ? value : max_or_nan(column->maximum, value);
    }
}

/* An upper bound on the entries of any `chunk` of the rows. */
static int64_t max_stored(na_rows x, int64_t rows, int64_t chunk)
{
    int64_t longest = 0, all = x.starts[rows] - x.starts[0], of_chunk;
    for (int64_t r = 0; r < rows; r++) longest = na_max(longest, x.starts[r + 1] - x.starts[r]);
    return __builtin_mul_overflow(longest, chunk, &of_chunk) ? all : na_min(all, of_chunk);
}

static void take(na_arena *arena, const network *net, na_rows x, int64_t rows, int64_t chunk, chunk_inputs *inputs)
{
    size_t entries = (size_t)max_stored(x, rows, chunk);
    column_entries *columns = &inputs->columns;
    inputs->blocks = NULL;
    columns->starts = na_arena_take(arena, (size_t)net->n_inputs + 2, sizeof *columns->starts);
    columns->rows = na_arena_take(arena, entries, sizeof *columns->rows);
    columns->values = na_arena_take(arena, entries, sizeof *columns->values);
}

/* Counting sort: at first starts[k + 2] counts the entries of column k; then starts[k + 1] is the place of its next
 * entry; in the end, it is the column's end. */
static void sort(const network *net, const row_span *rows, const chunk_inputs *inputs)
{
    const column_entries *sorted = &inputs->columns;
    const na_rows x = rows->x;
    int64_t *starts = sorted->starts, end = net->n_inputs + 2;
    memset(starts, 0, (size_t)end * sizeof *starts);
    for (int64_t i = 0; i < rows->n; i++) {
        int64_t r = row_number(rows, i);
        for (int64_t e = x.starts[r]; e < x.starts[r + 1]; e++) starts[x.columns[e] + 2]++;
    }
    for (int64_t k = 2; k < end; k++) starts[k] += starts[k - 1];
    for (int64_t i = 0; i < rows->n; i++) {
        int64_t r = row_number(rows, i);
        for (int64_t e = x.starts[r]; e < x.starts[r + 1]; e++) {
            int64_t to = starts[x.columns[e] + 1]++;
            sorted->rows[to] = (int32_t)i;
            sorted->values[to] = ((const real *)x.values)[e];
        }
    }
}

static void backward_weights(const kernel_table *table, const network *net, const chunk_inputs *inputs, int64_t units,
                             int64_t rows, const real *dz, int64_t panel_stride, bool add, real *dweights,
                             real *dbiases)
{
    const column_entries *c = &inputs->columns;
    for (int64_t j = 0; j < units; j += NA_LANES, dz += panel_stride) {
        int64_t width = na_min(NA_LANES, units - j);
        table->sparse_backward_weights(net->n_inputs, width, rows, c->values, c->rows, c->starts, dz, add,
                                       dweights + j * net->n_inputs);
        table->sum_rows(width, rows, dz, add, dbiases + j);
    }
}

const input_kind NA_FN(na_sparse_rows) = {
    .stored = stored,
    .lines = lines,
    .forward_row = forward_row,
    .forward = forward,
    .add_entries = add_entries,
    .take = take,
    .sort = sort,
    .backward_weights = backward_weights,
};
