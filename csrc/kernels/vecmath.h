/* exp, log, tanh, sin, the sigmoid and what activations need besides, of a vec,
   over the vocabulary of simd/vec.h: branch-free, no tables, any real as input
   where no range is given. One algorithm for every instruction set: those with
   FMA give the same bits. To be called with subnormals flushed
   (simd/fp_state.h). NaN stays NaN. */
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
     shrink_p/_q:    (a - tanh(a)) / a^3            in a^2, a <= 1
     sin_p:          (sin(r) - r) / r^3             in r^2, |r| <= pi/2
     turn_p:         sin(2 pi u) / u                in u^2, |u| <= 1/4; of absolute error
     turn_q:         cos(2 pi u) / (1/16 - u^2)     as turn_p
     mills_p:        (t + 4) m(t), see vec_mills    in (t - 4)/(t + 4), t <= 13.5 or 37.75
   LN2_HI has so few bits that its product with an exponent is exact, and so have the first
   three of pi_parts, whose sum is pi, with a multiple of 1/2 up to 2^10 or 2^19.
   EXP_MIN and EXP_MAX: the first and last x whose exp is a normal real.
   SIN_LIMIT: where a unit in the last place becomes 1/128. */
#if NA_REAL_BITS == 32
#define EXP_MIN (-0x1.5d589ep6f)
#define EXP_MAX 0x1.62e42ep6f
#define LN2_HI 0x1.62e4p-1f
#define LN2_LO 0x1.7f7d1cp-20f
#define TANH_SPLIT 0.85f
#define TANH_IS_ONE 10.0f
#define SIN_LIMIT 0x1p16f
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
static const real mills_p[] = {
    0x1.82b4bcp-1f,  -0x1.373e3ap-1f, 0x1.8c6d9cp-2f,  -0x1.7dffb8p-3f, 0x1.eed53ep-5f,
    -0x1.ed617ep-8f, -0x1.cd0abcp-9f, 0x1.9cb21ep-10f, 0x1.8fa8c8p-13f, -0x1.0a00aep-13f,
};
static const real sin_p[] = {
    -0x1.55554cp-3f,
    0x1.110ed4p-7f,
    -0x1.9f6f20p-13f,
    0x1.5da7f2p-19f,
};
static const real turn_p[] = {
    0x1.921fb4p+2f, -0x1.4abba2p+5f, 0x1.466504p+6f, -0x1.31fbf4p+6f, 0x1.3912a8p+5f,
};
static const real turn_q[] = {0x1.fffffep+3f, -0x1.de9cf0p+5f, 0x1.46dcc8p+6f, -0x1.c08004p+5f};
static const real shrink_p[] = {1.0f, 0x1.69a06p-5f};
static const real shrink_q[] = {3.0f, 0x1.551a3ap+0f, 0x1.8325dep-5f};
static const real pi_parts[] = {0x1.921p+1f, 0x1.f6ap-12f, 0x1.11p-25f, 0x1.68c234p-38f};
#else
#define EXP_MIN (-0x1.6232bdd7abcd2p9)
#define EXP_MAX 0x1.62e42fefa39efp9
#define LN2_HI 0x1.62e42feep-1
#define LN2_LO 0x1.a39ef35793c76p-33
#define TANH_SPLIT 0.625
#define TANH_IS_ONE 20.0
#define SIN_LIMIT 0x1p45
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
static const real mills_p[] = {
    0x1.82b4bb8c94dcep-1,  -0x1.373e3a893c28ap-1,  0x1.8c6dbf2cfc2b3p-2,   -0x1.7dff2bff68393p-3,
    0x1.eec4cc3e4d3a4p-5,  -0x1.ee276104814a4p-8,  -0x1.c81719d56378ap-9,  0x1.ab825fc17bb21p-10,
    0x1.17a4ae44d1ea7p-13, -0x1.e4a4258ebc6d3p-13, -0x1.001e76589bac5p-19, 0x1.26d09bc66369fp-15,
    0x1.80b480c29abdap-21, -0x1.8d4b4eb548102p-18, -0x1.51ecc4fb7bf01p-21, 0x1.1237a28a5a3abp-20,
    0x1.235b63671cea6p-22, -0x1.4ceb23318653dp-23, -0x1.6cb1486a9b28cp-24, 0x1.cd5890765d3d0p-27,
    0x1.4bccebbf8669dp-26, 0x1.eb948201bbeebp-30,  -0x1.4f64776f6274cp-29, -0x1.77555519bc499p-31,
};
static const real sin_p[] = {
    -0x1.5555555555555p-3,  0x1.11111111110c8p-7,  -0x1.a01a01a014d6fp-13, 0x1.71de3a52a0b13p-19,
    -0x1.ae6454d4741f5p-26, 0x1.6123cd0723c4bp-33, -0x1.ae438465e032fp-41, 0x1.8832a6a79375cp-49,
};
static const real turn_p[] = {
    0x1.921fb54442d11p+2, -0x1.4abbce625bb9dp+5, 0x1.466bc67747d5fp+6, -0x1.32d2ccded0c4dp+6,
    0x1.5078317c16d71p+5, -0x1.e305e13e5ddbap+3, 0x1.e891ec8680962p+1, -0x1.61a7f88d5e200p-1,
};
static const real turn_q[] = {
    0x1.0000000000000p+4, -0x1.de9e64df22ee2p+5, 0x1.472be1224244ap+6, -0x1.d4fcd82fc4d09p+5,
    0x1.9f05ca34eeef8p+4, -0x1.f30966a27db8bp+2, 0x1.b23b88cab6e7fp+0, -0x1.16740bab9a24dp-2,
};
static const real shrink_p[] = {1.0, 0x1.0712845d22346p-4, 0x1.7e9829980ed4ep-11, 0x1.bc7199d76e95ep-25};
static const real shrink_q[] = {3.0, 0x1.6486ac04a99cap+0, 0x1.2d3f861eb86f5p-4, 0x1.8fedb41a31d88p-11};
static const real pi_parts[] = {0x1.921fb544p+1, 0x1.0b4611a6p-33, 0x1.3198a2ep-68, 0x1.b839a252049c1p-103};
#endif

