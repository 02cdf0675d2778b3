/* test_guards_tmpl.c: whole networks and the kernels of inputs with every array, the caller's and the core's own, next
 * to an inaccessible page, at its end or at its beginning; and networks that get no memory. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_reals.h"

#include <stdlib.h>

#include "activations.h"
#include "neuract.h"

static const na_dtype dtype = NA_REAL_BITS == 32 ? NA_FLOAT32 : NA_FLOAT64;

/* Sizes around a block and a panel, and numbers of rows that are predicted one by one. */
static const int64_t widths[] = {1, 2, NA_LANES / 4 + 1, NA_LANES - 1, NA_LANES, NA_LANES + 1, 2 * NA_LANES + 1};
static const int64_t row_counts[] = {1, 3, 4, NA_LANES - 1, NA_LANES, NA_LANES + 1, 2 * NA_LANES + 3};
enum { N_WIDTHS = sizeof widths / sizeof *widths, N_ROW_COUNTS = sizeof row_counts / sizeof *row_counts };

typedef struct {
    int64_t n_in, units, n_out, rows;
    bool sparse, first; /* first: arrays begin after an inaccessible page; else they end before one */
    bool inputs;        /* one of each kind: n_in is then their n, and X has a column for each but scale */
} shape;

enum { BATCH = NA_LANES + 5 };
enum { X, Y, TARGETS, WEIGHTS, ORDER, COLUMNS, STARTS, PARAMETERS, OUTPUTS, FIRED, LIMITS, ACTIVITIES };

static void *guarded(const shape *s, int slot, int64_t count, size_t size)
{
    size_t bytes = (size_t)count * size;
    return s->first ? place_first(slot, bytes) : place(slot, bytes, true);
}

static real *guarded_reals(const shape *s, int slot, int64_t count)
{
    return filled(guarded(s, slot, count, sizeof(real)), count, PLAIN);
}

/* ---- inputs ---------------------------------------------------------------------------------- */

static int64_t n_columns(const shape *s) { return s->inputs ? NA_N_INPUTS : s->n_in; }

/* A number for a column: plain, a level, or none of the n levels. */
static real draw_column(int64_t n) { return random_below(2) ? draw(SPECIAL) : (real)(random_below(n + 4) - 2); }

static na_input make_input(int id, int64_t n, int64_t size, const double *edges)
{
    return (na_input){.kind = id, .column = id, .n = n, .size = size, .edges = edges, .rate = 1};
}

static const double *make_edges(const shape *s, int64_t n)
{
    double *edges = guarded(s, ORDER, n + 1, sizeof *edges);
    for (int64_t t = 0; t <= n; t++) edges[t] = (double)(t - n / 2) / 4;
    return edges;
}

/* inputs: room for NA_N_INPUTS + 1. Returns how many there are. */
static int make_inputs(const shape *s, na_input *inputs)
{
    if (!s->inputs) return 0;
    for (int id = 0; id < NA_N_INPUTS; id++) inputs[id] = make_input(id, s->n_in, s->units, make_edges(s, s->n_in));
    inputs[NA_N_INPUTS] = make_input(NA_INPUT_scale, 1, 1, NULL), inputs[NA_N_INPUTS].column = 0;
    return NA_N_INPUTS + 1;
}

/* Sizes of what an input of one kind gives and learns. */
static void ask_sizes(const na_input *input, int64_t *n_numbers, int64_t *n_parameters)
{
    const na_layer layer = {.units = 1, .activation = na_activation_named("relu")};
    na_network *net;
    if (na_network_create(dtype, NA_N_INPUTS, input, 1, &layer, 1, &net) != NA_OK) abort();
    *n_numbers = na_network_numbers(net), *n_parameters = na_network_input_size(net, 0);
    na_network_free(net);
}

