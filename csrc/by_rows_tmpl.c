/* by_rows_tmpl.c: the first phase of a training step: groups of blocks go up through the layers to their losses, and
 * back down. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "trainer.h"

/* Drops neurons of one block: their outputs and slopes become 0, the others times 1 / (1 − share), which keeps the
 * mean; share is first rounded to a multiple of 2^-16. Keyed by seed, step, layer, neuron and row. */
static void drop_out(const trainer *t, int layer, double share, int64_t row, real *y, real *slopes,
                     real *parameter_slopes)
{
    enum { PARTS = 1 << 16 };
    uint64_t seed = t->training.seed, step = (uint64_t)t->handle.steps;
    int64_t dropped = na_min((int64_t)(share * PARTS + 0.5), PARTS - 1);
    const struct na_dropping dropping = {.key = {(uint32_t)seed, (uint32_t)(seed >> 32) ^ (uint32_t)(step >> 32)},
                                         .layer = (uint32_t)layer,
                                         .step = (uint32_t)step,
                                         .row = (uint32_t)row,
                                         .limit = (int32_t)(dropped * PARTS + INT32_MIN),
                                         .kept = PARTS / (real)(PARTS - dropped)};
    t->table->drop_out(t->net->layers[layer].units, &dropping, y, slopes, parameter_slopes);
}

/* Rows first .. first + n − 1 of the chunk. */
static row_span rows_of_chunk(const trainer *t, int64_t first, int64_t n)
{
    return (row_span){.x = t->run.data->x,
                      .order = t->run.order,
                      .first = t->run.progress->rows + first,
                      .n = n,
                      .weights = t->run.data->sample_weight ? t->row_weights + first : NULL};
}

static void forward_first_layer(const trainer *t, const scratch *s, int64_t block, int64_t blocks, const real *bound,
                                real *z)
{
    int64_t first = block * NA_LANES;
    row_span rows = rows_of_chunk(t, first, na_min(blocks * NA_LANES, chunk_rows(t) - first));
    real *kept = t->inputs.blocks;
    if (t->inputs.row_columns) rows.columns = t->inputs.row_columns + first * t->net->n_columns;
    if (t->inputs.numbers) rows.numbers = t->inputs.numbers + first * t->net->n_inputs;
    real *below = kept ? kept + first * t->net->n_inputs : s->z_rows;
    NA_FN(na_forward_layer)(t->run.kind, t->table, t->net, 0, &rows, bound, below, z);
}

static void forward_layer(const trainer *t, const scratch *s, int l, int64_t block, int64_t blocks, const real *bound,
                          real *z)
{
    const dense *layer = &t->net->layers[l];
    const real *parameters = t->net->parameters;
    if (l == 0)
        forward_first_layer(t, s, block, blocks, bound, z);
    else
        t->table->forward(layer->n_in, layer->units, blocks, t->outputs[l - 1] + block * layer->n_in * NA_LANES,
                          parameters + layer->part[NA_WEIGHTS], parameters + layer->part[NA_BIASES], bound, z);
}

/* Whether a neuron fires in one of a block's rows of weight > 0. Lanes past the last row have weight 0. */
static bool fires_somewhere(const real *y, const real *weights, const real *threshold)
{
    int fired = 0;
    for (int i = 0; i < NA_LANES; i++) fired |= fires(y[i], threshold) & (weights[i] != 0);
    return fired;
}

/* Notes which neurons fire in a block. Threads only ever set flags, so their order does not matter. Most neurons
 * have fired long before. */
static void note_fired(const trainer *t, int l, int64_t block, const real *y)
{
    const dense *layer = &t->net->layers[l];
    const real *thresholds = layer->neurons.thresholds;
    for (int64_t j = 0; j < layer->units; j++) {
        if (atomic_load_explicit(&t->fired[l][j], memory_order_relaxed)) continue;
        if (fires_somewhere(y + j * NA_LANES, t->row_weights + block * NA_LANES, thresholds ? thresholds + j : NULL))
            atomic_store_explicit(&t->fired[l][j], true, memory_order_relaxed);
    }
}

/* Does the same from z for layers with thresholds, whose outputs do not tell a 0 that fires from one that is held
 * back. */
static void note_fired_before_thresholds(const trainer *t, const scratch *s, int l, int64_t block, const real *z)
{
    dense unheld = t->net->layers[l];
    unheld.neurons.thresholds = NULL;
    activate_blocks(t->table, &unheld, 1, z, s->unheld, NULL, NULL);
    note_fired(t, l, block, s->unheld);
}