#define POLYNOMIAL(x, coefficients) polynomial(x, coefficients, (int)(sizeof coefficients / sizeof *coefficients))

/* c[0] + c[1] x + ... + c[n-1] x^(n-1) by Horner's rule. */
NA_INLINE vec polynomial(vec x, const real *c, int n)
{
    vec sum = vec_set1(c[n - 1]);
    for (int i = n - 2; i >= 0; i--) sum = vec_fma(sum, x, vec_set1(c[i]));
    return sum;
}

/* n = round(x / ln 2), plus VEC_MAGIC as vec_add_exponent wants it. */
NA_INLINE vec exp_exponent(vec x) { return vec_fma(x, vec_set1((real)0x1.71547652b82fep0), vec_set1(VEC_MAGIC)); }

/* x - n ln 2 */
NA_INLINE vec exp_remainder(vec x, vec exponent)
{
    const vec n = vec_sub(exponent, vec_set1(VEC_MAGIC));
    return vec_fnma(n, vec_set1(LN2_LO), vec_fnma(n, vec_set1(LN2_HI), x));
}

/* exp(r) - 1 = r + r^2 q(r) for |r| <= ln(2)/2 */
NA_INLINE vec expm1_reduced(vec r) { return vec_fma(vec_mul(r, r), POLYNOMIAL(r, exp_q), r); }

