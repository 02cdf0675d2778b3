# SPDX-License-Identifier: BSD-3-Clause
"""Permutation importances beside scikit-learn's `permutation_importance` of the same fitted model, five repeats.

Modules that start threads are imported inside functions, after the options have restricted the process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks import options, report

ROWS, FRAME_ROWS, QUICK_ROWS, COLUMNS, REPEATS = 10_000, 1_000, 200, 30, 5


def main() -> None:
    parser = options.common("importance", "Permutation importances beside scikit-learn's.")
    settings = options.settled(parser.parse_args())
    measured = [measured_model(name, *make(settings), settings) for name, make in MODELS.items()]
    title = f"Importances of {COLUMNS} columns, {REPEATS} repeats: {settings.threads} thread(s)"
    report.show(title, [shown(row) for row in measured], [], settings.markdown)
    report.keep(settings.json, "importance", vars(settings), measured)


def measured_model(name: str, model: Any, X: Any, y: Any, settings: Any) -> dict[str, Any]:
    """Measures both on one fitted model."""
    import numpy as np
    from sklearn.inspection import permutation_importance

    import neuract as na
    from benchmarks import measure

    def ours() -> Any:
        return na.importance(model, X, y, repeats=REPEATS, random_state=0)

    def theirs() -> Any:
        return permutation_importance(model, X, y, n_repeats=REPEATS, random_state=0)

    if not settings.quick and not np.allclose(ours().mean, theirs().importances_mean, atol=0.05):
        raise SystemExit(f"{name}: the importances differ")
    seconds = measure.interleaved({"neuract": ours, "scikit-learn": theirs}, settings.rounds)
    return {"model": name, "rows": len(X), **seconds}


def perceptron(kind: str) -> Callable[[Any], tuple[Any, Any, Any]]:
    """Returns what makes an MLP estimator with one hidden layer of 100 and its rows."""

    def make(settings: Any) -> tuple[Any, Any, Any]:
        import numpy as np

        import neuract as na

        rows = QUICK_ROWS if settings.quick else ROWS
        random = np.random.default_rng(0)
        X = random.normal(size=(rows, COLUMNS)).astype(np.float32)
        y = X[:, :10] @ random.normal(size=10) + np.sin(3 * X[:, 0])
        model = getattr(na, kind)(max_iter=5, n_jobs=settings.threads, random_state=0)
        y = y if kind == "MLPRegressor" else np.digitize(y, [-2, 2])
        return quietly(model, X, y), X, y

    return make


def frame(settings: Any) -> tuple[Any, Any, Any]:
    """Makes a TabularRegressor of few epochs and a frame of numbers and levels; its many members take fewer rows."""
    import numpy as np
    import pandas as pd

    import neuract as na

    rows = QUICK_ROWS if settings.quick else FRAME_ROWS
    random = np.random.default_rng(0)
    columns = {f"x{k}": random.normal(size=rows) for k in range(0, COLUMNS, 2)}
    columns |= {f"x{k}": random.choice(list("abcdef"), rows) for k in range(1, COLUMNS, 2)}
    X = pd.DataFrame(columns)
    y = X["x0"] + X["x2"] ** 2 + (X["x1"] == "a") * 2
    return quietly(na.TabularRegressor(effort="quick", max_iter=2, n_jobs=settings.threads, random_state=0), X, y), X, y


def quietly(model: Any, X: Any, y: Any) -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X, y)


MODELS: dict[str, Callable[[Any], tuple[Any, Any, Any]]] = {
    "MLPRegressor": perceptron("MLPRegressor"),
    "MLPClassifier": perceptron("MLPClassifier"),
    "TabularRegressor": frame,
}


def shown(row: dict[str, Any]) -> dict[str, str]:
    return {
        "model": row["model"],
        "rows": f"{row['rows']:,}",
        "neuract ms": f"{1e3 * row['neuract']:.1f}",
        "scikit-learn ms": f"{1e3 * row['scikit-learn']:.0f}",
        "ratio": f"{row['scikit-learn'] / row['neuract']:.1f}",
    }


if __name__ == "__main__":
    main()
