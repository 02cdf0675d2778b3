/* elementwise.h: the loops around activations.h, losses.h and optimizers.h: one loop per kind, and one function per
 * row of the lists. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_ELEMENTWISE_H
#define NA_ELEMENTWISE_H

/* ---- activations ----------------------------------------------------------------------------- */

typedef vec value_function(vec z, vec a);
typedef vec derivative_function(vec z, vec y, vec a);

/* y unless y < threshold, else 0; passes NaN on. */
NA_INLINE vec pass_on(vec_mask held_back, vec y) { return vec_select(held_back, vec_set1(0), y); }

/* Lines: all lanes share a neuron's parameter and threshold. Each combination of wanted outputs is compiled
 * separately. */
NA_INLINE void activate_lines(value_function *f, derivative_function *derivative, int64_t units, const real *z,
                              const struct na_neurons *neurons, const real *thresholds, real *y, real *slopes,
                              real *parameter_slopes)
{
    for (int64_t j = 0; j < units; j++) {
        vec a = vec_set1(neurons->parameters[(size_t)j * neurons->stride]);
        vec threshold = vec_set1(thresholds ? thresholds[j] : 0);
        for (int64_t i = j * NA_LANES; i < (j + 1) * NA_LANES; i += VEC_LANES) {
            vec in = vec_load(z + i), out = f(in, a);
            vec_mask held_back = vec_lt(out, threshold);
            if (slopes) {
                vec slope = derivative(in, out, a);
                vec_store(slopes + i, thresholds ? pass_on(held_back, slope) : slope);
            }
            if (parameter_slopes) { /* PReLU, the only one with a learned parameter */
                vec slope = vec_select(vec_lt(vec_set1(0), in), vec_set1(0), in);
                vec_store(parameter_slopes + i, thresholds ? pass_on(held_back, slope) : slope);
            }
            vec_store(y + i, thresholds ? pass_on(held_back, out) : out);
        }
    }
}

NA_INLINE void activate(value_function *f, derivative_function *derivative, int64_t units, const real *z,
                        const struct na_neurons *neurons, real *y, real *slopes, real *parameter_slopes)
{
    if (neurons->thresholds || parameter_slopes)
        activate_lines(f, derivative, units, z, neurons, neurons->thresholds, y, slopes, parameter_slopes);
    else if (slopes)
        activate_lines(f, derivative, units, z, neurons, NULL, y, slopes, NULL);
    else
        activate_lines(f, derivative, units, z, neurons, NULL, y, NULL, NULL);
}

/* One row: the lanes are neurons. */
NA_INLINE void activate_across(value_function *f, int64_t units, const real *z, const struct na_neurons *neurons,
                               real *y)
{
    const real *thresholds = neurons->thresholds;
    for (int64_t j = 0; j < units; j += VEC_LANES) {
        vec a = neurons->stride ? vec_load(neurons->parameters + j) : vec_set1(neurons->parameters[0]);
        vec out = f(vec_load(z + j), a);
        vec_store(y + j, thresholds ? pass_on(vec_lt(out, vec_load(thresholds + j)), out) : out);
    }
}