static void test_encode(const shape *s, int id, int64_t n, int64_t size)
{
    CASE("guards of inputs", "kind %d n %d size %d blocks %d first %d", id, (int)n, (int)size, (int)s->rows, s->first);
    int64_t numbers, parameters;
    const na_input input = make_input(id, n, size, make_edges(s, n));
    ask_sizes(&input, &numbers, &parameters);
    real *pairs = guarded_reals(s, LIMITS, id == NA_INPUT_piecewise_linear ? 2 * n : 0);
    const struct na_encoding e = {n, size, guarded_reals(s, PARAMETERS, parameters), pairs};
    real *x = guarded(s, X, NA_LANES, sizeof(real)), *y = guarded(s, Y, numbers * NA_LANES, sizeof(real));
    for (int i = 0; i < NA_LANES; i++) x[i] = draw_column(n);
    table->encode[id](&e, x, y);
    if (!s->first) expect_guarded("y", Y, numbers * NA_LANES, y);
    if (!table->encode_gradients[id]) {
        case_end();
        return;
    }

    /* The last block ends where its arrays do: strides are only between blocks. */
    int64_t blocks = s->rows, x_stride = 3 * NA_LANES, dy_stride = (numbers + 2) * NA_LANES;
    real *columns = guarded(s, COLUMNS, (blocks - 1) * x_stride + NA_LANES, sizeof(real));
    for (int64_t i = 0; i < (blocks - 1) * x_stride + NA_LANES; i++) columns[i] = draw_column(n);
    const struct na_encoded rows = {
        blocks, columns, guarded_reals(s, TARGETS, (blocks - 1) * dy_stride + numbers * NA_LANES), x_stride, dy_stride};
    real *gradients = guarded(s, OUTPUTS, parameters, sizeof(real));
    real *added = guarded(s, WEIGHTS, parameters, sizeof(real));
    for (int64_t i = 0; i < parameters; i++) added[i] = 0;
    table->encode_gradients[id](&e, &rows, false, gradients);
    table->encode_gradients[id](&e, &rows, true, added);
    for (int64_t i = 0; i < parameters; i++)
        if (!same(gradients[i] + 0, added[i])) case_fail("added to 0", i, (double)added[i], (double)gradients[i]);
    if (!s->first) expect_guarded("gradients", OUTPUTS, parameters, gradients);
    case_end();
}

static void test_lines(const shape *s)
{
    CASE("guards of scale", "numbers %d blocks %d first %d", (int)s->n_in, (int)s->rows, s->first);
    int64_t n = s->n_in, blocks = s->rows;
    real *y = guarded(s, Y, n * NA_LANES, sizeof(real)), *sums = guarded(s, OUTPUTS, n, sizeof(real));
    table->scale_lines(n, guarded_reals(s, X, n * NA_LANES), guarded_reals(s, PARAMETERS, n), y);
    table->sum_lines(n, blocks, guarded_reals(s, TARGETS, blocks * n * NA_LANES), false, sums);
    if (!s->first) expect_guarded("y", Y, n * NA_LANES, y), expect_guarded("sums", OUTPUTS, n, sums);
    case_end();
}

static void test_input_kernels(bool first)
{
    static const int64_t sizes[] = {1, 3, NA_MOST_PERIODIC};
    for (int64_t blocks = 1; blocks <= 3; blocks++)
        for (int i = 0; i < N_WIDTHS; i++) {
            const shape s = {.n_in = widths[i], .rows = blocks, .first = first};
            test_lines(&s);
            for (int id = 0; id < NA_N_INPUTS; id++)
                for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) test_encode(&s, id, widths[i], sizes[k]);
        }
}

/* ---- the network and its data ---------------------------------------------------------------- */

static void set_part(na_network *net, const shape *s, int layer, na_part part, int64_t count)
{
    na_network_set(net, layer, part, guarded_reals(s, PARAMETERS, count));
    na_network_get(net, layer, part, guarded_reals(s, PARAMETERS, count));
}

/* NULL if memory is short. */
static na_network *make_network(const shape *s)
{
    const na_layer layers[] = {{s->units, na_activation_named("prelu"), .parameter = 0.25, .dropout = 0.1},
                               {s->n_out, na_activation_named("softmax"), .parameter = 0}};
    na_input inputs[NA_N_INPUTS + 1];
    na_network *net;
    int n_inputs = make_inputs(s, inputs);
    return na_network_create(dtype, n_columns(s), inputs, n_inputs, layers, 2, &net) == NA_OK ? net : NULL;
}

static void set_parameters(na_network *net, const shape *s)
{
    set_part(net, s, 0, NA_WEIGHTS, na_network_numbers(net) * s->units);
    set_part(net, s, 0, NA_BIASES, s->units);
    set_part(net, s, 0, NA_SLOPES, s->units);
    set_part(net, s, 1, NA_WEIGHTS, s->units * s->n_out);
    set_part(net, s, 1, NA_BIASES, s->n_out);
    for (int i = 0; s->inputs && i <= NA_N_INPUTS; i++) {
        na_network_set_input(net, i, guarded_reals(s, PARAMETERS, na_network_input_size(net, i)));
        na_network_get_input(net, i, guarded_reals(s, PARAMETERS, na_network_input_size(net, i)));
    }
}

