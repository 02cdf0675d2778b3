/* Measures csrc/kernels/vecmath.h and the other activations: the largest error of each function in ULP, its special
 * values, its range. float32: every k-th bit pattern (argument, default 4093; 1 = all of them) against double;
 * float64: edges and samples against long double. With FMA the hashes must be those in golden.h. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include <float.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../csrc/kernels/vecmath.h"

#include "../../csrc/activations.h"
#include "../../csrc/simd/fp_state.h"

#include "golden.h"
#include "neuract.h"

#define QUOTED(name) #name
#define STRING(name) QUOTED(name)

enum { BATCH = 4096, F64_SAMPLES = 125000, GOLDEN_K = 4093 };

#if NA_REAL_BITS == 32
#define DTYPE "f32"
typedef uint32_t bits;
typedef double wide;
#define WIDE(f) f
#define LARGEST FLT_MAX
#define DIGITS FLT_MANT_DIG
#else
#define DTYPE "f64"
typedef uint64_t bits;
typedef long double wide;
#define WIDE(f) f##l
#define LARGEST DBL_MAX
#define DIGITS DBL_MANT_DIG
#endif

#include "formulas.h"

#ifdef NA_ISA_SSE2
static const double allowance = 2; /* no FMA */
#define SMALLEST ((wide)REAL_MIN * 4)
#else
static const double allowance = 0;
#define SMALLEST ((wide)REAL_MIN * (1 + WIDE(scalbn)(16, -DIGITS)))
#endif

/* Up to here sin and cos are accurate to the last places. */
#define SIN_DOMAIN ((NA_REAL_BITS == 32 ? 0x1p10 : 0x1p19) * 3.14159)

static wide exp_x(wide x, wide a) { return (void)a, WIDE(exp)(x); }
static wide log_x(wide x, wide a) { return (void)a, WIDE(log)(x); }
static wide tanh_x(wide x, wide a) { return (void)a, WIDE(tanh)(x); }
static wide softplus_negative(wide x, wide a) { return (void)a, WIDE(log1p)(WIDE(exp)(-WIDE(fabs)(x))); }
static wide expm1_of_minus(wide x, wide a) { return (void)a, WIDE(expm1)(-WIDE(fabs)(x)); }

/* The rest is exact, and multiples of a quarter turn give 0 and 1 exactly. */
static wide one(wide x, wide a) { return (void)x, (void)a, 1; }
static wide sine_of_rest(wide r) { return WIDE(sin)(r * WIDE(6.283185307179586476925286766559)); }
static wide turn_cosine(wide t, wide a) { return (void)a, sine_of_rest(WIDE(0.25) - WIDE(fabs)(t - WIDE(rint)(t))); }
static wide turn_sine(wide t, wide a)
{
    const wide r = t - WIDE(rint)(t), size = WIDE(fabs)(r);
    return (void)a, WIDE(copysign)(sine_of_rest(size > WIDE(0.25) ? WIDE(0.5) - size : size), r);
}

/* An expression in z and a. Not inlined, so that the compiler cannot move arithmetic across a change of state. */
#define EVALUATE(name, expression)                                                            \
    static __attribute__((noinline)) void eval_##name(const real *x, real *y, real parameter) \
    {                                                                                         \
        const vec a = vec_set1(parameter);                                                    \
        (void)a;                                                                              \
        for (int i = 0; i < BATCH; i += VEC_LANES) {                                          \
            const vec z = vec_load(x + i);                                                    \
            vec_store(y + i, expression);                                                     \
        }                                                                                     \
    }
