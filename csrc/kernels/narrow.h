/* narrow.h: gradients of a panel of at most NA_NARROW outputs, as most output layers are. SIMD across its outputs would
 * leave lanes idle, so it runs across rows: each weight has a line of sums, one a lane over all blocks, and these are
 * added in the order of the lanes at the end. The deltas of such a panel lie as lines: in each block's square the first
 * `width` lines. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_NARROW_H
#define NA_NARROW_H

enum { TOGETHER = 4 }; /* sums of weights that do not wait for each other */

/* sums[i] = Σ over blocks of x[i] · dz[i], lane by lane; the last block's lanes past `rows` are left out, whatever is
 * there. */
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

/* NA_LANES lines -> the sum of each, its lanes in order. */
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

/* The first n of these sums go to `out`, or are added to what is there. */
static void write_sums(const real *lines, int64_t n, bool add, real *out)
{
    write_part(sum_of_lanes(lines), n, add, out);
}

/* dweights: n_in × width; weights in the order in which they lie, NA_LANES at a time. */
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
                    x + smaller(k, n_in - 1) * NA_LANES; /* past the last weight, its input again: not written */
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
