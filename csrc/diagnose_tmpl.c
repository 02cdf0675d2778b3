/* diagnose_tmpl.c: statistics of each input and neuron over all rows: mean and spread, how often it fires and how
 * often it is saturated. Rows are divided into pieces independently of the threads, and pieces are added up in
 * order, which gives the same bits for any number of threads. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "rows.h"

#include <stdatomic.h>

#include "memory.h"

enum { MAX_PIECES = 32 }; /* enough to keep threads busy; each has its own activities */

typedef struct {
    const network *net;
    const kernel_table *table;
    const input_kind *kind;
    int64_t rows;
    na_rows x;
    const double *limits;
    int64_t n_blocked; /* neurons, and the inputs if they come in blocks */
    int64_t n_pieces, piece_rows;
    na_activity *pieces; /* [piece][n_blocked] */
    na_activity *stored; /* the caller's activities of inputs that are stored entries */
    atomic_llong next_piece;
    int64_t group_size; /* numbers in a group of blocks */
    real *scratch;
} diagnosis;

/* Infinite limits become NaN, which no y reaches, not even an infinite one. */
static real limit_of(double limit) { return isinf(limit) ? (real)NAN : (real)limit; }

/* Adds the activity on m rows to the activity on n others. Chan, Golub & LeVeque 1979, "Updating formulae". */
static void add_activity(na_activity *to, double n, const na_activity *from, double m)
{
    if (n == 0) {
        *to = *from;
        return;
    }
    double difference = from->mean - to->mean, share = m / (n + m);
    to->mean += difference * share;
    to->squares += from->squares + difference * difference * share * n;
    to->minimum = min_or_nan(to->minimum, from->minimum);
    to->maximum = max_or_nan(to->maximum, from->maximum);
    to->fired += from->fired;
    to->saturated += from->saturated;
}

/* Measures a neuron's numbers in lines that are `stride` numbers apart. In each lane the kernel adds up few numbers,
 * and subtracts y[0] from each, since a mean far from 0 would drown the spread. */
static na_activity measure(const diagnosis *p, int64_t rows, const real *y, int64_t stride, const double *limits)
{
    real m[NA_N_MEASURES][NA_LANES];
    p->table->measure(rows, y, stride, y[0], limit_of(limits[0]), limit_of(limits[1]), m[0]);
    double n = (double)rows, sum = 0, squares = 0;
    na_activity activity = {.minimum = (double)y[0], .maximum = (double)y[0]};
    for (int i = 0; i < NA_LANES; i++) {
        sum += (double)m[NA_SUM][i];
        squares += (double)m[NA_SQUARES][i];
        activity.minimum = min_or_nan(activity.minimum, (double)m[NA_LEAST][i]);
        activity.maximum = max_or_nan(activity.maximum, (double)m[NA_GREATEST][i]);
        activity.fired += (double)m[NA_NOT_ZERO][i];
        activity.saturated += (double)m[NA_SATURATED][i];
    }
    activity.mean = (double)y[0] + sum / n;
    activity.squares = isfinite(squares) ? max_or_nan(0, squares - sum * sum / n) : squares;
    if (isnan(squares)) activity.minimum = activity.maximum = squares;
    return activity;
}

/* How often a neuron with a threshold fires. y: outputs before the threshold, since a 0 that is passed on counts. */
static int count_fired(int64_t rows, const real *y, int64_t stride, const real *threshold)
{
    int fired = 0;
    for (; rows > 0; rows -= NA_LANES, y += stride)
        for (int64_t i = 0; i < na_min(NA_LANES, rows); i++) fired += fires(y[i], threshold);
    return fired;
}

/* ---- a group of blocks ----------------------------------------------------------------------- */

/* Adds the inputs of a group that follows `before` rows of its piece. */
static void add_inputs(const diagnosis *p, int64_t before, int64_t rows, const real *x, na_activity *activities)
{
    static const double no_limits[] = {-INFINITY, INFINITY};
    int64_t n_inputs = p->net->n_inputs;
    for (int64_t k = 0; k < n_inputs; k++) {
        na_activity activity = measure(p, rows, x + k * NA_LANES, n_inputs * NA_LANES, no_limits);
        activity.fired = (double)rows;
        add_activity(&activities[k], (double)before, &activity, (double)rows);
    }
}

/* Adds the neurons of a layer. y: their outputs; unheld: with thresholds, their outputs before them. */
static void add_neurons(const diagnosis *p, int l, int64_t before, int64_t rows, const real *y, const real *unheld,
                        na_activity *activities)
{
    const dense *layer = &p->net->layers[l];
    const real *thresholds = layer->neurons.thresholds;
    int64_t stride = layer->units * NA_LANES;
    for (int64_t j = 0, at = 0; j < layer->units; j++, at += NA_LANES) {
        na_activity activity = measure(p, rows, y + at, stride, p->limits + 2 * l);
        if (thresholds) activity.fired = count_fired(rows, unheld + at, stride, thresholds + j);
        add_activity(&activities[j], (double)before, &activity, (double)rows);
    }
}