#define VALUE(name) na_##name(z, a)
#define SLOPE(name) na_##name##_derivative(z, na_##name(z, a), a)
EVALUATE(exp, vec_exp(z))
EVALUATE(log, vec_log(z))
EVALUATE(tanh, vec_tanh(z))
EVALUATE(sigmoid, vec_sigmoid(z))
EVALUATE(softplus_negative, vec_softplus_negative(vec_abs(z)))
EVALUATE(expm1, na_elu(vec_neg(vec_abs(z)), a))
EVALUATE(selu, VALUE(selu))
EVALUATE(celu, VALUE(celu))
EVALUATE(gelu, VALUE(gelu))
EVALUATE(gelu_slope, SLOPE(gelu))
EVALUATE(gelu_tanh, VALUE(gelu_tanh))
EVALUATE(gelu_tanh_slope, SLOPE(gelu_tanh))
EVALUATE(silu, VALUE(silu))
EVALUATE(silu_slope, SLOPE(silu))
EVALUATE(mish, VALUE(mish))
EVALUATE(mish_slope, SLOPE(mish))
EVALUATE(softplus, VALUE(softplus))
EVALUATE(log_sigmoid, VALUE(log_sigmoid))
EVALUATE(softsign, VALUE(softsign))
EVALUATE(squareplus, VALUE(squareplus))
EVALUATE(squareplus_slope, SLOPE(squareplus))
EVALUATE(tanh_shrink, VALUE(tanh_shrink))
EVALUATE(sin, VALUE(sin))
EVALUATE(sin_slope, SLOPE(sin))
EVALUATE(turn_cos, turn_cos(turn_of(z)))
EVALUATE(turn_sin, turn_sin(turn_of(z)))

/* low, high: the range of y. spread: float64 samples are dense in [-spread, spread]. size: what the error is measured
 * against where terms cancel, else the result. domain: where it is measured in units of the last place, else
 * everywhere.
 */
static const struct function {
    const char *name;
    void (*evaluate)(const real *, real *, real);
    wide (*reference)(wide, wide);
    double limit_f32, limit_f64, low, high, spread;
    bool odd;
    wide (*size)(wide, wide);
    real parameter;
    double domain;
} functions[] = {
    {"exp", eval_exp, exp_x, 1.0, 1.25, 0, INFINITY, 750, .odd = false},
    {"log", eval_log, log_x, 1.5, 1.5, -INFINITY, INFINITY, 4, .odd = false},
    {"tanh", eval_tanh, tanh_x, 1.25, 1.5, -1, 1, 22, .odd = true},
    {"sigmoid", eval_sigmoid, sigmoid, 2.25, 2.0, 0, 1, 40, .odd = false},
    {"softplus_negative", eval_softplus_negative, softplus_negative, 2.5, 2.5, 0, 1, 40, .odd = false},
    {"expm1", eval_expm1, expm1_of_minus, 2, 2, -1, 0, 40, .odd = false, .parameter = 1},
    {"selu", eval_selu, selu, 2.5, 2.5, -1.7581, INFINITY, 40, .odd = false},
    {"celu", eval_celu, celu, 3, 3, -0.61, INFINITY, 40, .odd = false, .parameter = (real)0.6},
    {"gelu", eval_gelu, gelu, 4, 4, -0.17, INFINITY, 40, .odd = false},
    {"gelu'", eval_gelu_slope, gelu_slope, 5, 5, -0.13, 1.13, 40, .odd = false, .size = gelu_size},
    {"gelu_tanh", eval_gelu_tanh, gelu_tanh, 4, 4, -0.171, INFINITY, 22, .odd = false},
    {"gelu_tanh'", eval_gelu_tanh_slope, gelu_tanh_slope, 6, 6, -0.13, 1.13, 22, .odd = false, .size = gelu_tanh_size},
    {"silu", eval_silu, silu, 4, 4, -0.28, INFINITY, 750, .odd = false},
    {"silu'", eval_silu_slope, silu_slope, 5, 5, -0.1, 1.1, 750, .odd = false, .size = silu_size},
    {"mish", eval_mish, mish, 4.5, 4.5, -0.31, INFINITY, 750, .odd = false},
    {"mish'", eval_mish_slope, mish_slope, 5, 5, -0.12, 1.1, 750, .odd = false, .size = mish_size},
    {"softplus", eval_softplus, softplus, 2.5, 2.5, 0, INFINITY, 40, .odd = false},
    {"log_sigmoid", eval_log_sigmoid, log_sigmoid, 2.5, 2.5, -INFINITY, 0, 40, .odd = false},
    {"softsign", eval_softsign, softsign, 2, 2, -1, 1, 40, .odd = true},
    {"squareplus", eval_squareplus, squareplus, 3, 3, 0, INFINITY, 40, .odd = false, .parameter = 4},
    {"squareplus'", eval_squareplus_slope, squareplus_slope, 5, 5, 0, 1, 40, .odd = false, .parameter = 4},
    {"tanh_shrink", eval_tanh_shrink, tanh_shrink, 4, 4, -INFINITY, INFINITY, 2, .odd = true},
    {"sin", eval_sin, sine, 2.5, 2.5, -1, 1, 40, .odd = true, .domain = SIN_DOMAIN},
    {"sin'", eval_sin_slope, sine_slope, 2.5, 2.5, -1, 1, 40, .odd = false, .domain = SIN_DOMAIN},
    {"turn_cos", eval_turn_cos, turn_cosine, 1.25, 1.75, -1, 1, 2, .odd = false, .size = one},
    {"turn_sin", eval_turn_sin, turn_sine, 1.75, 1.5, -1.000001, 1.000001, 2, .odd = false, .size = one},
};

