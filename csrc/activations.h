/* activations.h: the activation functions of a neuron: y = f(z), each one row of the list and two functions.
 *
 * The list is read everywhere; the functions only where kernels are compiled (simd/vec.h comes first there). `a` is the
 * layer's parameter: a constant, or for the learned ones the neuron's own. NaN goes in, NaN comes out. */
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
    X(exponential)

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

/* f(z) = min(max(z, 0), a), a = inf where there is no bound. Data stands second in min and max: so a NaN survives. */
NA_INLINE vec na_relu(vec z, vec a) { return vec_min(a, vec_max(vec_set1(0), z)); }
NA_INLINE vec na_relu_derivative(vec z, vec y, vec a)
{
    vec inside = vec_select(vec_mask_and(vec_lt(vec_set1(0), z), vec_lt(z, a)), vec_set1(1), vec_set1(0));
    return vec_select(vec_is_nan(z), z, inside);
}

/* f(z) = z where z > 0, else a·z */
NA_INLINE vec na_leaky_relu(vec z, vec a) { return vec_select(vec_lt(vec_set1(0), z), z, vec_mul(a, z)); }
NA_INLINE vec na_leaky_relu_derivative(vec z, vec y, vec a)
{
    vec slope = vec_select(vec_lt(vec_set1(0), z), vec_set1(1), a);
    return vec_select(vec_is_nan(z), z, slope);
}

/* The leaky ReLU whose slope a is learned, neuron by neuron or layer by layer; a may become negative.
 * He et al. 2015, arXiv:1502.01852. */
NA_INLINE vec na_prelu(vec z, vec a) { return na_leaky_relu(z, a); }
NA_INLINE vec na_prelu_derivative(vec z, vec y, vec a) { return na_leaky_relu_derivative(z, y, a); }

/* f(z) = exp(z): the positive output that the poisson loss wants. */
NA_INLINE vec na_exponential(vec z, vec a) { return vec_exp(z); }
NA_INLINE vec na_exponential_derivative(vec z, vec y, vec a) { return y; }

#endif
#endif
