/* activations.h: the activation functions of a neuron, y = f(z): each is one row of the list and two functions.
 *
 * Every file may read the list; only files that compile kernels get the functions (they include simd/vec.h first).
 * `a` is the layer's parameter: a constant, or if it is learned the neuron's own. NaN goes in, NaN comes out. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_ACTIVATIONS_H
#define NA_ACTIVATIONS_H

/* X(name): functions na_<name>(z, a) -> y and na_<name>_derivative(z, y, a) -> df/dz. */
#define NA_ACTIVATIONS(X) \
    X(linear)             \
    X(sigmoid)            \
    X(tanh)               \
    X(relu)               \
    X(leaky_relu)         \
    X(prelu)              \
    X(exponential)        \
    X(elu)                \
    X(selu)               \
    X(celu)               \
    X(gelu)               \
    X(gelu_tanh)          \
    X(silu)               \
    X(mish)               \
    X(softplus)           \
    X(softsign)           \
    X(log_sigmoid)        \
    X(squareplus)         \
    X(tanh_shrink)        \
    X(sin)                \
    X(hard_sigmoid)       \
    X(hard_swish)         \
    X(hard_tanh)          \
    X(hard_shrink)        \
    X(soft_shrink)

#define NA_ACTIVATION_ID(name) NA_ACTIVATION_##name,
enum { NA_ACTIVATIONS(NA_ACTIVATION_ID) NA_N_ACTIVATIONS, NA_SOFTMAX = NA_N_ACTIVATIONS };
#undef NA_ACTIVATION_ID

#ifdef NA_SIMD_VEC_H

/* f(z) = a·z */
NA_INLINE vec na_linear(vec z, vec a) { return vec_mul(a, z); }
NA_INLINE vec na_linear_derivative(vec z, vec y, vec a) { return vec_select(vec_is_nan(z), z, a); }

/* f(z) = 1 / (1 + exp(-z)) */
NA_INLINE vec na_sigmoid(vec z, vec a) { return vec_sigmoid(z); }
NA_INLINE vec na_sigmoid_derivative(vec z, vec y, vec a) { return vec_mul(y, vec_sub(vec_set1(1), y)); }

/* f(z) = tanh(z); the derivative 1 - y² as (1 - y)(1 + y), which keeps its accuracy near the limits. */
NA_INLINE vec na_tanh(vec z, vec a) { return vec_tanh(z); }
NA_INLINE vec na_tanh_derivative(vec z, vec y, vec a)
{
    return vec_mul(vec_sub(vec_set1(1), y), vec_add(vec_set1(1), y));
}

/* 1 where low < z < high, else 0 */
NA_INLINE vec na_between(vec low, vec z, vec high)
{
    vec inside = vec_select(vec_mask_and(vec_lt(low, z), vec_lt(z, high)), vec_set1(1), vec_set1(0));
    return vec_select(vec_is_nan(z), z, inside);
}

/* f(z) = min(max(z, 0), a), a = inf without a bound. z is the second operand of min and max, which preserves NaN. */
NA_INLINE vec na_relu(vec z, vec a) { return vec_min(a, vec_max(vec_set1(0), z)); }
NA_INLINE vec na_relu_derivative(vec z, vec y, vec a) { return na_between(vec_set1(0), z, a); }

/* f(z) = z where z > 0, else a·z */
NA_INLINE vec na_leaky_relu(vec z, vec a) { return vec_select(vec_lt(vec_set1(0), z), z, vec_mul(a, z)); }
NA_INLINE vec na_leaky_relu_derivative(vec z, vec y, vec a)
{
    vec slope = vec_select(vec_lt(vec_set1(0), z), vec_set1(1), a);
    return vec_select(vec_is_nan(z), z, slope);
}

/* The leaky ReLU with a learned slope a, per neuron or per layer; a may become negative. He et al. 2015,
 * arXiv:1502.01852. */
NA_INLINE vec na_prelu(vec z, vec a) { return na_leaky_relu(z, a); }
NA_INLINE vec na_prelu_derivative(vec z, vec y, vec a) { return na_leaky_relu_derivative(z, y, a); }

/* f(z) = exp(z): gives the positive output that the poisson loss needs. */
NA_INLINE vec na_exponential(vec z, vec a) { return vec_exp(z); }
NA_INLINE vec na_exponential_derivative(vec z, vec y, vec a) { return y; }