#define NA_DEFINE(name)                                                                                                \
    static void name##_activate(int64_t units, const real *z, const struct na_neurons *neurons, real *y, real *slopes, \
                                real *parameter_slopes)                                                                \
    {                                                                                                                  \
        activate(na_##name, na_##name##_derivative, units, z, neurons, y, slopes, parameter_slopes);                   \
    }                                                                                                                  \
    static void name##_activate_row(int64_t units, const real *z, const struct na_neurons *neurons, real *y)           \
    {                                                                                                                  \
        activate_across(na_##name, units, z, neurons, y);                                                              \
    }
NA_ACTIVATIONS(NA_DEFINE)
#undef NA_DEFINE

/* ---- losses ---------------------------------------------------------------------------------- */

typedef vec loss_function(vec v, vec t, vec a);

/* A row of weight 0 has gradient 0, even where the product would be 0 · inf. */
NA_INLINE vec weighted(vec weight, vec gradient)
{
    return vec_select(vec_eq(weight, vec_set1(0)), weight, vec_mul(weight, gradient));
}

NA_INLINE void loss_lines(loss_function *loss, loss_function *gradient, int64_t units, const real *v,
                          const real *targets, const real *parameters, size_t stride, const real *sample_weights,
                          real *gradients, real *losses)
{
    for (int64_t lane = 0; lane < NA_LANES; lane += VEC_LANES) {
        vec sum = vec_set1(0), weight = vec_load(sample_weights + lane);
        for (int64_t j = 0; j < units; j++) {
            int64_t i = j * NA_LANES + lane;
            vec in = vec_load(v + i), t = vec_load(targets + i), a = vec_set1(parameters[(size_t)j * stride]);
            sum = vec_add(sum, loss(in, t, a));
            vec_store(gradients + i, weighted(weight, gradient(in, t, a)));
        }
        vec_store(losses + lane, sum);
    }
}

#define NA_DEFINE(name, of)                                                                                           \
    static void name##_loss(int64_t units, const real *v, const real *targets, const real *parameters, size_t stride, \
                            const real *sample_weights, real *gradients, real *losses)                                \
    {                                                                                                                 \
        loss_lines(na_##name, na_##name##_gradient, units, v, targets, parameters, stride, sample_weights, gradients, \
                   losses);                                                                                           \
    }
NA_LOSSES(NA_DEFINE)
#undef NA_DEFINE

/* ---- optimizers ------------------------------------------------------------------------------ */

typedef vec update_function(vec w, vec g, vec *m, vec *v, const struct na_step *step);

/* One vec of each array, or for n < VEC_LANES its first n numbers. Returns the old w. */
NA_INLINE vec update_vec(update_function *update, bool whole, int n, const struct na_step *step, const real *gradients,
                         real *parameters, real *first, real *second)
{
    vec w = whole ? vec_load(parameters) : vec_load_part(parameters, n);
    vec g = whole ? vec_load(gradients) : vec_load_part(gradients, n);
    vec m = whole ? vec_load(first) : vec_load_part(first, n);
    vec v = whole ? vec_load(second) : vec_load_part(second, n);
    g = vec_mul(g, vec_set1(step->scale));
    g = vec_add(g, vec_mul(vec_set1(step->penalty), w));
    vec updated = update(w, g, &m, &v, step);
    if (whole) {
        vec_store(parameters, updated), vec_store(first, m), vec_store(second, v);
    } else {
        vec_store_part(parameters, updated, n), vec_store_part(first, m, n), vec_store_part(second, v, n);
    }
    return w;
}

/* Squares are summed lane by lane of a line, then over the lanes in order: the same bits for every width of vec. */
NA_INLINE double update_parameters(update_function *update, int64_t n, const struct na_step *step,
                                   const real *gradients, real *parameters, real *first, real *second)
{
    line squares = line_set1(0);
    for (int64_t i = 0; i < n; i += NA_LANES)
        for (int v = 0; v < NA_LINE_VECS; v++) {
            int64_t at = i + v * VEC_LANES, left = n - at;
            if (left <= 0) break;
            vec w = update_vec(update, left >= VEC_LANES, (int)smaller(left, VEC_LANES), step, gradients + at,
                               parameters + at, first + at, second + at);
            squares.v[v] = vec_fma(w, w, squares.v[v]);
        }
    real lanes[NA_LANES];
    line_store(lanes, squares);
    double sum = 0;
    for (int i = 0; i < NA_LANES; i++) sum += (double)lanes[i];
    return sum;
}

#define NA_DEFINE(name, n_parameters)                                                                           \
    static double name##_update(int64_t n, const struct na_step *step, const real *gradients, real *parameters, \
                                real *first_moments, real *second_moments)                                      \
    {                                                                                                           \
        return update_parameters(na_##name, n, step, gradients, parameters, first_moments, second_moments);     \
    }
NA_OPTIMIZERS(NA_DEFINE)
#undef NA_DEFINE

static void multiply(int64_t lines, const real *a, const real *b, real *y)
{
    for (int64_t i = 0; i < lines * NA_LANES; i += VEC_LANES)
        vec_store(y + i, vec_mul(vec_load(a + i), vec_load(b + i)));
}

#endif
