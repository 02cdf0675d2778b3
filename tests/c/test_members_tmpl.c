/* test_members_tmpl.c: members of an ensemble: trained and asked next to each other, each does bit for bit what it does
 * alone, for any number of threads; and schedules of a training's settings. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_reals.h"

#include <stdlib.h>

#include "inputs.h"
#include "neuract.h"

enum { MEMBERS = 7, MOST_THREADS = 5, ROWS = 300, COLUMNS = 6, BATCH = 128, EPOCHS = 2, MAX_STEPS = 3, N_INPUTS = 4 };
static const na_dtype dtype = NA_REAL_BITS == 32 ? NA_FLOAT32 : NA_FLOAT64;

/* ---- the members ----------------------------------------------------------------------------- */

typedef struct {
    double dropout, weight_decay, alpha;
    const char *optimizer;
    bool own; /* the test's own loss */
    na_schedule schedule;
} settings;

/* Every third member has no inputs. Odd members are more work than a thread gets, which several may share. */
static bool has_inputs(int member) { return member % 3 > 0; }
static bool is_large(int member) { return member % 2 > 0; }

static const double edges[] = {-1, -0.5, 0, 0.75, 1}, cycle[] = {0.25, 1, 0.625}, fall[] = {1, 0.75, 0.5};

/* Settings that differ from member to member; own: of every third loss. */
static settings of_member(int member, bool own)
{
    static const char *const optimizers[] = {"adam", "sgd"};
    settings s = {.dropout = 0.125 * (member % 4), .weight_decay = 0.25, .alpha = member % 2 ? 0.01 : 0};
    s.optimizer = optimizers[member % 5 == 3];
    s.own = own && member % 3 == 2;
    if (member % 4 > 0) s.schedule = (na_schedule){cycle, member % 4 == 3 ? cycle : fall, MAX_STEPS};
    return s;
}

static na_network *make_network(int member, double dropout)
{
    const na_input inputs[N_INPUTS] = {
        {na_input_named("periodic"), 0, 5 + member, 3, NULL, 0.5},
        {na_input_named("numbers"), 3, 1, 0, NULL, 1},
        {na_input_named("piecewise_linear"), 5, 4, 0, edges, 1},
        {na_input_named("scale"), 0, 0, 0, NULL, 2},
    };
    int64_t units = is_large(member) ? 160 + member : 5 + 3 * member;
    const na_layer layers[] = {
        {units, na_activation_named("prelu"), .parameter = 0.25, .dropout = dropout},
        {is_large(member) ? 150 : 4, na_activation_named("tanh"), .dropout = dropout / 2},
        {2, na_activation_named("linear"), .parameter = 1},
    };
    na_network *network;
    if (na_network_create(dtype, COLUMNS, inputs, has_inputs(member) ? N_INPUTS : 0, layers, 3, &network) != NA_OK)
        abort();
    return network;
}

static real *copied_out(const na_network *network)
{
    real *parameters = calloc((size_t)na_network_size(network), sizeof(real));
    if (!parameters) abort();
    na_network_copy_out(network, parameters);
    return parameters;
}

static na_network *make_member(int member, double dropout)
{
    na_network *network = make_network(member, dropout);
    int64_t n = na_network_size(network);
    real *parameters = copied_out(network);
    for (int64_t i = 0; i < n; i++) parameters[i] = plain() / 4;
    na_network_copy_in(network, parameters);
    free(parameters);
    return network;
}

/* ---- the data -------------------------------------------------------------------------------- */

typedef struct {
    real x[ROWS * COLUMNS], targets[2 * ROWS], weights[ROWS];
    uint32_t orders[MEMBERS][ROWS];
} rows_of_all;

/* Each member has an order of its own. */
static rows_of_all *draw_rows(void)
{
    static rows_of_all d;
    filled(d.x, ROWS * COLUMNS, PLAIN), filled(d.targets, 2 * ROWS, PLAIN);
    for (int i = 0; i < ROWS; i++) d.weights[i] = 1 + plain() / 2;
    for (int m = 0; m < MEMBERS; m++)
        for (int i = 0; i < ROWS; i++) {
            int j = (int)random_below(i + 1);
            d.orders[m][i] = d.orders[m][j];
            d.orders[m][j] = (uint32_t)i;
        }
    return &d;
}

static na_data data_of(const rows_of_all *d) { return (na_data){ROWS, {d->x, NULL, NULL}, d->targets, d->weights}; }

