/* test_reals.h: test_kernels.h for one dtype: arrays of reals, their contents, and comparisons. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_TEST_REALS_H
#define NA_TEST_REALS_H

#include <math.h>
#include <string.h>

#include "kernel_table.h"
#include "test_kernels.h"

/* wide: the type of oracles that must not round where the kernels do. */
#if NA_REAL_BITS == 32
typedef uint32_t bits;
typedef double wide;
#define WIDE(name) name
#define REAL_FN(name) name##f
#define LARGEST FLT_MAX
#define HUGE_REAL 1e30f
#define DIGITS FLT_MANT_DIG
#define DTYPE "f32"
#else
typedef uint64_t bits;
typedef long double wide;
#define WIDE(name) name##l
#define REAL_FN(name) name
#define LARGEST DBL_MAX
#define HUGE_REAL 1e300
#define DIGITS DBL_MANT_DIG
#define DTYPE "f64"
#endif

#include "formulas.h"

#define table NA_FN(na_best_kernels)()
#define CASE(...) case_begin(DTYPE, __VA_ARGS__)
static const double adam_parameters[] = {0.9, 0.999, 1e-8, 0};
#define ADAM .optimizer = na_optimizer_named("adam"), .optimizer_parameters = adam_parameters

/* Half a unit in the last place of 1: the largest relative error of one rounding. */
#define ROUNDING WIDE(scalbn)(1, -DIGITS)
/* Larger numbers round to inf. */
#define BEYOND (LARGEST * (1 + ROUNDING / 2))

static inline int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }

static inline bits bits_of(real x)
{
    bits b;
    memcpy(&b, &x, sizeof b);
    return b;
}

static inline real real_of(bits b)
{
    real x;
    memcpy(&x, &b, sizeof x);
    return x;
}

/* ---- inputs ---------------------------------------------------------------------------------- */

/* PLAIN: in [-1, 1). RANGE: any magnitude, subnormals too, but finite. RARE: one in 32 is one of `specials`; SPECIAL:
 * one in 4. */
typedef enum { PLAIN, RANGE, RARE, SPECIAL, N_KINDS } kind;

static inline real plain(void) { return (real)((double)(random_bits() >> 11) * 0x1p-52 - 1); }

static inline real special(void)
{
    static const real specials[] = {
        0, -(real)0.0, (real)NAN, (real)INFINITY, -(real)INFINITY, HUGE_REAL,     -HUGE_REAL,  LARGEST, -LARGEST,
        1, -1,         REAL_MIN,  -REAL_MIN,      REAL_MIN / 4,    -REAL_MIN / 4, (real)1e-20, 20,      -20,
    };
    return specials[random_below(sizeof specials / sizeof *specials)];
}

static inline real any_finite(void)
{
    real x = real_of((bits)random_bits());
    return isfinite(x) ? x : plain();
}

static inline real draw(kind k)
{
    if (k == RANGE) return any_finite();
    bool is_special = (k == RARE && random_below(32) == 0) || (k == SPECIAL && random_below(4) == 0);
    return is_special ? special() : plain();
}

static inline real *filled(real *array, int64_t n, kind k)
{
    for (int64_t i = 0; i < n; i++) array[i] = draw(k);
    return array;
}

/* The bytes after an array of reals are a canary other than zero, so that a kernel that reads them gives a wrong
 * result. */
static inline real *output(int slot, int64_t n) { return place(slot, (size_t)n * sizeof(real), false); }
static inline real *output_tight(int slot, int64_t n) { return place(slot, (size_t)n * sizeof(real), true); }
static inline real *input(int slot, int64_t n, kind k) { return filled(output(slot, n), n, k); }
static inline real *input_tight(int slot, int64_t n, kind k) { return filled(output_tight(slot, n), n, k); }

static inline real *copy(int slot, int64_t n, const real *from)
{
    return memcpy(output(slot, n), from, (size_t)n * sizeof(real));
}

/* ---- outputs --------------------------------------------------------------------------------- */

