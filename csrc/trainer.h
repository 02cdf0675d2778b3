/* trainer.h: an optimizer's state and the memory of a training step, for one network. Made in trainer_tmpl.c, set to
 * work in train_tmpl.c, the phases of which see each other only through it. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_TRAINER_H
#define NA_TRAINER_H

#include <stdatomic.h>

#include "rows.h"

/* What a thread needs while a group goes down and up the layers. */
typedef struct {
    real **slopes;             /* [layer]: group × units lines, dy/dz */
    real **parameter_slopes;   /* [layer]: the same, dy/da, or NULL where nothing is learned */
    real *delta, *delta_below; /* group × widest lines */
    real *targets;             /* one block */
    real *mask;                /* one block of the widest layer: dropout */
    real *z_rows;              /* one block of the first layer and a line: sparse inputs */
} scratch;

typedef struct {
    int layer;
    int64_t j; /* the first output of the panel */
} panel;

/* What is added up over a panel, to be added up over all of them. */
typedef struct {
    double squares, sizes;   /* Σ w², Σ |w| of the weights before the step */
    double gradient_squares; /* Σ g² of all its parameters */
} panel_sums;

/* From the sum of the gradients over the rows to what the optimizer gets: scale · g + penalty · w + l1 · sign(w). */
typedef struct {
    real scale, penalty, l1;
} gradient_terms;

typedef struct {
    struct na_trainer handle;
    network *net;
    na_training training;
    struct na_step weights_step, others_step;
    gradient_terms weights_terms, others_terms; /* where the optimizer does not do that itself */
    int64_t n_targets;                          /* numbers of a row's target */
    real *loss_parameters;
    bool has_own_loss; /* NA_OWN_LOSS or NA_OWN_SOFTMAX_LOSS */
    int64_t group;     /* blocks that go through the layers together; with a loss of the caller's own the whole chunk */
    real *own_outputs, *own_targets, *own_gradients; /* chunk × units, row by row, for that loss */
    int64_t chunk;                                   /* rows that go through both phases at once */
    int64_t padded;                                  /* the same, in whole blocks */
    real *gradients, *first_moments, *second_moments;
    real *before;           /* the parameters at the start of the pass */
    real *inputs;           /* padded rows of n_inputs, in blocks; unless they are sparse */
    column_entries columns; /* sparse inputs: the chunk's, by column */
    real **outputs;         /* [layer]: the same of its units; the last layer's is not kept */
    real **deltas;          /* [layer]: [panel][padded rows][NA_LANES], sample weight · dloss/dz */
    real **slope_deltas;    /* [layer]: the same for the learned slopes, or NULL */
    atomic_bool **fired;    /* [hidden layer]: whether each neuron has fired in a pass that is watched */
    real *row_weights;      /* of the chunk */
    real *row_losses;
    panel *panels;
    panel_sums *sums; /* [panel] */
    int64_t n_panels;
    scratch *scratches;

    /* The run in progress. */
    const kernel_table *table;
    const na_data *data;
    const uint32_t *order;
    int64_t n_order;
    double learning_rate, deadline;
    bool update;   /* else only gradients */
    bool backward; /* else only losses */
    na_progress *progress;
    bool stop;
    bool looks;     /* whether the caller is asked within a chunk */
    bool abandoned; /* by the caller: interrupted, or its loss failed */
    double next_look;
    int64_t batch_rows, batch_done;
    double batch_weight, batch_loss;
    atomic_llong next_block;
    atomic_llong next_panel;
} trainer;

/* Multiply-adds of a step of that many rows: forward, and twice that backward. */
static inline double work_of_rows(const network *net, int64_t rows) { return 3 * work_of_row(net) * (double)rows; }

/* ---- the rows at work ------------------------------------------------------------------------ */

/* How many the chunk has. */
static inline int64_t chunk_rows(const trainer *t) { return least(t->chunk, t->batch_rows - t->batch_done); }

/* Rows of a block of the chunk. */
static inline int64_t rows_of(const trainer *t, int64_t block)
{
    return least(NA_LANES, chunk_rows(t) - block * NA_LANES);
}

static inline bool takes_sparse(const trainer *t, int layer) { return layer == 0 && is_sparse(t->data->x); }

/* What a block of the chunk gives a layer; sparse inputs aside. */
static inline const real *layer_input(const trainer *t, int layer, int64_t block)
{
    return layer == 0 ? t->inputs + block * t->net->n_inputs * NA_LANES
                      : t->outputs[layer - 1] + block * t->net->layers[layer].n_in * NA_LANES;
}

/* The chunk's rows of one block, n numbers each, become lines. */
static inline void gather_rows(const trainer *t, int64_t block, int64_t n, const real *from, real *to)
{
    int64_t first = t->progress->rows + block * NA_LANES;
    t->table->gather(n, rows_of(t, block), t->order ? from : from + first * n, t->order ? t->order + first : NULL, to);
}

/* ---- what becomes of their gradients --------------------------------------------------------- */

/* Whether the chunk is the last of its batch, and the batch makes a step. */
static inline bool makes_step(const trainer *t) { return t->update && t->batch_done + chunk_rows(t) == t->batch_rows; }

static inline bool watches(const trainer *t) { return t->handle.watching && t->update; }

/* Whether the rows at work are the last of a pass whose neurons are watched. */
static inline bool ends_watched_pass(const trainer *t)
{
    return watches(t) && t->progress->rows + chunk_rows(t) == t->n_order;
}

static inline bool clips(const trainer *t) { return t->training.max_grad_norm > 0; }

/* Whether the optimizer gets finished gradients: it knows nothing of l1, a norm to clip by is known too late for it,
 * and one to show not at all. */
static inline bool finishes_gradients(const trainer *t)
{
    return clips(t) || t->training.l1 > 0 || ends_watched_pass(t);
}

/* ---- the phases of a chunk ------------------------------------------------------------------- */

/* In the first (train_tmpl.c), with a loss of the caller's own (own_loss_tmpl.c): losses of the chunk's rows, and
 * s->delta ← sample weight · dloss/dy, for softmax dloss/dz. y: what the last layer passes on, in blocks. */
void NA_FN(na_ask_own_loss)(trainer *t, const scratch *s, int64_t blocks, const real *y);

/* Within both, by the caller's thread: asks whether to end at once, and then hands nothing more out (train_tmpl.c). */
void NA_FN(na_look)(trainer *t);

/* The second (gradients_tmpl.c): of panels that no thread has taken yet the gradients over the chunk's rows and, where
 * the batch ends, the step, unless that must wait for the norm of all gradients. */
void NA_FN(na_run_weights)(trainer *t, bool looks);
/* The norm of all finished gradients. */
double NA_FN(na_gradient_norm)(const trainer *t);

/* The third, only where gradients are clipped: na_clip (a trainer), alone, then the steps of the panels. */
void NA_FN(na_clip)(void *argument);
void NA_FN(na_run_steps)(trainer *t);

#endif
