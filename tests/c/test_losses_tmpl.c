/* test_losses_tmpl.c: softmax and the losses against their formulas in wider arithmetic.
 *
 * Tolerances: for exp and log those of vecmath.h, and one unit of rounding per operation that rounds, relative to
 * the magnitudes of the terms: where the formulas cancel, no algorithm is within a few ULP of the result. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_reals.h"

#include "simd/fp_state.h"

/* ---- softmax --------------------------------------------------------------------------------- */

/* One lane's exponentials, from differences rounded as in the kernel, since their effect on exp is part of the
 * definition. All are NaN if one number is NaN or +inf, or all are -inf. Returns their sum. */
static wide softmax_terms(int64_t units, const real *z, real *largest, wide *terms)
{
    real m = -(real)INFINITY;
    bool bad = false;
    for (int64_t j = 0; j < units; j++) {
        real in = z[j * NA_LANES];
        bad |= isnan(in) || in == (real)INFINITY;
        if (in > m) m = in;
    }
    bad |= isinf(m);
    wide sum = 0;
    for (int64_t j = 0; j < units; j++)
        sum += terms[j] = bad ? (wide)NAN : WIDE(exp)((wide)(real)(z[j * NA_LANES] - m));
    *largest = m;
    return sum;
}

/* Specials are rare, so that many lanes have none; one lane is all -inf, another almost. */
static real *softmax_input(int slot, int64_t units)
{
    real *z = output(slot, units * NA_LANES);
    for (int64_t i = 0; i < units * NA_LANES; i++) {
        z[i] = random_below(40) == 0 ? special() : 10 * plain();
        if (i % NA_LANES == 2 || (i % NA_LANES == 3 && i / NA_LANES > 0)) z[i] = -(real)INFINITY;
        if (i % NA_LANES == 3 && i / NA_LANES == 0) z[i] = 1;
    }
    return z;
}

/* exp of numerator and denominator, units − 1 additions, a division. */
static double softmax_ulps(int64_t units) { return (double)units + 6 + (test_fused ? 0 : 4); }

static void test_softmax(int64_t units)
{
    CASE("softmax", "units %d", (int)units);
    int64_t n = units * NA_LANES;
    const real *z = softmax_input(0, units);
    real *y = output(1, n), largest, *in_place = copy(2, n, z);
    wide terms[64];
    table->softmax(units, z, y);
    for (int64_t lane = 0; lane < NA_LANES; lane++) {
        wide sum = softmax_terms(units, z + lane, &largest, terms);
        for (int64_t j = 0; j < units; j++)
            expect_ulps("y", j * NA_LANES + lane, y[j * NA_LANES + lane], terms[j] / sum, softmax_ulps(units));
    }
    expect_guarded("y", 1, n, y);
    hash_reals(n, y);
    table->softmax(units, in_place, in_place);
    expect_same("y in place", n, in_place, y);
    case_end();
}

/* Rows of a user's array, at any alignment. */
static void test_softmax_row(int64_t units)
{
    CASE("softmax_row", "units %d", (int)units);
    const real *block = softmax_input(0, units);
    real *y = output(1, units * NA_LANES);
    table->softmax(units, block, y);
    for (int64_t lane = 0; lane < NA_LANES; lane++) {
        real *z = output_tight(2, units), *row = output_tight(3, units), *wanted = output(4, units);
        for (int64_t j = 0; j < units; j++) z[j] = block[j * NA_LANES + lane], wanted[j] = y[j * NA_LANES + lane];
        table->softmax_row(units, z, row);
        expect_output("y", 3, units, row, wanted);
        table->softmax_row(units, z, z);
        expect_same("y in place", units, z, wanted);
    }
    case_end();
}

/* ---- losses ---------------------------------------------------------------------------------- */

/* The sizes: sums of the magnitudes of the terms in the formulas. */
typedef struct {
    wide loss, loss_size, gradient, gradient_size;
} terms;

/* Intermediate results that are reals overflow there: the gradient before it is weighted, a sum of losses, a product
 * that is not fused with its sum. */
static wide overflowing(wide x) { return magnitude(x) > BEYOND ? WIDE(copysign)(INFINITY, x) : x; }
static wide product(wide a, wide b) { return test_fused ? a * b : overflowing(a * b); }

static terms squared_error(wide y, wide t, wide a)
{
    wide r = y - t;
    return (void)a, (terms){r * r / 2, r * r / 2, r, magnitude(r)};
}

static terms absolute_error(wide y, wide t, wide a)
{
    wide r = y - t;
    return (void)a, (terms){magnitude(r), magnitude(r), r > 0 ? 1 : r < 0 ? -1 : r, 1};
}