/* ---- smooth rectifiers ----------------------------------------------------------------------- */

/* f(z) = z where z > 0, else a (exp(z) - 1). Clevert et al. 2015, arXiv:1511.07289. */
NA_INLINE vec na_elu(vec z, vec a) { return vec_select(vec_lt(z, vec_set1(0)), vec_mul(a, vec_expm1(z)), z); }
NA_INLINE vec na_elu_derivative(vec z, vec y, vec a)
{
    return vec_select(vec_lt(vec_set1(0), z), vec_set1(1), vec_mul(a, vec_exp(z)));
}

/* f(z) = scale · elu(z), with the two constants that keep mean 0 and variance 1 from layer to layer.
 * Klambauer et al. 2017, arXiv:1706.02515. */
#define SELU_SCALE 1.0507009873554804934
#define SELU_SCALE_ALPHA 1.7580993408473768599
NA_INLINE vec na_selu(vec z, vec a)
{
    vec negative = vec_mul(vec_set1((real)SELU_SCALE_ALPHA), vec_expm1(z));
    return vec_select(vec_lt(z, vec_set1(0)), negative, vec_mul(vec_set1((real)SELU_SCALE), z));
}
NA_INLINE vec na_selu_derivative(vec z, vec y, vec a)
{
    vec negative = vec_mul(vec_set1((real)SELU_SCALE_ALPHA), vec_exp(z));
    return vec_select(vec_lt(vec_set1(0), z), vec_set1((real)SELU_SCALE), negative);
}

/* f(z) = z where z > 0, else a (exp(z/a) - 1): its slope has no jump at 0. Barron 2017, arXiv:1704.07483. */
NA_INLINE vec na_celu(vec z, vec a)
{
    return vec_select(vec_lt(z, vec_set1(0)), vec_mul(a, vec_expm1(vec_div(z, a))), z);
}
NA_INLINE vec na_celu_derivative(vec z, vec y, vec a)
{
    return vec_select(vec_lt(vec_set1(0), z), vec_set1(1), vec_exp(vec_div(z, a)));
}

/* f(z) = log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)); the derivative is the sigmoid. */
NA_INLINE vec na_softplus(vec z, vec a) { return vec_softplus(z); }
NA_INLINE vec na_softplus_derivative(vec z, vec y, vec a) { return vec_sigmoid(z); }

/* f(z) = log(sigmoid(z)) = -softplus(-z) */
NA_INLINE vec na_log_sigmoid(vec z, vec a)
{
    return vec_sub(vec_min(vec_set1((real)-0.0), z), vec_softplus_negative(vec_abs(z)));
}
NA_INLINE vec na_log_sigmoid_derivative(vec z, vec y, vec a) { return vec_sigmoid(vec_neg(z)); }

/* sqrt(z² + a); above 2^60, where z² may overflow, a (at most 1e30) has no effect. */
NA_INLINE vec na_squareplus_root(vec z, vec a)
{
    vec size = vec_abs(z);
    return vec_select(vec_lt(size, vec_set1((real)0x1p60)), vec_sqrt(vec_fma(size, size, a)), size);
}

/* f(z) = (z + sqrt(z² + a)) / 2; for z < 0 computed as a/4 by its conjugate, which does not cancel. Barron 2021,
 * arXiv:2112.11687. */
NA_INLINE vec na_squareplus(vec z, vec a)
{
    vec half = vec_set1((real)0.5), mean = vec_fma(half, vec_abs(z), vec_mul(half, na_squareplus_root(z, a)));
    return vec_select(vec_lt(z, vec_set1(0)), vec_div(vec_mul(vec_set1((real)0.25), a), mean), mean);
}
/* u = (1 - |z| / sqrt(z² + a)) / 2 for z < 0, again by the conjugate; otherwise 1 - u. */
NA_INLINE vec na_squareplus_derivative(vec z, vec y, vec a)
{
    vec size = vec_abs(z), root = na_squareplus_root(z, a);
    vec u = vec_div(vec_mul(vec_set1((real)0.5), a), vec_fma(size, root, vec_fma(size, size, a)));
    return vec_select(vec_lt(z, vec_set1(0)), u, vec_sub(vec_set1(1), u));
}

