/* threads.h: a team of threads that runs one job together. The first use starts threads, which sleep between jobs.
 * The child of a fork forgets them and starts its own. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_THREADS_H
#define NA_THREADS_H

#include <stdatomic.h>

enum { NA_MAX_THREADS = 256 }; /* in a team */

typedef struct {
    int size;           /* number of threads that take part */
    atomic_int arrived; /* at the barrier */
    atomic_uint episode;
} na_team;

typedef void na_job(void *argument, na_team *team, int thread);

/* Runs job(argument, team, 0 .. size − 1), with thread 0 on the caller, and returns when all are done. The size is
 * n_threads, or less if another team is at work or the system refuses threads. All threads run in the floating-point
 * state of simd/fp_state.h, which the caller must be in. */
void na_run_team(int n_threads, na_job *job, void *argument);

/* Returns when all threads of the team have called it; the last of them runs then(argument) first, alone. */
void na_team_barrier(na_team *team, void (*then)(void *), void *argument);

#endif