static void copy_parameters(na_network *net, const shape *s)
{
    real *copied = guarded(s, PARAMETERS, na_network_size(net), sizeof(real));
    na_network_copy_out(net, copied);
    na_network_copy_in(net, copied);
    if (!s->first) expect_guarded("copied parameters", PARAMETERS, na_network_size(net), copied);
}

static na_rows dense_rows(const shape *s)
{
    real *x = guarded_reals(s, X, s->rows * n_columns(s));
    for (int64_t i = 0; s->inputs && i < s->rows * n_columns(s); i++)
        x[i] = random_below(2) ? plain() : (real)(random_below(s->n_in + 4) - 2);
    return (na_rows){x, NULL, NULL};
}

/* Stores every other input, among them the last one of the last row. */
static na_rows sparse_rows(const shape *s)
{
    int64_t all = s->rows * s->n_in, stored = (all + 1) / 2, n = 0;
    int32_t *columns = guarded(s, COLUMNS, stored, sizeof *columns);
    int64_t *starts = guarded(s, STARTS, s->rows + 1, sizeof *starts);
    for (int64_t i = 0; i < all; i++) {
        if (i % s->n_in == 0) starts[i / s->n_in] = n;
        if ((all - 1 - i) % 2 == 0) columns[n++] = (int32_t)(i % s->n_in);
    }
    starts[s->rows] = n;
    if (na_rows_check(s->rows, s->n_in, n, columns, starts) != NA_ROWS_SORTED) case_fail("sorted rows", 0, 0, 1);
    return (na_rows){guarded_reals(s, X, stored), columns, starts};
}

static uint32_t next_bits(void *state) { return (uint32_t)random_bits(); }

static na_data make_data(const shape *s, uint32_t **order)
{
    real *targets = guarded(s, TARGETS, s->rows, sizeof(real)), *weights = guarded(s, WEIGHTS, s->rows, sizeof(real));
    *order = guarded(s, ORDER, s->rows, sizeof **order);
    for (int64_t i = 0; i < s->rows; i++) {
        targets[i] = (real)random_below(s->n_out), weights[i] = 1 + plain() / 2;
        (*order)[i] = (uint32_t)i;
    }
    na_shuffle(s->rows, *order, next_bits, NULL);
    return (na_data){s->rows, s->sparse ? sparse_rows(s) : dense_rows(s), targets, weights};
}

static na_status make_trainer(na_network *net, const na_data *data, na_trainer **trainer)
{
    static const double parameter = 0;
    const na_training training = {.loss = na_loss_named("log_loss_softmax"),
                                  .loss_parameters = &parameter,
                                  .n_loss_parameters = 1,
                                  ADAM,
                                  .l1 = 0.01,
                                  .max_grad_norm = 1,
                                  .batch_size = BATCH,
                                  .n_threads = 1};
    na_status status = na_trainer_create(net, &training, trainer);
    return status == NA_OK ? na_trainer_reserve(*trainer, data) : status;
}

/* ---- the calls ------------------------------------------------------------------------------- */

/* As the only member, with a share for each step. */
static void train_member(na_trainer *trainer, const shape *s, const na_data *data, const uint32_t *order)
{
    int64_t steps = (s->rows - 1) / BATCH + 1;
    double *rates = guarded(s, LIMITS, steps, sizeof *rates), *shares = guarded(s, ACTIVITIES, steps, sizeof *shares);
    for (int64_t i = 0; i < steps; i++) rates[i] = 0.5, shares[i] = 0.25;
    na_member *member = guarded(s, OUTPUTS, 1, sizeof *member);
    *member = (na_member){.trainer = trainer, .order = order, .n_order = s->rows, .learning_rate = 0.01};
    na_trainer_follow(trainer, (na_schedule){rates, shares, steps});
    while (member->progress.rows < s->rows) na_members_run(member, 1, data, 1e9, 1);
    na_trainer_follow(trainer, (na_schedule){NULL, NULL, 0});
    if (!isfinite(member->progress.loss)) case_fail("loss of a member", 0, member->progress.loss, 0);
}

