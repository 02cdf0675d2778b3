/* inspect_tmpl.c: outputs of each neuron, row by row, and whether it fires. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "rows.h"

#include <stdatomic.h>

#include "memory.h"

typedef struct {
    const network *net;
    const kernel_table *table;
    const input_kind *kind;
    int64_t rows;
    na_rows x;
    void *const *outputs;
    uint8_t *const *fired;
    atomic_llong next_row;
    int64_t block_size; /* room_for_block */
    real *scratch;
} inspection;

static void write_fired(const dense *layer, int64_t rows, const real *y, uint8_t *fired)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < layer->units; j++) {
            const real *threshold = layer->neurons.thresholds ? layer->neurons.thresholds + j : NULL;
            fired[r * layer->units + j] = fires(y[j * NA_LANES + r], threshold);
        }
}

/* One block. Thresholds come after the test who fires, since outputs of 0 would not tell. */
static void inspect_block(const inspection *p, int64_t row, real *x, real *y)
{
    const network *net = p->net;
    int64_t rows = na_min(NA_LANES, p->rows - row);
    const row_span span = {.x = p->x, .first = row, .n = rows};
    for (int l = 0; l < net->n_layers; l++) {
        const dense *layer = &net->layers[l];
        NA_FN(na_forward_layer)(p->kind, p->table, net, l, &span, NULL, x, y);
        if (p->fired[l]) {
            dense before = *layer;
            before.neurons.thresholds = NULL;
            activate_blocks(p->table, &before, 1, y, x, NULL, NULL);
            write_fired(layer, rows, x, p->fired[l] + row * layer->units);
        }
        activate_blocks(p->table, layer, 1, y, y, NULL, NULL);
        if (p->outputs[l]) p->table->scatter(layer->units, rows, y, (real *)p->outputs[l] + row * layer->units);
        real *swap = x;
        x = y, y = swap;
    }
}

static void inspect_job(void *argument, na_team *team, int thread)
{
    inspection *p = argument;
    real *x = p->scratch + 2 * thread * p->block_size;
    for (int64_t row; (row = atomic_fetch_add(&p->next_row, NA_LANES)) < p->rows;)
        inspect_block(p, row, x, x + p->block_size);
}

na_status NA_FN(na_inspect)(const na_network *handle, int64_t rows, na_rows x, void *const *outputs,
                            uint8_t *const *fired, int n_threads)
{
    const network *net = (const network *)handle;
    inspection p = {.net = net, .table = kernels, .rows = rows, .x = x, .outputs = outputs, .fired = fired};
    p.kind = NA_FN(na_kind_of)(net, x);
    p.block_size = room_for_block(p.kind, net);
    int team = threads_worth(forward_work(p.kind, net, rows, x), n_threads);
    p.scratch = na_allocate(na_times((size_t)p.block_size, 2 * (size_t)team), sizeof(real));
    if (!p.scratch) return NA_OUT_OF_MEMORY;
    na_run_team(team, inspect_job, &p);
    na_release(p.scratch);
    return NA_OK;
}