static terms huber(wide y, wide t, wide a)
{
    wide r = y - t, size = magnitude(r), loss = size <= a ? r * r / 2 : a * (size - a / 2);
    return (terms){loss, loss, r < -a ? -a : r > a ? a : r, size < a ? size : a};
}

static terms quantile(wide y, wide t, wide a)
{
    wide r = t - y, loss = r > 0 ? a * r : (a - 1) * r;
    return (terms){loss, loss, r > 0 ? -a : r < 0 ? 1 - a : r, 1};
}

static wide poisson_constant(wide t) { return t > 0 ? t * WIDE(log)(t) - t : 0; }
static wide poisson_constant_size(wide t) { return t > 0 ? magnitude(t * WIDE(log)(t)) + t : 0; }

static terms poisson_exponential(wide z, wide t, wide a)
{
    wide e = WIDE(exp)(z);
    return (void)a, (terms){overflowing(e) - product(t, z) + poisson_constant(t),
                            e + magnitude(t * z) + poisson_constant_size(t), e - t, e + t};
}

static terms poisson_sigmoid(wide z, wide t, wide a)
{
    wide s = sigmoid(z, a), rest = sigmoid(-z, a);
    wide log_s = (z < 0 ? z : 0) - WIDE(log1p)(WIDE(exp)(-magnitude(z)));
    return (terms){s - product(t, log_s) + poisson_constant(t), s + magnitude(t * log_s) + poisson_constant_size(t),
                   (s - t) * rest, (s + t) * rest};
}

/* log t − z is rounded where its terms may be large, which exp turns into a relative error. */
static terms gamma_exponential(wide z, wide t, wide a)
{
    wide u = WIDE(log)(t) - z, e = WIDE(exp)(u), size = magnitude(WIDE(log)(t)) + magnitude(z);
    wide e_size = e == 0 || isinf(e) ? e : e * (1 + size);
    return (void)a, (terms){overflowing(e) - u - 1, e_size + size + 1, 1 - e, 1 + e_size};
}

/* The power is exp of a product, whose rounding is relative to its size. */
static terms focal(wide x, wide a)
{
    wide minus_log_p = softplus(-x, 0), exponent = a > 0 ? a * softplus(x, 0) : 0, power = WIDE(exp)(-exponent);
    wide loss = power * minus_log_p, gradient = -power * (a * sigmoid(x, 0) * minus_log_p + sigmoid(-x, 0));
    wide size = power > 0 ? 1 + exponent : 1;
    return (terms){loss, loss * size, gradient, magnitude(gradient) * size};
}

static terms focal_sigmoid(wide z, wide t, wide a)
{
    terms f = focal(t > 0 ? z : -z, a);
    if (t == 0) f.gradient = -f.gradient;
    return f;
}

static terms log_loss_sigmoid(wide z, wide t, wide a)
{
    t = (1 - a) * t + a / 2;
    wide positive = z < 0 ? 0 : z, soft = WIDE(log1p)(WIDE(exp)(-magnitude(z))), s = sigmoid(z, 0);
    return (terms){positive - z * t + soft, positive + magnitude(z * t) + soft, s - t, s + t};
}

typedef enum { ANY, COUNTS, SHARES, CLASSES, POSITIVE } target_kind;

/* EACH: every output has its own parameter, in (0, 1). */
enum { EACH = -1 };

static const struct {
    const char *name;
    int id;
    terms (*formula)(wide v, wide t, wide a);
    real parameter;
    target_kind targets;
} losses[] = {
    {"loss.squared_error", NA_LOSS_squared_error, squared_error, 0, ANY},
    {"loss.absolute_error", NA_LOSS_absolute_error, absolute_error, 0, ANY},
    {"loss.huber", NA_LOSS_huber, huber, (real)0.7, ANY},
    {"loss.quantile", NA_LOSS_quantile, quantile, (real)0.3, ANY},
    {"loss.quantile.each", NA_LOSS_quantile, quantile, EACH, ANY},
    {"loss.poisson_exponential", NA_LOSS_poisson_exponential, poisson_exponential, 0, COUNTS},
    {"loss.poisson_sigmoid", NA_LOSS_poisson_sigmoid, poisson_sigmoid, 0, COUNTS},
    {"loss.gamma_exponential", NA_LOSS_gamma_exponential, gamma_exponential, 0, POSITIVE},
    {"loss.log_loss_sigmoid", NA_LOSS_log_loss_sigmoid, log_loss_sigmoid, 0, SHARES},
    {"loss.log_loss_sigmoid.smoothed", NA_LOSS_log_loss_sigmoid, log_loss_sigmoid, (real)0.1, SHARES},
    {"loss.focal_sigmoid", NA_LOSS_focal_sigmoid, focal_sigmoid, 2, CLASSES},
    {"loss.focal_sigmoid.root", NA_LOSS_focal_sigmoid, focal_sigmoid, (real)0.5, CLASSES},
    {"loss.focal_sigmoid.zero", NA_LOSS_focal_sigmoid, focal_sigmoid, 0, CLASSES},
};
enum { N_LOSSES = sizeof losses / sizeof *losses };