static void train(na_trainer *trainer, int64_t n_numbers, const shape *s, const na_data *data, const uint32_t *order)
{
    for (int ordered = 0; ordered < 2; ordered++) {
        na_progress progress = {0};
        while (progress.rows < s->rows)
            na_trainer_run(trainer, data, ordered ? order : NULL, s->rows, 0.01, 1e9, &progress);
        if (!isfinite(progress.loss)) case_fail("loss", ordered, progress.loss, 0);
    }
    train_member(trainer, s, data, order);
    na_progress gradients = {0}, loss = {0};
    while (gradients.rows < s->rows) na_trainer_gradients(trainer, data, 1e9, &gradients);
    real *by_rows = guarded(s, ACTIVITIES, s->rows * n_numbers, sizeof(real));
    for (na_progress p = {0}; p.rows < s->rows;)
        if (na_trainer_input_gradients(trainer, data, 1e9, &p, by_rows) != NA_OK) abort();
    while (loss.rows < s->rows) na_trainer_loss(trainer, data, 1e9, &loss);
    if (loss.loss != gradients.loss) case_fail("loss without gradients", 0, loss.loss, gradients.loss);
    na_trainer_get(trainer, NA_GRADIENTS, 0, NA_WEIGHTS, guarded(s, PARAMETERS, n_numbers * s->units, sizeof(real)));
}

/* NULL if memory is short. */
static const na_activity *diagnosed(const na_network *net, const shape *s, na_rows x)
{
    int64_t n = na_network_numbers(net) + s->units + s->n_out;
    double *limits = guarded(s, LIMITS, 4, sizeof *limits);
    na_activity *activities = guarded(s, ACTIVITIES, n, sizeof *activities);
    limits[0] = limits[2] = -INFINITY, limits[1] = limits[3] = INFINITY;
    memset(activities, 0, (size_t)n * sizeof *activities);
    return na_network_diagnose(net, s->rows, x, limits, 0, activities, 1) == NA_OK ? activities : NULL;
}

/* y: outputs of the rows that were diagnosed. */
static void diagnose(const na_network *net, const shape *s, na_rows x, const real *y)
{
    const na_activity *activities = diagnosed(net, s, x);
    if (!activities) abort();
    for (int64_t j = 0; j < s->n_out; j++) {
        real least = s->rows > 0 ? y[j] : 0;
        for (int64_t r = 1; r < s->rows; r++) least = REAL_FN(fmin)(least, y[r * s->n_out + j]);
        double minimum = activities[na_network_numbers(net) + s->units + j].minimum;
        if (minimum != (double)least) case_fail("minimum of an output", j, minimum, (double)least);
    }
}

/* Every other column is a set of its own, the last one is in none; an order as the rows are, and a turned one. */
static na_status predict_shuffled(const na_network *net, const shape *s, na_rows x, real *y)
{
    int64_t n = n_columns(s), *sets = guarded(s, STARTS, n, sizeof *sets);
    uint32_t *orders = guarded(s, COLUMNS, 2 * s->rows, sizeof *orders);
    const na_shuffling shuffling = {s->rows, (n + 1) / 2, sets, 2, orders, y};
    for (int64_t c = 0; c < n; c++) sets[c] = n > 1 && c == n - 1 ? shuffling.n_sets : c / 2;
    for (int64_t r = 0; r < s->rows; r++) orders[r] = (uint32_t)r, orders[s->rows + r] = (uint32_t)(s->rows - 1 - r);
    int64_t half = s->rows / 2;
    na_status status = na_network_predict_shuffled(net, x, &shuffling, 0, half, 1);
    return status == NA_OK ? na_network_predict_shuffled(net, x, &shuffling, half, s->rows - half, 1) : status;
}

static void ask_shuffled(const na_network *net, const shape *s, na_rows x)
{
    int64_t size = (n_columns(s) + 1) / 2 * 2 * s->rows * s->n_out;
    real *y = guarded(s, OUTPUTS, size, sizeof(real));
    if (predict_shuffled(net, s, x, y) != NA_OK) abort();
    for (int64_t i = 0; i < size; i++)
        if (!(y[i] >= 0 && y[i] <= 1)) case_fail("shuffled y", i, (double)y[i], 1);
    if (!s->first) expect_guarded("shuffled y", OUTPUTS, size, y);
}

