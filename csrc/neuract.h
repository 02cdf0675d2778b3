/* neuract.h: the interface of the C core, all that src/ sees of it.
 *
 * Opaque handles, status codes, row-major arrays in, row-major arrays out. The caller owns every array it passes;
 * the core owns the object behind a handle until the matching _free. A function that fails returns a status and
 * changes nothing. Many threads may read a network at once; only one at a time may change it. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NEURACT_H
#define NEURACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { NA_OK, NA_OUT_OF_MEMORY } na_status;
typedef enum { NA_FLOAT32, NA_FLOAT64 } na_dtype;

/* ---- choice of kernels ----------------------------------------------------------------------- */

/* Picks, once, the best kernels that this processor runs. `wanted` (an ISA name, or NULL) can only lower the choice.
 * Returns false and picks nothing if the build has no ISA of that name. */
bool na_simd_choose(const char *wanted);
const char *na_simd_chosen(void);
/* The i-th ISA of the build, lowest first, or NULL past the last; *runs tells whether this processor can run it. */
const char *na_simd_built(int i, bool *runs);

/* ---- the lists, by name ---------------------------------------------------------------------- */

/* The number of an activation ("softmax" too), loss ("own" and "own_softmax" too) or optimizer, or -1 if the name is
 * unknown. */
int na_activation_named(const char *name);
int na_loss_named(const char *name);
int na_optimizer_named(const char *name);

/* How many numbers a row's target has: one per unit of the last layer; for losses of softmax 1, the class. */
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

/* Dense rows, one after the other, or the stored entries of sparse rows. Entries that are not stored are 0; all
 * numbers are finite. Dense and sparse rows give the same bits. */
typedef struct {
    const void *values;     /* rows × n_inputs; sparse: the stored values, row by row */
    const int32_t *columns; /* sparse: the column of each stored value, ascending in a row; NULL: dense */
    const int64_t *starts;  /* sparse: rows + 1 positions in the two: row r lies from starts[r] to starts[r + 1] */
} na_rows;

/* Sparse rows are sorted; unsorted, with columns of a row that do not ascend or that appear twice; or broken, with
 * positions beyond the `stored` entries or columns beyond n_inputs. */
typedef enum { NA_ROWS_SORTED, NA_ROWS_UNSORTED, NA_ROWS_BROKEN } na_rows_state;
na_rows_state na_rows_check(int64_t rows, int64_t n_inputs, int64_t stored, const int32_t *columns,
                            const int64_t *starts);

/* ---- networks -------------------------------------------------------------------------------- */

typedef struct {
    int64_t units;
    int activation;    /* na_activation_named; softmax for the last layer only */
    double parameter;  /* of the activation: linear's slope, ReLU's bound (inf: none), leaky ReLU's or PReLU's alpha */
    bool shared_slope; /* PReLU: one alpha per layer instead of one per neuron */
    const double *thresholds; /* `units` numbers, or NULL: none; copied */
    double dropout;           /* share of this layer's neurons that a training step drops, in [0, 1) */
    const double *rates;      /* per na_part: factor of the learning rate, ≥ 0; NULL: 1 each; copied */
} na_layer;

/* An input: what makes numbers for the first layer of one column of X (inputs.h). */
typedef struct {
    int kind;            /* na_input_named */
    int64_t column;      /* of X; scale: none */
    int64_t n, size;     /* periodic: frequencies, learned numbers; embedding: levels, numbers; others: n */
    const double *edges; /* piecewise_linear: n + 1 ascending numbers; copied */
    double rate;         /* factor of the learning rate, ≥ 0 */
} na_input;

int na_input_named(const char *name);

typedef struct na_network na_network;

/* Sets all parameters to zero, and learned slopes to `parameter`. X has n_columns; without inputs, they are the
 * numbers of the first layer. With inputs, X must be dense; `scale` may only be the last of them. */
na_status na_network_create(na_dtype dtype, int64_t n_columns, const na_input *inputs, int n_inputs,
                            const na_layer *layers, int n_layers, na_network **network);
void na_network_free(na_network *network);