static void test_every_loss_is_here(void)
{
    CASE("losses", "%d", NA_N_ELEMENTWISE_LOSSES);
    for (int id = 0; id < NA_N_ELEMENTWISE_LOSSES; id++) {
        int found = 0;
        for (int i = 0; i < N_LOSSES; i++) found += losses[i].id == id;
        if (found == 0) case_fail("tests of the loss", id, 0, 1);
    }
    case_end();
}

static real draw_target(target_kind targets, real v)
{
    switch (targets) {
    case COUNTS: return (real)random_below(21);
    case SHARES: return random_below(3) == 0 ? (plain() + 1) / 2 : (real)random_below(2);
    case CLASSES: return (real)random_below(2);
    case POSITIVE: return REAL_MIN + REAL_FN(fabs)(random_below(4) == 0 ? any_finite() : 3 * plain());
    default: return random_below(8) == 0 && isfinite(v) ? v : 3 * plain();
    }
}

/* One per output, or one for all. */
static real *input_parameters(int slot, int i, int64_t units, size_t *stride)
{
    *stride = losses[i].parameter == EACH;
    real *parameters = output_tight(slot, *stride ? units : 1);
    *parameters = losses[i].parameter;
    for (int64_t j = 0; j < units && *stride; j++) parameters[j] = (real)(j + 1) / (real)(units + 1);
    return parameters;
}

/* Half of the lanes hold no special numbers, so that their sums are finite. */
static real *input_v(int slot, int64_t n)
{
    real *v = output(slot, n);
    for (int64_t i = 0; i < n; i++) v[i] = i % 2 ? draw_z() : 4 * plain();
    return v;
}

static real *input_weights(int slot)
{
    real *weights = output(slot, NA_LANES);
    for (int i = 0; i < NA_LANES; i++) weights[i] = i % 5 == 4 ? 0 : 1 + plain();
    return weights;
}

/* Up to 16 roundings per term (exp, log, sigmoid and softplus count for 3 each), one per addition; 4 more without
 * FMA. */
static wide loss_roundings(int64_t units) { return (wide)(units + 16 + (test_fused ? 0 : 4)); }

static void check_loss_lane(int loss, int64_t units, int64_t lane, const real *v, const real *t, const real *parameters,
                            size_t stride, const real *weights, const real *gradients, const real *sums)
{
    wide sum = 0, size = 0, weight = widened(weights[lane]);
    for (int64_t j = 0; j < units; j++) {
        int64_t i = j * NA_LANES + lane;
        terms wanted = losses[loss].formula(widened(v[i]), widened(t[i]), (wide)parameters[(size_t)j * stride]);
        sum = overflowing(sum + wanted.loss), size += wanted.loss_size;
        expect_near("gradients", i, gradients[i], weight == 0 ? 0 : weight * overflowing(wanted.gradient),
                    loss_roundings(0), weight == 0 ? 0 : weight * wanted.gradient_size);
    }
    expect_near("losses", lane, sums[lane], sum, loss_roundings(units), size);
}

static void test_loss(int loss, int64_t units)
{
    CASE(losses[loss].name, "units %d", (int)units);
    size_t stride;
    int64_t n = units * NA_LANES;
    const real *v = input_v(0, n), *weights = input_weights(2);
    real *targets = output(1, n), *gradients = output(3, n), *sums = output(4, NA_LANES);
    const real *parameters = input_parameters(5, loss, units, &stride);
    for (int64_t i = 0; i < n; i++) targets[i] = draw_target(losses[loss].targets, v[i]);
    table->loss[losses[loss].id](units, v, targets, parameters, stride, weights, gradients, sums);
    for (int64_t lane = 0; lane < NA_LANES; lane++)
        check_loss_lane(loss, units, lane, v, targets, parameters, stride, weights, gradients, sums);
    expect_guarded("gradients", 3, n, gradients);
    expect_guarded("losses", 4, NA_LANES, sums);
    hash_reals(n, gradients);
    hash_reals(NA_LANES, sums);
    case_end();
}