/* Orders have whole batches or not, and the last member less than one. */
static int64_t length_of(int member) { return member == MEMBERS - 1 ? 9 : ROWS - 22 * member; }

static double rate_of(int member) { return 0.01 + 0.005 * member; }

/* ---- training -------------------------------------------------------------------------------- */

static _Thread_local bool is_caller;

/* ½ Σ (y − t)², and a failure on another thread than the caller's. */
static bool own_loss(void *context, int64_t rows, const void *outputs, const void *targets, void *losses,
                     void *gradients)
{
    const real *y = outputs, *t = targets;
    real *loss = losses, *gradient = gradients;
    for (int64_t i = 0; i < 2 * rows; i++) gradient[i] = y[i] - t[i];
    for (int64_t r = 0; r < rows; r++)
        loss[r] = (gradient[2 * r] * gradient[2 * r] + gradient[2 * r + 1] * gradient[2 * r + 1]) / 2;
    if (!is_caller) case_fail("the caller's thread asks its loss", 0, 0, 1);
    return true;
}

static na_trainer *make_trainer(na_network *network, settings s, const na_data *data)
{
    const double none = 0, adamw[] = {0.9, 0.999, 1e-8, s.weight_decay}, nesterov[] = {0.9, 1};
    const na_training training = {.loss = na_loss_named(s.own ? "own" : "squared_error"),
                                  .own_loss = own_loss,
                                  .loss_parameters = &none,
                                  .n_loss_parameters = 1,
                                  .optimizer = na_optimizer_named(s.optimizer),
                                  .optimizer_parameters = strcmp(s.optimizer, "adam") == 0 ? adamw : nesterov,
                                  .alpha = s.alpha,
                                  .batch_size = BATCH,
                                  .seed = 42,
                                  .n_threads = MOST_THREADS};
    na_trainer *trainer;
    if (na_trainer_create(network, &training, &trainer) != NA_OK) abort();
    if (na_trainer_reserve(trainer, data) != NA_OK) abort();
    na_trainer_follow(trainer, s.schedule);
    return trainer;
}

/* What a training leaves behind. */
typedef struct {
    real *parameters;
    double loss;
    int64_t size, steps;
} result;

static result result_of(const na_network *network, const na_trainer *trainer, double loss)
{
    return (result){copied_out(network), loss, na_network_size(network), na_trainer_steps(trainer)};
}

static void expect_result(const char *what, int member, const result *got, const result *wanted)
{
    expect_same(what, wanted->size, got->parameters, wanted->parameters);
    if (got->loss != wanted->loss) case_fail("loss of a member", member, got->loss, wanted->loss);
    if (got->steps != wanted->steps) case_fail("steps", member, (double)got->steps, (double)wanted->steps);
    for (int64_t i = 0; i < got->size; i++)
        if (!isfinite(got->parameters[i])) case_fail("trained", i, (double)got->parameters[i], 0);
}

static void train_alone(bool own, result *results)
{
    CASE("members", "own loss %d", own);
    na_network *networks[MEMBERS];
    for (int m = 0; m < MEMBERS; m++) networks[m] = make_member(m, of_member(m, own).dropout);
    const rows_of_all *d = draw_rows();
    const na_data data = data_of(d);
    for (int m = 0; m < MEMBERS; m++) {
        na_trainer *trainer = make_trainer(networks[m], of_member(m, own), &data);
        double loss = 0;
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            na_progress progress = {0};
            na_trainer_run(trainer, &data, d->orders[m], length_of(m), rate_of(m), 1e9, &progress);
            loss += progress.loss + progress.penalty;
        }
        results[m] = result_of(networks[m], trainer, loss);
        hash_reals(results[m].size, results[m].parameters);
        na_trainer_free(trainer), na_network_free(networks[m]);
    }
    case_end();
}

static bool unfinished(const na_member *members, int n)
{
    for (int i = 0; i < n; i++)
        if (members[i].progress.rows < members[i].n_order) return true;
    return false;
}

/* An epoch of the first n members, in reverse order for odd n. */
static void run_epoch(na_member *members, int n, const na_data *data, double seconds, int n_threads, bool first)
{
    for (int i = 0; i < n; i++) members[i].progress = (na_progress){0};
    int64_t allocations = count_allocations();
    while (unfinished(members, n)) na_members_run(members, n, data, seconds, n_threads);
    int64_t made = count_allocations() - allocations;
    if (made > 0 && !(first && n_threads > 1)) case_fail("allocations in a run", n, (double)made, 0);
}

