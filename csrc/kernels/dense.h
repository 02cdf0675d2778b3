/* dense.h: the three products of a layer (forward, backward by data, backward by weights), all with one register
 * tile: up to TILE lines of accumulators; each step adds one line times one number to each accumulator line. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_DENSE_H
#define NA_DENSE_H

/* Longer sums are split, so that the data of a tile stays in the L1 cache; partial sums wait in the output line. */
enum { CHUNK = 192, PANELS_IN_CHUNK = CHUNK / NA_LANES };

/* sums[t] += Σ over steps s, in order, of lines[s] · numbers[s · step_stride + t · tile_stride], for t < tile. */
NA_INLINE void multiply_add(int tile, int64_t steps, const real *lines, const real *numbers, int64_t step_stride,
                            int64_t tile_stride, line *sums)
{
#pragma GCC unroll 4
    for (int64_t s = 0; s < steps; s++) {
        line shared = line_load(lines + s * NA_LANES);
        for (int v = 0; v < NA_LINE_VECS; v++) shared.v[v] = vec_keep(shared.v[v]);
#pragma GCC unroll 16
        for (int t = 0; t < tile; t++) {
            vec number = vec_set1(numbers[s * step_stride + t * tile_stride]);
            for (int v = 0; v < NA_LINE_VECS; v++) sums[t].v[v] = vec_fma(number, shared.v[v], sums[t].v[v]);
        }
    }
}

/* X(tile): the tile sizes that kernels are compiled for. */
#if TILE == 2
#define NA_TILES(X) X(1) X(2)
#elif TILE == 6
#define NA_TILES(X) X(1) X(2) X(3) X(4) X(5) X(6)
#elif TILE == 8
#define NA_TILES(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#else
#define NA_TILES(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16)
#endif

/* Splits n into the fewest tiles, of equal size except for one: a remainder of two costs as much as a full tile. */
NA_INLINE int64_t tile_size(int64_t n)
{
    int64_t tiles = (n + TILE - 1) / TILE;
    return (n + tiles - 1) / tiles;
}

/* ---- forward: z = b + W'x, a tile of outputs × one block, k over the inputs ------------------ */

NA_INLINE void forward_tile(int tile, int64_t n_in, int64_t width, const real *x, const real *weights,
                            const real *biases, real *z)
{
    line sums[TILE];
    for (int t = 0; t < tile; t++) sums[t] = biases ? line_set1(biases[t]) : line_load(z + t * NA_LANES);
    if (width == NA_LANES)
        multiply_add(tile, n_in, x, weights, NA_LANES, 1, sums);
    else
        multiply_add(tile, n_in, x, weights, width, 1, sums);
    for (int t = 0; t < tile; t++) line_store(z + t * NA_LANES, sums[t]);
}

/* One panel × one block × a chunk of inputs; biases NULL: z holds the sum so far. */
static void forward_panel(int64_t n_in, int64_t width, const real *x, const real *weights, const real *biases, real *z)
{
    int64_t size = tile_size(width);
    for (int64_t j = 0; j < width; j += size) {
        const real *b = biases ? biases + j : NULL;
        switch (smaller(size, width - j)) {
#define NA_CASE(T) \
    case T: forward_tile(T, n_in, width, x, weights + j, b, z + j * NA_LANES); break;
            NA_TILES(NA_CASE)
#undef NA_CASE
        }
    }
}

static void forward(int64_t n_in, int64_t units, int64_t blocks, const real *x, const real *weights, const real *biases,
                    real *z)
{
    for (int64_t k = 0; k < n_in; k += CHUNK) {
        int64_t chunk = smaller(CHUNK, n_in - k);
        for (int64_t j = 0; j < units; j += NA_LANES) {
            int64_t width = smaller(NA_LANES, units - j);
            const real *panel = weights + j * n_in + k * width;
            for (int64_t b = 0; b < blocks; b++)
                forward_panel(chunk, width, x + (b * n_in + k) * NA_LANES, panel, k == 0 ? biases + j : NULL,
                              z + (b * units + j) * NA_LANES);
        }
    }
}

/* ---- forward of one row: the panels as matrix × vector, SIMD across outputs ------------------ */

enum { ROW_PANELS = 4 }; /* at once: additions of a single panel would wait for each other */

/* Panels are `stride` numbers apart; each has its own chain of sums, k in order as in forward. */
NA_INLINE void forward_row_panels(int panels, int64_t n_in, int64_t width, const real *x, const real *weights,
                                  const real *biases, real *z)
{
    line sums[ROW_PANELS];
    for (int p = 0; p < panels; p++) sums[p] = line_load(biases + p * NA_LANES);
    for (int64_t k = 0; k < n_in; k++) {
        vec number = vec_set1(x[k]);
        for (int p = 0; p < panels; p++) {
            const real *at = weights + p * n_in * NA_LANES + k * width;
            line row = line_load(at);
            __builtin_prefetch(at + 4 * NA_LANES); /* the processor does not prefetch so many panels by itself */
            for (int v = 0; v < NA_LINE_VECS; v++) sums[p].v[v] = vec_fma(row.v[v], number, sums[p].v[v]);
        }
    }
    for (int p = 0; p < panels; p++) line_store(z + p * NA_LANES, sums[p]);
}

