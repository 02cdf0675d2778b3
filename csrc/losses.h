/* losses.h: the loss functions: each loss is one row of the list and two functions.
 *
 * t is the target. Losses of the output y work with any elementwise output activation; the chain rule adds its
 * derivative. Losses of z belong to one output activation; computed from z they need no clipping and lose no digits
 * in the tails. `a` is the loss's parameter, the same for all outputs or one per output. Losses over softmax mix a
 * row's outputs and have their own kernels (kernels/softmax.h). */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_LOSSES_H
#define NA_LOSSES_H

typedef enum { NA_OF_OUTPUT, NA_OF_Z } na_loss_of;

/* X(name, of): functions na_<name>(v, t, a) -> loss and na_<name>_gradient(v, t, a) -> dloss/dv, v the output or z. */
#define NA_LOSSES(X)                \
    X(squared_error, NA_OF_OUTPUT)  \
    X(absolute_error, NA_OF_OUTPUT) \
    X(huber, NA_OF_OUTPUT)          \
    X(quantile, NA_OF_OUTPUT)       \
    X(poisson_exponential, NA_OF_Z) \
    X(poisson_sigmoid, NA_OF_Z)     \
    X(gamma_exponential, NA_OF_Z)   \
    X(log_loss_sigmoid, NA_OF_Z)    \
    X(focal_sigmoid, NA_OF_Z)

/* Their target is one number, the class. */
#define NA_SOFTMAX_LOSSES(X)     \
    X(log_loss_softmax, NA_OF_Z) \
    X(focal_softmax, NA_OF_Z)

#define NA_LOSS_ID(name, of) NA_LOSS_##name,
enum {
    NA_LOSSES(NA_LOSS_ID) NA_N_ELEMENTWISE_LOSSES,
    NA_LAST_ELEMENTWISE_LOSS = NA_N_ELEMENTWISE_LOSSES - 1,
    NA_SOFTMAX_LOSSES(NA_LOSS_ID) NA_N_LOSSES,
    NA_OWN_LOSS = NA_N_LOSSES, /* of the output; the caller computes it */
    NA_OWN_SOFTMAX_LOSS        /* of the probabilities of softmax; the caller computes it */
};
#undef NA_LOSS_ID

#ifdef NA_SIMD_VEC_H

/* ½ (y − t)² */
NA_INLINE vec na_squared_error(vec y, vec t, vec a)
{
    vec r = vec_sub(y, t);
    return vec_mul(vec_set1((real)0.5), vec_mul(r, r));
}
NA_INLINE vec na_squared_error_gradient(vec y, vec t, vec a) { return vec_sub(y, t); }

/* |y − t|; its gradient is 0 where y = t */
NA_INLINE vec na_absolute_error(vec y, vec t, vec a) { return vec_abs(vec_sub(y, t)); }
NA_INLINE vec na_absolute_error_gradient(vec y, vec t, vec a)
{
    vec r = vec_sub(y, t);
    return vec_select(vec_lt(vec_set1(0), vec_abs(r)), vec_copysign(vec_set1(1), r), r);
}

/* ½ r² where |r| ≤ a, else a (|r| − ½ a); r = y − t. Huber 1964. */
NA_INLINE vec na_huber(vec y, vec t, vec a)
{
    vec size = vec_abs(vec_sub(y, t));
    vec inside = vec_min(a, size); /* inside · (|r| − ½ inside) is both branches at once */
    return vec_mul(inside, vec_fnma(vec_set1((real)0.5), inside, size));
}
NA_INLINE vec na_huber_gradient(vec y, vec t, vec a) { return vec_max(vec_neg(a), vec_min(a, vec_sub(y, t))); }

/* The pinball loss of quantile a: max(a (t − y), (a − 1) (t − y)). Koenker & Bassett 1978. */
NA_INLINE vec na_quantile(vec y, vec t, vec a)
{
    vec r = vec_sub(t, y);
    return vec_max(vec_mul(a, r), vec_mul(vec_sub(a, vec_set1(1)), r));
}
NA_INLINE vec na_quantile_gradient(vec y, vec t, vec a)
{
    vec r = vec_sub(t, y);
    vec slope = vec_select(vec_lt(vec_set1(0), r), vec_neg(a), vec_sub(vec_set1(1), a));
    return vec_select(vec_lt(vec_set1(0), vec_abs(r)), slope, r);
}

/* Half the constant part of the Poisson deviance: t log t − t, 0 at t = 0. */
NA_INLINE vec na_poisson_constant(vec t)
{
    vec zero = vec_set1(0);
    return vec_select(vec_lt(zero, t), vec_fma(t, vec_log(t), vec_neg(t)), zero);
}

