/* test_elementwise_tmpl.c: activations, optimizers and multiply against their formulas in wider arithmetic.
 *
 * Tolerances: for functions of vecmath.h those that it promises and test_vecmath.c measures (DESIGN.md, Numerics),
 * and 2 ULP more without FMA; for every other formula one unit of rounding per operation that rounds. A result that
 * is computed from an output is checked against that output, so that errors do not add up, and 1 − y needs no
 * allowance for cancellation. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_reals.h"

#include "simd/fp_state.h"

/* A product in long double is rounded twice: its error is slightly more than the half ULP of one rounding. */
static const double exact_ulps = 0.501;

static double if_f32(double f32, double f64) { return NA_REAL_BITS == 32 ? f32 : f64; }

/* ---- activations ----------------------------------------------------------------------------- */

static wide linear(wide z, wide a) { return a * z; }
static wide linear_slope(wide z, wide a) { return isnan(z) ? z : a; }

static wide sigmoid_slope_of_y(wide y) { return y * (1 - y); }

static wide hyperbolic(wide z, wide a) { return (void)a, WIDE(tanh)(z); }
static wide hyperbolic_slope_of_y(wide y) { return (1 - y) * (1 + y); }

static wide relu(wide z, wide a) { return isnan(z) || z == 0 ? z : z < 0 ? 0 : z < a ? z : a; }
static wide relu_slope(wide z, wide a) { return between(0, z, a); }

static wide leaky_relu(wide z, wide a) { return z > 0 ? z : a * z; }
static wide leaky_relu_slope(wide z, wide a) { return isnan(z) ? z : z > 0 ? 1 : a; }

static wide exponential(wide z, wide a) { return (void)a, WIDE(exp)(z); }
static wide itself(wide y) { return y; }

/* The slope by z, or by y for activations that compute it from y; tolerance slope_ulps of slope_size where its terms
 * cancel. */
typedef struct {
    const real *parameters; /* four sensible ones */
    wide (*value)(wide z, wide a);
    wide (*slope)(wide z, wide a);
    wide (*slope_of_y)(wide y);
    wide (*slope_size)(wide z, wide a);
    double ulps_f32, ulps_f64, slope_ulps;
} activation;

static const real any_slope[] = {1, (real)-2.5, (real)0.01, 0}, bounds[] = {(real)INFINITY, 1, 6, (real)0.1};
static const real powers_of_2[] = {1, 0.5, 0.25, 0.125}, positive[] = {4, 1, (real)0.01, (real)1e20};
static const real widths[] = {0.5, 0, 1, 6};

