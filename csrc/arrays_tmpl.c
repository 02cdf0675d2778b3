/* arrays_tmpl.c: activations on plain arrays, by the kernels of networks, and a test whether arrays are finite. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "network.h"

#include <string.h>

typedef struct {
    int activation;
    bool derivative;
    int64_t rows, n;
    struct na_neurons neurons;
    const real *z;
    real *y;
} application;

/* One chunk of whole lines. */
static void apply_lines(const application *a, int64_t lines, const real *z, real *y)
{
    real unused[NA_LANES];
    for (int64_t i = 0; i < lines * NA_LANES; i += NA_LANES)
        kernels->activate[a->activation](1, z + i, &a->neurons, a->derivative ? unused : y + i,
                                         a->derivative ? y + i : NULL, NULL);
}

static void apply_job(void *argument, na_team *team, int thread)
{
    application *a = argument;
    int64_t whole = a->n / NA_LANES, rest = a->n % NA_LANES, at = whole * NA_LANES;
    apply_lines(a, whole, a->z, a->y);
    real line[NA_LANES] = {0};
    memcpy(line, a->z + at, (size_t)rest * sizeof(real));
    apply_lines(a, rest > 0, line, line);
    memcpy(a->y + at, line, (size_t)rest * sizeof(real));
}

void NA_FN(na_activation_apply)(int activation, double parameter, bool derivative, int64_t n, const void *z, void *y)
{
    real constant = (real)parameter;
    application a = {.activation = activation,
                     .derivative = derivative,
                     .n = n,
                     .neurons = {.parameters = &constant},
                     .z = z,
                     .y = y};
    na_run_team(1, apply_job, &a);
}

static void softmax_job(void *argument, na_team *team, int thread)
{
    application *a = argument;
    for (int64_t at = 0; at < a->rows * a->n; at += a->n) kernels->softmax_row(a->n, a->z + at, a->y + at);
}

void NA_FN(na_softmax_apply)(int64_t rows, int64_t n, const void *z, void *y)
{
    application a = {.rows = rows, .n = n, .z = z, .y = y};
    na_run_team(1, softmax_job, &a);
}

#if NA_REAL_BITS == 32
typedef uint32_t __attribute__((may_alias)) bits;
static const bits exponent = UINT32_C(0xff) << 23;
#else
typedef uint64_t __attribute__((may_alias)) bits;
static const bits exponent = UINT64_C(0x7ff) << 52;
#endif

/* In chunks that are long enough for SIMD and short enough to stop early. */
bool NA_FN(na_all_finite)(int64_t n, const void *x)
{
    const bits *numbers = x;
    for (int64_t from = 0; from < n; from += 4096) {
        bits found = 0;
        for (int64_t i = from; i < na_min(n, from + 4096); i++) found |= (numbers[i] & exponent) == exponent;
        if (found) return false;
    }
    return true;
}
