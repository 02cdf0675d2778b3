# SPDX-License-Identifier: BSD-3-Clause
# The declarations of csrc/neuract.h that the seam uses. The contracts are there.

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t


cdef extern from "neuract.h" nogil:
    ctypedef bint c_bool "bool"

    ctypedef enum na_status:
        NA_OK
        NA_OUT_OF_MEMORY

    ctypedef enum na_dtype:
        NA_FLOAT32
        NA_FLOAT64

    ctypedef enum na_part:
        NA_WEIGHTS
        NA_BIASES
        NA_SLOPES

    ctypedef enum na_array:
        NA_GRADIENTS
        NA_FIRST_MOMENTS
        NA_SECOND_MOMENTS

    c_bool na_simd_choose(const char *wanted)
    const char *na_simd_chosen()
    const char *na_simd_built(int i, c_bool *runs)

    int na_activation_named(const char *name)
    int na_loss_named(const char *name)
    int na_optimizer_named(const char *name)
    int64_t na_loss_targets(int loss, int64_t units)
    int64_t na_optimizer_parameters(int optimizer)

    void na_activation_apply(na_dtype dtype, int activation, double parameter, c_bool derivative, int64_t n,
                             const void *z, void *y)
    void na_softmax_apply(na_dtype dtype, int64_t rows, int64_t n, const void *z, void *y)

    c_bool na_all_finite(na_dtype dtype, int64_t n, const void *x)

    ctypedef struct na_rows:
        const void *values
        const int32_t *columns
        const int64_t *starts

    ctypedef enum na_rows_state:
        NA_ROWS_SORTED
        NA_ROWS_UNSORTED
        NA_ROWS_BROKEN

    na_rows_state na_rows_check(int64_t rows, int64_t n_inputs, int64_t stored, const int32_t *columns,
                                const int64_t *starts)

    ctypedef struct na_layer:
        int64_t units
        int activation
        double parameter
        c_bool shared_slope
        const double *thresholds
        double dropout
        const double *rates

    ctypedef struct na_input:
        int kind
        int64_t column
        int64_t n
        int64_t size
        const double *edges
        double rate

    int na_input_named(const char *name)

    ctypedef struct na_network:
        pass

    na_status na_network_create(na_dtype dtype, int64_t n_columns, const na_input *inputs, int n_inputs,
                                const na_layer *layers, int n_layers, na_network **network)
    int64_t na_network_numbers(const na_network *network)
    int64_t na_network_input_size(const na_network *network, int input)
    c_bool na_network_has_levels(const na_network *network, int64_t rows, const void *x)
    void na_network_get_input(const na_network *network, int input, void *out)
    void na_network_set_input(na_network *network, int input, const void *values)
    void na_network_free(na_network *network)
    void na_network_get(const na_network *network, int layer, na_part part, void *out)
    void na_network_set(na_network *network, int layer, na_part part, const void *values)
    na_status na_network_predict(const na_network *network, int64_t rows, na_rows x, void *y, int n_threads)
    int64_t na_network_size(const na_network *network)
    void na_network_copy_out(const na_network *network, void *out)
    void na_network_copy_in(na_network *network, const void *values)

    ctypedef struct na_request:
        const na_network *network
        int64_t rows
        na_rows x
        void *y

    na_status na_networks_predict(const na_request *requests, int n, int n_threads)

    ctypedef struct na_shuffling:
        int64_t rows
        int64_t n_sets
        const int64_t *sets
        int64_t n_orders
        const uint32_t *orders
        void *y

    na_status na_network_predict_shuffled(const na_network *network, na_rows x, const na_shuffling *shuffling,
                                          int64_t first, int64_t rows, int n_threads)
    na_status na_network_inspect(const na_network *network, int64_t rows, na_rows x, void *const *outputs,
                                 uint8_t *const *fired, int n_threads)

    ctypedef struct na_activity:
        double mean
        double squares
        double minimum
        double maximum
        double fired
        double saturated

    na_status na_network_diagnose(const na_network *network, int64_t rows, na_rows x, const double *limits,
                                  int64_t rows_before, na_activity *activities, int n_threads)

    na_status na_network_input_gradients(const na_network *network, int64_t rows, na_rows x, void *gradients,
                                         int n_threads)

    ctypedef struct na_path:
        na_rows baseline
        const int64_t *places
        int64_t n_places
        const void *bounds
        double tolerance
        void *outputs
        void *base

    na_status na_network_explain(const na_network *network, int64_t rows, na_rows x, const na_path *path, void *values,
                                 int n_threads)

    ctypedef c_bool na_interrupted(void *context)
    ctypedef c_bool na_own_loss(void *context, int64_t rows, const void *outputs, const void *targets, void *losses,
                                void *gradients) noexcept nogil

    ctypedef struct na_training:
        int loss
        na_own_loss *own_loss
        void *own_context
        const double *loss_parameters
        int64_t n_loss_parameters
        int optimizer
        const double *optimizer_parameters
        double alpha
        double l1
        double max_grad_norm
        int64_t batch_size
        uint64_t seed
        int n_threads
        na_interrupted *interrupted
        void *interrupt_context

    ctypedef struct na_data:
        int64_t rows
        na_rows x
        const void *targets
        const void *sample_weight

    ctypedef struct na_progress:
        double loss
        double penalty
        int64_t rows

    ctypedef uint32_t na_next_uint32(void *state) noexcept nogil
    void na_shuffle(int64_t n, uint32_t *order, na_next_uint32 *next, void *state)

    ctypedef struct na_trainer:
        pass

    na_status na_trainer_create(na_network *network, const na_training *training, na_trainer **trainer)
    void na_trainer_free(na_trainer *trainer)
    na_status na_trainer_reserve(na_trainer *trainer, const na_data *data)
    void na_trainer_set_threads(na_trainer *trainer, int n_threads)
    void na_trainer_run(na_trainer *trainer, const na_data *data, const uint32_t *order, int64_t n_order,
                        double learning_rate, double seconds, na_progress *progress)

    ctypedef struct na_schedule:
        const double *rates
        const double *shares
        int64_t n

    void na_trainer_follow(na_trainer *trainer, na_schedule schedule)

    ctypedef struct na_member:
        na_trainer *trainer
        const uint32_t *order
        int64_t n_order
        double learning_rate
        na_progress progress

    enum: NA_MOST_MEMBERS
    void na_members_run(na_member *members, int n, const na_data *data, double seconds, int n_threads)
    void na_trainer_watch(na_trainer *trainer, c_bool watching)
    void na_trainer_watched(const na_trainer *trainer, double *gradient_norm, double *dead_share)
    void na_trainer_undo(na_trainer *trainer)
    void na_trainer_gradients(na_trainer *trainer, const na_data *data, double seconds, na_progress *progress)
    na_status na_trainer_input_gradients(na_trainer *trainer, const na_data *data, double seconds,
                                         na_progress *progress, void *inputs)
    void na_trainer_loss(na_trainer *trainer, const na_data *data, double seconds, na_progress *progress)
    void na_trainer_get(const na_trainer *trainer, na_array array, int layer, na_part part, void *out)
    void na_trainer_set(na_trainer *trainer, na_array array, int layer, na_part part, const void *values)
    void na_trainer_get_input(const na_trainer *trainer, na_array array, int input, void *out)
    void na_trainer_set_input(na_trainer *trainer, na_array array, int input, const void *values)
    int64_t na_trainer_steps(const na_trainer *trainer)
    void na_trainer_set_steps(na_trainer *trainer, int64_t steps)

    void na_fail_allocation(int64_t n)
    void na_count_allocations(int64_t *asked_for, int64_t *not_released)
