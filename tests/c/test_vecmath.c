/* Measures csrc/kernels/vecmath.h: the largest error of each function in ULP,
   its special values, its range. float32: every k-th bit pattern (argument,
   default 257; 1 = all of them) against double; float64: edges and samples
   against long double. With FMA the hashes must be those in golden.h. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include <float.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../csrc/kernels/vecmath.h"
#include "../../csrc/simd/fp_state.h"

#include "golden.h"
#include "neuract.h"

#define QUOTED(name) #name
#define STRING(name) QUOTED(name)

enum { BATCH = 4096, F64_SAMPLES = 2000000, GOLDEN_K = 257 };

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

#ifdef NA_ISA_SSE2
static const double allowance = 2; /* no FMA */
#else
static const double allowance = 0;
#endif

static wide ref_exp(wide x) { return WIDE(exp)(x); }
static wide ref_log(wide x) { return WIDE(log)(x); }
static wide ref_tanh(wide x) { return WIDE(tanh)(x); }
static wide ref_softplus(wide x) { return WIDE(log1p)(WIDE(exp)(-WIDE(fabs)(x))); }
static wide ref_sigmoid(wide x)
{
    const wide e = WIDE(exp)(-WIDE(fabs)(x));
    return (x > 0 ? 1 : e) / (1 + e);
}

/* Not inlined: the compiler may not move arithmetic across a change of state. */
#define EVALUATE(name, function)                                                                \
    static __attribute__((noinline)) void name(const real *x, real *y)                          \
    {                                                                                           \
        for (int i = 0; i < BATCH; i += VEC_LANES) vec_store(y + i, function(vec_load(x + i))); \
    }
#define SOFTPLUS_OF_ABS(x) vec_softplus_negative(vec_abs(x))
EVALUATE(eval_exp, vec_exp)
EVALUATE(eval_log, vec_log)
EVALUATE(eval_tanh, vec_tanh)
EVALUATE(eval_sigmoid, vec_sigmoid)
EVALUATE(eval_softplus, SOFTPLUS_OF_ABS)

/* low, high: the range of y. spread: float64 samples are dense in [-spread, spread]. */
static const struct function {
    const char *name;
    void (*evaluate)(const real *, real *);
    wide (*reference)(wide);
    double limit_f32, limit_f64, low, high, spread;
    bool odd;
} functions[] = {
    {"exp", eval_exp, ref_exp, 1.0, 1.25, 0, INFINITY, 750, false},
    {"log", eval_log, ref_log, 1.5, 1.5, -INFINITY, INFINITY, 4, false},
    {"tanh", eval_tanh, ref_tanh, 1.25, 1.5, -1, 1, 22, true},
    {"sigmoid", eval_sigmoid, ref_sigmoid, 2.25, 2.0, 0, 1, 40, false},
    {"softplus_negative", eval_softplus, ref_softplus, 2.5, 2.5, 0, 1, 40, false},
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

/* |y - exact| in units of the last place of exact; inf where a special value is wrong. */
static double ulp_error(real y, wide exact)
{
    const wide size = WIDE(fabs)(exact);
    if (isnan(exact)) return isnan(y) ? 0 : INFINITY;
    if (size < REAL_MIN) return (y < 0 ? -y : y) <= REAL_MIN && !signbit(y) == !signbit(exact) ? 0 : INFINITY;
    if (size > LARGEST * (1 + WIDE(scalbn)(1, -DIGITS - 1))) return isinf(y) && (y > 0) == (exact > 0) ? 0 : INFINITY;
    if (!isfinite(y)) return INFINITY;
    return (double)WIDE(scalbn)(WIDE(fabs)((wide)y - exact), DIGITS - 1 - WIDE(ilogb)(size));
}

static void evaluate_flushed(const struct function *f, const real *x, real *y)
{
    const na_fp_state state = na_fp_enter();
    f->evaluate(x, y);
    na_fp_leave(state);
}

static void check_batch(const struct function *f, const real *x, struct result *result)
{
    static real y[BATCH], minus_x[BATCH], y_minus[BATCH];
    evaluate_flushed(f, x, y);
    for (int i = 0; f->odd && i < BATCH; i++) minus_x[i] = -x[i];
    if (f->odd) evaluate_flushed(f, minus_x, y_minus);

    for (int i = 0; i < BATCH; i++) {
        const wide flushed = WIDE(fabs)((wide)x[i]) < REAL_MIN ? WIDE(copysign)(0, x[i]) : (wide)x[i];
        const double error = ulp_error(y[i], f->reference(flushed));
        if (error > result->error) {
            result->error = error;
            result->where = x[i];
        }
        result->in_range &= isnan(y[i]) || ((double)y[i] >= f->low && (double)y[i] <= f->high);
        if (f->odd) result->is_odd &= isnan(y[i]) ? isnan(y_minus[i]) : bits_from(y_minus[i]) == bits_from(-y[i]);

        const bits b = bits_from(isnan(y[i]) ? (real)0 : y[i]); /* payloads may differ */
        for (unsigned byte = 0; byte < sizeof b; byte++)
            result->hash = (result->hash ^ (b >> 8 * byte & 0xff)) * UINT64_C(0x100000001b3);
    }
}

/* Values at which something changes, and their neighbours, of both signs. */
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
    };
    enum { CENTRES = sizeof centres / sizeof *centres };
    static real x[BATCH];
    for (int i = 0; i < BATCH; i++) {
        const bits near = bits_from(centres[i / 2 % CENTRES]) + (bits)(i / 2 / CENTRES) - 64;
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

/* Sweeps one function and says how it went. */
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

/* Not inlined: main must run where the processor lacks what this is compiled for. */
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
