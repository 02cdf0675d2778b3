/* test_interrupts_tmpl.c: runs that the caller interrupts, or whose loss fails, at every point where either is
 * asked: the run does nothing more, and once it is undone the network trains as if there had been no run. The clock
 * is ours, and finds the next question due on each read. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_reals.h"

#include <fenv.h>
#include <stdlib.h>

#include "neuract.h"

/* Enough work for questions: 1e8 multiply-adds per chunk of 1024 rows. Two chunks per batch, with few groups and
 * panels. */
enum { ROWS = 1500, BATCHES = 2, N_IN = 1020, HIDDEN = 33, N_OUT = 2, CHUNK = 1024, THREADS = 3 };
enum { N_PARAMETERS = N_IN * HIDDEN + HIDDEN + HIDDEN * N_OUT + N_OUT };
static const na_dtype dtype = NA_REAL_BITS == 32 ? NA_FLOAT32 : NA_FLOAT64;

typedef struct {
    bool sparse, own_loss, clips;
    int n_threads;
} way;

/* The caller: the questions it gets, and the one at which it ends the run. */
static struct {
    int asked, ends_at;       /* ends_at 0: never */
    int loss_asked, fails_at; /* the same for its loss */
    int64_t looks;            /* reads of the clock when it ended the run */
    const char *thread;
} caller;

static _Thread_local char here; /* has another address in each thread */

/* fegetround would report x87's rounding only. */
static void be_asked(const char *what)
{
    volatile real one = 1;
    if (one + REAL_MIN == 1) case_fail(what, 0, 0, 1);
    if (caller.thread != &here) case_fail("asked in the caller's thread", 0, 0, 1);
}

static bool interrupted(void *context)
{
    be_asked("the caller rounds upward, asked whether to end");
    if (++caller.asked == caller.ends_at) caller.looks = count_looks();
    return caller.asked == caller.ends_at;
}

static bool squared_error(void *context, int64_t rows, const void *outputs, const void *targets, void *losses,
                          void *gradients)
{
    const real *y = outputs, *t = targets;
    be_asked("the caller rounds upward, asked for the loss");
    memset(losses, 0, (size_t)rows * sizeof(real));
    for (int64_t i = 0; i < rows * N_OUT; i++) ((real *)gradients)[i] = y[i] - t[i];
    if (++caller.loss_asked == caller.fails_at) caller.looks = count_looks();
    return caller.loss_asked != caller.fails_at;
}

static void be_ready(int ends_at, int fails_at)
{
    caller.asked = caller.loss_asked = 0;
    caller.ends_at = ends_at, caller.fails_at = fails_at;
    caller.thread = &here;
}

static void expect_equal(const char *what, int64_t got, int64_t wanted)
{
    if (got != wanted) case_fail(what, 0, (double)got, (double)wanted);
}

/* ---- the network and its data ---------------------------------------------------------------- */

static struct {
    real x[ROWS * N_IN], targets[ROWS * N_OUT], weights[N_IN * HIDDEN];
    int32_t columns[ROWS * N_IN];
    int64_t starts[ROWS + 1];
    uint32_t order[ROWS * BATCHES];
} given;

/* Sparse rows that store all numbers, for the same bits. */
static void draw_given(void)
{
    for (int64_t i = 0; i < ROWS * N_IN; i++) given.x[i] = plain(), given.columns[i] = (int32_t)(i % N_IN);
    for (int64_t r = 0; r <= ROWS; r++) given.starts[r] = r * N_IN;
    filled(given.targets, ROWS * N_OUT, PLAIN);
    for (int64_t i = 0; i < N_IN * HIDDEN; i++) given.weights[i] = plain() / 16;
    for (int64_t i = 0; i < ROWS * BATCHES; i++) given.order[i] = (uint32_t)(i * 7 % ROWS);
}

static na_data data_of(const way *w)
{
    na_rows x = {given.x, w->sparse ? given.columns : NULL, w->sparse ? given.starts : NULL};
    return (na_data){ROWS, x, given.targets, NULL};
}