/* ---- gates: f(z) = z·g(z), g rising from 0 to 1 -----------------------------------------------
 *
 * Both halves are computed from t = |z| and from what g lacks to its limit, v(t) = g(-t) where z <= 0 and 1 - g(t)
 * where z > 0: y = max(z, 0) - t·v, in which -inf·0 never occurs. With u = v - t·g'(z) the derivative is u where z <= 0
 * and 1 - u where z > 0. t·v and u come times TAIL_SCALE, accurate where v is subnormal already and y is not yet; the
 * constants bound t where all of it has vanished. */
#define UNSCALE ((real)(1 / TAIL_SCALE))
#if NA_REAL_BITS == 32
#define GAUSSIAN_END 13.5f
#define LOGISTIC_END 93.0f
#define GELU_TANH_END 10.3f
#else
#define GAUSSIAN_END 37.75
#define LOGISTIC_END 716.0
#define GELU_TANH_END 21.25
#endif

/* min(|z|, end); preserves NaN. */
NA_INLINE vec na_tail(vec z, real end) { return vec_min(vec_set1(end), vec_abs(z)); }

/* max(z, -0.0): where y vanishes, it keeps the sign of z. */
NA_INLINE vec na_gate(vec z, vec tv, real unscale)
{
    return vec_fnma(tv, vec_set1(unscale), vec_max(vec_set1((real)-0.0), z));
}
NA_INLINE vec na_gate_derivative(vec z, vec u)
{
    vec_mask positive = vec_lt(vec_set1(0), z);
    vec limit = vec_select(positive, vec_set1(1), vec_set1((real)-0.0));
    return vec_fma(u, vec_select(positive, vec_set1(-UNSCALE), vec_set1(UNSCALE)), limit);
}

/* f(z) = z·Φ(z), Φ the normal distribution: v = exp(-t²/2) m(t), u = exp(-t²/2) (m(t) - t / sqrt(2π)) with m of
 * vec_mills. For a tiny t, t·s would underflow, so it is multiplied by TAIL_SCALE twice. Hendrycks & Gimpel 2016,
 * arXiv:1606.08415. */
NA_INLINE vec na_gelu(vec z, vec a)
{
    vec t = na_tail(z, GAUSSIAN_END), s, p = vec_mills(t, &s);
    vec scaled = vec_mul(vec_set1((real)TAIL_SCALE), t), ts = vec_mul(scaled, s);
    vec tm = vec_fma(ts, p, vec_neg(vec_mul(vec_mul_error(scaled, s, ts), p)));
    return na_gate(z, vec_mul(vec_tail_gaussian(t), tm), UNSCALE * UNSCALE);
}
NA_INLINE vec na_gelu_derivative(vec z, vec y, vec a)
{
    vec t = na_tail(z, GAUSSIAN_END), s, p = vec_mills(t, &s);
    vec difference = vec_fnma(vec_set1((real)0.39894228040143267794), t, vec_mul(s, p));
    return na_gate_derivative(z, vec_mul(vec_tail_gaussian(t), difference));
}

/* Logistic gates, g(z) = sigmoid(x(z)), x odd: with e = exp(-x(t)) and r = 1/(1 + e), v = e·r, u = v (1 - t·x'(t)·r).
 */
NA_INLINE vec na_logistic_gate(vec z, vec t, vec e)
{
    vec r = vec_div(vec_set1(1), vec_fma(e, vec_set1(UNSCALE), vec_set1(1)));
    return na_gate(z, vec_mul(vec_mul(t, e), r), UNSCALE);
}
NA_INLINE vec na_logistic_gate_derivative(vec z, vec t_slope, vec e)
{
    vec one = vec_set1(1), r = vec_div(one, vec_fma(e, vec_set1(UNSCALE), one));
    return na_gate_derivative(z, vec_mul(vec_mul(e, r), vec_fnma(t_slope, r, one)));
}

/* f(z) = z·sigmoid(z). Elfwing et al. 2017, arXiv:1702.03118. */
NA_INLINE vec na_silu(vec z, vec a)
{
    vec t = na_tail(z, LOGISTIC_END);
    return na_logistic_gate(z, t, vec_tail_exp(t));
}
NA_INLINE vec na_silu_derivative(vec z, vec y, vec a)
{
    vec t = na_tail(z, LOGISTIC_END);
    return na_logistic_gate_derivative(z, t, vec_tail_exp(t));
}

