/* explain.h: points on the paths of a block of rows, and the slopes of the outputs between two of them.
 * explain_points_tmpl.c has both; explain_tmpl.c goes along the paths. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_EXPLAIN_H
#define NA_EXPLAIN_H

#include <stdatomic.h>

#include "rows.h"

enum { NA_AT_ONCE = 16 }; /* outputs that go down the layers together */

/* All layers at a place on each row's path. */
typedef struct {
    real *z, *slopes; /* of one layer after the other; slopes: dy/dz */
    real *f;          /* y without its jumps: a continuous function of z whose derivative is dy/dz */
    real *y;          /* the outputs */
    real *log_sum;    /* of softmax, a line: log Σ exp(z) */
} point;

/* One thread's memory for a block of rows. */
typedef struct {
    real *below;                        /* numbers of the first layer, as input_kind.read leaves them */
    real *change, *sizes;               /* numbers − baseline, and their absolute values */
    real *z_base, *dz;                  /* z of the first layer at the baseline, and its change along the path */
    real *reach;                        /* the most by which the numbers can change each z of the first layer */
    real *y, *mean_slopes;              /* one layer */
    real *delta, *delta_below;          /* NA_AT_ONCE × widest lines */
    real *coarse, *fine, *half, *total; /* NA_AT_ONCE × units of the first layer: slopes over a step, and their sum */
    real *gradients;                    /* of one output by the numbers */
    point points[3];
} scratch;

typedef struct {
    const network *net;
    const kernel_table *table;
    const input_kind *kind;
    int64_t rows;
    na_rows x;
    const na_path *path; /* NULL: gradients at the rows; ask on_path */
    int longest_step;
    real *baseline; /* numbers of the first layer */
    real *sizes;    /* absolute values of the first layer's weights */
    real *zeros;    /* as many as it has units */
    real *values;
    int64_t all_units; /* of all layers */
    atomic_llong next_row;
    scratch *scratches;
} explanation;

/* Paths are compiled for float64 alone, which explains networks of both dtypes. */
static inline bool on_path(const explanation *e) { return NA_REAL_BITS == 64 && e->path; }

/* Whether y is a function of z with jumps, which the derivative does not see. */
static inline bool has_jumps(const dense *layer)
{
    return layer->neurons.thresholds || layer->activation == NA_ACTIVATION_hard_shrink;
}

static inline real size_of(real x) { return x < 0 ? -x : x; }

/* Fills p from the z of its first layer. */
void NA_FN(na_evaluate)(const explanation *e, const scratch *s, const point *p);

/* to: n × units of the first layer ← the mean slopes of n outputs from `first` on by its z, between a and b; if these
 * are the same, the derivatives. */
void NA_FN(na_mean_slopes)(const explanation *e, scratch *s, const point *a, const point *b, int64_t first, int64_t n,
                           real *to);

#endif
