/* memory.h: aligned memory. An arena is one allocation that is handed out in 64-byte lines; who needs memory in a loop
 * takes an arena before it. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_MEMORY_H
#define NA_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* count × size bytes, zeroed, on a 64-byte boundary; NULL where the product overflows or memory is short. */
void *na_allocate(size_t count, size_t size);
void na_release(void *memory);

/* a × b, or where that does not fit the largest size, which nobody can allocate. */
static inline size_t na_times(size_t a, size_t b)
{
    size_t product;
    return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

/* First count what is needed, then allocate once, then take the same pieces in any order. */
typedef struct {
    char *memory;
    size_t reserved, taken; /* bytes */
    bool overflow;
} na_arena;

void na_arena_reserve(na_arena *arena, size_t count, size_t size);
bool na_arena_allocate(na_arena *arena);
/* The next piece. Before the arena is allocated, reserves it and returns NULL, so that one function can do both. */
void *na_arena_take(na_arena *arena, size_t count, size_t size);

#endif
