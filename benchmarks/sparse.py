# SPDX-License-Identifier: BSD-3-Clause
"""MLPClassifier and scikit-learn's on a sparse matrix like those of texts: many columns, few stored values per row.

Modules that start threads are imported inside functions, after the options have restricted the process.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks import options, report

FEATURES, STORED, HIDDEN = 20_000, 0.005, 100
ROWS, QUICK_ROWS, EPOCHS = 20_000, 400, 5


def main() -> None:
    parser = options.common("sparse", "neuract.MLPClassifier compared with scikit-learn's on sparse data.")
    settings = options.settled(parser.parse_args())
    rows = QUICK_ROWS if settings.quick else ROWS
    measured = [row for dtype in ("float32", "float64") for row in measured_rows(dtype, rows, settings)]
    title = f"Sparse data, {rows} × {FEATURES}, {STORED:.1%} stored, {HIDDEN} hidden: {settings.threads} thread(s)"
    report.show(title, [shown(row) for row in measured], [], settings.markdown)
    report.keep(settings.json, "sparse", vars(settings), measured)


def measured_rows(dtype: str, rows: int, settings: Any) -> list[dict[str, Any]]:
    """Measures a fit of a few epochs, batches of 200, and predict_proba."""
    import warnings

    import numpy as np
    from scipy import sparse
    from sklearn.exceptions import ConvergenceWarning

    from benchmarks import measure
    from benchmarks.estimators import classifiers

    warnings.simplefilter("ignore", ConvergenceWarning)
    random = np.random.default_rng(0)
    x = sparse.random(rows, FEATURES, STORED, format="csr", dtype=dtype, rng=random)
    y = random.integers(2, size=rows)
    models = classifiers(hidden_layer_sizes=(HIDDEN,), max_iter=EPOCHS)
    fits = {name: partial(model.fit, x, y) for name, model in models.items()}
    predictions = {name: partial(model.predict_proba, x) for name, model in models.items()}
    return [
        {"case": f"{what}, {dtype}", "rows": n_rows, "seconds": measure.interleaved(calls, settings.rounds)}
        for what, n_rows, calls in (("training", EPOCHS * rows, fits), ("prediction", rows, predictions))
    ]


def shown(row: dict[str, Any]) -> dict[str, str]:
    ours, theirs = row["seconds"]["neuract"], row["seconds"]["scikit-learn"]
    return {
        "case": row["case"],
        "neuract rows/s": report.count(row["rows"] / ours),
        "scikit-learn rows/s": report.count(row["rows"] / theirs),
        "× scikit-learn": report.times(theirs / ours),
    }


if __name__ == "__main__":
    main()
