/* The vocabulary of vec.h for SSE2, the baseline of x86-64: 16-byte vectors,
   no FMA (vec_fma and vec_fnma round twice), no blend, no masked memory. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_SIMD_VEC_SSE2_H
#define NA_SIMD_VEC_SSE2_H

#include <emmintrin.h>

#define VEC_LANES (128 / NA_REAL_BITS)
#define TILE 2
#define ACROSS 1
#define PANELS 1

#if NA_REAL_BITS == 32
typedef __m128 vec, vec_mask;
#define MM(op) _mm_##op##_ps
#define MM_BITS(op) _mm_##op##_epi32
NA_INLINE __m128i bits_of(vec v) { return _mm_castps_si128(v); }
NA_INLINE vec of_bits(__m128i b) { return _mm_castsi128_ps(b); }
#else
typedef __m128d vec, vec_mask;
#define MM(op) _mm_##op##_pd
#define MM_BITS(op) _mm_##op##_epi64
NA_INLINE __m128i bits_of(vec v) { return _mm_castpd_si128(v); }
NA_INLINE vec of_bits(__m128i b) { return _mm_castsi128_pd(b); }
#endif

NA_INLINE vec vec_load(const real *from) { return MM(loadu)(from); }
NA_INLINE void vec_store(real *to, vec v) { MM(storeu)(to, v); }
NA_INLINE vec vec_set1(real x) { return MM(set1)(x); }

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
    __asm__("" : "+x"(v));
    return v;
}

NA_INLINE vec vec_add(vec a, vec b) { return MM(add)(a, b); }
NA_INLINE vec vec_sub(vec a, vec b) { return MM(sub)(a, b); }
NA_INLINE vec vec_mul(vec a, vec b) { return MM(mul)(a, b); }
NA_INLINE vec vec_div(vec a, vec b) { return MM(div)(a, b); }
NA_INLINE vec vec_sqrt(vec v) { return MM(sqrt)(v); }
NA_INLINE vec vec_fma(vec a, vec b, vec c) { return MM(add)(MM(mul)(a, b), c); }
NA_INLINE vec vec_fnma(vec a, vec b, vec c) { return MM(sub)(c, MM(mul)(a, b)); }

/* The upper half of v's bits, so that products of halves are exact. Veltkamp 1968, Dekker 1971. */
NA_INLINE vec upper_half(vec v)
{
    const vec scaled = vec_mul(vec_set1((real)(NA_REAL_BITS == 32 ? 0x1p12 + 1 : 0x1p27 + 1)), v);
    return vec_sub(scaled, vec_sub(scaled, v));
}

NA_INLINE vec vec_mul_error(vec a, vec b, vec product)
{
    const vec a_high = upper_half(a), a_low = vec_sub(a, a_high), b_high = upper_half(b), b_low = vec_sub(b, b_high);
    const vec left = vec_sub(vec_sub(product, vec_mul(a_high, b_high)), vec_mul(a_high, b_low));
    return vec_sub(vec_sub(left, vec_mul(a_low, b_high)), vec_mul(a_low, b_low));
}

NA_INLINE vec vec_min(vec a, vec b) { return MM(min)(a, b); }
NA_INLINE vec vec_max(vec a, vec b) { return MM(max)(a, b); }
NA_INLINE vec vec_abs(vec v) { return MM(andnot)(vec_set1((real)-0.0), v); }
NA_INLINE vec vec_neg(vec v) { return MM(xor)(vec_set1((real)-0.0), v); }
NA_INLINE vec vec_copysign(vec magnitude, vec sign)
{
    return MM(or)(vec_abs(magnitude), MM(and)(vec_set1((real)-0.0), sign));
}

NA_INLINE vec_mask vec_lt(vec a, vec b) { return MM(cmplt)(a, b); }
NA_INLINE vec_mask vec_le(vec a, vec b) { return MM(cmple)(a, b); }
NA_INLINE vec_mask vec_eq(vec a, vec b) { return MM(cmpeq)(a, b); }
NA_INLINE vec_mask vec_is_nan(vec v) { return MM(cmpunord)(v, v); }
NA_INLINE vec_mask vec_mask_and(vec_mask a, vec_mask b) { return MM(and)(a, b); }
NA_INLINE int vec_mask_any(vec_mask m) { return MM(movemask)(m) != 0; }
NA_INLINE vec vec_select(vec_mask m, vec a, vec b) { return MM(or)(MM(and)(m, a), MM(andnot)(m, b)); }

