/* neuract.c: the functions of neuract.h, each passed on to the dtype of its handle. Functions that compute, even a
 * size or a conversion, run in the core's floating-point state, so that no exception traps that the caller has
 * enabled. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "neuract.h"

#include <string.h>

#include "activations.h"
#include "inputs.h"
#include "functions.h"
#include "losses.h"
#include "memory.h"
#include "optimizers.h"
#include "simd/fp_state.h"

static int find(const char *name, int n, const char *const *names)
{
    while (--n >= 0 && strcmp(names[n], name) != 0) {
    }
    return n;
}

int na_activation_named(const char *name)
{
#define NA_NAME(activation) [NA_ACTIVATION_##activation] = #activation,
    static const char *const names[] = {NA_ACTIVATIONS(NA_NAME)[NA_SOFTMAX] = "softmax"};
#undef NA_NAME
    return find(name, NA_SOFTMAX + 1, names);
}

int na_loss_named(const char *name)
{
#define NA_NAME(loss, of) [NA_LOSS_##loss] = #loss,
    static const char *const names[] = {NA_LOSSES(NA_NAME) NA_SOFTMAX_LOSSES(NA_NAME)[NA_OWN_LOSS] = "own",
                                        [NA_OWN_SOFTMAX_LOSS] = "own_softmax"};
#undef NA_NAME
    return find(name, NA_OWN_SOFTMAX_LOSS + 1, names);
}

int64_t na_loss_targets(int loss, int64_t units)
{
    return loss < NA_N_ELEMENTWISE_LOSSES || loss == NA_OWN_LOSS ? units : 1;
}

int na_input_named(const char *name)
{
#define NA_NAME(input) [NA_INPUT_##input] = #input,
    static const char *const names[] = {NA_INPUTS(NA_NAME)[NA_INPUT_scale] = "scale"};
#undef NA_NAME
    return find(name, NA_INPUT_scale + 1, names);
}

int na_optimizer_named(const char *name)
{
#define NA_NAME(optimizer, n_parameters) [NA_OPTIMIZER_##optimizer] = #optimizer,
    static const char *const names[] = {NA_OPTIMIZERS(NA_NAME)};
#undef NA_NAME
    return find(name, NA_N_OPTIMIZERS, names);
}

int64_t na_optimizer_parameters(int optimizer)
{
#define NA_COUNT(optimizer, n_parameters) [NA_OPTIMIZER_##optimizer] = n_parameters,
    static const int64_t counts[] = {NA_OPTIMIZERS(NA_COUNT)};
#undef NA_COUNT
    return counts[optimizer];
}

static const struct na_functions *functions_of(na_dtype dtype)
{
    return dtype == NA_FLOAT32 ? &na_functions_f32 : &na_functions_f64;
}

void na_activation_apply(na_dtype dtype, int activation, double parameter, bool derivative, int64_t n, const void *z,
                         void *y)
{
    const na_fp_state outside = na_fp_enter();
    functions_of(dtype)->activation_apply(activation, parameter, derivative, n, z, y);
    na_fp_leave(outside);
}

void na_softmax_apply(na_dtype dtype, int64_t rows, int64_t n, const void *z, void *y)
{
    const na_fp_state outside = na_fp_enter();
    functions_of(dtype)->softmax_apply(rows, n, z, y);
    na_fp_leave(outside);
}

bool na_all_finite(na_dtype dtype, int64_t n, const void *x) { return functions_of(dtype)->all_finite(n, x); }

na_status na_network_create(na_dtype dtype, int64_t n_columns, const na_input *inputs, int n_inputs,
                            const na_layer *layers, int n_layers, na_network **network)
{
    const na_fp_state outside = na_fp_enter();
    na_status status = functions_of(dtype)->network_create(n_columns, inputs, n_inputs, layers, n_layers, network);
    na_fp_leave(outside);
    return status;
}

void na_network_free(na_network *network) { na_release(network); }

void na_network_get(const na_network *network, int layer, na_part part, void *out)
{
    network->functions->network_get(network, layer, part, out);
}

void na_network_set(na_network *network, int layer, na_part part, const void *in)
{
    network->functions->network_set(network, layer, part, in);
}

int64_t na_network_numbers(const na_network *network) { return network->n_numbers; }

int64_t na_network_input_size(const na_network *network, int input)
{
    return network->functions->network_input_size(network, input);
}

bool na_network_has_levels(const na_network *network, int64_t rows, const void *x)
{
    return network->functions->network_has_levels(network, rows, x);
}

void na_network_get_input(const na_network *network, int input, void *out)
{
    network->functions->network_get_input(network, input, out);
}

void na_network_set_input(na_network *network, int input, const void *in)
{
    network->functions->network_set_input(network, input, in);
}

int64_t na_network_size(const na_network *network) { return network->size; }

void na_network_copy_out(const na_network *network, void *out)
{
    network->functions->network_copy((na_network *)network, out, NULL);
}

void na_network_copy_in(na_network *network, const void *in) { network->functions->network_copy(network, NULL, in); }

na_status na_network_predict(const na_network *network, int64_t rows, na_rows x, void *y, int n_threads)
{
    const na_request request = {network, rows, x, y};
    return na_networks_predict(&request, 1, n_threads);
}

na_status na_networks_predict(const na_request *requests, int n, int n_threads)
{
    const na_fp_state outside = na_fp_enter();
    na_status status = requests->network->functions->networks_predict(requests, n, n_threads);
    na_fp_leave(outside);
    return status;
}

na_status na_network_predict_shuffled(const na_network *network, na_rows x, const na_shuffling *shuffling,
                                      int64_t first, int64_t rows, int n_threads)
{
    const na_fp_state outside = na_fp_enter();
    na_status status = network->functions->network_predict_shuffled(network, x, shuffling, first, rows, n_threads);
    na_fp_leave(outside);
    return status;
}

na_status na_network_inspect(const na_network *network, int64_t rows, na_rows x, void *const *outputs,
                             uint8_t *const *fired, int n_threads)
{
    const na_fp_state outside = na_fp_enter();
    na_status status = network->functions->network_inspect(network, rows, x, outputs, fired, n_threads);
    na_fp_leave(outside);
    return status;
}

na_status na_network_diagnose(const na_network *network, int64_t rows, na_rows x, const double *limits,
                              int64_t rows_before, na_activity *activities, int n_threads)
{
    const na_fp_state outside = na_fp_enter();
    na_status status =
        network->functions->network_diagnose(network, rows, x, limits, rows_before, activities, n_threads);
    na_fp_leave(outside);
    return status;
}

na_status na_network_input_gradients(const na_network *network, int64_t rows, na_rows x, void *gradients, int n_threads)
{
    const na_fp_state outside = na_fp_enter();
    na_status status = network->functions->network_input_gradients(network, rows, x, gradients, n_threads);
    na_fp_leave(outside);
    return status;
}

na_status na_network_explain(const na_network *network, int64_t rows, na_rows x, const na_path *path, void *values,
                             int n_threads)
{
    const na_fp_state outside = na_fp_enter();
    na_status status = network->functions->network_explain(network, rows, x, path, values, n_threads);
    na_fp_leave(outside);
    return status;
}

na_status na_trainer_create(na_network *network, const na_training *training, na_trainer **trainer)
{
    const na_fp_state outside = na_fp_enter();
    na_status status = network->functions->trainer_create(network, training, trainer);
    na_fp_leave(outside);
    return status;
}

void na_trainer_free(na_trainer *trainer)
{
    if (trainer) na_release(trainer->inputs);
    na_release(trainer);
}

na_status na_trainer_reserve(na_trainer *trainer, const na_data *data)
{
    return trainer->functions->trainer_reserve(trainer, data);
}

void na_trainer_set_threads(na_trainer *trainer, int n_threads) { trainer->n_threads = n_threads; }

void na_trainer_run(na_trainer *trainer, const na_data *data, const uint32_t *order, int64_t n_order,
                    double learning_rate, double seconds, na_progress *progress)
{
    trainer->outside = na_fp_enter();
    trainer->functions->trainer_run(trainer, data, order, n_order, learning_rate, seconds, progress);
    na_fp_leave(trainer->outside);
}

void na_trainer_follow(na_trainer *trainer, na_schedule schedule) { trainer->schedule = schedule; }

void na_members_run(na_member *members, int n, const na_data *data, double seconds, int n_threads)
{
    const na_fp_state outside = na_fp_enter();
    for (int i = 0; i < n; i++) members[i].trainer->outside = outside;
    members->trainer->functions->members_run(members, n, data, seconds, n_threads);
    na_fp_leave(outside);
}

void na_trainer_watch(na_trainer *trainer, bool watching) { trainer->watching = watching; }

void na_trainer_watched(const na_trainer *trainer, double *gradient_norm, double *dead_share)
{
    *gradient_norm = trainer->gradient_norm;
    *dead_share = trainer->dead_share;
}

void na_trainer_undo(na_trainer *trainer) { trainer->functions->trainer_undo(trainer); }

void na_trainer_gradients(na_trainer *trainer, const na_data *data, double seconds, na_progress *progress)
{
    trainer->outside = na_fp_enter();
    trainer->functions->trainer_gradients(trainer, data, seconds, progress);
    na_fp_leave(trainer->outside);
}

na_status na_trainer_input_gradients(na_trainer *trainer, const na_data *data, double seconds, na_progress *progress,
                                     void *inputs)
{
    trainer->outside = na_fp_enter();
    na_status status = trainer->functions->trainer_input_gradients(trainer, data, seconds, progress, inputs);
    na_fp_leave(trainer->outside);
    return status;
}

void na_trainer_loss(na_trainer *trainer, const na_data *data, double seconds, na_progress *progress)
{
    trainer->outside = na_fp_enter();
    trainer->functions->trainer_loss(trainer, data, seconds, progress);
    na_fp_leave(trainer->outside);
}

void na_trainer_get(const na_trainer *trainer, na_array array, int layer, na_part part, void *out)
{
    trainer->functions->trainer_get(trainer, array, layer, part, out);
}

void na_trainer_set(na_trainer *trainer, na_array array, int layer, na_part part, const void *in)
{
    trainer->functions->trainer_set(trainer, array, layer, part, in);
}

void na_trainer_get_input(const na_trainer *trainer, na_array array, int input, void *out)
{
    trainer->functions->trainer_get_input(trainer, array, input, out);
}

void na_trainer_set_input(na_trainer *trainer, na_array array, int input, const void *in)
{
    trainer->functions->trainer_set_input(trainer, array, input, in);
}

int64_t na_trainer_steps(const na_trainer *trainer) { return trainer->steps; }

void na_trainer_set_steps(na_trainer *trainer, int64_t steps) { trainer->steps = steps; }