/* x(t) = t (α + β t²) with α = sqrt(8/π), β = 0.044715 α; low is the rounding error of x. */
#define GELU_TANH_ALPHA 0x1.9884533d43651p+0
#define GELU_TANH_BETA 0x1.2444f2a4d8b4bp-4
#if NA_REAL_BITS == 32
#define GELU_TANH_ALPHA_LOW (-0x1.857936p-25f)
#define GELU_TANH_BETA_LOW 0x1.49b16ap-29f
#else
#define GELU_TANH_ALPHA_LOW (-0x1.cbc0d30ebfd15p-54)
#define GELU_TANH_BETA_LOW (-0x1.6c843a29d1c70p-61)
#endif
NA_INLINE vec na_gelu_tanh_exp(vec t)
{
    vec alpha = vec_set1((real)GELU_TANH_ALPHA), beta = vec_set1((real)GELU_TANH_BETA);
    vec square = vec_mul(t, t), cubic = vec_mul(beta, square), factor = vec_add(alpha, cubic), x = vec_mul(t, factor);
    vec larger = vec_max(alpha, cubic), lesser = vec_min(alpha, cubic);
    vec low = vec_fma(vec_set1(GELU_TANH_BETA_LOW), square, vec_set1(GELU_TANH_ALPHA_LOW));
    low = vec_sub(low, vec_mul_error(beta, square, cubic));
    low = vec_fnma(beta, vec_mul_error(t, t, square), low);
    low = vec_add(low, vec_sub(lesser, vec_sub(factor, larger)));
    return vec_tail_exp_sum(x, vec_sub(vec_mul(t, low), vec_mul_error(t, factor, x)));
}

/* f(z) = z (1 + tanh(sqrt(2/π) (z + 0.044715 z³))) / 2 = z·sigmoid(x(z)), near gelu. Hendrycks & Gimpel 2016. */
NA_INLINE vec na_gelu_tanh(vec z, vec a)
{
    vec t = na_tail(z, GELU_TANH_END);
    return na_logistic_gate(z, t, na_gelu_tanh_exp(t));
}
NA_INLINE vec na_gelu_tanh_derivative(vec z, vec y, vec a)
{
    vec t = na_tail(z, GELU_TANH_END);
    vec slope = vec_fma(vec_mul(t, t), vec_set1((real)(3 * GELU_TANH_BETA)), vec_set1((real)GELU_TANH_ALPHA));
    return na_logistic_gate_derivative(z, vec_mul(t, slope), na_gelu_tanh_exp(t));
}

/* g(z) = tanh(softplus(z)) = n/(n + 2), n = e (e + 2), e = exp(z); where z > 0 with e = exp(-z) v = n/d, n = 2e²,
 * d = 1 + 2e + n. Returns n and e, both times TAIL_SCALE, and r = 1/d, d = n + 2 where z <= 0. */
NA_INLINE vec na_mish_parts(vec z, vec t, vec *e, vec *r)
{
    vec one = vec_set1(1), unscale = vec_set1(UNSCALE);
    vec_mask positive = vec_lt(vec_set1(0), z);
    *e = vec_tail_exp(t);
    vec twice = vec_add(*e, *e), factor = vec_mul(vec_select(positive, twice, *e), unscale);
    vec n = vec_fma(*e, factor, vec_select(positive, vec_set1(0), twice));
    vec d = vec_fma(n, unscale, vec_select(positive, vec_fma(twice, unscale, one), vec_set1(2)));
    *r = vec_div(one, d);
    return n;
}

/* f(z) = z·tanh(softplus(z)); g'(z) = 4 e (1 + e) / d², times e where z > 0. Misra 2019, arXiv:1908.08681. */
NA_INLINE vec na_mish(vec z, vec a)
{
    vec t = na_tail(z, LOGISTIC_END), e, r, n = na_mish_parts(z, t, &e, &r);
    return na_gate(z, vec_mul(vec_mul(t, n), r), UNSCALE);
}
NA_INLINE vec na_mish_derivative(vec z, vec y, vec a)
{
    vec t = na_tail(z, LOGISTIC_END), e, r, n = na_mish_parts(z, t, &e, &r);
    vec w = vec_select(vec_lt(vec_set1(0), z), vec_add(n, n), vec_mul(vec_set1(4), e));
    vec slope = vec_mul(vec_fma(w, vec_mul(e, vec_set1(UNSCALE)), w), r);
    return na_gate_derivative(z, vec_mul(r, vec_fnma(t, slope, n)));
}

