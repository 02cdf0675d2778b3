/* neuract.h: all that src/ sees of the C core.
 *
 * Opaque handles, status codes, row-major arrays in, row-major arrays out. The caller owns every array it passes; the
 * core owns what stands behind a handle until the matching _free. A function that fails returns a status and changes
 * nothing. A network may be read by many threads at once; whatever changes it must be called by one at a time. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NEURACT_H
#define NEURACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { NA_OK, NA_OUT_OF_MEMORY } na_status;
typedef enum { NA_FLOAT32, NA_FLOAT64 } na_dtype;

/* ---- which kernels run ----------------------------------------------------------------------- */

/* Picks the best kernels this processor runs, once; `wanted` (an ISA name, or NULL) may only lower the choice.
 * Returns false, and picks nothing, where no such name is built in. */
bool na_simd_choose(const char *wanted);
const char *na_simd_chosen(void);
/* The i-th ISA built in, lowest first, or NULL past the last; *runs tells whether this processor can run it. */
const char *na_simd_built(int i, bool *runs);

/* ---- the lists, by name ---------------------------------------------------------------------- */

/* The number of an activation ("softmax" too), loss ("own" and "own_softmax" too) or optimizer; -1 where there is none
 * of that name. */
int na_activation_named(const char *name);
int na_loss_named(const char *name);
int na_optimizer_named(const char *name);

/* The numbers of a row's target: one for each of the last layer's units; for losses of softmax 1, the class. */
int64_t na_loss_targets(int loss, int64_t units);
/* How many parameters an optimizer has; optimizers.h lists them. */
int64_t na_optimizer_parameters(int optimizer);

/* ---- plain arrays ---------------------------------------------------------------------------- */

/* y[i] = f(z[i]) or, if `derivative`, df/dz at z[i]; n numbers of `dtype`, y may be z. `parameter` as in na_layer. */
void na_activation_apply(na_dtype dtype, int activation, double parameter, bool derivative, int64_t n, const void *z,
                         void *y);
/* Softmax of each of `rows` rows of n numbers; y may be z. */
void na_softmax_apply(na_dtype dtype, int64_t rows, int64_t n, const void *z, void *y);
/* Whether none of n numbers is NaN or infinite. */
bool na_all_finite(na_dtype dtype, int64_t n, const void *x);

/* ---- rows of X ------------------------------------------------------------------------------- */

/* Dense rows, one behind the other, or the stored entries of sparse ones; what is not stored is 0, and all numbers are
 * finite. Both give the same bits. */
typedef struct {
    const void *values;     /* rows × n_inputs; sparse: the stored values, row by row */
    const int32_t *columns; /* sparse: of each of them, ascending in a row; NULL: dense */
    const int64_t *starts;  /* sparse: rows + 1 places in the two: row r lies from starts[r] to starts[r + 1] */
} na_rows;

/* What sparse rows are: ready; ready but for the order, columns of a row not ascending or more than once there; or not
 * to be read at all, with places beyond the `stored` entries or columns beyond n_inputs. */
typedef enum { NA_ROWS_SORTED, NA_ROWS_UNSORTED, NA_ROWS_BROKEN } na_rows_state;
na_rows_state na_rows_check(int64_t rows, int64_t n_inputs, int64_t stored, const int32_t *columns,
                            const int64_t *starts);

/* ---- networks -------------------------------------------------------------------------------- */

typedef struct {
    int64_t units;
    int activation;    /* na_activation_named; softmax for the last layer only */
    double parameter;  /* of the activation: linear's slope, ReLU's bound (inf: none), leaky ReLU's or PReLU's alpha */
    bool shared_slope; /* PReLU: one alpha for the layer instead of one a neuron */
    const double *thresholds; /* `units` numbers, or NULL: none; copied */
    double dropout;           /* share of this layer's neurons that a training step leaves out, in [0, 1) */
} na_layer;

typedef struct na_network na_network;

