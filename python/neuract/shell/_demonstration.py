# SPDX-License-Identifier: BSD-3-Clause
"""Without a command: learns a frame in one line of code next to models of scikit-learn, and prints errors and times.

Everything runs on one thread. On networks this small, threads of scikit-learn's BLAS wait for each other: on a busy
processor two took 49 times as long as one, and a comparison with them would measure the waiting.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import neuract as na
from neuract._typing import Array

RUNS = 3  # as many folds; times are the median
THREADS = 1
EPOCHS = 50
LINE = "na.TabularRegressor(random_state=0).fit(frame, y)"
BAR = 30  # characters of the longest bar of the picture


def demonstrate(given: Any) -> None:
    """Prints the demonstration, at its end a picture in characters unless `given.no_picture`; writes no file."""
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    # A limit holds for the pools of threads that are loaded: these, and those of the models.
    import neuract.threadpools  # noqa: F401

    models = rivals()
    print(f"neuract {na.__version__}, {na.simd_info()['chosen']}; everything here runs on {THREADS} thread\n")
    with threadpool_limits(THREADS), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # its defaults are what is compared
        x, y, names = diabetes()
        compare_models(models, x, y, names)
        compare_speed()
        show_model(x, y, names, picture=not given.no_picture)


def diabetes() -> tuple[Array, Array, list[str]]:
    """Returns rows that scikit-learn has on disk, in their own units, their targets and the names of their columns."""
    from sklearn.datasets import load_diabetes

    found = load_diabetes(scaled=False)
    return found.data, found.target, list(found.feature_names)


def compare_models(models: dict[str, Any], x: Array, y: Array, names: list[str]) -> None:
    print(f"{len(y)} patients of scikit-learn's load_diabetes; how far has the disease come after a year?")
    print(f"columns: {', '.join(names)}\n\n    {LINE}\n")
    model = na.TabularRegressor(random_state=0)
    lines = [("", "RMSE on held-out rows", "seconds per fit")]
    lines += [compared("neuract, this line", model, x, y, lambda rows: framed(rows, names))]
    lines += [compared(name, rival, x, y, lambda rows: rows) for name, rival in models.items()]
    for name, error, seconds in lines:
        print(f"{name:20}{error:>23}{seconds:>18}")
    print(f"\n{RUNS} folds: a model predicts only rows that it has not seen. Seconds are the median of {RUNS} fits.")
    print("All models have their defaults. The MLP of scikit-learn gets scaled columns, the others all as it is.\n")


def framed(rows: Array, names: list[str]) -> dict[str, Any]:
    return dict(zip(names, rows.T, strict=True))


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
    """Returns the name, the error on held-out rows and the median seconds of a fit.

    given: makes of rows of x what the model takes.
    """
    from sklearn.model_selection import KFold

    predicted, seconds = np.empty(len(y)), []
    for training, held_out in KFold(RUNS, shuffle=True, random_state=0).split(x):
        seconds.append(seconds_of_fit(model, given(x[training]), y[training]))
        predicted[held_out] = model.predict(given(x[held_out]))
    return name, f"{np.sqrt(np.mean((predicted - y) ** 2)):.1f}", f"{np.median(seconds):.2f}"


def seconds_of_fit(model: Any, x: Any, y: Array) -> float:
    start = time.perf_counter()
    model.fit(x, y)
    return time.perf_counter() - start


def compare_speed() -> None:
    """Prints how long one network takes in both libraries: the same initial weights, batches and epochs."""
    from sklearn.datasets import load_digits
    from sklearn.neural_network import MLPClassifier

    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    settings: dict[str, Any] = {"max_iter": EPOCHS, "random_state": 0}
    models = na.MLPClassifier(**settings), MLPClassifier(**settings)
    times = [[seconds_of_fit(model, x, y) for model in models] for _ in range(RUNS)]
    ours, theirs = np.median(times, axis=0)
    print(f"The same network in both libraries: MLPClassifier(max_iter={EPOCHS}, random_state=0), {len(y)} digits")
    print(f"loss     neuract {models[0].loss_:.6f}    scikit-learn {models[1].loss_:.6f}")
    print(f"seconds  neuract {ours:.3f}       scikit-learn {theirs:.3f}       the median of {RUNS} fits each, in turn")
    print(f"neuract is {theirs / ours:.1f} times as fast\n")


def show_model(x: Array, y: Array, names: list[str], picture: bool) -> None:
    """Prints what a model knows of itself, a prediction, and the picture if it is wanted."""
    frame = framed(x, names)
    model = na.TabularRegressor(random_state=0).fit(frame, y)
    print(f"neuract knows without folds: out of fold R² {model.oof_score_:.3f} of {len(model.networks_)} networks")
    row = {name: column[0] for name, column in frame.items()}
    low, high = model.predict_interval(row, coverage=0.9)[0]
    print(
        f"first patient: {model.predict(row)[0]:.0f}, with 90 % probability from {low:.0f} to {high:.0f}; y {y[0]:.0f}"
    )
    if picture:
        found = na.importance(model, frame, y, random_state=0)
        print("\nthe R² that the model loses on these rows where a column is shuffled (na.importance):")
        print("\n".join(bars(names, found.mean)))


def bars(names: list[str], values: Array) -> list[str]:
    """Returns a line per name, the largest value first, with bars that are proportional to the values."""
    longest = max(values.max(), np.finfo(float).tiny)
    order = np.argsort(-values)
    drawn = ["#" * round(BAR * max(values[i], 0) / longest) for i in order]
    return [f"{names[i]:>6} {values[i]:6.3f} {bar}".rstrip() for i, bar in zip(order, drawn, strict=True)]