static void forward_hidden(const trainer *t, const scratch *s, int l, int64_t block, int64_t blocks)
{
    const dense *layer = &t->net->layers[l];
    int64_t size = layer->units * NA_LANES;
    real *y = t->outputs[l] + block * size, *parameter_slopes = s->parameter_slopes[l];
    const real *bound = relu_bound(layer);
    forward_layer(t, s, l, block, blocks, bound, y);
    bool held = layer->neurons.thresholds;
    for (int64_t b = 0; b < blocks && held && watches(t); b++)
        note_fired_before_thresholds(t, s, l, block + b, y + b * size);
    if (!bound) activate_blocks(t->table, layer, blocks, y, y, s->slopes[l], parameter_slopes);
    for (int64_t b = 0; b < blocks && !held && watches(t); b++) note_fired(t, l, block + b, y + b * size);
    if (layer->dropout > 0 && t->run.update)
        for (int64_t b = 0; b < blocks; b++)
            drop_out(t, l, (double)layer->dropout * t->run.share, t->run.batch_done + (block + b) * NA_LANES,
                     y + b * size, s->slopes[l] + b * size, parameter_slopes ? parameter_slopes + b * size : NULL);
}

static bool of_z(int loss)
{
    static const na_loss_of of[NA_N_LOSSES] = {
#define NA_ROW(name, what) [NA_LOSS_##name] = what,
        NA_LOSSES(NA_ROW) NA_SOFTMAX_LOSSES(NA_ROW)
#undef NA_ROW
    };
    return of[loss] == NA_OF_Z;
}

static void gather_weights(const trainer *t, int64_t block)
{
    real *weights = t->row_weights + block * NA_LANES;
    if (t->run.data->sample_weight)
        gather_rows(t, block, 1, t->run.data->sample_weight, weights);
    else
        for (int64_t i = 0; i < NA_LANES; i++) weights[i] = i < rows_of(t, block);
}

/* Takes one block through the last layer: from its input to its losses and its delta in s->delta. */
static void output_layer(const trainer *t, const scratch *s, int64_t block, int64_t b)
{
    int l = t->net->n_layers - 1;
    const dense *layer = &t->net->layers[l];
    int64_t size = layer->units * NA_LANES;
    real *delta = s->delta + b * size, *v = s->delta_below; /* delta_below is free until the layer below is reached */
    real *slopes = s->slopes[l] + b * size;
    real *parameter_slopes = s->parameter_slopes[l] ? s->parameter_slopes[l] + b * size : NULL;
    real *weights = t->row_weights + block * NA_LANES, *losses = t->row_losses + block * NA_LANES;

    forward_layer(t, s, l, block, 1, NULL, v);
    gather_rows(t, block, t->n_targets, t->run.data->targets, s->targets);
    if (!of_z(t->training.loss)) activate_blocks(t->table, layer, 1, v, v, slopes, parameter_slopes);
    t->table->loss[t->training.loss](layer->units, v, s->targets, t->loss_parameters, t->training.n_loss_parameters > 1,
                                     weights, delta, losses);
    if (of_z(t->training.loss)) return;
    if (parameter_slopes) t->table->multiply(layer->units, parameter_slopes, delta, parameter_slopes);
    t->table->multiply(layer->units, delta, slopes, delta);
}

/* Does the same as output_layer for the whole chunk with the caller's own loss, which gets rows, not blocks. Not
 * inlined into run_group, which would slow down small networks by 1 to 2 %. */
static __attribute__((noinline)) void own_output_layer(trainer *t, const scratch *s, int64_t blocks)
{
    int l = t->net->n_layers - 1;
    const dense *layer = &t->net->layers[l];
    int64_t lines = layer->units * blocks;
    real *y = s->delta_below, *parameter_slopes = s->parameter_slopes[l];
    forward_layer(t, s, l, 0, blocks, NULL, y);
    activate_blocks(t->table, layer, blocks, y, y, s->slopes[l], parameter_slopes);
    NA_FN(na_ask_own_loss)(t, s, blocks, y);
    if (layer->activation == NA_SOFTMAX) return;
    if (parameter_slopes) t->table->multiply(lines, parameter_slopes, s->delta, parameter_slopes);
    t->table->multiply(lines, s->delta, s->slopes[l], s->delta);
}

/* Copies a group's deltas of a layer, and of its learned slopes, to where the second phase reads them. */
static void keep_deltas(const trainer *t, const scratch *s, int l, int64_t block, int64_t blocks)
{
    const dense *layer = &t->net->layers[l];
    for (int64_t b = 0; b < blocks; b++) {
        int64_t from = b * layer->units * NA_LANES, to = (block + b) * NA_LANES * NA_LANES,
                stride = t->padded * NA_LANES;
        t->table->transpose(layer->units, s->delta + from, stride, t->deltas[l] + to);
        if (layer->n_slopes > 0)
            t->table->transpose(layer->units, s->parameter_slopes[l] + from, stride, t->slope_deltas[l] + to);
    }
}