/* exp(x) for EXP_MIN <= x <= EXP_MAX, any bits elsewhere. */
NA_INLINE vec exp_in_range(vec x)
{
    const vec n = exp_exponent(x);
    return vec_add_exponent(vec_add(vec_set1(1), expm1_reduced(exp_remainder(x, n))), n);
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

/* log(1 + exp(x)) = -log(1 - sigmoid(x)) */
NA_INLINE vec vec_softplus(vec x) { return vec_add(vec_max(vec_set1(0), x), vec_softplus_negative(vec_abs(x))); }

/* exp(x) - 1 for x <= 0, in [-1, 0]; any bits for x > 0. With x = n ln 2 + r it is
   2^n expm1(r) + (2^n - 1). Largest error: 0.97 ULP in float32, 1.17 in float64. */
NA_INLINE vec vec_expm1(vec x)
{
    const vec one = vec_set1(1), n = exp_exponent(x), scale = vec_add_exponent(one, n);
    const vec y = vec_fma(scale, expm1_reduced(exp_remainder(x, n)), vec_sub(scale, one));
    return vec_select(vec_lt(x, vec_set1(EXP_MIN)), vec_set1(-1), y);
}

/* x - tanh(x), odd. With a = |x|: a^3 p(a^2)/q(a^2) up to 1, (a - 1) + 2/(exp(2a) + 1)
   beyond, where nothing cancels; both share one division.
   Largest error: 3.8 ULP in float32, 3.9 in float64. */
NA_INLINE vec vec_tanh_shrink(vec x)
{
    const vec one = vec_set1(1), size = vec_abs(x);
    const vec a = vec_min(vec_set1(TANH_IS_ONE), size), a2 = vec_mul(a, a);
    const vec_mask large = vec_lt(one, a);
    const vec numerator = vec_select(large, vec_set1(2), POLYNOMIAL(a2, shrink_p));
    const vec denominator = vec_select(large, vec_add(exp_in_range(vec_add(a, a)), one), POLYNOMIAL(a2, shrink_q));
    const vec scale = vec_select(large, one, vec_mul(a2, a)), base = vec_select(large, vec_sub(size, one), vec_set1(0));
    return vec_copysign(vec_fma(scale, vec_div(numerator, denominator), base), x);
}

/* sin(r) (-1)^k with r = x - h pi, |r| <= pi/2; k an integer plus VEC_MAGIC. Cody & Waite 1980. */
NA_INLINE vec sin_reduced(vec x, vec k, vec h)
{
    vec r = x;
    for (int i = 0; i < 4; i++) r = vec_fnma(h, vec_set1(pi_parts[i]), r);
    const vec r2 = vec_mul(r, r), size = vec_abs(vec_fma(vec_mul(r2, r), POLYNOMIAL(r2, sin_p), r));
    /* To add the sign bit is to turn the sign. */
    const vec y = vec_copysign(vec_min(vec_set1(1), size), vec_bits_add(r, vec_bits_to_sign(k)));
    return vec_select(vec_le(vec_abs(x), vec_set1(SIN_LIMIT)), y, vec_mul(vec_set1(0), x));
}

/* sin(x), odd and in [-1, 1], NaN at inf, 0 beyond SIN_LIMIT. Largest error up to 2^10 pi in
   float32: 2.4 ULP, up to 2^19 pi in float64: 2.0; from there 2 units in the last place of 1,
   without FMA of x. */
NA_INLINE vec vec_sin(vec x)
{
    const vec magic = vec_set1(VEC_MAGIC), k = vec_fma(x, vec_set1((real)0x1.45f306dc9c883p-2), magic);
    return sin_reduced(x, k, vec_sub(k, magic));
}

/* cos(x) = sin(x + pi/2), as vec_sin. */
NA_INLINE vec vec_cos(vec x)
{
    const vec magic = vec_set1(VEC_MAGIC), half = vec_set1((real)0.5);
    const vec k = vec_add(vec_fma(x, vec_set1((real)0x1.45f306dc9c883p-2), half), magic);
    return sin_reduced(x, k, vec_sub(vec_sub(k, magic), half));
}

/* An angle of t turns, whose cosine and sine share most of the work: the rest r = t - round(t),
   which is exact, and u = 1/4 - |r|. So cosine and sine are those of the real t, however large;
   from 2^(fraction bits) on that is an integer. NaN at inf. */
typedef struct {
    vec rest, u, u2;
} turn;

NA_INLINE turn turn_of(vec t)
{
    const vec rest = vec_sub(t, vec_round(t)), u = vec_sub(vec_set1((real)0.25), vec_abs(rest));
    return (turn){rest, u, vec_mul(u, u)};
}

/* cos(2 pi t) = sin(2 pi u), in [-1, 1]. Largest absolute error: 1.4e-7 in float32, 3.4e-16 in float64. */
NA_INLINE vec turn_cos(turn t)
{
    const vec one = vec_set1(1), y = vec_mul(t.u, POLYNOMIAL(t.u2, turn_p));
    return vec_max(vec_neg(one), vec_min(one, y));
}

/* sin(2 pi t): cos(2 pi u) with the sign of r. That polynomial has the factor 1/16 - u^2 = |r| (1/4 + u), which
   makes it 0 at multiples of 1/2. Largest absolute error: 2.0e-7 in float32, 2.6e-16 in float64. */
NA_INLINE vec turn_sin(turn t)
{
    return vec_mul(vec_mul(t.rest, vec_add(t.u, vec_set1((real)0.25))), POLYNOMIAL(t.u2, turn_q));
}

/* ---- tails -----------------------------------------------------------------------------------
   exp(-a) for a >= 0 times TAIL_SCALE: still normal where the product that it goes into, unscaled
   at last, underflows. */
#define TAIL_SCALE 0x1p32

/* TAIL_SCALE 2^n exp(r) */
NA_INLINE vec exp_scaled(vec r, vec exponent)
{
    const vec scale = vec_set1((real)TAIL_SCALE);
    return vec_add_exponent(vec_fma(scale, expm1_reduced(r), scale), exponent);
}

/* TAIL_SCALE exp(-a), a <= 22 - EXP_MIN */
NA_INLINE vec vec_tail_exp(vec a)
{
    const vec x = vec_neg(a), n = exp_exponent(x);
    return exp_scaled(exp_remainder(x, n), n);
}

/* TAIL_SCALE exp(-(a + low)), low the rest of a number that a alone cannot hold: what the
   number's rounding is relative to it, it would be a times in the result. */
NA_INLINE vec vec_tail_exp_sum(vec a, vec low)
{
    const vec x = vec_neg(a), exponent = exp_exponent(x), n = vec_sub(exponent, vec_set1(VEC_MAGIC));
    const vec rest = vec_fma(n, vec_set1(LN2_LO), low);
    return exp_scaled(vec_sub(vec_fnma(n, vec_set1(LN2_HI), x), rest), exponent);
}

/* TAIL_SCALE exp(-t^2/2) */
NA_INLINE vec vec_tail_gaussian(vec t)
{
    const vec half = vec_set1((real)0.5), square = vec_mul(t, t), error = vec_mul_error(t, t, square);
    return vec_tail_exp_sum(vec_mul(half, square), vec_mul(vec_set1((real)-0.5), error));
}

/* m(t) = (1 - Phi(t)) exp(t^2/2) = erfcx(t/sqrt(2)) / 2, the normal distribution's tail without its
   Gaussian, in two factors: returns p(q), q = (t - 4)/(t + 4), and s = 1/(t + 4), put right by what
   the sum and the division rounded off. For t up to 13.5 in float32, 37.75 in float64. */
NA_INLINE vec vec_mills(vec t, vec *s)
{
    const vec one = vec_set1(1), four = vec_set1(4), sum = vec_add(t, four), low = vec_sub(t, vec_sub(sum, four));
    const vec rough = vec_div(one, sum);
    *s = vec_fma(rough, vec_fnma(rough, low, vec_fnma(rough, sum, one)), rough);
    return POLYNOMIAL(vec_fma(vec_set1(2), vec_mul(t, *s), vec_set1(-1)), mills_p);
}

#undef POLYNOMIAL

#endif
