/* explain_tmpl.c: what the outputs owe to the numbers of the first layer: their gradients, and integrals of these along
 * the straight path from a baseline (integrated gradients: Sundararajan et al. 2017, arXiv:1703.01365).
 *
 * The integral is a sum over steps of mean slopes, which adds up to the change of the outputs for steps of any length.
 * Each row has steps of its own, halved until both halves of a step say the same as the whole. A row's values do not
 * depend on other rows, hence neither on threads. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain.h"

#include <string.h>

enum {
    WHOLE = 1 << 20, /* the path, in shortest steps */
    PASSES = 100     /* forward passes, about, that the path of a row costs */
};

/* A step whose error is below this share of the tolerance may double. */
#define EASY ((real)(1.0 / 32))

/* ---- steps along the path -------------------------------------------------------------------- */

/* Fills p at the share t of each row's path. */
static void go_to(const explanation *e, const scratch *s, const real *t, const point *p)
{
    for (int64_t j = 0; j < e->net->layers[0].units; j++)
        for (int i = 0; i < NA_LANES; i++) {
            int64_t at = j * NA_LANES + i;
            p->z[at] = s->z_base[at] + t[i] * s->dz[at];
        }
    NA_FN(na_evaluate)(e, s, p);
}

/* Goes to both ends of the paths, with points 0 and 2. */
static void go_to_ends(const explanation *e, const scratch *s)
{
    real t[NA_LANES] = {0};
    go_to(e, s, t, &s->points[0]);
    for (int i = 0; i < NA_LANES; i++) t[i] = 1;
    go_to(e, s, t, &s->points[2]);
}

/* Where each row of a block is: its place, its next step (0: it has arrived), and the scale of its outputs. */
typedef struct {
    int place[NA_LANES], step[NA_LANES];
    real scale[NA_AT_ONCE][NA_LANES];
} progress;

/* Begins the paths of `rows` rows. The scale is the outputs' size at both ends, or 1 for shares. */
static void begin(const explanation *e, const scratch *s, int64_t rows, int64_t first, int64_t n, progress *at)
{
    const point *base = &s->points[0], *end = &s->points[2];
    bool shares = last_layer(e->net)->activation == NA_SOFTMAX;
    go_to_ends(e, s);
    for (int i = 0; i < NA_LANES; i++) {
        at->place[i] = 0, at->step[i] = i < rows ? e->longest_step : 0;
        for (int64_t o = 0; o < n; o++) {
            real low = size_of(base->y[(first + o) * NA_LANES + i]), high = size_of(end->y[(first + o) * NA_LANES + i]);
            at->scale[o][i] = shares ? 1 : low > high ? low : high;
        }
    }
}

/* Goes to the begin, the middle and the end of each row's step. s->coarse ← the slopes over the step, s->fine ← the
 * mean of those over its halves. */
static void look(const explanation *e, scratch *s, int64_t first, int64_t n, const progress *at)
{
    for (int k = 0; k < 3; k++) {
        real t[NA_LANES];
        for (int i = 0; i < NA_LANES; i++)
            t[i] = ((real)at->place[i] + (real)0.5 * (real)k * (real)at->step[i]) / WHOLE;
        go_to(e, s, t, &s->points[k]);
    }
    NA_FN(na_mean_slopes)(e, s, &s->points[0], &s->points[2], first, n, s->coarse);
    NA_FN(na_mean_slopes)(e, s, &s->points[0], &s->points[1], first, n, s->fine);
    NA_FN(na_mean_slopes)(e, s, &s->points[1], &s->points[2], first, n, s->half);
    int64_t size = n * e->net->layers[0].units * NA_LANES;
    for (int64_t i = 0; i < size; i++) s->fine[i] = (real)0.5 * (s->fine[i] + s->half[i]);
}

