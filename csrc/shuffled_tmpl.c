/* shuffled_tmpl.c: predictions of rows some of whose columns come from other rows.
 *
 * The first layer's sums of all columns but one are the same for every order of that one. They come by halves: to the
 * sums that lack n columns add one half of these, then half of the other half, and so on until one is left, which
 * takes log2(n) additions of a column in place of n. No sum is ever taken back, so that a huge number in a column
 * leaves no error behind where that column is shuffled. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "rows.h"

#include <stdatomic.h>
#include <string.h>

#include "memory.h"

/* Numbers first .. first + n − 1 of the first layer, which one column of X makes. */
typedef struct {
    int64_t column, first, n;
} source;

typedef struct {
    const network *net;
    const kernel_table *table;
    const input_kind *kind;
    na_rows x;
    const na_shuffling *of;
    int64_t first, rows;
    source *sources;
    int64_t *starts; /* n_sets + 2: sources of set i lie from starts[i] to starts[i + 1]; then those of no set */
    int64_t group;   /* blocks that a thread takes together */
    atomic_llong next_row;
    int64_t numbers_size, sums_size, block_size, scratch_size; /* in numbers */
    real *scratch;
} shuffling;

/* Some blocks of rows, and a thread's memory for them. */
typedef struct {
    int64_t first, rows, blocks;
    real *numbers; /* of the rows as they are, then in each order: numbers_size each, n_inputs lines per block */
    real *sums;    /* depth(n_sets) pieces of sums_size */
    real *z, *y;   /* block_size each */
} row_group;

/* ---- the columns of X and what they give ----------------------------------------------------- */

static int64_t count_sources(const network *net)
{
    return net->n_encodings > 0 ? net->n_encodings - (net->scales != NULL) : net->n_columns;
}

static source source_at(const network *net, int64_t i)
{
    if (net->n_encodings == 0) return (source){i, i, 1};
    const encoding *e = &net->encodings[i];
    return (source){e->column, e->first, e->n_numbers};
}

/* Sorts the sources by set; those of a set stay in order. */
static void sort_sources(shuffling *s)
{
    int64_t n = count_sources(s->net), n_sets = s->of->n_sets;
    const int64_t *sets = s->of->sets;
    for (int64_t i = 0; i < n; i++) s->starts[sets[source_at(s->net, i).column] + 1]++;
    for (int64_t i = 0; i <= n_sets; i++) s->starts[i + 1] += s->starts[i];
    for (int64_t i = n - 1; i >= 0; i--) {
        source from = source_at(s->net, i);
        s->sources[--s->starts[sets[from.column] + 1]] = from;
    }
    memmove(s->starts, s->starts + 1, (size_t)(n_sets + 1) * sizeof *s->starts);
    s->starts[n_sets + 1] = n;
}

/* Pieces of sums that halving needs. */
static int64_t depth(int64_t n_sets)
{
    int64_t pieces = 1;
    for (int64_t n = n_sets; n > 1; n = (n + 1) / 2) pieces++;
    return pieces;
}

/* ---- sums of the first layer ----------------------------------------------------------------- */

/* z ← sums and the numbers of the sets from .. to; neighbours are added together, which takes fewer passes. z may be
 * sums. bound as in kernel_table.h; there must be sources if it is not NULL. */
static void add_sets(const shuffling *s, const row_group *g, int64_t from, int64_t to, const real *numbers,
                     const real *sums, const real *bound, real *z)
{
    const dense *layer = &s->net->layers[0];
    const real *weights = s->net->parameters + layer->part[NA_WEIGHTS];
    int64_t i = s->starts[from], end = s->starts[to];
    if (i == end && z != sums) memcpy(z, sums, (size_t)(g->blocks * layer->units * NA_LANES) * sizeof(real));
    while (i < end) {
        struct na_some_inputs some = {.n_in = layer->n_in, .first = s->sources[i].first};
        for (; i < end && s->sources[i].first == some.first + some.n; i++) some.n += s->sources[i].n;
        some.x = numbers + some.first * NA_LANES, some.stride = layer->n_in * NA_LANES;
        s->table->add_inputs(&some, layer->units, g->blocks, weights, sums, i == end ? bound : NULL, z);
        sums = z;
    }
}

/* Reads the rows as they are and in each order. */
static void read_numbers(const shuffling *s, const row_group *g)
{
    row_span span = {.x = s->x, .first = g->first, .n = g->rows};
    s->kind->read(s->table, s->net, &span, g->numbers);
    for (int64_t o = 0; o < s->of->n_orders; o++) {
        span.order = s->of->orders + o * s->of->rows;
        s->kind->read(s->table, s->net, &span, g->numbers + (o + 1) * s->numbers_size);
    }
}

/* sums ← biases and the numbers of the columns that are in no set. */
static void begin_sums(const shuffling *s, const row_group *g)
{
    const dense *layer = &s->net->layers[0];
    const real *biases = s->net->parameters + layer->part[NA_BIASES];
    for (int64_t b = 0; b < g->blocks; b++)
        for (int64_t j = 0; j < layer->units; j++)
            for (int64_t i = 0; i < NA_LANES; i++) g->sums[(b * layer->units + j) * NA_LANES + i] = biases[j];
    add_sets(s, g, s->of->n_sets, s->of->n_sets + 1, g->numbers, g->sums, NULL, g->sums);
}

