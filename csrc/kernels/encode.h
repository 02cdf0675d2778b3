/* encode.h: the inputs of a network (inputs.h): a column's numbers become those of the first layer, and the gradients
 * of what they learn. Each sum over rows runs lane by lane over the blocks, then over the lanes in order. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_ENCODE_H
#define NA_ENCODE_H

#define TWO_PI (real)6.283185307179586

NA_INLINE line line_cos(line l)
{
    for (int v = 0; v < NA_LINE_VECS; v++) l.v[v] = vec_cos(l.v[v]);
    return l;
}

NA_INLINE line line_sin(line l)
{
    for (int v = 0; v < NA_LINE_VECS; v++) l.v[v] = vec_sin(l.v[v]);
    return l;
}

NA_INLINE void write_sum(line l, bool add, real *out)
{
    real lanes[NA_LANES], sum = 0;
    line_store(lanes, l);
    for (int i = 0; i < NA_LANES; i++) sum += lanes[i];
    *out = add ? *out + sum : sum;
}

/* Returns the level x, or 0, the unknown level, for a number that is not a level. (real)n may be more than n. */
NA_INLINE int64_t level_of(real x, int64_t n)
{
    int64_t level = x >= 1 && x <= (real)n ? (int64_t)x : 0;
    return level <= n ? level : 0;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void numbers_encode(const struct na_encoding *e, const real *x, real *y) { line_store(y, line_load(x)); }

#define numbers_encode_gradients NULL

/* ---- periodic: Gorishniy et al. 2022, arXiv:2203.05556; Holzmüller et al. 2024, arXiv:2407.04491 ----- */

typedef struct {
    const real *frequencies, *phases, *weights, *biases;
} periodic;

NA_INLINE periodic periodic_of(const struct na_encoding *e)
{
    const real *weights = e->parameters + 2 * e->n;
    return (periodic){e->parameters, e->parameters + e->n, weights, weights + e->n * e->size};
}

NA_INLINE line angle(line x, real frequency, real phase)
{
    return line_fma(x, line_set1(TWO_PI * frequency), line_set1(phase));
}

static void periodic_encode(const struct na_encoding *e, const real *x, real *y)
{
    const periodic p = periodic_of(e);
    const line numbers = line_load(x);
    line learned[NA_MOST_PERIODIC];
    for (int64_t i = 0; i < e->size; i++) learned[i] = line_set1(p.biases[i]);
    for (int64_t f = 0; f < e->n; f++) {
        const line wave = line_cos(angle(numbers, p.frequencies[f], p.phases[f]));
        for (int64_t i = 0; i < e->size; i++)
            learned[i] = line_fma(wave, line_set1(p.weights[f * e->size + i]), learned[i]);
    }
    line_store(y, numbers);
    for (int64_t i = 0; i < e->size; i++) line_store(y + (i + 1) * NA_LANES, learned[i]);
}

static void periodic_encode_gradients(const struct na_encoding *e, const struct na_encoded *rows, bool add,
                                      real *gradients)
{
    const periodic p = periodic_of(e);
    real *frequencies = gradients, *phases = gradients + e->n, *weights = gradients + 2 * e->n;
    real *biases = weights + e->n * e->size;
    const line zero = line_set1(0);
    for (int64_t f = 0; f < e->n; f++) {
        line of_weights[NA_MOST_PERIODIC], of_frequency = zero, of_phase = zero;
        for (int64_t i = 0; i < e->size; i++) of_weights[i] = zero;
        for (int64_t b = 0; b < rows->blocks; b++) {
            const line x = line_load(rows->x + b * rows->x_stride);
            const line a = angle(x, p.frequencies[f], p.phases[f]), wave = line_cos(a);
            line through = zero;
            for (int64_t i = 0; i < e->size; i++) {
                const line dy = line_load(rows->dy + b * rows->dy_stride + (i + 1) * NA_LANES);
                of_weights[i] = line_fma(dy, wave, of_weights[i]);
                through = line_fma(dy, line_set1(p.weights[f * e->size + i]), through);
            }
            const line of_angle = line_mul(line_mul(through, line_set1(-1)), line_sin(a));
            of_phase = line_add(of_phase, of_angle);
            of_frequency = line_fma(of_angle, x, of_frequency);
        }
        write_sum(line_mul(of_frequency, line_set1(TWO_PI)), add, frequencies + f);
        write_sum(of_phase, add, phases + f);
        for (int64_t i = 0; i < e->size; i++) write_sum(of_weights[i], add, weights + f * e->size + i);
    }
    for (int64_t i = 0; i < e->size; i++) {
        line of_bias = zero;
        for (int64_t b = 0; b < rows->blocks; b++)
            of_bias = line_add(of_bias, line_load(rows->dy + b * rows->dy_stride + (i + 1) * NA_LANES));
        write_sum(of_bias, add, biases + i);
    }
}

/* ---- piecewise linear: Gorishniy et al. 2022, arXiv:2203.05556 -------------------------------- */

static void piecewise_linear_encode(const struct na_encoding *e, const real *x, real *y)
{
    for (int64_t t = 0; t < e->n; t++)
        for (int v = 0; v < NA_LINE_VECS; v++) {
            const vec edge = vec_set1(e->edges[2 * t]), inverse = vec_set1(e->edges[2 * t + 1]);
            const vec share = vec_mul(vec_sub(vec_load(x + v * VEC_LANES), edge), inverse);
            const vec low = vec_set1(t == 0 ? -1 : 0), high = vec_set1(t == e->n - 1 ? 2 : 1);
            vec_store(y + t * NA_LANES + v * VEC_LANES, vec_min(high, vec_max(low, share)));
        }
}

#define piecewise_linear_encode_gradients NULL

/* ---- levels ---------------------------------------------------------------------------------- */

static void embedding_encode(const struct na_encoding *e, const real *x, real *y)
{
    for (int lane = 0; lane < NA_LANES; lane++) {
        const real *row = e->parameters + level_of(x[lane], e->n) * e->size;
        for (int64_t i = 0; i < e->size; i++) y[i * NA_LANES + lane] = row[i];
    }
}

static void embedding_encode_gradients(const struct na_encoding *e, const struct na_encoded *rows, bool add,
                                       real *gradients)
{
    for (int64_t i = 0; i < (e->n + 1) * e->size && !add; i++) gradients[i] = 0;
    for (int64_t b = 0; b < rows->blocks; b++)
        for (int lane = 0; lane < NA_LANES; lane++) {
            real *row = gradients + level_of(rows->x[b * rows->x_stride + lane], e->n) * e->size;
            const real *dy = rows->dy + b * rows->dy_stride + lane;
            for (int64_t i = 0; i < e->size; i++) row[i] += dy[i * NA_LANES];
        }
}

static void one_hot_encode(const struct na_encoding *e, const real *x, real *y)
{
    for (int64_t i = 0; i < e->n * NA_LANES; i++) y[i] = 0;
    for (int lane = 0; lane < NA_LANES; lane++) {
        int64_t level = level_of(x[lane], e->n);
        if (level > 0) y[(level - 1) * NA_LANES + lane] = 1;
    }
}

#define one_hot_encode_gradients NULL

/* ---- scale ----------------------------------------------------------------------------------- */

/* y ← n lines of x, each times its factor */
static void scale_lines(int64_t n, const real *x, const real *factors, real *y)
{
    for (int64_t k = 0; k < n; k++)
        line_store(y + k * NA_LANES, line_mul(line_load(x + k * NA_LANES), line_set1(factors[k])));
}

static void sum_lines(int64_t n, int64_t blocks, const real *lines, bool add, real *sums)
{
    for (int64_t k = 0; k < n; k++) {
        line sum = line_set1(0);
        for (int64_t b = 0; b < blocks; b++) sum = line_add(sum, line_load(lines + (b * n + k) * NA_LANES));
        write_sum(sum, add, sums + k);
    }
}

#endif
