/* test_kernels_tmpl.c: the products of a layer and the measures of a neuron, whose sums have the order of the
 * contract and are therefore compared bit by bit; and the kernels that only move numbers. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_reals.h"

#include "simd/fp_state.h"

/* Sizes around the tiles of all ISAs (2, 6, 8, 16), a line, and the chunk of 192. */
static const int64_t sizes[] = {1, 2, 5, 6, 7, 8, 12, 13, 15, 16, 17, 31, 33, 47, 70, 191, 192, 193, 400};
static const int64_t rows_tested[] = {0, 1, NA_LANES - 1, NA_LANES, NA_LANES + 1, 45};
enum { N_SIZES = sizeof sizes / sizeof *sizes, N_ROWS = sizeof rows_tested / sizeof *rows_tested };

/* By an instruction: the function of some C libraries rounds twice. */
#ifdef __x86_64__
__attribute__((target("fma")))
#endif
static real fused(real a, real b, real sum)
{
    return REAL_FN(__builtin_fma)(a, b, sum);
}

static real multiply_add(real a, real b, real sum) { return test_fused ? fused(a, b, sum) : sum + a * b; }

static int64_t lines_of(int64_t rows) { return (rows + NA_LANES - 1) / NA_LANES; }

/* Position of the weight from input k to output j. */
static int64_t weight_at(int64_t n_in, int64_t units, int64_t k, int64_t j)
{
    int64_t panel = j / NA_LANES * NA_LANES, width = at_most(NA_LANES, units - panel);
    return panel * n_in + k * width + (j - panel);
}

/* ---- forward --------------------------------------------------------------------------------- */

static void forward_oracle(int64_t n_in, int64_t units, int64_t blocks, const real *x, const real *weights,
                           const real *biases, real *z)
{
    for (int64_t b = 0; b < blocks; b++)
        for (int64_t j = 0; j < units; j++)
            for (int64_t lane = 0; lane < NA_LANES; lane++) {
                real sum = biases[j];
                for (int64_t k = 0; k < n_in; k++)
                    sum = multiply_add(weights[weight_at(n_in, units, k, j)], x[(b * n_in + k) * NA_LANES + lane], sum);
                z[(b * units + j) * NA_LANES + lane] = sum;
            }
}

static void test_forward(int64_t n_in, int64_t units, int64_t blocks, kind k)
{
    CASE("forward", "n_in %d units %d blocks %d kind %d", (int)n_in, (int)units, (int)blocks, (int)k);
    int64_t n = blocks * units * NA_LANES;
    const real *x = input(0, blocks * n_in * NA_LANES, k), *weights = input(1, n_in * units, k),
               *biases = input(2, units, k);
    real *z = output(3, n), *wanted = output(4, n);
    table->forward(n_in, units, blocks, x, weights, biases, NULL, z);
    forward_oracle(n_in, units, blocks, x, weights, biases, wanted);
    expect_output("z", 3, n, z, wanted);
    case_end();
}

/* ReLUs at the end of forward must give the bits of forward and then ReLUs. */
static void test_forward_relu(int64_t n_in, int64_t units, int64_t blocks, kind k, real bound)
{
    CASE("forward relu", "n_in %d units %d blocks %d kind %d bound %g", (int)n_in, (int)units, (int)blocks, (int)k,
         (double)bound);
    int64_t n = blocks * units * NA_LANES;
    const real *x = input(0, blocks * n_in * NA_LANES, k), *weights = input(1, n_in * units, k),
               *biases = input(2, units, k);
    real *y = output(3, n), *wanted = output(4, n);
    const struct na_neurons neurons = {.parameters = &bound};
    table->forward(n_in, units, blocks, x, weights, biases, NULL, wanted);
    table->activate[NA_ACTIVATION_relu](blocks * units, wanted, &neurons, wanted, NULL, NULL);
    table->forward(n_in, units, blocks, x, weights, biases, &bound, y);
    expect_output("y", 3, n, y, wanted);
    case_end();
}

