/* test_teams.c: the pool of threads: every job runs once on each thread of its team and on no other thread, even
 * with several callers at the same time. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "system.h"
#include "test_kernels.h"
#include "threads.h"

enum { TEAMS = 3000, LARGEST_TEAM = 3 };

typedef struct {
    atomic_int ran[LARGEST_TEAM]; /* how often each thread ran the job */
    atomic_int subnormal;         /* threads besides the caller that do not flush subnormals */
    int size;                     /* of the team */
    int came[LARGEST_TEAM];       /* 1: has reached the barrier. Only the barrier orders this and the next two */
    int met;                      /* number of threads that the last to arrive found there */
    int saw[LARGEST_TEAM];        /* `met`, as each thread saw it after the barrier */
} attendance;

static void count_met(void *argument)
{
    attendance *a = argument;
    for (int thread = 0; thread < LARGEST_TEAM; thread++) a->met += a->came[thread];
}

static void attend(void *argument, na_team *team, int thread)
{
    attendance *a = argument;
    volatile float tiny = 1e-40f;
    atomic_fetch_add(&a->ran[thread], 1);
    if (tiny * 2 != 0 && thread > 0) atomic_fetch_add(&a->subnormal, 1);
    if (thread == 0) a->size = team->size;
    a->came[thread] = 1;
    na_team_barrier(team, count_met, a);
    a->saw[thread] = a->met;
}

static void expect_attended(const attendance *a, int job)
{
    int subnormal = atomic_load(&a->subnormal);
    if (subnormal != 0) case_fail("threads besides the caller that do not flush subnormals", job, subnormal, 0);
    for (int thread = 0; thread < LARGEST_TEAM; thread++) {
        int ran = atomic_load(&a->ran[thread]), wanted = thread < a->size, met = wanted * a->size;
        if (a->saw[thread] != met) case_fail("threads met at the barrier", job, a->saw[thread], met);
        if (ran != wanted) case_fail("times that the last of the threads ran a job", job, ran, wanted);
    }
}

/* Teams of 3 and 2 in quick turns: workers may wake up late. */
static void run_teams(attendance *jobs)
{
    for (int i = 0; i < TEAMS; i++) na_run_team(LARGEST_TEAM - i % 2, attend, &jobs[i]);
}

static void test_one_caller(void)
{
    static attendance jobs[TEAMS];
    memset(jobs, 0, sizeof jobs);
    case_begin("core", "teams", "%d jobs", TEAMS);
    run_teams(jobs);
    for (int i = 0; i < TEAMS; i++) {
        expect_attended(&jobs[i], i);
        int wanted = LARGEST_TEAM - i % 2;
        if (jobs[i].size != wanted) case_fail("threads of a team", i, jobs[i].size, wanted);
    }
    case_end();
}

static attendance of_other[TEAMS];
static atomic_bool other_is_done;

static na_thread_result run_others(void *unused)
{
    run_teams(of_other);
    atomic_store(&other_is_done, true);
    return 0;
}

/* A caller that finds the pool in use works alone. */
static void test_two_callers(void)
{
    static attendance jobs[TEAMS];
    memset(jobs, 0, sizeof jobs);
    memset(of_other, 0, sizeof of_other);
    atomic_store(&other_is_done, false);
    case_begin("core", "teams", "%d jobs of two callers", TEAMS);
    if (!na_start_thread(run_others, NULL)) abort();
    run_teams(jobs);
    while (!atomic_load(&other_is_done)) na_yield();
    for (int i = 0; i < TEAMS; i++) expect_attended(&jobs[i], i), expect_attended(&of_other[i], i);
    case_end();
}

void test_teams(void)
{
    test_one_caller();
    test_two_callers();
}