/* errors[lane] ← the largest difference of an output's values between whole and halves, in units of the tolerance. */
static void compare(const explanation *e, const scratch *s, int64_t n, progress *at, real *errors)
{
    int64_t units = e->net->layers[0].units;
    for (int i = 0; i < NA_LANES; i++) errors[i] = 0;
    for (int64_t o = 0; o < n; o++) {
        real differences[NA_LANES] = {0}, sizes[NA_LANES] = {0};
        for (int64_t j = 0; j < units; j++)
            for (int i = 0; i < NA_LANES; i++) {
                int64_t k = (o * units + j) * NA_LANES + i;
                real reach = s->reach[j * NA_LANES + i];
                differences[i] += reach * size_of(s->coarse[k] - s->fine[k]);
                sizes[i] += reach * size_of(s->fine[k]);
            }
        for (int i = 0; i < NA_LANES; i++) {
            real share = (real)at->step[i] / WHOLE, *scale = &at->scale[o][i];
            if (sizes[i] * share > *scale) *scale = sizes[i] * share;
            real error = differences[i] * share / ((real)e->path->tolerance * *scale);
            if (error > errors[i]) errors[i] = error;
        }
    }
}

/* Adds the steps that are short enough, by Richardson's rule: their error falls by 4 where a step is halved. */
static void add_steps(const explanation *e, const scratch *s, int64_t n, const progress *at, const real *errors)
{
    real shares[NA_LANES];
    for (int i = 0; i < NA_LANES; i++)
        shares[i] = errors[i] <= 1 || at->step[i] <= 1 ? (real)at->step[i] / (3 * (real)WHOLE) : 0;
    for (int64_t j = 0; j < n * e->net->layers[0].units; j++)
        for (int i = 0; i < NA_LANES; i++) {
            int64_t k = j * NA_LANES + i;
            s->total[k] += shares[i] * (4 * s->fine[k] - s->coarse[k]);
        }
}

/* Moves each row on, and chooses its next step. Returns whether a row is still on its way. */
static bool move(progress *at, int longest, const real *errors)
{
    bool left = false;
    for (int i = 0; i < NA_LANES; i++) {
        int *place = &at->place[i], *step = &at->step[i];
        if (errors[i] > 1 && *step > 1) {
            *step /= 2;
            left = true;
            continue;
        }
        *place += *step;
        if (*place == WHOLE) *step = 0;
        if (errors[i] <= EASY && *step < longest && (*place & *step) == 0) *step *= 2; /* ends at a multiple of it */
        left |= *step > 0;
    }
    return left;
}

/* s->total ← the mean slopes of n outputs from `first` on over the whole path of `rows` rows. */
static void integrate(const explanation *e, scratch *s, int64_t rows, int64_t first, int64_t n)
{
    progress at;
    real errors[NA_LANES];
    begin(e, s, rows, first, n, &at);
    memset(s->total, 0, (size_t)(n * e->net->layers[0].units * NA_LANES) * sizeof(real));
    do {
        look(e, s, first, n, &at);
        compare(e, s, n, &at, errors);
        add_steps(e, s, n, &at, errors);
    } while (move(&at, e->longest_step, errors));
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* z of the first layer ← the numbers x of a block, times the weights or what else has their shape, plus biases. */
static void first_layer(const explanation *e, const real *x, const real *weights, const real *biases, real *z)
{
    const dense *layer = &e->net->layers[0];
    e->table->forward(layer->n_in, layer->units, 1, x, weights, biases, NULL, z);
}

/* Prepares the path of a block whose numbers are in s->below. */
static void begin_path(const explanation *e, const scratch *s)
{
    const network *net = e->net;
    const real *baseline = e->baseline, *weights = net->parameters + net->layers[0].part[NA_WEIGHTS];
    for (int64_t k = 0; k < net->n_inputs; k++)
        for (int64_t i = k * NA_LANES; i < (k + 1) * NA_LANES; i++) {
            s->change[i] = s->below[i] - baseline[k];
            s->sizes[i] = size_of(s->change[i]);
            s->below[i] = baseline[k];
        }
    first_layer(e, s->below, weights, net->parameters + net->layers[0].part[NA_BIASES], s->z_base);
    first_layer(e, s->change, weights, e->zeros, s->dz);
    first_layer(e, s->sizes, e->sizes, e->zeros, s->reach);
}

/* Writes the outputs at both ends of the path. */
static void write_outputs(const explanation *e, const scratch *s, int64_t row, int64_t rows)
{
    int64_t units = last_layer(e->net)->units;
    e->table->scatter(units, rows, s->points[2].y, (real *)e->path->outputs + row * units);
    if (row == 0) e->table->scatter(units, 1, s->points[0].y, e->path->base);
}

/* Adds an output's values in a block: its slopes by the first layer's z, taken down to the numbers, and along a path
 * times their change. */
static void add_values(const explanation *e, const scratch *s, int64_t row, int64_t rows, int64_t output,
                       const real *slopes)
{
    const network *net = e->net;
    const dense *layer = &net->layers[0];
    int64_t units = last_layer(net)->units, places = on_path(e) ? e->path->n_places : net->n_inputs;
    e->table->backward_data(layer->n_in, layer->units, 1, slopes, net->parameters + layer->part[NA_WEIGHTS], NULL, NULL,
                            s->gradients);
    if (on_path(e)) e->table->multiply(net->n_inputs, s->gradients, s->change, s->gradients);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < net->n_inputs; k++) {
            int64_t place = on_path(e) ? e->path->places[k] : k;
            e->values[((row + r) * places + place) * units + output] += s->gradients[k * NA_LANES + r];
        }
}