static na_network *make_network(void)
{
    const na_layer layers[] = {{HIDDEN, na_activation_named("tanh"), .parameter = 0},
                               {N_OUT, na_activation_named("linear"), .parameter = 1}};
    na_network *network;
    if (na_network_create(dtype, N_IN, NULL, 0, layers, 2, &network) != NA_OK) abort();
    for (int l = 0; l < 2; l++) na_network_set(network, l, NA_WEIGHTS, given.weights);
    return network;
}

static na_trainer *make_trainer(na_network *network, const way *w)
{
    static const double parameter = 0;
    const na_training training = {.loss = na_loss_named(w->own_loss ? "own" : "squared_error"),
                                  .own_loss = squared_error,
                                  .loss_parameters = &parameter,
                                  .n_loss_parameters = 1,
                                  ADAM,
                                  .max_grad_norm = w->clips ? 0.1 : 0,
                                  .batch_size = ROWS,
                                  .n_threads = w->n_threads,
                                  .interrupted = interrupted};
    const na_data data = data_of(w);
    na_trainer *trainer;
    if (na_trainer_create(network, &training, &trainer) != NA_OK) abort();
    if (na_trainer_reserve(trainer, &data) != NA_OK) abort();
    return trainer;
}

/* All numbers of the network, or if the trainer is not NULL, of one of its arrays. */
static void read_all(const na_network *network, const na_trainer *trainer, na_array array, real *out)
{
    const int64_t sizes[] = {N_IN * HIDDEN, HIDDEN, HIDDEN * N_OUT, N_OUT};
    for (int i = 0; i < 4; out += sizes[i++])
        if (trainer)
            na_trainer_get(trainer, array, i / 2, (na_part)(i % 2), out);
        else
            na_network_get(network, i / 2, (na_part)(i % 2), out);
}

/* ---- runs ------------------------------------------------------------------------------------ */

/* A run over `batches` batches, with a caller that rounds upward; ends_at, fails_at: as in `caller`. */
static na_progress run(na_trainer *trainer, const way *w, int batches, int ends_at, int fails_at)
{
    const na_data data = data_of(w);
    na_progress progress = {0};
    be_ready(ends_at, fails_at);
    fesetround(FE_UPWARD);
    na_trainer_run(trainer, &data, given.order, ROWS * batches, 0.01, 1e9, &progress);
    fesetround(FE_TONEAREST);
    return progress;
}

/* The setting of runs that end early: `before` are the parameters at their start, `wanted` those after one batch. */
static struct {
    na_network *network;
    na_trainer *trainer;
    real before[N_PARAMETERS], wanted[N_PARAMETERS], now[N_PARAMETERS];
} state;

static void begin(const way *w)
{
    state.network = make_network();
    state.trainer = make_trainer(state.network, w);
    read_all(state.network, NULL, NA_GRADIENTS, state.before);
    na_progress progress = run(state.trainer, w, 1, 0, 0);
    expect_equal("rows of a run that nobody ends", progress.rows, ROWS);
    read_all(state.network, NULL, NA_GRADIENTS, state.wanted);
}

static void end(void)
{
    na_trainer_free(state.trainer);
    na_network_free(state.network);
}

static void expect_parameters(const char *what, const real *wanted)
{
    read_all(state.network, NULL, NA_GRADIENTS, state.now);
    expect_same(what, N_PARAMETERS, state.now, wanted);
}

/* Parameters must be as before the run, and the optimizer must start anew. */
static void undo(void)
{
    na_trainer_undo(state.trainer);
    expect_parameters("parameters after an undone run", state.before);
    for (int array = NA_FIRST_MOMENTS; array <= NA_SECOND_MOMENTS; array++) {
        read_all(NULL, state.trainer, (na_array)array, state.now);
        for (int64_t i = 0; i < N_PARAMETERS; i++)
            if (state.now[i] != 0) case_fail("moment after an undone run", i, (double)state.now[i], 0);
    }
    expect_equal("steps after an undone run", na_trainer_steps(state.trainer), 0);
}