/* ---- others ---------------------------------------------------------------------------------- */

/* f(z) = z / (1 + |z|); beyond 2^60 the quotient is 1. */
NA_INLINE vec na_softsign(vec z, vec a)
{
    vec size = vec_min(vec_set1((real)0x1p60), vec_abs(z));
    return vec_copysign(vec_div(size, vec_add(vec_set1(1), size)), z);
}
NA_INLINE vec na_softsign_derivative(vec z, vec y, vec a)
{
    vec r = vec_div(vec_set1(1), vec_add(vec_set1(1), vec_abs(z)));
    return vec_mul(r, r);
}

/* f(z) = z - tanh(z) */
NA_INLINE vec na_tanh_shrink(vec z, vec a) { return vec_tanh_shrink(z); }
NA_INLINE vec na_tanh_shrink_derivative(vec z, vec y, vec a)
{
    vec tanh_z = vec_tanh(z);
    return vec_mul(tanh_z, tanh_z);
}

/* f(z) = sin(z). Sitzmann et al. 2020, arXiv:2006.09661. */
NA_INLINE vec na_sin(vec z, vec a) { return vec_sin(z); }
NA_INLINE vec na_sin_derivative(vec z, vec y, vec a) { return vec_cos(z); }

/* ---- piecewise linear; at a kink the derivative is 0 if that of one side is ------------------ */

/* f(z) = min(max(z + 3, 0), 6) / 6 */
NA_INLINE vec na_hard_sigmoid(vec z, vec a)
{
    vec shifted = vec_min(vec_set1(6), vec_max(vec_set1(0), vec_add(z, vec_set1(3))));
    return vec_mul(shifted, vec_set1((real)(1.0 / 6)));
}
NA_INLINE vec na_hard_sigmoid_derivative(vec z, vec y, vec a)
{
    return vec_mul(na_between(vec_set1(-3), z, vec_set1(3)), vec_set1((real)(1.0 / 6)));
}

/* f(z) = z·hard_sigmoid(z). Howard et al. 2019, arXiv:1905.02244. */
NA_INLINE vec na_hard_swish(vec z, vec a)
{
    return vec_mul(vec_max(vec_set1(-3), z), na_hard_sigmoid(z, a)); /* -3: at -inf not inf·0 */
}
NA_INLINE vec na_hard_swish_derivative(vec z, vec y, vec a)
{
    vec inside = vec_mul(vec_fma(vec_set1(2), z, vec_set1(3)), vec_set1((real)(1.0 / 6)));
    vec left = vec_select(vec_le(z, vec_set1(-3)), vec_set1(0), inside);
    return vec_select(vec_le(vec_set1(3), z), vec_set1(1), left);
}

/* f(z) = min(max(z, -1), 1) */
NA_INLINE vec na_hard_tanh(vec z, vec a) { return vec_min(vec_set1(1), vec_max(vec_set1(-1), z)); }
NA_INLINE vec na_hard_tanh_derivative(vec z, vec y, vec a) { return na_between(vec_set1(-1), z, vec_set1(1)); }

/* f(z) = z where |z| > a, else 0 */
NA_INLINE vec na_hard_shrink(vec z, vec a) { return vec_select(vec_le(vec_abs(z), a), vec_set1(0), z); }
NA_INLINE vec na_hard_shrink_derivative(vec z, vec y, vec a)
{
    vec outside = vec_select(vec_le(vec_abs(z), a), vec_set1(0), vec_set1(1));
    return vec_select(vec_is_nan(z), z, outside);
}

/* f(z) = z moved towards 0 by a; 0 where |z| <= a */
NA_INLINE vec na_soft_shrink(vec z, vec a) { return vec_sub(z, vec_min(a, vec_max(vec_neg(a), z))); }
NA_INLINE vec na_soft_shrink_derivative(vec z, vec y, vec a) { return na_hard_shrink_derivative(z, y, a); }

#endif
#endif
