/* The element type. Every *_tmpl.c and every kernel is compiled once with
   -DNA_REAL_BITS=32 and once with -DNA_REAL_BITS=64; what it exports is named
   by NA_FN, so that both copies live in one library. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_REAL_H
#define NA_REAL_H

#include <float.h>

#define NA_PASTE_(a, b) a##b
#define NA_PASTE(a, b) NA_PASTE_(a, b)

/* NA_LANES: rows in a block, so that one line of reals fills 64 bytes. REAL_MIN: the smallest normal real. */
#if NA_REAL_BITS == 32
typedef float real;
#define REAL_MIN FLT_MIN
#define NA_FN(name) NA_PASTE(name, _f32)
#define NA_LANES 16
#elif NA_REAL_BITS == 64
typedef double real;
#define REAL_MIN DBL_MIN
#define NA_FN(name) NA_PASTE(name, _f64)
#define NA_LANES 8
#else
#error "NA_REAL_BITS must be 32 or 64"
#endif

#define NA_INLINE static inline __attribute__((always_inline))

#endif
