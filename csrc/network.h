/* network.h: a network of one dtype: its layers and the layout of their parameters. For the *_tmpl.c files. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_NETWORK_H
#define NA_NETWORK_H

#include <math.h>

#include "kernel_table.h"

#include "functions.h"
#include "threads.h"

#define kernels NA_FN(na_best_kernels)()

typedef struct NA_FN(na_kernels) kernel_table;

typedef struct {
    int64_t n_in, units, panels;
    int activation;
    int64_t n_slopes;         /* number of learned slopes: 0, 1 or units */
    int64_t part[3], size[3]; /* per na_part: position in the parameters, and number of numbers */
    real constant;            /* the activation's parameter if it is not learned */
    real dropout;
    real rates[3]; /* per na_part: factor of the learning rate */
    struct na_neurons neurons;
} dense;

/* An input: numbers `first` and the next of the first layer, made of a column. */
typedef struct {
    int kind;
    int64_t column, first, n_numbers;
    int64_t parameters, n_parameters; /* position and number */
    real rate;                        /* factor of the learning rate */
    struct na_encoding numbers;
} encoding;

typedef struct {
    struct na_network handle;
    int n_layers;
    int64_t n_columns, n_inputs; /* of X, and numbers of the first layer; the same without encodings */
    int64_t widest;              /* neurons of the widest layer */
    int64_t group;               /* blocks that go through the layers together */
    int64_t n_parameters;        /* includes the gaps that let each part begin on a line */
    real *parameters;
    dense *layers;
    int n_encodings;
    encoding *encodings;
    bool learns_inputs;     /* whether an encoding has parameters */
    const encoding *scales; /* the last encoding if it scales, else NULL */
} network;

static inline int64_t na_round_up(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }
static inline int64_t na_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t na_max(int64_t a, int64_t b) { return a > b ? a : b; }

/* NaN if one of both is. */
static inline double min_or_nan(double a, double b) { return b < a || isnan(b) ? b : a; }
static inline double max_or_nan(double a, double b) { return b > a || isnan(b) ? b : a; }

static inline const dense *last_layer(const network *net) { return &net->layers[net->n_layers - 1]; }

/* Multiply-adds of one row through the network, forward. */
static inline double work_of_row(const network *net)
{
    double work = 0;
    for (int l = 0; l < net->n_layers; l++) work += (double)net->layers[l].n_in * (double)net->layers[l].units;
    return work;
}

/* The number of threads that `work` multiply-adds are worth: one per 50 µs or so, since waking a thread takes about
 * as long. At least 1, at most n_threads and the size of the pool. */
static inline int threads_worth(double work, int n_threads)
{
    double max_threads = n_threads < NA_MAX_THREADS ? n_threads : NA_MAX_THREADS, worth = work / 1e6;
    return (int)fmax(1, fmin(worth, max_threads));
}

/* Whether a neuron with output y fires: y is not below the threshold, or without one y is not 0. */
static inline bool fires(real y, const real *threshold) { return threshold ? !(y < *threshold) : y != 0; }

/* Defined in arrays_tmpl.c, shuffled_tmpl.c, inspect_tmpl.c, diagnose_tmpl.c, explain_tmpl.c, trainer_tmpl.c and
 * steps_tmpl.c; neuract.h has the contracts. */
void NA_FN(na_activation_apply)(int, double, bool, int64_t, const void *, void *);
void NA_FN(na_softmax_apply)(int64_t, int64_t, const void *, void *);
bool NA_FN(na_all_finite)(int64_t, const void *);
na_status NA_FN(na_predict_shuffled)(const na_network *, na_rows, const na_shuffling *, int64_t, int64_t, int);
na_status NA_FN(na_inspect)(const na_network *, int64_t, na_rows, void *const *, uint8_t *const *, int);
na_status NA_FN(na_diagnose)(const na_network *, int64_t, na_rows, const double *, int64_t, na_activity *, int);
na_status NA_FN(na_input_gradients)(const na_network *, int64_t, na_rows, void *, int);
na_status NA_FN(na_explain)(const na_network *, int64_t, na_rows, const na_path *, void *, int);
na_status NA_FN(na_trainer_create)(na_network *, const na_training *, na_trainer **);
na_status NA_FN(na_trainer_reserve)(na_trainer *, const na_data *);
void NA_FN(na_trainer_run)(na_trainer *, const na_data *, const uint32_t *, int64_t, double, double, na_progress *);
void NA_FN(na_members_run)(na_member *, int, const na_data *, double, int);
void NA_FN(na_trainer_undo)(na_trainer *);
void NA_FN(na_trainer_gradients)(na_trainer *, const na_data *, double, na_progress *);
na_status NA_FN(na_trainer_input_gradients)(na_trainer *, const na_data *, double, na_progress *, void *);
void NA_FN(na_trainer_loss)(na_trainer *, const na_data *, double, na_progress *);
void NA_FN(na_trainer_get)(const na_trainer *, na_array, int, na_part, void *);
void NA_FN(na_trainer_set)(na_trainer *, na_array, int, na_part, const void *);
void NA_FN(na_trainer_get_input)(const na_trainer *, na_array, int, void *);
void NA_FN(na_trainer_set_input)(na_trainer *, na_array, int, const void *);

/* Copies one part of a layer between an array in the layout of the parameters and a row-major array. */
void NA_FN(na_part_get)(const dense *layer, na_part part, const real *parameters, real *out);
void NA_FN(na_part_set)(const dense *layer, na_part part, real *parameters, const real *in);

/* The bound if `forward` of kernel_table.h applies the layer's activation itself, else NULL. */
static inline const real *relu_bound(const dense *layer)
{
    bool plain = !layer->neurons.thresholds && layer->dropout == 0;
    return plain && layer->activation == NA_ACTIVATION_relu ? layer->neurons.parameters : NULL;
}

/* Applies activation and threshold to `blocks` blocks; y, slopes and parameter_slopes as in kernel_table.h. */
static inline void activate_blocks(const kernel_table *table, const dense *layer, int64_t blocks, const real *z,
                                   real *y, real *slopes, real *parameter_slopes)
{
    int64_t step = layer->units * NA_LANES;
    for (int64_t b = 0; b < blocks; b++) {
        int64_t at = b * step;
        if (layer->activation == NA_SOFTMAX)
            table->softmax(layer->units, z + at, y + at);
        else
            table->activate[layer->activation](layer->units, z + at, &layer->neurons, y + at,
                                               slopes ? slopes + at : NULL,
                                               parameter_slopes ? parameter_slopes + at : NULL);
    }
}

#endif
