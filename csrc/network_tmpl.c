/* network_tmpl.c: a network of one dtype: creates it, gets and sets its parameters, predicts. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "rows.h"

#include <stdatomic.h>
#include <string.h>

#include "memory.h"

/* ---- creation -------------------------------------------------------------------------------- */

/* No machine can hold more parameters than this. With fewer, 15 bits are left for products of a layer's size with
 * lanes, blocks of a group and threads. */
static const int64_t max_parameters = INT64_C(1) << 48;

/* Lays out one layer's parts from `at` on, each beginning on a line. Returns the end, or -1 if there are too many
 * parameters. */
static int64_t lay_out(dense *layer, int64_t at)
{
    if (__builtin_mul_overflow(layer->n_in, layer->units, &layer->size[NA_WEIGHTS])) return -1;
    layer->size[NA_BIASES] = layer->units;
    layer->size[NA_SLOPES] = layer->n_slopes;
    for (int part = 0; part < 3; part++) {
        layer->part[part] = at;
        if (layer->size[part] > max_parameters - at) return -1;
        at = na_round_up(at + layer->size[part], NA_LANES);
    }
    return at;
}

/* The size of a network's parameters, or -1 if there are too many. */
static int64_t count_parameters(int64_t n_inputs, const na_layer *layers, int n_layers)
{
    int64_t n_in = n_inputs, at = 0;
    for (int l = 0; l < n_layers && at >= 0; l++) {
        dense layer = {.n_in = n_in, .units = layers[l].units, .n_slopes = layers[l].units};
        at = lay_out(&layer, at);
        n_in = layers[l].units;
    }
    return at;
}

static const real *copy_thresholds(na_arena *arena, const na_layer *layer)
{
    if (!layer->thresholds) return NULL;
    real *thresholds = na_arena_take(arena, (size_t)layer->units, sizeof(real));
    for (int64_t j = 0; j < layer->units; j++) thresholds[j] = (real)layer->thresholds[j];
    return thresholds;
}

static void fill_layer(network *net, dense *layer, const na_layer *from, na_arena *arena)
{
    layer->units = from->units;
    layer->panels = (from->units + NA_LANES - 1) / NA_LANES;
    layer->activation = from->activation;
    layer->n_slopes = from->activation != NA_ACTIVATION_prelu ? 0 : from->shared_slope ? 1 : from->units;
    layer->constant = (real)from->parameter;
    layer->dropout = (real)from->dropout;
    for (int part = NA_WEIGHTS; part <= NA_SLOPES; part++)
        layer->rates[part] = from->rates ? (real)from->rates[part] : 1;
    net->n_parameters = lay_out(layer, net->n_parameters);
    real *slopes = net->parameters + layer->part[NA_SLOPES];
    for (int64_t j = 0; j < layer->n_slopes; j++) slopes[j] = layer->constant;
    layer->neurons.parameters = layer->n_slopes > 0 ? slopes : &layer->constant;
    layer->neurons.stride = layer->n_slopes > 1;
    layer->neurons.thresholds = copy_thresholds(arena, from);
}

/* Number of blocks that keep two layers' lines within about half of an L2 cache of 512 KiB. */
static int64_t group_of(int64_t widest) { return na_max(1, na_min(8, 2048 / widest)); }

/* ---- inputs ---------------------------------------------------------------------------------- */

static int64_t numbers_of(const na_input *input)
{
    switch (input->kind) {
    case NA_INPUT_periodic: return 1 + input->size;
    case NA_INPUT_embedding: return input->size;
    case NA_INPUT_piecewise_linear:
    case NA_INPUT_one_hot: return input->n;
    case NA_INPUT_scale: return 0;
    default: return 1;
    }
}

/* n_numbers: of the first layer. n and size are at most 2^31. */
static int64_t input_parameters(const na_input *input, int64_t n_numbers)
{
    switch (input->kind) {
    case NA_INPUT_periodic: return (2 + input->size) * input->n + input->size;
    case NA_INPUT_embedding: return (input->n + 1) * input->size;
    case NA_INPUT_scale: return n_numbers;
    default: return 0;
    }
}

/* The numbers that the first layer gets, or -1 if there are too many. */
static int64_t count_numbers(int64_t n_columns, const na_input *inputs, int n_inputs)
{
    int64_t n_numbers = n_inputs == 0 ? n_columns : 0;
    for (int i = 0; i < n_inputs && n_numbers >= 0; i++) {
        n_numbers += numbers_of(&inputs[i]);
        if (n_numbers > max_parameters) n_numbers = -1;
    }
    return n_numbers;
}

