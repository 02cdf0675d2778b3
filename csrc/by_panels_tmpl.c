/* by_panels_tmpl.c: the second and third phase of a training step: sums the gradients of each panel over the chunk's
 * rows, and makes the panel's step. Where gradients are clipped, all steps wait for the norm. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "trainer.h"

#include <math.h>

/* Sums the gradients of weights and biases over the chunk's rows and adds them to those of earlier chunks: of a panel
 * and those that go with it. */
static void sum_gradients(const trainer *t, const panel *p)
{
    const dense *layer = &t->net->layers[p->layer];
    int64_t units = na_min(p->n * NA_LANES, layer->units - p->j), rows = chunk_rows(t), stride = t->padded * NA_LANES;
    const real *deltas = t->deltas[p->layer] + p->j * t->padded;
    real *weights = t->gradients + layer->part[NA_WEIGHTS] + p->j * layer->n_in;
    real *biases = t->gradients + layer->part[NA_BIASES] + p->j;
    bool add = t->run.batch_done > 0;
    if (p->layer == 0)
        t->run.kind->backward_weights(t->table, t->net, &t->inputs, units, rows, deltas, stride, add, weights, biases);
    else
        t->table->backward_weights(layer->n_in, units, rows, t->outputs[p->layer - 1], deltas, stride, add, weights,
                                   biases);
}

/* One alpha for the whole layer: sums over rows, then over neurons in order. */
static void shared_slope_gradient(const trainer *t, const dense *layer, int l, int64_t rows, bool add)
{
    real *gradient = t->gradients + layer->part[NA_SLOPES], sum = 0, sums[NA_LANES];
    for (int64_t p = 0; p < layer->panels; p++) {
        int64_t width = na_min(NA_LANES, layer->units - p * NA_LANES);
        t->table->sum_rows(width, rows, t->slope_deltas[l] + p * t->padded * NA_LANES, false, sums);
        for (int64_t j = 0; j < width; j++) sum += sums[j];
    }
    *gradient = add ? *gradient + sum : sum;
}

/* Per na_part: position and size of the panel's share of the layer's parameters. */
typedef struct {
    int64_t at[3], size[3];
} panel_parts;

static panel_parts parts_of(const trainer *t, const panel *p)
{
    const dense *layer = &t->net->layers[p->layer];
    int64_t width = na_min(NA_LANES, layer->units - p->j);
    int64_t n_slopes = layer->n_slopes > 1 ? width : p->j == 0 ? layer->n_slopes : 0;
    return (panel_parts){
        {layer->part[NA_WEIGHTS] + p->j * layer->n_in, layer->part[NA_BIASES] + p->j, layer->part[NA_SLOPES] + p->j},
        {width * layer->n_in, width, n_slopes}};
}

/* The same for the learned slopes of one panel. */
static void sum_slope_gradients(const trainer *t, const panel *p, const panel_parts *parts)
{
    const dense *layer = &t->net->layers[p->layer];
    int64_t rows = chunk_rows(t), width = parts->size[NA_BIASES];
    bool add = t->run.batch_done > 0;
    if (layer->n_slopes == 1 && p->j == 0)
        shared_slope_gradient(t, layer, p->layer, rows, add);
    else if (parts->size[NA_SLOPES] > 0)
        t->table->sum_rows(width, rows, t->slope_deltas[p->layer] + p->j * t->padded, add,
                           t->gradients + parts->at[NA_SLOPES]);
}

/* Turns up to a line of sums into gradients (sign(0) = 0), and adds g² and |w| to their lanes' sums. These are in
 * double precision, in which no square of a float overflows. */
NA_INLINE void finish_line(const gradient_terms *terms, int64_t n, const real *parameters, real *gradients,
                           double *squares, double *sizes)
{
    for (int64_t lane = 0; lane < n; lane++) {
        real w = parameters[lane], sign = (real)((w > 0) - (w < 0));
        real g = gradients[lane] * terms->scale + terms->penalty * w + terms->l1 * sign;
        gradients[lane] = g;
        squares[lane] += (double)g * (double)g;
        sizes[lane] += fabs((double)w);
    }
}

/* Does the same for n numbers, and adds up the lanes in order. Whole lines have a constant length, so that the
 * compiler uses SIMD. */
static void finish_part(const gradient_terms *terms, int64_t n, const real *parameters, real *gradients,
                        panel_sums *sums)
{
    double squares[NA_LANES] = {0}, sizes[NA_LANES] = {0};
    int64_t i = 0;
    for (; i + NA_LANES <= n; i += NA_LANES)
        finish_line(terms, NA_LANES, parameters + i, gradients + i, squares, sizes);
    finish_line(terms, n - i, parameters + i, gradients + i, squares, sizes);
    for (int lane = 0; lane < NA_LANES; lane++) {
        sums->gradient_squares += squares[lane];
        sums->sizes += sizes[lane];
    }
}

static void finish_gradients(const trainer *t, const panel_parts *parts, panel_sums *sums)
{
    panel_sums others = {0};
    *sums = others;
    for (int part = NA_WEIGHTS; part <= NA_SLOPES; part++)
        finish_part(part == NA_WEIGHTS ? &t->weights_terms : &t->others_terms, parts->size[part],
                    t->net->parameters + parts->at[part], t->gradients + parts->at[part],
                    part == NA_WEIGHTS ? sums : &others);
    sums->gradient_squares += others.gradient_squares;
}