/* The relative error of the sum is an absolute error of the loss. */
static void check_log_loss_lane(int64_t units, const real *z, int64_t class, wide a, wide weight, const real *gradients,
                                real loss)
{
    real m;
    wide e[64], sum = softmax_terms(units, z, &m, e), wanted = WIDE(log)(sum), size = 1 + wanted;
    wide roundings = (wide)softmax_ulps(units) * 2;
    for (int64_t j = 0; j < units; j++) {
        wide y = e[j] / sum, share = (j == class ? 1 - a : 0) + a / (wide)units;
        wide difference = share == 0 ? 0 : share * (wide)(real)(z[j * NA_LANES] - m);
        wanted -= difference, size += magnitude(difference);
        expect_near("gradients", j * NA_LANES, gradients[j * NA_LANES], weight == 0 ? 0 : weight * (y - share),
                    roundings, weight == 0 ? 0 : weight * (y + share));
    }
    expect_near("losses", class, loss, wanted, roundings, size);
}

/* x is rounded relative to its terms, and the functions of x change by as much. */
static void check_focal_lane(int64_t units, const real *z, int64_t class, wide a, wide weight, const real *gradients,
                             real loss)
{
    real others[64 * NA_LANES], m;
    for (int64_t j = 0; j < units; j++) others[j * NA_LANES] = j == class ? -(real)INFINITY : z[j * NA_LANES];
    wide e[64], sum = softmax_terms(units, others, &m, e), x = (wide)(real)(z[class * NA_LANES] - m) - WIDE(log)(sum);
    if (units == 1) x = 0 * (wide)*z + (wide)1e30;
    terms wanted = focal(x, a);
    wide roundings = (wide)softmax_ulps(units) * 2 + 16;
    wide moved = wanted.gradient == 0 || isinf(x) ? 1 : (1 + a) * (1 + WIDE(log)(sum) + magnitude(x));
    for (int64_t j = 0; j < units; j++) {
        wide gradient = j == class ? wanted.gradient : -wanted.gradient * (e[j] / sum);
        expect_near("gradients", j * NA_LANES, gradients[j * NA_LANES], weight == 0 ? 0 : weight * gradient, roundings,
                    weight == 0 ? 0 : weight * magnitude(gradient) * moved);
    }
    expect_near("losses", class, loss, wanted.loss, roundings, wanted.loss * moved);
}

static const struct {
    const char *name;
    int id;
    void (*check)(int64_t units, const real *z, int64_t class, wide a, wide weight, const real *gradients, real loss);
    real parameter;
} softmax_losses[] = {
    {"loss.log_loss_softmax", NA_LOSS_log_loss_softmax, check_log_loss_lane, 0},
    {"loss.log_loss_softmax.smoothed", NA_LOSS_log_loss_softmax, check_log_loss_lane, (real)0.1},
    {"loss.focal_softmax", NA_LOSS_focal_softmax, check_focal_lane, 2},
    {"loss.focal_softmax.root", NA_LOSS_focal_softmax, check_focal_lane, (real)0.5},
    {"loss.focal_softmax.zero", NA_LOSS_focal_softmax, check_focal_lane, 0},
};
enum { N_SOFTMAX_LOSSES = sizeof softmax_losses / sizeof *softmax_losses };

static void test_softmax_loss(int loss, int64_t units)
{
    CASE(softmax_losses[loss].name, "units %d", (int)units);
    int64_t n = units * NA_LANES;
    const real *z = softmax_input(0, units), *weights = input_weights(2);
    real *targets = output(1, NA_LANES), *gradients = output(3, n), *sums = output(4, NA_LANES);
    real a = softmax_losses[loss].parameter;
    for (int i = 0; i < NA_LANES; i++) targets[i] = (real)random_below(units);
    table->loss[softmax_losses[loss].id](units, z, targets, &a, 0, weights, gradients, sums);
    for (int64_t lane = 0; lane < NA_LANES; lane++)
        softmax_losses[loss].check(units, z + lane, (int64_t)targets[lane], (wide)a, (wide)weights[lane],
                                   gradients + lane, sums[lane]);
    expect_guarded("gradients", 3, n, gradients);
    expect_guarded("losses", 4, NA_LANES, sums);
    hash_reals(n, gradients);
    hash_reals(NA_LANES, sums);
    case_end();
}

/* As test_all of test_kernels_tmpl.c. */
static __attribute__((noinline)) void test_all(void)
{
    test_every_loss_is_here();
    for (int u = 0; u < N_UNIT_COUNTS; u++) {
        for (int i = 0; i < N_LOSSES; i++) test_loss(i, unit_counts[u]);
        test_softmax(unit_counts[u]);
        test_softmax_row(unit_counts[u]);
        for (int i = 0; i < N_SOFTMAX_LOSSES; i++) test_softmax_loss(i, unit_counts[u]);
    }
}

void NA_FN(test_losses)(void)
{
    na_fp_state state = na_fp_enter();
    test_all();
    na_fp_leave(state);
}
