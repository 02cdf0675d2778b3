/* own_loss_tmpl.c: the caller's own loss, which gets rows, not blocks, and for softmax a mark for each row's class. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "trainer.h"

/* Asks the caller for the losses and gradients of the chunk. */
static void ask_for_loss(trainer *t, int64_t rows)
{
    na_fp_leave(t->handle.outside);
    t->run.abandoned = !t->training.own_loss(t->training.own_context, rows, t->own_outputs, t->own_targets,
                                             t->row_losses, t->own_gradients);
    na_fp_enter();
}

/* targets: rows × units ← 1 for the class of each row, 0 for the others. */
static void mark_classes(int64_t units, int64_t rows, const real *classes, real *targets)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < units; j++) targets[r * units + j] = classes[r] == (real)j;
}

/* Turns the gradient by the outputs y of softmax into that by z: y_j (g_j − Σ g_i y_i). */
static void through_softmax(int64_t units, const real *y, real *gradient)
{
    real mean = 0;
    for (int64_t j = 0; j < units; j++) mean += gradient[j] * y[j];
    for (int64_t j = 0; j < units; j++) gradient[j] = y[j] * (gradient[j] - mean);
}

/* Writes outputs and targets of the chunk row by row, as the caller gets them. */
static void write_rows(const trainer *t, const scratch *s, int64_t blocks, bool softmax, const real *y)
{
    int64_t units = last_layer(t->net)->units, size = units * NA_LANES;
    for (int64_t b = 0; b < blocks; b++) {
        real *targets = t->own_targets + b * size;
        t->table->scatter(units, rows_of(t, b), y + b * size, t->own_outputs + b * size);
        gather_rows(t, b, t->n_targets, t->run.data->targets, s->targets);
        if (softmax)
            mark_classes(units, rows_of(t, b), s->targets, targets);
        else
            t->table->scatter(units, rows_of(t, b), s->targets, targets);
    }
}

/* Multiplies a row's gradient by its weight; 0 for weight 0, even if the gradient is infinite. */
static void weigh(int64_t units, real weight, real *gradient)
{
    for (int64_t j = 0; j < units; j++) gradient[j] = weight == 0 ? 0 : weight * gradient[j];
}

void NA_FN(na_ask_own_loss)(trainer *t, const scratch *s, int64_t blocks, const real *y)
{
    int64_t units = last_layer(t->net)->units, size = units * NA_LANES, rows = chunk_rows(t);
    bool softmax = last_layer(t->net)->activation == NA_SOFTMAX;
    write_rows(t, s, blocks, softmax, y);
    ask_for_loss(t, rows);
    for (int64_t r = 0; r < rows; r++) {
        real *gradient = t->own_gradients + r * units;
        if (softmax) through_softmax(units, t->own_outputs + r * units, gradient);
        weigh(units, t->row_weights[r], gradient);
    }
    for (int64_t b = 0; b < blocks; b++)
        t->table->gather(units, rows_of(t, b), t->own_gradients + b * size, NULL, s->delta + b * size);
}
