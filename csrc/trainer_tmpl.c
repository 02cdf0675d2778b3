/* trainer_tmpl.c: a trainer of one dtype: allocates its memory at once (the inputs of a step separately, since they
 * depend on the data), gets and sets its state. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "trainer.h"

#include <string.h>

#include "memory.h"

enum { MAX_CHUNK = 1024 }; /* rows: more would leave the L2 cache, and memory would grow with the batch */

/* ---- creation -------------------------------------------------------------------------------- */

static void *take(na_arena *a, int64_t count, size_t size) { return na_arena_take(a, (size_t)count, size); }

static real *take_reals(na_arena *a, int64_t rows, int64_t columns)
{
    return na_arena_take(a, na_times((size_t)rows, (size_t)columns), sizeof(real));
}

/* An array with one piece per layer before `last`: `lines` lines for each unit, rounded up to panels. `learned`:
 * only for layers with learned slopes, the others get NULL. */
static real **take_layers(na_arena *a, const network *net, int64_t lines, int last, bool learned)
{
    real **pieces = take(a, net->n_layers, sizeof *pieces);
    for (int l = 0; l < last; l++) {
        if (learned && net->layers[l].n_slopes == 0) continue;
        real *piece = take_reals(a, net->layers[l].panels * NA_LANES, lines * NA_LANES);
        if (pieces) pieces[l] = piece;
    }
    return pieces;
}

static void take_scratch(na_arena *a, const trainer *t, scratch *s)
{
    const network *net = t->net;
    int64_t panels_widest = na_round_up(net->widest, NA_LANES);
    s->slopes = take_layers(a, net, t->group, net->n_layers, false);
    s->parameter_slopes = take_layers(a, net, t->group, net->n_layers, true);
    s->delta = take_reals(a, panels_widest, t->group * NA_LANES);
    s->delta_below = take_reals(a, panels_widest, t->group * NA_LANES);
    s->targets = take_reals(a, t->n_targets, NA_LANES);
    s->unheld = take_reals(a, net->widest, NA_LANES);
    s->z_rows = take_reals(a, net->layers[0].units + 1, NA_LANES);
}

/* Takes all of the trainer's memory, or counts it if the arena is not allocated yet. */
static void take_all(na_arena *a, trainer *t)
{
    const network *net = t->net;
    t->gradients = take_reals(a, net->n_parameters, 1);
    t->first_moments = take_reals(a, net->n_parameters, 1);
    t->second_moments = take_reals(a, net->n_parameters, 1);
    t->before = take_reals(a, net->n_parameters, 1);
    t->outputs = take_layers(a, net, t->padded / NA_LANES, net->n_layers - 1, false);
    t->deltas = take_layers(a, net, t->padded / NA_LANES, net->n_layers, false);
    t->slope_deltas = take_layers(a, net, t->padded / NA_LANES, net->n_layers, true);
    t->fired = take(a, net->n_layers, sizeof *t->fired);
    for (int l = 0; l < net->n_layers - 1; l++) {
        atomic_bool *of_layer = take(a, net->layers[l].units, sizeof *of_layer);
        if (t->fired) t->fired[l] = of_layer;
    }
    t->row_weights = take_reals(a, t->padded, 1);
    t->row_losses = take_reals(a, t->padded, 1);
    t->panels = take(a, t->n_panels, sizeof(panel));
    t->sums = take(a, t->n_panels, sizeof(panel_sums));
    t->loss_parameters = take_reals(a, t->training.n_loss_parameters, 1);
    t->optimizer_parameters = take(a, na_optimizer_parameters(t->training.optimizer), sizeof(double));
    if (t->has_own_loss) {
        int64_t units = last_layer(net)->units;
        t->own_outputs = take_reals(a, t->chunk, units);
        t->own_targets = take_reals(a, t->chunk, units);
        t->own_gradients = take_reals(a, t->chunk, units);
    }
    t->scratches = take(a, t->training.n_threads, sizeof(scratch));
    for (int i = 0; i < t->training.n_threads; i++) {
        scratch counted;
        take_scratch(a, t, t->scratches ? &t->scratches[i] : &counted);
    }
}

/* Each thread has panels of a layer to work on. */
static int64_t panels_together(const trainer *t, const dense *layer)
{
    return na_max(1, na_min(t->table->panels, layer->panels / t->training.n_threads));
}

