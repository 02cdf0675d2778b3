/* formulas.h: activations in wider arithmetic: value and derivative by z and the parameter a, written so that
 * nothing cancels, overflows or meets inf·0 where the result does not. A file that includes it defines `wide`, its
 * WIDE(function), and DIGITS and REAL_MIN of the narrower type. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_FORMULAS_H
#define NA_FORMULAS_H

#include <math.h>

/* sqrt_half_low is the part of 1 / sqrt(2) beyond 53 bits. */
#define sqrt_half ((wide)0x1.6a09e667f3bcdp-1)
#define sqrt_half_low ((wide) - 0x1.bdd3413b26456p-55)
#define density_at_0 ((wide)0.398942280401432677939946059934381868L)

static inline wide sigmoid(wide z, wide a)
{
    const wide e = WIDE(exp)(-WIDE(fabs)(z));
    return (void)a, (z > 0 ? 1 : e) / (1 + e);
}

static inline wide elu(wide z, wide a) { return z < 0 ? a * WIDE(expm1)(z) : z; }
/* Where exp(z) would be subnormal it counts as 0, for any a. */
static inline wide elu_slope(wide z, wide a)
{
    const wide e = WIDE(exp)(z);
    return z > 0 ? 1 : a * (e < REAL_MIN ? 0 : e);
}

#define selu_scale 1.0507009873554804934193349852946L
#define selu_alpha 1.6732632423543772848170429916717L
static inline wide selu(wide z, wide a) { return (void)a, (wide)selu_scale * elu(z, (wide)selu_alpha); }
static inline wide selu_slope(wide z, wide a) { return (void)a, (wide)selu_scale * elu_slope(z, (wide)selu_alpha); }

static inline wide celu(wide z, wide a) { return z < 0 ? a * WIDE(expm1)(z / a) : z; }
static inline wide celu_slope(wide z, wide a) { return z > 0 ? 1 : WIDE(exp)(z / a); }

static inline wide softplus(wide z, wide a)
{
    return (void)a, (z > 0 ? z : 0) + (isnan(z) ? z : WIDE(log1p)(WIDE(exp)(-WIDE(fabs)(z))));
}
static inline wide log_sigmoid(wide z, wide a) { return -softplus(-z, a); }
static inline wide log_sigmoid_slope(wide z, wide a) { return sigmoid(-z, a); }

static inline wide squareplus(wide z, wide a)
{
    const wide half = (WIDE(fabs)(z) + WIDE(hypot)(z, WIDE(sqrt)(a))) / 2;
    return z < 0 ? a / 4 / half : half;
}
static inline wide squareplus_slope(wide z, wide a)
{
    const wide root = WIDE(hypot)(z, WIDE(sqrt)(a));
    return isinf(z) ? z > 0 : squareplus(z, a) / root;
}

static inline wide softsign(wide z, wide a)
{
    return (void)a, isinf(z) ? WIDE(copysign)(1, z) : z / (1 + WIDE(fabs)(z));
}
static inline wide softsign_slope(wide z, wide a)
{
    const wide size = 1 + WIDE(fabs)(z);
    return (void)a, 1 / size / size;
}

/* (z cosh z - sinh z) / cosh z; the numerator is the sum of 2k z^(2k+1) / (2k+1)! */
static inline wide tanh_shrink(wide z, wide a)
{
    if (!(WIDE(fabs)(z) < 1)) return (void)a, z - WIDE(tanh)(z);
    wide sum = 0 * z, power = z;
    for (int k = 1; k < 16; k++) {
        power *= z * z / (wide)(2 * k * (2 * k + 1));
        sum += 2 * k * power;
    }
    return sum / WIDE(cosh)(z);
}
static inline wide tanh_shrink_slope(wide z, wide a) { return (void)a, WIDE(tanh)(z) * WIDE(tanh)(z); }

/* 0 for arguments whose neighbours in the narrower type are at least 1/128 apart. */
static inline wide bounded(wide z, wide (*f)(wide))
{
    return WIDE(fabs)(z) > WIDE(scalbn)(1, DIGITS - 8) && !isinf(z) ? 0 * z : f(z);
}
#ifdef __MINGW32__ /* its own functions have 66 bits of pi; those of msvcrt.dll round once */
extern double (*const __imp_sin)(double), (*const __imp_cos)(double);
static inline wide wide_sin(wide z) { return (wide)__imp_sin((double)z); }
static inline wide wide_cos(wide z) { return (wide)__imp_cos((double)z); }
#else
#define wide_sin WIDE(sin)
#define wide_cos WIDE(cos)
#endif
static inline wide sine(wide z, wide a) { return (void)a, bounded(z, wide_sin); }
static inline wide sine_slope(wide z, wide a) { return (void)a, bounded(z, wide_cos); }