/* From 2^fraction on there are only integers. */
NA_INLINE vec vec_round(vec v)
{
    const vec first = vec_set1((real)(NA_REAL_BITS == 32 ? 0x1p23 : 0x1p52)), shift = vec_copysign(first, v);
    return vec_select(vec_lt(vec_abs(v), first), vec_copysign(vec_sub(vec_add(v, shift), shift), v), v);
}

NA_INLINE vec vec_bits_add(vec a, vec b) { return of_bits(MM_BITS(add)(bits_of(a), bits_of(b))); }
NA_INLINE vec vec_bits_sub(vec a, vec b) { return of_bits(MM_BITS(sub)(bits_of(a), bits_of(b))); }
NA_INLINE vec vec_bits_and(vec a, vec b) { return MM(and)(a, b); }
NA_INLINE vec vec_bits_or(vec a, vec b) { return MM(or)(a, b); }
NA_INLINE vec vec_bits_xor(vec a, vec b) { return MM(xor)(a, b); }
NA_INLINE vec vec_bits_to_sign(vec v) { return of_bits(MM_BITS(slli)(bits_of(v), NA_REAL_BITS - 1)); }
NA_INLINE vec vec_bits_to_exponent(vec v) { return of_bits(MM_BITS(slli)(bits_of(v), VEC_FRACTION_BITS)); }
NA_INLINE vec vec_bits_from_exponent(vec v) { return of_bits(MM_BITS(srli)(bits_of(v), VEC_FRACTION_BITS)); }

NA_INLINE vec vec_words_load(const uint32_t *from) { return of_bits(_mm_loadu_si128((const __m128i *)from)); }
NA_INLINE vec vec_words_set1(uint32_t w) { return of_bits(_mm_set1_epi32((int)w)); }
NA_INLINE vec vec_words_product(vec a, vec b) { return of_bits(_mm_mul_epu32(bits_of(a), bits_of(b))); }
NA_INLINE vec vec_words_second(vec v) { return of_bits(_mm_srli_epi64(bits_of(v), 32)); }
NA_INLINE vec vec_words_join(vec a, vec b)
{
    const __m128i first = _mm_and_si128(bits_of(a), _mm_setr_epi32(-1, 0, -1, 0));
    return of_bits(_mm_or_si128(first, _mm_slli_epi64(bits_of(b), 32)));
}
NA_INLINE vec vec_words_raise(vec v) { return of_bits(_mm_slli_epi32(bits_of(v), 16)); }
NA_INLINE vec_mask vec_words_below(vec v, int32_t limit, int n)
{
    const __m128i below = _mm_cmplt_epi32(bits_of(v), _mm_set1_epi32(limit));
#if NA_REAL_BITS == 32
    return of_bits(below);
#else
    return of_bits(n ? _mm_unpackhi_epi32(below, below) : _mm_unpacklo_epi32(below, below));
#endif
}

NA_INLINE void vec_transpose(vec rows[VEC_LANES])
{
#if NA_REAL_BITS == 32
    const vec a = _mm_unpacklo_ps(rows[0], rows[1]), b = _mm_unpackhi_ps(rows[0], rows[1]);
    const vec c = _mm_unpacklo_ps(rows[2], rows[3]), d = _mm_unpackhi_ps(rows[2], rows[3]);
    rows[0] = _mm_movelh_ps(a, c);
    rows[1] = _mm_movehl_ps(c, a);
    rows[2] = _mm_movelh_ps(b, d);
    rows[3] = _mm_movehl_ps(d, b);
#else
    const vec a = rows[0], b = rows[1];
    rows[0] = _mm_unpacklo_pd(a, b);
    rows[1] = _mm_unpackhi_pd(a, b);
#endif
}

#undef MM
#undef MM_BITS

#endif
