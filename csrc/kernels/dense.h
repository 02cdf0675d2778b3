/* dense.h: the three products of a layer (forward, backward by data, backward by weights), all with one register
 * tile: up to `tile` numbers times `across` lines; each step adds every line times every number to its own sums. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_DENSE_H
#define NA_DENSE_H

/* Longer sums are split, so that the lines of a tile stay in the L1 cache; partial sums wait in the output line. */
enum { CHUNK = 192 };

/* X(across, tile): the tiles that kernels are compiled for. */
#if TILE == 2
#define NA_TILES(X) X(1, 1) X(1, 2)
#elif TILE == 6
#define NA_TILES(X) X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6)
#else
#define NA_TILES(X) X(1, 1) X(1, 2) X(1, 4) X(1, 8) X(1, 16) X(2, 1) X(2, 2) X(2, 4) X(2, 8)
#endif
#define NA_TILE(across, tile) (32 * (across) + (tile))

/* The first tile of n numbers. With few registers tiles are of equal size except for one, since a remainder of two
 * costs as much as a full tile. */
NA_INLINE int64_t tile_size(int64_t n, int64_t across)
{
    if (TILE > 6) return across == 1 ? TILE : TILE / ACROSS;
    int64_t tiles = (n + TILE - 1) / TILE;
    return (n + tiles - 1) / tiles;
}

/* The next tile of the numbers that are left. */
NA_INLINE int64_t next_tile(int64_t size, int64_t left)
{
    if (TILE <= 6) return smaller(size, left);
    while (size > left) size /= 2;
    return size;
}

/* sums[a · tile + t] += Σ over steps s, in order, of line a's numbers at s · NA_LANES times
 * numbers[s · step_stride + t · tile_stride]. Lines are line_stride apart. totals[a], if not NULL, += Σ of the lines.
 */
NA_INLINE void multiply_add(int across, int tile, int64_t steps, const real *lines, int64_t line_stride,
                            const real *numbers, int64_t step_stride, int64_t tile_stride, line *sums, line *totals)
{
#pragma GCC unroll 4
    for (int64_t s = 0; s < steps; s++) {
        line shared[ACROSS];
#pragma GCC unroll 2
        for (int a = 0; a < across; a++) {
            shared[a] = line_load(lines + a * line_stride + s * NA_LANES);
            for (int v = 0; v < NA_LINE_VECS; v++) shared[a].v[v] = vec_keep(shared[a].v[v]);
            if (totals) totals[a] = line_add(totals[a], shared[a]);
        }
#pragma GCC unroll 16
        for (int t = 0; t < tile; t++) {
            vec number = vec_set1(numbers[s * step_stride + t * tile_stride]);
#pragma GCC unroll 2
            for (int a = 0; a < across; a++)
                for (int v = 0; v < NA_LINE_VECS; v++)
                    sums[a * tile + t].v[v] = vec_fma(number, shared[a].v[v], sums[a * tile + t].v[v]);
        }
    }
}

/* ---- forward: z = b + W'x, a tile of outputs × some blocks, k over the inputs ---------------- */

/* What the tiles of a panel and some blocks share. Blocks are a stride apart. */
typedef struct {
    int64_t n_in, width; /* inputs of the chunk; outputs of the panel */
    const real *x;
    int64_t x_stride;
    const real *weights, *biases; /* biases NULL: z holds the sum so far */
    const real *bound;            /* NULL, or in the last chunk: the bound of the ReLU that turns z into y */
    real *z;
    int64_t z_stride;
} forward_work;

NA_INLINE line line_relu(line z, real bound)
{
    for (int v = 0; v < NA_LINE_VECS; v++) z.v[v] = na_relu(z.v[v], vec_set1(bound));
    return z;
}

NA_INLINE void forward_tile(int across, int tile, const forward_work *w, int64_t j)
{
    line sums[TILE];
    real *z = w->z + j * NA_LANES;
#pragma GCC unroll 2
    for (int a = 0; a < across; a++)
#pragma GCC unroll 16
        for (int t = 0; t < tile; t++)
            sums[a * tile + t] =
                w->biases ? line_set1(w->biases[j + t]) : line_load(z + a * w->z_stride + t * NA_LANES);
    if (w->width == NA_LANES)
        multiply_add(across, tile, w->n_in, w->x, w->x_stride, w->weights + j, NA_LANES, 1, sums, NULL);
    else
        multiply_add(across, tile, w->n_in, w->x, w->x_stride, w->weights + j, w->width, 1, sums, NULL);
    if (w->bound)
#pragma GCC unroll 16
        for (int i = 0; i < across * tile; i++) sums[i] = line_relu(sums[i], *w->bound);
#pragma GCC unroll 2
    for (int a = 0; a < across; a++)
#pragma GCC unroll 16
        for (int t = 0; t < tile; t++) line_store(z + a * w->z_stride + t * NA_LANES, sums[a * tile + t]);
}

