/* steps_tmpl.c: one training step after another, each in two or three phases with barriers between them.
 *
 * By rows (by_rows_tmpl.c): threads take groups of blocks through all layers and back, and leave outputs and transposed
 * deltas. By panels (by_panels_tmpl.c): threads take panels, sum their gradients over the rows and move the parameters
 * at once. Where gradients are clipped, the parameters move in a third phase. A batch of more than MAX_CHUNK rows
 * passes through the phases chunk by chunk, and the gradients add up. Threads divide outputs, never sums, so any
 * number of threads gives the same bits. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "trainer.h"

#include <math.h>
#include <string.h>

#include "system.h"

#define CHECK_INTERVAL 0.05 /* seconds */
#define LONG_WORK 1e8       /* multiply-adds of a chunk that takes longer than milliseconds */
#define CLOCK_WORK 1e6      /* multiply-adds between two looks at the clock: 0.1 ms or less */

typedef void prepare(const double *parameters, int64_t t, double rate, double share, struct na_step *step);

/* Computes the numbers of the next update. A batch of weight 0 has no gradient and must not get one by a division. */
static void prepare_steps(trainer *t)
{
#define NA_ROW(name, n_parameters) [NA_OPTIMIZER_##name] = na_prepare_##name,
    static prepare *const prepare_optimizer[NA_N_OPTIMIZERS] = {NA_OPTIMIZERS(NA_ROW)};
#undef NA_ROW
    const na_training *c = &t->training;
    double rate = t->run.rate, inverse = t->run.batch_weight > 0 ? 1 / t->run.batch_weight : 0;
    t->handle.steps++;
    t->weights_step = (struct na_step){.learning_rate = (real)rate, .scale = (real)inverse, .keep = 1};
    prepare_optimizer[c->optimizer](t->optimizer_parameters, t->handle.steps, rate, t->run.share, &t->weights_step);
    t->others_step = t->weights_step;
    t->others_step.keep = 1;
    t->weights_step.penalty = (real)(c->alpha * inverse);
    if (!finishes_gradients(t)) return;
    t->others_terms = (gradient_terms){.scale = (real)inverse};
    t->weights_terms = (gradient_terms){(real)inverse, t->weights_step.penalty, (real)(c->l1 * inverse)};
    t->others_step.scale = t->weights_step.scale = 1;
    t->weights_step.penalty = 0;
}

void NA_FN(na_check_interrupt)(trainer *t)
{
    if (na_seconds() < t->run.next_check || t->run.abandoned) return; /* abandoned: its loss failed */
    na_fp_leave(t->handle.outside);
    t->run.abandoned = t->training.interrupted(t->training.interrupt_context);
    na_fp_enter();
    t->run.next_check = na_seconds() + CHECK_INTERVAL;
    if (!t->run.abandoned) return;
    atomic_store(&t->run.next_block, t->padded);
    atomic_store(&t->run.next_panel, t->n_panels);
}

/* Runs alone, after the first phase. */
static void end_rows(void *argument)
{
    trainer *t = argument;
    int64_t rows = chunk_rows(t);
    double weight = t->run.batch_weight, loss = t->run.batch_loss;
    if (!t->run.data->sample_weight) {
        weight += (double)rows;
        for (int64_t i = 0; i < rows; i++) loss += (double)t->row_losses[i];
    } else
        for (int64_t i = 0; i < rows; i++) {
            if (t->row_weights[i] == 0) continue; /* an infinite loss of a row of weight 0 must not count */
            weight += (double)t->row_weights[i];
            loss += (double)t->row_weights[i] * (double)t->row_losses[i];
        }
    t->run.batch_weight = weight, t->run.batch_loss = loss;
    if (makes_step(t)) prepare_steps(t);
    atomic_store(&t->run.next_panel, t->run.backward && !t->run.abandoned ? 0 : t->n_panels);
}

/* If the kind sorts inputs, one thread does so while the others work on blocks. */
static int64_t first_block(const trainer *t) { return t->run.kind->sort && t->run.backward ? -t->group : 0; }

static void begin_batch(trainer *t)
{
    int64_t left = t->run.n_order - t->run.progress->rows;
    t->run.batch_rows = t->run.update ? na_min(t->training.batch_size, left) : t->run.n_order;
    t->run.batch_done = 0;
    t->run.batch_weight = t->run.batch_loss = 0;
    const na_schedule *schedule = &t->handle.schedule;
    int64_t step = t->run.progress->rows / t->training.batch_size;
    bool follows = step < schedule->n;
    t->run.rate = t->run.learning_rate * (follows ? schedule->rates[step] : 1);
    t->run.share = follows ? schedule->shares[step] : 1;
}

