/* sparse.h: the first layer's two products from the stored entries of sparse rows, with the same bits as dense.h and
 * narrow.h give for the same rows in dense form.
 *
 * Entries that are not stored are 0, and their products are +0 or -0: adding them changes a sum only where it is -0,
 * to +0. A sum that ends as -0 (all its terms were, or a tiny one was flushed) is therefore computed again with all
 * zeros. Weights and deltas must be finite, since 0 · inf is NaN; a training with others fails in either case. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_SPARSE_H
#define NA_SPARSE_H

/* The stored entries of one row or column: n values and their positions in it, ascending. */
typedef struct {
    int64_t n;
    const real *values;
    const int32_t *places;
} entries;

/* The value at a position, for callers that ask for all positions in order. */
NA_INLINE real next_value(entries *x, int64_t place)
{
    if (x->n == 0 || *x->places != place) return 0;
    x->n--, x->places++;
    return *x->values++;
}

NA_INLINE bool has_negative_zero(line l)
{
    const vec zero = vec_set1(0), one = vec_set1(1);
    bool found = false;
    for (int v = 0; v < NA_LINE_VECS; v++) {
        vec_mask negative = vec_lt(vec_copysign(one, l.v[v]), zero);
        found |= vec_mask_any(vec_mask_and(vec_eq(l.v[v], zero), negative));
    }
    return found;
}

/* ---- forward of one row: SIMD across outputs ------------------------------------------------- */

/* One panel, with the inputs that are not stored. */
static line sparse_row_with_zeros(int64_t n_in, int64_t width, entries x, const real *weights, const real *biases)
{
    line sum = line_load(biases);
    for (int64_t k = 0; k < n_in; k++)
        sum = line_fma(line_load(weights + k * width), line_set1(next_value(&x, k)), sum);
    return sum;
}

/* Panels are n_in lines apart; each has its own chain of sums, as in forward_row. */
NA_INLINE void sparse_row_panels(int panels, int64_t n_in, int64_t width, entries x, const real *weights,
                                 const real *biases, real *z)
{
    line sums[ROW_PANELS];
    for (int p = 0; p < panels; p++) sums[p] = line_load(biases + p * NA_LANES);
    for (int64_t e = 0; e < x.n; e++) {
        line number = line_set1(x.values[e]);
        const real *row = weights + x.places[e] * width;
        for (int p = 0; p < panels; p++) sums[p] = line_fma(line_load(row + p * n_in * NA_LANES), number, sums[p]);
    }
    for (int p = 0; p < panels; p++) {
        if (has_negative_zero(sums[p]))
            sums[p] = sparse_row_with_zeros(n_in, width, x, weights + p * n_in * NA_LANES, biases + p * NA_LANES);
        line_store(z + p * NA_LANES, sums[p]);
    }
}

static void sparse_forward_row(int64_t n_in, int64_t units, int64_t n, const real *values, const int32_t *columns,
                               const real *weights, const real *biases, real *z)
{
    const entries x = {n, values, columns};
    int64_t j = 0;
    for (; j + ROW_PANELS * NA_LANES <= units; j += ROW_PANELS * NA_LANES)
        sparse_row_panels(ROW_PANELS, n_in, NA_LANES, x, weights + j * n_in, biases + j, z + j);
    for (; j < units; j += NA_LANES)
        sparse_row_panels(1, n_in, smaller(NA_LANES, units - j), x, weights + j * n_in, biases + j, z + j);
}

/* ---- backward by weights: column by column, one panel --------------------------------------- */

NA_INLINE line add_row(line sum, real number, int64_t row, const real *dz)
{
    return line_fma(line_set1(number), line_load(dz + row * NA_LANES), sum);
}

/* Σ over the rows of one column of x · dz. */
NA_INLINE line column_sum(int64_t rows, entries x, const real *dz)
{
    line sum = line_set1(0);
    for (int64_t e = 0; e < x.n; e++) sum = add_row(sum, x.values[e], x.places[e], dz);
    if (x.n == 0 || !has_negative_zero(sum)) return sum;
    sum = line_set1(0);
    for (int64_t r = 0; r < rows; r++) sum = add_row(sum, next_value(&x, r), r, dz);
    return sum;
}

