/* trainer.h: an optimizer's state and the memory of a training step, for one network. trainer_tmpl.c makes it,
 * steps_tmpl.c runs its steps. The phases of a step share nothing but this struct. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_TRAINER_H
#define NA_TRAINER_H

#include <stdatomic.h>

#include "rows.h"

/* One thread's memory while a group goes up and down the layers. */
typedef struct {
    real **slopes;             /* [layer]: group × units lines, dy/dz */
    real **parameter_slopes;   /* [layer]: the same, dy/da, or NULL if the layer learns no slopes */
    real *delta, *delta_below; /* group × widest lines */
    real *targets;             /* one block */
    real *unheld;              /* one block of the widest layer: outputs before their thresholds */
    real *z_rows; /* one block of the first layer and a line: `below` of input_kind.forward without inputs.blocks */
    real *number_gradients; /* one block of the first layer's numbers; NULL if the run is not asked for them */
} scratch;

typedef struct {
    int layer;
    int64_t j; /* the first output of the panel */
    int64_t n; /* panels from this one on whose gradients are summed together; 0: with one before */
} panel;

/* Sums over a panel, which are then added up over all panels. */
typedef struct {
    double squares, sizes;   /* Σ w², Σ |w| of the weights before the step */
    double gradient_squares; /* Σ g² of all parameters of the panel */
} panel_sums;

/* Turns the sum of the gradients over the rows into the gradient: scale · g + penalty · w + l1 · sign(w). */
typedef struct {
    real scale, penalty, l1;
} gradient_terms;

/* The run in progress: the request and its progress. */
typedef struct {
    const na_data *data;
    const input_kind *kind; /* of data->x */
    const uint32_t *order;
    int64_t n_order;
    double learning_rate, deadline;
    double rate, share; /* of the batch: learning rate; share of dropout and weight decay */
    na_team team;       /* of a member */
    bool update;        /* take steps; false: compute gradients only */
    bool backward;      /* false: compute losses only */
    real *inputs;       /* rows × numbers of the first layer: the caller's, if scratches have number_gradients */
    na_progress *progress;
    bool stop;
    bool checks;    /* whether to ask the caller within a chunk */
    bool abandoned; /* the caller interrupted it, or the caller's loss failed */
    double next_check;
    double work, since_clock; /* multiply-adds of a chunk, and since the last look at the clock */
    int64_t batch_rows, batch_done;
    double batch_weight, batch_loss;
    atomic_llong next_block;
    atomic_llong next_panel;
} training_run;

typedef struct {
    struct na_trainer handle;
    const kernel_table *table;
    network *net;
    na_training training;
    struct na_step weights_step, others_step;
    gradient_terms weights_terms, others_terms; /* used if finishes_gradients */
    int64_t n_targets;                          /* numbers of a row's target */
    real *loss_parameters;
    double *optimizer_parameters;
    bool has_own_loss; /* NA_OWN_LOSS or NA_OWN_SOFTMAX_LOSS */
    int64_t group;     /* blocks that go through the layers together; with the caller's own loss, the whole chunk */
    real *own_outputs, *own_targets, *own_gradients; /* chunk × units, row by row, for the caller's own loss */
    int64_t chunk;                                   /* rows that go through all phases at once */
    int64_t padded;                                  /* chunk, rounded up to whole blocks */
    real *gradients, *first_moments, *second_moments;
    real *before; /* the parameters at the start of the pass */
    chunk_inputs inputs;
    real **outputs;      /* [layer]: the chunk's outputs, in blocks; NULL for the last layer */
    real **deltas;       /* [layer]: [panel][padded rows][NA_LANES], sample weight · dloss/dz */
    real **slope_deltas; /* [layer]: the same for the learned slopes, or NULL */
    atomic_bool **fired; /* [hidden layer]: whether each neuron has fired in a watched pass */
    real *row_weights;   /* of the chunk */
    real *row_losses;
    panel *panels;
    panel_sums *sums; /* [panel] */
    int64_t n_panels;
    scratch *scratches;
    training_run run;
} trainer;

/* Multiply-adds of a step on that many rows: forward, and twice that backward. */
static inline double work_of_rows(const network *net, int64_t rows) { return 3 * work_of_row(net) * (double)rows; }

/* ---- the rows at work ------------------------------------------------------------------------ */

/* Rows of the chunk. */
static inline int64_t chunk_rows(const trainer *t) { return na_min(t->chunk, t->run.batch_rows - t->run.batch_done); }

/* Rows of a block of the chunk. */
static inline int64_t rows_of(const trainer *t, int64_t block)
{
    return na_min(NA_LANES, chunk_rows(t) - block * NA_LANES);
}

/* Gathers one block of the chunk's rows, n numbers per row, into lines. */
static inline void gather_rows(const trainer *t, int64_t block, int64_t n, const real *from, real *to)
{
    int64_t first = t->run.progress->rows + block * NA_LANES;
    t->table->gather(n, rows_of(t, block), t->run.order ? from : from + first * n,
                     t->run.order ? t->run.order + first : NULL, to);
}

/* ---- their gradients ------------------------------------------------------------------------- */

/* Whether the chunk is the last of a batch that makes a step. */
static inline bool makes_step(const trainer *t)
{
    return t->run.update && t->run.batch_done + chunk_rows(t) == t->run.batch_rows;
}

static inline bool watches(const trainer *t) { return t->handle.watching && t->run.update; }

/* Whether the rows at work are the last of a watched pass. */
static inline bool ends_watched_pass(const trainer *t)
{
    return watches(t) && t->run.progress->rows + chunk_rows(t) == t->run.n_order;
}

static inline bool clips(const trainer *t) { return t->training.max_grad_norm > 0; }

/* Whether the optimizer gets finished gradients. It applies scale and penalty itself, but not l1, and a norm, to
 * clip or to report, must be known before the step. */
static inline bool finishes_gradients(const trainer *t)
{
    return clips(t) || t->training.l1 > 0 || ends_watched_pass(t);
}

/* ---- the phases of a chunk ------------------------------------------------------------------- */

/* Each function of a phase works on what no thread has taken yet. With `checks` it asks the caller in between. */

/* First phase (by_rows_tmpl.c): groups of blocks through all layers and back. */
void NA_FN(na_run_by_rows)(trainer *t, scratch *s, bool checks);
/* Part of it with a loss of the caller's own (own_loss_tmpl.c): computes the losses of the chunk's rows and
 * s->delta ← sample weight · dloss/dy, or dloss/dz for softmax. y: outputs of the last layer, in blocks. */
void NA_FN(na_ask_own_loss)(trainer *t, const scratch *s, int64_t blocks, const real *y);

/* Second phase (by_panels_tmpl.c): gradients of panels over the chunk's rows and, at the end of a batch, the step,
 * unless that must wait for the norm of all gradients. */
void NA_FN(na_run_by_panels)(trainer *t, bool checks);
/* The norm of all finished gradients. */
double NA_FN(na_gradient_norm)(const trainer *t);

/* Third phase, only where gradients are clipped: one thread runs na_clip (argument: the trainer), then all threads
 * update their panels. */
void NA_FN(na_clip)(void *argument);
void NA_FN(na_run_updates)(trainer *t);

/* Asks the caller whether to stop (steps_tmpl.c). If so, no thread gets any more work. For the caller's thread only. */
void NA_FN(na_check_interrupt)(trainer *t);

#endif