struct result {
    double error;
    real where;
    uint64_t hash;
    bool in_range, is_odd;
};

static bits bits_from(real x)
{
    bits b;
    memcpy(&b, &x, sizeof b);
    return b;
}

static real real_from(bits b)
{
    real x;
    memcpy(&x, &b, sizeof x);
    return x;
}

/* |y - exact| in units of the last place of size >= |exact|; inf if a special value is wrong. Next to the smallest
 * normal number a result may be flushed because of its own error and, without FMA, that of a term. */
static double ulp_error(real y, wide exact, wide size)
{
    if (isnan(exact)) return isnan(y) ? 0 : INFINITY;
    if (WIDE(fabs)(exact) < SMALLEST && WIDE(fabs)((wide)y) < SMALLEST)
        return !signbit(y) == !signbit(exact) ? 0 : INFINITY;
    if (size > LARGEST * (1 + WIDE(scalbn)(1, -DIGITS - 1))) return isinf(y) && (y > 0) == (exact > 0) ? 0 : INFINITY;
    if (!isfinite(y)) return INFINITY;
    return (double)WIDE(scalbn)(WIDE(fabs)((wide)y - exact), DIGITS - 1 - WIDE(ilogb)(size));
}

static void evaluate_flushed(const struct function *f, const real *x, real *y)
{
    const na_fp_state state = na_fp_enter();
    f->evaluate(x, y, f->parameter);
    na_fp_leave(state);
}

/* sin and cos beyond their domain: the error relative to 1, without FMA relative to x. */
static double error_beyond(wide x, wide exact, real y)
{
    const wide allowed = WIDE(scalbn)(allowance > 0 ? WIDE(fabs)(x) : 1, 2 - DIGITS);
    return WIDE(fabs)((wide)y - exact) <= allowed ? 0 : INFINITY;
}

static double error_at(const struct function *f, wide x, real y)
{
    const wide a = (wide)f->parameter, exact = f->reference(x, a);
    if (f->domain > 0 && WIDE(fabs)(x) > f->domain && isfinite(y)) return error_beyond(x, exact, y);
    return ulp_error(y, exact, f->size ? f->size(x, a) : WIDE(fabs)(exact));
}

static void check_batch(const struct function *f, const real *x, struct result *result)
{
    static real y[BATCH], minus_x[BATCH], y_minus[BATCH];
    evaluate_flushed(f, x, y);
    for (int i = 0; f->odd && i < BATCH; i++) minus_x[i] = -x[i];
    if (f->odd) evaluate_flushed(f, minus_x, y_minus);

    for (int i = 0; i < BATCH; i++) {
        const wide flushed = WIDE(fabs)((wide)x[i]) < REAL_MIN ? WIDE(copysign)(0, x[i]) : (wide)x[i];
        const double error = error_at(f, flushed, y[i]);
        if (error > result->error) {
            result->error = error;
            result->where = x[i];
        }
        result->in_range &= isnan(y[i]) || ((double)y[i] >= f->low && (double)y[i] <= f->high);
        if (f->odd) result->is_odd &= isnan(y[i]) ? isnan(y_minus[i]) : bits_from(y_minus[i]) == bits_from(-y[i]);

        const bits b = bits_from(isnan(y[i]) ? (real)0 : y[i]); /* payloads of NaN may differ */
        for (unsigned byte = 0; byte < sizeof b; byte++)
            result->hash = (result->hash ^ (b >> 8 * byte & 0xff)) * UINT64_C(0x100000001b3);
    }
}

