/* The vocabulary of vec.h for AVX2 with FMA: 32-byte vectors. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_SIMD_VEC_AVX2_H
#define NA_SIMD_VEC_AVX2_H

#include <immintrin.h>

#define VEC_LANES (256 / NA_REAL_BITS)
#define TILE 6
#define ACROSS 1
#define PANELS 1

#if NA_REAL_BITS == 32
typedef __m256 vec, vec_mask;
#define MM(op) _mm256_##op##_ps
#define MM_BITS(op) _mm256_##op##_epi32
NA_INLINE __m256i bits_of(vec v) { return _mm256_castps_si256(v); }
NA_INLINE vec of_bits(__m256i b) { return _mm256_castsi256_ps(b); }
#else
typedef __m256d vec, vec_mask;
#define MM(op) _mm256_##op##_pd
#define MM_BITS(op) _mm256_##op##_epi64
NA_INLINE __m256i bits_of(vec v) { return _mm256_castpd_si256(v); }
NA_INLINE vec of_bits(__m256i b) { return _mm256_castsi256_pd(b); }
#endif

NA_INLINE vec vec_load(const real *from) { return MM(loadu)(from); }
NA_INLINE void vec_store(real *to, vec v) { MM(storeu)(to, v); }
NA_INLINE vec vec_set1(real x) { return MM(set1)(x); }

/* All ones in the first n lanes. */
NA_INLINE __m256i first_lanes(int n)
{
#if NA_REAL_BITS == 32
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
#else
    return _mm256_cvtepi32_epi64(_mm_cmpgt_epi32(_mm_set1_epi32(n), _mm_setr_epi32(0, 1, 2, 3)));
#endif
}

NA_INLINE vec vec_load_part(const real *from, int n) { return MM(maskload)(from, first_lanes(n)); }
NA_INLINE void vec_store_part(real *to, vec v, int n) { MM(maskstore)(to, first_lanes(n), v); }

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
NA_INLINE vec vec_fma(vec a, vec b, vec c) { return MM(fmadd)(a, b, c); }
NA_INLINE vec vec_fnma(vec a, vec b, vec c) { return MM(fnmadd)(a, b, c); }
NA_INLINE vec vec_mul_error(vec a, vec b, vec product) { return vec_fnma(a, b, product); }
NA_INLINE vec vec_min(vec a, vec b) { return MM(min)(a, b); }
NA_INLINE vec vec_max(vec a, vec b) { return MM(max)(a, b); }
NA_INLINE vec vec_abs(vec v) { return MM(andnot)(vec_set1((real)-0.0), v); }
NA_INLINE vec vec_neg(vec v) { return MM(xor)(vec_set1((real)-0.0), v); }
NA_INLINE vec vec_copysign(vec magnitude, vec sign)
{
    return MM(or)(vec_abs(magnitude), MM(and)(vec_set1((real)-0.0), sign));
}
NA_INLINE vec vec_round(vec v) { return MM(round)(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

NA_INLINE vec_mask vec_lt(vec a, vec b) { return MM(cmp)(a, b, _CMP_LT_OQ); }
NA_INLINE vec_mask vec_le(vec a, vec b) { return MM(cmp)(a, b, _CMP_LE_OQ); }
NA_INLINE vec_mask vec_eq(vec a, vec b) { return MM(cmp)(a, b, _CMP_EQ_OQ); }
NA_INLINE vec_mask vec_is_nan(vec v) { return MM(cmp)(v, v, _CMP_UNORD_Q); }
NA_INLINE vec_mask vec_mask_and(vec_mask a, vec_mask b) { return MM(and)(a, b); }
NA_INLINE int vec_mask_any(vec_mask m) { return MM(movemask)(m) != 0; }
NA_INLINE vec vec_select(vec_mask m, vec a, vec b) { return MM(blendv)(b, a, m); }

NA_INLINE vec vec_bits_add(vec a, vec b) { return of_bits(MM_BITS(add)(bits_of(a), bits_of(b))); }
NA_INLINE vec vec_bits_sub(vec a, vec b) { return of_bits(MM_BITS(sub)(bits_of(a), bits_of(b))); }
NA_INLINE vec vec_bits_and(vec a, vec b) { return MM(and)(a, b); }
NA_INLINE vec vec_bits_or(vec a, vec b) { return MM(or)(a, b); }
NA_INLINE vec vec_bits_xor(vec a, vec b) { return MM(xor)(a, b); }
NA_INLINE vec vec_bits_to_sign(vec v) { return of_bits(MM_BITS(slli)(bits_of(v), NA_REAL_BITS - 1)); }
NA_INLINE vec vec_bits_to_exponent(vec v) { return of_bits(MM_BITS(slli)(bits_of(v), VEC_FRACTION_BITS)); }
NA_INLINE vec vec_bits_from_exponent(vec v) { return of_bits(MM_BITS(srli)(bits_of(v), VEC_FRACTION_BITS)); }

NA_INLINE vec vec_words_load(const uint32_t *from) { return of_bits(_mm256_loadu_si256((const __m256i *)from)); }
NA_INLINE vec vec_words_set1(uint32_t w) { return of_bits(_mm256_set1_epi32((int)w)); }
NA_INLINE vec vec_words_product(vec a, vec b) { return of_bits(_mm256_mul_epu32(bits_of(a), bits_of(b))); }
NA_INLINE vec vec_words_second(vec v) { return of_bits(_mm256_srli_epi64(bits_of(v), 32)); }
NA_INLINE vec vec_words_join(vec a, vec b)
{
    return of_bits(_mm256_blend_epi32(bits_of(a), _mm256_slli_epi64(bits_of(b), 32), 0xaa));
}
NA_INLINE vec vec_words_raise(vec v) { return of_bits(_mm256_slli_epi32(bits_of(v), 16)); }
NA_INLINE vec_mask vec_words_below(vec v, int32_t limit, int n)
{
    const __m256i below = _mm256_cmpgt_epi32(_mm256_set1_epi32(limit), bits_of(v));
#if NA_REAL_BITS == 32
    return of_bits(below);
#else
    return of_bits(_mm256_cvtepi32_epi64(n ? _mm256_extracti128_si256(below, 1) : _mm256_castsi256_si128(below)));
#endif
}

/* First each 16-byte lane's squares, then the lanes themselves. */
NA_INLINE void vec_transpose(vec rows[VEC_LANES])
{
    enum { HALF = VEC_LANES / 2 };
    vec squares[VEC_LANES];
    for (int i = 0; i < VEC_LANES; i += HALF) {
#if NA_REAL_BITS == 32
        const vec a = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
        const vec b = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
        const vec c = _mm256_unpacklo_ps(rows[i + 2], rows[i + 3]);
        const vec d = _mm256_unpackhi_ps(rows[i + 2], rows[i + 3]);
        squares[i] = _mm256_shuffle_ps(a, c, 0x44);
        squares[i + 1] = _mm256_shuffle_ps(a, c, 0xee);
        squares[i + 2] = _mm256_shuffle_ps(b, d, 0x44);
        squares[i + 3] = _mm256_shuffle_ps(b, d, 0xee);
#else
        squares[i] = _mm256_unpacklo_pd(rows[i], rows[i + 1]);
        squares[i + 1] = _mm256_unpackhi_pd(rows[i], rows[i + 1]);
#endif
    }
    for (int i = 0; i < HALF; i++) {
        rows[i] = MM(permute2f128)(squares[i], squares[i + HALF], 0x20);
        rows[i + HALF] = MM(permute2f128)(squares[i], squares[i + HALF], 0x31);
    }
}

#undef MM
#undef MM_BITS

#endif