static void end_batch(trainer *t)
{
    double inverse = t->run.batch_weight > 0 ? 1 / t->run.batch_weight : 0, rows = (double)t->run.batch_rows;
    double squares = 0, sizes = 0;
    for (int64_t p = 0; p < t->n_panels; p++) squares += t->sums[p].squares, sizes += t->sums[p].sizes;
    t->run.progress->loss += rows * inverse * t->run.batch_loss;
    t->run.progress->penalty += rows * inverse * 0.5 * t->training.alpha * squares;
    if (t->training.l1 > 0) t->run.progress->penalty += rows * inverse * t->training.l1 * sizes;
    begin_batch(t);
}

/* Turns sums into means. */
static void end_gradients(trainer *t)
{
    double inverse = t->run.batch_weight > 0 ? 1 / t->run.batch_weight : 0;
    t->run.progress->loss = t->run.batch_loss * inverse;
    if (!t->run.backward) return;
    for (int64_t i = 0; i < t->net->n_parameters; i++) t->gradients[i] *= (real)inverse;
}

/* Whether the slice's time is over. Asking takes as long as some rows of a small network, so small steps ask once for
 * many. */
static bool is_over(trainer *t)
{
    if ((t->run.since_clock += t->run.work) < CLOCK_WORK) return false;
    t->run.since_clock = 0;
    return na_seconds() > t->run.deadline;
}

/* Runs alone, after the second phase. */
static void end_weights(void *argument)
{
    trainer *t = argument;
    int64_t rows = chunk_rows(t);
    if (ends_watched_pass(t)) t->handle.gradient_norm = NA_FN(na_gradient_norm)(t);
    t->run.batch_done += rows;
    t->run.progress->rows += rows;
    if (t->run.batch_done == t->run.batch_rows) t->run.update ? end_batch(t) : end_gradients(t);
    t->run.stop = t->run.progress->rows == t->run.n_order || is_over(t) || t->run.abandoned;
    atomic_store(&t->run.next_block, first_block(t));
}

static void run_job(void *argument, na_team *team, int thread)
{
    trainer *t = argument;
    scratch s = t->scratches[thread];
    bool checks = t->run.checks && thread == 0;
    while (!t->run.stop) {
        NA_FN(na_run_by_rows)(t, &s, checks);
        na_team_barrier(team, end_rows, t);
        NA_FN(na_run_by_panels)(t, checks);
        if (clips(t) && makes_step(t)) {
            na_team_barrier(team, NA_FN(na_clip), t);
            NA_FN(na_run_updates)(t);
        }
        na_team_barrier(team, end_weights, t);
    }
}

/* Returns the number of threads that it is worth. */
static int begin_slice(trainer *t, const na_data *data, const uint32_t *order, int64_t n_order, double seconds,
                       na_progress *progress)
{
    t->run.data = data, t->run.kind = NA_FN(na_kind_of)(t->net, data->x);
    t->run.order = order, t->run.n_order = n_order, t->run.progress = progress;
    double start = na_seconds();
    t->run.deadline = start + seconds;
    t->run.next_check = start + CHECK_INTERVAL;
    t->run.abandoned = false;
    if (progress->rows == 0) begin_batch(t);
    t->run.stop = progress->rows == n_order;
    atomic_store(&t->run.next_block, first_block(t));
    int n_threads = (int)na_min(t->handle.n_threads, t->training.n_threads);
    double work = work_of_rows(t->net, na_min(t->chunk, t->run.batch_rows));
    t->run.checks = t->training.interrupted && work > LONG_WORK;
    t->run.work = work, t->run.since_clock = 0;
    return threads_worth(work, n_threads);
}

static void run_slice(trainer *t, const na_data *data, const uint32_t *order, int64_t n_order, double seconds,
                      na_progress *progress)
{
    int n_threads = begin_slice(t, data, order, n_order, seconds, progress);
    na_run_team(n_threads, run_job, t);
}

static void forget_fired(const trainer *t)
{
    for (int l = 0; l < t->net->n_layers - 1; l++)
        for (int64_t j = 0; j < t->net->layers[l].units; j++) atomic_store(&t->fired[l][j], false);
}

/* The share of hidden neurons that have not fired; 0 without hidden neurons. */
static double dead_share(const trainer *t)
{
    int64_t neurons = 0, fired = 0;
    for (int l = 0; l < t->net->n_layers - 1; l++) {
        neurons += t->net->layers[l].units;
        for (int64_t j = 0; j < t->net->layers[l].units; j++) fired += atomic_load(&t->fired[l][j]);
    }
    return neurons > 0 ? (double)(neurons - fired) / (double)neurons : 0;
}

static void begin_steps(trainer *t, double learning_rate, const na_progress *progress)
{
    t->run.update = t->run.backward = true;
    t->run.learning_rate = learning_rate;
    if (progress->rows > 0) return;
    memcpy(t->before, t->net->parameters, (size_t)t->net->n_parameters * sizeof(real));
    if (watches(t)) forget_fired(t);
}

static void end_steps(trainer *t)
{
    if (t->run.progress->rows < t->run.n_order) return;
    if (watches(t)) t->handle.dead_share = dead_share(t);
    if (!NA_FN(na_all_finite)(t->net->n_parameters, t->net->parameters))
        t->run.progress->loss = NAN; /* by the last step, which no loss has seen */
}