static void forward_row(int64_t n_in, int64_t units, const real *x, const real *weights, const real *biases, real *z)
{
    int64_t j = 0;
    for (; j + ROW_PANELS * NA_LANES <= units; j += ROW_PANELS * NA_LANES)
        forward_row_panels(ROW_PANELS, n_in, NA_LANES, x, weights + j * n_in, biases + j, z + j);
    for (; j < units; j += NA_LANES)
        forward_row_panels(1, n_in, smaller(NA_LANES, units - j), x, weights + j * n_in, biases + j, z + j);
}

/* ---- backward by data: dx = W dz, a tile of inputs × one block, the sum over the outputs ----- */

/* `panels` full panels, n_in · NA_LANES numbers apart, and a last one of `rest` outputs. */
NA_INLINE void backward_data_tile(int tile, int64_t n_in, int64_t panels, int64_t rest, int64_t k, bool add,
                                  const real *dz, const real *weights, const real *slopes, real *dx)
{
    line sums[TILE];
    for (int t = 0; t < tile; t++) sums[t] = add ? line_load(dx + t * NA_LANES) : line_set1(0);
    for (int64_t p = 0; p < panels; p++) {
        multiply_add(tile, NA_LANES, dz, weights + k * NA_LANES, 1, NA_LANES, sums);
        dz += NA_LANES * NA_LANES;
        weights += n_in * NA_LANES;
    }
    multiply_add(tile, rest, dz, weights + k * rest, 1, rest, sums);
    for (int t = 0; t < tile; t++) {
        if (slopes) sums[t] = line_mul(sums[t], line_load(slopes + t * NA_LANES));
        line_store(dx + t * NA_LANES, sums[t]);
    }
}

static void backward_data(int64_t n_in, int64_t units, int64_t blocks, const real *dz, const real *weights,
                          const real *slopes, real *dx)
{
    int64_t size = tile_size(n_in);
    for (int64_t j = 0; j < units; j += CHUNK) {
        int64_t outputs = smaller(CHUNK, units - j);
        int64_t panels = outputs / NA_LANES, rest = outputs % NA_LANES;
        bool scale = slopes && j + outputs == units;
        for (int64_t k = 0; k < n_in; k += size)
            for (int64_t b = 0; b < blocks; b++) {
                const real *d = dz + (b * units + j) * NA_LANES, *w = weights + j * n_in;
                int64_t at = (b * n_in + k) * NA_LANES;
                const real *by = scale ? slopes + at : NULL;
                switch (smaller(size, n_in - k)) {
#define NA_CASE(T) \
    case T: backward_data_tile(T, n_in, panels, rest, k, j > 0, d, w, by, dx + at); break;
                    NA_TILES(NA_CASE)
#undef NA_CASE
                }
            }
    }
}

/* ---- backward by weights: dW = Σ over rows x dz', a tile of inputs × one panel --------------- */

enum { PAGE = 4096 / 64 }; /* lines; the processor does not prefetch across pages by itself */

NA_INLINE void backward_weights_tile(int tile, int64_t n_in, int64_t width, int64_t rows, const real *x, const real *dz,
                                     bool add, real *dweights)
{
    line sums[TILE];
    for (int t = 0; t < tile; t++) sums[t] = line_set1(0);
    for (; rows >= NA_LANES; rows -= NA_LANES) {
        for (int t = 0; n_in > PAGE && t < tile; t++) __builtin_prefetch(x + (n_in + t) * NA_LANES);
        multiply_add(tile, NA_LANES, dz, x, 1, NA_LANES, sums);
        x += n_in * NA_LANES;
        dz += NA_LANES * NA_LANES;
    }
    multiply_add(tile, rows, dz, x, 1, NA_LANES, sums);
    if (width == NA_LANES)
        for (int t = 0; t < tile; t++) write_line(sums[t], add, dweights + t * NA_LANES);
    else
        for (int t = 0; t < tile; t++) write_part(sums[t], width, add, dweights + t * width);
}

static void backward_weights(int64_t n_in, int64_t width, int64_t rows, const real *x, const real *dz, bool add,
                             real *dweights)
{
    if (width <= NA_NARROW) {
        backward_weights_narrow(n_in, width, rows, x, dz, add, dweights);
        return;
    }
    int64_t size = tile_size(n_in);
    for (int64_t k = 0; k < n_in; k += size) {
        const real *lines = x + k * NA_LANES;
        switch (smaller(size, n_in - k)) {
#define NA_CASE(T) \
    case T: backward_weights_tile(T, n_in, width, rows, lines, dz, add, dweights + k * width); break;
            NA_TILES(NA_CASE)
#undef NA_CASE
        }
    }
}

static void sum_rows(int64_t width, int64_t rows, const real *dz, bool add, real *dbiases)
{
    if (width <= NA_NARROW) {
        sum_rows_narrow(width, rows, dz, add, dbiases);
        return;
    }
    line sum = line_set1(0);
    for (int64_t r = 0; r < rows; r++) sum = line_add(sum, line_load(dz + r * NA_LANES));
    write_part(sum, width, add, dbiases);
}

#endif
