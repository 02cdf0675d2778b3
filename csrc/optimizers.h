/* optimizers.h: how a parameter follows its gradient: each optimizer is one row of the list and two functions.
 *
 * The formulas are scikit-learn's (sklearn.neural_network), so that the same settings train the same model. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_OPTIMIZERS_H
#define NA_OPTIMIZERS_H

/* X(name, n_parameters): na_prepare_<name>(parameters, t, rate, share, step) fills in the numbers of step t from the
 * optimizer's n_parameters parameters, share being that of weight decay; na_<name>(w, g, &m, &v, step) returns the new
 * parameter, m and v being its two moments.
 *
 * The parameters, in this order, also in python/neuract/optimizers.py:
 * sgd: momentum, nesterov (0 or 1)
 * adam: beta_1, beta_2, epsilon, weight_decay (decoupled; weights only; > 0: AdamW) */
#define NA_OPTIMIZERS(X) \
    X(sgd, 2)            \
    X(adam, 4)

#define NA_OPTIMIZER_ID(name, n_parameters) NA_OPTIMIZER_##name,
enum { NA_OPTIMIZERS(NA_OPTIMIZER_ID) NA_N_OPTIMIZERS };
#undef NA_OPTIMIZER_ID

#ifdef NA_REAL_H

/* The numbers of one step. Optimizers get g = scale · gradient + penalty · w. */
struct na_step {
    real learning_rate;           /* adam: corrected for the bias of the moments at this step */
    real scale;                   /* 1 / Σ sample weights of the batch */
    real penalty;                 /* alpha / Σ sample weights; 0 for biases and slopes */
    real keep;                    /* share of w that weight decay leaves; 1 for biases and slopes */
    real momentum;                /* sgd */
    bool nesterov;                /* sgd */
    real beta_1, beta_2, epsilon; /* adam */
    real rest_1, rest_2;          /* 1 − beta_1, 1 − beta_2, not from the rounded betas, which may be too near to 1 */
};

#endif

#if defined NA_REAL_H && !defined NA_SIMD_VEC_H

#include <math.h>

/* base to the n-th, by squaring: pow differs in the last bit between C libraries. */
static inline double na_power(double base, int64_t n)
{
    double result = 1;
    for (; n > 0; n >>= 1, base *= base)
        if (n & 1) result *= base;
    return result;
}

/* The prepare functions get a step with the learning rate `rate` and keep = 1. */

static inline void na_prepare_sgd(const double *parameters, int64_t t, double rate, double share, struct na_step *step)
{
    step->momentum = (real)parameters[0];
    step->nesterov = parameters[1] != 0;
}

/* The learning rate as in scikit-learn: rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ). */
static inline void na_prepare_adam(const double *parameters, int64_t t, double rate, double share, struct na_step *step)
{
    double beta_1 = parameters[0], beta_2 = parameters[1], epsilon = parameters[2], weight_decay = parameters[3];
    double correction = sqrt(1 - na_power(beta_2, t)) / (1 - na_power(beta_1, t));
    step->learning_rate = (real)(rate * correction);
    step->keep = (real)(1 - rate * share * weight_decay);
    step->beta_1 = (real)beta_1;
    step->beta_2 = (real)beta_2;
    step->rest_1 = (real)(1 - beta_1);
    step->rest_2 = (real)(1 - beta_2);
    step->epsilon = (real)fmax(epsilon, REAL_MIN);
}

#endif

#ifdef NA_SIMD_VEC_H

/* v ← momentum·v − rate·g; w ← w + v, or with Nesterov's look-ahead w + momentum·v − rate·g */
NA_INLINE vec na_sgd(vec w, vec g, vec *m, vec *v, const struct na_step *step)
{
    vec momentum = vec_set1(step->momentum), descent = vec_mul(vec_set1(step->learning_rate), g);
    vec velocity = vec_sub(vec_mul(momentum, *m), descent);
    *m = velocity;
    vec ahead = vec_sub(vec_mul(momentum, velocity), descent);
    return vec_add(w, step->nesterov != 0 ? ahead : velocity);
}

/* m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← keep·w − rate·m / (√v + ε). Kingma & Ba 2014, arXiv:1412.6980;
 * with keep < 1 AdamW: Loshchilov & Hutter 2017, arXiv:1711.05101. */
NA_INLINE vec na_adam(vec w, vec g, vec *m, vec *v, const struct na_step *step)
{
    *m = vec_fma(vec_set1(step->beta_1), *m, vec_mul(vec_set1(step->rest_1), g));
    *v = vec_fma(vec_set1(step->beta_2), *v, vec_mul(vec_set1(step->rest_2), vec_mul(g, g)));
    vec change = vec_div(vec_mul(vec_set1(step->learning_rate), *m), vec_add(vec_sqrt(*v), vec_set1(step->epsilon)));
    return vec_sub(vec_mul(vec_set1(step->keep), w), change);
}

#endif
#endif
