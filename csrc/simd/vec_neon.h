/* The vocabulary of vec.h for AArch64 Advanced SIMD: 16-byte vectors with FMA.
   min and max are comparisons, because FMIN and FMAX treat NaN and signed
   zeros otherwise than x86 does. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_SIMD_VEC_NEON_H
#define NA_SIMD_VEC_NEON_H

#include <arm_neon.h>

#define VEC_LANES (128 / NA_REAL_BITS)
#define TILE 6
#define ACROSS 1
#define PANELS 1

#if NA_REAL_BITS == 32
typedef float32x4_t vec;
typedef uint32x4_t vec_mask;
#define NEON(op) v##op##_f32
#define NEON_BITS(op) v##op##_u32
NA_INLINE vec_mask bits_of(vec v) { return vreinterpretq_u32_f32(v); }
NA_INLINE vec of_bits(vec_mask b) { return vreinterpretq_f32_u32(b); }
NA_INLINE int vec_mask_any(vec_mask m) { return vmaxvq_u32(m) != 0; }
#else
typedef float64x2_t vec;
typedef uint64x2_t vec_mask;
#define NEON(op) v##op##_f64
#define NEON_BITS(op) v##op##_u64
NA_INLINE vec_mask bits_of(vec v) { return vreinterpretq_u64_f64(v); }
NA_INLINE vec of_bits(vec_mask b) { return vreinterpretq_f64_u64(b); }
NA_INLINE int vec_mask_any(vec_mask m) { return vmaxvq_u32(vreinterpretq_u32_u64(m)) != 0; }
#endif

NA_INLINE vec vec_load(const real *from) { return NEON(ld1q)(from); }
NA_INLINE void vec_store(real *to, vec v) { NEON(st1q)(to, v); }
NA_INLINE vec vec_set1(real x) { return NEON(dupq_n)(x); }

NA_INLINE vec vec_load_part(const real *from, int n)
{
    real lanes[VEC_LANES] = {0};
    for (int i = 0; i < VEC_LANES; i++)
        if (i < n) lanes[i] = from[i];
    return vec_load(lanes);
}

NA_INLINE void vec_store_part(real *to, vec v, int n)
{
    real lanes[VEC_LANES];
    vec_store(lanes, v);
    for (int i = 0; i < VEC_LANES; i++)
        if (i < n) to[i] = lanes[i];
}

NA_INLINE vec vec_keep(vec v)
{
    __asm__("" : "+w"(v));
    return v;
}

NA_INLINE vec_mask vec_lt(vec a, vec b) { return NEON(cltq)(a, b); }
NA_INLINE vec_mask vec_le(vec a, vec b) { return NEON(cleq)(a, b); }
NA_INLINE vec_mask vec_eq(vec a, vec b) { return NEON(ceqq)(a, b); }
NA_INLINE vec_mask vec_mask_and(vec_mask a, vec_mask b) { return NEON_BITS(andq)(a, b); }
NA_INLINE vec_mask vec_is_nan(vec v) { return NEON_BITS(ceqq)(vec_eq(v, v), NEON_BITS(dupq_n)(0)); }
NA_INLINE vec vec_select(vec_mask m, vec a, vec b) { return NEON(bslq)(m, a, b); }

NA_INLINE vec vec_add(vec a, vec b) { return NEON(addq)(a, b); }
NA_INLINE vec vec_sub(vec a, vec b) { return NEON(subq)(a, b); }
NA_INLINE vec vec_mul(vec a, vec b) { return NEON(mulq)(a, b); }
NA_INLINE vec vec_div(vec a, vec b) { return NEON(divq)(a, b); }
NA_INLINE vec vec_sqrt(vec v) { return NEON(sqrtq)(v); }
NA_INLINE vec vec_fma(vec a, vec b, vec c) { return NEON(fmaq)(c, a, b); }
NA_INLINE vec vec_fnma(vec a, vec b, vec c) { return NEON(fmsq)(c, a, b); }
NA_INLINE vec vec_mul_error(vec a, vec b, vec product) { return vec_fnma(a, b, product); }
NA_INLINE vec vec_min(vec a, vec b) { return vec_select(vec_lt(a, b), a, b); }
NA_INLINE vec vec_max(vec a, vec b) { return vec_select(vec_lt(b, a), a, b); }
NA_INLINE vec vec_abs(vec v) { return NEON(absq)(v); }
NA_INLINE vec vec_neg(vec v) { return NEON(negq)(v); }
NA_INLINE vec vec_round(vec v) { return NEON(rndnq)(v); }
NA_INLINE vec vec_copysign(vec magnitude, vec sign)
{
    return vec_select(bits_of(vec_set1((real)-0.0)), sign, magnitude);
}

NA_INLINE vec vec_bits_add(vec a, vec b) { return of_bits(NEON_BITS(addq)(bits_of(a), bits_of(b))); }
NA_INLINE vec vec_bits_sub(vec a, vec b) { return of_bits(NEON_BITS(subq)(bits_of(a), bits_of(b))); }
NA_INLINE vec vec_bits_and(vec a, vec b) { return of_bits(NEON_BITS(andq)(bits_of(a), bits_of(b))); }
NA_INLINE vec vec_bits_or(vec a, vec b) { return of_bits(NEON_BITS(orrq)(bits_of(a), bits_of(b))); }
NA_INLINE vec vec_bits_xor(vec a, vec b) { return of_bits(NEON_BITS(eorq)(bits_of(a), bits_of(b))); }
NA_INLINE vec vec_bits_to_sign(vec v) { return of_bits(NEON_BITS(shlq_n)(bits_of(v), NA_REAL_BITS - 1)); }
NA_INLINE vec vec_bits_to_exponent(vec v) { return of_bits(NEON_BITS(shlq_n)(bits_of(v), VEC_FRACTION_BITS)); }
NA_INLINE vec vec_bits_from_exponent(vec v) { return of_bits(NEON_BITS(shrq_n)(bits_of(v), VEC_FRACTION_BITS)); }

#if NA_REAL_BITS == 32
NA_INLINE uint32x4_t words_of(vec v) { return bits_of(v); }
NA_INLINE vec of_words(uint32x4_t w) { return of_bits(w); }
NA_INLINE uint64x2_t pairs_of(vec v) { return vreinterpretq_u64_f32(v); }
NA_INLINE vec of_pairs(uint64x2_t p) { return vreinterpretq_f32_u64(p); }
#else
NA_INLINE uint32x4_t words_of(vec v) { return vreinterpretq_u32_f64(v); }
NA_INLINE vec of_words(uint32x4_t w) { return vreinterpretq_f64_u32(w); }
NA_INLINE uint64x2_t pairs_of(vec v) { return bits_of(v); }
NA_INLINE vec of_pairs(uint64x2_t p) { return of_bits(p); }
#endif

NA_INLINE vec vec_words_load(const uint32_t *from) { return of_words(vld1q_u32(from)); }
NA_INLINE vec vec_words_set1(uint32_t w) { return of_words(vdupq_n_u32(w)); }
NA_INLINE vec vec_words_product(vec a, vec b)
{
    return of_pairs(vmull_u32(vmovn_u64(pairs_of(a)), vmovn_u64(pairs_of(b))));
}
NA_INLINE vec vec_words_second(vec v) { return of_pairs(vshrq_n_u64(pairs_of(v), 32)); }
NA_INLINE vec vec_words_join(vec a, vec b) { return of_words(vtrn1q_u32(words_of(a), words_of(b))); }
NA_INLINE vec vec_words_raise(vec v) { return of_words(vshlq_n_u32(words_of(v), 16)); }
NA_INLINE vec_mask vec_words_below(vec v, int32_t limit, int n)
{
    const uint32x4_t below = vcltq_s32(vreinterpretq_s32_u32(words_of(v)), vdupq_n_s32(limit));
#if NA_REAL_BITS == 32
    return below;
#else
    return vreinterpretq_u64_u32(n ? vzip2q_u32(below, below) : vzip1q_u32(below, below));
#endif
}

NA_INLINE void vec_transpose(vec rows[VEC_LANES])
{
#if NA_REAL_BITS == 32
    const float64x2_t a = vreinterpretq_f64_f32(vtrn1q_f32(rows[0], rows[1]));
    const float64x2_t b = vreinterpretq_f64_f32(vtrn2q_f32(rows[0], rows[1]));
    const float64x2_t c = vreinterpretq_f64_f32(vtrn1q_f32(rows[2], rows[3]));
    const float64x2_t d = vreinterpretq_f64_f32(vtrn2q_f32(rows[2], rows[3]));
    rows[0] = vreinterpretq_f32_f64(vzip1q_f64(a, c));
    rows[1] = vreinterpretq_f32_f64(vzip1q_f64(b, d));
    rows[2] = vreinterpretq_f32_f64(vzip2q_f64(a, c));
    rows[3] = vreinterpretq_f32_f64(vzip2q_f64(b, d));
#else
    const vec a = rows[0], b = rows[1];
    rows[0] = vzip1q_f64(a, b);
    rows[1] = vzip2q_f64(a, b);
#endif
}

#undef NEON
#undef NEON_BITS

#endif
