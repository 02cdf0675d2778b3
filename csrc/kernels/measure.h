/* measure.h: statistics of a neuron's numbers over a few blocks, lane by lane. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_MEASURE_H
#define NA_MEASURE_H

typedef struct {
    vec shift, low, high, one;
} measure_limits;

/* A subnormal y counts as 0: the product flushes it. NEON's selection of a minimum would not. */
NA_INLINE void measure_vec(vec given, const measure_limits *limits, vec measures[NA_N_MEASURES])
{
    const vec y = vec_mul(given, limits->one);
    const vec one = vec_set1(1), zero = vec_set1(0), deviation = vec_sub(y, limits->shift);
    const vec beyond_high = vec_select(vec_le(limits->high, y), one, zero);
    measures[NA_SUM] = vec_add(measures[NA_SUM], deviation);
    measures[NA_SQUARES] = vec_fma(deviation, deviation, measures[NA_SQUARES]);
    measures[NA_LEAST] = vec_min(y, measures[NA_LEAST]);
    measures[NA_GREATEST] = vec_max(y, measures[NA_GREATEST]);
    measures[NA_NOT_ZERO] = vec_add(measures[NA_NOT_ZERO], vec_select(vec_eq(y, zero), zero, one));
    measures[NA_SATURATED] = vec_add(measures[NA_SATURATED], vec_select(vec_le(y, limits->low), one, beyond_high));
}

/* In a last, partial line, the lanes without a row keep their old values. */
static void measure_lines(int64_t rows, const real *y, int64_t stride, real shift, real low, real high, real *measured)
{
    const vec one = vec_keep(vec_set1(1)); /* pinned, so that no compiler removes the product by it */
    const measure_limits limits = {vec_mul(vec_set1(shift), one), vec_set1(low), vec_set1(high), one};
    const vec zero = vec_set1(0);
    const int64_t lines = rows / NA_LANES, rest = rows % NA_LANES;
    for (int64_t lane = 0; lane < NA_LANES; lane += VEC_LANES) {
        vec measures[NA_N_MEASURES] = {zero, zero, limits.shift, limits.shift, zero, zero};
        for (int64_t i = 0; i < lines; i++) measure_vec(vec_load(y + i * stride + lane), &limits, measures);
        for (int m = 0; m < NA_N_MEASURES; m++) vec_store(measured + m * NA_LANES + lane, measures[m]);
        if (rest <= lane) continue;
        measure_vec(vec_load(y + lines * stride + lane), &limits, measures);
        for (int m = 0; m < NA_N_MEASURES; m++)
            vec_store_part(measured + m * NA_LANES + lane, measures[m], (int)smaller(rest - lane, VEC_LANES));
    }
}

#endif