/* Returns `at`, the number of parameters of the layers, plus those of the inputs; -1 if there are too many. */
static int64_t add_input_parameters(int64_t at, int64_t n_numbers, const na_input *inputs, int n_inputs)
{
    for (int i = 0; i < n_inputs && at >= 0; i++) {
        int64_t count = input_parameters(&inputs[i], n_numbers);
        at = count > max_parameters - at ? -1 : na_round_up(at + count, NA_LANES);
    }
    return at;
}

static const real *copy_edges(na_arena *arena, const na_input *input)
{
    if (input->kind != NA_INPUT_piecewise_linear) return NULL;
    real *edges = na_arena_take(arena, 2 * (size_t)input->n, sizeof(real));
    for (int64_t t = 0; t < input->n; t++) {
        edges[2 * t] = (real)input->edges[t];
        edges[2 * t + 1] = (real)(1 / (input->edges[t + 1] - input->edges[t]));
    }
    return edges;
}

static void fill_encoding(network *net, encoding *e, const na_input *from, na_arena *arena)
{
    *e = (encoding){.kind = from->kind,
                    .column = from->column,
                    .first = e > net->encodings ? (e - 1)->first + (e - 1)->n_numbers : 0,
                    .n_numbers = numbers_of(from),
                    .parameters = net->n_parameters,
                    .n_parameters = input_parameters(from, net->n_inputs),
                    .rate = (real)from->rate,
                    .numbers = {from->n, from->size, net->parameters + net->n_parameters, copy_edges(arena, from)}};
    net->n_parameters = na_round_up(net->n_parameters + e->n_parameters, NA_LANES);
    net->learns_inputs |= e->n_parameters > 0;
    if (e->kind == NA_INPUT_scale) net->scales = e;
}

/* ---- networks -------------------------------------------------------------------------------- */

static na_status create(int64_t n_columns, const na_input *inputs, int n_inputs, const na_layer *layers, int n_layers,
                        na_network **out)
{
    int64_t n_numbers = count_numbers(n_columns, inputs, n_inputs);
    int64_t n_parameters = n_numbers < 0 ? -1 : count_parameters(n_numbers, layers, n_layers);
    n_parameters = add_input_parameters(n_parameters, n_numbers, inputs, n_inputs);
    if (n_parameters < 0) return NA_OUT_OF_MEMORY;
    na_arena arena = {0};
    na_arena_reserve(&arena, 1, sizeof(network));
    na_arena_reserve(&arena, (size_t)n_layers, sizeof(dense));
    na_arena_reserve(&arena, (size_t)n_inputs, sizeof(encoding));
    na_arena_reserve(&arena, (size_t)n_parameters + NA_LANES, sizeof(real)); /* forward_row reads one line further */
    for (int l = 0; l < n_layers; l++)
        if (layers[l].thresholds) na_arena_reserve(&arena, (size_t)layers[l].units, sizeof(real));
    for (int i = 0; i < n_inputs; i++)
        if (inputs[i].kind == NA_INPUT_piecewise_linear)
            na_arena_reserve(&arena, 2 * (size_t)inputs[i].n, sizeof(real));
    if (!na_arena_allocate(&arena)) return NA_OUT_OF_MEMORY;

    network *net = na_arena_take(&arena, 1, sizeof(network));
    *net = (network){.handle = {&NA_FN(na_functions), n_numbers, 0},
                     .n_layers = n_layers,
                     .n_columns = n_columns,
                     .n_inputs = n_numbers,
                     .n_encodings = n_inputs};
    net->layers = na_arena_take(&arena, (size_t)n_layers, sizeof(dense));
    net->encodings = na_arena_take(&arena, (size_t)n_inputs, sizeof(encoding));
    net->parameters = na_arena_take(&arena, (size_t)n_parameters + NA_LANES, sizeof(real));
    for (int l = 0; l < n_layers; l++) {
        net->layers[l].n_in = l == 0 ? n_numbers : net->layers[l - 1].units;
        fill_layer(net, &net->layers[l], &layers[l], &arena);
        net->widest = na_max(net->widest, layers[l].units);
    }
    for (int i = 0; i < n_inputs; i++) fill_encoding(net, &net->encodings[i], &inputs[i], &arena);
    net->handle.size = net->n_parameters;
    net->group = group_of(na_max(n_numbers, net->widest));
    *out = &net->handle;
    return NA_OK;
}

/* ---- getting and setting parameters ---------------------------------------------------------- */

/* Position of row k of the panel of weights that begins with output j; *width ← the panel's width. */
static int64_t panel_row(const dense *layer, int64_t k, int64_t j, int64_t *width)
{
    *width = na_min(NA_LANES, layer->units - j);
    return j * layer->n_in + k * *width;
}

