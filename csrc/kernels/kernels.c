/* kernels.c: all kernels of one ISA (NA_ISA) and one dtype (NA_REAL_BITS). Exports one symbol, the table
 * na_kernels_<isa>_<dtype>. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "../simd/vec.h" /* first: with it, the lists below include their functions */
#include "vecmath.h"

#include "../kernel_table.h"

#include "line.h"
#include "narrow.h"

#include "dense.h"
#include "add_inputs.h"
#include "dropout.h"
#include "elementwise.h"
#include "encode.h"
#include "gather.h"
#include "measure.h"
#include "softmax.h"
#include "sparse.h"

#define TABLE NA_FN(NA_PASTE(na_kernels_, NA_ISA))

extern const struct NA_FN(na_kernels) TABLE;

/* clang-format off */
const struct NA_FN(na_kernels) TABLE = {
    .forward = forward,
    .forward_row = forward_row,
    .add_inputs = add_inputs,
    .backward_data = backward_data,
    .backward_weights = backward_weights,
    .panels = PANELS,
    .sum_rows = sum_rows,
    .sparse_forward_row = sparse_forward_row,
    .sparse_backward_weights = sparse_backward_weights,
    .scale_lines = scale_lines,
    .sum_lines = sum_lines,
#define NA_ROW(name) .encode[NA_INPUT_##name] = name##_encode, .encode_gradients[NA_INPUT_##name] = name##_encode_gradients,
    NA_INPUTS(NA_ROW)
#undef NA_ROW
    .softmax = softmax,
    .softmax_row = softmax_row,
    .multiply = multiply,
    .drop_out = drop_out,
    .measure = measure_lines,
    .gather = gather,
    .scatter = scatter,
    .transpose = transpose,
#define NA_ROW(name) \
    .activate[NA_ACTIVATION_##name] = name##_activate, .activate_row[NA_ACTIVATION_##name] = name##_activate_row,
    NA_ACTIVATIONS(NA_ROW)
#undef NA_ROW
#define NA_ROW(name, of) .loss[NA_LOSS_##name] = name##_loss,
    NA_LOSSES(NA_ROW) NA_SOFTMAX_LOSSES(NA_ROW)
#undef NA_ROW
#define NA_ROW(name, n_parameters) .update[NA_OPTIMIZER_##name] = name##_update,
    NA_OPTIMIZERS(NA_ROW)
#undef NA_ROW
};
/* clang-format on */
