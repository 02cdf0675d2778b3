/* explain_points_tmpl.c: all layers at a place of a path, and the mean slopes of the outputs between two places.
 *
 * The mean slope of a neuron is Δf / Δz. Multiplied layer by layer, and times Δx, mean slopes add up to the change of
 * the outputs exactly, however far apart the places are. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "explain.h"

/* Where Δf is below this share of f, it consists of rounding, and so does Δf / Δz unless Δz is larger. The mean slope
 * is then the mean of the derivatives at both ends. */
#define ROUNDED ((real)1e-8)

/* ---- points ---------------------------------------------------------------------------------- */

static real soft_shrunk(real z, real a) { return z > a ? z - a : z < -a ? z + a : 0; }

/* f ← y without jumps. Below a threshold f stays at the threshold, and hard_shrink becomes soft_shrink. */
static void without_jumps(const kernel_table *table, const dense *layer, const real *z, real *f)
{
    struct na_neurons unheld = layer->neurons;
    const real *thresholds = unheld.thresholds;
    unheld.thresholds = NULL;
    bool shrinks = layer->activation == NA_ACTIVATION_hard_shrink;
    table->activate[shrinks ? NA_ACTIVATION_soft_shrink : layer->activation](layer->units, z, &unheld, f, NULL, NULL);
    for (int64_t j = 0; j < layer->units && thresholds; j++) {
        real least = shrinks ? soft_shrunk(thresholds[j], layer->constant) : thresholds[j];
        for (int i = 0; i < NA_LANES; i++)
            f[j * NA_LANES + i] = f[j * NA_LANES + i] < least ? least : f[j * NA_LANES + i];
    }
}

/* Holds outputs within bounds: the lowest of each, then the highest. */
static void hold(int64_t units, const real *bounds, real *y, real *slopes)
{
    for (int64_t j = 0; j < units; j++)
        for (int64_t i = j * NA_LANES; i < (j + 1) * NA_LANES; i++) {
            real low = bounds[j], high = bounds[units + j];
            if (slopes && (y[i] < low || y[i] > high)) slopes[i] = 0;
            y[i] = y[i] < low ? low : y[i] > high ? high : y[i];
        }
}

/* log Σ exp(z) of each lane, from the largest z and its share y. */
static void log_sums(int64_t units, const real *z, const real *y, real *log_sum)
{
    for (int i = 0; i < NA_LANES; i++) {
        real largest = z[i], share = y[i];
        for (int64_t j = 1; j < units; j++)
            if (z[j * NA_LANES + i] > largest) largest = z[j * NA_LANES + i], share = y[j * NA_LANES + i];
        log_sum[i] = largest - (real)log((double)share);
    }
}

void NA_FN(na_evaluate)(const explanation *e, const scratch *s, const point *p)
{
    const network *net = e->net;
    real *z = p->z, *f = p->f, *slopes = p->slopes;
    for (int l = 0;; l++) {
        const dense *layer = &net->layers[l], *above = layer + 1;
        bool last = l == net->n_layers - 1;
        real *y = last ? p->y : has_jumps(layer) ? s->y : f;
        activate_blocks(e->table, layer, 1, z, y, slopes, NULL);
        if (has_jumps(layer))
            without_jumps(e->table, layer, z, f);
        else if (last)
            memcpy(f, y, (size_t)layer->units * NA_LANES * sizeof(real));
        if (last) break;
        int64_t size = layer->units * NA_LANES;
        z += size, f += size, slopes += size;
        e->table->forward(above->n_in, above->units, 1, y, net->parameters + above->part[NA_WEIGHTS],
                          net->parameters + above->part[NA_BIASES], NULL, z);
    }
    int64_t units = last_layer(net)->units;
    if (last_layer(net)->activation == NA_SOFTMAX) log_sums(units, z, p->y, p->log_sum);
    if (!on_path(e) || !e->path->bounds) return;
    hold(units, e->path->bounds, f, slopes);
    hold(units, e->path->bounds, p->y, NULL);
}

/* ---- slopes between two points --------------------------------------------------------------- */