/* For a narrow panel, as in narrow.h: a line of sums per output; each row adds to its own lane. */
NA_INLINE void add_lane(int64_t width, real number, int64_t row, const real *dz, line *sums)
{
    static const real window[2 * NA_LANES] = {[NA_LANES] = 1};
    int64_t lane = row % NA_LANES;
    line chosen = line_load(window + NA_LANES - lane);
    for (int64_t j = 0; j < width; j++) {
        line all = add_row(sums[j], number, row - lane + j, dz);
        for (int v = 0; v < NA_LINE_VECS; v++)
            sums[j].v[v] = vec_select(vec_eq(chosen.v[v], vec_set1(1)), all.v[v], sums[j].v[v]);
    }
}

/* These lines for one column; `zeros`: with the rows that are not stored. */
NA_INLINE void lane_sums(int64_t width, bool zeros, int64_t rows, entries x, const real *dz, real *lines)
{
    line sums[NA_NARROW];
    for (int j = 0; j < NA_NARROW; j++) sums[j] = line_set1(0);
    if (zeros)
        for (int64_t r = 0; r < rows; r++) add_lane(width, next_value(&x, r), r, dz, sums);
    else
        for (int64_t e = 0; e < x.n; e++) add_lane(width, x.values[e], x.places[e], dz, sums);
    for (int64_t j = 0; j < width; j++) line_store(lines + j * NA_LANES, sums[j]);
}

/* The columns of a matrix; dz has the same rows. */
typedef struct {
    const real *values;
    const int32_t *rows;
    const int64_t *starts;
} stored_columns;

NA_INLINE entries column_of(const stored_columns *x, int64_t k)
{
    int64_t from = x->starts[k];
    return (entries){x->starts[k + 1] - from, x->values + from, x->rows + from};
}

/* The sums of all weights of n columns from k on, at most a line of them. */
NA_INLINE line narrow_sums(int64_t width, bool zeros, int64_t rows, const stored_columns *x, const real *dz, int64_t k,
                           int64_t n)
{
    real lines[NA_LANES * NA_LANES] = {0};
    for (int64_t i = 0; i < n; i++)
        lane_sums(width, zeros, rows, column_of(x, k + i), dz, lines + i * width * NA_LANES);
    return sum_of_lanes(lines);
}

NA_INLINE void sparse_backward_narrow(int64_t width, int64_t n_in, int64_t rows, const stored_columns *x,
                                      const real *dz, bool add, real *dweights)
{
    for (int64_t k = 0; k < n_in; k += NA_LANES / width) {
        int64_t n = smaller(NA_LANES / width, n_in - k);
        line sums = narrow_sums(width, false, rows, x, dz, k, n);
        if (rows % NA_LANES > 0)
            sums = line_add(sums, line_set1(0)); /* as the last block's lanes past the rows do: +0 · +0 */
        else if (has_negative_zero(sums))
            sums = narrow_sums(width, true, rows, x, dz, k, n);
        write_part(sums, n * width, add, dweights + k * width);
    }
}

static void sparse_backward_weights(int64_t n_in, int64_t width, int64_t rows, const real *values,
                                    const int32_t *row_numbers, const int64_t *starts, const real *dz, bool add,
                                    real *dweights)
{
    const stored_columns x = {values, row_numbers, starts};
    if (width == NA_NARROW)
        sparse_backward_narrow(NA_NARROW, n_in, rows, &x, dz, add, dweights);
    else if (width < NA_NARROW)
        sparse_backward_narrow(width, n_in, rows, &x, dz, add, dweights);
    else if (width == NA_LANES)
        for (int64_t k = 0; k < n_in; k++)
            write_line(column_sum(rows, column_of(&x, k), dz), add, dweights + k * NA_LANES);
    else
        for (int64_t k = 0; k < n_in; k++)
            write_part(column_sum(rows, column_of(&x, k), dz), width, add, dweights + k * width);
}

#endif
