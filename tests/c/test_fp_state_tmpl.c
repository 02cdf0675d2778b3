/* test_fp_state_tmpl.c: a caller with an unusual floating-point state, including exceptions that trap: the core
 * preserves it, and no result depends on it. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_reals.h"

#include <fenv.h>
#include <stdlib.h>

#include "neuract.h"

enum { ROWS = 90, N_IN = 30, HIDDEN = 160, N_OUT = 3, BATCH = 64, THREADS = 2, EPOCHS = 2, N = 40 };
static const na_dtype dtype = NA_REAL_BITS == 32 ? NA_FLOAT32 : NA_FLOAT64;

/* The results of one round of calls. */
typedef struct {
    real y[ROWS * N_OUT], row[N_OUT], hidden[ROWS * HIDDEN], weights[N_IN * HIDDEN], gradients[N_IN * HIDDEN];
    real activated[N], softmax[N], copied[2 * N_IN * HIDDEN], of_other[ROWS * N_OUT];
    real values[ROWS * N_OUT], by_inputs[ROWS * N_IN * N_OUT], loss_by_inputs[ROWS * N_IN];
    double loss;
    na_activity activities[N_IN + HIDDEN + N_OUT];
} results;

/* ---- the caller's state ---------------------------------------------------------------------- */

/* Enables traps where the system can. */
static void let_trap(int exceptions)
{
#ifdef __GLIBC__
    feenableexcept(exceptions);
#endif
}

static int trapping(void)
{
#ifdef __GLIBC__
    return fegetexcept();
#else
    return 0;
#endif
}

/* The whole state of SSE. glibc's functions do not give it: they read x87's. */
static unsigned sse(void)
{
#ifdef __SSE__
    return __builtin_ia32_stmxcsr();
#else
    return 0;
#endif
}

/* Round to nearest, no traps, no flags. mingw-w64's FE_DFL_ENV does not clear the flags. */
static void usual_state(void)
{
    fesetenv(FE_DFL_ENV);
    feclearexcept(FE_ALL_EXCEPT);
}

static struct {
    int exceptions, rounding;
    unsigned sse;
} callers;

static void be_caller(int exceptions, int rounding)
{
    usual_state();
    let_trap(exceptions);
    fesetround(rounding);
    callers.exceptions = trapping(), callers.rounding = rounding, callers.sse = sse();
}

static void expect_callers_state(const char *after)
{
    int trap = trapping(), round = fegetround(), raised = fetestexcept(FE_ALL_EXCEPT);
    unsigned of_sse = sse();
    usual_state();
    if (trap != callers.exceptions) case_fail(after, 0, trap, callers.exceptions);
    if (round != callers.rounding) case_fail(after, 1, round, callers.rounding);
    if (raised != 0) case_fail(after, 2, raised, 0);
    if (of_sse != callers.sse) case_fail(after, 3, of_sse, callers.sse);
    be_caller(callers.exceptions, callers.rounding);
}

/* ---- the calls ------------------------------------------------------------------------------- */

#define CALL(...) (__VA_ARGS__, expect_callers_state(#__VA_ARGS__))

static bool squared_error(void *context, int64_t rows, const void *outputs, const void *targets, void *losses,
                          void *gradients)
{
    expect_callers_state("while the caller's loss is asked");
    memset(losses, 0, (size_t)rows * sizeof(real));
    memcpy(gradients, outputs, (size_t)rows * N_OUT * sizeof(real));
    return true;
}

static na_training training_of(bool own)
{
    static const double parameter = 0.1; /* not exact in a float */
    return (na_training){.loss = na_loss_named(own ? "own" : "squared_error"),
                         .own_loss = squared_error,
                         .loss_parameters = &parameter,
                         .n_loss_parameters = 1,
                         ADAM,
                         .alpha = 0.1,
                         .l1 = 0.1,
                         .max_grad_norm = 0.3,
                         .batch_size = BATCH,
                         .n_threads = THREADS};
}

static void train(na_network *net, const na_data *data, bool own, results *out)
{
    const na_training training = training_of(own);
    na_trainer *trainer;
    CALL(na_trainer_create(net, &training, &trainer));
    CALL(na_trainer_reserve(trainer, data));
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        na_progress progress = {0};
        while (progress.rows < ROWS) CALL(na_trainer_run(trainer, data, NULL, ROWS, 0.01, 0.05, &progress));
    }
    na_progress gradients = {0}, loss = {0};
    while (gradients.rows < ROWS) CALL(na_trainer_gradients(trainer, data, 0.05, &gradients));
    while (loss.rows < ROWS) CALL(na_trainer_loss(trainer, data, 0.05, &loss));
    na_progress by_inputs = {0};
    while (by_inputs.rows < ROWS)
        CALL(na_trainer_input_gradients(trainer, data, 0.05, &by_inputs, out->loss_by_inputs));
    CALL(na_trainer_get(trainer, NA_GRADIENTS, 0, NA_WEIGHTS, out->gradients));
    out->loss = loss.loss;
    CALL(na_trainer_free(trainer));
}