/* ---- predictions ----------------------------------------------------------------------------- */

/* y ← the outputs of the rows whose first layer has the sums g->z, or with a bound the outputs of its ReLUs. */
static void predict_above(const shuffling *s, const row_group *g, const real *bound, real *y)
{
    const network *net = s->net;
    const row_span span = {.n = g->rows};
    real *z = g->z, *next = g->y;
    for (int l = 0;; l++) {
        if (!bound) activate_blocks(s->table, &net->layers[l], g->blocks, z, z, NULL, NULL);
        if (l == net->n_layers - 1) break;
        bound = relu_bound(&net->layers[l + 1]);
        NA_FN(na_forward_layer)(s->kind, s->table, net, l + 1, &span, bound, z, next);
        real *swap = z;
        z = next, next = swap;
    }
    int64_t units = last_layer(net)->units;
    for (int64_t r = 0; r < g->rows; r += NA_LANES)
        s->table->scatter(units, na_min(NA_LANES, g->rows - r), z + r * units, y + (g->first + r) * units);
}

/* sums: of all columns but those of the sets from .. to; the pieces behind it are free. */
static void predict_sets(const shuffling *s, const row_group *g, int64_t from, int64_t to, real *sums)
{
    if (to - from > 1) {
        int64_t middle = from + (to - from) / 2;
        real *more = sums + s->sums_size;
        add_sets(s, g, middle, to, g->numbers, sums, NULL, more);
        predict_sets(s, g, from, middle, more);
        add_sets(s, g, from, middle, g->numbers, sums, NULL, more);
        predict_sets(s, g, middle, to, more);
        return;
    }
    int64_t n_orders = s->of->n_orders, size = s->of->rows * last_layer(s->net)->units;
    const real *bound = s->starts[from] < s->starts[to] ? relu_bound(&s->net->layers[0]) : NULL;
    for (int64_t o = 0; o < n_orders; o++) {
        add_sets(s, g, from, to, g->numbers + (o + 1) * s->numbers_size, sums, bound, g->z);
        predict_above(s, g, bound, (real *)s->of->y + (from * n_orders + o) * size);
    }
}

static void shuffle_job(void *argument, na_team *team, int thread)
{
    (void)team;
    shuffling *s = argument;
    row_group g = {.z = s->scratch + thread * s->scratch_size};
    g.y = g.z + s->block_size, g.numbers = g.y + s->block_size;
    g.sums = g.numbers + (s->of->n_orders + 1) * s->numbers_size;
    int64_t size = s->group * NA_LANES;
    for (int64_t row; (row = atomic_fetch_add(&s->next_row, size)) < s->rows;) {
        g.first = s->first + row, g.rows = na_min(size, s->rows - row);
        g.blocks = na_round_up(g.rows, NA_LANES) / NA_LANES;
        read_numbers(s, &g);
        begin_sums(s, &g);
        predict_sets(s, &g, 0, s->of->n_sets, g.sums);
    }
}

/* ---- the call -------------------------------------------------------------------------------- */

static double work_of(const shuffling *s)
{
    double first = (double)s->net->layers[0].units, upper = work_of_row(s->net) - (double)s->net->n_inputs * first;
    return (double)s->of->n_sets * (double)s->of->n_orders * (double)s->rows * (upper + 2 * first);
}

/* Sizes of a thread's memory; false if they overflow. */
static bool measure(shuffling *s)
{
    const network *net = s->net;
    s->group = na_max(1, net->group / 4);
    s->numbers_size = s->group * s->kind->lines(net) * NA_LANES;
    s->block_size = s->group * net->widest * NA_LANES;
    s->sums_size = s->group * net->layers[0].units * NA_LANES;
    int64_t numbers, sums = s->sums_size * depth(s->of->n_sets);
    if (__builtin_mul_overflow(s->numbers_size, s->of->n_orders + 1, &numbers)) return false;
    return !__builtin_add_overflow(numbers, sums + 2 * s->block_size, &s->scratch_size);
}

static na_status predict_all(shuffling *s, int n_threads)
{
    if (!measure(s)) return NA_OUT_OF_MEMORY;
    int team = threads_worth(work_of(s), n_threads);
    s->scratch = na_allocate(na_times((size_t)s->scratch_size, (size_t)team), sizeof(real));
    if (!s->scratch) return NA_OUT_OF_MEMORY;
    na_run_team(team, shuffle_job, s);
    na_release(s->scratch);
    return NA_OK;
}

static void take(na_arena *arena, shuffling *s)
{
    s->sources = na_arena_take(arena, (size_t)count_sources(s->net), sizeof *s->sources);
    s->starts = na_arena_take(arena, (size_t)s->of->n_sets + 2, sizeof *s->starts);
}

na_status NA_FN(na_predict_shuffled)(const na_network *handle, na_rows x, const na_shuffling *of, int64_t first,
                                     int64_t rows, int n_threads)
{
    const network *net = (const network *)handle;
    shuffling s = {.net = net, .table = kernels, .x = x, .of = of, .first = first, .rows = rows};
    s.kind = NA_FN(na_kind_of)(net, x);
    na_arena arena = {0};
    take(&arena, &s);
    if (!na_arena_allocate(&arena)) return NA_OUT_OF_MEMORY;
    take(&arena, &s);
    sort_sources(&s);
    na_status status = predict_all(&s, n_threads);
    na_release(arena.memory);
    return status;
}