typedef enum { NA_WEIGHTS, NA_BIASES, NA_SLOPES } na_part;
typedef enum { NA_GRADIENTS, NA_FIRST_MOMENTS, NA_SECOND_MOMENTS } na_array;

/* Copies one part of one layer's parameters out or in: weights (n_in × units) row-major, biases (units), slopes (units
 * or 1). */
void na_network_get(const na_network *network, int layer, na_part part, void *out);
void na_network_set(na_network *network, int layer, na_part part, const void *in);
/* The numbers of the first layer, and how many parameters an input has. */
int64_t na_network_numbers(const na_network *network);
int64_t na_network_input_size(const na_network *network, int input);
/* The same for the parameters of an input, in the order of inputs.h; scale has one per number of the first layer. */
void na_network_get_input(const na_network *network, int input, void *out);
void na_network_set_input(na_network *network, int input, const void *in);
/* Whether each column of levels of x, rows × n_columns, holds whole numbers from 0 to the input's levels. */
bool na_network_has_levels(const na_network *network, int64_t rows, const void *x);

/* Number of numbers that hold all parameters, in an order of the core's own; copies them out or in. */
int64_t na_network_size(const na_network *network);
void na_network_copy_out(const na_network *network, void *out);
void na_network_copy_in(na_network *network, const void *in);

/* y ← rows × units: outputs of the last layer. */
na_status na_network_predict(const na_network *network, int64_t rows, na_rows x, void *y, int n_threads);
/* Rows for a network: y ← its outputs as na_network_predict. */
typedef struct {
    const na_network *network;
    int64_t rows;
    na_rows x;
    void *y;
} na_request;

/* Serves n ≥ 1 requests of networks of one dtype; threads divide the rows of all. */
na_status na_networks_predict(const na_request *requests, int n, int n_threads);

/* Sets of columns of X that come from other rows, one set at a time, and the predictions then. */
typedef struct {
    int64_t rows;        /* of X */
    int64_t n_sets;      /* ≥ 1 */
    const int64_t *sets; /* of each column the number of its set, or n_sets: it is in none */
    int64_t n_orders;
    const uint32_t *orders; /* n_orders × rows: row r has the columns of a set from row order[r] */
    void *y;                /* n_sets × n_orders × rows × outputs of the last layer */
} na_shuffling;

/* Fills in the predictions of rows first .. first + rows − 1 for each set in each order. X must be dense. The first
 * layer adds up the columns in another order than in na_network_predict, so that a prediction may differ by rounding
 * from that of a copy of X with shuffled columns. It does not depend on n_threads, first and rows. */
na_status na_network_predict_shuffled(const na_network *network, na_rows x, const na_shuffling *shuffling,
                                      int64_t first, int64_t rows, int n_threads);
/* outputs[l] ← rows × units: outputs of layer l; fired[l] ← the same shape, 1 where the neuron fires. Any of the
 * pointers may be NULL. */
na_status na_network_inspect(const na_network *network, int64_t rows, na_rows x, void *const *outputs,
                             uint8_t *const *fired, int n_threads);

/* Statistics of a neuron's output y, or of a number of the first layer's, over some rows; all 0 for no rows. Where y is
 * infinite or its square is beyond the dtype, squares is infinite or NaN; where y is NaN, so are the first four. */
typedef struct {
    double mean, squares; /* squares: Σ (y − mean)² */
    double minimum, maximum;
    double fired; /* number of rows on which it fires; for a number of the first layer's, that store it (dense: all) */
    double saturated; /* number of rows on which y is at or beyond a limit */
} na_activity;

/* Adds `rows` rows to the statistics of rows_before others: first of the numbers of the first layer (only stored
 * entries if they are sparse), then of the neurons, layer by layer. limits: two per layer; a neuron is saturated where
 * y ≤ the first or y ≥ the second (-inf and inf: never). Needs memory independent of the rows; the result does not
 * depend on n_threads. */
na_status na_network_diagnose(const na_network *network, int64_t rows, na_rows x, const double *limits,
                              int64_t rows_before, na_activity *activities, int n_threads);

/* gradients ← rows × numbers of the first layer × units: the derivatives of the outputs. Dense x only. */
na_status na_network_input_gradients(const na_network *network, int64_t rows, na_rows x, void *gradients,
                                     int n_threads);

