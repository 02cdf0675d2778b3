# SPDX-License-Identifier: BSD-3-Clause
"""Learns three quantiles by one network, and tests the prediction intervals on held-out rows.

    python examples/quantiles.py [california_housing.csv.gz]

The file may also be in the folder NEURACT_DATA. Without it the example takes scikit-learn's small diabetes data.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_diabetes
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import neuract as na

QUANTILES = (0.1, 0.5, 0.9)


def housing(file: Path) -> tuple[Any, Any, str]:
    """Returns districts of California in 1990, and the median price of a house in 100,000 $."""
    import pandas as pd

    data = pd.read_csv(file)
    return data.drop(columns="median_house_value"), data["median_house_value"] / 1e5, "100,000 $"


def diabetes() -> tuple[Any, Any, str]:
    """Returns 442 patients, and the progress of the disease in a year, in hundreds."""
    X, y = load_diabetes(return_X_y=True, as_frame=False)
    return X, y / 100, "hundreds"


def prepared(X: Any) -> Any:
    """Makes a transformer for a network: it scales numbers, and gives a column of 0 and 1 per category."""
    if isinstance(X, np.ndarray):
        return StandardScaler()
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )


def main(file: Path) -> None:
    X, y, unit = housing(file) if file.exists() else diabetes()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
    network = na.MLPRegressor(na.Quantile(QUANTILES), (32, 32), early_stopping=True, n_iter_no_change=5, random_state=0)
    model = make_pipeline(prepared(X), network).fit(X_train, y_train)
    low, middle, high = model.predict(X_test).T

    print(f"{len(y_train)} training rows, {len(y_test)} held out; y in {unit}")
    for q, predicted in zip(QUANTILES, (low, middle, high), strict=True):
        print(f"below the {q} quantile: {np.mean(y_test < predicted):6.1%} of the held-out rows")
    print(f"in the 80 % interval:   {np.mean((low <= y_test) & (y_test <= high)):6.1%}")
    constant = np.subtract(*np.quantile(y_train, (0.9, 0.1)))
    print(f"its width: {np.mean(high - low):.2f} on average; {constant:.2f} if it ignores X")
    print(f"crossed in the network: {np.mean(crossed(model, X_test)):.1%} of the rows, which predict sorts")
    print(f"score (mean D² of the pinball losses): {model.score(X_test, y_test):.3f}")


def crossed(model: Any, X: Any) -> Any:
    """Finds the rows whose quantiles the network itself gives out of order."""
    return (np.diff(model[-1].network_.predict(model[:-1].transform(X)), axis=1) < 0).any(axis=1)


if __name__ == "__main__":
    folder = Path(os.environ.get("NEURACT_DATA", "."))
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else folder / "california_housing.csv.gz")
