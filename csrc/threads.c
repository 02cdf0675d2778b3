/* threads.c: see threads.h. One pool a process, one team at a time: who finds it taken works alone, with the same
 * result. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#include "simd/cpu_relax.h"
#include "simd/fp_state.h"

enum { MAX_WORKERS = NA_MAX_THREADS - 1, SPINS = 20000 };

static struct {
    pthread_mutex_t in_use; /* held by the caller of the team at work */
    pthread_mutex_t mutex;  /* guards the rest */
    pthread_cond_t posted, finished;
    unsigned long jobs; /* posted so far */
    int workers;
    int size, running; /* of the team at work; no team: 0. A worker may wake when the job it was woken for is over. */
    na_job *job;
    void *argument;
    na_team *team;
} pool = {.in_use = PTHREAD_MUTEX_INITIALIZER,
          .mutex = PTHREAD_MUTEX_INITIALIZER,
          .posted = PTHREAD_COND_INITIALIZER,
          .finished = PTHREAD_COND_INITIALIZER};

/* In the child of a fork the workers do not exist, and the locks may be held by threads that do not either. */
static void forget_workers(void)
{
    pthread_mutex_init(&pool.in_use, NULL);
    pthread_mutex_init(&pool.mutex, NULL);
    pthread_cond_init(&pool.posted, NULL);
    pthread_cond_init(&pool.finished, NULL);
    pool.workers = pool.size = pool.running = 0;
}

static void register_fork_handler(void) { pthread_atfork(NULL, NULL, forget_workers); }

typedef struct {
    int thread;         /* 1 .. workers */
    unsigned long jobs; /* posted before it was made */
} worker_start;

static worker_start starts[MAX_WORKERS + 1];

static void *work(void *argument)
{
    worker_start self = *(worker_start *)argument;
    na_fp_enter();
    pthread_mutex_lock(&pool.mutex);
    for (;;) {
        while (pool.jobs == self.jobs) pthread_cond_wait(&pool.posted, &pool.mutex);
        self.jobs = pool.jobs;
        if (self.thread >= pool.size) continue;
        pthread_mutex_unlock(&pool.mutex);
        pool.job(pool.argument, pool.team, self.thread);
        pthread_mutex_lock(&pool.mutex);
        if (--pool.running == 0) pthread_cond_signal(&pool.finished);
    }
    return NULL;
}

/* Makes workers until there are n, or the system refuses. Returns how many there are. */
static int hire(int n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_fork_handler);
    while (pool.workers < n && pool.workers < MAX_WORKERS) {
        worker_start *start = &starts[pool.workers + 1];
        *start = (worker_start){.thread = pool.workers + 1, .jobs = pool.jobs};
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, start) != 0) break;
        pthread_detach(thread);
        pool.workers++;
    }
    return pool.workers;
}

static void run_with_workers(na_team *team, na_job *job, void *argument)
{
    pthread_mutex_lock(&pool.mutex);
    int workers = hire(team->size - 1);
    if (team->size > workers + 1) team->size = workers + 1;
    pool.job = job, pool.argument = argument, pool.team = team;
    pool.size = team->size;
    pool.running = team->size - 1;
    pool.jobs++;
    pthread_cond_broadcast(&pool.posted);
    pthread_mutex_unlock(&pool.mutex);

    job(argument, team, 0);

    pthread_mutex_lock(&pool.mutex);
    while (pool.running > 0) pthread_cond_wait(&pool.finished, &pool.mutex);
    pool.size = 0;
    pthread_mutex_unlock(&pool.mutex);
}

void na_run_team(int n_threads, na_job *job, void *argument)
{
    na_team team = {.size = n_threads};
    if (n_threads > 1 && pthread_mutex_trylock(&pool.in_use) == 0) {
        run_with_workers(&team, job, argument);
        pthread_mutex_unlock(&pool.in_use);
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
            sched_yield();
}