/* Adds a group of `rows` rows from `row` on that follows `before` rows of its piece; a and b: group_size numbers
 * each. */
static void diagnose_group(const diagnosis *p, int64_t row, int64_t before, int64_t rows, real *a, real *b,
                           na_activity *activities)
{
    const network *net = p->net;
    int64_t blocks = na_round_up(rows, NA_LANES) / NA_LANES;
    const row_span span = {.x = p->x, .first = row, .n = rows};
    for (int l = 0; l < net->n_layers; l++) {
        const dense *layer = &net->layers[l];
        NA_FN(na_forward_layer)(p->kind, p->table, net, l, &span, NULL, a, b);
        if (l == 0 && !p->kind->add_entries) {
            add_inputs(p, before, rows, a, activities);
            activities += net->n_inputs;
        }
        if (layer->neurons.thresholds) {
            dense unheld = *layer;
            unheld.neurons.thresholds = NULL;
            activate_blocks(p->table, &unheld, blocks, b, a, NULL, NULL);
        }
        activate_blocks(p->table, layer, blocks, b, b, NULL, NULL);
        add_neurons(p, l, before, rows, b, a, activities);
        activities += layer->units;
        real *swap = a;
        a = b, b = swap;
    }
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static int64_t rows_of_piece(const diagnosis *p, int64_t piece)
{
    return na_min(p->piece_rows, p->rows - piece * p->piece_rows);
}

static void diagnose_piece(const diagnosis *p, int64_t piece, real *a, real *b)
{
    int64_t first = piece * p->piece_rows, rows = rows_of_piece(p, piece), group = p->net->group * NA_LANES;
    for (int64_t r = 0; r < rows; r += group)
        diagnose_group(p, first + r, r, na_min(group, rows - r), a, b, p->pieces + piece * p->n_blocked);
}

static void diagnose_job(void *argument, na_team *team, int thread)
{
    diagnosis *p = argument;
    real *a = p->scratch + 2 * thread * p->group_size;
    for (int64_t piece; (piece = atomic_fetch_add(&p->next_piece, 1)) < p->n_pieces;)
        piece < 0 ? p->kind->add_entries(p->x, p->rows, p->stored) : diagnose_piece(p, piece, a, a + p->group_size);
}

static void divide_rows(diagnosis *p)
{
    int64_t group = p->net->group * NA_LANES, groups = na_round_up(p->rows, group) / group;
    p->piece_rows = na_max(group, na_round_up(groups, MAX_PIECES) / MAX_PIECES * group);
    p->n_pieces = na_round_up(p->rows, p->piece_rows) / p->piece_rows;
    p->n_blocked = p->kind->add_entries ? 0 : p->net->n_inputs;
    for (int l = 0; l < p->net->n_layers; l++) p->n_blocked += p->net->layers[l].units;
    atomic_store(&p->next_piece, p->kind->add_entries ? -1 : 0);
}

na_status NA_FN(na_diagnose)(const na_network *handle, int64_t rows, na_rows x, const double *limits,
                             int64_t rows_before, na_activity *activities, int n_threads)
{
    const network *net = (const network *)handle;
    diagnosis p = {.net = net, .table = kernels, .rows = rows, .x = x, .limits = limits, .stored = activities};
    p.kind = NA_FN(na_kind_of)(net, x);
    divide_rows(&p);
    p.group_size = net->group * room_for_block(p.kind, net);
    int team = threads_worth(forward_work(p.kind, net, rows, x), n_threads);
    p.scratch = na_allocate(na_times((size_t)p.group_size, 2 * (size_t)team), sizeof(real));
    p.pieces = na_allocate(na_times((size_t)p.n_pieces, (size_t)p.n_blocked), sizeof(na_activity));
    na_status status = p.scratch && p.pieces ? NA_OK : NA_OUT_OF_MEMORY;
    if (status == NA_OK) {
        na_run_team(team, diagnose_job, &p);
        na_activity *blocked = p.kind->add_entries ? activities + net->n_inputs : activities;
        for (int64_t piece = 0; piece < p.n_pieces; piece++)
            for (int64_t i = 0; i < p.n_blocked; i++)
                add_activity(&blocked[i], (double)(rows_before + piece * p.piece_rows),
                             &p.pieces[piece * p.n_blocked + i], (double)rows_of_piece(&p, piece));
    }
    na_release(p.scratch);
    na_release(p.pieces);
    return status;
}
