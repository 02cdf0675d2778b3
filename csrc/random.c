/* random.c: the shuffle of rows (na_shuffle in neuract.h). */
/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdint.h>

#include "neuract.h"

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
