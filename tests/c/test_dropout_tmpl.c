/* test_dropout_tmpl.c: which neurons a step drops, against a scalar Philox4x32-10 with the answers of its authors. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_reals.h"

#include "simd/fp_state.h"

static void philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1];
    memcpy(out, counter, 4 * sizeof *out);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * out[0], p1 = (uint64_t)0xCD9E8D57u * out[2];
        out[0] = (uint32_t)(p1 >> 32) ^ out[1] ^ k0, out[1] = (uint32_t)p1;
        out[2] = (uint32_t)(p0 >> 32) ^ out[3] ^ k1, out[3] = (uint32_t)p0;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
}

/* Random123's known answers (kat_vectors), of which the oracle below is as good as its generator. */
static void test_known_answers(void)
{
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } answers[] = {
        {{0}, {0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    CASE("philox", "known answers");
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        uint32_t words[4];
        philox(answers[i].key, answers[i].counter, words);
        for (int w = 0; w < 4; w++)
            if (words[w] != answers[i].words[w]) case_fail("word", w, words[w], answers[i].words[w]);
    }
    case_end();
}

/* The contract of struct na_dropping for one neuron in one row of the batch. */
static bool drops(const struct na_dropping *d, int64_t j, int64_t row)
{
    const uint32_t counter[4] = {(uint32_t)(row / 2), (uint32_t)(j / 4), d->layer, d->step};
    uint32_t words[4];
    philox(d->key, counter, words);
    uint32_t word = words[row % 2 + j % 4 / 2 * 2];
    return (int16_t)(j % 2 ? word >> 16 : word & 0xffff) < d->limit / (1 << 16);
}

static real kept_or_dropped(const struct na_dropping *d, int64_t i, real x)
{
    return x * (drops(d, i / NA_LANES, d->row + i % NA_LANES) ? 0 : d->kept);
}

static void test_drop_out(int64_t units, uint32_t row, int32_t dropped, bool learns)
{
    CASE("drop_out", "units %d row %u dropped %d of 65536 slopes %d", (int)units, row, (int)dropped, learns);
    const struct na_dropping d = {.key = {(uint32_t)random_bits(), (uint32_t)random_bits()},
                                  .layer = (uint32_t)random_below(9),
                                  .step = (uint32_t)random_bits(),
                                  .row = row,
                                  .limit = (dropped - 32768) * (1 << 16),
                                  .kept = 65536 / (real)(65536 - dropped)};
    static const char *const names[] = {"y", "slopes", "parameter_slopes"};
    int64_t n = units * NA_LANES;
    real *lines[3];
    const real *before[3];
    for (int i = 0; i < 3; i++) before[i] = input(i, n, RARE), lines[i] = copy(3 + i, n, before[i]);
    table->drop_out(units, &d, lines[0], lines[1], learns ? lines[2] : NULL);
    for (int a = 0; a < 3; a++) {
        real *wanted = output(6 + a, n);
        for (int64_t i = 0; i < n; i++)
            wanted[i] = a == 2 && !learns ? before[a][i] : kept_or_dropped(&d, i, before[a][i]);
        expect_output(names[a], 3 + a, n, lines[a], wanted);
    }
    case_end();
}

/* The share of a million decisions, in one neuron after another and one row after another, must be the one asked for:
 * within 5 deviations. */
static void test_share(void)
{
    enum { DROPPED = 9830, UNITS = 640 };
    CASE("drop_out", "share");
    int64_t n = UNITS * NA_LANES, blocks = (1 << 20) / n, dropped = 0;
    real *y = output(0, n), *slopes = output(1, n);
    for (int64_t b = 0; b < blocks; b++) {
        const struct na_dropping d = {
            .row = (uint32_t)(b * NA_LANES), .limit = (DROPPED - 32768) * (1 << 16), .kept = 1};
        for (int64_t i = 0; i < n; i++) y[i] = slopes[i] = 1;
        table->drop_out(UNITS, &d, y, slopes, NULL);
        for (int64_t i = 0; i < n; i++) dropped += y[i] == 0;
    }
    const double share = DROPPED / 65536.0, decisions = (double)(blocks * n);
    const double found = (double)dropped / decisions, deviation = sqrt(share * (1 - share) / decisions);
    if (fabs(found - share) > 5 * deviation) case_fail("share", 0, found, share);
    case_end();
}

void NA_FN(test_dropout)(void)
{
    const na_fp_state state = na_fp_enter();
    const int32_t shares[] = {0, 1, 9830, 32768, 65535};
    const uint32_t rows[] = {0, 4 * NA_LANES, 0x7ffffff0};
    test_known_answers();
    for (int i = 0; i < N_UNIT_COUNTS; i++)
        for (size_t s = 0; s < sizeof shares / sizeof *shares; s++)
            for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
                test_drop_out(unit_counts[i], rows[r], shares[s], (r + s) % 2);
    test_share();
    na_fp_leave(state);
}