void NA_FN(na_part_get)(const dense *layer, na_part part, const real *parameters, real *out)
{
    const real *from = parameters + layer->part[part];
    if (part != NA_WEIGHTS) {
        memcpy(out, from, (size_t)layer->size[part] * sizeof(real));
        return;
    }
    for (int64_t j = 0, width; j < layer->units; j += NA_LANES)
        for (int64_t k = 0; k < layer->n_in; k++) {
            const real *row = from + panel_row(layer, k, j, &width);
            memcpy(out + k * layer->units + j, row, (size_t)width * sizeof(real));
        }
}

void NA_FN(na_part_set)(const dense *layer, na_part part, real *parameters, const real *in)
{
    real *to = parameters + layer->part[part];
    if (part != NA_WEIGHTS) {
        memcpy(to, in, (size_t)layer->size[part] * sizeof(real));
        return;
    }
    for (int64_t j = 0, width; j < layer->units; j += NA_LANES)
        for (int64_t k = 0; k < layer->n_in; k++) {
            real *row = to + panel_row(layer, k, j, &width);
            memcpy(row, in + k * layer->units + j, (size_t)width * sizeof(real));
        }
}

static void get(const na_network *handle, int layer, na_part part, void *out)
{
    const network *net = (const network *)handle;
    NA_FN(na_part_get)(&net->layers[layer], part, net->parameters, out);
}

static void set(na_network *handle, int layer, na_part part, const void *in)
{
    network *net = (network *)handle;
    NA_FN(na_part_set)(&net->layers[layer], part, net->parameters, in);
}

static void copy(na_network *handle, void *out, const void *in)
{
    network *net = (network *)handle;
    size_t size = (size_t)net->n_parameters * sizeof(real);
    if (out) memcpy(out, net->parameters, size);
    if (in) memcpy(net->parameters, in, size);
}

static int64_t input_size(const na_network *handle, int input)
{
    return ((const network *)handle)->encodings[input].n_parameters;
}

static void get_input(const na_network *handle, int input, void *out)
{
    const network *net = (const network *)handle;
    const encoding *e = &net->encodings[input];
    memcpy(out, net->parameters + e->parameters, (size_t)e->n_parameters * sizeof(real));
}

static void set_input(na_network *handle, int input, const void *in)
{
    network *net = (network *)handle;
    const encoding *e = &net->encodings[input];
    memcpy(net->parameters + e->parameters, in, (size_t)e->n_parameters * sizeof(real));
}

static bool of_levels(const encoding *e) { return e->kind == NA_INPUT_embedding || e->kind == NA_INPUT_one_hot; }

static bool has_levels(const na_network *handle, int64_t rows, const void *x)
{
    const network *net = (const network *)handle;
    const encoding *end = net->encodings + net->n_encodings;
    for (const encoding *e = net->encodings; e < end; e++)
        for (int64_t r = 0; r < rows && of_levels(e); r++) {
            real level = ((const real *)x)[r * net->n_columns + e->column];
            if (!(level >= 0 && level <= (real)e->numbers.n && level == (real)(int64_t)level)) return false;
        }
    return true;
}

/* ---- predicting ------------------------------------------------------------------------------ */

enum { ROWS_ONE_BY_ONE = 3 }; /* up to this many rows, row by row is faster than a block */

typedef struct {
    const network *net;
    const kernel_table *table;
    const input_kind *kind;
    int64_t rows;
    na_rows x;
    real *y;
} prediction;

typedef struct {
    const na_request *requests;
    int n;
    atomic_llong next;    /* group of rows, counted through all requests */
    int64_t scratch_size; /* numbers in one half of a thread's scratch */
    real *scratch;
} predictions;

static prediction prediction_of(const na_request *request)
{
    const network *net = (const network *)request->network;
    return (prediction){net, kernels, NA_FN(na_kind_of)(net, request->x), request->rows, request->x, request->y};
}

static bool one_by_one(int64_t rows) { return rows <= ROWS_ONE_BY_ONE; }

/* Rows that one thread takes together. */
static int64_t group_rows(const network *net, int64_t rows) { return one_by_one(rows) ? 1 : net->group * NA_LANES; }

static int64_t scratch_for(const prediction *p)
{
    const network *net = p->net;
    if (!one_by_one(p->rows)) return net->group * room_for_block(p->kind, net);
    int64_t lines = p->kind->lines_of_row ? p->kind->lines_of_row(net) : 0;
    return na_max(lines * NA_LANES, na_round_up(net->widest, NA_LANES));
}