/* Biases, then a first and a second part of the inputs, then ReLUs: what forward does at once. */
static void test_add_inputs(int64_t n_in, int64_t units, int64_t blocks, kind k)
{
    CASE("add_inputs", "n_in %d units %d blocks %d kind %d", (int)n_in, (int)units, (int)blocks, (int)k);
    int64_t n = blocks * units * NA_LANES, first = 1 + random_below(n_in), stride = n_in * NA_LANES;
    const real *x = input(0, blocks * stride, k), *weights = input(1, n_in * units, k), *biases = input(2, units, k);
    real *z = output(3, n), *wanted = output(4, n), *sums = output(5, n);
    for (int64_t i = 0; i < n; i++) sums[i] = biases[i / NA_LANES % units];
    const struct na_some_inputs one = {n_in, 0, first, x, stride};
    const struct na_some_inputs rest = {n_in, first, n_in - first, x + first * NA_LANES, stride};
    const real bound = (real)0.5;
    const struct na_neurons neurons = {.parameters = &bound};
    table->add_inputs(&one, units, blocks, weights, sums, rest.n > 0 ? NULL : &bound, z);
    if (rest.n > 0) table->add_inputs(&rest, units, blocks, weights, z, &bound, z);
    forward_oracle(n_in, units, blocks, x, weights, biases, wanted);
    table->activate[NA_ACTIVATION_relu](blocks * units, wanted, &neurons, wanted, NULL, NULL);
    expect_output("z", 3, n, z, wanted);
    case_end();
}

/* Single rows must give the bits of the block; weights and biases can be read one line further, x cannot. */
static void test_forward_row(int64_t n_in, int64_t units, kind k)
{
    CASE("forward_row", "n_in %d units %d kind %d", (int)n_in, (int)units, (int)k);
    const real *block = input(0, n_in * NA_LANES, k);
    const real *weights = input(1, n_in * units + NA_LANES, k), *biases = input(2, units + NA_LANES, k);
    real *z = output(3, units * NA_LANES), *x = output_tight(4, n_in), *wanted = output(5, units);
    table->forward(n_in, units, 1, block, weights, biases, NULL, z);
    int64_t step = n_in * units > 2500 ? 5 : 1;
    for (int64_t lane = 0; lane < NA_LANES; lane += step) {
        for (int64_t i = 0; i < n_in; i++) x[i] = block[i * NA_LANES + lane];
        for (int64_t j = 0; j < units; j++) wanted[j] = z[j * NA_LANES + lane];
        int64_t written = lines_of(units) * NA_LANES;
        real *row = output(6, written);
        table->forward_row(n_in, units, x, weights, biases, row);
        expect_same("z", units, row, wanted);
        expect_guarded("z", 6, written, row);
        hash_reals(units, row);
    }
    case_end();
}

/* ---- backward -------------------------------------------------------------------------------- */

static void backward_data_oracle(int64_t n_in, int64_t units, int64_t blocks, const real *dz, const real *weights,
                                 const real *slopes, real *dx)
{
    for (int64_t b = 0; b < blocks; b++)
        for (int64_t k = 0; k < n_in; k++)
            for (int64_t lane = 0; lane < NA_LANES; lane++) {
                real sum = 0;
                for (int64_t j = 0; j < units; j++)
                    sum =
                        multiply_add(weights[weight_at(n_in, units, k, j)], dz[(b * units + j) * NA_LANES + lane], sum);
                int64_t at = (b * n_in + k) * NA_LANES + lane;
                dx[at] = slopes ? sum * slopes[at] : sum;
            }
}

static void test_backward_data(int64_t n_in, int64_t units, int64_t blocks, kind k, bool scaled)
{
    CASE("backward_data", "n_in %d units %d blocks %d kind %d scaled %d", (int)n_in, (int)units, (int)blocks, (int)k,
         scaled);
    int64_t n = blocks * n_in * NA_LANES;
    const real *dz = input(0, blocks * units * NA_LANES, k), *weights = input(1, n_in * units, k);
    real *dx = output(2, n), *wanted = output(3, n);
    const real *slopes = scaled ? input(4, n, k) : NULL;
    table->backward_data(n_in, units, blocks, dz, weights, slopes, NULL, dx);
    backward_data_oracle(n_in, units, blocks, dz, weights, slopes, wanted);
    expect_output("dx", 2, n, dx, wanted);
    case_end();
}

/* Slopes from the y of ReLUs must give the bits of the slopes that the ReLUs write. */
static void test_backward_data_relu(int64_t n_in, int64_t units, int64_t blocks, kind k, real bound)
{
    CASE("backward_data relu", "n_in %d units %d blocks %d kind %d bound %g", (int)n_in, (int)units, (int)blocks,
         (int)k, (double)bound);
    int64_t n = blocks * n_in * NA_LANES;
    const real *dz = input(0, blocks * units * NA_LANES, k), *weights = input(1, n_in * units, k), *z = input(2, n, k);
    real *dx = output(3, n), *wanted = output(4, n), *y = output(5, n), *slopes = output(6, n);
    const struct na_neurons neurons = {.parameters = &bound};
    table->activate[NA_ACTIVATION_relu](blocks * n_in, z, &neurons, y, slopes, NULL);
    table->backward_data(n_in, units, blocks, dz, weights, slopes, NULL, wanted);
    table->backward_data(n_in, units, blocks, dz, weights, y, &bound, dx);
    expect_output("dx", 3, n, dx, wanted);
    case_end();
}

