# SPDX-License-Identifier: BSD-3-Clause
"""Frames of which no column says anything: a model learns the mean, and takes the same frames again."""

import datetime
import math

import numpy as np
import pytest

import neuract as na

NOTHING = {
    "numbers": [5.0] * 40,
    "text": ["x"] * 40,
    "empty text": [""] * 40,
    "missing": [None] * 40,
    "dates": [datetime.date(2020, 1, 1)] * 40,
    "spans": [datetime.timedelta(1)] * 40,
    "bools": [True] * 40,
    "rare levels": ["a", "b"] * 20,
}
OTHER = {"numbers": 7.0, "bools": False, "dates": datetime.date(2021, 1, 1), "spans": datetime.timedelta(2)}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("of", NOTHING)
def test_frames_without_information(of):
    frame = {"a": NOTHING[of]}
    model = na.TabularRegressor(hidden_layer_sizes=(), max_iter=2, random_state=0, min_rows=30).fit(
        frame, np.arange(40.0)
    )
    columns = model.columns_.transform(frame)
    assert len(np.unique(columns)) == 1
    answers = model.predict(frame)
    assert np.isfinite(answers).all()
    assert model.predict({"a": frame["a"][0]}) == pytest.approx(answers[:1])
    if of in OTHER:
        np.testing.assert_array_equal(model.columns_.transform({"a": [OTHER[of], None]}), columns[:2])


def test_scalings_have_a_repr():
    scaling = na.Columns().fit({"a": [1, 2, 3, math.nan]}).kinds_[0].scaling
    assert repr(scaling) == "Scaling(kind='robust', center=2.0, scale=1.0, fill=2.0)"
