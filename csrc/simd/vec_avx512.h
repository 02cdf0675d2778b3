/* The vocabulary of vec.h for AVX-512 (F, DQ, BW, VL): one vec is one line. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_SIMD_VEC_AVX512_H
#define NA_SIMD_VEC_AVX512_H

#include <immintrin.h>

#define VEC_LANES NA_LANES
#define TILE 16
#define ACROSS 2
#define PANELS 2

#if NA_REAL_BITS == 32
typedef __m512 vec;
typedef __mmask16 vec_mask;
#define MM(op) _mm512_##op##_ps
#define MM_MASK(op) _mm512_##op##_ps_mask
#define MM_BITS(op) _mm512_##op##_epi32
NA_INLINE __m512i bits_of(vec v) { return _mm512_castps_si512(v); }
NA_INLINE vec of_bits(__m512i b) { return _mm512_castsi512_ps(b); }
#else
typedef __m512d vec;
typedef __mmask8 vec_mask;
#define MM(op) _mm512_##op##_pd
#define MM_MASK(op) _mm512_##op##_pd_mask
#define MM_BITS(op) _mm512_##op##_epi64
NA_INLINE __m512i bits_of(vec v) { return _mm512_castpd_si512(v); }
NA_INLINE vec of_bits(__m512i b) { return _mm512_castsi512_pd(b); }
#endif

NA_INLINE vec vec_load(const real *from) { return MM(loadu)(from); }
NA_INLINE void vec_store(real *to, vec v) { MM(storeu)(to, v); }
NA_INLINE vec vec_set1(real x) { return MM(set1)(x); }

NA_INLINE vec_mask first_lanes(int n) { return (vec_mask)((1u << n) - 1u); }
NA_INLINE vec vec_load_part(const real *from, int n) { return MM(maskz_loadu)(first_lanes(n), from); }
NA_INLINE void vec_store_part(real *to, vec v, int n) { MM(mask_storeu)(to, first_lanes(n), v); }

NA_INLINE vec vec_keep(vec v)
{
    __asm__("" : "+v"(v));
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
NA_INLINE vec vec_round(vec v) { return MM(roundscale)(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

NA_INLINE vec_mask vec_lt(vec a, vec b) { return MM_MASK(cmp)(a, b, _CMP_LT_OQ); }
NA_INLINE vec_mask vec_le(vec a, vec b) { return MM_MASK(cmp)(a, b, _CMP_LE_OQ); }
NA_INLINE vec_mask vec_eq(vec a, vec b) { return MM_MASK(cmp)(a, b, _CMP_EQ_OQ); }
NA_INLINE vec_mask vec_is_nan(vec v) { return MM_MASK(cmp)(v, v, _CMP_UNORD_Q); }
NA_INLINE vec_mask vec_mask_and(vec_mask a, vec_mask b) { return (vec_mask)(a & b); }
NA_INLINE int vec_mask_any(vec_mask m) { return m != 0; }
NA_INLINE vec vec_select(vec_mask m, vec a, vec b) { return MM(mask_blend)(m, b, a); }

NA_INLINE vec vec_bits_add(vec a, vec b) { return of_bits(MM_BITS(add)(bits_of(a), bits_of(b))); }
NA_INLINE vec vec_bits_sub(vec a, vec b) { return of_bits(MM_BITS(sub)(bits_of(a), bits_of(b))); }
NA_INLINE vec vec_bits_and(vec a, vec b) { return MM(and)(a, b); }
NA_INLINE vec vec_bits_or(vec a, vec b) { return MM(or)(a, b); }
NA_INLINE vec vec_bits_xor(vec a, vec b) { return MM(xor)(a, b); }
NA_INLINE vec vec_bits_to_sign(vec v) { return of_bits(MM_BITS(slli)(bits_of(v), NA_REAL_BITS - 1)); }
NA_INLINE vec vec_bits_to_exponent(vec v) { return of_bits(MM_BITS(slli)(bits_of(v), VEC_FRACTION_BITS)); }
NA_INLINE vec vec_bits_from_exponent(vec v) { return of_bits(MM_BITS(srli)(bits_of(v), VEC_FRACTION_BITS)); }

NA_INLINE vec vec_words_load(const uint32_t *from) { return of_bits(_mm512_loadu_si512(from)); }
NA_INLINE vec vec_words_set1(uint32_t w) { return of_bits(_mm512_set1_epi32((int)w)); }
NA_INLINE vec vec_words_product(vec a, vec b) { return of_bits(_mm512_mul_epu32(bits_of(a), bits_of(b))); }
NA_INLINE vec vec_words_second(vec v) { return of_bits(_mm512_srli_epi64(bits_of(v), 32)); }
NA_INLINE vec vec_words_join(vec a, vec b)
{
    return of_bits(_mm512_mask_shuffle_epi32(bits_of(a), 0xaaaa, bits_of(b), _MM_PERM_CCAA));
}
NA_INLINE vec vec_words_raise(vec v) { return of_bits(_mm512_slli_epi32(bits_of(v), 16)); }
NA_INLINE vec_mask vec_words_below(vec v, int32_t limit, int n)
{
    return (vec_mask)(_mm512_cmplt_epi32_mask(bits_of(v), _mm512_set1_epi32(limit)) >> n);
}

/* Even (0x88) or odd (0xdd) 16-byte lanes of a, then those of b. */
#if NA_REAL_BITS == 32
#define LANES_OF(a, b, which) _mm512_shuffle_f32x4(a, b, which)
#else
#define LANES_OF(a, b, which) _mm512_shuffle_f64x2(a, b, which)
#endif

/* First each 16-byte lane's squares, then the 4 x 4 lanes themselves. */
NA_INLINE void vec_transpose(vec rows[VEC_LANES])
{
    enum { QUARTER = VEC_LANES / 4 };
    vec squares[VEC_LANES];
    for (int i = 0; i < VEC_LANES; i += QUARTER) {
#if NA_REAL_BITS == 32
        const vec a = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
        const vec b = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
        const vec c = _mm512_unpacklo_ps(rows[i + 2], rows[i + 3]);
        const vec d = _mm512_unpackhi_ps(rows[i + 2], rows[i + 3]);
        squares[i] = _mm512_shuffle_ps(a, c, 0x44);
        squares[i + 1] = _mm512_shuffle_ps(a, c, 0xee);
        squares[i + 2] = _mm512_shuffle_ps(b, d, 0x44);
        squares[i + 3] = _mm512_shuffle_ps(b, d, 0xee);
#else
        squares[i] = _mm512_unpacklo_pd(rows[i], rows[i + 1]);
        squares[i + 1] = _mm512_unpackhi_pd(rows[i], rows[i + 1]);
#endif
    }
    for (int i = 0; i < QUARTER; i++) {
        const vec *s = squares + i;
        const vec even_top = LANES_OF(s[0], s[QUARTER], 0x88), odd_top = LANES_OF(s[0], s[QUARTER], 0xdd);
        const vec even_low = LANES_OF(s[2 * QUARTER], s[3 * QUARTER], 0x88);
        const vec odd_low = LANES_OF(s[2 * QUARTER], s[3 * QUARTER], 0xdd);
        rows[i] = LANES_OF(even_top, even_low, 0x88);
        rows[i + QUARTER] = LANES_OF(odd_top, odd_low, 0x88);
        rows[i + 2 * QUARTER] = LANES_OF(even_top, even_low, 0xdd);
        rows[i + 3 * QUARTER] = LANES_OF(odd_top, odd_low, 0xdd);
    }
}

#undef LANES_OF
#undef MM
#undef MM_MASK
#undef MM_BITS

#endif
