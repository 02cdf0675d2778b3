/* loops.c: the limits of this core: fused multiply-adds from registers alone, and reading memory.
 * Compiled at run time by machine.py with -DREAL=float|double -DBYTES=<width of a SIMD register>. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

typedef REAL vec __attribute__((vector_size(BYTES)));

#if defined(__x86_64__)
#define IN_REGISTER "+v"
#else
#define IN_REGISTER "+w"
#endif

/* Twelve chains hide the latency of every known processor (at most 5 cycles × 2 units), and leave registers for
 * the two constants where there are only 16. The empty asm keeps each chain in a register and in the loop. */
enum { CHAINS = 12 };

/* Returns the number of floating-point operations, 2 for each multiply-add. */
double multiply_add(long repeats)
{
    volatile REAL seed = (REAL)0.5;
    vec factor = (vec){0} + seed, addend = factor;
    vec a = addend, b = addend, c = addend, d = addend, e = addend, f = addend;
    vec g = addend, h = addend, i = addend, j = addend, k = addend, l = addend;
    for (long n = 0; n < repeats; n++) {
        a = a * factor + addend, b = b * factor + addend, c = c * factor + addend, d = d * factor + addend;
        e = e * factor + addend, f = f * factor + addend, g = g * factor + addend, h = h * factor + addend;
        i = i * factor + addend, j = j * factor + addend, k = k * factor + addend, l = l * factor + addend;
        __asm__ volatile(""
                         : IN_REGISTER(a), IN_REGISTER(b), IN_REGISTER(c), IN_REGISTER(d), IN_REGISTER(e),
                           IN_REGISTER(f), IN_REGISTER(g), IN_REGISTER(h), IN_REGISTER(i), IN_REGISTER(j),
                           IN_REGISTER(k), IN_REGISTER(l));
    }
    return 2.0 * CHAINS * (BYTES / sizeof(REAL)) * (double)repeats;
}

/* Reads size bytes (a multiple of 8 registers) repeats times, in order, by whole registers, like a kernel. */
void read_memory(const char *memory, size_t size, long repeats)
{
    for (long n = 0; n < repeats; n++) {
        for (size_t at = 0; at < size; at += 8 * BYTES) {
            const vec *p = (const vec *)(memory + at);
            vec a = p[0], b = p[1], c = p[2], d = p[3], e = p[4], f = p[5], g = p[6], h = p[7];
            __asm__ volatile(""
                             : IN_REGISTER(a), IN_REGISTER(b), IN_REGISTER(c), IN_REGISTER(d), IN_REGISTER(e),
                               IN_REGISTER(f), IN_REGISTER(g), IN_REGISTER(h));
        }
    }
}

/* Allocates and touches so many bytes, in 2 MB pages if the system gives them; NULL if it has no memory. */
void *make_memory(size_t size)
{
    size_t page = (size_t)2 << 20, rounded = (size + page - 1) / page * page;
    char *memory = aligned_alloc(page, rounded);
    if (!memory) return NULL;
#ifdef MADV_HUGEPAGE
    madvise(memory, rounded, MADV_HUGEPAGE);
#endif
    for (size_t at = 0; at < rounded; at += 64) memory[at] = 1;
    return memory;
}

void free_memory(void *memory) { free(memory); }