/* Explains each row from the first one. NULL if memory is short. */
static const real *explained(const na_network *net, const shape *s, na_rows x)
{
    int64_t n = na_network_numbers(net), units = s->n_out;
    int64_t *places = guarded(s, STARTS, n, sizeof *places);
    for (int64_t k = 0; k < n; k++) places[k] = k % 2;
    real *outputs = guarded(s, OUTPUTS, s->rows * units, sizeof(real));
    real *bounds = guarded(s, LIMITS, 2 * units, sizeof(real));
    for (int64_t j = 0; j < units; j++) bounds[j] = -1, bounds[units + j] = 1;
    const na_path path = {x, places, 2, bounds, 1e-3, outputs, guarded(s, PARAMETERS, units, sizeof(real))};
    real *values = guarded(s, ACTIVITIES, s->rows * 2 * units, sizeof(real));
    return na_network_explain(net, s->rows, x, &path, values, 1) == NA_OK ? values : NULL;
}

/* The first row, which is its own baseline, owes nothing to its numbers. */
static void explain(const na_network *net, const shape *s, na_rows x)
{
    const real *values = NA_REAL_BITS == 64 ? explained(net, s, x) : NULL;
    if (NA_REAL_BITS == 64 && !values) abort();
    for (int64_t i = 0; values && i < 2 * s->n_out && !s->inputs; i++)
        if (values[i] != 0) case_fail("value of the baseline", i, (double)values[i], 0);
    real *gradients = guarded(s, ACTIVITIES, s->rows * na_network_numbers(net) * s->n_out, sizeof(real));
    if (na_network_input_gradients(net, s->rows, x, gradients, 1) != NA_OK) abort();
}

static void ask(const na_network *net, const shape *s, na_rows x)
{
    real *y = guarded(s, Y, s->rows * s->n_out, sizeof(real));
    void *outputs[] = {NULL, guarded(s, OUTPUTS, s->rows * s->n_out, sizeof(real))};
    uint8_t *fired[] = {guarded(s, FIRED, s->rows * s->units, 1), NULL};
    if (na_network_predict(net, s->rows, x, y, 1) != NA_OK) abort();
    if (na_network_inspect(net, s->rows, x, outputs, fired, 1) != NA_OK) abort();
    expect_same("y of predict", s->rows * s->n_out, y, outputs[1]);
    diagnose(net, s, x, y);
    if (!s->sparse && s->rows > 0) ask_shuffled(net, s, x);
    if (!s->sparse && s->rows > 0) explain(net, s, x);
    if (!s->first) expect_guarded("y", Y, s->rows * s->n_out, y);
}

static void test_no_rows(bool sparse)
{
    CASE("no rows", "sparse %d", sparse);
    const shape s = {5, 7, 3, 0, .sparse = sparse};
    na_network *net = make_network(&s);
    if (!net) abort();
    ask(net, &s, sparse ? sparse_rows(&s) : dense_rows(&s));
    na_network_free(net);
    case_end();
}

static void test_shape(const shape *s)
{
    CASE("guards", "n_in %d units %d n_out %d rows %d sparse %d first %d inputs %d", (int)s->n_in, (int)s->units,
         (int)s->n_out, (int)s->rows, s->sparse, s->first, s->inputs);
    uint32_t *order;
    na_trainer *trainer;
    guard_allocations(s->first ? GUARD_FIRST : GUARD_LAST);
    na_network *net = make_network(s);
    if (!net) abort();
    set_parameters(net, s);
    copy_parameters(net, s);
    na_data data = make_data(s, &order);
    if (make_trainer(net, &data, &trainer) != NA_OK) abort();
    ask(net, s, data.x);
    train(trainer, na_network_numbers(net), s, &data, order);
    na_trainer_free(trainer);
    na_network_free(net);
    guard_allocations(GUARD_NONE);
    case_end();
}

/* ---- plain arrays ---------------------------------------------------------------------------- */

static void test_arrays(int64_t n, bool first)
{
    CASE("guards of arrays", "n %d first %d", (int)n, first);
    const shape s = {.first = first};
    const real *z = guarded_reals(&s, X, n);
    if (!na_all_finite(dtype, n, z)) case_fail("all finite", 0, 0, 1);
    for (int f = 0; f < NA_N_ACTIVATIONS; f++)
        for (int derivative = 0; derivative < 2; derivative++) {
            na_activation_apply(dtype, f, 0.5, derivative, n, z, guarded(&s, Y, n, sizeof(real)));
            na_softmax_apply(dtype, 1, n, z, guarded(&s, Y, n, sizeof(real)));
        }
    case_end();
}

