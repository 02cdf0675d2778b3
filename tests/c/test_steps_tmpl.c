/* test_steps_tmpl.c: whole networks: neither the number of threads nor the slices of a run change a bit of the
 * trained network, an epoch allocates nothing, and predictions of many rows are those of each row alone. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_reals.h"

#include <stdlib.h>

#include "neuract.h"

enum { MAX_LAYERS = 4, THREADS = 3, EPOCHS = 2 };
static const na_dtype dtype = NA_REAL_BITS == 32 ? NA_FLOAT32 : NA_FLOAT64;

typedef struct {
    int64_t units;
    const char *activation;
    double parameter;
    bool shared_slope, threshold;
    double dropout;
} layer_spec;

/* All but the first and the last are more work than one thread gets. The third has batches of more than one chunk
 * (1024 rows), the fourth sums of more than one chunk (192 inputs). */
static const struct {
    const char *loss, *optimizer;
    int64_t rows, batch_size, n_inputs;
    layer_spec layers[MAX_LAYERS];
} specs[] = {
    {"log_loss_softmax", "adam", 90, 32, 13, {{17, "prelu", .parameter = 0.25}, {5, "softmax", .parameter = 0}}},
    {"log_loss_sigmoid",
     "sgd",
     700,
     400,
     13,
     {{70, "relu", .parameter = INFINITY, .threshold = true, .dropout = 0.3},
      {47, "tanh", .dropout = 0.5},
      {5, "sigmoid", .parameter = 0}}},
    {"poisson_exponential",
     "adam",
     3100,
     1500,
     20,
     {{70, "prelu", .parameter = 0.1, .shared_slope = true, .dropout = 0.1},
      {33, "leaky_relu", .parameter = 0.01},
      {1, "exponential", .parameter = 0}}},
    {"squared_error", "adam", 500, 250, 400, {{31, "linear", .parameter = 1}}},
    {"huber",
     "sgd",
     40,
     7,
     3,
     {{9, "sigmoid", .threshold = true}, {4, "relu", .parameter = 1}, {2, "prelu", .parameter = -0.5}}},
};
enum { N_SPECS = sizeof specs / sizeof *specs };

static void *allocate(int64_t count, size_t size)
{
    void *memory = calloc((size_t)count, size);
    if (!memory) abort();
    return memory;
}

static int count_layers(int s)
{
    int n = 0;
    while (n < MAX_LAYERS && specs[s].layers[n].units > 0) n++;
    return n;
}

static int64_t inputs_of(int s, int l) { return l == 0 ? specs[s].n_inputs : specs[s].layers[l - 1].units; }

static int64_t outputs_of(int s) { return specs[s].layers[count_layers(s) - 1].units; }

/* ---- the network and its data ---------------------------------------------------------------- */

static void draw_weights(na_network *network, int s)
{
    for (int l = 0; l < count_layers(s); l++) {
        int64_t n_in = inputs_of(s, l), units = specs[s].layers[l].units, n = n_in * units;
        real *weights = allocate(n, sizeof(real)), scale = REAL_FN(sqrt)(2 / (real)n_in);
        for (int64_t i = 0; i < n; i++) weights[i] = plain() * scale;
        na_network_set(network, l, NA_WEIGHTS, weights);
        for (int64_t j = 0; j < units; j++) weights[j] = plain() / 4;
        na_network_set(network, l, NA_BIASES, weights);
        free(weights);
    }
}

static na_network *make_network(int s)
{
    na_layer layers[MAX_LAYERS] = {0};
    double *thresholds[MAX_LAYERS] = {NULL};
    int n = count_layers(s);
    for (int l = 0; l < n; l++) {
        const layer_spec *from = &specs[s].layers[l];
        if (from->threshold) thresholds[l] = allocate(from->units, sizeof(double));
        for (int64_t j = 0; from->threshold && j < from->units; j++) thresholds[l][j] = (double)plain() / 2;
        layers[l] = (na_layer){.units = from->units,
                               .activation = na_activation_named(from->activation),
                               .parameter = from->parameter,
                               .shared_slope = from->shared_slope,
                               .thresholds = thresholds[l],
                               .dropout = from->dropout};
    }
    na_network *network;
    if (na_network_create(dtype, specs[s].n_inputs, NULL, 0, layers, n, &network) != NA_OK) abort();
    for (int l = 0; l < n; l++) free(thresholds[l]);
    draw_weights(network, s);
    return network;
}

typedef struct {
    real *x, *targets, *weights;
    uint32_t *order;
    real *values; /* of x, without zeros, row by row */
    int32_t *columns;
    int64_t *starts;
} data;

