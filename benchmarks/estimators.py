# SPDX-License-Identifier: BSD-3-Clause
"""MLPClassifier and scikit-learn's, both with scikit-learn's defaults: a fit of digits, one row's probabilities.

Modules that start threads are imported inside functions, after the options have restricted the process.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks import options, report


def main() -> None:
    parser = options.common("estimators", "neuract.MLPClassifier compared with scikit-learn's.")
    settings = options.settled(parser.parse_args())
    notes: list[str] = []
    rows = [measured_fit(settings, notes), measured_row(settings)]
    report.show(f"Estimators: {settings.threads} thread(s)", [line(row) for row in rows], notes, settings.markdown)
    report.keep(settings.json, "estimators", vars(settings), rows)


def measured_fit(settings: Any, notes: list[str]) -> dict[str, Any]:
    """Fits the digits, float64, scaled to [0, 1], until scikit-learn's rule says that training has converged."""
    import warnings

    from sklearn.datasets import load_digits
    from sklearn.exceptions import ConvergenceWarning

    from benchmarks import measure

    warnings.simplefilter("ignore", ConvergenceWarning)
    x, y = load_digits(return_X_y=True)
    models = classifiers(**({"max_iter": 2} if settings.quick else {}))
    seconds = measure.interleaved(
        {name: partial(model.fit, x / 16, y) for name, model in models.items()}, settings.rounds
    )
    ends = ", ".join(f"{name} {model.n_iter_} epochs, loss {model.loss_:.2g}" for name, model in models.items())
    notes.append(f"fits end after: {ends}")
    return {"case": "fit of digits, float64", "seconds": seconds}


def measured_row(settings: Any) -> dict[str, Any]:
    """Predicts one row of the case `default` by predict_proba: 20-100, two classes."""
    from benchmarks import measure
    from benchmarks.cases import CASES
    from benchmarks.data import make_data

    x = make_data(CASES["default"], 200).x
    models = classifiers(max_iter=2)
    work: dict[str, Callable[[], object]] = {}
    for name, model in models.items():
        model.fit(x, x[:, 0] > 0)
        work[name] = partial(model.predict_proba, x[:1])
    return {"case": "one row, default, float32", "seconds": measure.interleaved(work, settings.rounds)}


def classifiers(**changed: Any) -> dict[str, Any]:
    """Makes both models with the same seed: the same weights and batches."""
    from sklearn.neural_network import MLPClassifier

    import neuract as na

    return {
        "neuract": na.MLPClassifier(random_state=0, **changed),
        "scikit-learn": MLPClassifier(random_state=0, **changed),
    }


def line(row: dict[str, Any]) -> dict[str, str]:
    ours, theirs = row["seconds"]["neuract"], row["seconds"]["scikit-learn"]
    return {
        "case": row["case"],
        "neuract µs": report.microseconds(ours),
        "scikit-learn µs": report.microseconds(theirs),
        "× scikit-learn": report.times(theirs / ours),
    }


if __name__ == "__main__":
    main()