/* clang-format off */
static const activation activations[NA_N_ACTIVATIONS] = {
#define ROW(name) [NA_ACTIVATION_##name]
    ROW(linear) = {any_slope, linear, .slope = linear_slope},
    ROW(sigmoid) = {any_slope, sigmoid, .slope_of_y = sigmoid_slope_of_y, .ulps_f32 = 2.25, .ulps_f64 = 2, .slope_ulps = 2},
    ROW(tanh) = {any_slope, hyperbolic, .slope_of_y = hyperbolic_slope_of_y, .ulps_f32 = 1.25, .ulps_f64 = 1.5, .slope_ulps = 3},
    ROW(relu) = {bounds, relu, .slope = relu_slope},
    ROW(leaky_relu) = {any_slope, leaky_relu, .slope = leaky_relu_slope},
    ROW(prelu) = {any_slope, leaky_relu, .slope = leaky_relu_slope},
    ROW(exponential) = {any_slope, exponential, .slope_of_y = itself, .ulps_f32 = 1, .ulps_f64 = 1.25},
    ROW(elu) = {any_slope, elu, elu_slope, .ulps_f32 = 2, .ulps_f64 = 2, .slope_ulps = 2},
    ROW(selu) = {any_slope, selu, selu_slope, .ulps_f32 = 2.5, .ulps_f64 = 2.5, .slope_ulps = 2.5},
    ROW(celu) = {powers_of_2, celu, celu_slope, .ulps_f32 = 2, .ulps_f64 = 2, .slope_ulps = 2},
    ROW(gelu) = {any_slope, gelu, gelu_slope, .slope_size = gelu_size, .ulps_f32 = 4, .ulps_f64 = 4, .slope_ulps = 4.5},
    ROW(gelu_tanh) = {any_slope, gelu_tanh, gelu_tanh_slope, .slope_size = gelu_tanh_size, .ulps_f32 = 4, .ulps_f64 = 4, .slope_ulps = 6},
    ROW(silu) = {any_slope, silu, silu_slope, .slope_size = silu_size, .ulps_f32 = 4, .ulps_f64 = 4, .slope_ulps = 5},
    ROW(mish) = {any_slope, mish, mish_slope, .slope_size = mish_size, .ulps_f32 = 4, .ulps_f64 = 4, .slope_ulps = 5},
    ROW(softplus) = {any_slope, softplus, sigmoid, .ulps_f32 = 2.5, .ulps_f64 = 2.5, .slope_ulps = 2.25},
    ROW(log_sigmoid) = {any_slope, log_sigmoid, log_sigmoid_slope, .ulps_f32 = 2.5, .ulps_f64 = 2.5, .slope_ulps = 2.25},
    ROW(softsign) = {any_slope, softsign, softsign_slope, .ulps_f32 = 2, .ulps_f64 = 2, .slope_ulps = 4},
    ROW(squareplus) = {positive, squareplus, squareplus_slope, .ulps_f32 = 3, .ulps_f64 = 3, .slope_ulps = 4},
    ROW(tanh_shrink) = {any_slope, tanh_shrink, tanh_shrink_slope, .ulps_f32 = 4, .ulps_f64 = 4, .slope_ulps = 4},
    ROW(sin) = {any_slope, sine, sine_slope, .ulps_f32 = 2.5, .ulps_f64 = 2.5, .slope_ulps = 2.5},
    ROW(hard_sigmoid) = {any_slope, hard_sigmoid, hard_sigmoid_slope, .ulps_f32 = 2, .ulps_f64 = 2},
    ROW(hard_swish) = {any_slope, hard_swish, hard_swish_slope, .ulps_f32 = 3, .ulps_f64 = 3, .slope_ulps = 2},
    ROW(hard_tanh) = {any_slope, hard_tanh, .slope = hard_tanh_slope},
    ROW(hard_shrink) = {widths, hard_shrink, .slope = shrink_slope},
    ROW(soft_shrink) = {widths, soft_shrink, .slope = shrink_slope},
#undef ROW
};
/* clang-format on */

#define NA_NAME(name) [NA_ACTIVATION_##name] = "activate." #name,
static const char *const activation_names[] = {NA_ACTIVATIONS(NA_NAME)};
#undef NA_NAME
#define NA_NAME(name) [NA_ACTIVATION_##name] = "activate_row." #name,
static const char *const activation_row_names[] = {NA_ACTIVATIONS(NA_NAME)};
#undef NA_NAME

static real *input_z(int slot, int64_t n)
{
    real *z = output(slot, n);
    for (int64_t i = 0; i < n; i++) z[i] = draw_z();
    return z;
}

/* Slots: z 0, parameters 1, thresholds 2; y 3, slopes 4, parameter_slopes 5 without thresholds, 6, 7, 8 with them. */
typedef struct {
    int id;
    int64_t units, n;
    const real *z;
    real *y, *slopes, *parameter_slopes;
    struct na_neurons neurons;
} activity;

static wide parameter_of(const activity *a, int64_t i)
{
    return (wide)a->neurons.parameters[a->neurons.stride ? i / NA_LANES : 0];
}

