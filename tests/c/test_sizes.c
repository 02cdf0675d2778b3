/* test_sizes.c: alignment of memory, and products and sums of sizes beyond 2^64, which would wrap around. Tests each
 * check on its own, since in a network that gets past one check the next would stop it. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"
#include "neuract.h"
#include "test_kernels.h"

static const size_t beyond = SIZE_MAX / 8 + 1; /* × 8 = 2^64 */

static void expect_nothing(const char *what, int64_t i, void *memory)
{
    if (memory) case_fail(what, i, 1, 0);
    na_release(memory);
}

static void test_allocate(void)
{
    const size_t counts[] = {beyond, beyond + 1, SIZE_MAX}, large = SIZE_MAX / 64 * 64 - 64;
    case_begin("core", "allocate", "beyond 2^64");
    for (int i = 0; i < 3; i++) expect_nothing("product", i, na_allocate(counts[i], 8));
    expect_nothing("whole lines", 0, na_allocate(SIZE_MAX - 1, 1));
    expect_nothing("whole pages", 0, na_allocate(large, 1));
    if (na_times(beyond, 8) != SIZE_MAX) case_fail("times", 0, (double)na_times(beyond, 8), (double)SIZE_MAX);
    case_end();
}

/* Small and large memory begins on a line and is zero. Allocates several at once, since one may be aligned by
 * chance. */
static void test_lines(void)
{
    static const size_t counts[] = {1, 63, 1000, 5 << 20};
    unsigned char *held[16];
    case_begin("core", "allocate", "on a line");
    for (int i = 0; i < 16; i++) {
        size_t count = counts[i % 4];
        held[i] = na_allocate(count, 1);
        if (!held[i] || (uintptr_t)held[i] % 64 != 0) case_fail("begins on a line", i, 0, 1);
        if (held[i] && (held[i][0] || held[i][count - 1])) case_fail("is not zero", i, 1, 0);
    }
    for (int i = 0; i < 16; i++) na_release(held[i]);
    case_end();
}

/* `pieces` pieces of count × size bytes. */
static void test_arena(int pieces, size_t count, size_t size)
{
    case_begin("core", "arena", "%d pieces of %.3g × %d bytes", pieces, (double)count, (int)size);
    na_arena arena = {0};
    for (int i = 0; i < pieces; i++) na_arena_reserve(&arena, count, size);
    if (na_arena_allocate(&arena)) case_fail("allocated", 0, 1, 0);
    na_release(arena.memory);
    case_end();
}

static void test_network(na_dtype dtype, int64_t n_inputs, int64_t units, int64_t n_out)
{
    case_begin("core", "network", "%s %.3g-%.3g-%.3g", dtype == NA_FLOAT32 ? "f32" : "f64", (double)n_inputs,
               (double)units, (double)n_out);
    const na_layer layers[] = {{.units = units}, {.units = n_out}};
    na_network *net = NULL;
    na_status status = na_network_create(dtype, n_inputs, NULL, 0, layers, 2, &net);
    if (status != NA_OUT_OF_MEMORY) case_fail("status", 0, status, NA_OUT_OF_MEMORY);
    na_network_free(net);
    case_end();
}

void test_sizes(void)
{
    const int64_t quarter = INT64_C(1) << 62; /* of 2^64 */
    test_lines();
    test_allocate();
    test_arena(1, beyond, 8);
    test_arena(2, SIZE_MAX / 2, 1);
    for (int lanes = 16; lanes >= 8; lanes -= 8) {
        na_dtype dtype = lanes == 16 ? NA_FLOAT32 : NA_FLOAT64;
        test_network(dtype, quarter, 4, 1);                   /* weights of the first layer */
        test_network(dtype, quarter - 2 * lanes, 1, quarter); /* a quarter, and weights, biases and slopes of another */
    }
}