/* All parameters zero, learned slopes at `parameter`. */
na_status na_network_create(na_dtype dtype, int64_t n_inputs, const na_layer *layers, int n_layers,
                            na_network **network);
void na_network_free(na_network *network);

typedef enum { NA_WEIGHTS, NA_BIASES, NA_SLOPES } na_part;
typedef enum { NA_GRADIENTS, NA_FIRST_MOMENTS, NA_SECOND_MOMENTS } na_array;

/* Copies one part of one layer's parameters out or in: weights (n_in × units) row-major, biases (units), slopes (units
 * or 1). */
void na_network_get(const na_network *network, int layer, na_part part, void *out);
void na_network_set(na_network *network, int layer, na_part part, const void *in);

/* y: rows × units of the last layer. */
na_status na_network_predict(const na_network *network, int64_t rows, na_rows x, void *y, int n_threads);
/* outputs[l]: rows × units of layer l, what its neurons pass on; fired[l]: the same shape, 1 where the neuron fires.
 * Any of the pointers may be NULL. */
na_status na_network_inspect(const na_network *network, int64_t rows, na_rows x, void *const *outputs,
                             uint8_t *const *fired, int n_threads);

/* What a neuron passes on over some rows, or an input is; all 0 for no rows. Where y is infinite or its square is
 * beyond the dtype, squares is infinite or NaN; where y is NaN, so are the first four. */
typedef struct {
    double mean, squares; /* squares: Σ (y − mean)² */
    double minimum, maximum;
    double fired; /* on how many rows; of an input: in how many rows it is stored, which in dense ones it always is */
    double saturated; /* on how many rows y is at or beyond a limit */
} na_activity;

/* Adds `rows` rows to what the inputs (n_inputs), and then the neurons layer by layer, did on rows_before others; of
 * sparse inputs only what is stored. limits: two a layer, in whose neurons y ≤ the first or y ≥ the second is saturated
 * (-inf and inf: none is). Memory is independent of the rows, and the result of n_threads. */
na_status na_network_diagnose(const na_network *network, int64_t rows, na_rows x, const double *limits,
                              int64_t rows_before, na_activity *activities, int n_threads);

/* ---- training -------------------------------------------------------------------------------- */

/* A loss of the caller's own, for `rows` rows: losses (rows) ← what each costs, gradients (rows × units) ← its
 * derivative by the outputs (of softmax: as if they did not depend on each other); targets (rows × units), for softmax
 * 1 for the row's class and 0 for the others; sample weights are none of its business. Called in the caller's thread
 * and floating-point state. Returns whether all went well; if not, the run ends, and what it did is of no use. */
typedef bool na_own_loss(void *context, int64_t rows, const void *outputs, const void *targets, void *losses,
                         void *gradients);

/* Asked about every 50 ms, in the caller's thread and floating-point state, while a run is at work on many rows of a
 * large network: whether it shall end at once. What it has done is then of no use. */
typedef bool na_interrupted(void *context);

typedef struct {
    int loss;                      /* na_loss_named */
    na_own_loss *own_loss;         /* of the losses "own" and, for softmax, "own_softmax"; they work on one thread */
    void *own_context;             /* handed to it */
    const double *loss_parameters; /* huber's delta, quantile's q, ...; copied */
    int64_t n_loss_parameters;     /* 1, or one for each of the last layer's units, not for losses of softmax */
    int optimizer;                 /* na_optimizer_named */
    const double *optimizer_parameters; /* na_optimizer_parameters of them; copied */
    double alpha;         /* L2 penalty 0.5 · alpha · ‖W‖² / Σ sample weights of the batch; weights only */
    double l1;            /* L1 penalty l1 · Σ |W| / Σ sample weights of the batch; weights only */
    double max_grad_norm; /* > 0: a longer gradient of a batch, penalties included, is shortened to it; 0: none */
    int64_t batch_size;
    uint64_t seed;               /* of dropout */
    int n_threads;               /* the most that a run may use */
    na_interrupted *interrupted; /* NULL: nobody is asked */
    void *interrupt_context;     /* handed to it */
} na_training;