/* Compares with the formulas, without thresholds. */
static void check_formulas(activity *a)
{
    const activation *f = &activations[a->id];
    const double near = if_f32(f->ulps_f32, f->ulps_f64);
    const double unfused = test_fused ? 0 : 2, limit = near > 0 ? near + unfused : exact_ulps;
    const double slope_limit = f->slope_ulps > 0 ? f->slope_ulps + unfused : exact_ulps;
    table->activate[a->id](a->units, a->z, &a->neurons, a->y, a->slopes, a->parameter_slopes);
    for (int64_t i = 0; i < a->n; i++) {
        const wide z = widened(a->z[i]), parameter = parameter_of(a, i);
        const wide slope = f->slope ? f->slope(z, parameter) : f->slope_of_y(widened(a->y[i]));
        const wide size = f->slope_size ? f->slope_size(z, parameter) : magnitude(slope);
        expect_ulps("y", i, a->y[i], f->value(z, parameter), limit);
        expect_ulps_of("slopes", i, a->slopes[i], slope, slope_limit, size);
        expect_ulps("parameter_slopes", i, a->parameter_slopes[i], z > 0 ? 0 : z, 0);
    }
    expect_guarded("y", 3, a->n, a->y);
    expect_guarded("slopes", 4, a->n, a->slopes);
    expect_guarded("parameter_slopes", 5, a->n, a->parameter_slopes);
    hash_reals(a->n, a->y);
    hash_reals(a->n, a->slopes);
    hash_reals(a->n, a->parameter_slopes);
}

/* In turn: a number of one of the rows, so that it just fires; one that no row reaches; NaN, which no number is
 * below; any number. */
static const real *draw_thresholds(const activity *a)
{
    real *thresholds = output(2, a->units);
    for (int64_t j = 0; j < a->units; j++) {
        const real choice[] = {a->y[j * NA_LANES + 3], (real)INFINITY, (real)NAN, plain()};
        thresholds[j] = choice[(j + a->units) % 4];
    }
    return thresholds;
}

/* With thresholds every output is the one without, or 0. Turns a's own arrays into the expected ones. */
static void check_thresholds(activity *a)
{
    real *y = output(6, a->n), *slopes = output(7, a->n), *parameter_slopes = output(8, a->n);
    table->activate[a->id](a->units, a->z, &a->neurons, y, slopes, parameter_slopes);
    for (int64_t i = 0; i < a->n; i++)
        if (a->y[i] < a->neurons.thresholds[i / NA_LANES]) a->y[i] = a->slopes[i] = a->parameter_slopes[i] = 0;
    expect_output("y past thresholds", 6, a->n, y, a->y);
    expect_output("slopes past thresholds", 7, a->n, slopes, a->slopes);
    expect_output("parameter_slopes past thresholds", 8, a->n, parameter_slopes, a->parameter_slopes);
}

/* y must not depend on the other outputs, nor on whether y is z. */
static void check_in_place(const activity *a)
{
    real *y = copy(6, a->n, a->z);
    table->activate[a->id](a->units, y, &a->neurons, y, NULL, NULL);
    expect_same("y in place", a->n, y, a->y);
    expect_guarded("y in place", 6, a->n, y);
    table->activate[a->id](a->units, a->z, &a->neurons, y, NULL, copy(7, a->n, a->z));
    expect_same("y beside parameter_slopes", a->n, y, a->y);
}

/* Lanes of the block as single rows must give the same bits. Both arrays end with their last line. */
static void check_rows(const activity *a)
{
    CASE(activation_row_names[a->id], "units %d stride %d thresholds %d", (int)a->units, (int)a->neurons.stride,
         a->neurons.thresholds != NULL);
    int64_t padded = (a->units + NA_LANES - 1) / NA_LANES * NA_LANES;
    for (int64_t lane = 0; lane < NA_LANES; lane++) {
        real *z = output(6, a->units), *y = output(7, a->units), *wanted = output(8, a->units);
        for (int64_t j = 0; j < a->units; j++) z[j] = a->z[j * NA_LANES + lane], wanted[j] = a->y[j * NA_LANES + lane];
        table->activate_row[a->id](a->units, z, &a->neurons, y);
        expect_same("y", a->units, y, wanted);
        expect_guarded("y", 7, padded, y);
        hash_reals(a->units, y);
        table->activate_row[a->id](a->units, z, &a->neurons, z);
        expect_same("y in place", a->units, z, wanted);
    }
    case_end();
}

