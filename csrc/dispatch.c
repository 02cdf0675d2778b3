/* dispatch.c: chooses, once, the best kernels that this processor runs. The build defines NA_HAVE_<ISA> for each ISA
 * it has. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "neuract.h"

struct na_kernels_f32;
struct na_kernels_f64;

/* Whether the processor runs an ISA and the system saves its registers. */
static inline bool always(void) { return true; }
#ifdef __x86_64__
/* Checks FMA, these features of CPUID's leaf 7, and the registers that the system saves (XCR0). Does not use
 * __builtin_cpu_supports, which clang-cl compiles but does not link. */
static inline bool has(unsigned features, unsigned registers)
{
    unsigned a, b, c, d, saved, unused;
    const unsigned first = bit_FMA | bit_OSXSAVE;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & first) != first) return false;
    __asm__("xgetbv" : "=a"(saved), "=d"(unused) : "c"(0));
    if ((saved & registers) != registers || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
    return (b & features) == features;
}

static inline bool avx2_runs(void) { return has(bit_AVX2, 0x06); }

static inline bool avx512_runs(void)
{
    return has(bit_AVX2 | bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL, 0xe6);
}
#endif

/* X(name, runs): lowest first. */
#ifdef NA_HAVE_SSE2
#define NA_SSE2(X) X(sse2, always)
#else
#define NA_SSE2(X)
#endif
#ifdef NA_HAVE_AVX2
#define NA_AVX2(X) X(avx2, avx2_runs)
#else
#define NA_AVX2(X)
#endif
#ifdef NA_HAVE_AVX512
#define NA_AVX512(X) X(avx512, avx512_runs)
#else
#define NA_AVX512(X)
#endif
#ifdef NA_HAVE_NEON
#define NA_NEON(X) X(neon, always)
#else
#define NA_NEON(X)
#endif
#define NA_ISAS(X) NA_SSE2(X) NA_AVX2(X) NA_AVX512(X) NA_NEON(X)

#define NA_DECLARE(isa, runs)                                  \
    extern const struct na_kernels_f32 na_kernels_##isa##_f32; \
    extern const struct na_kernels_f64 na_kernels_##isa##_f64;
NA_ISAS(NA_DECLARE)

/* clang-format off */
static const struct {
    const char *name;
    bool (*runs)(void);
    const struct na_kernels_f32 *f32;
    const struct na_kernels_f64 *f64;
} isas[] = {
#define NA_ROW(isa, runs) {#isa, runs, &na_kernels_##isa##_f32, &na_kernels_##isa##_f64},
    NA_ISAS(NA_ROW)
};
/* clang-format on */
enum { N_ISAS = sizeof isas / sizeof *isas };

static int chosen = -1;

bool na_simd_choose(const char *wanted)
{
    int limit = N_ISAS - 1;
    if (wanted) {
        while (limit >= 0 && strcmp(isas[limit].name, wanted) != 0) limit--;
        if (limit < 0) return false;
    }
    while (!isas[limit].runs()) limit--; /* the lowest runs everywhere */
    chosen = limit;
    return true;
}

const char *na_simd_chosen(void) { return isas[chosen].name; }

const char *na_simd_built(int i, bool *runs)
{
    if (i >= N_ISAS) return NULL;
    *runs = isas[i].runs();
    return isas[i].name;
}

const struct na_kernels_f32 *na_best_kernels_f32(void);
const struct na_kernels_f64 *na_best_kernels_f64(void);
const struct na_kernels_f32 *na_best_kernels_f32(void) { return isas[chosen].f32; }
const struct na_kernels_f64 *na_best_kernels_f64(void) { return isas[chosen].f64; }