/* The last output of softmax, whose values are minus the sum of the others'. */
static void write_last_share(const explanation *e, int64_t row, int64_t rows)
{
    int64_t units = last_layer(e->net)->units, places = on_path(e) ? e->path->n_places : e->net->n_inputs;
    for (int64_t k = row * places; k < (row + rows) * places; k++) {
        real *values = e->values + k * units, sum = 0;
        for (int64_t o = 0; o < units - 1; o++) sum += values[o];
        values[units - 1] = -sum;
    }
}

static void explain_outputs(const explanation *e, scratch *s, int64_t row, int64_t rows, int64_t first, int64_t n)
{
    if (on_path(e))
        integrate(e, s, rows, first, n);
    else
        NA_FN(na_mean_slopes)(e, s, &s->points[0], &s->points[0], first, n, s->total);
    for (int64_t o = 0; o < n; o++)
        add_values(e, s, row, rows, first + o, s->total + o * e->net->layers[0].units * NA_LANES);
}

static void explain_block(const explanation *e, scratch *s, int64_t row)
{
    int64_t rows = na_min(NA_LANES, e->rows - row), units = last_layer(e->net)->units;
    bool shares = last_layer(e->net)->activation == NA_SOFTMAX;
    const row_span span = {.x = e->x, .first = row, .n = rows};
    NA_FN(na_forward_layer)(e->kind, e->table, e->net, 0, &span, NULL, s->below, s->points[0].z);
    if (on_path(e)) {
        begin_path(e, s);
        go_to_ends(e, s);
        write_outputs(e, s, row, rows);
    } else
        NA_FN(na_evaluate)(e, s, &s->points[0]);
    for (int64_t first = 0; first < units - shares; first += NA_AT_ONCE)
        explain_outputs(e, s, row, rows, first, na_min(NA_AT_ONCE, units - shares - first));
    if (shares) write_last_share(e, row, rows);
}

