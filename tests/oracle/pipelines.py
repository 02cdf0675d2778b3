# SPDX-License-Identifier: BSD-3-Clause
"""Frames and pipelines of scikit-learn, and the comparison of a pipeline with the model that it folds into."""

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline, make_pipeline

import neuract as na

pd = pytest.importorskip("pandas")

NAN, ROWS = np.nan, 80
NUMBERS = ["size", "gaps", "constant"]
SETTINGS = {"hidden_layer_sizes": (6,), "activation": "tanh", "max_iter": 2, "random_state": 0}
TOWNS = ["Ulm", "Bonn", "Köln", 'a "<b>\\\n', "Trier"]
UNKNOWN = {"handle_unknown": "ignore"}
AS = {"handle_unknown": "use_encoded_value"}
TOLERANCE = {"float64": 1e-9, "float32": 1e-6}


def frame(seed=0, rows=ROWS):
    """Returns columns of every kind, some with missing values."""
    rng = np.random.default_rng(seed)
    town = rng.choice(TOWNS, rows, p=[0.4, 0.3, 0.2, 0.05, 0.05]).astype(object)
    some = town.copy()
    some[::6] = NAN
    size = rng.normal(80, 25, rows)
    return pd.DataFrame(
        {
            "size": size,
            "gaps": np.where(np.arange(rows) % 5 == 0, NAN, rng.gamma(2, 1e4, rows)),
            "empty": np.full(rows, NAN),
            "constant": np.full(rows, 3.0),
            "town": town,
            "some": some,
            "two": rng.choice(["yes", "no"], rows),
            "rooms": rng.integers(1, 6, rows),
            "floor": np.where(np.arange(rows) % 7 == 0, NAN, rng.integers(0, 3, rows)),
            "sold": rng.integers(0, 2, rows).astype(bool),
            "unused": size,
        }
    )


def asked(unknown, gaps):
    """Returns rows for prediction: numbers far outside, and if wanted unknown levels and gaps where there were none."""
    X = frame(seed=1)
    X.loc[::9, ["size", "gaps"]] *= -7
    if unknown:
        X.loc[1::8, ["town", "some", "two"]] = "Rom"
        X.loc[2::8, ["rooms", "floor"]] = 17
    if gaps:
        X["rooms"] = X["rooms"].astype(float)
        X.loc[3::8, ["size", "rooms", "constant", "town", "two"]] = NAN
    return X


def target(X):
    return X["size"] / 50 + X["rooms"] * (X["two"] == "yes") + (X["town"] == "Ulm")


def after(columns, *steps, model=na.MLPRegressor, **settings):
    """Returns a pipeline of steps on some columns, fitted."""
    X = frame()
    y = target(X)
    prepare = ColumnTransformer([("its", make_pipeline(*steps) if len(steps) > 1 else steps[0], columns)])
    pipeline = Pipeline([("prepare", prepare), ("net", model(**{**SETTINGS, **settings}))])
    return pipeline.fit(X, y if model is na.MLPRegressor else y > y.median())


def assert_same(pipeline, X):
    """Returns the folded pipeline, whose predictions must be those of the pipeline."""
    folded = na.folded(pipeline)
    classifier = hasattr(pipeline, "predict_proba")
    expected, found = ((each.predict_proba if classifier else each.predict)(X) for each in (pipeline, folded))
    assert found.dtype == expected.dtype
    spread = np.ptp(expected, axis=0).max()
    assert np.abs(found.astype(float) - expected).max() <= TOLERANCE[folded.network_.dtype] * spread
    if classifier:
        assert (folded.predict(X) == pipeline.predict(X)).all()
    return folded