/* Steps n parameters from `at` on, with their factor of the learning rate. Returns Σ p² before the step. */
static double update(const trainer *t, struct na_step step, real rate, int64_t n, int64_t at)
{
    step.learning_rate *= rate;
    return t->table->update[t->training.optimizer](n, &step, t->gradients + at, t->net->parameters + at,
                                                   t->first_moments + at, t->second_moments + at);
}

static double update_part(const trainer *t, const panel *p, const panel_parts *parts, na_part part)
{
    real rate = t->net->layers[p->layer].rates[part];
    return update(t, part == NA_WEIGHTS ? t->weights_step : t->others_step, rate, parts->size[part], parts->at[part]);
}

static void update_panel(const trainer *t, const panel *p, const panel_parts *parts, panel_sums *sums)
{
    sums->squares = update_part(t, p, parts, NA_WEIGHTS);
    update_part(t, p, parts, NA_BIASES);
    if (parts->size[NA_SLOPES] > 0) update_part(t, p, parts, NA_SLOPES);
}

/* ---- inputs ---------------------------------------------------------------------------------- */

static void sum_input_gradients(const trainer *t, const encoding *e)
{
    const network *net = t->net;
    const chunk_inputs *inputs = &t->inputs;
    int64_t blocks = na_round_up(chunk_rows(t), NA_LANES) / NA_LANES;
    bool add = t->run.batch_done > 0;
    real *gradients = t->gradients + e->parameters;
    if (e->kind == NA_INPUT_scale) {
        t->table->sum_lines(net->n_inputs, blocks, inputs->numbers, add, gradients);
        return;
    }
    const struct na_encoded rows = {.blocks = blocks,
                                    .x = inputs->row_columns + e->column * NA_LANES,
                                    .dy = inputs->gradients + e->first * NA_LANES,
                                    .x_stride = net->n_columns * NA_LANES,
                                    .dy_stride = net->n_inputs * NA_LANES};
    t->table->encode_gradients[e->kind](&e->numbers, &rows, add, gradients);
}

static void update_input(const trainer *t, const encoding *e)
{
    update(t, t->others_step, e->rate, e->n_parameters, e->parameters);
}

static void run_input(const trainer *t, const encoding *e, panel_sums *sums)
{
    sum_input_gradients(t, e);
    if (!makes_step(t)) return;
    panel_sums of_input = {0};
    if (finishes_gradients(t))
        finish_part(&t->others_terms, e->n_parameters, t->net->parameters + e->parameters, t->gradients + e->parameters,
                    &of_input);
    *sums = (panel_sums){.gradient_squares = of_input.gradient_squares};
    if (!clips(t)) update_input(t, e);
}

/* ---- panels and inputs ----------------------------------------------------------------------- */

static void run_panel(const trainer *t, const panel *p, panel_sums *sums)
{
    if (p->layer < 0) {
        run_input(t, &t->net->encodings[p->j], sums);
        return;
    }
    panel_parts parts = parts_of(t, p);
    sum_slope_gradients(t, p, &parts);
    if (!makes_step(t)) return;
    if (finishes_gradients(t)) finish_gradients(t, &parts, sums);
    if (!clips(t)) update_panel(t, p, &parts, sums);
}

void NA_FN(na_run_by_panels)(trainer *t, bool checks)
{
    for (int64_t p; (p = atomic_fetch_add(&t->run.next_panel, 1)) < t->n_panels;) {
        if (t->panels[p].layer >= 0 && t->panels[p].n > 0) sum_gradients(t, &t->panels[p]);
        for (int64_t i = p; i < p + t->panels[p].n; i++) run_panel(t, &t->panels[i], &t->sums[i]);
        if (checks) NA_FN(na_check_interrupt)(t);
    }
}

/* ---- third phase, only where gradients are clipped: the steps -------------------------------- */

double NA_FN(na_gradient_norm)(const trainer *t)
{
    double squares = 0;
    for (int64_t p = 0; p < t->n_panels; p++) squares += t->sums[p].gradient_squares;
    return sqrt(squares);
}

/* Scales the gradients down if their norm is beyond the limit. A norm that is not finite leaves them as they are;
 * the end of the pass finds that. */
void NA_FN(na_clip)(void *argument)
{
    trainer *t = argument;
    double norm = NA_FN(na_gradient_norm)(t), limit = t->training.max_grad_norm;
    t->weights_step.scale = t->others_step.scale = norm > limit ? (real)(limit / norm) : 1;
    atomic_store(&t->run.next_panel, t->run.abandoned ? t->n_panels : 0);
}

void NA_FN(na_run_updates)(trainer *t)
{
    for (int64_t p; (p = atomic_fetch_add(&t->run.next_panel, 1)) < t->n_panels;) {
        if (t->panels[p].layer < 0) {
            update_input(t, &t->net->encodings[t->panels[p].j]);
            continue;
        }
        panel_parts parts = parts_of(t, &t->panels[p]);
        update_panel(t, &t->panels[p], &parts, &t->sums[p]);
    }
}
