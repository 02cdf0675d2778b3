/* The floating-point state inside a core call: round to nearest, subnormals
   flushed to zero (operands and results), no traps. na_fp_enter sets it and
   returns the caller's; na_fp_leave restores that, sticky flags included.
   Per thread. The compiler does not know of this state: the work in between
   must be a call that is not inlined. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_SIMD_FP_STATE_H
#define NA_SIMD_FP_STATE_H

#if defined(__aarch64__)
#include <stdint.h>

typedef struct {
    uint64_t control, status;
} na_fp_state;

static inline void na_fp_leave(na_fp_state state)
{
    __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(state.control), "r"(state.status) : "memory");
}

static inline na_fp_state na_fp_enter(void)
{
    na_fp_state old;
    __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=&r"(old.control), "=r"(old.status) : : "memory");
    na_fp_leave((na_fp_state){.control = UINT64_C(1) << 24, .status = 0}); /* FZ */
    return old;
}

#else
#include <xmmintrin.h>

typedef unsigned na_fp_state;

static inline void na_fp_leave(na_fp_state state) { _mm_setcsr(state); }

static inline na_fp_state na_fp_enter(void)
{
    const na_fp_state old = _mm_getcsr();
    na_fp_leave(0x8000u | 0x1f80u | 0x0040u); /* FTZ, all exceptions masked, DAZ */
    return old;
}

#endif
#endif