/* slopes ← the mean slopes of `lines` lines at `at` between a and b. */
static void mean_slopes(int64_t at, int64_t lines, const point *a, const point *b, real *slopes)
{
    for (int64_t i = at * NA_LANES; i < (at + lines) * NA_LANES; i++) {
        real dz = b->z[i] - a->z[i], df = b->f[i] - a->f[i];
        real least = ROUNDED * (size_of(a->f[i]) + size_of(b->f[i]));
        bool rounded = size_of(dz) <= least && size_of(df) <= least;
        real quotient = df / (rounded ? 1 : dz), mean = (real)0.5 * (a->slopes[i] + b->slopes[i]);
        slopes[i - at * NA_LANES] = rounded ? mean : quotient;
    }
}

/* The logarithmic mean of two positive numbers, (b − a) / d with d = log b − log a. For small d the series of
 * tanh(d / 2) / (d / 2), times the mean. */
static real logarithmic_mean(real a, real b, real d)
{
    real s = d * d, mean = (real)0.5 * (a + b);
    real series = mean * (1 - s * ((real)(1.0 / 12) - s * ((real)(1.0 / 120) - s * (real)(17.0 / 20160))));
    bool small = s < (real)0.0025;
    return small ? series : (b - a) / d;
}

/* delta ← the mean slopes of n outputs of softmax from `first` on. With L_j the logarithmic mean of y_j at both ends,
 * Δy_o = L_o (Δz_o − Σ_j L_j Δz_j / Σ_j L_j), since log y_o changes by Δz_o minus what is the same for all outputs,
 * and Σ Δy = 0. */
static void softmax_slopes(const explanation *e, const scratch *s, const point *a, const point *b, int64_t first,
                           int64_t n)
{
    int64_t units = last_layer(e->net)->units, at = (e->all_units - units) * NA_LANES;
    real sum[NA_LANES] = {0}, *means = s->mean_slopes;
    for (int64_t j = 0; j < units; j++)
        for (int i = 0; i < NA_LANES; i++) {
            int64_t k = j * NA_LANES + i;
            real d = b->z[at + k] - a->z[at + k] - (b->log_sum[i] - a->log_sum[i]);
            means[k] = logarithmic_mean(a->y[k], b->y[k], d);
            sum[i] += means[k];
        }
    for (int64_t o = 0; o < n; o++)
        for (int64_t j = 0; j < units; j++)
            for (int i = 0; i < NA_LANES; i++) {
                real own = means[(first + o) * NA_LANES + i], other = means[j * NA_LANES + i] / sum[i];
                s->delta[(o * units + j) * NA_LANES + i] = own * ((j == first + o ? 1 : 0) - other);
            }
}

/* The same for activations of single neurons. */
static void output_slopes(const explanation *e, const scratch *s, const point *a, const point *b, int64_t first,
                          int64_t n)
{
    int64_t units = last_layer(e->net)->units;
    memset(s->delta, 0, (size_t)(n * units * NA_LANES) * sizeof(real));
    for (int64_t o = 0; o < n; o++)
        mean_slopes(e->all_units - units + first + o, 1, a, b, s->delta + (o * units + first + o) * NA_LANES);
}

void NA_FN(na_mean_slopes)(const explanation *e, scratch *s, const point *a, const point *b, int64_t first, int64_t n,
                           real *to)
{
    const network *net = e->net;
    int64_t at = e->all_units - last_layer(net)->units;
    (last_layer(net)->activation == NA_SOFTMAX ? softmax_slopes : output_slopes)(e, s, a, b, first, n);
    for (int l = net->n_layers - 1; l > 0; l--) {
        const dense *layer = &net->layers[l];
        real *below = s->delta_below;
        e->table->backward_data(layer->n_in, layer->units, n, s->delta, net->parameters + layer->part[NA_WEIGHTS], NULL,
                                NULL, below);
        at -= layer->n_in;
        mean_slopes(at, layer->n_in, a, b, s->mean_slopes);
        for (int64_t o = 0; o < n; o++) {
            real *of_output = below + o * layer->n_in * NA_LANES;
            e->table->multiply(layer->n_in, of_output, s->mean_slopes, of_output);
        }
        s->delta_below = s->delta;
        s->delta = below;
    }
    memcpy(to, s->delta, (size_t)(n * net->layers[0].units * NA_LANES) * sizeof(real));
}