static void test_activation(int id, int64_t units, size_t stride)
{
    CASE(activation_names[id], "units %d stride %d", (int)units, (int)stride);
    activity a = {.id = id, .units = units, .n = units * NA_LANES, .z = input_z(0, units * NA_LANES)};
    a.y = output(3, a.n), a.slopes = output(4, a.n), a.parameter_slopes = output(5, a.n);
    int64_t n_parameters = stride ? units : 1;
    real *parameters = output(1, n_parameters);
    for (int64_t j = 0; j < n_parameters; j++) parameters[j] = activations[id].parameters[(units + j) % 4];
    a.neurons = (struct na_neurons){.parameters = parameters, .stride = stride};
    check_formulas(&a);
    check_in_place(&a);
    case_end();
    check_rows(&a);

    CASE(activation_names[id], "units %d stride %d thresholds", (int)units, (int)stride);
    a.neurons.thresholds = draw_thresholds(&a);
    check_thresholds(&a);
    check_in_place(&a);
    case_end();
    check_rows(&a);
}

static void miss_activation(int id)
{
    CASE(activation_names[id], "its row in the list of formulas");
    case_fail("formulas", 0, 0, 1);
    case_end();
}

static void test_activations(void)
{
    for (int id = 0; id < NA_N_ACTIVATIONS; id++)
        for (int u = 0; u < N_UNIT_COUNTS; u++)
            for (size_t stride = 0; stride < 2; stride++)
                if (activations[id].value)
                    test_activation(id, unit_counts[u], stride);
                else
                    miss_activation(id);
}

/* ---- optimizers ------------------------------------------------------------------------------ */

typedef struct {
    real w, g, m, v;
} parameter;

typedef struct na_step step_numbers;

/* The gradient with scale and penalty, and the magnitudes in it. */
static wide full_gradient(const step_numbers *s, parameter p, wide *size)
{
    wide data = widened(p.g) * (wide)s->scale, penalty = (wide)s->penalty * widened(p.w);
    *size = magnitude(data) + magnitude(penalty);
    return data + penalty;
}

/* 8 roundings: three in the gradient, three in the velocity, two in the step. */
static void check_sgd(const step_numbers *s, int64_t i, parameter p, parameter now)
{
    wide size, descent = (wide)s->learning_rate * full_gradient(s, p, &size), pull = (wide)s->momentum * widened(p.m);
    size *= (wide)s->learning_rate;
    expect_near("first_moments", i, now.m, pull - descent, 8, magnitude(pull) + size);
    wide velocity = widened(now.m), ahead = (wide)s->momentum * velocity;
    wide change = s->nesterov ? ahead - descent : velocity;
    size = magnitude(widened(p.w)) + (s->nesterov ? magnitude(ahead) + size : magnitude(velocity));
    expect_near("parameters", i, now.w, widened(p.w) + change, 8, size);
    if (!same(now.v, p.v)) case_fail("second_moments", i, (double)now.v, (double)p.v);
}

/* g² doubles the error of g. The parameter is checked with the moments as computed. */
static void check_adam(const step_numbers *s, int64_t i, parameter p, parameter now)
{
    wide size, g = full_gradient(s, p, &size), rest_1 = (wide)s->rest_1, rest_2 = (wide)s->rest_2;
    wide m = (wide)s->beta_1 * widened(p.m), v = (wide)s->beta_2 * widened(p.v);
    expect_near("first_moments", i, now.m, m + rest_1 * g, 8, magnitude(m) + rest_1 * size);
    expect_near("second_moments", i, now.v, v + rest_2 * g * g, 12, magnitude(v) + rest_2 * size * size);
    wide change = (wide)s->learning_rate * widened(now.m) / (WIDE(sqrt)(widened(now.v)) + (wide)s->epsilon);
    wide kept = (wide)s->keep * widened(p.w);
    expect_near("parameters", i, now.w, kept - change, 8, magnitude(kept) + magnitude(change));
}

static const struct {
    const char *name;
    void (*check)(const step_numbers *s, int64_t i, parameter before, parameter after);
} optimizers[NA_N_OPTIMIZERS] = {
    [NA_OPTIMIZER_sgd] = {"update.sgd", check_sgd},
    [NA_OPTIMIZER_adam] = {"update.adam", check_adam},
};

