/* softmax.h: the one activation that mixes a row's neurons, y_j = exp(z_j − m) / Σ exp(z_i − m), m the largest z, and
 * its losses.
 *
 * Sums run over the outputs in order, in lines and in a single row alike: the same bits. A row with NaN or +inf, or
 * with -inf alone, is NaN as a whole. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_SOFTMAX_H
#define NA_SOFTMAX_H

/* exp(z − m) of VEC_LANES rows, written to y; returns their sum, and m. */
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

/* The class of the target costs log Σ exp(z_i − m) − (z_class − m); the gradient by z is y − 1 at the class, y
 * elsewhere. */
static void log_loss_softmax_loss(int64_t units, const real *z, const real *targets, const real *parameters,
                                  size_t stride, const real *sample_weights, real *gradients, real *losses)
{
    for (int64_t lane = 0; lane < NA_LANES; lane += VEC_LANES) {
        vec target = vec_load(targets + lane), weight = vec_load(sample_weights + lane), at_class = vec_set1(0);
        vec m, sum = exponentials(units, z + lane, gradients + lane, &m);
        for (int64_t j = 0; j < units; j++) {
            int64_t i = j * NA_LANES + lane;
            vec_mask is_class = vec_eq(target, vec_set1((real)j));
            at_class = vec_select(is_class, vec_sub(vec_load(z + i), m), at_class);
            vec y = vec_div(vec_load(gradients + i), sum);
            vec_store(gradients + i, weighted(weight, vec_sub(y, vec_select(is_class, vec_set1(1), vec_set1(0)))));
        }
        vec_store(losses + lane, vec_sub(vec_log(sum), at_class));
    }
}

#endif