void NA_FN(na_trainer_run)(na_trainer *handle, const na_data *data, const uint32_t *order, int64_t n_order,
                           double learning_rate, double seconds, na_progress *progress)
{
    trainer *t = (trainer *)handle;
    begin_steps(t, learning_rate, progress);
    run_slice(t, data, order, n_order, seconds, progress);
    end_steps(t);
}

/* ---- members --------------------------------------------------------------------------------- */

typedef struct {
    trainer **trainers; /* those with rows left */
    int n;
    atomic_int next;
} members_run;

typedef struct {
    members_run *run;
    na_team *team;
} members_job;

/* The members that single threads run; teams share the others. */
static int alone_of(const members_run *run, const na_team *team) { return run->n - run->n % team->size; }

/* Runs alone, first. Thread t works for the shared member t mod the number of these. */
static void plan_teams(void *argument)
{
    const members_job *job = argument;
    int alone = alone_of(job->run, job->team), shared = job->run->n - alone;
    for (int i = 0; i < shared; i++) {
        trainer *t = job->run->trainers[alone + i];
        int size = (job->team->size - i + shared - 1) / shared;
        t->run.team.size = size < t->run.team.size ? size : t->run.team.size;
    }
}

static void run_members(void *argument, na_team *team, int thread)
{
    members_job job = {argument, team};
    na_team_barrier(team, plan_teams, &job);
    int alone = alone_of(job.run, team), shared = job.run->n - alone;
    for (int i; (i = atomic_fetch_add(&job.run->next, 1)) < alone;) {
        trainer *t = job.run->trainers[i];
        t->run.team.size = 1;
        run_job(t, &t->run.team, 0);
    }
    if (shared == 0) return;
    trainer *t = job.run->trainers[alone + thread % shared];
    if (thread / shared < t->run.team.size) run_job(t, &t->run.team, thread / shared);
}

void NA_FN(na_members_run)(na_member *members, int n, const na_data *data, double seconds, int n_threads)
{
    trainer *unfinished[NA_MOST_MEMBERS];
    members_run run = {.trainers = unfinished};
    for (int i = 0; i < n; i++) {
        na_member *m = &members[i];
        trainer *t = (trainer *)m->trainer;
        if (m->progress.rows == m->n_order) continue;
        begin_steps(t, m->learning_rate, &m->progress);
        t->run.team = (na_team){.size = begin_slice(t, data, m->order, m->n_order, seconds, &m->progress)};
        t->run.checks = false; /* its first thread may not be the caller's */
        if (t->has_own_loss) n_threads = 1;
        unfinished[run.n++] = t;
    }
    if (run.n > 0) na_run_team(n_threads < NA_MAX_THREADS ? n_threads : NA_MAX_THREADS, run_members, &run);
    for (int i = 0; i < run.n; i++) end_steps(unfinished[i]);
}

void NA_FN(na_trainer_undo)(na_trainer *handle)
{
    trainer *t = (trainer *)handle;
    size_t size = (size_t)t->net->n_parameters * sizeof(real);
    memcpy(t->net->parameters, t->before, size);
    memset(t->first_moments, 0, size);
    memset(t->second_moments, 0, size);
    t->handle.steps = 0;
}

void NA_FN(na_trainer_gradients)(na_trainer *handle, const na_data *data, double seconds, na_progress *progress)
{
    trainer *t = (trainer *)handle;
    t->run.update = false;
    t->run.backward = true;
    run_slice(t, data, NULL, data->rows, seconds, progress);
}

na_status NA_FN(na_trainer_input_gradients)(na_trainer *handle, const na_data *data, double seconds,
                                            na_progress *progress, void *inputs)
{
    trainer *t = (trainer *)handle;
    int64_t n = t->net->n_inputs;
    size_t threads = (size_t)t->training.n_threads, block = na_times((size_t)n, NA_LANES);
    real *blocks = na_allocate(na_times(threads, block), sizeof(real));
    if (!blocks) return NA_OUT_OF_MEMORY;
    t->run.inputs = inputs;
    for (size_t i = 0; i < threads; i++) t->scratches[i].number_gradients = blocks + i * block;
    NA_FN(na_trainer_gradients)(handle, data, seconds, progress);
    for (size_t i = 0; i < threads; i++) t->scratches[i].number_gradients = NULL;
    na_release(blocks);
    double inverse = t->run.batch_weight > 0 ? 1 / t->run.batch_weight : 0;
    for (int64_t i = 0; i < data->rows * n && progress->rows == data->rows; i++) t->run.inputs[i] *= (real)inverse;
    return NA_OK;
}

void NA_FN(na_trainer_loss)(na_trainer *handle, const na_data *data, double seconds, na_progress *progress)
{
    trainer *t = (trainer *)handle;
    t->run.update = t->run.backward = false;
    run_slice(t, data, NULL, data->rows, seconds, progress);
}
