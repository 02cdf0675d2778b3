/* kernels.c: measures each kernel alone and this core's multiply-add peak in the same run, and prints a Markdown table
 * for docs/kernels.md. Built with the C tests, once per instruction set and dtype:
 * build/c/bench_kernels_<isa>_f<bits>. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "../csrc/kernels/kernels.c"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../csrc/simd/fp_state.h"

enum { ROUNDS = 9, BLOCKS = 8, ROWS = BLOCKS * NA_LANES, MOST = 1024, CHAINS = 12, PEAK_REPEATS = 1000 };
static const double PEAK_OPERATIONS = CHAINS * VEC_LANES * PEAK_REPEATS;

typedef struct {
    int64_t n_in, units, repeats;
    real *x, *z, *dz, *weights, *gradients, *moments[2], *slopes, *rows;
    uint32_t *order;
} work;

typedef void measured(const work *w);

/* ---- kernels --------------------------------------------------------------------------------- */

static void run_forward(const work *w)
{
    TABLE.forward(w->n_in, w->units, BLOCKS, w->x, w->weights, w->slopes, NULL, w->z);
}

static void run_forward_row(const work *w) { TABLE.forward_row(w->n_in, w->units, w->x, w->weights, w->slopes, w->z); }

static void run_backward_data(const work *w)
{
    TABLE.backward_data(w->n_in, w->units, BLOCKS, w->z, w->weights, NULL, NULL, w->x);
}

static void run_backward_weights(const work *w)
{
    TABLE.backward_weights(w->n_in, w->units, ROWS, w->x, w->dz, ROWS * NA_LANES, false, w->gradients, NULL);
}

static void run_gather(const work *w)
{
    for (int64_t b = 0; b < BLOCKS; b++)
        TABLE.gather(w->n_in, NA_LANES, w->rows, w->order + b * NA_LANES, w->x + b * w->n_in * NA_LANES);
}

static void run_transpose(const work *w)
{
    for (int64_t b = 0; b < BLOCKS; b++)
        TABLE.transpose(w->units, w->z + b * w->units * NA_LANES, ROWS * NA_LANES, w->dz + b * NA_LANES * NA_LANES);
}

/* One group of rows per call: a lane adds up only a few rows. */
static void run_measure(const work *w)
{
    real lanes[NA_N_MEASURES * NA_LANES];
    for (int64_t j = 0; j < w->units; j++)
        TABLE.measure(ROWS, w->z + j * NA_LANES, w->units * NA_LANES, 0, 0, 1, lanes);
}

static void activate_all(const work *w, int activation)
{
    static const real unbounded = (real)INFINITY;
    const struct na_neurons neurons = {&unbounded, 0, NULL};
    for (int64_t b = 0; b < BLOCKS; b++) {
        int64_t at = b * w->units * NA_LANES;
        TABLE.activate[activation](w->units, w->z + at, &neurons, w->x + at, w->slopes + at, NULL);
    }
}

static void run_relu(const work *w) { activate_all(w, NA_ACTIVATION_relu); }
static void run_tanh(const work *w) { activate_all(w, NA_ACTIVATION_tanh); }
static void run_sigmoid(const work *w) { activate_all(w, NA_ACTIVATION_sigmoid); }

static void run_adam(const work *w)
{
    const struct na_step step = {.learning_rate = (real)1e-3,
                                 .beta_1 = (real)0.9,
                                 .beta_2 = (real)0.999,
                                 .rest_1 = (real)0.1,
                                 .rest_2 = (real)0.001,
                                 .epsilon = (real)1e-8,
                                 .scale = 1,
                                 .keep = 1};
    TABLE.update[NA_OPTIMIZER_adam](w->n_in * w->units, &step, w->gradients, w->weights, w->moments[0], w->moments[1]);
}

/* The peak: multiply-adds from registers alone. */
static void run_peak(const work *w)
{
    vec sums[CHAINS], factor = vec_set1(w->x[0]), addend = vec_set1(w->x[1]);
    for (int c = 0; c < CHAINS; c++) sums[c] = addend;
    for (int64_t n = 0; n < PEAK_REPEATS; n++)
        for (int c = 0; c < CHAINS; c++) sums[c] = vec_keep(vec_fma(sums[c], factor, addend));
    for (int c = 0; c < CHAINS; c++) vec_store(w->z + c * VEC_LANES, sums[c]);
}

