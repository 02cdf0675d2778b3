/* test_sparse_tmpl.c: the kernels of sparse rows give the bits of the dense kernels (which test_kernels_tmpl.c
 * compares with their oracles) for the same rows in dense form; and the check of sparse rows. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_reals.h"

#include "neuract.h"
#include "simd/fp_state.h"

/* Sizes around a line, four panels, and the narrow panels. */
static const int64_t units_tested[] = {1, 2, 3, 4, 5, NA_LANES - 1, NA_LANES, NA_LANES + 1, 4 * NA_LANES, 70};
static const int64_t inputs_tested[] = {1, 5, 16, 33, 200};
static const int64_t rows_tested[] = {1, NA_LANES - 1, NA_LANES, NA_LANES + 1, 45, 8 * NA_LANES};
enum {
    N_UNITS = sizeof units_tested / sizeof *units_tested,
    N_INPUTS = sizeof inputs_tested / sizeof *inputs_tested,
    N_ROWS = sizeof rows_tested / sizeof *rows_tested,
};

/* ORDINARY; TINY: zeros of either sign, and numbers whose products are flushed, so that sums end as −0; FALLING:
 * nearly all products are negative, so that many sums do, which would mostly not be so if the entries that are not
 * stored were added. */
typedef enum { ORDINARY, TINY, FALLING, N_SORTS } sort;

static real draw_size(void) { return REAL_FN(fabs)(plain()) * REAL_FN(sqrt)(REAL_MIN) / 8; }

static real draw_value(sort of) { return of == ORDINARY ? plain() : draw_size(); }

/* The factors of values, and the numbers that products are added to. */
static real draw_other(sort of)
{
    if (of == ORDINARY) return plain();
    if (of == FALLING) return random_below(50) == 0 ? draw_size() : -draw_size();
    int64_t which = random_below(4);
    return which == 0 ? 0 : which == 1 ? -(real)0.0 : random_below(2) ? draw_size() : -draw_size();
}

static real *draw_others(int slot, int64_t n, sort of)
{
    real *array = output_tight(slot, n);
    for (int64_t i = 0; i < n; i++) array[i] = draw_other(of);
    return array;
}

static bool stored(int percent) { return random_below(100) < percent; }

/* ---- forward --------------------------------------------------------------------------------- */

/* The entries end at the page. */
static void test_row(int64_t n_in, int64_t units, int percent, sort of)
{
    CASE("sparse_forward_row", "n_in %d units %d percent %d of %d", (int)n_in, (int)units, percent, of);
    real *x = output(0, n_in), *values = output(1, n_in), *tight = NULL;
    int32_t *columns = place(2, (size_t)n_in * sizeof *columns, false), *tight_columns = NULL;
    int64_t n = 0, written = (units + NA_LANES - 1) / NA_LANES * NA_LANES;
    for (int64_t k = 0; k < n_in; k++) {
        x[k] = 0;
        if (!stored(percent)) continue;
        x[k] = values[n] = draw_value(of);
        columns[n++] = (int32_t)k;
    }
    tight = memcpy(output_tight(3, n), values, (size_t)n * sizeof *values);
    tight_columns = memcpy(place(4, (size_t)n * sizeof *columns, true), columns, (size_t)n * sizeof *columns);
    const real *weights = draw_others(5, n_in * units + NA_LANES, of), *biases = draw_others(6, units + NA_LANES, of);
    real *z = output(7, written), *wanted = output(8, written);
    table->forward_row(n_in, units, x, weights, biases, wanted);
    table->sparse_forward_row(n_in, units, n, tight, tight_columns, weights, biases, z);
    expect_same("z", units, z, wanted);
    expect_guarded("z", 7, written, z);
    hash_reals(units, z);
    case_end();
}

/* ---- backward -------------------------------------------------------------------------------- */

/* x in blocks; its entries by column in values, rows and starts. */
static void draw_columns(int64_t n_in, int64_t rows, int percent, sort of, real *x, real *values, int32_t *row_numbers,
                         int64_t *starts)
{
    int64_t n = 0, padded = (rows + NA_LANES - 1) / NA_LANES * NA_LANES;
    for (int64_t i = 0; i < padded * n_in; i++) x[i] = 0;
    for (int64_t k = 0; k < n_in; k++) {
        starts[k] = n;
        for (int64_t r = 0; r < rows; r++) {
            if (!stored(percent)) continue;
            x[(r / NA_LANES * n_in + k) * NA_LANES + r % NA_LANES] = values[n] = draw_value(of);
            row_numbers[n++] = (int32_t)r;
        }
    }
    starts[n_in] = n;
}

/* The deltas past the last row are NaN: they must not be used. */
static const real *draw_deltas(int slot, int64_t width, int64_t rows, sort of)
{
    bool narrow = width <= NA_NARROW;
    int64_t n = narrow ? (rows + NA_LANES - 1) / NA_LANES * NA_LANES * NA_LANES : rows * NA_LANES;
    real *dz = draw_others(slot, n, of);
    for (int64_t r = rows; narrow && r < n / NA_LANES; r++)
        for (int64_t j = 0; j < width; j++) dz[(r - r % NA_LANES + j) * NA_LANES + r % NA_LANES] = (real)NAN;
    return dz;
}

