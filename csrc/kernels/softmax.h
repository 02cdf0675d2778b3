/* softmax.h: softmax, the only activation that mixes a row's neurons, y_j = exp(z_j − m) / Σ exp(z_i − m), m the
 * largest z, and its losses.
 *
 * Sums run over the outputs in order, in lines as in a single row, and give the same bits. If a row holds NaN or
 * +inf, or only -inf, all its outputs are NaN. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_SOFTMAX_H
#define NA_SOFTMAX_H

/* Writes exp(z − m) of VEC_LANES rows to y; returns their sum, and m. */
NA_INLINE vec exponentials(int64_t units, const real *z, real *y, vec *largest)
{
    vec m = vec_load(z), sum = vec_set1(0);
    for (int64_t i = NA_LANES; i < units * NA_LANES; i += NA_LANES) m = vec_max(m, vec_load(z + i));
    for (int64_t i = 0; i < units * NA_LANES; i += NA_LANES) {
        vec e = vec_exp(vec_sub(vec_load(z + i), m));
        vec_store(y + i, e);
        sum = vec_add(sum, e);
    }
    *largest = m;
    return sum;
}

static void softmax(int64_t units, const real *z, real *y)
{
    for (int64_t lane = 0; lane < NA_LANES; lane += VEC_LANES) {
        vec m, sum = exponentials(units, z + lane, y + lane, &m);
        for (int64_t i = lane; i < units * NA_LANES; i += NA_LANES) vec_store(y + i, vec_div(vec_load(y + i), sum));
    }
}

static void softmax_row(int64_t units, const real *z, real *y)
{
    real m = z[0], sum = 0;
    for (int64_t j = 1; j < units; j++) m = m > z[j] ? m : z[j];
    for (int64_t j = 0; j < units; j += VEC_LANES) {
        int n = (int)smaller(VEC_LANES, units - j);
        vec_store_part(y + j, vec_exp(vec_sub(vec_load_part(z + j, n), vec_set1(m))), n);
    }
    for (int64_t j = 0; j < units; j++) sum += y[j];
    for (int64_t j = 0; j < units; j++) y[j] /= sum;
}

/* Σ share · (z_j − m) of VEC_LANES rows. */
NA_INLINE vec sum_of_shares(int64_t units, const real *z, vec m, vec share)
{
    vec sum = vec_set1(0);
    for (int64_t i = 0; i < units * NA_LANES; i += NA_LANES) sum = vec_fma(share, vec_sub(vec_load(z + i), m), sum);
    return sum;
}

/* The targets are (1 − a) · [j = class] + a / units, a: label smoothing. The loss is log Σ exp(z_i − m) minus the
 * mean of z_j − m weighted by the targets; the gradient by z is y minus the target. Where a is 0 only the class
 * enters: 0 · ∞ would be NaN. */
static void log_loss_lane(int64_t units, const real *z, vec target, real a, vec weight, real *gradients, real *losses)
{
    const vec elsewhere = vec_set1(a / (real)units), at_it = vec_add(vec_set1(1 - a), elsewhere);
    vec m, sum = exponentials(units, z, gradients, &m), at_class = vec_set1(0);
    for (int64_t j = 0; j < units; j++) {
        int64_t i = j * NA_LANES;
        vec_mask is_class = vec_eq(target, vec_set1((real)j));
        at_class = vec_select(is_class, vec_sub(vec_load(z + i), m), at_class);
        vec y = vec_div(vec_load(gradients + i), sum);
        vec_store(gradients + i, weighted(weight, vec_sub(y, vec_select(is_class, at_it, elsewhere))));
    }
    if (a > 0) at_class = vec_fma(vec_set1(1 - a), at_class, sum_of_shares(units, z, m, elsewhere));
    vec_store(losses, vec_sub(vec_log(sum), at_class));
}

static void log_loss_softmax_loss(int64_t units, const real *z, const real *targets, const real *parameters,
                                  size_t stride, const real *sample_weights, real *gradients, real *losses)
{
    for (int64_t lane = 0; lane < NA_LANES; lane += VEC_LANES)
        log_loss_lane(units, z + lane, vec_load(targets + lane), *parameters, vec_load(sample_weights + lane),
                      gradients + lane, losses + lane);
}

/* With x = z_class − log Σ exp(z_j), j the other classes, the class has the probability σ(x), and the loss is that
 * of losses.h at x. The gradient of the class is that by x; the other classes share its negative in proportion to
 * their softmax. With a single class, the probability is 1 and x is large. */
static void focal_lane(int64_t units, const real *z, vec target, vec a, vec weight, real *gradients, real *losses)
{
    vec at_class = vec_set1(0);
    for (int64_t j = 0; j < units; j++) {
        vec in = vec_load(z + j * NA_LANES);
        vec_mask is_class = vec_eq(target, vec_set1((real)j));
        at_class = vec_select(is_class, in, at_class);
        vec_store(gradients + j * NA_LANES, vec_select(is_class, vec_set1(-(real)INFINITY), in));
    }
    vec m, sum = exponentials(units, gradients, gradients, &m);
    vec x = vec_sub(vec_sub(at_class, m), vec_log(sum));
    if (units == 1) x = vec_fma(vec_set1(0), at_class, vec_set1((real)1e30));
    vec slope = na_focal_gradient(x, a);
    for (int64_t j = 0; j < units; j++) {
        vec other = vec_mul(vec_neg(slope), vec_div(vec_load(gradients + j * NA_LANES), sum));
        vec gradient = vec_select(vec_eq(target, vec_set1((real)j)), slope, other);
        vec_store(gradients + j * NA_LANES, weighted(weight, gradient));
    }
    vec_store(losses, na_focal(x, a));
}

static void focal_softmax_loss(int64_t units, const real *z, const real *targets, const real *parameters, size_t stride,
                               const real *sample_weights, real *gradients, real *losses)
{
    for (int64_t lane = 0; lane < NA_LANES; lane += VEC_LANES)
        focal_lane(units, z + lane, vec_load(targets + lane), vec_set1(*parameters), vec_load(sample_weights + lane),
                   gradients + lane, losses + lane);
}

#endif
