/* encode.h: the inputs of a network (inputs.h): a column's numbers become those of the first layer, and the gradients
 * of what they learn. Each sum over rows runs lane by lane over the blocks, then over the lanes in order. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_ENCODE_H
#define NA_ENCODE_H

/* sums: n ← the sum over the rows of n lines of each block; the next block lies a stride further. */
NA_INLINE void sum_lines_apart(int64_t n, int64_t blocks, const real *lines, int64_t stride, bool add, real *sums)
{
    real square[NA_LANES * NA_LANES];
    for (int64_t k = 0; k < n; k += NA_LANES) {
        int64_t left = smaller(NA_LANES, n - k);
        for (int64_t i = 0; i < left; i++) {
            line sum = line_set1(0);
            for (int64_t b = 0; b < blocks; b++)
                sum = line_add(sum, line_load(lines + b * stride + (k + i) * NA_LANES));
            line_store(square + i * NA_LANES, sum);
        }
        write_sums(square, left, add, sums + k);
    }
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

/* What multiplies a phase, which is in radians. */
#define TURNS_PER_RADIAN (real)0.15915494309189535
#define TWO_PI (real)6.283185307179586

NA_INLINE turn turn_at(const periodic *p, int64_t f, vec x)
{
    return turn_of(vec_fma(x, vec_set1(p->frequencies[f]), vec_set1(p->phases[f] * TURNS_PER_RADIAN)));
}

/* y ← the line x and `size` lines of learned numbers. A constant size keeps these in registers. */
NA_INLINE void periodic_numbers(const periodic *p, int64_t n, int64_t size, const real *x, real *y)
{
    for (int at = 0; at < NA_LANES; at += VEC_LANES) {
        const vec number = vec_load(x + at);
        vec learned[NA_MOST_PERIODIC];
        for (int64_t k = 0; k < size; k++) learned[k] = vec_set1(p->biases[k]);
        for (int64_t f = 0; f < n; f++) {
            const vec wave = turn_cos(turn_at(p, f, number));
            for (int64_t k = 0; k < size; k++)
                learned[k] = vec_fma(wave, vec_set1(p->weights[f * size + k]), learned[k]);
        }
        vec_store(y + at, number);
        for (int64_t k = 0; k < size; k++) vec_store(y + (k + 1) * NA_LANES + at, learned[k]);
    }
}

static void periodic_encode(const struct na_encoding *e, const real *x, real *y)
{
    const periodic p = periodic_of(e);
    switch (e->size) {
    case 1: periodic_numbers(&p, e->n, 1, x, y); break;
    case 2: periodic_numbers(&p, e->n, 2, x, y); break;
    case 3: periodic_numbers(&p, e->n, 3, x, y); break;
    case 4: periodic_numbers(&p, e->n, 4, x, y); break;
    default: periodic_numbers(&p, e->n, e->size, x, y);
    }
}

/* Lines of gradients, to be added up over their lanes. */
typedef struct {
    real frequencies[NA_LANES * NA_LANES], phases[NA_LANES * NA_LANES], weights[NA_MOST_PERIODIC * NA_LANES];
} periodic_lines;

/* Writes one vec of line i of frequencies and phases, and of line i · size and following of weights, for frequency f.
 * A constant size keeps the sums in registers. */
NA_INLINE void periodic_sums(const periodic *p, int64_t f, int64_t size, const struct na_encoded *rows, int at,
                             int64_t i, periodic_lines *lines)
{
    vec of_frequency = vec_set1(0), of_phase = vec_set1(0), of_weights[NA_MOST_PERIODIC];
    for (int64_t k = 0; k < size; k++) of_weights[k] = vec_set1(0);
    for (int64_t b = 0; b < rows->blocks; b++) {
        const vec x = vec_load(rows->x + b * rows->x_stride + at);
        const turn angle = turn_at(p, f, x);
        const vec wave = turn_cos(angle);
        vec through = vec_set1(0);
        for (int64_t k = 0; k < size; k++) {
            const vec dy = vec_load(rows->dy + b * rows->dy_stride + (k + 1) * NA_LANES + at);
            of_weights[k] = vec_fma(dy, wave, of_weights[k]);
            through = vec_fma(dy, vec_set1(p->weights[f * size + k]), through);
        }
        const vec of_angle = vec_mul(through, turn_sin(angle)); /* times -1, as the derivative of cos */
        of_phase = vec_add(of_phase, of_angle);
        of_frequency = vec_fma(of_angle, x, of_frequency);
    }
    vec_store(lines->frequencies + i * NA_LANES + at, vec_mul(of_frequency, vec_set1(-TWO_PI)));
    vec_store(lines->phases + i * NA_LANES + at, vec_neg(of_phase));
    for (int64_t k = 0; k < size; k++) vec_store(lines->weights + (i * size + k) * NA_LANES + at, of_weights[k]);
}

/* The same for n frequencies from `first` on, and all lanes. */
NA_INLINE void periodic_sums_of(const periodic *p, int64_t first, int64_t n, int64_t size,
                                const struct na_encoded *rows, periodic_lines *lines)
{
    for (int64_t i = 0; i < n; i++)
        for (int at = 0; at < NA_LANES; at += VEC_LANES) periodic_sums(p, first + i, size, rows, at, i, lines);
}

static void periodic_encode_gradients(const struct na_encoding *e, const struct na_encoded *rows, bool add,
                                      real *gradients)
{
    const periodic p = periodic_of(e);
    real *weights = gradients + 2 * e->n, *biases = weights + e->n * e->size;
    const int64_t together = smaller(NA_LANES, NA_MOST_PERIODIC / e->size);
    periodic_lines lines;
    for (int64_t f = 0; f < e->n; f += together) {
        int64_t n = smaller(together, e->n - f);
        switch (e->size) {
        case 1: periodic_sums_of(&p, f, n, 1, rows, &lines); break;
        case 2: periodic_sums_of(&p, f, n, 2, rows, &lines); break;
        case 3: periodic_sums_of(&p, f, n, 3, rows, &lines); break;
        case 4: periodic_sums_of(&p, f, n, 4, rows, &lines); break;
        default: periodic_sums_of(&p, f, n, e->size, rows, &lines);
        }
        write_sums(lines.frequencies, n, add, gradients + f);
        write_sums(lines.phases, n, add, gradients + e->n + f);
        for (int64_t w = 0; w < n * e->size; w += NA_LANES)
            write_sums(lines.weights + w * NA_LANES, smaller(NA_LANES, n * e->size - w), add,
                       weights + f * e->size + w);
    }
    sum_lines_apart(e->size, rows->blocks, rows->dy + NA_LANES, rows->dy_stride, add, biases);
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
    sum_lines_apart(n, blocks, lines, n * NA_LANES, add, sums);
}

#endif
