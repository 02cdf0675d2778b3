/* pages.h: memory between inaccessible pages. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_TEST_PAGES_H
#define NA_TEST_PAGES_H

#include <stddef.h>
#include <stdlib.h>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static inline size_t page_size(void)
{
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwPageSize;
}

/* Allocates whole pages, `bytes` in all, between two inaccessible pages. */
static inline unsigned char *map_guarded(size_t bytes)
{
    size_t page = page_size();
    unsigned char *memory = VirtualAlloc(NULL, bytes + 2 * page, MEM_RESERVE, PAGE_NOACCESS);
    if (!memory || !VirtualAlloc(memory + page, bytes, MEM_COMMIT, PAGE_READWRITE)) abort();
    return memory + page;
}

static inline void unmap_guarded(unsigned char *pages, size_t bytes)
{
    (void)bytes;
    VirtualFree(pages - page_size(), 0, MEM_RELEASE);
}

#else
#include <sys/mman.h>
#include <unistd.h>

static inline size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static inline unsigned char *map_guarded(size_t bytes)
{
    size_t page = page_size();
    unsigned char *memory = mmap(NULL, bytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + page, bytes, PROT_READ | PROT_WRITE) != 0) abort();
    return memory + page;
}

static inline void unmap_guarded(unsigned char *pages, size_t bytes)
{
    munmap(pages - page_size(), bytes + 2 * page_size());
}

#endif
#endif