/* Predicts `rows` rows from `row` on, at most net->group blocks; a and b: scratch_size numbers each. */
static void predict_group(const prediction *p, int64_t row, int64_t rows, real *a, real *b)
{
    const network *net = p->net;
    const row_span span = {.x = p->x, .first = row, .n = rows};
    int64_t blocks = na_round_up(rows, NA_LANES) / NA_LANES;
    for (int l = 0; l < net->n_layers; l++) {
        const dense *layer = &net->layers[l];
        const real *bound = relu_bound(layer);
        NA_FN(na_forward_layer)(p->kind, p->table, net, l, &span, bound, a, b);
        if (!bound) activate_blocks(p->table, layer, blocks, b, b, NULL, NULL);
        real *swap = a;
        a = b, b = swap;
    }
    int64_t units = last_layer(net)->units;
    for (int64_t r = 0; r < rows; r += NA_LANES)
        p->table->scatter(units, na_min(NA_LANES, rows - r), a + r * units, p->y + (row + r) * units);
}

static void predict_row(const prediction *p, int64_t row, real *a, real *b)
{
    const network *net = p->net;
    p->kind->forward_row(p->table, net, p->x, row, b, a);
    for (int l = 0;; l++) {
        const dense *layer = &net->layers[l], *above = layer + 1;
        if (layer->activation == NA_SOFTMAX)
            p->table->softmax_row(layer->units, a, a);
        else
            p->table->activate_row[layer->activation](layer->units, a, &layer->neurons, a);
        if (l == net->n_layers - 1) break;
        p->table->forward_row(above->n_in, above->units, a, net->parameters + above->part[NA_WEIGHTS],
                              net->parameters + above->part[NA_BIASES], b);
        real *swap = a;
        a = b, b = swap;
    }
    int64_t units = last_layer(net)->units;
    memcpy(p->y + row * units, a, (size_t)units * sizeof(real));
}

/* Threads take groups of rows in order, those of the first request first. */
static void predict_job(void *argument, na_team *team, int thread)
{
    (void)team;
    predictions *all = argument;
    real *a = all->scratch + 2 * thread * all->scratch_size, *b = a + all->scratch_size;
    int64_t before = 0, taken = atomic_fetch_add(&all->next, 1);
    for (int i = 0; i < all->n; i++) {
        const prediction p = prediction_of(&all->requests[i]);
        int64_t size = group_rows(p.net, p.rows), groups = (p.rows + size - 1) / size;
        for (; taken < before + groups; taken = atomic_fetch_add(&all->next, 1)) {
            int64_t row = (taken - before) * size;
            if (one_by_one(p.rows))
                predict_row(&p, row, a, b);
            else
                predict_group(&p, row, na_min(size, p.rows - row), a, b);
        }
        before += groups;
    }
}

static na_status predict(const na_request *requests, int n, int n_threads)
{
    predictions all = {.requests = requests, .n = n};
    double work = 0;
    for (int i = 0; i < n; i++) {
        const prediction p = prediction_of(&requests[i]);
        work += forward_work(p.kind, p.net, p.rows, p.x);
        all.scratch_size = na_max(all.scratch_size, scratch_for(&p));
    }
    int team = threads_worth(work, n_threads);
    all.scratch = na_allocate(na_times((size_t)all.scratch_size, 2 * (size_t)team), sizeof(real));
    if (!all.scratch) return NA_OUT_OF_MEMORY;
    na_run_team(team, predict_job, &all);
    na_release(all.scratch);
    return NA_OK;
}

/* ---- the functions of this dtype ------------------------------------------------------------- */

const struct na_functions NA_FN(na_functions) = {
    .activation_apply = NA_FN(na_activation_apply),
    .softmax_apply = NA_FN(na_softmax_apply),
    .all_finite = NA_FN(na_all_finite),
    .network_create = create,
    .network_get = get,
    .network_set = set,
    .network_input_size = input_size,
    .network_get_input = get_input,
    .network_set_input = set_input,
    .network_has_levels = has_levels,
    .network_copy = copy,
    .networks_predict = predict,
    .network_predict_shuffled = NA_FN(na_predict_shuffled),
    .network_inspect = NA_FN(na_inspect),
    .network_diagnose = NA_FN(na_diagnose),
    .network_input_gradients = NA_FN(na_input_gradients),
#if NA_REAL_BITS == 64
    .network_explain = NA_FN(na_explain),
#endif
    .trainer_create = NA_FN(na_trainer_create),
    .trainer_reserve = NA_FN(na_trainer_reserve),
    .trainer_run = NA_FN(na_trainer_run),
    .members_run = NA_FN(na_members_run),
    .trainer_undo = NA_FN(na_trainer_undo),
    .trainer_gradients = NA_FN(na_trainer_gradients),
    .trainer_input_gradients = NA_FN(na_trainer_input_gradients),
    .trainer_loss = NA_FN(na_trainer_loss),
    .trainer_get = NA_FN(na_trainer_get),
    .trainer_set = NA_FN(na_trainer_set),
    .trainer_get_input = NA_FN(na_trainer_get_input),
    .trainer_set_input = NA_FN(na_trainer_set_input),
};