/* Two members, the second with the parameters of the first. */
static void train_members(const na_layer *layers, na_network *net, const na_data *data, bool own, results *out)
{
    static const double rates[] = {0.1, 0.7}, shares[] = {0.3, 1};
    const na_training training = training_of(own);
    na_network *other;
    na_member members[2];
    CALL(na_network_create(dtype, N_IN, NULL, 0, layers, 2, &other));
    CALL(na_network_copy_out(net, out->copied));
    CALL(na_network_copy_in(other, out->copied));
    for (int i = 0; i < 2; i++) {
        members[i] = (na_member){.n_order = ROWS, .learning_rate = 0.01};
        CALL(na_trainer_create(i ? other : net, &training, &members[i].trainer));
        CALL(na_trainer_reserve(members[i].trainer, data));
        CALL(na_trainer_follow(members[i].trainer, (na_schedule){rates, shares, 2}));
    }
    while (members[0].progress.rows < ROWS || members[1].progress.rows < ROWS)
        CALL(na_members_run(members, 2, data, 0, THREADS));
    const na_request requests[] = {{net, ROWS, data->x, out->y}, {other, ROWS, data->x, out->of_other}};
    CALL(na_networks_predict(requests, 2, THREADS));
    for (int i = 0; i < 2; i++) CALL(na_trainer_free(members[i].trainer));
    CALL(na_network_free(other));
}

static void ask(const na_network *net, na_rows x, results *out)
{
    void *outputs[] = {out->hidden, NULL};
    uint8_t *fired[] = {NULL, NULL};
    const double limits[] = {0.1, 0.9, -INFINITY, INFINITY};
    CALL(na_network_predict(net, ROWS, x, out->y, THREADS));
    CALL(na_network_predict(net, 1, x, out->row, 1));
    CALL(na_network_inspect(net, ROWS, x, outputs, fired, THREADS));
    CALL(na_network_diagnose(net, ROWS, x, limits, 0, out->activities, THREADS));
    static const int64_t places[N_IN] = {0};
    const na_path path = {x, places, 1, NULL, 1e-3, out->y, out->row};
    if (NA_REAL_BITS == 64) CALL(na_network_explain(net, ROWS, x, &path, out->values, THREADS));
    CALL(na_network_input_gradients(net, ROWS, x, out->by_inputs, THREADS));
}

static void call_all(const na_layer *layers, const real *weights, const na_data *data, const real *z, bool own,
                     results *out)
{
    na_network *net;
    CALL(na_network_create(dtype, N_IN, NULL, 0, layers, 2, &net));
    CALL(na_network_set(net, 0, NA_WEIGHTS, weights));
    CALL(na_network_set(net, 1, NA_WEIGHTS, weights));
    train(net, data, own, out);
    train_members(layers, net, data, own, out);
    ask(net, data->x, out);
    CALL(na_network_get(net, 0, NA_WEIGHTS, out->weights));
    CALL(na_network_free(net));
    CALL(na_activation_apply(dtype, na_activation_named("mish"), 0.1, false, N, z, out->activated));
    CALL(na_softmax_apply(dtype, 2, N / 2, z, out->softmax));
    CALL(na_all_finite(dtype, N, z));
}

/* ---- the test -------------------------------------------------------------------------------- */

/* Numbers of any size, so that sums are inexact and products underflow; none overflow, since then all results would
 * be alike. */
static void draw_data(real *x, real *targets, real *weights, real *z)
{
    for (int64_t i = 0; i < ROWS * N_IN; i++) x[i] = random_below(4) ? plain() : REAL_MIN / 2;
    for (int64_t i = 0; i < ROWS * N_OUT; i++) targets[i] = plain();
    for (int64_t i = 0; i < N_IN * HIDDEN; i++) weights[i] = random_below(4) ? plain() / 4 : REAL_MIN;
    for (int64_t i = 0; i < N; i++) z[i] = draw_z();
}

static void test_state(bool own, int exceptions, int rounding)
{
    static real x[ROWS * N_IN], targets[ROWS * N_OUT], weights[N_IN * HIDDEN], z[N];
    static results usual, got;
    static const double thresholds[HIDDEN] = {0.1, 0.7};
    CASE("fp_state", "own %d", own);
    draw_data(x, targets, weights, z);
    const na_layer layers[] = {
        {HIDDEN, na_activation_named("prelu"), .parameter = 0.1, .thresholds = thresholds, .dropout = 0.3},
        {N_OUT, na_activation_named("linear"), .parameter = 0.1}};
    const na_data data = {ROWS, {x, NULL, NULL}, targets, NULL};
    memset(&usual, 0, sizeof usual), memset(&got, 0, sizeof got);
    be_caller(0, FE_TONEAREST);
    call_all(layers, weights, &data, z, own, &usual);
    be_caller(exceptions, rounding);
    call_all(layers, weights, &data, z, own, &got);
    usual_state();
    if (memcmp(&usual, &got, sizeof got) != 0) case_fail("results that depend on the caller's state", 0, 1, 0);
    case_end();
}

void NA_FN(test_fp_state)(void)
{
    for (int own = 0; own < 2; own++) {
        test_state(own, 0, FE_UPWARD);
        test_state(own, 0, FE_TOWARDZERO);
        test_state(own, FE_ALL_EXCEPT, FE_TONEAREST);
        test_state(own, FE_ALL_EXCEPT, FE_DOWNWARD);
    }
}
