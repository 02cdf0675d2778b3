/* test_periodic_tmpl.c: periodic inputs and their gradients against the formula of inputs.h in a wider type. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_reals.h"

#include "simd/fp_state.h"

static const wide two_pi = (wide)6.283185307179586476925286766559L;

typedef struct {
    int64_t n, size, blocks;
} shape;

enum { X, DY, PARAMETERS, Y, GRADIENTS, ADDED };

static struct na_encoding draw_encoding(const shape *s)
{
    int64_t count = (2 + s->size) * s->n + s->size;
    real *parameters = input(PARAMETERS, count, PLAIN);
    for (int64_t f = 0; f < s->n; f++) parameters[f] *= 4;                 /* turns per unit of x */
    for (int64_t f = s->n; f < 2 * s->n; f++) parameters[f] *= (real)3.14; /* radians */
    return (struct na_encoding){.n = s->n, .size = s->size, .parameters = parameters};
}

static wide angle_of(const struct na_encoding *e, int64_t f, real x)
{
    return two_pi * (wide)e->parameters[f] * (wide)x + (wide)e->parameters[e->n + f];
}

static wide weight_of(const struct na_encoding *e, int64_t f, int64_t k)
{
    return (wide)e->parameters[2 * e->n + f * e->size + k];
}

/* An angle of up to 8 turns is rounded twice, a cosine is off by a few units in the last place of 1. */
enum { ROUNDINGS_OF_WAVE = 70 };

static void test_encode(const shape *s)
{
    CASE("periodic", "n %d size %d", (int)s->n, (int)s->size);
    const struct na_encoding e = draw_encoding(s);
    const real *x = input(X, NA_LANES, PLAIN), *biases = e.parameters + (2 + s->size) * s->n;
    int64_t numbers = (1 + s->size) * NA_LANES;
    real *y = output(Y, numbers);
    table->encode[NA_INPUT_periodic](&e, x, y);
    expect_same("x", NA_LANES, y, x);
    for (int64_t i = NA_LANES; i < numbers; i++) {
        int64_t k = i / NA_LANES - 1;
        wide sum = (wide)biases[k], sizes = magnitude(sum);
        for (int64_t f = 0; f < e.n; f++) {
            sum += weight_of(&e, f, k) * WIDE(cos)(angle_of(&e, f, x[i % NA_LANES]));
            sizes += magnitude(weight_of(&e, f, k));
        }
        expect_near("y", i, y[i], sum, (wide)(ROUNDINGS_OF_WAVE + e.n), sizes);
    }
    expect_guarded("y", Y, numbers, y);
    hash_reals(numbers, y);
    case_end();
}

typedef struct {
    wide sum, size;
} term_sum;

static void add_term(term_sum *to, wide term, wide size) { to->sum += term, to->size += size; }

/* The gradients of frequency f, its phase and its weights, in this order. */
static void gradients_of(const struct na_encoding *e, const struct na_encoded *rows, int64_t f, term_sum *wanted)
{
    for (int64_t k = 0; k < 2 + e->size; k++) wanted[k] = (term_sum){0, 0};
    for (int64_t i = 0; i < rows->blocks * NA_LANES; i++) {
        const real x = rows->x[i / NA_LANES * rows->x_stride + i % NA_LANES];
        const real *dy = rows->dy + i / NA_LANES * rows->dy_stride + i % NA_LANES;
        const wide angle = angle_of(e, f, x);
        for (int64_t k = 0; k < e->size; k++) {
            const wide g = (wide)dy[(k + 1) * NA_LANES], through = g * weight_of(e, f, k), sine = WIDE(sin)(angle);
            add_term(wanted, -two_pi * (wide)x * through * sine, two_pi * magnitude(through * (wide)x));
            add_term(wanted + 1, -through * sine, magnitude(through));
            add_term(wanted + 2 + k, g * WIDE(cos)(angle), magnitude(g));
        }
    }
}