static void train_together(bool own, int n, int n_threads, bool sliced, const result *wanted)
{
    CASE("members", "own loss %d", own);
    na_network *networks[MEMBERS];
    na_member members[MEMBERS];
    double losses[MEMBERS] = {0};
    for (int m = 0; m < MEMBERS; m++) networks[m] = make_member(m, of_member(m, own).dropout);
    const rows_of_all *d = draw_rows();
    const na_data data = data_of(d);
    for (int i = 0; i < n; i++) {
        int m = n % 2 ? n - 1 - i : i;
        na_trainer *trainer = make_trainer(networks[m], of_member(m, own), &data);
        members[i] = (na_member){
            .trainer = trainer, .order = d->orders[m], .n_order = length_of(m), .learning_rate = rate_of(m)};
    }
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        run_epoch(members, n, &data, sliced ? 0 : 1e9, n_threads, epoch == 0);
        for (int i = 0; i < n; i++) losses[i] += members[i].progress.loss + members[i].progress.penalty;
    }
    for (int i = 0; i < n; i++) {
        int m = n % 2 ? n - 1 - i : i;
        const result got = result_of(networks[m], members[i].trainer, losses[i]);
        expect_result("a member next to others", m, &got, &wanted[m]);
        free(got.parameters);
        na_trainer_free(members[i].trainer);
    }
    for (int m = 0; m < MEMBERS; m++) na_network_free(networks[m]);
    case_end();
}

static void test_training(bool own)
{
    result alone[MEMBERS];
    train_alone(own, alone);
    for (int n_threads = 1; n_threads <= MOST_THREADS; n_threads++)
        for (int n = 1; n <= MEMBERS; n++)
            for (int sliced = 0; sliced < 2; sliced++)
                if (!thinned || (n + 2 * n_threads + sliced) % 5 == 0) train_together(own, n, n_threads, sliced, alone);
    for (int m = 0; m < MEMBERS; m++) free(alone[m].parameters);
}

