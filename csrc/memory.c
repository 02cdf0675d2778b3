/* memory.c: see memory.h. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LINE = 64, LARGE_PAGE = 1 << 21 };

/* count × size rounded up to whole lines; false where it does not fit. */
static bool whole_lines(size_t count, size_t size, size_t *bytes)
{
    if (size != 0 && count > (SIZE_MAX - LINE) / size) return false;
    *bytes = (count * size + LINE - 1) / LINE * LINE;
    return true;
}

/* Large memory comes in pages of 2 MB where the system has them: a walk over many small ones waits for their addresses.
 */
static void *allocate_large(size_t bytes)
{
    if (bytes > SIZE_MAX - LARGE_PAGE) return NULL;
    bytes = (bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    void *memory = aligned_alloc(LARGE_PAGE, bytes);
#ifdef MADV_HUGEPAGE
    if (memory) madvise(memory, bytes, MADV_HUGEPAGE); /* a wish: refused, small pages do the same */
#endif
    return memory;
}

void *na_allocate(size_t count, size_t size)
{
    size_t bytes;
    if (!whole_lines(count, size, &bytes)) return NULL;
    void *memory = bytes >= 2 * LARGE_PAGE ? allocate_large(bytes) : aligned_alloc(LINE, bytes > 0 ? bytes : LINE);
    if (memory) memset(memory, 0, bytes);
    return memory;
}

void na_release(void *memory) { free(memory); }

void na_arena_reserve(na_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (!whole_lines(count, size, &bytes) || bytes > SIZE_MAX - arena->reserved)
        arena->overflow = true;
    else
        arena->reserved += bytes;
}

bool na_arena_allocate(na_arena *arena)
{
    arena->memory = arena->overflow ? NULL : na_allocate(arena->reserved, 1);
    return arena->memory != NULL;
}

void *na_arena_take(na_arena *arena, size_t count, size_t size)
{
    void *piece = arena->memory + arena->taken;
    arena->taken += (count * size + LINE - 1) / LINE * LINE;
    return piece;
}
