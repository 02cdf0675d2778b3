/* system_posix.c: see system.h. Linux and macOS. */
/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE /* all of POSIX, and madvise */
#include "system.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

void na_lock(na_mutex *mutex) { pthread_mutex_lock(mutex); }
bool na_try_lock(na_mutex *mutex) { return pthread_mutex_trylock(mutex) == 0; }
void na_unlock(na_mutex *mutex) { pthread_mutex_unlock(mutex); }

void na_wait(na_condition *condition, na_mutex *mutex) { pthread_cond_wait(condition, mutex); }
void na_wake_one(na_condition *condition) { pthread_cond_signal(condition); }
void na_wake_all(na_condition *condition) { pthread_cond_broadcast(condition); }

bool na_start_thread(na_thread_result (*run)(void *), void *argument)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, argument) != 0) return false;
    pthread_detach(thread);
    return true;
}

void na_yield(void) { sched_yield(); }

void na_after_fork(void (*in_child)(void)) { pthread_atfork(NULL, NULL, in_child); }

double na_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void *na_aligned_allocate(size_t alignment, size_t bytes) { return aligned_alloc(alignment, bytes); }
void na_aligned_free(void *memory) { free(memory); }

void na_ask_large_pages(void *memory, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    madvise(memory, bytes, MADV_HUGEPAGE); /* if refused, small pages work as well */
#endif
}
