/* exp, log, tanh, the sigmoid and log1p(exp(-a)) of a vec, over the vocabulary
   of simd/vec.h: branch-free, no tables, any real as input. One algorithm for
   every instruction set: those with FMA give the same bits. To be called with
   subnormals flushed (simd/fp_state.h). NaN stays NaN. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_KERNELS_VECMATH_H
#define NA_KERNELS_VECMATH_H

#include "../simd/vec.h"

/* The largest errors below are measured by tests/c/test_vecmath.c with FMA: float32 for all
   2^32 inputs against double, float64 for 130 million inputs against long double; subnormal
   results are left out. SSE2 rounds products too: samples showed up to 0.2 ULP more. */

/* Coefficients, lowest power first, are minimax fits (Remez) of relative error
     exp_q:          (exp(r) - 1 - r) / r^2         |r| <= ln(2)/2; float32: error weighted
                     by exp(-3r), because below 1 a unit in the last place is half as large
     log_r:          (log((1+s)/(1-s)) - 2s) / s^3  in s^2, |s| <= 3 - sqrt(8)
     tanh_p/tanh_q:  (tanh(a) - a) / a^3            in a^2, a <= TANH_SPLIT
   LN2_HI has so few bits that its product with an exponent is exact.
   EXP_MIN and EXP_MAX: the first and last x whose exp is a normal real. */
#if NA_REAL_BITS == 32
#define EXP_MIN (-0x1.5d589ep6f)
#define EXP_MAX 0x1.62e42ep6f
#define LN2_HI 0x1.62e4p-1f
#define LN2_LO 0x1.7f7d1cp-20f
#define TANH_SPLIT 0.85f
#define TANH_IS_ONE 10.0f
static const real exp_q[] = {
    0x1.fffff2p-2f, 0x1.5554a8p-3f, 0x1.5561b6p-5f, 0x1.122c56p-7f, 0x1.63468ap-10f,
};
static const real log_r[] = {
    0x1.555556p-1f,
    0x1.999a7ep-2f,
    0x1.243530p-2f,
    0x1.e3bdc4p-3f,
};
static const real tanh_p[] = {-0x1.555556p-2f, -0x1.e243a4p-7f};
static const real tanh_q[] = {1.0f, 0x1.c6cfecp-2f, 0x1.022808p-6f};
#else
#define EXP_MIN (-0x1.6232bdd7abcd2p9)
#define EXP_MAX 0x1.62e42fefa39efp9
#define LN2_HI 0x1.62e42feep-1
#define LN2_LO 0x1.a39ef35793c76p-33
#define TANH_SPLIT 0.625
#define TANH_IS_ONE 20.0
static const real exp_q[] = {
    0x1.0000000000009p-1,  0x1.5555555555558p-3,  0x1.555555555034dp-5,  0x1.111111110f7d5p-7,  0x1.6c16c18625d67p-10,
    0x1.a01a01b022457p-13, 0x1.a019934df6a09p-16, 0x1.71ddf67580b7ep-19, 0x1.28b4706aa512bp-22, 0x1.af63a0694ab5ap-26,
};
static const real log_r[] = {
    0x1.555555555557cp-1, 0x1.99999999843c4p-2, 0x1.2492493ff4779p-2, 0x1.c71c527d22990p-3,
    0x1.74665675e8535p-3, 0x1.399b98dfc7817p-3, 0x1.2f617464359a1p-3,
};
static const real tanh_p[] = {-0x1.5555555555554p-2, -0x1.4fd0493e204b2p-6, -0x1.a17cbb6fa9e35p-13};
static const real tanh_q[] = {1.0, 0x1.d890a7553f97bp-2, 0x1.7d8db75cd4db2p-6, 0x1.b0e5ce62c6d4fp-13};
#endif

#define POLYNOMIAL(x, coefficients) polynomial(x, coefficients, (int)(sizeof coefficients / sizeof *coefficients))

/* c[0] + c[1] x + ... + c[n-1] x^(n-1) by Horner's rule. */
NA_INLINE vec polynomial(vec x, const real *c, int n)
{
    vec sum = vec_set1(c[n - 1]);
    for (int i = n - 2; i >= 0; i--) sum = vec_fma(sum, x, vec_set1(c[i]));
    return sum;
}

/* exp(x) for EXP_MIN <= x <= EXP_MAX, any bits elsewhere:
   n = round(x / ln 2), r = x - n ln 2, 2^n (1 + (r + r^2 q(r))). */
NA_INLINE vec exp_in_range(vec x)
{
    const vec magic = vec_set1(VEC_MAGIC);
    const vec shifted = vec_fma(x, vec_set1((real)0x1.71547652b82fep0), magic);
    const vec n = vec_sub(shifted, magic);
    const vec r = vec_fnma(n, vec_set1(LN2_LO), vec_fnma(n, vec_set1(LN2_HI), x));
    const vec expm1_r = vec_fma(vec_mul(r, r), POLYNOMIAL(r, exp_q), r);
    return vec_add_exponent(vec_add(vec_set1(1), expm1_r), shifted);
}

