/* rows.c: whether sparse rows can be read at all, and as they must lie. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "neuract.h"

static bool starts_ascend(int64_t rows, int64_t stored, const int64_t *starts)
{
    bool ascend = starts[0] >= 0 && starts[rows] <= stored;
    for (int64_t r = 0; r < rows; r++) ascend &= starts[r] <= starts[r + 1];
    return ascend;
}

na_rows_state na_rows_look(int64_t rows, int64_t n_inputs, int64_t stored, const int32_t *columns,
                           const int64_t *starts)
{
    if (!starts_ascend(rows, stored, starts)) return NA_ROWS_BROKEN;
    bool outside = false, sorted = true;
    for (int64_t i = starts[0]; i < starts[rows]; i++) outside |= columns[i] < 0 || columns[i] >= n_inputs;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = starts[r] + 1; i < starts[r + 1]; i++) sorted &= columns[i - 1] < columns[i];
    return outside ? NA_ROWS_BROKEN : sorted ? NA_ROWS_SORTED : NA_ROWS_UNSORTED;
}