/* Turns the delta of layer l in s->delta into that of the layer below. */
static void backward_layer(const trainer *t, scratch *s, int l, int64_t block, int64_t blocks)
{
    const dense *layer = &t->net->layers[l];
    int64_t lines = layer->n_in * blocks;
    const real *bound = relu_bound(&t->net->layers[l - 1]), *weights = t->net->parameters + layer->part[NA_WEIGHTS];
    const real *slopes = bound ? t->outputs[l - 1] + block * layer->n_in * NA_LANES : s->slopes[l - 1];
    real *dy = s->delta_below, *below = s->parameter_slopes[l - 1];
    t->table->backward_data(layer->n_in, layer->units, blocks, s->delta, weights, below ? NULL : slopes, bound, dy);
    if (below) { /* reads dy before it is multiplied by the slopes */
        t->table->multiply(lines, below, dy, below);
        t->table->multiply(lines, dy, slopes, dy);
    }
    s->delta_below = s->delta;
    s->delta = dy;
}

/* Leaves the gradients with respect to the numbers of the first layer, 0 in lanes without a row, and in place of the
 * unscaled numbers the gradients of their factors. The factors may change in the second phase. */
static void backward_inputs(const trainer *t, const scratch *s, int64_t block, int64_t blocks)
{
    const network *net = t->net;
    const dense *layer = &net->layers[0];
    int64_t n = net->n_inputs, at = block * n * NA_LANES;
    real *gradients = t->inputs.gradients + at;
    t->table->backward_data(n, layer->units, blocks, s->delta, net->parameters + layer->part[NA_WEIGHTS], NULL, NULL,
                            gradients);
    for (int64_t b = 0; b < blocks; b++)
        for (int64_t i = rows_of(t, block + b); i < NA_LANES; i++)
            for (int64_t k = 0; k < n; k++) gradients[(b * n + k) * NA_LANES + i] = 0;
    if (!net->scales) return;
    t->table->multiply(n * blocks, t->inputs.numbers + at, gradients, t->inputs.numbers + at);
    for (int64_t b = 0; b < blocks; b++) {
        real *of_block = gradients + b * n * NA_LANES;
        t->table->scale_lines(n, of_block, net->scales->numbers.parameters, of_block);
    }
}

/* Writes the gradients with respect to the numbers of the first layer to the caller's array, row by row. */
static void write_number_gradients(const trainer *t, const scratch *s, int64_t block, int64_t blocks)
{
    const dense *layer = &t->net->layers[0];
    const real *weights = t->net->parameters + layer->part[NA_WEIGHTS];
    for (int64_t b = 0; b < blocks; b++) {
        int64_t row = t->run.progress->rows + (block + b) * NA_LANES;
        t->table->backward_data(layer->n_in, layer->units, 1, s->delta + b * layer->units * NA_LANES, weights, NULL,
                                NULL, s->number_gradients);
        t->table->scatter(layer->n_in, rows_of(t, block + b), s->number_gradients, t->run.inputs + row * layer->n_in);
    }
}

static void run_group(trainer *t, scratch *s, int64_t block, int64_t blocks)
{
    const network *net = t->net;
    for (int64_t b = 0; b < blocks; b++) gather_weights(t, block + b);
    for (int l = 0; l < net->n_layers - 1; l++) forward_hidden(t, s, l, block, blocks);
    if (t->has_own_loss)
        own_output_layer(t, s, blocks);
    else
        for (int64_t b = 0; b < blocks; b++) output_layer(t, s, block + b, b);
    if (!t->run.backward) return;
    for (int l = net->n_layers - 1;; l--) {
        keep_deltas(t, s, l, block, blocks);
        if (l == 0) break;
        backward_layer(t, s, l, block, blocks);
    }
    if (net->learns_inputs) backward_inputs(t, s, block, blocks);
    if (s->number_gradients) write_number_gradients(t, s, block, blocks);
}

static void sort_inputs(const trainer *t)
{
    const row_span rows = rows_of_chunk(t, 0, chunk_rows(t));
    t->run.kind->sort(t->net, &rows, &t->inputs);
}

void NA_FN(na_run_by_rows)(trainer *t, scratch *s, bool checks)
{
    int64_t blocks = na_round_up(chunk_rows(t), NA_LANES) / NA_LANES, group = t->group;
    for (int64_t b; (b = atomic_fetch_add(&t->run.next_block, group)) < blocks;) {
        b < 0 ? sort_inputs(t) : run_group(t, s, b, na_min(group, blocks - b));
        if (checks) NA_FN(na_check_interrupt)(t);
    }
}