static void test_columns(int64_t n_in, int64_t width, int64_t rows, int percent, bool add, sort of)
{
    CASE("sparse_backward_weights", "n_in %d width %d rows %d percent %d add %d of %d", (int)n_in, (int)width,
         (int)rows, percent, add, of);
    int64_t n = n_in * width;
    real *x = output(0, (rows + NA_LANES) * n_in), *values = output(1, rows * n_in);
    int32_t *row_numbers = place(2, (size_t)(rows * n_in) * sizeof *row_numbers, false);
    int64_t *starts = place(3, (size_t)(n_in + 1) * sizeof *starts, true);
    draw_columns(n_in, rows, percent, of, x, values, row_numbers, starts);
    const real *dz = draw_deltas(4, width, rows, of);
    real *dweights = add ? draw_others(5, n, of) : output_tight(5, n), *wanted = copy(6, n, dweights);
    table->backward_weights(n_in, width, rows, x, dz, 0, add, wanted, NULL);
    table->sparse_backward_weights(n_in, width, rows, values, row_numbers, starts, dz, add, dweights);
    expect_output("dweights", 5, n, dweights, wanted);
    case_end();
}

static void test_products(void)
{
    static const int percents[] = {0, 3, 40, 100};
    for (int p = 0; p < 4; p++)
        for (int i = 0; i < N_INPUTS; i++)
            for (int u = 0; u < N_UNITS; u++)
                for (sort of = ORDINARY; of < N_SORTS; of++) {
                    test_row(inputs_tested[i], units_tested[u], percents[p], of);
                    for (int r = 0; r < N_ROWS && units_tested[u] <= NA_LANES; r++)
                        test_columns(inputs_tested[i], units_tested[u], rows_tested[r], percents[p], (i + r) % 2, of);
                }
}

/* ---- the check of rows ----------------------------------------------------------------------- */

static void expect_state(const char *what, na_rows_state wanted, const int32_t *columns, const int64_t *starts)
{
    CASE("rows_look", "%s", what);
    na_rows_state state = na_rows_check(2, 5, 4, columns, starts);
    if (state != wanted) case_fail("state", 0, state, wanted);
    case_end();
}

/* Two rows of five columns, with room for four entries. */
static void test_look(void)
{
    const int64_t whole[] = {0, 3, 4}, empty[] = {0, 0, 0}, first_empty[] = {0, 0, 4};
    const int64_t back[] = {0, 3, 2}, beyond[] = {0, 3, 5}, before[] = {-1, 3, 4};
    const int32_t sorted[] = {0, 2, 4, 1}, unsorted[] = {0, 4, 2, 1}, twice[] = {0, 2, 2, 1};
    const int32_t negative[] = {-1, 2, 4, 1}, large[] = {0, 2, 5, 1};
    expect_state("sorted", NA_ROWS_SORTED, sorted, whole);
    expect_state("nothing stored", NA_ROWS_SORTED, unsorted, empty);
    expect_state("falls in one row", NA_ROWS_UNSORTED, sorted, first_empty);
    expect_state("unsorted", NA_ROWS_UNSORTED, unsorted, whole);
    expect_state("twice", NA_ROWS_UNSORTED, twice, whole);
    expect_state("negative column", NA_ROWS_BROKEN, negative, whole);
    expect_state("large column", NA_ROWS_BROKEN, large, whole);
    expect_state("starts fall", NA_ROWS_BROKEN, sorted, back);
    expect_state("starts beyond", NA_ROWS_BROKEN, sorted, beyond);
    expect_state("starts before", NA_ROWS_BROKEN, sorted, before);
}

/* Rows of 60 ascending columns with one fault. */
static void test_faults(void)
{
    enum { LONG = 60, ROWS = 150, ENTRIES = LONG * ROWS };
    static const int64_t faults[] = {1, 59, 61, 4094, 4095, 4096, 4097, ENTRIES - 2, ENTRIES - 1};
    int32_t *columns = place(0, ENTRIES * sizeof *columns, true);
    int64_t *starts = place(1, (ROWS + 1) * sizeof *starts, true);
    for (int64_t i = 0; i < ENTRIES; i++) columns[i] = (int32_t)(2 * (i % LONG));
    for (int64_t r = 0; r <= ROWS; r++) starts[r] = r * LONG;
    for (size_t f = 0; f < sizeof faults / sizeof *faults; f++) {
        int32_t *column = &columns[faults[f]], before = *column;
        const int32_t values[] = {before, before - 2, -1, 2 * LONG};
        const na_rows_state states[] = {NA_ROWS_SORTED, NA_ROWS_UNSORTED, NA_ROWS_BROKEN, NA_ROWS_BROKEN};
        for (int i = 0; i < 4; i++) {
            CASE("rows_look", "%d at %d", (int)values[i], (int)faults[f]);
            *column = values[i];
            na_rows_state state = na_rows_check(ROWS, 2 * LONG, ENTRIES, columns, starts);
            if (state != states[i]) case_fail("state", faults[f], state, states[i]);
            case_end();
        }
        *column = before;
    }
}

/* Flushes subnormals in a call of its own, as in test_kernels_tmpl.c. */
static __attribute__((noinline)) void test_all(void)
{
    test_products();
    test_look();
    test_faults();
}

void NA_FN(test_sparse)(void)
{
    na_fp_state state = na_fp_enter();
    test_all();
    na_fp_leave(state);
}