/* Size of a panel's deltas. */
static int64_t deltas_of(int64_t width, int64_t rows)
{
    return width <= NA_NARROW ? lines_of(rows) * NA_LANES * NA_LANES : rows * NA_LANES;
}

/* A panel's delta of row r and output j; the deltas of a narrow panel are lines. */
static real delta(const real *dz, int64_t width, int64_t r, int64_t j)
{
    int64_t lane = r % NA_LANES;
    return width <= NA_NARROW ? dz[(r - lane + j) * NA_LANES + lane] : dz[r * NA_LANES + j];
}

/* Σ over rows of x · delta: in order, or for a narrow panel lane by lane and then over the lanes. */
static real weight_gradient(int64_t n_in, int64_t width, int64_t rows, const real *x, const real *dz, int64_t k,
                            int64_t j)
{
    real sums[NA_LANES] = {0};
    for (int64_t r = 0; r < rows; r++) {
        real *s = &sums[width <= NA_NARROW ? r % NA_LANES : 0];
        *s = multiply_add(x[(r / NA_LANES * n_in + k) * NA_LANES + r % NA_LANES], delta(dz, width, r, j), *s);
    }
    if (width > NA_NARROW) return sums[0];
    real sum = sums[0];
    for (int lane = 1; lane < NA_LANES; lane++) sum += sums[lane];
    return sum;
}

static void backward_weights_oracle(int64_t n_in, int64_t width, int64_t rows, const real *x, const real *dz, bool add,
                                    real *dweights)
{
    for (int64_t k = 0; k < n_in; k++)
        for (int64_t j = 0; j < width; j++) {
            real sum = weight_gradient(n_in, width, rows, x, dz, k, j), *out = &dweights[k * width + j];
            *out = add ? *out + sum : sum;
        }
}

/* dweights ends at the page, so that an access beyond a narrow panel faults; it does not begin on a line. */
static void test_backward_weights(int64_t n_in, int64_t width, int64_t rows, bool add, kind k)
{
    CASE("backward_weights", "n_in %d width %d rows %d add %d kind %d", (int)n_in, (int)width, (int)rows, add, (int)k);
    int64_t n = n_in * width;
    const real *x = input(0, lines_of(rows) * n_in * NA_LANES, k), *dz = input(1, deltas_of(width, rows), k);
    real *dweights = add ? input_tight(2, n, k) : output_tight(2, n), *wanted = copy(3, n, dweights);
    table->backward_weights(n_in, width, rows, x, dz, 0, add, dweights, NULL);
    backward_weights_oracle(n_in, width, rows, x, dz, add, wanted);
    expect_output("dweights", 2, n, dweights, wanted);
    case_end();
}

/* Several panels at once, with their biases, must give the bits of one after the other. */
static void test_panels(int64_t n_in, int64_t units, int64_t rows, bool add, kind k)
{
    CASE("panels", "n_in %d units %d rows %d add %d kind %d", (int)n_in, (int)units, (int)rows, add, (int)k);
    int64_t stride = lines_of(rows) * NA_LANES * NA_LANES, panels = lines_of(units), n = n_in * units;
    const real *x = input(0, lines_of(rows) * n_in * NA_LANES, k), *dz = input(1, panels * stride, k);
    real *dweights = add ? input_tight(2, n, k) : output_tight(2, n), *wanted = copy(3, n, dweights);
    real *dbiases = add ? input_tight(4, units, k) : output_tight(4, units), *wanted_biases = copy(5, units, dbiases);
    for (int64_t j = 0, p = 0; j < units; j += NA_LANES, p++) {
        int64_t width = at_most(NA_LANES, units - j);
        table->backward_weights(n_in, width, rows, x, dz + p * stride, 0, add, wanted + j * n_in, NULL);
        table->sum_rows(width, rows, dz + p * stride, add, wanted_biases + j);
    }
    table->backward_weights(n_in, units, rows, x, dz, stride, add, dweights, dbiases);
    expect_output("dweights", 2, n, dweights, wanted);
    expect_output("dbiases", 4, units, dbiases, wanted_biases);
    case_end();
}