/* Values at which a function changes, values near multiples of pi, and their neighbours, of both signs. */
static void check_edges(const struct function *f, struct result *result)
{
    const real centres[] = {
        0,           REAL_MIN,
        (real)0.25,  (real)0.34657359027997264,
        (real)0.5,   (real)0.70710678118654752,
        1,           TANH_SPLIT,
        2,           (real)0.88137358701954303,
        TANH_IS_ONE, (real)1.41421356237309505,
        LARGEST,     -EXP_MIN,
        EXP_MAX,     (real)INFINITY,
        SIN_LIMIT,   (real)3.14159265358979324,
        (real)355,   (real)804.24771931898707,
    };
    enum { CENTRES = sizeof centres / sizeof *centres };
    static real x[BATCH];
    for (int i = 0; i < BATCH; i++) {
        const bits near = bits_from(centres[i / 2 % CENTRES]) + (bits)(i / 2 / CENTRES) - BATCH / 4 / CENTRES;
        x[i] = real_from(near ^ (bits)(i & 1) << (NA_REAL_BITS - 1));
    }
    check_batch(f, x, result);
}

#if NA_REAL_BITS == 32

static void sweep(const struct function *f, uint64_t k, struct result *result)
{
    static real x[BATCH];
    for (uint64_t next = 0; next < UINT64_C(1) << 32;) {
        for (int i = 0; i < BATCH; i++, next += k) x[i] = real_from((bits)next);
        check_batch(f, x, result);
    }
}

#else

static uint64_t random_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

/* In turn: any bit pattern, magnitudes from 2^-60 to 2^11, and two dense in the spread. */
static void sweep(const struct function *f, uint64_t k, struct result *result)
{
    static real x[BATCH];
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    for (uint64_t done = 0; done < UINT64_C(1) * GOLDEN_K * F64_SAMPLES / k; done += BATCH) {
        for (int i = 0; i < BATCH; i++) {
            const uint64_t r = random_bits(&state), fraction = r >> 12;
            const uint64_t exponent = 1023 - 60 + random_bits(&state) % 71;
            if (i % 4 == 0)
                x[i] = real_from(r);
            else if (i % 4 == 1)
                x[i] = real_from(r << 63 | exponent << 52 | fraction);
            else
                x[i] = f->spread * ((double)(r >> 11) * 0x1p-52 - 1);
        }
        check_batch(f, x, result);
    }
}

#endif

enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* Sweeps one function and prints the result. */
static bool test_function(const struct function *f, uint64_t k, golden_hash *hash)
{
    const double limit = allowance + (NA_REAL_BITS == 32 ? f->limit_f32 : f->limit_f64);
    struct result result = {.hash = UINT64_C(0xcbf29ce484222325), .in_range = true, .is_odd = true};
    check_edges(f, &result);
    sweep(f, k, &result);
    const bool good = result.error <= limit && result.in_range && result.is_odd;
    printf("%-18s %.4f ULP at %a, limit %.2f%s%s%s\n", f->name, result.error, (double)result.where, limit,
           result.in_range ? "" : ", OUT OF RANGE", result.is_odd ? "" : ", NOT ODD", good ? "" : ": FAILED");
    hash->value = result.hash;
    strcpy(hash->name, f->name);
    return good;
}

/* Not inlined: main must run on processors that lack the instruction set of this file. */
static __attribute__((noinline)) int test(uint64_t k, const char *only)
{
    golden_hash hashes[FUNCTIONS];
    int tested = 0, passed = 0;
    for (int i = 0; i < FUNCTIONS; i++) {
        if (*only && strcmp(only, functions[i].name) != 0) continue;
        passed += test_function(&functions[i], k, &hashes[tested]);
        tested++;
    }
    printf("%d passed, %d failed\n", passed, tested - passed);
    const bool comparable = k == GOLDEN_K && !*only && allowance == 0;
    return passed < tested || (comparable && !golden_agrees("vecmath_" DTYPE, tested, hashes));
}

static bool runs_here(void)
{
    bool runs;
    const char *isa;
    for (int i = 0; (isa = na_simd_built(i, &runs)); i++)
        if (strcmp(isa, STRING(NA_ISA)) == 0) return runs;
    return false;
}

int main(int argc, char **argv)
{
    const uint64_t k = argc > 1 ? strtoull(argv[1], NULL, 10) : GOLDEN_K;
    if (k == 0) return 2;
    return runs_here() ? test(k, argc > 2 ? argv[2] : "") : 77;
}
