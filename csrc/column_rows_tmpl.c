/* column_rows_tmpl.c: rows of an array whose columns become the numbers of the first layer by the network's inputs. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "rows.h"

/* The numbers of the first layer. The lines of the columns are room for one block of them, behind the numbers of all
 * blocks. */
static int64_t lines(const network *net) { return net->n_inputs + net->n_columns; }

/* Turns one block of columns into numbers, and numbers into scaled ones, which may lie where the numbers do. */
static void encode_block(const kernel_table *table, const network *net, const real *columns, real *numbers,
                         real *scaled)
{
    for (int i = 0; i < net->n_encodings; i++) {
        const encoding *e = &net->encodings[i];
        if (e->kind == NA_INPUT_scale)
            table->scale_lines(net->n_inputs, numbers, e->numbers.parameters, scaled);
        else
            table->encode[e->kind](&e->numbers, columns + e->column * NA_LANES, numbers + e->first * NA_LANES);
    }
}

/* As read: the row is the first of a block, whose numbers then move together. */
static void forward_row(const kernel_table *table, const network *net, na_rows x, int64_t row, real *below, real *z)
{
    const dense *layer = &net->layers[0];
    real *columns = below + net->n_inputs * NA_LANES;
    table->gather(net->n_columns, 1, (const real *)x.values + row * net->n_columns, NULL, columns);
    encode_block(table, net, columns, below, below);
    for (int64_t k = 1; k < net->n_inputs; k++) below[k] = below[k * NA_LANES];
    table->forward_row(layer->n_in, layer->units, below, net->parameters + layer->part[NA_WEIGHTS],
                       net->parameters + layer->part[NA_BIASES], z);
}

static void read(const kernel_table *table, const network *net, const row_span *rows, real *below)
{
    const real *x = rows->x.values;
    int64_t blocks = na_round_up(rows->n, NA_LANES) / NA_LANES, size = net->n_inputs * NA_LANES;
    for (int64_t b = 0; b < blocks; b++) {
        int64_t r = b * NA_LANES, n = na_min(NA_LANES, rows->n - r), at = rows->first + r;
        real *columns = rows->columns ? rows->columns + r * net->n_columns : below + blocks * size;
        table->gather(net->n_columns, n, rows->order ? x : x + at * net->n_columns,
                      rows->order ? rows->order + at : NULL, columns);
        if (rows->weights) clear_rows_without_weight(net->n_columns, n, rows->weights + r, columns);
        encode_block(table, net, columns, rows->numbers ? rows->numbers + b * size : below + b * size,
                     below + b * size);
    }
}

static void take(na_arena *arena, const network *net, na_rows x, int64_t rows, int64_t chunk, chunk_inputs *inputs)
{
    size_t padded = (size_t)na_round_up(chunk, NA_LANES), n_inputs = (size_t)net->n_inputs;
    *inputs = (chunk_inputs){.blocks = na_arena_take(arena, na_times(n_inputs, padded), sizeof(real))};
    inputs->row_columns = na_arena_take(arena, na_times((size_t)net->n_columns, padded), sizeof(real));
    if (!net->learns_inputs) return;
    inputs->gradients = na_arena_take(arena, na_times(n_inputs, padded), sizeof(real));
    if (net->scales) inputs->numbers = na_arena_take(arena, na_times(n_inputs, padded), sizeof(real));
}

const input_kind NA_FN(na_column_rows) = {
    .stored = NA_FN(na_stored_in_blocks),
    .lines = lines,
    .forward_row = forward_row,
    .lines_of_row = lines,
    .read = read,
    .take = take,
    .backward_weights = NA_FN(na_backward_weights_of_blocks),
};