/* ---- without memory -------------------------------------------------------------------------- */

/* All calls that allocate memory, as far as they succeed; `net` exists already. */
static na_status take_memory(const shape *s, na_network *net, const na_data *data)
{
    real *y = guarded(s, Y, s->rows * s->n_out, sizeof(real));
    void *outputs[2] = {NULL};
    uint8_t *fired[2] = {NULL};
    na_network *twin = make_network(s);
    na_trainer *trainer = NULL;
    na_status status = twin ? make_trainer(net, data, &trainer) : NA_OUT_OF_MEMORY;
    if (status == NA_OK) status = na_network_predict(net, s->rows, data->x, y, 1);
    if (status == NA_OK) status = na_network_inspect(net, s->rows, data->x, outputs, fired, 1);
    if (status == NA_OK && !diagnosed(net, s, data->x)) status = NA_OUT_OF_MEMORY;
    real *shuffled = guarded(s, OUTPUTS, (n_columns(s) + 1) / 2 * 2 * s->rows * s->n_out, sizeof(real));
    if (status == NA_OK && !s->sparse) status = predict_shuffled(net, s, data->x, shuffled);
    bool explains = NA_REAL_BITS == 64 && !s->sparse;
    if (status == NA_OK && explains && !explained(net, s, data->x)) status = NA_OUT_OF_MEMORY;
    na_progress progress = {0};
    real *gradients = guarded(s, ACTIVITIES, s->rows * s->n_in, sizeof(real));
    if (status == NA_OK) status = na_trainer_input_gradients(trainer, data, 1e9, &progress, gradients);
    if (trainer) na_trainer_free(trainer);
    na_network_free(twin);
    return status;
}

/* Makes the first, the second, ... allocation fail, until no allocation is left. */
static void test_without_memory(bool sparse)
{
    /* Network, trainer, its inputs, predict, inspect, two in diagnose, gradients of inputs; dense: two in each call of
     * predict_shuffled, and in float64 explain. */
    const int64_t allocations = sparse ? 8 : NA_REAL_BITS == 64 ? 13 : 12;
    CASE("without memory", "sparse %d", sparse);
    const shape s = {5, 7, 3, 20, .sparse = sparse};
    uint32_t *order;
    na_data data = make_data(&s, &order);
    na_network *net = make_network(&s);
    for (int64_t n = 1, asked, held; n <= allocations + 1; n++) {
        na_fail_allocation(n);
        na_status status = take_memory(&s, net, &data), wanted = n <= allocations ? NA_OUT_OF_MEMORY : NA_OK;
        na_count_allocations(&asked, &held);
        na_fail_allocation(-1);
        if (status != wanted) case_fail("status", n, status, wanted);
        if (held != 0) case_fail("pieces of memory kept", n, (double)held, 0);
    }
    na_network_free(net);
    case_end();
}

void NA_FN(test_guards)(void)
{
    for (int i = 0; i < N_WIDTHS * N_WIDTHS * N_ROW_COUNTS * 4; i++) {
        shape s = {.first = i & 1, .sparse = i >> 1 & 1, .n_in = widths[i / 4 % N_WIDTHS]};
        s.units = widths[i / 4 / N_WIDTHS % N_WIDTHS];
        s.rows = row_counts[i / 4 / N_WIDTHS / N_WIDTHS];
        s.n_out = widths[i / 4 * 3 % N_WIDTHS];
        test_shape(&s);
    }
    for (int64_t n = 1; n <= 2 * NA_LANES + 1; n++) test_arrays(n, false), test_arrays(n, true);
    for (int i = 0; i < N_WIDTHS * N_ROW_COUNTS * 2; i++) {
        shape s = {.first = i & 1, .n_in = widths[i / 2 % N_WIDTHS], .units = widths[(i / 2 + 3) % N_WIDTHS]};
        s.inputs = true, s.n_out = widths[i / 2 * 3 % N_WIDTHS], s.rows = row_counts[i / 2 / N_WIDTHS];
        test_shape(&s);
    }
    test_input_kernels(false), test_input_kernels(true);
    test_no_rows(false), test_no_rows(true);
    test_without_memory(false), test_without_memory(true);
}
