/* system.h: what the core asks of the operating system, for C11's own threads are not everywhere: locks, threads, the
 * clock, aligned memory. system_posix.c or system_windows.c answers; no other file knows which. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_SYSTEM_H
#define NA_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

/* NA_UNLOCKED and NA_NOBODY_WAITS initialise a mutex and a condition. A thread's function returns 0. */
#ifdef _WIN32
typedef struct {
    void *state; /* all that an SRWLOCK or a CONDITION_VARIABLE is */
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

/* Unlocks the mutex while it waits to be woken; may return without having been. */
void na_wait(na_condition *condition, na_mutex *mutex);
void na_wake_one(na_condition *condition);
void na_wake_all(na_condition *condition);

/* A thread that ends with the process; false where there is none to be had. */
bool na_start_thread(na_thread_result (*run)(void *), void *argument);
void na_yield(void);
/* Calls the function in the child of each fork from now on, where there are forks. */
void na_after_fork(void (*in_child)(void));

/* Seconds since some moment of the past. */
double na_seconds(void);

/* NULL where memory is short; alignment: a power of 2; bytes: a multiple of it. */
void *na_aligned_allocate(size_t alignment, size_t bytes);
void na_aligned_free(void *memory);
/* A wish for pages of 2 MB. */
void na_ask_large_pages(void *memory, size_t bytes);

#endif