/* About a third of the inputs are not 0. */
static void draw_inputs(int s, data *d)
{
    int64_t rows = specs[s].rows, n_inputs = specs[s].n_inputs, n = 0;
    d->x = allocate(rows * n_inputs, sizeof(real)), d->values = allocate(rows * n_inputs, sizeof(real));
    d->columns = allocate(rows * n_inputs, sizeof(int32_t)), d->starts = allocate(rows + 1, sizeof(int64_t));
    for (int64_t i = 0; i < rows * n_inputs; i++) {
        if (i % n_inputs == 0) d->starts[i / n_inputs] = n;
        if (random_below(3) > 0) continue;
        d->x[i] = d->values[n] = plain();
        d->columns[n++] = (int32_t)(i % n_inputs);
    }
    d->starts[rows] = n;
}

/* The rows from `row` on. */
static na_rows rows_from(const data *d, int s, bool sparse, int64_t row)
{
    return sparse ? (na_rows){d->values, d->columns, d->starts + row}
                  : (na_rows){d->x + row * specs[s].n_inputs, NULL, NULL};
}

static data make_data(int s)
{
    int64_t rows = specs[s].rows, units = outputs_of(s);
    bool classes = strcmp(specs[s].loss, "log_loss_softmax") == 0, counts = strncmp(specs[s].loss, "poisson", 7) == 0;
    int64_t n_targets = rows * (classes ? 1 : units);
    data d = {.targets = allocate(n_targets, sizeof(real)),
              .weights = allocate(rows, sizeof(real)),
              .order = allocate(rows, sizeof(uint32_t))};
    draw_inputs(s, &d);
    for (int64_t i = 0; i < n_targets; i++)
        d.targets[i] = classes || counts ? (real)random_below(classes ? units : 7) : (plain() + 1) / 2;
    for (int64_t i = 0; i < rows; i++) {
        int64_t j = random_below(i + 1); /* a shuffle */
        d.weights[i] = 1 + plain() / 2;
        d.order[i] = d.order[j];
        d.order[j] = (uint32_t)i;
    }
    return d;
}

static void free_data(data d)
{
    free(d.x);
    free(d.targets);
    free(d.weights);
    free(d.order);
    free(d.values);
    free(d.columns);
    free(d.starts);
}

/* All parameters, one after the other. */
static int64_t read_parameters(const na_network *network, int s, real *out)
{
    int64_t n = 0;
    for (int l = 0; l < count_layers(s); l++) {
        const layer_spec *layer = &specs[s].layers[l];
        int64_t size[] = {inputs_of(s, l) * layer->units, layer->units,
                          strcmp(layer->activation, "prelu") != 0 ? 0
                          : layer->shared_slope                   ? 1
                                                                  : layer->units};
        for (int part = NA_WEIGHTS; part <= NA_SLOPES; n += size[part++])
            na_network_get(network, l, (na_part)part, out + n);
    }
    return n;
}

/* ---- training -------------------------------------------------------------------------------- */

/* The first epoch may start threads, which allocates, unless there is only one. */
static void expect_no_allocation(int epoch, int n_threads, int64_t before)
{
    int64_t made = count_allocations() - before;
    if (made > 0 && (epoch > 0 || n_threads == 1)) case_fail("allocations in an epoch", epoch, (double)made, 0);
}

/* A few epochs; sliced: one chunk per call. The inputs are sparse from epoch `sparse` on. Returns the sum of losses. */
static double train(na_network *network, int s, const data *d, int n_threads, bool sliced, int sparse)
{
    const double loss_parameter = strcmp(specs[s].loss, "huber") == 0 ? 0.5 : 0;
    static const double nesterov[] = {0.9, 1}, adamw[] = {0.9, 0.999, 1e-8, 0.01};
    const bool adam = strcmp(specs[s].optimizer, "adam") == 0;
    const na_training training = {.loss = na_loss_named(specs[s].loss),
                                  .loss_parameters = &loss_parameter,
                                  .n_loss_parameters = 1,
                                  .optimizer = na_optimizer_named(specs[s].optimizer),
                                  .optimizer_parameters = adam ? adamw : nesterov,
                                  .alpha = 0.01,
                                  .batch_size = specs[s].batch_size,
                                  .seed = 42,
                                  .n_threads = n_threads};
    na_trainer *trainer;
    double loss = 0;
    int64_t allocations = count_allocations();
    if (na_trainer_create(network, &training, &trainer) != NA_OK) abort();
    if (count_allocations() - allocations < calls_are_wrapped) case_fail("allocations of a trainer", 0, 0, 1);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        na_progress progress = {0};
        const na_data given = {specs[s].rows, rows_from(d, s, epoch >= sparse, 0), d->targets, d->weights};
        if (na_trainer_reserve(trainer, &given) != NA_OK) abort();
        allocations = count_allocations();
        do na_trainer_run(trainer, &given, epoch ? d->order : NULL, specs[s].rows, 0.01, sliced ? 0 : 1e9, &progress);
        while (progress.rows < specs[s].rows);
        expect_no_allocation(epoch, n_threads, allocations);
        loss += progress.loss + progress.penalty;
    }
    na_trainer_free(trainer);
    return loss;
}