static void test_sum_rows(int64_t width, int64_t rows, bool add, kind k)
{
    CASE("sum_rows", "width %d rows %d add %d kind %d", (int)width, (int)rows, add, (int)k);
    const real *dz = input(0, deltas_of(width, rows), k);
    real *dbiases = add ? input_tight(1, width, k) : output_tight(1, width), *wanted = copy(2, width, dbiases);
    table->sum_rows(width, rows, dz, add, dbiases);
    for (int64_t j = 0; j < width; j++) {
        real sums[NA_LANES] = {0};
        for (int64_t r = 0; r < rows; r++) sums[width <= NA_NARROW ? r % NA_LANES : 0] += delta(dz, width, r, j);
        real sum = sums[0];
        for (int lane = 1; lane < NA_LANES && width <= NA_NARROW; lane++) sum += sums[lane];
        wanted[j] = add ? wanted[j] + sum : sum;
    }
    expect_output("dbiases", 1, width, dbiases, wanted);
    case_end();
}

static void test_pair(int64_t n_in, int64_t units, int64_t blocks, kind k)
{
    test_forward(n_in, units, blocks, k);
    test_add_inputs(n_in, units, blocks, k);
    test_forward_row(n_in, units, k);
    test_backward_data(n_in, units, blocks, k, false);
    test_backward_data(n_in, units, blocks, k, true);
    test_forward_relu(n_in, units, blocks, k, k == PLAIN ? (real)0.5 : (real)INFINITY);
    test_backward_data_relu(n_in, units, blocks, k, k == PLAIN ? (real)0.5 : (real)INFINITY);
}

/* All kinds of numbers and up to three blocks where that is cheap, otherwise a third of the pairs. */
static void test_products(void)
{
    for (int i = 0; i < N_SIZES; i++)
        for (int j = 0; j < N_SIZES; j++) {
            bool small = sizes[i] * sizes[j] <= 2500;
            if (!small && (i + j) % 3 != 0) continue;
            test_pair(sizes[i], sizes[j], small ? 1 + (i + j) % 3 : 1, PLAIN);
            for (kind k = RANGE; small && k <= RARE; k++) test_pair(sizes[i], sizes[j], 1, k);
        }
}

static void test_gradients(void)
{
    for (int j = 0; j < N_SIZES && sizes[j] <= NA_LANES; j++)
        for (int r = 0; r < N_ROWS; r++)
            for (int add = 0; add < 2; add++) {
                for (kind k = PLAIN; k <= RARE; k++) test_sum_rows(sizes[j], rows_tested[r], add, k);
                for (int i = 0; i < N_SIZES; i++)
                    test_backward_weights(sizes[i], sizes[j], rows_tested[r], add, (kind)((i + j + r) % (RARE + 1)));
            }
    for (int j = 0; j < N_SIZES && sizes[j] <= 70; j++)
        for (int r = 0; r < N_ROWS; r++)
            for (int i = 0; i < N_SIZES && sizes[i] <= 70; i++)
                test_panels(sizes[i], sizes[j], rows_tested[r], r % 2, (kind)((i + j + r) % (RARE + 1)));
}

/* ---- measures -------------------------------------------------------------------------------- */

/* A subnormal counts as 0: the product flushes it. */
static real flushed(real y)
{
    static volatile real one = 1;
    return y * one;
}

static void measure_oracle(int64_t rows, const real *y, int64_t stride, real shift, real low, real high, real *measured)
{
    shift = flushed(shift);
    for (int64_t lane = 0; lane < NA_LANES; lane++) {
        real sum = 0, squares = 0, least = shift, greatest = shift, not_zero = 0, saturated = 0;
        for (int64_t r = lane; r < rows; r += NA_LANES) {
            real value = flushed(y[r / NA_LANES * stride + lane]), deviation = value - shift;
            sum += deviation;
            squares = multiply_add(deviation, deviation, squares);
            least = value < least ? value : least;
            greatest = value > greatest ? value : greatest;
            not_zero += value != 0;
            saturated += value <= low || value >= high;
        }
        const real all[] = {sum, squares, least, greatest, not_zero, saturated};
        for (int m = 0; m < NA_N_MEASURES; m++) measured[m * NA_LANES + lane] = all[m];
    }
}

/* Lanes past the last row hold numbers that must not count. */
static void test_measure(int64_t rows, int64_t units, kind k)
{
    CASE("measure", "rows %d units %d kind %d", (int)rows, (int)units, (int)k);
    int64_t n = NA_N_MEASURES * NA_LANES, stride = units * NA_LANES;
    const real *y = input(0, lines_of(rows) * stride, k), low = (real)-0.5, high = (real)0.75;
    real *measured = output(1, n), *wanted = output(2, n);
    table->measure(rows, y, stride, y[0], low, high, measured);
    measure_oracle(rows, y, stride, y[0], low, high, wanted);
    expect_output("measured", 1, n, measured, wanted);
    case_end();
}

