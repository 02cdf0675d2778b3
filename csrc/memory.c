/* memory.c: see memory.h. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include <stdatomic.h>
#include <string.h>

#include "neuract.h"
#include "system.h"

/* Under AddressSanitizer each piece of an arena is followed by a line that must not be touched. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
enum { GAP = 64 };
#else
enum { GAP = 0 };
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

enum { LINE = 64, LARGE_PAGE = 1 << 21 };

/* For na_fail_allocation. If nobody counts, this costs one read of `watched` per allocation. */
static atomic_bool watched;
static atomic_llong asked, held, failing;

static bool shall_fail(void)
{
    return atomic_load_explicit(&watched, memory_order_relaxed) &&
           atomic_fetch_add(&asked, 1) + 1 == atomic_load(&failing);
}

static void count_held(const void *memory, int change)
{
    if (memory && atomic_load_explicit(&watched, memory_order_relaxed)) atomic_fetch_add(&held, change);
}

void na_fail_allocation(int64_t n)
{
    atomic_store(&watched, n >= 0);
    atomic_store(&asked, 0);
    atomic_store(&held, 0);
    atomic_store(&failing, n);
}

void na_count_allocations(int64_t *asked_for, int64_t *not_released)
{
    *asked_for = atomic_load(&asked);
    *not_released = atomic_load(&held);
}

/* Rounds count × size up to whole lines; false if the result overflows. */
static bool whole_lines(size_t count, size_t size, size_t *bytes)
{
    if (size != 0 && count > (SIZE_MAX - LINE) / size) return false;
    *bytes = (count * size + LINE - 1) / LINE * LINE;
    return true;
}

/* Large memory comes in pages of 2 MB if the system has them: with many small pages, address translation would be
 * slow. */
static void *allocate_large(size_t bytes)
{
    if (bytes > SIZE_MAX - LARGE_PAGE) return NULL;
    bytes = (bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    void *memory = na_aligned_allocate(LARGE_PAGE, bytes);
    if (memory) na_ask_large_pages(memory, bytes);
    return memory;
}

void *na_allocate(size_t count, size_t size)
{
    size_t bytes;
    if (!whole_lines(count, size, &bytes) || shall_fail()) return NULL;
    void *memory =
        bytes >= 2 * LARGE_PAGE ? allocate_large(bytes) : na_aligned_allocate(LINE, bytes > 0 ? bytes : LINE);
    if (!memory) return NULL;
    ASAN_UNPOISON_MEMORY_REGION(memory, bytes); /* of an arena that was here before */
    memset(memory, 0, bytes);
    count_held(memory, 1);
    return memory;
}

void na_release(void *memory)
{
    count_held(memory, -1);
    na_aligned_free(memory);
}

void na_arena_reserve(na_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (!whole_lines(count, size, &bytes) || bytes > SIZE_MAX - GAP - arena->reserved)
        arena->overflow = true;
    else
        arena->reserved += bytes + GAP;
}

bool na_arena_allocate(na_arena *arena)
{
    arena->memory = arena->overflow ? NULL : na_allocate(arena->reserved, 1);
    return arena->memory != NULL;
}

void *na_arena_take(na_arena *arena, size_t count, size_t size)
{
    if (!arena->memory) {
        na_arena_reserve(arena, count, size);
        return NULL;
    }
    void *piece = arena->memory + arena->taken;
    size_t bytes = (count * size + LINE - 1) / LINE * LINE;
    ASAN_UNPOISON_MEMORY_REGION(piece, bytes);
    ASAN_POISON_MEMORY_REGION((char *)piece + bytes, GAP);
    arena->taken += bytes + GAP;
    return piece;
}
