# SPDX-License-Identifier: BSD-3-Clause
"""Labels and scores equal scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.multiclass import unique_labels

from neuract.outputs import _labels, _scores

COLUMNS = {
    "numbers": [3, 0, 3, 7],
    "negative": [-5, 2, -5],
    "far_apart": [-(2**40), 2**40, 5],
    "bools": [True, False, True],
    "only_true": [True, True],
    "strings": ["b", "a", "ccc", "b"],
    "wide_strings": np.array(["b", "a"], dtype="U50"),
    "objects": np.array(["b", "a", "ccc"], dtype=object),
    "floats": [2.0, -1.0, 2.0],
    "bytes_of_a_number": np.array([200, 3, 200], dtype=np.uint8),
    "signed_bytes": np.array([-128, 127, 0], dtype=np.int8),
    "largest": np.array([2**64 - 1, 2**64 - 3], dtype=np.uint64),
}


@pytest.mark.parametrize("column", COLUMNS)
def test_numbers_of_labels(column):
    y = np.asarray(COLUMNS[column])
    labels, numbers = _labels.numbered(y)
    expected = unique_labels(y)
    assert labels.dtype == expected.dtype
    np.testing.assert_array_equal(labels, expected)
    np.testing.assert_array_equal(labels[numbers], y)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_are_scikit_learns(rng, dtype, weighted):
    weights = rng.uniform(0, 2, 50).astype(dtype) if weighted else None
    for columns in (1, 3):
        y, predicted = rng.integers(0, 2, (2, 50, columns))
        y, predicted = (each if columns > 1 else each.ravel() for each in (y, predicted))
        expected = accuracy_score(y, predicted, sample_weight=weights)
        assert _scores.accuracy(y.astype(dtype), predicted, weights) == pytest.approx(expected, rel=1e-12)
        y, predicted = (100 + rng.standard_normal((2, 50, columns))).astype(dtype)
        expected = r2_score(y, predicted, sample_weight=weights)
        assert _scores.r2(y, predicted, weights) == pytest.approx(expected, rel={"float32": 1e-4}.get(dtype, 1e-12))


def test_r2_of_constant_outputs():
    y = np.full((4, 3), 2.0)
    predicted = np.array([[2.0, 2.0, 1.0]] * 3 + [[2.0, 2.5, 1.0]])
    assert _scores.r2(y, predicted, None) == r2_score(y, predicted) == 1 / 3
