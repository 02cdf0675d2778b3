/* cpu_relax.h: the pause instruction of a spinning thread. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_CPU_RELAX_H
#define NA_CPU_RELAX_H

#if defined(__aarch64__)
static inline void na_cpu_relax(void) { __asm__ volatile("yield"); }
#else
#include <immintrin.h>
static inline void na_cpu_relax(void) { _mm_pause(); }
#endif

#endif
