/* threads.h: a team of threads that runs one job together. Threads are made on first use, sleep between jobs, and are
 * forgotten by the child of a fork, which makes its own. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_THREADS_H
#define NA_THREADS_H

#include <stdatomic.h>

enum { NA_MAX_THREADS = 256 }; /* of a team */

typedef struct {
    int size;           /* threads that take part */
    atomic_int arrived; /* of the barrier */
    atomic_uint episode;
} na_team;

typedef void na_job(void *argument, na_team *team, int thread);

/* Runs job(argument, team, 0 .. size − 1), thread 0 on the caller, and returns when all are done. The size is
 * n_threads, or fewer where threads cannot be had: another team is at work, or the system refuses. The others are in
 * the floating-point state that simd/fp_state.h is about, as the caller is. */
void na_run_team(int n_threads, na_job *job, void *argument);

/* Returns when all threads of the team have called it; the last of them first runs then(argument), alone. */
void na_team_barrier(na_team *team, void (*then)(void *), void *argument);

#endif