/* The straight path to each row, in the numbers of the first layer. */
typedef struct {
    na_rows baseline;      /* one dense row, where it begins */
    const int64_t *places; /* of each number of the first layer: where, below n_places, its values are added up */
    int64_t n_places;
    const void *bounds;   /* the lowest of each output, then the highest: outputs are held there; or NULL */
    double tolerance;     /* error of an output's values, as a share of their size */
    void *outputs, *base; /* ← rows × units and units: the outputs at the end and at the begin */
} na_path;

/* values ← rows × n_places × units: what the numbers contribute to the change of each output along the path, their
 * integrated gradients. They add up to the change, except for the jumps of thresholds and of hard_shrink.
 * float64 networks only. */
na_status na_network_explain(const na_network *network, int64_t rows, na_rows x, const na_path *path, void *values,
                             int n_threads);

/* ---- training -------------------------------------------------------------------------------- */

/* The caller's own loss, for `rows` rows: losses (rows) ← the loss of each row, gradients (rows × units) ← its
 * derivative with respect to the outputs (for softmax: as if they did not depend on each other). targets: rows ×
 * units; for softmax 1 for the row's class and 0 for the others. Does not apply sample weights. The core calls it in
 * the caller's thread and floating-point state. Returns whether it succeeded; if not, the run ends and its result is
 * void. */
typedef bool na_own_loss(void *context, int64_t rows, const void *outputs, const void *targets, void *losses,
                         void *gradients);

/* Returns whether the run must stop at once; its result is then void. The core calls it about every 50 ms, in the
 * caller's thread and floating-point state, while a run works on many rows of a large network. */
typedef bool na_interrupted(void *context);

typedef struct {
    int loss;                      /* na_loss_named */
    na_own_loss *own_loss;         /* of the losses "own" and, for softmax, "own_softmax"; these run on one thread */
    void *own_context;             /* passed to own_loss */
    const double *loss_parameters; /* huber's delta, quantile's q, ...; copied */
    int64_t n_loss_parameters;     /* 1, or one per unit of the last layer; losses of softmax take 1 */
    int optimizer;                 /* na_optimizer_named */
    const double *optimizer_parameters; /* na_optimizer_parameters of them; copied */
    double alpha;         /* L2 penalty 0.5 · alpha · ‖W‖² / Σ sample weights of the batch; weights only */
    double l1;            /* L1 penalty l1 · Σ |W| / Σ sample weights of the batch; weights only */
    double max_grad_norm; /* > 0: scales longer gradients, with penalties, down to it; 0: no limit */
    int64_t batch_size;
    uint64_t seed;               /* of dropout */
    int n_threads;               /* upper limit for a run */
    na_interrupted *interrupted; /* NULL: the core never asks */
    void *interrupt_context;     /* passed to interrupted */
} na_training;

typedef struct {
    int64_t rows; /* in the user's arrays */
    na_rows x;
    const void *targets;       /* rows × na_loss_targets; a class is an integer */
    const void *sample_weight; /* rows, or NULL: all 1 */
} na_data;

typedef struct {
    double loss;    /* Σ over the rows done of their batch's mean loss; divide by `rows` */
    double penalty; /* the same for the penalties */
    int64_t rows;   /* rows of the order that are done */
} na_progress;

/* A generator's next 32 random bits. */
typedef uint32_t na_next_uint32(void *state);

/* Shuffles n ≤ 2^32 numbers as NumPy's RandomState.shuffle does, with the same draws (Fisher and Yates, from the
 * end) and the same result. In NumPy the shuffle would take a sixth of an epoch of a small network. */
void na_shuffle(int64_t n, uint32_t *order, na_next_uint32 *next, void *state);

enum { NA_MOST_MEMBERS = 1024 }; /* of na_members_run */

typedef struct na_trainer na_trainer;

/* Allocates the optimizer's state and all memory of a step except for the inputs. The network must outlive the
 * trainer. */