static void explain_job(void *argument, na_team *team, int thread)
{
    (void)team;
    explanation *e = argument;
    scratch s = e->scratches[thread];
    for (int64_t row; (row = atomic_fetch_add(&e->next_row, NA_LANES)) < e->rows;) explain_block(e, &s, row);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static real *take_lines(na_arena *a, int64_t rows, int64_t lines)
{
    return na_arena_take(a, na_times((size_t)rows, (size_t)lines), NA_LANES * sizeof(real));
}

static void take_scratch(na_arena *a, const explanation *e, scratch *s)
{
    const network *net = e->net;
    int64_t units = net->layers[0].units;
    *s = (scratch){.below = take_lines(a, 1, e->kind->lines(net))};
    real **of_numbers[] = {&s->change, &s->sizes, &s->gradients}, **of_units[] = {&s->z_base, &s->dz, &s->reach};
    real **of_widest[] = {&s->y, &s->mean_slopes}, **of_outputs[] = {&s->coarse, &s->fine, &s->half, &s->total};
    for (int i = 0; i < 3; i++) *of_numbers[i] = take_lines(a, 1, net->n_inputs);
    for (int i = 0; i < 3; i++) *of_units[i] = take_lines(a, 1, units);
    for (int i = 0; i < 2; i++) *of_widest[i] = take_lines(a, 1, net->widest);
    for (int i = 0; i < 4; i++) *of_outputs[i] = take_lines(a, NA_AT_ONCE, units);
    s->delta = take_lines(a, NA_AT_ONCE, net->widest);
    s->delta_below = take_lines(a, NA_AT_ONCE, net->widest);
    for (int i = 0; i < 3; i++)
        s->points[i] = (point){.z = take_lines(a, 1, e->all_units),
                               .slopes = take_lines(a, 1, e->all_units),
                               .f = take_lines(a, 1, e->all_units),
                               .y = take_lines(a, 1, last_layer(net)->units),
                               .log_sum = take_lines(a, 1, 1)};
}

/* Takes all memory, or counts it if the arena is not allocated yet. */
static void take_all(na_arena *a, explanation *e, int team)
{
    const dense *layer = &e->net->layers[0];
    e->sizes = na_arena_take(a, (size_t)layer->size[NA_WEIGHTS], sizeof(real));
    e->baseline = na_arena_take(a, (size_t)layer->n_in, sizeof(real));
    e->zeros = na_arena_take(a, (size_t)layer->units, sizeof(real));
    e->scratches = na_arena_take(a, (size_t)team, sizeof(scratch));
    for (int i = 0; i < team; i++) {
        scratch counted;
        take_scratch(a, e, e->scratches ? &e->scratches[i] : &counted);
    }
}

/* e->baseline ← the numbers of the path's baseline, the first of a block. */
static void read_baseline(const explanation *e)
{
    const scratch *s = &e->scratches[0];
    const row_span span = {.x = e->path->baseline, .n = 1};
    e->kind->read(e->table, e->net, &span, s->below);
    for (int64_t k = 0; k < e->net->n_inputs; k++) e->baseline[k] = s->below[k * NA_LANES];
}

static na_status run(explanation *e, int passes, int64_t n_values, int n_threads)
{
    const network *net = e->net;
    int team = threads_worth(passes * forward_work(e->kind, net, e->rows, e->x), n_threads);
    for (int l = 0; l < net->n_layers; l++) e->all_units += net->layers[l].units;
    na_arena arena = {0};
    take_all(&arena, e, team);
    if (!na_arena_allocate(&arena)) return NA_OUT_OF_MEMORY;
    take_all(&arena, e, team);
    const real *weights = net->parameters + net->layers[0].part[NA_WEIGHTS];
    for (int64_t i = 0; i < net->layers[0].size[NA_WEIGHTS]; i++) e->sizes[i] = size_of(weights[i]);
    if (on_path(e)) read_baseline(e);
    memset(e->values, 0, (size_t)n_values * sizeof(real));
    na_run_team(team, explain_job, e);
    na_release(arena.memory);
    return NA_OK;
}

/* ---- the functions of neuract.h -------------------------------------------------------------- */

na_status NA_FN(na_input_gradients)(const na_network *handle, int64_t rows, na_rows x, void *gradients, int n_threads)
{
    const network *net = (const network *)handle;
    explanation e = {.net = net, .table = kernels, .kind = NA_FN(na_kind_of)(net, x), .rows = rows, .x = x};
    e.values = gradients;
    return run(&e, 2, rows * net->n_inputs * last_layer(net)->units, n_threads);
}

#if NA_REAL_BITS == 64

/* A longer step could miss what a neuron does in between, and neurons that jump do more. */
static int longest_step(const network *net)
{
    int parts = 8;
    for (int l = 0; l < net->n_layers; l++)
        if (has_jumps(&net->layers[l])) parts = 32;
    return WHOLE / parts;
}

na_status NA_FN(na_explain)(const na_network *handle, int64_t rows, na_rows x, const na_path *path, void *values,
                            int n_threads)
{
    const network *net = (const network *)handle;
    explanation e = {.net = net, .table = kernels, .kind = NA_FN(na_kind_of)(net, x), .rows = rows, .x = x};
    e.path = path;
    e.longest_step = longest_step(net);
    e.values = values;
    return run(&e, PASSES, rows * path->n_places * last_layer(net)->units, n_threads);
}

#endif