static const step_numbers steps[] = {
    {.learning_rate = (real)0.01,
     .scale = 1,
     .keep = 1,
     .beta_1 = (real)0.9,
     .beta_2 = (real)0.999,
     .epsilon = (real)1e-8,
     .rest_1 = (real)0.1,
     .rest_2 = (real)0.001},
    {.learning_rate = (real)0.1,
     .scale = (real)0.005,
     .penalty = (real)0.02,
     .keep = (real)0.999,
     .momentum = (real)0.9,
     .beta_1 = (real)0.8,
     .beta_2 = (real)0.99,
     .epsilon = (real)1e-3,
     .rest_1 = (real)0.2,
     .rest_2 = (real)0.01},
    {.learning_rate = (real)0.05,
     .scale = (real)0.25,
     .penalty = (real)0.01,
     .keep = 1,
     .momentum = (real)0.7,
     .nesterov = true,
     .beta_1 = (real)0.9,
     .beta_2 = (real)0.999,
     .epsilon = (real)1e-8,
     .rest_1 = (real)0.1,
     .rest_2 = (real)0.001},
};

/* Second moments are never negative. */
static real *squares(real *v, int64_t n)
{
    for (int64_t i = 0; i < n; i++) v[i] = REAL_FN(fabs)(v[i]);
    return v;
}

/* All four arrays end at the page; the numbers of a vec past the last one must not be touched. */
static void test_update(int id, int64_t n, int step, kind k)
{
    CASE(optimizers[id].name, "n %d step %d kind %d", (int)n, step, (int)k);
    const real *g = input_tight(0, n, k);
    real *w = input_tight(1, n, k), *m = input_tight(2, n, k), *v = squares(input_tight(3, n, k), n);
    const real *w0 = copy(4, n, w), *m0 = copy(5, n, m), *v0 = copy(6, n, v);
    double sum = table->update[id](n, &steps[step], g, w, m, v);
    wide wanted = 0;
    for (int64_t i = 0; i < n; i++) {
        optimizers[id].check(&steps[step], i, (parameter){w0[i], g[i], m0[i], v0[i]},
                             (parameter){w[i], g[i], m[i], v[i]});
        wanted += widened(w0[i]) * widened(w0[i]);
    }
    expect_near("squares", n, (real)sum, wanted, (wide)(n + 4), wanted);
    expect_guarded("parameters", 1, n, w);
    expect_guarded("first_moments", 2, n, m);
    expect_guarded("second_moments", 3, n, v);
    hash_reals(n, w), hash_reals(n, m), hash_reals(n, v);
    uint64_t sum_bits;
    memcpy(&sum_bits, &sum, sizeof sum_bits);
    if (!isnan(sum)) case_hash(sum_bits);
    case_end();
}

static void test_updates(void)
{
    static const int64_t counts[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100};
    for (int id = 0; id < NA_N_OPTIMIZERS; id++)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
            for (int step = 0; step < (int)(sizeof steps / sizeof *steps); step++) {
                test_update(id, counts[i], step, PLAIN);
                test_update(id, counts[i], step, SPECIAL);
            }
}

static void test_multiply(int64_t lines, kind k)
{
    CASE("multiply", "lines %d kind %d", (int)lines, (int)k);
    int64_t n = lines * NA_LANES;
    real *a = input(0, n, k), *y = output(2, n), *wanted = output(3, n);
    const real *b = input(1, n, k);
    table->multiply(lines, a, b, y);
    for (int64_t i = 0; i < n; i++) wanted[i] = a[i] * b[i];
    expect_output("y", 2, n, y, wanted);
    table->multiply(lines, a, b, a);
    expect_same("y in place", n, a, wanted);
    expect_guarded("y in place", 0, n, a);
    case_end();
}

/* As test_all of test_kernels_tmpl.c. */
static __attribute__((noinline)) void test_all(void)
{
    test_activations();
    test_updates();
    for (int64_t lines = 0; lines < 4; lines++)
        for (kind k = PLAIN; k < N_KINDS; k++) test_multiply(lines, k);
}

void NA_FN(test_elementwise)(void)
{
    na_fp_state state = na_fp_enter();
    test_all();
    na_fp_leave(state);
}
