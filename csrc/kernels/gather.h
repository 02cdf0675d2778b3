/* gather.h: transposes: rows of the user's arrays into blocks and back, and deltas from lines to rows. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_GATHER_H
#define NA_GATHER_H

/* Lanes lane .. lane + VEC_LANES of a block, from as many rows. */
static void gather_vec(int64_t n, const real *const rows[VEC_LANES], real *block)
{
    for (int64_t k = 0; k < n; k += VEC_LANES) {
        int columns = (int)smaller(VEC_LANES, n - k);
        vec square[VEC_LANES];
        for (int i = 0; i < VEC_LANES; i++)
            square[i] = columns == VEC_LANES ? vec_load(rows[i] + k) : vec_load_part(rows[i] + k, columns);
        vec_transpose(square);
        for (int i = 0; i < VEC_LANES; i++)
            if (i < columns) vec_store(block + (k + i) * NA_LANES, square[i]);
    }
}

/* Fewer numbers than this per row, as of most targets, are faster one by one. */
enum { FEW = 3 };

static void gather_few(int64_t n, int64_t rows, const real *x, const uint32_t *order, real *block)
{
    for (int64_t lane = 0; lane < rows; lane++) {
        const real *row = x + (order ? order[lane] : lane) * n;
        for (int64_t k = 0; k < n; k++) block[k * NA_LANES + lane] = row[k];
    }
    for (int64_t k = 0; k < n; k++)
        for (int64_t lane = rows; lane < NA_LANES; lane++) block[k * NA_LANES + lane] = 0;
}

static void gather(int64_t n, int64_t rows, const real *x, const uint32_t *order, real *block)
{
    if (n < FEW) {
        gather_few(n, rows, x, order, block);
        return;
    }
    for (int lane = 0; lane < NA_LANES; lane += VEC_LANES) {
        const real *from[VEC_LANES];
        for (int i = 0; i < VEC_LANES; i++) {
            int64_t r = smaller(lane + i, rows - 1); /* past the last row, reads that row again; zeroed below */
            from[i] = x + (order ? order[r] : r) * n;
        }
        gather_vec(n, from, block + lane);
    }
    for (int64_t lane = rows; lane < NA_LANES; lane++)
        for (int64_t k = 0; k < n; k++) block[k * NA_LANES + lane] = 0;
}

static void scatter(int64_t n, int64_t rows, const real *block, real *y)
{
    int64_t whole_rows = rows - rows % VEC_LANES, whole = n - n % VEC_LANES;
    for (int64_t r = 0; r < whole_rows; r += VEC_LANES)
        for (int64_t j = 0; j < whole; j += VEC_LANES)
            transpose_square(block + j * NA_LANES + r, NA_LANES, y + r * n + j, n);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = r < whole_rows ? whole : 0; j < n; j++) y[r * n + j] = block[j * NA_LANES + r];
}

/* The panel of outputs p .. p + NA_LANES of a block. */
static void transpose_panel(int64_t n, const real *block, int64_t p, real *out)
{
    for (int64_t j = p; j < p + NA_LANES; j += VEC_LANES)
        for (int lane = 0; lane < NA_LANES; lane += VEC_LANES) {
            vec square[VEC_LANES];
            for (int i = 0; i < VEC_LANES; i++)
                square[i] = j + i < n ? vec_load(block + (j + i) * NA_LANES + lane) : vec_set1(0);
            vec_transpose(square);
            for (int i = 0; i < VEC_LANES; i++) vec_store(out + (lane + i) * NA_LANES + (j - p), square[i]);
        }
}

static void transpose(int64_t n, const real *block, int64_t panel_stride, real *out)
{
    for (int64_t p = 0; p < n; p += NA_LANES, out += panel_stride)
        if (n - p > NA_NARROW)
            transpose_panel(n, block, p, out);
        else
            for (int64_t j = 0; j < n - p; j++) line_store(out + j * NA_LANES, line_load(block + (p + j) * NA_LANES));
}

#endif
