/* functions.h: the functions of one dtype, defined in the *_tmpl.c files. A handle begins with a pointer to its
 * dtype's functions; neuract.c calls through it, and is the only place that chooses a dtype. neuract.h has the
 * contracts. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_FUNCTIONS_H
#define NA_FUNCTIONS_H

#include "neuract.h"
#include "simd/fp_state.h"

struct na_functions {
    void (*activation_apply)(int activation, double parameter, bool derivative, int64_t n, const void *z, void *y);
    void (*softmax_apply)(int64_t rows, int64_t n, const void *z, void *y);
    bool (*all_finite)(int64_t n, const void *x);

    na_status (*network_create)(int64_t n_columns, const na_input *inputs, int n_inputs, const na_layer *layers,
                                int n_layers, na_network **network);
    int64_t (*network_input_size)(const na_network *network, int input);
    void (*network_get_input)(const na_network *network, int input, void *out);
    void (*network_set_input)(na_network *network, int input, const void *in);
    bool (*network_has_levels)(const na_network *network, int64_t rows, const void *x);
    void (*network_get)(const na_network *network, int layer, na_part part, void *out);
    void (*network_set)(na_network *network, int layer, na_part part, const void *in);
    void (*network_copy)(na_network *network, void *out, const void *in);
    na_status (*networks_predict)(const na_request *requests, int n, int n_threads);
    na_status (*network_predict_shuffled)(const na_network *network, na_rows x, const na_shuffling *shuffling,
                                          int64_t first, int64_t rows, int n_threads);
    na_status (*network_inspect)(const na_network *network, int64_t rows, na_rows x, void *const *outputs,
                                 uint8_t *const *fired, int n_threads);
    na_status (*network_diagnose)(const na_network *network, int64_t rows, na_rows x, const double *limits,
                                  int64_t rows_before, na_activity *activities, int n_threads);
    na_status (*network_input_gradients)(const na_network *network, int64_t rows, na_rows x, void *gradients,
                                         int n_threads);
    na_status (*network_explain)(const na_network *network, int64_t rows, na_rows x, const na_path *path, void *values,
                                 int n_threads); /* NULL for float32 */

    na_status (*trainer_create)(na_network *network, const na_training *training, na_trainer **trainer);
    na_status (*trainer_reserve)(na_trainer *trainer, const na_data *data);
    void (*trainer_run)(na_trainer *trainer, const na_data *data, const uint32_t *order, int64_t n_order,
                        double learning_rate, double seconds, na_progress *progress);
    void (*members_run)(na_member *members, int n, const na_data *data, double seconds, int n_threads);
    void (*trainer_undo)(na_trainer *trainer);
    void (*trainer_gradients)(na_trainer *trainer, const na_data *data, double seconds, na_progress *progress);
    na_status (*trainer_input_gradients)(na_trainer *trainer, const na_data *data, double seconds,
                                         na_progress *progress, void *inputs);
    void (*trainer_loss)(na_trainer *trainer, const na_data *data, double seconds, na_progress *progress);
    void (*trainer_get)(const na_trainer *trainer, na_array array, int layer, na_part part, void *out);
    void (*trainer_set)(na_trainer *trainer, na_array array, int layer, na_part part, const void *in);
    void (*trainer_get_input)(const na_trainer *trainer, na_array array, int input, void *out);
    void (*trainer_set_input)(na_trainer *trainer, na_array array, int input, const void *in);
};

extern const struct na_functions na_functions_f32, na_functions_f64;

struct na_network {
    const struct na_functions *functions;
    int64_t n_numbers; /* of the first layer */
    int64_t size;      /* of the parameters, with gaps */
};

struct na_trainer {
    const struct na_functions *functions;
    int64_t steps;
    int n_threads;     /* set by na_trainer_set_threads */
    void *inputs;      /* memory for the inputs of a step */
    size_t input_size; /* in bytes */
    na_schedule schedule;
    bool watching; /* whether runs watch the neurons */
    double gradient_norm, dead_share;
    na_fp_state outside; /* the caller's state while the trainer works */
};

#endif