typedef struct {
    int64_t rows; /* in the user's arrays */
    na_rows x;
    const void *targets;       /* rows × na_loss_targets; a class is a whole number */
    const void *sample_weight; /* rows, or NULL: all 1 */
} na_data;

typedef struct {
    double loss;    /* Σ over the rows seen of their batch's mean loss; divide by `rows` */
    double penalty; /* the same for the penalties */
    int64_t rows;   /* of the order that are done */
} na_progress;

/* A generator's next 32 random bits. */
typedef uint32_t na_next_uint32(void *state);

/* Shuffles n ≤ 2^32 numbers with the draws of NumPy's RandomState.shuffle (Fisher and Yates, from the end), so with the
 * same result; it alone would be a sixth of an epoch of a small network. */
void na_shuffle(int64_t n, uint32_t *order, na_next_uint32 *next, void *state);

typedef struct na_trainer na_trainer;

/* Holds the optimizer's state and all memory of a step but that for the inputs. The network must outlive it. */
na_status na_trainer_create(na_network *network, const na_training *training, na_trainer **trainer);
void na_trainer_free(na_trainer *trainer);
/* The most threads that runs use from now on; still no more than the trainer was made for. */
void na_trainer_set_threads(na_trainer *trainer, int n_threads);
/* Takes the memory for the inputs of a step on such data, where it is not there already. Before each run. */
na_status na_trainer_reserve(na_trainer *trainer, const na_data *data);

/* Trains on rows order[progress->rows ...] (n_order of them; NULL: as they stand), whole batches, until the order ends
 * or about `seconds` have passed; call again until progress->rows == n_order. No allocation. Where a parameter is no
 * longer finite at the end of the order, progress->loss is NaN. */
void na_trainer_run(na_trainer *trainer, const na_data *data, const uint32_t *order, int64_t n_order,
                    double learning_rate, double seconds, na_progress *progress);
/* Whether runs from now on watch the neurons; and what the last run that did so and came to its end saw: the norm of
 * the mean gradient of its last batch, penalties included and before it is clipped, and the share of the hidden neurons
 * that fired on none of its rows (those without weight aside). */
void na_trainer_watch(na_trainer *trainer, bool watching);
void na_trainer_watched(const na_trainer *trainer, double *gradient_norm, double *dead_share);
/* Puts the parameters back to what they were when progress->rows was last 0; the optimizer's state becomes that of a
 * new trainer. */
void na_trainer_undo(na_trainer *trainer);
/* Mean loss and its gradient (without the penalty) over all rows, piece by piece as na_trainer_run; parameters stay.
 * progress->loss ends as the mean loss. */
void na_trainer_gradients(na_trainer *trainer, const na_data *data, double seconds, na_progress *progress);
/* The same mean loss without its gradient, in the time of a forward pass. */
void na_trainer_loss(na_trainer *trainer, const na_data *data, double seconds, na_progress *progress);

/* Gradients and moments, laid out as na_network_get; setting moments resumes a training. */
void na_trainer_get(const na_trainer *trainer, na_array array, int layer, na_part part, void *out);
void na_trainer_set(na_trainer *trainer, na_array array, int layer, na_part part, const void *in);
/* Number of steps taken: Adam's t and dropout's counter. */
int64_t na_trainer_steps(const na_trainer *trainer);
void na_trainer_set_steps(na_trainer *trainer, int64_t steps);

/* ---- for tests ------------------------------------------------------------------------------- */

/* From now on allocations are counted anew, and the n-th of them fails, once; 0: none does; -1: no longer. */
void na_fail_allocation(int64_t n);
/* Allocations asked for since then, and how many of them are not released. */
void na_count_allocations(int64_t *asked_for, int64_t *not_released);

#endif
