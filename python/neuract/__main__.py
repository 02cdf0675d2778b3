# SPDX-License-Identifier: BSD-3-Clause
"""``python -m neuract``: learns a frame in one line of code next to models of scikit-learn, and prints their errors.

With a command, such as ``python -m neuract fit train.csv --target price``, it is the shell: see neuract.shell.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import neuract as na
from neuract._typing import Array

FOLDS = 4
LINE = "na.TabularRegressor(random_state=0).fit(frame, y)"


def main() -> None:
    x, y, names = diabetes()
    print(f"neuract {na.__version__}, {na.simd_info()['chosen']}, threads: {na.get_num_threads()}\n")
    print(f"{len(y)} patients of scikit-learn's load_diabetes; how far has the disease come after a year?")
    print(f"columns: {', '.join(names)}\n\n    {LINE}\n")
    model = na.TabularRegressor(random_state=0)
    lines = [("", "RMSE on held-out rows", "seconds per fit")]
    lines += [compared("neuract, this line", model, x, y, lambda rows: dict(zip(names, rows.T, strict=True)))]
    lines += [compared(name, rival, x, y, lambda rows: rows) for name, rival in rivals().items()]
    for name, error, seconds in lines:
        print(f"{name:20}{error:>23}{seconds:>18}")
    print(
        f"\n{FOLDS} folds: every row is predicted by a model that has not seen it. All models have their defaults and"
    )
    print("the same number of threads; the MLP of scikit-learn gets scaled columns, the others all as it is.\n")
    model.fit(dict(zip(names, x.T, strict=True)), y)
    print(f"neuract knows without folds: out of fold R² {model.oof_score_:.3f} of {len(model.networks_)} networks")
    row = dict(zip(names, x[0].tolist(), strict=True))
    low, high = model.predict_interval(row, coverage=0.9)[0]
    print(
        f"first patient: {model.predict(row)[0]:.0f}, with 90 % probability from {low:.0f} to {high:.0f}; y {y[0]:.0f}"
    )


def diabetes() -> tuple[Array, Array, list[str]]:
    """Returns rows that scikit-learn has on disk, in their own units, their targets and the names of their columns."""
    from sklearn.datasets import load_diabetes

    found = load_diabetes(scaled=False)
    return found.data, found.target, list(found.feature_names)


def rivals() -> dict[str, Any]:
    """Returns models of scikit-learn with their defaults."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return {
        "boosted trees": HistGradientBoostingRegressor(random_state=0),
        "scikit-learn's MLP": make_pipeline(StandardScaler(), MLPRegressor(random_state=0)),
    }


def compared(name: str, model: Any, x: Array, y: Array, given: Callable[[Array], Any]) -> tuple[str, str, str]:
    """Returns the name, the error on held-out rows and the seconds of a fit, on the threads that neuract has.

    given: makes of rows of x what the model takes.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import KFold
    from threadpoolctl import threadpool_limits

    predicted, seconds = np.empty(len(y)), 0.0
    with threadpool_limits(na.get_num_threads()), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # its defaults are what is compared
        for training, held_out in KFold(FOLDS, shuffle=True, random_state=0).split(x):
            start = time.perf_counter()
            model.fit(given(x[training]), y[training])
            seconds += time.perf_counter() - start
            predicted[held_out] = model.predict(given(x[held_out]))
    return name, f"{np.sqrt(np.mean((predicted - y) ** 2)):.1f}", f"{seconds / FOLDS:.2f}"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        from neuract.shell._main import main as shell

        sys.exit(shell(sys.argv[1:]))
    main()