static void test_measures(void)
{
    for (int64_t rows = 1; rows <= 4 * NA_LANES; rows++)
        for (kind k = PLAIN; k < N_KINDS; k++) test_measure(rows, 1 + rows % 3, k);
}

/* ---- moves ----------------------------------------------------------------------------------- */

/* Moved, not computed: NaN keeps its payload and a subnormal its bits. */
static void expect_moved(const char *what, int64_t n, const real *got, const real *wanted)
{
    for (int64_t i = 0; i < n; i++)
        if (bits_of(got[i]) != bits_of(wanted[i])) case_fail(what, i, (double)got[i], (double)wanted[i]);
    hash_reals(n, got);
}

/* The user's rows end at the page, the last one is always gathered, and the order has exactly one index per row. */
static void test_gather(int64_t n, int64_t rows, bool ordered)
{
    CASE("gather", "n %d rows %d ordered %d", (int)n, (int)rows, ordered);
    int64_t there = ordered ? rows + 5 : rows, size = n * NA_LANES;
    const real *x = input_tight(0, there * n, SPECIAL);
    uint32_t *order = place(1, (size_t)rows * sizeof *order, true);
    for (int64_t r = 0; r < rows; r++)
        order[r] = (uint32_t)(!ordered ? r : r == rows / 2 ? there - 1 : random_below(there));
    real *block = output(2, size), *wanted = output(3, size);
    table->gather(n, rows, x, ordered ? order : NULL, block);
    for (int64_t j = 0; j < n; j++)
        for (int64_t lane = 0; lane < NA_LANES; lane++)
            wanted[j * NA_LANES + lane] = lane < rows ? x[order[lane] * n + j] : 0;
    expect_moved("block", size, block, wanted);
    expect_guarded("block", 2, size, block);
    case_end();
}

static void test_scatter(int64_t n, int64_t rows)
{
    CASE("scatter", "n %d rows %d", (int)n, (int)rows);
    const real *block = input(0, n * NA_LANES, SPECIAL);
    real *y = output_tight(1, rows * n), *wanted = output(2, rows * n);
    table->scatter(n, rows, block, y);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < n; j++) wanted[r * n + j] = block[j * NA_LANES + r];
    expect_moved("y", rows * n, y, wanted);
    expect_guarded("y", 1, rows * n, y);
    case_end();
}

/* The `gap` numbers between the panels must not change. */
static void test_transpose(int64_t n, int64_t gap)
{
    CASE("transpose", "n %d gap %d", (int)n, (int)gap);
    int64_t square = NA_LANES * NA_LANES, stride = square + gap, size = (lines_of(n) - 1) * stride + square;
    const real *block = input(0, n * NA_LANES, SPECIAL);
    real *out = output(1, size), *wanted = output(2, size);
    table->transpose(n, block, stride, out);
    for (int64_t j = 0; j < lines_of(n) * NA_LANES; j++)
        for (int64_t lane = 0; lane < NA_LANES; lane++)
            if (n - j / NA_LANES * NA_LANES > NA_NARROW)
                wanted[j / NA_LANES * stride + lane * NA_LANES + j % NA_LANES] = j < n ? block[j * NA_LANES + lane] : 0;
            else if (j < n)
                wanted[j / NA_LANES * stride + j % NA_LANES * NA_LANES + lane] = block[j * NA_LANES + lane];
    expect_moved("out", size, out, wanted);
    expect_guarded("out", 1, size, out);
    case_end();
}

static void test_moves(void)
{
    static const int64_t widths[] = {1, 3, 4, 7, 8, 9, 15, 16, 17, 40};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        for (int64_t rows = 1; rows <= NA_LANES; rows++) {
            test_gather(widths[i], rows, false);
            test_gather(widths[i], rows, true);
            test_scatter(widths[i], rows);
        }
        test_transpose(widths[i], 0);
        test_transpose(widths[i], 3 * NA_LANES * NA_LANES);
    }
}

/* Kernels run with subnormals flushed, and so do the oracles. The call is not inlined, so that the compiler keeps
 * arithmetic inside it. */
static __attribute__((noinline)) void test_all(void)
{
    test_products();
    test_gradients();
    test_measures();
    test_moves();
}

void NA_FN(test_kernels)(void)
{
    na_fp_state state = na_fp_enter();
    test_all();
    na_fp_leave(state);
}
