/* export_c.c: predicts one row by the C code of to_c and by the library, in turns. export_c.py compiles it with
 * exported.c and the library, and runs export_c PARAMETERS ROUNDS ACTIVATION INPUTS UNITS...; the file PARAMETERS holds
 * the weights and biases of each layer. Prints the medians of both in nanoseconds. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "exported.h"
#include "neuract.h"

enum { MOST_ROUNDS = 99, MOST_LAYERS = 8, FIRST_SIZE = 4 };
static const double ROUND_SECONDS = 0.02;

static na_network *network;
static float row[EXPORTED_N_INPUTS], ours[EXPORTED_N_OUTPUTS], exported[EXPORTED_N_OUTPUTS];

static void run_library(void) { na_network_predict(network, 1, (na_rows){row, NULL, NULL}, ours, 1); }

static void run_exported(void) { exported_predict(row, exported); }

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double timed(void (*run)(void), long repeats)
{
    double start = seconds();
    for (long n = 0; n < repeats; n++) run();
    return (seconds() - start) / (double)repeats;
}

/* Returns the number of calls in a round. */
static long repeats_of(void (*run)(void))
{
    long repeats = 1;
    while (timed(run, repeats) * (double)repeats < ROUND_SECONDS / 4) repeats *= 2;
    return 4 * repeats;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void read_part(FILE *file, int layer, na_part part, int64_t count)
{
    float *values = malloc((size_t)count * sizeof *values);
    if (!values || fread(values, sizeof *values, (size_t)count, file) != (size_t)count) exit(2);
    na_network_set(network, layer, part, values);
    free(values);
}

static void make_network(const char *parameters, const char *activation, const int64_t *sizes, int n_layers)
{
    na_layer layers[MOST_LAYERS] = {0};
    for (int l = 0; l < n_layers; l++) {
        const char *name = l < n_layers - 1 ? activation : "linear";
        layers[l] = (na_layer){.units = sizes[l + 1], .activation = na_activation_named(name), .parameter = 1};
        if (l < n_layers - 1) layers[l].parameter = INFINITY;
    }
    FILE *file = fopen(parameters, "rb");
    if (!file || na_network_create(NA_FLOAT32, sizes[0], NULL, 0, layers, n_layers, &network) != NA_OK) exit(2);
    for (int l = 0; l < n_layers; l++) {
        read_part(file, l, NA_WEIGHTS, sizes[l] * sizes[l + 1]);
        read_part(file, l, NA_BIASES, sizes[l + 1]);
    }
    fclose(file);
}

static int same_outputs(void)
{
    for (int i = 0; i < EXPORTED_N_INPUTS; i++) row[i] = (float)(i % 7 - 3) / 3;
    run_library();
    run_exported();
    for (int j = 0; j < EXPORTED_N_OUTPUTS; j++)
        if (!(fabsf(ours[j] - exported[j]) <= 1e-5f * fmaxf(1, fabsf(ours[j])))) return 0;
    return 1;
}

int main(int argc, char **argv)
{
    int64_t sizes[MOST_LAYERS + 1];
    int n_sizes = argc - FIRST_SIZE, rounds = argc > FIRST_SIZE ? atoi(argv[2]) : 0;
    if (n_sizes < 2 || n_sizes > MOST_LAYERS + 1 || rounds < 1 || rounds > MOST_ROUNDS) return 2;
    for (int s = 0; s < n_sizes; s++) sizes[s] = atol(argv[FIRST_SIZE + s]);
    na_simd_choose(NULL);
    make_network(argv[1], argv[3], sizes, n_sizes - 1);
    if (!same_outputs()) return 1;
    void (*runs[2])(void) = {run_library, run_exported};
    double taken[2][MOST_ROUNDS];
    long repeats[2] = {repeats_of(run_library), repeats_of(run_exported)};
    for (int round = 0; round < rounds; round++)
        for (int r = 0; r < 2; r++) taken[r][round] = timed(runs[r], repeats[r]);
    for (int r = 0; r < 2; r++) {
        qsort(taken[r], (size_t)rounds, sizeof taken[r][0], ascending);
        printf("%.1f ", 1e9 * taken[r][rounds / 2]);
    }
    na_network_free(network);
    return 0;
}
