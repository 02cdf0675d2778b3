/* narrow.h: gradients of a panel of at most NA_NARROW outputs, as in most output layers. SIMD across outputs would
 * leave lanes idle, so it runs across rows: each weight has a line of sums, one lane over all blocks, and the lanes
 * are added in order at the end. The deltas of such a panel are lines: the first `width` lines of each block's
 * square. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_NARROW_H
#define NA_NARROW_H

enum { TOGETHER = 4 }; /* weights whose sums are independent of each other */

/* sums[i] = Σ over blocks of x[i] · dz[i], lane by lane; ignores the last block's lanes past `rows`. */
NA_INLINE void multiply_lines(int64_t rows, int64_t x_stride, const real *const *x, const real *const *dz, line *sums)
{
    for (int i = 0; i < TOGETHER; i++) sums[i] = line_set1(0);
    int64_t block = 0;
    for (; (block + 1) * NA_LANES <= rows; block++)
        for (int i = 0; i < TOGETHER; i++)
            sums[i] =
                line_fma(line_load(x[i] + block * x_stride), line_load(dz[i] + block * NA_LANES * NA_LANES), sums[i]);
    int64_t rest = rows - block * NA_LANES;
    for (int i = 0; rest > 0 && i < TOGETHER; i++)
        sums[i] = line_fma(line_load_part(x[i] + block * x_stride, rest),
                           line_load_part(dz[i] + block * NA_LANES * NA_LANES, rest), sums[i]);
}

/* NA_LANES lines -> the sum of each line, its lanes in order. */
static line sum_of_lanes(const real *lines)
{
    real lanes[NA_LANES * NA_LANES];
    for (int i = 0; i < NA_LANES; i += VEC_LANES)
        for (int lane = 0; lane < NA_LANES; lane += VEC_LANES)
            transpose_square(lines + i * NA_LANES + lane, NA_LANES, lanes + lane * NA_LANES + i, NA_LANES);
    line sum = line_load(lanes);
    for (int lane = 1; lane < NA_LANES; lane++) sum = line_add(sum, line_load(lanes + lane * NA_LANES));
    return sum;
}

/* Writes the first n of these sums to `out`, or adds them to it. */
static void write_sums(const real *lines, int64_t n, bool add, real *out)
{
    write_part(sum_of_lanes(lines), n, add, out);
}

/* dweights: n_in × width; NA_LANES weights at a time, in their order in memory. */
static void backward_weights_narrow(int64_t n_in, int64_t width, int64_t rows, const real *x, const real *dz, bool add,
                                    real *dweights)
{
    real lines[NA_LANES * NA_LANES] = {0};
    for (int64_t at = 0, k = 0, j = 0; at < n_in * width; at += NA_LANES) {
        int64_t weights = smaller(NA_LANES, n_in * width - at);
        for (int64_t w = 0; w < weights; w += TOGETHER) {
            const real *inputs[TOGETHER], *deltas[TOGETHER];
            for (int i = 0; i < TOGETHER; i++) {
                inputs[i] =
                    x + smaller(k, n_in - 1) * NA_LANES; /* past the last weight, its input again; not written */
                deltas[i] = dz + j * NA_LANES;
                if (++j == width) j = 0, k++;
            }
            line sums[TOGETHER];
            multiply_lines(rows, n_in * NA_LANES, inputs, deltas, sums);
            for (int i = 0; i < TOGETHER; i++) line_store(lines + (w + i) * NA_LANES, sums[i]);
        }
        write_sums(lines, weights, add, dweights + at);
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
