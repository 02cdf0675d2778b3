/* add_inputs.h: adds some of the inputs of a layer to sums that have others, with the tiles of dense.h. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_ADD_INPUTS_H
#define NA_ADD_INPUTS_H

/* z: `width` lines ← sums + the line x times a number each. A single input is by far the most frequent case: one pass
 * in place of a copy and a sum. */
NA_INLINE void add_input(int64_t width, const real *x, const real *weights, const real *sums, const real *bound,
                         real *z)
{
    line shared = line_load(x);
    for (int v = 0; v < NA_LINE_VECS; v++) shared.v[v] = vec_keep(shared.v[v]);
#pragma GCC unroll 4
    for (int64_t j = 0; j < width; j++) {
        line sum = line_fma(line_set1(weights[j]), shared, line_load(sums + j * NA_LANES));
        line_store(z + j * NA_LANES, bound ? line_relu(sum, *bound) : sum);
    }
}

static void add_inputs(const struct na_some_inputs *of, int64_t units, int64_t blocks, const real *weights,
                       const real *sums, const real *bound, real *z)
{
    for (int64_t j = 0; j < units; j += NA_LANES) {
        int64_t width = smaller(NA_LANES, units - j);
        const real *panel = weights + j * of->n_in + of->first * width;
        for (int64_t b = 0; b < blocks; b++) {
            int64_t at = (b * units + j) * NA_LANES;
            const real *x = of->x + b * of->stride;
            add_input(width, x, panel, sums + at, of->n > 1 ? NULL : bound, z + at);
            const forward_work others = {.n_in = of->n - 1,
                                         .width = width,
                                         .x = x + NA_LANES,
                                         .weights = panel + width,
                                         .bound = bound,
                                         .z = z + at};
            if (of->n > 1) forward_panel(1, &others);
        }
    }
}

#endif
