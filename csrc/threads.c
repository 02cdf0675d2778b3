/* threads.c: see threads.h. One pool per process, one team at a time: a caller that finds the pool in use works
 * alone, with the same result. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "threads.h"

#include <stdint.h>

#include "simd/cpu_relax.h"
#include "simd/fp_state.h"
#include "system.h"

enum { MAX_WORKERS = NA_MAX_THREADS - 1, SPINS = 20000 };

typedef struct {
    na_mutex in_use; /* locked by the caller of the team at work */
    na_mutex mutex;  /* guards the rest */
    na_condition posted, finished;
    uint64_t jobs; /* posted so far */
    int workers;
    int size, running; /* of the team at work, 0 without a team. A worker may wake up after its job is over. */
    na_job *job;
    void *argument;
    na_team *team;
} thread_pool;

#define NOBODY_HIRED \
    {.in_use = NA_UNLOCKED, .mutex = NA_UNLOCKED, .posted = NA_NOBODY_WAITS, .finished = NA_NOBODY_WAITS}

static thread_pool pool = NOBODY_HIRED;

/* After a fork, the child has no workers, and locks may be held by threads that do not exist there. */
static void forget_workers(void) { pool = (thread_pool)NOBODY_HIRED; }

typedef struct {
    int thread;    /* 1 .. workers */
    uint64_t jobs; /* posted before the worker was made */
} worker_start;

static worker_start starts[MAX_WORKERS + 1];

static na_thread_result work(void *argument)
{
    worker_start self = *(worker_start *)argument;
    na_fp_enter();
    na_lock(&pool.mutex);
    for (;;) {
        while (pool.jobs == self.jobs) na_wait(&pool.posted, &pool.mutex);
        self.jobs = pool.jobs;
        if (self.thread >= pool.size) continue;
        na_unlock(&pool.mutex);
        pool.job(pool.argument, pool.team, self.thread);
        na_lock(&pool.mutex);
        if (--pool.running == 0) na_wake_one(&pool.finished);
    }
    return 0;
}

/* Starts workers until there are n, or the system refuses. Returns the number of workers. */
static int hire(int n)
{
    static bool knows_of_forks;
    if (!knows_of_forks) na_after_fork(forget_workers);
    knows_of_forks = true;
    while (pool.workers < n && pool.workers < MAX_WORKERS) {
        worker_start *start = &starts[pool.workers + 1];
        *start = (worker_start){.thread = pool.workers + 1, .jobs = pool.jobs};
        if (!na_start_thread(work, start)) break;
        pool.workers++;
    }
    return pool.workers;
}

static void run_with_workers(na_team *team, na_job *job, void *argument)
{
    na_lock(&pool.mutex);
    int workers = hire(team->size - 1);
    if (team->size > workers + 1) team->size = workers + 1;
    pool.job = job, pool.argument = argument, pool.team = team;
    pool.size = team->size;
    pool.running = team->size - 1;
    pool.jobs++;
    na_wake_all(&pool.posted);
    na_unlock(&pool.mutex);

    job(argument, team, 0);

    na_lock(&pool.mutex);
    while (pool.running > 0) na_wait(&pool.finished, &pool.mutex);
    pool.size = 0;
    na_unlock(&pool.mutex);
}

void na_run_team(int n_threads, na_job *job, void *argument)
{
    na_team team = {.size = n_threads};
    if (n_threads > 1 && na_try_lock(&pool.in_use)) {
        run_with_workers(&team, job, argument);
        na_unlock(&pool.in_use);
    } else {
        team.size = 1;
        job(argument, &team, 0);
    }
}

void na_team_barrier(na_team *team, void (*then)(void *), void *argument)
{
    unsigned episode = atomic_load_explicit(&team->episode, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&team->arrived, 1, memory_order_acq_rel) == team->size - 1) {
        then(argument);
        atomic_store_explicit(&team->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&team->episode, episode + 1, memory_order_release);
        return;
    }
    for (int spins = 0; atomic_load_explicit(&team->episode, memory_order_acquire) == episode; spins++)
        if (spins < SPINS)
            na_cpu_relax();
        else
            na_yield();
}