/* An ended run must leave nothing behind. */
static void expect_undone(const way *w)
{
    undo();
    run(state.trainer, w, 1, 0, 0);
    expect_parameters("parameters of a run after an undone one", state.wanted);
    undo();
}

/* ---- the tests ------------------------------------------------------------------------------- */

/* Each piece of work is followed by a read of the clock. So is the answer to the question, and the end of the run. */
static void expect_no_work(void)
{
    int64_t looks = count_looks() - caller.looks;
    if (looks > 2) case_fail("looks at the clock after the run was to end", 0, (double)looks, 2);
}

/* A run that ends in its first chunk must not make a step; where steps wait for the whole gradient, in its first
 * batch. */
static void expect_no_step(const way *w, na_progress progress)
{
    if (progress.rows <= (w->clips ? ROWS : CHUNK)) expect_parameters("parameters after an ended run", state.before);
}

/* Ends the run at the n-th question. Returns whether there was one. */
static bool test_interrupted(const way *w, int n)
{
    CASE("interrupts", "sparse %d own %d clips %d threads %d question %d", w->sparse, w->own_loss, w->clips,
         w->n_threads, n);
    na_progress progress = run(state.trainer, w, BATCHES, n, 0);
    bool ended = caller.asked >= n;
    if (n == 1 && w->n_threads == 1 && !ended) case_fail("questions", 0, 0, 1);
    if (ended) {
        expect_equal("questions, none after the run was to end", caller.asked, n);
        expect_no_work();
        expect_no_step(w, progress);
    } else {
        expect_equal("rows of a run that nobody ended", progress.rows, ROWS * BATCHES);
    }
    expect_undone(w);
    case_end();
    return ended;
}

/* The caller's loss fails at its n-th call; the caller never interrupts. */
static void test_failing_loss(const way *w, int n)
{
    CASE("interrupts", "clips %d loss fails %d", w->clips, n);
    na_progress progress = run(state.trainer, w, BATCHES, 0, n);
    expect_equal("losses, none after one that failed", caller.loss_asked, n);
    expect_no_work();
    expect_no_step(w, progress);
    expect_undone(w);
    case_end();
}

/* Gradients and losses end in the same way. */
static void test_measuring(const way *w, bool backward)
{
    CASE("interrupts", "measuring, threads %d backward %d", w->n_threads, backward);
    const na_data data = data_of(w);
    na_progress progress = {0};
    be_ready(1, 0);
    fesetround(FE_UPWARD);
    (backward ? na_trainer_gradients : na_trainer_loss)(state.trainer, &data, 1e9, &progress);
    fesetround(FE_TONEAREST);
    if (caller.asked > 0) {
        expect_equal("questions, none after the measuring was to end", caller.asked, 1);
        expect_no_work();
    }
    expect_parameters("parameters after measuring", state.before);
    case_end();
}

/* With one thread, tests every question; with more threads, where the caller gets fewer questions, only some. */
static void test_way(const way *w)
{
    CASE("interrupts", "sparse %d own %d clips %d threads %d", w->sparse, w->own_loss, w->clips, w->n_threads);
    begin(w);
    undo();
    case_end();
    int step = thinned ? 17 : w->n_threads;
    for (int n = 1; test_interrupted(w, n); n += step) continue;
    for (int n = 1; n <= 2 * BATCHES && w->own_loss; n += thinned ? 3 : 1) test_failing_loss(w, n);
    test_measuring(w, false);
    test_measuring(w, true);
    end();
}

void NA_FN(test_interrupts)(void)
{
    static const way ways[] = {{.n_threads = 1},
                               {.n_threads = 2, .clips = true},
                               {.n_threads = THREADS, .sparse = true},
                               {.n_threads = 1, .own_loss = true, .clips = true}};
    if (!calls_are_wrapped) return;
    rush_clock(true);
    CASE("interrupts", "data");
    draw_given();
    case_end();
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) test_way(&ways[i]);
    rush_clock(false);
}
