/* system.h: the interface to the operating system: locks, threads, the clock, aligned memory (not every platform has
 * C11's own threads). Only system_posix.c and system_windows.c know the system. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_SYSTEM_H
#define NA_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

/* NA_UNLOCKED and NA_NOBODY_WAITS initialise a mutex and a condition. The function of a thread returns 0. */
#ifdef _WIN32
typedef struct {
    void *state; /* SRWLOCK and CONDITION_VARIABLE consist of one pointer */
} na_mutex, na_condition;
typedef unsigned na_thread_result;
#define NA_UNLOCKED {NULL}
#define NA_NOBODY_WAITS {NULL}
#else
#include <pthread.h>
typedef pthread_mutex_t na_mutex;
typedef pthread_cond_t na_condition;
typedef void *na_thread_result;
#define NA_UNLOCKED PTHREAD_MUTEX_INITIALIZER
#define NA_NOBODY_WAITS PTHREAD_COND_INITIALIZER
#endif

void na_lock(na_mutex *mutex);
bool na_try_lock(na_mutex *mutex);
void na_unlock(na_mutex *mutex);

/* Unlocks the mutex while it waits to be woken; may return without being woken. */
void na_wait(na_condition *condition, na_mutex *mutex);
void na_wake_one(na_condition *condition);
void na_wake_all(na_condition *condition);

/* Starts a thread that ends with the process; returns false if the system refuses. */
bool na_start_thread(na_thread_result (*run)(void *), void *argument);
void na_yield(void);
/* Calls the function in the child of each later fork, on systems that have forks. */
void na_after_fork(void (*in_child)(void));

/* Seconds since a fixed moment in the past. */
double na_seconds(void);

/* Returns NULL if memory is short. alignment: a power of 2; bytes: a multiple of it. */
void *na_aligned_allocate(size_t alignment, size_t bytes);
void na_aligned_free(void *memory);
/* Asks for pages of 2 MB; the system may refuse. */
void na_ask_large_pages(void *memory, size_t bytes);

#endif