/* ---- piecewise linear ------------------------------------------------------------------------ */

static inline wide clipped(wide low, wide z, wide high) { return z < low ? low : z > high ? high : z; }
static inline wide between(wide low, wide z, wide high) { return isnan(z) ? z : low < z && z < high; }

static inline wide hard_sigmoid(wide z, wide a) { return (void)a, clipped(0, z + 3, 6) / 6; }
static inline wide hard_sigmoid_slope(wide z, wide a) { return (void)a, between(-3, z, 3) / 6; }

static inline wide hard_swish(wide z, wide a) { return clipped(-3, z, INFINITY) * hard_sigmoid(z, a); }
static inline wide hard_swish_slope(wide z, wide a) { return (void)a, z <= -3 ? 0 : z >= 3 ? 1 : (2 * z + 3) / 6; }

static inline wide hard_tanh(wide z, wide a) { return (void)a, clipped(-1, z, 1); }
static inline wide hard_tanh_slope(wide z, wide a) { return (void)a, between(-1, z, 1); }

static inline wide hard_shrink(wide z, wide a) { return z > a || z < -a || isnan(z) ? z : 0; }
static inline wide soft_shrink(wide z, wide a) { return z > a ? z - a : z < -a ? z + a : isnan(z) ? z : 0; }
static inline wide shrink_slope(wide z, wide a) { return isnan(z) ? z : z > a || z < -a; }

/* ---- z·g(z) ---------------------------------------------------------------------------------- */

/* g for z <= 0, 1 - g for z > 0; and g'. */
typedef struct {
    wide rest, slope;
} gate;

static inline wide gated(wide z, gate g)
{
    const wide lost = g.rest == 0 ? 0 : WIDE(fabs)(z) * g.rest;
    return z < 0 ? -lost : z - lost;
}

static inline wide gated_slope(wide z, gate g)
{
    const wide u = g.slope == 0 ? (wide)-0.0 : g.rest - WIDE(fabs)(z) * g.slope;
    return z > 0 ? 1 - u : u;
}

/* The terms that gated_slope adds: its roundings are relative to their sum. */
static inline wide gated_size(wide z, gate g)
{
    return (z > 0 ? 1 : 0) + g.rest + (g.slope == 0 ? 0 : WIDE(fabs)(z) * g.slope);
}

/* Corrects erfc for the rounding of its argument, which would cost as many units in the last place as its square. */
static inline gate normal_gate(wide z)
{
    const wide t = WIDE(fabs)(z), x = t * sqrt_half;
    const wide low = WIDE(fma)(t, sqrt_half, -x) + t * sqrt_half_low;
    const wide density = density_at_0 * WIDE(exp)(-x * x) * (1 - 2 * x * low);
    if (isinf(z)) return (gate){0, 0};
    return (gate){WIDE(erfc)(x) / 2 - 2 * sqrt_half * low * density, density};
}

static inline gate logistic_gate(wide x, wide slope)
{
    const wide e = WIDE(exp)(-x), rest = e / (1 + e);
    return (gate){rest, isinf(x) ? 0 : rest / (1 + e) * slope};
}
static inline gate silu_gate(wide z) { return logistic_gate(WIDE(fabs)(z), 1); }

static inline gate gelu_tanh_gate(wide z)
{
    const wide alpha = 4 * density_at_0, beta = alpha * (wide)0.044715L, t = WIDE(fabs)(z);
    return logistic_gate(t * (alpha + beta * t * t), alpha + 3 * beta * t * t);
}

/* g = tanh(softplus(z)) = n / (n + 2) with n = e (e + 2), e = exp(z) */
static inline gate mish_gate(wide z)
{
    const wide e = WIDE(exp)(-WIDE(fabs)(z)), d = z > 0 ? 1 + 2 * e * (1 + e) : 2 + e * (2 + e);
    return (gate){(z > 0 ? 2 * e * e : e * (2 + e)) / d, 4 * (z > 0 ? e * e : e) * (1 + e) / d / d};
}

#define NA_GATED(name, g)                                                                     \
    static inline wide name(wide z, wide a) { return (void)a, gated(z, g(z)); }               \
    static inline wide name##_slope(wide z, wide a) { return (void)a, gated_slope(z, g(z)); } \
    static inline wide name##_size(wide z, wide a) { return (void)a, gated_size(z, g(z)); }
NA_GATED(gelu, normal_gate)
NA_GATED(gelu_tanh, gelu_tanh_gate)
NA_GATED(silu, silu_gate)
NA_GATED(mish, mish_gate)
#undef NA_GATED

#endif