/* y − t log y + constant with y = exp(z): exp(z) − t z + constant, whose gradient by z is y − t. */
NA_INLINE vec na_poisson_exponential(vec z, vec t, vec a)
{
    return vec_add(vec_fnma(t, z, vec_exp(z)), na_poisson_constant(t));
}
NA_INLINE vec na_poisson_exponential_gradient(vec z, vec t, vec a) { return vec_sub(vec_exp(z), t); }

/* The same with y = σ(z), log y = min(z, 0) − log(1 + exp(−|z|)); the gradient by z is (y − t)(1 − y), 1 − y = σ(−z).
 */
NA_INLINE vec na_poisson_sigmoid(vec z, vec t, vec a)
{
    vec log_y = vec_sub(vec_min(vec_set1(0), z), vec_softplus_negative(vec_abs(z)));
    return vec_add(vec_fnma(t, log_y, vec_sigmoid(z)), na_poisson_constant(t));
}
NA_INLINE vec na_poisson_sigmoid_gradient(vec z, vec t, vec a)
{
    return vec_mul(vec_sub(vec_sigmoid(z), t), vec_sigmoid(vec_neg(z)));
}

/* Half the gamma deviance, t / y − log(t / y) − 1 with y = exp(z): exp(u) − u − 1 with u = log t − z, which is 0
 * where y = t; the gradient by z is 1 − exp(u). t / y overflows only where the loss does. */
NA_INLINE vec na_gamma_exponential(vec z, vec t, vec a)
{
    vec u = vec_sub(vec_log(t), z);
    return vec_sub(vec_sub(vec_exp(u), u), vec_set1(1));
}
NA_INLINE vec na_gamma_exponential_gradient(vec z, vec t, vec a)
{
    return vec_sub(vec_set1(1), vec_exp(vec_sub(vec_log(t), z)));
}

/* Distributes the share a of the target equally over both classes: label smoothing, Szegedy et al. 2016,
 * arXiv:1512.00567. */
NA_INLINE vec na_smoothed(vec t, vec a) { return vec_fma(vec_sub(vec_set1(1), a), t, vec_mul(vec_set1((real)0.5), a)); }

/* −t log σ(z) − (1 − t) log(1 − σ(z)) = max(z, 0) − z t + log(1 + exp(−|z|)), whose gradient by z is σ(z) − t; t is
 * smoothed. */
NA_INLINE vec na_log_loss_sigmoid(vec z, vec t, vec a)
{
    vec linear = vec_fnma(z, na_smoothed(t, a), vec_max(vec_set1(0), z));
    return vec_add(linear, vec_softplus_negative(vec_abs(z)));
}
NA_INLINE vec na_log_loss_sigmoid_gradient(vec z, vec t, vec a) { return vec_sub(vec_sigmoid(z), na_smoothed(t, a)); }

/* −(1 − p)^a log p with p = σ(x) the probability of the true class; both logarithms come from x, so that neither
 * tail loses digits. Lin et al. 2017, arXiv:1708.02002. */
NA_INLINE vec na_focal_weight(vec x, vec a)
{
    vec power = vec_exp(vec_neg(vec_mul(a, vec_softplus(x))));
    return vec_select(vec_lt(vec_set1(0), a), power, vec_set1(1)); /* 0^0, not exp(0 · ∞) */
}
NA_INLINE vec na_focal(vec x, vec a) { return vec_mul(na_focal_weight(x, a), vec_softplus(vec_neg(x))); }

/* Derivative by x: −(1 − p)^a (a p · (−log p) + 1 − p). */
NA_INLINE vec na_focal_gradient(vec x, vec a)
{
    vec pull = vec_mul(vec_mul(a, vec_sigmoid(x)), vec_softplus(vec_neg(x)));
    return vec_mul(vec_neg(na_focal_weight(x, a)), vec_add(pull, vec_sigmoid(vec_neg(x))));
}

/* t is 0 or 1: the probability of the true class is σ(z) or σ(−z). */
NA_INLINE vec na_focal_sign(vec t) { return vec_fma(vec_set1(2), t, vec_set1(-1)); }
NA_INLINE vec na_focal_sigmoid(vec z, vec t, vec a) { return na_focal(vec_mul(na_focal_sign(t), z), a); }
NA_INLINE vec na_focal_sigmoid_gradient(vec z, vec t, vec a)
{
    vec sign = na_focal_sign(t);
    return vec_mul(sign, na_focal_gradient(vec_mul(sign, z), a));
}

#endif
#endif