static void test_gradients(const shape *s)
{
    CASE("periodic gradients", "n %d size %d blocks %d", (int)s->n, (int)s->size, (int)s->blocks);
    const struct na_encoding e = draw_encoding(s);
    int64_t count = (2 + s->size) * s->n + s->size, lines = s->size + 1;
    const struct na_encoded rows = {s->blocks, input(X, 2 * s->blocks * NA_LANES, PLAIN),
                                    input(DY, s->blocks * lines * NA_LANES, PLAIN), 2 * NA_LANES, lines * NA_LANES};
    real *gradients = output(GRADIENTS, count), *added = input(ADDED, count, PLAIN);
    real *sums = output(Y, count);
    table->encode_gradients[NA_INPUT_periodic](&e, &rows, false, gradients);
    for (int64_t i = 0; i < count; i++) sums[i] = added[i] + gradients[i];
    table->encode_gradients[NA_INPUT_periodic](&e, &rows, true, added);
    expect_same("added", count, added, sums);
    expect_guarded("gradients", GRADIENTS, count, gradients);
    const wide roundings = (wide)(ROUNDINGS_OF_WAVE + s->blocks + NA_LANES + s->size);
    for (int64_t f = 0; f < s->n; f++) {
        term_sum wanted[2 + NA_MOST_PERIODIC];
        gradients_of(&e, &rows, f, wanted);
        expect_near("frequency", f, gradients[f], wanted[0].sum, roundings, wanted[0].size);
        expect_near("phase", f, gradients[s->n + f], wanted[1].sum, roundings, wanted[1].size);
        for (int64_t k = 0; k < s->size; k++)
            expect_near("weight", k, gradients[2 * s->n + f * s->size + k], wanted[2 + k].sum, roundings,
                        wanted[2 + k].size);
    }
    hash_reals(count, gradients);
    case_end();
}

/* Angles of any size: numbers between ± the sum of the sizes of weights and bias, and NaN of what is no number. */
static void test_huge_angles(void)
{
    CASE("periodic", "huge angles");
    const shape s = {.n = 3, .size = 2};
    const struct na_encoding e = draw_encoding(&s);
    real *x = output(X, NA_LANES), *y = output(Y, 3 * NA_LANES);
    for (int i = 0; i < NA_LANES; i++) x[i] = (real)(i % 2 ? -1 : 1) * REAL_FN(pow)(10, (real)(3 * i % 30));
    x[0] = (real)NAN, x[1] = (real)INFINITY, x[2] = (real)1e15;
    table->encode[NA_INPUT_periodic](&e, x, y);
    for (int64_t i = NA_LANES; i < 3 * NA_LANES; i++) {
        int64_t k = i / NA_LANES - 1;
        wide most = magnitude((wide)e.parameters[(2 + s.size) * s.n + k]);
        for (int64_t f = 0; f < s.n; f++) most += magnitude(weight_of(&e, f, k));
        if (i % NA_LANES < 2)
            expect_near("y", i, y[i], (wide)NAN, 0, 0);
        else
            expect_near("y", i, y[i], 0, 1, most * (1 + 8 * ROUNDING) / ROUNDING);
    }
    hash_reals(3 * NA_LANES, y);
    case_end();
}

void NA_FN(test_periodic)(void)
{
    const na_fp_state state = na_fp_enter();
    const int64_t sizes[] = {1, 2, 3, 4, 5, 17, NA_MOST_PERIODIC};
    const int64_t frequencies[] = {1, NA_LANES - 1, NA_LANES, NA_LANES + 1, 33};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t f = 0; f < sizeof frequencies / sizeof *frequencies; f++) {
            test_encode(&(shape){frequencies[f], sizes[i], 0});
            test_gradients(&(shape){frequencies[f], sizes[i], 1 + (int64_t)f});
        }
    test_huge_angles();
    na_fp_leave(state);
}