na_status na_trainer_create(na_network *network, const na_training *training, na_trainer **trainer);
void na_trainer_free(na_trainer *trainer);
/* Sets the upper limit of threads for later runs; the limit of na_training still holds. */
void na_trainer_set_threads(na_trainer *trainer, int n_threads);
/* Allocates the memory for the inputs of a step on this data, if it is not there yet. Call it before each run. */
na_status na_trainer_reserve(na_trainer *trainer, const na_data *data);

/* Trains on rows order[progress->rows ...] (n_order rows in all; NULL: in the order of x), in whole batches, until
 * the order ends or about `seconds` have passed. Call it again until progress->rows == n_order. Allocates nothing.
 * If a parameter is not finite at the end of the order, progress->loss is NaN. */
void na_trainer_run(na_trainer *trainer, const na_data *data, const uint32_t *order, int64_t n_order,
                    double learning_rate, double seconds, na_progress *progress);
/* Shares of the settings in each step of a pass, from its first on: of the learning rate, and of dropout and weight
 * decay. */
typedef struct {
    const double *rates, *shares;
    int64_t n; /* of each; 0: all shares are 1 */
} na_schedule;

/* Sets the shares of later runs, which need as many as they have steps. The arrays are read while a run works. */
void na_trainer_follow(na_trainer *trainer, na_schedule schedule);

/* A trainer that runs next to others, and its request as for na_trainer_run. */
typedef struct {
    na_trainer *trainer;
    const uint32_t *order;
    int64_t n_order;
    double learning_rate;
    na_progress progress;
} na_member;

/* As na_trainer_run, for n trainers of different networks on the same data: each thread takes one member at a time; to
 * the last ones, fewer than threads, several threads go. A member's result is the same as alone. Call it again until
 * every member's progress.rows == n_order. Asks no one within a chunk of rows. */
void na_members_run(na_member *members, int n, const na_data *data, double seconds, int n_threads);

/* na_trainer_watch sets whether later runs watch the neurons. na_trainer_watched returns the findings of the last
 * complete watched run: the norm of the mean gradient of its last batch (with penalties, before clipping), and the
 * share of hidden neurons that fired on none of its rows (rows of weight 0 do not count). */
void na_trainer_watch(na_trainer *trainer, bool watching);
void na_trainer_watched(const na_trainer *trainer, double *gradient_norm, double *dead_share);
/* Restores the parameters to the start of the pass, where progress->rows was 0, and resets the optimizer's state. */
void na_trainer_undo(na_trainer *trainer);
/* Computes the mean loss and its gradient (without penalties) over all rows, piece by piece as na_trainer_run does;
 * parameters do not change. progress->loss ends as the mean loss. */
void na_trainer_gradients(na_trainer *trainer, const na_data *data, double seconds, na_progress *progress);
/* The same, and inputs ← rows × numbers of the first layer: the gradient of the mean loss with respect to each. */
na_status na_trainer_input_gradients(na_trainer *trainer, const na_data *data, double seconds, na_progress *progress,
                                     void *inputs);
/* Computes the mean loss without its gradient, in the time of a forward pass. */
void na_trainer_loss(na_trainer *trainer, const na_data *data, double seconds, na_progress *progress);

/* Gets and sets gradients and moments, in the layout of na_network_get. Setting the moments resumes a training. */
void na_trainer_get(const na_trainer *trainer, na_array array, int layer, na_part part, void *out);
void na_trainer_set(na_trainer *trainer, na_array array, int layer, na_part part, const void *in);
void na_trainer_get_input(const na_trainer *trainer, na_array array, int input, void *out);
void na_trainer_set_input(na_trainer *trainer, na_array array, int input, const void *in);
/* Number of steps taken: Adam's t and dropout's counter. */
int64_t na_trainer_steps(const na_trainer *trainer);
void na_trainer_set_steps(na_trainer *trainer, int64_t steps);

/* ---- for tests ------------------------------------------------------------------------------- */

/* Counts allocations anew from now on, and makes the n-th of them fail, once; 0: none fails; -1: stops counting. */
void na_fail_allocation(int64_t n);
/* Allocations since then, and how many of them are not released. */
void na_count_allocations(int64_t *asked_for, int64_t *not_released);

#endif
