/* random.c: see random.h. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "random.h"

#include "neuract.h"

void na_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1];
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

/* Draws the partners of the swaps at i, i − 1, ...: places[c] ≤ i − c. As NumPy's legacy generators do, draws as
 * many bits as the maximum has until the number fits. Without a branch, which could not be predicted. */
static void draw_places(int64_t i, int64_t count, na_next_uint32 *next, void *state, uint32_t *places)
{
    for (int64_t c = 0; c < count;) {
        uint32_t max = (uint32_t)(i - c);
        places[c] = next(state) & UINT32_MAX >> __builtin_clz(max);
        c += places[c] <= max;
    }
}

void na_shuffle(int64_t n, uint32_t *order, na_next_uint32 *next, void *state)
{
    enum { AHEAD = 64 }; /* draws before their swaps, so that all their loads from memory overlap */
    uint32_t places[AHEAD];
    for (int64_t i = n - 1; i > 0; i -= AHEAD) {
        int64_t count = i < AHEAD ? i : AHEAD;
        draw_places(i, count, next, state, places);
        for (int64_t c = 0; c < count; c++) __builtin_prefetch(&order[places[c]], 1);
        for (int64_t c = 0; c < count; c++) {
            uint32_t *a = &order[i - c], *b = &order[places[c]], kept = *a;
            *a = *b, *b = kept;
        }
    }
}
