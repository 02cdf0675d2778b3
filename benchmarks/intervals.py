# SPDX-License-Identifier: BSD-3-Clause
"""Coverage and width of prediction intervals beside MAPIE's CV+, with the same model, on the regression sets.

The model is fitted anew without each of the folds; `outputs/_intervals.py` makes intervals of the out-of-fold
predictions, and so does MAPIE (its `CrossConformalRegressor`, which fits the same folds with the same seeds). A model
with `predict_interval` is asked for its own as well. Widths are in standard deviations of y. Needs ../shared/data.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from benchmarks import options, report
from benchmarks.accuracy.models import MODELS, Model
from benchmarks.accuracy.sets import FOLDER, SETS, Split, split

FOLDS = 8
COVERAGES = (0.8, 0.9, 0.95)
REGRESSION = tuple(name for name, each in SETS.items() if each.task == "regression")


def main() -> None:
    parser = options.common("intervals", "Prediction intervals beside MAPIE's.", threads=2)
    parser.add_argument("--model", default="neuract", choices=MODELS, help="default: %(default)s")
    parser.add_argument("--sets", nargs="+", default=REGRESSION, choices=REGRESSION, metavar="NAME")
    parser.add_argument("--splits", type=int, default=3, help="splits of each set (default: 3)")
    parser.add_argument("--rows", type=int, default=8000, help="most training rows (default: 8000)")
    given = options.settled(parser.parse_args())
    if given.quick:
        given.sets, given.splits, given.rows = ("energy_efficiency",), 1, 200
    if not FOLDER.exists():
        raise SystemExit(f"needs {FOLDER}")
    warnings.simplefilter("ignore")
    measured = [row for name in given.sets for row in of_set(name, given)]
    notes = [] if find_spec("mapie") else ["MAPIE is not installed"]
    report.show(f"Intervals of {given.model}", [shown(row) for row in measured], notes, given.markdown)
    report.keep(given.json, "intervals", vars(given), measured)


def of_set(name: str, given: argparse.Namespace) -> list[dict[str, Any]]:
    """Returns one row per way of making intervals, with means over the splits."""
    found: dict[str, list[list[float]]] = {}
    for seed in range(given.splits):
        data = split(SETS[name], seed, given.rows)
        model = MODELS[given.model]("regression", seed, given.threads)
        model.learn(data.X)
        for way, bounds in intervals(model, data, seed):
            found.setdefault(way, []).append([number for pair in bounds for number in against(data, *pair)])
    means = {way: [sum(numbers) / len(numbers) for numbers in zip(*rows, strict=True)] for way, rows in found.items()}
    return [{"set": name, "intervals": way, "covered": m[::2], "widths": m[1::2]} for way, m in means.items()]


def intervals(model: Model, data: Split, seed: int) -> Iterator[tuple[str, list[tuple[Any, Any]]]]:
    """Yields each way with its lower and upper bounds at each coverage."""
    from sklearn.model_selection import KFold

    X, X_test, folds = (
        model.prepared(data.X),
        model.prepared(data.X_test),
        KFold(FOLDS, shuffle=True, random_state=seed),
    )
    yield "of the folds", of_folds(model.estimator, X, data.y, X_test, folds)
    if hasattr(model.estimator, "predict_interval"):
        fitted = model.estimator.fit(X, data.y)
        yield "its own", [tuple(fitted.predict_interval(X_test, coverage).T) for coverage in COVERAGES]
    if not find_spec("mapie"):
        return
    from mapie.regression import CrossConformalRegressor

    mapie = CrossConformalRegressor(model.estimator, list(COVERAGES), method="plus", cv=folds)
    _, bounds = mapie.fit_conformalize(X, data.y).predict_interval(X_test)
    yield "MAPIE's CV+", [(bounds[:, 0, j], bounds[:, 1, j]) for j in range(len(COVERAGES))]


def of_folds(estimator: Any, X: Any, y: Any, X_test: Any, folds: Any) -> list[tuple[Any, Any]]:
    import numpy as np
    from sklearn.base import clone
    from sklearn.utils import _safe_indexing as rows_of

    from neuract.outputs._intervals import Intervals

    oof, answers = np.empty(len(y)), []
    for trained, left_out in folds.split(y):
        fitted = clone(estimator).fit(rows_of(X, trained), y[trained])
        oof[left_out] = fitted.predict(rows_of(X, left_out))
        answers.append(fitted.predict(X_test)[:, np.newaxis])
    learned = Intervals.learned(oof, y)
    return [tuple(learned.interval(np.stack(answers), coverage).T) for coverage in COVERAGES]


def against(data: Split, low: Any, high: Any) -> tuple[float, float]:
    """Returns the share of test rows between the bounds, and the mean width."""
    covered = (low <= data.y_test) & (data.y_test <= high)
    return float(covered.mean()), float((high - low).mean() / data.y.std())


def shown(row: dict[str, Any]) -> dict[str, str]:
    cells = {"set": row["set"], "intervals": row["intervals"]}
    for coverage, covered, width in zip(COVERAGES, row["covered"], row["widths"], strict=True):
        cells |= {f"covered at {coverage:.0%}": f"{covered:.1%}", f"width at {coverage:.0%}": f"{width:.3f}"}
    return cells


if __name__ == "__main__":
    main()
