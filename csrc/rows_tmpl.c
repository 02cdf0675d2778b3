/* rows_tmpl.c: the list of the kinds of rows, and the forward step of any layer. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "rows.h"

enum { DENSE, SPARSE, COLUMNS };
static const input_kind *const kinds[] = {
    [DENSE] = &NA_FN(na_dense_rows), [SPARSE] = &NA_FN(na_sparse_rows), [COLUMNS] = &NA_FN(na_column_rows)};

const input_kind *NA_FN(na_kind_of)(const network *net, na_rows x)
{
    return kinds[net->n_encodings > 0 ? COLUMNS : x.columns ? SPARSE : DENSE];
}

void NA_FN(na_forward_layer)(const input_kind *kind, const kernel_table *table, const network *net, int l,
                             const row_span *rows, const real *bound, real *below, real *z)
{
    const dense *layer = &net->layers[l];
    if (l == 0 && !kind->read) {
        kind->forward(table, net, rows, bound, below, z);
        return;
    }
    if (l == 0) kind->read(table, net, rows, below);
    table->forward(layer->n_in, layer->units, na_round_up(rows->n, NA_LANES) / NA_LANES, below,
                   net->parameters + layer->part[NA_WEIGHTS], net->parameters + layer->part[NA_BIASES], bound, z);
}
