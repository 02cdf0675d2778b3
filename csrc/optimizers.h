/* optimizers.h: how a parameter follows its gradient: each optimizer one row of the list and one function.
 *
 * The formulas are scikit-learn's (sklearn.neural_network), so that the same settings train the same model. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_OPTIMIZERS_H
#define NA_OPTIMIZERS_H

/* X(name): function na_<name>(w, g, &m, &v, step) -> the new parameter; m and v are its two moments. */
#define NA_OPTIMIZERS(X) \
    X(sgd)               \
    X(adam)

#define NA_OPTIMIZER_ID(name) NA_OPTIMIZER_##name,
enum { NA_OPTIMIZERS(NA_OPTIMIZER_ID) NA_N_OPTIMIZERS };
#undef NA_OPTIMIZER_ID

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