/* The last step of an order, which no loss has seen, makes one of two members infinite. */
static void test_divergence(void)
{
    CASE("members", "of which one diverges");
    na_network *networks[] = {make_member(0, 0), make_member(2, 0)};
    const rows_of_all *d = draw_rows();
    const na_data data = data_of(d);
    na_member members[2];
    for (int i = 0; i < 2; i++)
        members[i] = (na_member){.trainer = make_trainer(networks[i], of_member(3, false), &data),
                                 .order = d->orders[i],
                                 .n_order = BATCH,
                                 .learning_rate = i ? 0.01 : (double)INFINITY};
    run_epoch(members, 2, &data, 1e9, 2, true);
    if (!isnan(members[0].progress.loss)) case_fail("loss of the one", 0, members[0].progress.loss, (double)NAN);
    if (!isfinite(members[1].progress.loss)) case_fail("loss of the other", 0, members[1].progress.loss, 0);
    for (int i = 0; i < 2; i++) na_trainer_free(members[i].trainer), na_network_free(networks[i]);
    case_end();
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* Each network predicts rows of its own: none, a few that go one by one, or thousands. */
static void test_predictions(void)
{
    enum { MOST = 3000 };
    static const int64_t counts[MEMBERS] = {0, 1, MOST, 3, 2, 100, 0};
    static real x[(MOST + 2) * COLUMNS], y[MEMBERS][2 * MOST], alone[2 * MOST];
    CASE("predict", "members");
    na_network *networks[MEMBERS];
    for (int m = 0; m < MEMBERS; m++) networks[m] = make_member(m, 0);
    filled(x, (MOST + 2) * COLUMNS, PLAIN);
    for (int n = 1; n <= MEMBERS; n++)
        for (int n_threads = 1; n_threads <= MOST_THREADS; n_threads++) {
            na_request requests[MEMBERS];
            memset(y, 0, sizeof y);
            for (int m = 0; m < n; m++)
                requests[m] = (na_request){networks[m], counts[m], {x + (m % 3) * COLUMNS, NULL, NULL}, y[m]};
            requests[n - 1].rows = counts[(n - 1 + n_threads) % MEMBERS] % (MOST - 2);
            if (na_networks_predict(requests, n, n_threads) != NA_OK) abort();
            for (int m = 0; m < n; m++) {
                memset(alone, 0, sizeof alone);
                if (na_network_predict(networks[m], requests[m].rows, requests[m].x, alone, 1) != NA_OK) abort();
                expect_same("y next to others", 2 * MOST, y[m], alone);
            }
        }
    for (int m = 0; m < MEMBERS; m++) na_network_free(networks[m]);
    case_end();
}

/* Copies of all parameters make the same network again, and every parameter is among them. */
static void test_copies(int member)
{
    CASE("copy", "member %d", member);
    na_network *network = make_member(member, 0), *other = make_member(member, 0);
    int64_t n = na_network_size(network);
    real *first = copied_out(network), *second = copied_out(other), *read = calloc((size_t)n, sizeof(real));
    if (!read) abort();
    na_network_copy_in(other, first);
    na_network_get(other, 1, NA_WEIGHTS, read);
    for (int64_t i = 0; i < (is_large(member) ? 150 : 4); i++) read[i] += 1;
    na_network_set(other, 1, NA_WEIGHTS, read);
    na_network_copy_out(other, second);
    int64_t changed = 0;
    for (int64_t i = 0; i < n; i++) changed += !same(first[i], second[i]);
    if (changed != (is_large(member) ? 150 : 4)) case_fail("changed parameters", 0, (double)changed, 4);
    na_network_copy_in(other, first);
    na_network_copy_out(other, second);
    expect_same("copied parameters", n, second, first);
    free(first), free(second), free(read);
    na_network_free(network), na_network_free(other);
    case_end();
}

/* ---- schedules ------------------------------------------------------------------------------- */

/* Trains the second member on the first n_order rows of its order. */
static result trained(settings s, int64_t n_order, double rate)
{
    CASE("schedule", "of a training");
    const rows_of_all *d = draw_rows();
    const na_data data = data_of(d);
    na_network *network = make_member(1, s.dropout);
    na_trainer *trainer = make_trainer(network, s, &data);
    na_progress progress = {0};
    while (progress.rows < n_order) na_trainer_run(trainer, &data, d->orders[1], n_order, rate, 0, &progress);
    const result r = result_of(network, trainer, progress.loss + progress.penalty);
    na_trainer_free(trainer), na_network_free(network);
    return r;
}

static void expect_alike(const char *what, result got, result wanted)
{
    expect_same(what, wanted.size, got.parameters, wanted.parameters);
    free(got.parameters), free(wanted.parameters);
    case_end();
}

/* Halves are exact, so that products are too. Without a rate for later steps, a pass is its first step. */
static void test_schedules(const char *optimizer)
{
    static const double ones[MAX_STEPS] = {1, 1, 1}, halves[MAX_STEPS] = {0.5, 0.5, 0.5}, zeros[MAX_STEPS] = {0},
                        first[MAX_STEPS] = {0.5, 0, 0};
    const settings whole = {.dropout = 0.25, .weight_decay = 0.5, .alpha = 0.01, .optimizer = optimizer};
    settings s = whole, other = whole;
    s.schedule = (na_schedule){ones, ones, MAX_STEPS};
    expect_alike("shares of 1", trained(s, ROWS, 0.02), trained(whole, ROWS, 0.02));
    s.schedule.rates = halves;
    expect_alike("half of the rate", trained(s, ROWS, 0.02), trained(whole, ROWS, 0.01));
    s.schedule.rates = zeros;
    expect_alike("no rate", trained(s, ROWS, 0.02), trained(whole, 0, 0.02));
    s.schedule = (na_schedule){ones, halves, MAX_STEPS}, other.dropout = 0.125, other.weight_decay = 0.25;
    expect_alike("half of dropout and decay", trained(s, ROWS, 0.02), trained(other, ROWS, 0.02));
    s.schedule.shares = zeros, other.dropout = other.weight_decay = 0;
    expect_alike("no dropout and no decay", trained(s, ROWS, 0.02), trained(other, ROWS, 0.02));
    if (strcmp(optimizer, "adam") != 0) return; /* sgd's velocity moves on */
    s.schedule = (na_schedule){first, ones, MAX_STEPS};
    expect_alike("a rate for the first step", trained(s, ROWS, 0.02), trained(whole, BATCH, 0.01));
}

void NA_FN(test_members)(void)
{
    is_caller = true;
    test_training(false);
    test_training(true);
    test_divergence();
    test_predictions();
    for (int m = 0; m < MEMBERS; m++) test_copies(m);
    test_schedules("adam");
    test_schedules("sgd");
}