/* Writes at most 40000 parameters to `trained`. Each call within a case gets the same network and data. */
static int64_t train_anew(int s, int n_threads, bool sliced, int sparse, real *trained, double *loss)
{
    CASE("train", "network %d", s);
    na_network *network = make_network(s);
    data d = make_data(s);
    *loss = train(network, s, &d, n_threads, sliced, sparse);
    int64_t n = read_parameters(network, s, trained);
    na_network_free(network);
    free_data(d);
    return n;
}

static void test_training(int s)
{
    enum { MOST = 40000 };
    real *trained = allocate(MOST, sizeof(real)), *again = allocate(MOST, sizeof(real));
    double loss, loss_again;
    int64_t n = train_anew(s, 1, false, EPOCHS, trained, &loss);
    hash_reals(n, trained);
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(trained[i])) case_fail("trained", i, (double)trained[i], 0);
    case_end();
    for (int n_threads = 1; n_threads <= THREADS; n_threads++)
        for (int way = 0; way < 2 * (EPOCHS + 1); way++) {
            train_anew(s, n_threads, way % 2, way / 2, again, &loss_again);
            expect_same("trained by threads, in slices or on sparse inputs", n, again, trained);
            if (loss_again != loss) case_fail("loss by threads, in slices or on sparse inputs", way, loss_again, loss);
            case_end();
        }
    free(trained);
    free(again);
}

/* ---- predicting ------------------------------------------------------------------------------ */

static void predict(const na_network *network, int64_t rows, na_rows x, real *y, int n_threads)
{
    if (na_network_predict(network, rows, x, y, n_threads) != NA_OK) abort();
}

/* Predicts all rows at once with several threads, then in pieces of 1 to 5 rows; dense and sparse. */
static void test_predictions(int s)
{
    CASE("predict", "network %d", s);
    na_network *network = make_network(s);
    data d = make_data(s);
    int64_t rows = specs[s].rows, units = outputs_of(s);
    real *y = allocate(rows * units, sizeof(real)), *again = allocate(rows * units, sizeof(real));
    predict(network, rows, rows_from(&d, s, false, 0), y, 1);
    hash_reals(rows * units, y);
    for (int sparse = 0; sparse < 2; sparse++) {
        predict(network, rows, rows_from(&d, s, sparse, 0), again, THREADS);
        expect_same(sparse ? "y by threads, sparse" : "y by threads", rows * units, again, y);
        for (int64_t piece = 1; piece <= 5; piece++) {
            for (int64_t r = 0; r < rows; r += piece)
                predict(network, at_most(piece, rows - r), rows_from(&d, s, sparse, r), again + r * units, 1);
            expect_same(sparse ? "y in pieces, sparse" : "y in pieces", rows * units, again, y);
        }
    }
    case_end();
    free(y);
    free(again);
    free_data(d);
    na_network_free(network);
}

/* Rows that are predicted one by one, each enough work for a thread. */
static void test_few_rows(void)
{
    enum { ROWS = 3, N_IN = 1700, UNITS = 600 };
    CASE("predict", "few rows");
    const na_layer layer = {UNITS, na_activation_named("tanh"), .parameter = 0};
    na_network *network;
    if (na_network_create(dtype, N_IN, NULL, 0, &layer, 1, &network) != NA_OK) abort();
    real *weights = filled(allocate(N_IN * UNITS, sizeof(real)), N_IN * UNITS, PLAIN);
    real *x = filled(allocate(ROWS * N_IN, sizeof(real)), ROWS * N_IN, PLAIN);
    real *y = allocate(ROWS * UNITS, sizeof(real)), *again = allocate(ROWS * UNITS, sizeof(real));
    na_network_set(network, 0, NA_WEIGHTS, weights);
    predict(network, ROWS, (na_rows){x, NULL, NULL}, y, 1);
    predict(network, ROWS, (na_rows){x, NULL, NULL}, again, THREADS);
    expect_same("y by threads", ROWS * UNITS, again, y);
    case_end();
    free(weights), free(x), free(y), free(again);
    na_network_free(network);
}

/* Otherwise the tests above have not tested threads. */
static void test_threads_used(void)
{
    CASE("threads", "used");
    int64_t made = count_threads();
    if (calls_are_wrapped && made < THREADS - 1) case_fail("threads made", 0, (double)made, THREADS - 1);
    case_end();
}

void NA_FN(test_steps)(void)
{
    for (int s = 0; s < N_SPECS; s++) {
        test_training(s);
        test_predictions(s);
    }
    test_few_rows();
    test_threads_used();
}