static void forward_panel(int64_t across, const forward_work *w)
{
    int64_t size = tile_size(w->width, across);
    for (int64_t j = 0, tile; j < w->width; j += tile) {
        tile = next_tile(size, w->width - j);
        switch (NA_TILE(across, tile)) {
#define NA_CASE(A, T) \
    case NA_TILE(A, T): forward_tile(A, T, w, j); break;
            NA_TILES(NA_CASE)
#undef NA_CASE
        }
    }
}

/* A chunk of a panel's weights stays in the L1 cache while all blocks pass by. */
static void forward(int64_t n_in, int64_t units, int64_t blocks, const real *x, const real *weights, const real *biases,
                    const real *bound, real *z)
{
    forward_work w = {.x_stride = n_in * NA_LANES, .z_stride = units * NA_LANES};
    for (int64_t k = 0; k < n_in; k += CHUNK) {
        w.n_in = smaller(CHUNK, n_in - k);
        w.bound = k + w.n_in == n_in ? bound : NULL;
        for (int64_t j = 0; j < units; j += NA_LANES) {
            w.width = smaller(NA_LANES, units - j);
            w.weights = weights + j * n_in + k * w.width;
            w.biases = k == 0 ? biases + j : NULL;
            for (int64_t b = 0; b < blocks; b += ACROSS) {
                w.x = x + (b * n_in + k) * NA_LANES;
                w.z = z + (b * units + j) * NA_LANES;
                forward_panel(smaller(ACROSS, blocks - b), &w);
            }
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

/* ---- backward by data: dx = W dz, a tile of inputs × some blocks, the sum over the outputs --- */

/* What the tiles of some outputs and some blocks share. */
typedef struct {
    int64_t n_in, panels, rest; /* full panels of outputs, and the outputs of one more */
    bool add;                   /* dx holds the sum so far */
    const real *dz;
    int64_t dz_stride;
    const real *weights;
    const real *slopes; /* NULL, or with the last outputs: as many lines as dx */
    const real *bound;  /* NULL, or: slopes are the y of ReLUs with this bound */
    real *dx;
} backward_work;

/* The slopes of ReLUs, from what they made: inside the bounds y is z. */
NA_INLINE line relu_slopes(line y, real bound)
{
    for (int v = 0; v < NA_LINE_VECS; v++) y.v[v] = na_between(vec_set1(0), y.v[v], vec_set1(bound));
    return y;
}

NA_INLINE void backward_data_tile(int across, int tile, const backward_work *w, int64_t k)
{
    line sums[TILE];
    const int64_t stride = w->n_in * NA_LANES, at = k * NA_LANES;
#pragma GCC unroll 2
    for (int a = 0; a < across; a++)
#pragma GCC unroll 16
        for (int t = 0; t < tile; t++)
            sums[a * tile + t] = w->add ? line_load(w->dx + at + a * stride + t * NA_LANES) : line_set1(0);
    const real *dz = w->dz, *weights = w->weights;
    for (int64_t p = 0; p < w->panels; p++) {
        multiply_add(across, tile, NA_LANES, dz, w->dz_stride, weights + at, 1, NA_LANES, sums, NULL);
        dz += NA_LANES * NA_LANES;
        weights += stride;
    }
    multiply_add(across, tile, w->rest, dz, w->dz_stride, weights + k * w->rest, 1, w->rest, sums, NULL);
    if (w->slopes)
#pragma GCC unroll 2
        for (int a = 0; a < across; a++)
#pragma GCC unroll 16
            for (int t = 0; t < tile; t++) {
                line slopes = line_load(w->slopes + at + a * stride + t * NA_LANES);
                if (w->bound) slopes = relu_slopes(slopes, *w->bound);
                sums[a * tile + t] = line_mul(sums[a * tile + t], slopes);
            }
#pragma GCC unroll 2
    for (int a = 0; a < across; a++)
#pragma GCC unroll 16
        for (int t = 0; t < tile; t++) line_store(w->dx + at + a * stride + t * NA_LANES, sums[a * tile + t]);
}

/* A tile's weights stay in the L1 cache while all blocks pass by. */
static void backward_data(int64_t n_in, int64_t units, int64_t blocks, const real *dz, const real *weights,
                          const real *slopes, const real *bound, real *dx)
{
    backward_work w = {.n_in = n_in, .dz_stride = units * NA_LANES, .bound = bound};
    int64_t size = tile_size(n_in, smaller(ACROSS, blocks));
    for (int64_t j = 0; j < units; j += CHUNK) {
        int64_t outputs = smaller(CHUNK, units - j);
        bool scale = slopes && j + outputs == units;
        w.panels = outputs / NA_LANES, w.rest = outputs % NA_LANES;
        w.add = j > 0;
        w.weights = weights + j * n_in;
        for (int64_t k = 0, tile; k < n_in; k += tile) {
            tile = next_tile(size, n_in - k);
            for (int64_t b = 0; b < blocks; b += ACROSS) {
                w.dz = dz + (b * units + j) * NA_LANES;
                w.slopes = scale ? slopes + b * n_in * NA_LANES : NULL;
                w.dx = dx + b * n_in * NA_LANES;
                switch (NA_TILE(smaller(ACROSS, blocks - b), tile)) {
#define NA_CASE(A, T) \
    case NA_TILE(A, T): backward_data_tile(A, T, &w, k); break;
                    NA_TILES(NA_CASE)
#undef NA_CASE
                }
            }
        }
    }
}

/* ---- backward by weights: dW = Σ over rows x dz', a tile of inputs × some panels ------------- */

enum { PAGE = 4096 / 64 }; /* lines; the processor does not prefetch across pages by itself */

/* What the tiles of some panels share. */
typedef struct {
    int64_t n_in, units, rows; /* units: outputs of the panels, all of which but the last are full */
    const real *x, *dz;
    int64_t panel_stride; /* of dz */
    bool add;
    real *dweights, *dbiases; /* dbiases NULL: not wanted */
} gradients_work;

/* The sums of a tile of one panel. */
NA_INLINE void write_gradients(int tile, const line *sums, int64_t width, bool add, real *dweights)
{
    if (width == NA_LANES)
#pragma GCC unroll 16
        for (int t = 0; t < tile; t++) write_line(sums[t], add, dweights + t * NA_LANES);
    else
#pragma GCC unroll 16
        for (int t = 0; t < tile; t++) write_part(sums[t], width, add, dweights + t * width);
}

/* with_biases: sums the deltas, too. */
NA_INLINE void backward_weights_tile(int across, int tile, bool with_biases, const gradients_work *w, int64_t k)
{
    line sums[TILE], totals[ACROSS];
#pragma GCC unroll 16
    for (int t = 0; t < across * tile; t++) sums[t] = line_set1(0);
#pragma GCC unroll 2
    for (int a = 0; a < across; a++) totals[a] = line_set1(0);
    line *added = with_biases ? totals : NULL;
    const real *x = w->x + k * NA_LANES, *dz = w->dz;
    int64_t rows = w->rows;
    for (; rows >= NA_LANES; rows -= NA_LANES) {
        for (int t = 0; w->n_in > PAGE && t < tile; t++) __builtin_prefetch(x + (w->n_in + t) * NA_LANES);
        multiply_add(across, tile, NA_LANES, dz, w->panel_stride, x, 1, NA_LANES, sums, added);
        x += w->n_in * NA_LANES;
        dz += NA_LANES * NA_LANES;
    }
    multiply_add(across, tile, rows, dz, w->panel_stride, x, 1, NA_LANES, sums, added);
#pragma GCC unroll 2
    for (int a = 0; a < across; a++) {
        int64_t j = a * NA_LANES, width = smaller(NA_LANES, w->units - j);
        write_gradients(tile, sums + a * tile, width, w->add, w->dweights + j * w->n_in + k * width);
        if (with_biases) write_part(totals[a], width, w->add, w->dbiases + j);
    }
}

static void backward_weights_panels(int64_t across, const gradients_work *w)
{
    int64_t size = tile_size(w->n_in, across);
    for (int64_t k = 0, tile; k < w->n_in; k += tile) {
        bool with_biases = k == 0 && w->dbiases;
        tile = next_tile(size, w->n_in - k);
        switch (2 * NA_TILE(across, tile) + with_biases) {
#define NA_CASE(A, T)                                                        \
    case 2 * NA_TILE(A, T): backward_weights_tile(A, T, false, w, k); break; \
    case 2 * NA_TILE(A, T) + 1: backward_weights_tile(A, T, true, w, k); break;
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

static void backward_weights(int64_t n_in, int64_t units, int64_t rows, const real *x, const real *dz,
                             int64_t panel_stride, bool add, real *dweights, real *dbiases)
{
    int64_t narrow = units % NA_LANES <= NA_NARROW ? units % NA_LANES : 0, wide = units - narrow;
    for (int64_t j = 0, across; j < wide; j += across * NA_LANES) {
        across = smaller(PANELS, (wide - j + NA_LANES - 1) / NA_LANES);
        const gradients_work w = {n_in,
                                  smaller(across * NA_LANES, wide - j),
                                  rows,
                                  x,
                                  dz + j / NA_LANES * panel_stride,
                                  panel_stride,
                                  add,
                                  dweights + j * n_in,
                                  dbiases ? dbiases + j : NULL};
        backward_weights_panels(across, &w);
    }
    if (narrow == 0) return;
    dz += wide / NA_LANES * panel_stride;
    backward_weights_narrow(n_in, narrow, rows, x, dz, add, dweights + wide * n_in);
    if (dbiases) sum_rows_narrow(narrow, rows, dz, add, dbiases + wide);
}

#endif
