/* The SIMD vocabulary: all that kernels know of the processor. One header per
   instruction set implements it; this file is its contract. Where an operation
   rounds, it rounds once and to nearest, so AVX2, AVX-512 and NEON give the
   same bits (NaN payloads aside); SSE2 has no FMA and rounds a product before
   it adds. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_SIMD_VEC_H
#define NA_SIMD_VEC_H

#include <math.h>
#include <stdint.h>

#include "../real.h"

/* Fraction bits of a real, and the shift-rounding constant 1.5 * 2^fraction:
   (x + VEC_MAGIC) - VEC_MAGIC is x rounded to an integer, and the low bits of
   x + VEC_MAGIC are that integer in two's complement. For |x| < 2^(fraction-1). */
#if NA_REAL_BITS == 32
#define VEC_FRACTION_BITS 23
#define VEC_MAGIC 0x1.8p23f
#else
#define VEC_FRACTION_BITS 52
#define VEC_MAGIC 0x1.8p52
#endif

/* Types and sizes
     vec, vec_mask          VEC_LANES reals; one truth value for each
     VEC_LANES              reals in a vec
     NA_LINE_VECS           vecs in a line of 64 bytes
     TILE                   lines of sums that a matrix kernel may hold in registers
     ACROSS, PANELS         lines that may share each number there: of as many blocks, or panels

   Memory: no alignment needed; 0 <= n <= VEC_LANES
     vec_load(p)            vec_store(p, v)
     vec_load_part(p, n)    first n reals, the rest 0; reads nothing beyond them
     vec_store_part(p, v, n)  writes the first n reals and nothing beyond them
     vec_set1(x)            x in every lane
     vec_keep(v)            v, pinned in a register: without it GCC folds a load
                            into every instruction that uses it

   Arithmetic
     vec_add sub mul div (a, b)    vec_sqrt(v)
     vec_fma(a, b, c)       a*b + c          vec_fnma(a, b, c)      c - a*b
     vec_mul_error(a, b, p) p - a*b, exactly, where p = vec_mul(a, b) and no part of
                            it is subnormal; |a|, |b| < 2^100
     vec_min(a, b)          a < b ? a : b    vec_max(a, b)          a > b ? a : b
                            so: b where either is NaN or both are zero
     vec_abs(v)  vec_neg(v) vec_copysign(magnitude, sign)
     vec_round(v)           the nearest integer, of two the even one; v if it has no fraction

   Masks: a comparison with NaN is false
     vec_lt le eq (a, b)    vec_is_nan(v)
     vec_mask_and(a, b)     vec_mask_any(m)    whether one lane is true
     vec_select(m, a, b)    m ? a : b

   Bits: the reals as unsigned integers of the same width, modulo 2^width
     vec_bits_add sub and or xor (a, b)
     vec_bits_to_sign(v)        the lowest bit as the sign, all others 0
     vec_bits_to_exponent(v)    v << VEC_FRACTION_BITS
     vec_bits_from_exponent(v)  v >> VEC_FRACTION_BITS, zeros shifted in

   Words: the bits as VEC_WORDS unsigned 32-bit words; two of them, one after the other, are a pair
     vec_words_load(p)      vec_words_set1(w)  w in every word
     vec_words_product(a, b)    the 64 bits of the product of each pair's first words
     vec_words_second(v)        each pair's second word in place of the first, 0 in that of the second
     vec_words_join(a, b)       each pair's first words, of a and of b
     vec_words_raise(v)         each word << 16
     vec_words_below(v, limit, n)   mask: of words n and following, one for each lane, whether they
                            are < limit as signed numbers; n: 0, or for float64 also VEC_LANES

   vec_transpose(rows)      the VEC_LANES x VEC_LANES square, in place */
#if defined(NA_ISA_SSE2) + defined(NA_ISA_AVX2) + defined(NA_ISA_AVX512) + defined(NA_ISA_NEON) != 1
#error "define exactly one of NA_ISA_SSE2, NA_ISA_AVX2, NA_ISA_AVX512, NA_ISA_NEON"
#elif defined(NA_ISA_SSE2)
#include "vec_sse2.h"
#elif defined(NA_ISA_AVX2)
#include "vec_avx2.h"
#elif defined(NA_ISA_AVX512)
#include "vec_avx512.h"
#else
#include "vec_neon.h"
#endif

#define NA_LINE_VECS (NA_LANES / VEC_LANES)
#define VEC_WORDS (VEC_LANES * (NA_REAL_BITS / 32))

/* v * 2^i where n = i + VEC_MAGIC, exact as long as the result is normal. */
NA_INLINE vec vec_add_exponent(vec v, vec n) { return vec_bits_add(v, vec_bits_to_exponent(n)); }

/* x = m * 2^e with m in [sqrt(1/2), sqrt(2)): returns m. x must be positive and normal. */
NA_INLINE vec vec_split(vec x, vec *exponent)
{
    const vec one = vec_set1(1);
    const real integer_bits = VEC_MAGIC / (real)1.5, bias = NA_REAL_BITS == 32 ? 127 : 1023;
    /* Moving sqrt(1/2) to 1 makes the exponent field the biased e. */
    const vec moved = vec_bits_add(x, vec_bits_sub(one, vec_set1((real)0x1.6a09e667f3bcdp-1)));
    *exponent =
        vec_sub(vec_bits_or(vec_bits_from_exponent(moved), vec_set1(integer_bits)), vec_set1(integer_bits + bias));
    return vec_bits_add(vec_bits_sub(x, vec_bits_and(moved, vec_set1((real)INFINITY))), one);
}

#endif
