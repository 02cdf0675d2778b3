/* dense_rows_tmpl.c: rows of an array. They become blocks, as for all other layers. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "rows.h"

double NA_FN(na_stored_in_blocks)(const network *net, na_rows x, int64_t rows)
{
    return (double)rows * (double)net->n_inputs;
}

static int64_t lines(const network *net) { return net->n_inputs; }

static void forward_row(const kernel_table *table, const network *net, na_rows x, int64_t row, real *below, real *z)
{
    const dense *layer = &net->layers[0];
    table->forward_row(layer->n_in, layer->units, (const real *)x.values + row * layer->n_in,
                       net->parameters + layer->part[NA_WEIGHTS], net->parameters + layer->part[NA_BIASES], z);
}

static void read(const kernel_table *table, const network *net, const row_span *rows, real *below)
{
    const dense *layer = &net->layers[0];
    const real *x = rows->x.values;
    for (int64_t r = 0; r < rows->n; r += NA_LANES) {
        int64_t n = na_min(NA_LANES, rows->n - r), at = rows->first + r;
        real *block = below + r * layer->n_in;
        table->gather(layer->n_in, n, rows->order ? x : x + at * layer->n_in, rows->order ? rows->order + at : NULL,
                      block);
        if (rows->weights) clear_rows_without_weight(layer->n_in, n, rows->weights + r, block);
    }
}

static void take(na_arena *arena, const network *net, na_rows x, int64_t rows, int64_t chunk, chunk_inputs *inputs)
{
    size_t padded = (size_t)na_round_up(chunk, NA_LANES);
    *inputs = (chunk_inputs){.blocks = na_arena_take(arena, na_times((size_t)net->n_inputs, padded), sizeof(real))};
}

void NA_FN(na_backward_weights_of_blocks)(const kernel_table *table, const network *net, const chunk_inputs *inputs,
                                          int64_t units, int64_t rows, const real *dz, int64_t panel_stride, bool add,
                                          real *dweights, real *dbiases)
{
    table->backward_weights(net->n_inputs, units, rows, inputs->blocks, dz, panel_stride, add, dweights, dbiases);
}

const input_kind NA_FN(na_dense_rows) = {
    .stored = NA_FN(na_stored_in_blocks),
    .lines = lines,
    .forward_row = forward_row,
    .read = read,
    .take = take,
    .backward_weights = NA_FN(na_backward_weights_of_blocks),
};
