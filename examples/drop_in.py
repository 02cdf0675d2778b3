# SPDX-License-Identifier: BSD-3-Clause
"""Trains scikit-learn's MLP and neuract's side by side: the same models and scores, in less time.

    python examples/drop_in.py

The data is handwritten digits and diabetes, in float64 and from scikit-learn. Settings not given are the defaults.
"""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import neuract as na

TASKS = {
    "digits": (load_digits, "MLPClassifier", {"max_iter": 20}),
    "digits, early stopping": (load_digits, "MLPClassifier", {"early_stopping": True, "max_iter": 10}),
    "diabetes": (load_diabetes, "MLPRegressor", {"solver": "sgd", "learning_rate_init": 1e-5, "max_iter": 300}),
}


def main() -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(f"{'':24}{'epochs':>14}{'held-out score':>20}{'seconds':>18}{'weights differ':>16}")
    print(f"{'':24}{'sklearn neuract':>15}{'sklearn neuract':>19}{'sklearn neuract':>18}{'at most by':>16}")
    for task, (load, name, settings) in TASKS.items():
        X, y = load(return_X_y=True)
        data = train_test_split(X, y, random_state=0)
        theirs, ours = (learned(module, name, settings, *data) for module in (neural_network, na))
        print(
            f"{task:24}{theirs['epochs']:7}{ours['epochs']:8}{theirs['score']:11.4f}{ours['score']:8.4f}"
            f"{theirs['seconds']:10.3f}{ours['seconds']:8.3f}{difference(theirs['weights'], ours['weights']):16.1e}"
        )


def learned(module: Any, name: str, settings: dict[str, Any], X: Any, X_test: Any, y: Any, y_test: Any) -> Any:
    """Trains the estimator of one of the two modules; everything but the module is the same."""
    network = getattr(module, name)(random_state=0, **settings)
    model = make_pipeline(StandardScaler(), network)
    start = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - start
    return {
        "epochs": network.n_iter_,
        "score": model.score(X_test, y_test),
        "seconds": seconds,
        "weights": network.coefs_,
    }


def difference(theirs: list[Any], ours: list[Any]) -> float:
    """Returns the largest difference of two weights, relative to the largest weight of their layer."""
    return max(float(np.abs(a - b).max() / np.abs(a).max()) for a, b in zip(theirs, ours, strict=True))


if __name__ == "__main__":
    main()
