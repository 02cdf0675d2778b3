# SPDX-License-Identifier: BSD-3-Clause
"""The sets of ../shared/data on which accuracy is measured, and their splits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "shared" / "data"
MOST_TEST_ROWS, TEST_SHARE, MILLION = 5000, 0.3, 1_000_000


def of_file(chosen: Set) -> Any:
    import pandas as pd

    file = FOLDER / f"{chosen.name}.csv.gz"
    return pd.read_csv(file, keep_default_na=False, na_values=["", "NA"], low_memory=False)


def pixels(chosen: Set) -> Any:
    import numpy as np
    import pandas as pd

    arrays = np.load(FOLDER / f"{chosen.name}.npz")
    frame = pd.DataFrame(arrays["X"]).rename(columns=str)
    return frame.assign(**{chosen.target: arrays["y"].astype(int)})


def made_up(chosen: Set) -> Any:
    """Returns a million rows of 30 normal numbers, of which 14 count, and a target with noise of 0.5."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    x = random.normal(size=(MILLION + MOST_TEST_ROWS, 30)).astype(np.float32)
    smooth = np.sin(2 * x[:, 0]) * x[:, 1] + np.abs(x[:, 2]) + 0.3 * x[:, 5:12].sum(axis=1)
    sharp = (x[:, 3] > 0.5) * x[:, 4] + np.floor(3 * x[:, 12]) / 3 * x[:, 13]
    y = smooth + sharp + random.normal(scale=0.5, size=len(x))
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(30)]).assign(**{chosen.target: y})


@dataclass(frozen=True)
class Set:
    """A frame; task: "regression", "binary" or "multiclass"; drop: columns that are no features."""

    name: str
    target: str
    task: str
    drop: tuple[str, ...] = ()
    frame: Callable[[Set], Any] = of_file


SETS = {
    each.name: each
    for each in (
        Set("abalone", "rings", "regression"),
        Set("adult", "income", "binary"),
        Set("ames", "Sale_Price", "regression"),
        Set("bank_marketing", "y", "binary"),
        Set("california_housing", "median_house_value", "regression"),
        Set("covertype_93k", "Cover_Type", "multiclass"),
        Set("credit_g", "class", "binary"),
        Set("diamonds", "price", "regression"),
        Set("energy_efficiency", "Y1", "regression", ("Y2",)),
        Set("higgs_lightgbm", "signal", "binary"),
        Set("letter", "lettr", "multiclass"),
        Set("mammography", "class", "binary"),
        Set("satimage", "classes", "multiclass"),
        Set("telco_churn", "churn", "binary"),
        Set("wine_quality", "quality", "regression"),
    )
}
"""The development sets, by name."""

LARGE = {
    each.name: each
    for each in (
        Set("mnist", "digit", "multiclass", frame=pixels),
        Set("made_up_million", "y", "regression", frame=made_up),
    )
}
"""Sets for fits of many rows, with `--rows` as large."""


@dataclass(frozen=True)
class Split:
    """Frames and targets of training and test rows; classes are numbers from 0."""

    task: str
    X: Any
    y: Any
    X_test: Any
    y_test: Any


def split(chosen: Set, seed: int, most_rows: int) -> Split:
    """Draws test rows, 30 % but at most 5,000, and at most `most_rows` of the others; stratified for classes."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    frame = chosen.frame(chosen)
    frame = frame[frame[chosen.target].notna()].reset_index(drop=True)
    y = frame.pop(chosen.target).to_numpy()
    X = frame.drop(columns=list(chosen.drop))
    y = y.astype(float) if chosen.task == "regression" else np.unique(y, return_inverse=True)[1]
    strata = None if chosen.task == "regression" else y
    test = min(MOST_TEST_ROWS, int(TEST_SHARE * len(y)))
    X, X_test, y, y_test = train_test_split(X, y, test_size=test, random_state=seed, stratify=strata)
    if len(y) > most_rows:
        strata = None if chosen.task == "regression" else y
        X, _, y, _ = train_test_split(X, y, train_size=most_rows, random_state=seed, stratify=strata)
    return Split(chosen.task, X.reset_index(drop=True), y, X_test.reset_index(drop=True), y_test)
