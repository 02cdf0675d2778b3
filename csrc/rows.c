/* rows.c: checks that sparse rows are sorted and within bounds. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "neuract.h"

static bool starts_ascend(int64_t rows, int64_t stored, const int64_t *starts)
{
    bool ascend = starts[0] >= 0 && starts[rows] <= stored;
    for (int64_t r = 0; r < rows; r++) ascend &= starts[r] <= starts[r + 1];
    return ascend;
}

/* Chunks are long enough for SIMD, and short enough to count in 32 bits. */
enum { STRETCH = 4096 };

/* Looks at entries from .. to: returns whether a column is not in 0 .. end − 1, and adds to *falls how often a
 * column is not less than the next. */
static bool count_falls(int64_t from, int64_t to, uint32_t end, const int32_t *columns, int64_t *falls)
{
    bool outside = from < to && (uint32_t)columns[to - 1] >= end;
    for (int64_t at = from; at < to - 1; at += STRETCH) {
        int64_t stop = at + STRETCH < to - 1 ? at + STRETCH : to - 1;
        uint32_t beyond = 0, fell = 0;
        for (int64_t i = at; i < stop; i++) {
            beyond |= (uint32_t)columns[i] >= end; /* a negative column is beyond, too */
            fell += columns[i] >= columns[i + 1];
        }
        outside |= beyond;
        *falls += fell;
    }
    return outside;
}

/* Columns are sorted if they fall only from one row to the next. */
na_rows_state na_rows_check(int64_t rows, int64_t n_inputs, int64_t stored, const int32_t *columns,
                            const int64_t *starts)
{
    if (!starts_ascend(rows, stored, starts)) return NA_ROWS_BROKEN;
    int64_t falls = 0;
    const uint32_t end = n_inputs > INT32_MAX ? (uint32_t)INT32_MAX + 1 : (uint32_t)n_inputs;
    if (count_falls(starts[0], starts[rows], end, columns, &falls)) return NA_ROWS_BROKEN;
    for (int64_t r = 1; r < rows; r++)
        if (starts[r] > starts[0] && starts[r] < starts[r + 1]) falls -= columns[starts[r] - 1] >= columns[starts[r]];
    return falls == 0 ? NA_ROWS_SORTED : NA_ROWS_UNSORTED;
}