/* exp(-a) for a >= 0, 0 where that is not a normal real, and for NaN. */
NA_INLINE vec exp_of_minus(vec a)
{
    return vec_select(vec_le(a, vec_set1(-EXP_MIN)), exp_in_range(vec_neg(a)), vec_set1(0));
}

/* exp(x); 0 where the result would be subnormal, inf above EXP_MAX.
   Largest error: 0.991 ULP in float32, 1.05 in float64. */
NA_INLINE vec vec_exp(vec x)
{
    vec y = exp_in_range(x);
    y = vec_select(vec_lt(x, vec_set1(EXP_MIN)), vec_set1(0), y);
    y = vec_select(vec_lt(vec_set1(EXP_MAX), x), vec_set1((real)INFINITY), y);
    return vec_select(vec_is_nan(x), x, y);
}

/* 1 / (1 + exp(-x)), in [0, 1], 0 where the result would be subnormal.
   With e = exp(-|x|) and t = e/(1+e), it is 1 - t or, for x <= 0, e - e t, which
   rounds less than e/(1+e). Largest error: 1.70 ULP in float32, 1.65 in float64. */
NA_INLINE vec vec_sigmoid(vec x)
{
    const vec one = vec_set1(1), zero = vec_set1(0);
    const vec e = exp_of_minus(vec_abs(x));
    const vec t = vec_div(e, vec_add(one, e));
    const vec numerator = vec_select(vec_lt(zero, x), one, e);
    return vec_select(vec_is_nan(x), x, vec_fnma(numerator, t, numerator));
}

/* tanh(x), odd and in [-1, 1]. With a = |x|: a + a^3 p(a^2)/q(a^2) up to
   TANH_SPLIT, 1 - 2/(exp(2a) + 1) beyond; both share one division.
   Largest error: 1.09 ULP in float32, 1.34 in float64. */
NA_INLINE vec vec_tanh(vec x)
{
    const vec one = vec_set1(1);
    /* vec_min gives its second operand on NaN, which p and q then carry. */
    const vec a = vec_min(vec_set1(TANH_IS_ONE), vec_abs(x)), a2 = vec_mul(a, a);
    const vec_mask large = vec_lt(vec_set1(TANH_SPLIT), a);
    const vec numerator = vec_select(large, vec_set1(-2), POLYNOMIAL(a2, tanh_p));
    const vec denominator = vec_select(large, vec_add(exp_in_range(vec_add(a, a)), one), POLYNOMIAL(a2, tanh_q));
    const vec scale = vec_select(large, one, vec_mul(a2, a)), base = vec_select(large, one, a);
    return vec_copysign(vec_fma(scale, vec_div(numerator, denominator), base), x);
}

/* log(1 + f) + k ln 2 for 1 + f in [sqrt(1/2), sqrt(2)], accurate for tiny f when
   k = 0. With s = f/(2+f) and h = f^2/2, log(1 + f) = f - (h - s (h + s^2 r(s^2))). */
NA_INLINE vec log1p_reduced(vec f, vec k)
{
    const vec s = vec_div(f, vec_add(vec_set1(2), f)), s2 = vec_mul(s, s);
    const vec h = vec_mul(vec_mul(vec_set1((real)0.5), f), f);
    const vec tail = vec_fma(s2, POLYNOMIAL(s2, log_r), h);
    const vec low = vec_sub(h, vec_fma(s, tail, vec_mul(k, vec_set1(LN2_LO))));
    return vec_fma(k, vec_set1(LN2_HI), vec_sub(f, low));
}

/* log(x): -inf at 0 (and at subnormals), NaN below.
   Largest error: 0.84 ULP in float32, 0.81 in float64. */
NA_INLINE vec vec_log(vec x)
{
    const vec zero = vec_set1(0), infinity = vec_set1((real)INFINITY);
    vec k, y;
    const vec m = vec_split(x, &k);
    y = log1p_reduced(vec_sub(m, vec_set1(1)), k);
    y = vec_select(vec_eq(x, infinity), x, y);
    return vec_select(vec_lt(zero, x), y, vec_select(vec_eq(x, zero), vec_neg(infinity), vec_set1((real)NAN)));
}

/* log(1 + exp(-a)) for a >= 0 (softplus(x) = max(x, 0) + this of |x|); 0 where exp(-a)
   would be subnormal. With u = exp(-a): log1p(u), or ln 2 + log1p((u - 1)/2) for
   u > sqrt(2) - 1. Largest error: 1.69 ULP in float32, 1.68 in float64. */
NA_INLINE vec vec_softplus_negative(vec a)
{
    const vec one = vec_set1(1), half = vec_set1((real)0.5);
    const vec u = exp_of_minus(a);
    const vec_mask large = vec_lt(vec_set1((real)0.41421356237309505), u);
    const vec f = vec_select(large, vec_mul(half, vec_sub(u, one)), u);
    const vec y = log1p_reduced(f, vec_select(large, one, vec_set1(0)));
    return vec_select(vec_is_nan(a), a, y);
}

#undef POLYNOMIAL

#endif