/* Inputs that learn come first, as panels of layer -1: they take long. */
static void list_panels(trainer *t)
{
    panel *next = t->panels;
    for (int i = 0; i < t->net->n_encodings; i++)
        if (t->net->encodings[i].n_parameters > 0) *next++ = (panel){-1, i, 1};
    for (int l = 0; l < t->net->n_layers; l++) {
        const dense *layer = &t->net->layers[l];
        int64_t together = panels_together(t, layer);
        for (int64_t p = 0; p < layer->panels; p++)
            *next++ = (panel){l, p * NA_LANES, p % together ? 0 : na_min(together, layer->panels - p)};
    }
}

na_status NA_FN(na_trainer_create)(na_network *handle, const na_training *training, na_trainer **out)
{
    network *net = (network *)handle;
    trainer sizes = {
        .handle = {.functions = &NA_FN(na_functions)}, .table = kernels, .net = net, .training = *training};
    sizes.chunk = na_min(training->batch_size, MAX_CHUNK);
    sizes.training.n_threads = threads_worth(work_of_rows(net, sizes.chunk), training->n_threads);
    sizes.handle.n_threads = sizes.training.n_threads;
    sizes.padded = na_round_up(sizes.chunk, NA_LANES);
    sizes.group = net->group;
    sizes.has_own_loss = training->loss >= NA_OWN_LOSS;
    if (sizes.has_own_loss) sizes.training.n_threads = 1, sizes.group = sizes.padded / NA_LANES;
    sizes.n_targets = na_loss_targets(training->loss, last_layer(net)->units);
    for (int l = 0; l < net->n_layers; l++) sizes.n_panels += net->layers[l].panels;
    for (int i = 0; i < net->n_encodings; i++) sizes.n_panels += net->encodings[i].n_parameters > 0;

    na_arena a = {0};
    take(&a, 1, sizeof(trainer));
    take_all(&a, &sizes);
    if (!na_arena_allocate(&a)) return NA_OUT_OF_MEMORY;
    trainer *t = take(&a, 1, sizeof(trainer));
    *t = sizes;
    take_all(&a, t);
    list_panels(t);
    for (int64_t i = 0; i < training->n_loss_parameters; i++)
        t->loss_parameters[i] = (real)training->loss_parameters[i];
    for (int64_t i = 0; i < na_optimizer_parameters(training->optimizer); i++)
        t->optimizer_parameters[i] = training->optimizer_parameters[i];
    t->training.loss_parameters = t->training.optimizer_parameters = NULL; /* belong to the caller */
    *out = &t->handle;
    return NA_OK;
}

na_status NA_FN(na_trainer_reserve)(na_trainer *handle, const na_data *data)
{
    trainer *t = (trainer *)handle;
    const input_kind *kind = NA_FN(na_kind_of)(t->net, data->x);
    na_arena arena = {0};
    kind->take(&arena, t->net, data->x, data->rows, t->chunk, &t->inputs);
    if (arena.overflow || arena.reserved > handle->input_size) {
        if (!na_arena_allocate(&arena)) return NA_OUT_OF_MEMORY;
        na_release(handle->inputs);
        handle->inputs = arena.memory;
        handle->input_size = arena.reserved;
    }
    arena = (na_arena){.memory = handle->inputs};
    kind->take(&arena, t->net, data->x, data->rows, t->chunk, &t->inputs);
    return NA_OK;
}

/* ---- getting and setting state --------------------------------------------------------------- */

static real *array_of(const trainer *t, na_array array)
{
    switch (array) {
    case NA_GRADIENTS: return t->gradients;
    case NA_FIRST_MOMENTS: return t->first_moments;
    case NA_SECOND_MOMENTS: return t->second_moments;
    }
    return NULL;
}

void NA_FN(na_trainer_get)(const na_trainer *handle, na_array array, int layer, na_part part, void *out)
{
    const trainer *t = (const trainer *)handle;
    NA_FN(na_part_get)(&t->net->layers[layer], part, array_of(t, array), out);
}

void NA_FN(na_trainer_set)(na_trainer *handle, na_array array, int layer, na_part part, const void *in)
{
    trainer *t = (trainer *)handle;
    NA_FN(na_part_set)(&t->net->layers[layer], part, array_of(t, array), in);
}

static real *input_of(const trainer *t, na_array array, int input)
{
    return array_of(t, array) + t->net->encodings[input].parameters;
}

void NA_FN(na_trainer_get_input)(const na_trainer *handle, na_array array, int input, void *out)
{
    const trainer *t = (const trainer *)handle;
    memcpy(out, input_of(t, array, input), (size_t)t->net->encodings[input].n_parameters * sizeof(real));
}

void NA_FN(na_trainer_set_input)(na_trainer *handle, na_array array, int input, const void *in)
{
    trainer *t = (trainer *)handle;
    memcpy(input_of(t, array, input), in, (size_t)t->net->encodings[input].n_parameters * sizeof(real));
}