/* ---- measuring ------------------------------------------------------------------------------- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Returns the seconds of so many calls. */
static double sample(measured *run, const work *w, int64_t calls)
{
    double start = now();
    for (int64_t c = 0; c < calls; c++) run(w);
    return now() - start;
}

static int64_t calls_of(measured *run, const work *w)
{
    int64_t calls = 1;
    while (fmin(sample(run, w, calls), sample(run, w, calls)) < 2e-3) calls *= 2; /* twice: one may be interrupted */
    return calls;
}

/* Measures the least seconds per call of both, in turns: an interruption only adds time. */
static void measure(measured *run, const work *w, double *taken, double *peak_taken)
{
    int64_t calls = calls_of(run, w), peak_calls = calls_of(run_peak, w);
    *taken = *peak_taken = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        *taken = fmin(*taken, sample(run, w, calls) / (double)calls);
        *peak_taken = fmin(*peak_taken, sample(run_peak, w, peak_calls) / (double)peak_calls);
    }
}

static real *numbers(int64_t count)
{
    real *made = aligned_alloc(64, (size_t)(count + NA_LANES) * sizeof *made / 64 * 64);
    if (!made) exit(1);
    for (int64_t i = 0; i < count; i++) made[i] = (real)(i * 7919 % 1000) / 1000 - (real)0.5;
    return made;
}

static work make_work(void)
{
    enum { SQUARE = MOST * MOST, LINES = MOST * ROWS };
    work w = {.x = numbers(LINES),
              .z = numbers(LINES),
              .dz = numbers(LINES),
              .weights = numbers(SQUARE),
              .gradients = numbers(SQUARE),
              .moments = {numbers(SQUARE), numbers(SQUARE)},
              .slopes = numbers(LINES),
              .rows = numbers(LINES),
              .order = malloc(ROWS * sizeof *w.order)};
    if (!w.order) exit(1);
    for (int64_t i = 0; i < SQUARE; i++) w.moments[1][i] = w.moments[1][i] * w.moments[1][i];
    for (uint32_t i = 0; i < ROWS; i++) w.order[i] = i * 77 % ROWS;
    return w;
}

typedef struct {
    const char *name;
    measured *run;
    int64_t n_in, units;
    double operations; /* multiply-adds per call, or elements if the kernel has none */
    bool product;
} line_of_table;

static void show(const line_of_table *l, work *w)
{
    double taken, peak_taken;
    w->n_in = l->n_in, w->units = l->units;
    measure(l->run, w, &taken, &peak_taken);
    double each = taken / l->operations, multiply_add = peak_taken / PEAK_OPERATIONS;
    printf("| %s | %d × %d | ", l->name, (int)l->n_in, (int)l->units);
    if (l->product)
        printf("%.1f | %.0f %% | | |\n", 2e-9 / each, 100 * multiply_add / each);
    else
        printf("| | %.3f | %.1f |\n", 1e9 * each, each / multiply_add);
}

int main(void)
{
    static const int64_t shapes[][2] = {{20, 100}, {64, 64}, {97, 45}, {784, 256}, {512, 512}, {1024, 1024}, {100, 2}};
    work w = make_work();
    na_fp_state state = na_fp_enter();
    printf("| kernel | inputs × outputs | GFLOP/s | of peak | ns per element | worth multiply-adds "
           "|\n");
    printf("|---|---|---:|---:|---:|---:|\n");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        int64_t n_in = shapes[i][0], units = shapes[i][1];
        double weights = (double)(n_in * units), lines = (double)(n_in * ROWS), outputs = (double)(units * ROWS);
        const line_of_table table[] = {
            {"forward", run_forward, n_in, units, weights * ROWS, true},
            {"backward_data", run_backward_data, n_in, units, weights * ROWS, true},
            {"backward_weights", run_backward_weights, n_in, units, weights * ROWS, true},
            {"forward_row", run_forward_row, n_in, units, weights, true},
            {"gather", run_gather, n_in, units, lines, false},
            {"transpose", run_transpose, n_in, units, outputs, false},
            {"measure", run_measure, n_in, units, outputs, false},
            {"relu", run_relu, n_in, units, outputs, false},
            {"sigmoid", run_sigmoid, n_in, units, outputs, false},
            {"tanh", run_tanh, n_in, units, outputs, false},
            {"adam", run_adam, n_in, units, weights, false},
        };
        for (size_t k = 0; k < sizeof table / sizeof *table; k++) show(&table[k], &w);
    }
    na_fp_leave(state);
    return 0;
}