/* Whether the bits are the same; all NaN are equal. */
static inline bool same(real a, real b) { return (isnan(a) && isnan(b)) || bits_of(a) == bits_of(b); }

static inline void expect_same(const char *what, int64_t n, const real *got, const real *wanted)
{
    for (int64_t i = 0; i < n; i++)
        if (!same(got[i], wanted[i])) case_fail(what, i, (double)got[i], (double)wanted[i]);
}

/* The kernel may write n numbers of the slot's array; the memory around them must not change. */
static inline void expect_guarded(const char *what, int slot, int64_t n, const real *array)
{
    if (!canaries_live(slot, array, (size_t)n * sizeof(real))) case_overrun(what, n);
}

static inline void hash_reals(int64_t n, const real *y)
{
    for (int64_t i = 0; i < n; i++) case_hash(isnan(y[i]) ? bits_of((real)NAN) : bits_of(y[i]));
}

/* All three checks, for an output that is known to the bit. */
static inline void expect_output(const char *what, int slot, int64_t n, const real *got, const real *wanted)
{
    expect_same(what, n, got, wanted);
    expect_guarded(what, slot, n, got);
    hash_reals(n, got);
}

/* A number as kernels see it: subnormals are zero. */
static inline wide widened(real x) { return WIDE(fabs)((wide)x) < REAL_MIN ? WIDE(copysign)(0, (wide)x) : (wide)x; }

/* |got − exact| in units of the last place of size >= |exact|; 0 for a flushed result, inf for a wrong special
 * value. */
static inline double ulps_of(real got, wide exact, wide size)
{
    if (isnan(exact)) return isnan(got) ? 0 : INFINITY;
    if (WIDE(fabs)(exact) < REAL_MIN)
        return WIDE(fabs)((wide)got) <= REAL_MIN && !signbit(got) == !signbit(exact) ? 0 : INFINITY;
    if (size > BEYOND) return isinf(got) && (got > 0) == (exact > 0) ? 0 : INFINITY;
    if (!isfinite(got)) return INFINITY;
    return (double)WIDE(scalbn)(WIDE(fabs)((wide)got - exact), DIGITS - 1 - WIDE(ilogb)(size));
}

static inline void expect_ulps_of(const char *what, int64_t i, real got, wide exact, double limit, wide size)
{
    if (!(ulps_of(got, exact, size) <= limit)) case_fail(what, i, (double)got, (double)exact);
}

static inline void expect_ulps(const char *what, int64_t i, real got, wide exact, double limit)
{
    expect_ulps_of(what, i, got, exact, limit, WIDE(fabs)(exact));
}

/* `size`: the roundings of the formula are relative to it; more than |exact| if terms cancel. */
static inline void expect_near(const char *what, int64_t i, real got, wide exact, wide roundings, wide size)
{
    const wide allowed = roundings * (ROUNDING * size + REAL_MIN);
    bool good = WIDE(fabs)((wide)got - exact) <= allowed;
    if (isnan(exact))
        good = isnan(got);
    else if (isinf(exact))
        good = (wide)got == exact;
    else if (isinf(got))
        good = WIDE(fabs)(exact) + allowed > LARGEST && (got > 0) == (exact > 0);
    if (!good) case_fail(what, i, (double)got, (double)exact);
}

/* ---- for formulas ---------------------------------------------------------------------------- */

static const int64_t unit_counts[] = {1, 2, NA_LANES - 1, NA_LANES, NA_LANES + 1, 33};
enum { N_UNIT_COUNTS = sizeof unit_counts / sizeof *unit_counts };

/* Besides specials, numbers that reach into the tails of exp and beyond. */
static inline real draw_z(void)
{
    const real scales[] = {8, 1, (real)1e-3, NA_REAL_BITS == 32 ? 110 : 760};
    real z = draw(SPECIAL);
    return isfinite(z) && z >= -1 && z <= 1 ? z * scales[random_below(4)] : z;
}

static inline wide magnitude(wide x) { return WIDE(fabs)(x); }

#endif
