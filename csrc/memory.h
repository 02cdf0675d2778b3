/* memory.h: aligned memory. An arena is one allocation that is handed out in 64-byte lines. Code that needs memory
 * in a loop takes an arena before the loop. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_MEMORY_H
#define NA_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Allocates count × size zeroed bytes on a 64-byte boundary; NULL if the product overflows or memory is short. */
void *na_allocate(size_t count, size_t size);
void na_release(void *memory);

/* a × b, or if that overflows the largest size, which cannot be allocated. */
static inline size_t na_times(size_t a, size_t b)
{
    size_t product;
    return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

/* First count the pieces, then allocate once, then take the same pieces in any order. */
typedef struct {
    char *memory;
    size_t reserved, taken; /* bytes */
    bool overflow;
} na_arena;

void na_arena_reserve(na_arena *arena, size_t count, size_t size);
bool na_arena_allocate(na_arena *arena);
/* Takes the next piece. Before na_arena_allocate, reserves the piece and returns NULL, so that one function can do
 * both. */
void *na_arena_take(na_arena *arena, size_t count, size_t size);

#endif
