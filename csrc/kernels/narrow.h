/* narrow.h: gradients of a panel of at most NA_NARROW outputs, as in most output layers. SIMD across outputs would
 * leave lanes idle, so it runs across rows: each weight has a line of sums, one lane over all blocks, and the lanes
 * are added in order at the end. The deltas of such a panel are lines: the first `width` lines of each block's
 * square. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_NARROW_H
#define NA_NARROW_H

/* NA_LANES lines -> the sum of each line, its lanes in order. */
static line sum_of_lanes(const real *lines)
{
    line sum;
    for (int lane = 0; lane < NA_LANES; lane += VEC_LANES)
        for (int v = 0; v < NA_LINE_VECS; v++) {
            vec square[VEC_LANES];
            for (int i = 0; i < VEC_LANES; i++) square[i] = vec_load(lines + (v * VEC_LANES + i) * NA_LANES + lane);
            vec_transpose(square);
            sum.v[v] = lane == 0 ? square[0] : vec_add(sum.v[v], square[0]);
            for (int i = 1; i < VEC_LANES; i++) sum.v[v] = vec_add(sum.v[v], square[i]);
        }
    return sum;
}

/* Writes the first n of these sums to `out`, or adds them to it. */
static void write_sums(const real *lines, int64_t n, bool add, real *out)
{
    write_part(sum_of_lanes(lines), n, add, out);
}

enum { TOGETHER = 4 }; /* inputs whose sums are independent of each other */

/* lines[i · width + j] ← Σ over blocks of x[i] · dz[j], lane by lane; ignores the last block's lanes past `rows`. */
NA_INLINE void multiply_lines(int width, int64_t rows, int64_t x_stride, const real *const *x, const real *dz,
                              real *lines)
{
    for (int v = 0; v < NA_LINE_VECS; v++) {
        vec sums[TOGETHER * NA_NARROW];
#pragma GCC unroll 16
        for (int i = 0; i < TOGETHER * width; i++) sums[i] = vec_set1(0);
        for (int64_t r = 0; r < rows; r += NA_LANES) {
            int64_t block = r / NA_LANES, left = rows - r - v * VEC_LANES;
            int part = (int)(left < 0 ? 0 : smaller(left, VEC_LANES));
            vec deltas[NA_NARROW];
#pragma GCC unroll 4
            for (int j = 0; j < width; j++) {
                const real *from = dz + (r + j) * NA_LANES + v * VEC_LANES;
                deltas[j] = part == VEC_LANES ? vec_load(from) : vec_load_part(from, part);
            }
#pragma GCC unroll 4
            for (int i = 0; i < TOGETHER; i++) {
                const real *from = x[i] + block * x_stride + v * VEC_LANES;
                vec in = vec_keep(part == VEC_LANES ? vec_load(from) : vec_load_part(from, part));
#pragma GCC unroll 4
                for (int j = 0; j < width; j++) sums[i * width + j] = vec_fma(in, deltas[j], sums[i * width + j]);
            }
        }
#pragma GCC unroll 16
        for (int i = 0; i < TOGETHER * width; i++) vec_store(lines + i * NA_LANES + v * VEC_LANES, sums[i]);
    }
}

/* dweights: n_in × width; the weights of as many inputs as have a line of sums together. */
NA_INLINE void backward_weights_of_width(int width, int64_t n_in, int64_t rows, const real *x, const real *dz, bool add,
                                         real *dweights)
{
    int64_t inputs = NA_LANES / width / TOGETHER * TOGETHER;
    real lines[NA_LANES * NA_LANES] = {0};
    for (int64_t k = 0; k < n_in; k += inputs) {
        int64_t n = smaller(inputs, n_in - k);
        for (int64_t i = 0; i < n; i += TOGETHER) {
            const real *from[TOGETHER];
            for (int j = 0; j < TOGETHER; j++) /* past the last input, it again; not written */
                from[j] = x + smaller(k + i + j, n_in - 1) * NA_LANES;
            multiply_lines(width, rows, n_in * NA_LANES, from, dz, lines + i * width * NA_LANES);
        }
        write_sums(lines, n * width, add, dweights + k * width);
    }
}

static void backward_weights_narrow(int64_t n_in, int64_t width, int64_t rows, const real *x, const real *dz, bool add,
                                    real *dweights)
{
    switch (width) {
    case 1: backward_weights_of_width(1, n_in, rows, x, dz, add, dweights); break;
    case 2: backward_weights_of_width(2, n_in, rows, x, dz, add, dweights); break;
#if NA_NARROW == 4
    case 3: backward_weights_of_width(3, n_in, rows, x, dz, add, dweights); break;
    default: backward_weights_of_width(4, n_in, rows, x, dz, add, dweights);
#endif
    }
}

static void sum_rows_narrow(int64_t width, int64_t rows, const real *dz, bool add, real *dbiases)
{
    real lines[NA_LANES * NA_LANES] = {0};
    for (int64_t j = 0; j < width; j++) {
        line sum = line_set1(0);
        for (int64_t r = 0; r < rows; r += NA_LANES)
            sum = line_add(sum, line_load_part(dz + (r + j) * NA_LANES, smaller(NA_LANES, rows - r)));
        line_store(lines + j * NA_LANES, sum);
    }
    write_sums(lines, width, add, dbiases);
}

#endif
