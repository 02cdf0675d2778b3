# SPDX-License-Identifier: BSD-3-Clause
"""The inverse temperature of probabilities, and the weights of groups of members."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from neuract.outputs._blend import blend_weights
from neuract.outputs._calibration import calibrated, log_loss, temperature

SHAPES = {"softmax": ("classes", 4), "two classes": ("classes", 1), "labels": ("labels", 3)}


def drawn(rng, shape, rows=300, truth=0.6, dtype=np.float64):
    """Returns probabilities, targets drawn from them at the β `truth`, weights, and the kind."""
    kind, n_out = SHAPES[shape]
    z = rng.normal(size=(rows, n_out)) * 2
    if shape == "softmax":
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        targets = np.array([rng.choice(n_out, p=row) for row in calibrated(p, truth, kind)])
    else:
        p = 1 / (1 + np.exp(-z))
        targets = (rng.random(z.shape) < calibrated(p, truth, kind)).astype(float)
    return p.astype(dtype), targets, rng.uniform(0, 2, rows), kind


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(list(SHAPES)), st.integers(0, 999), st.sampled_from([0.1, 0.4, 1.0, 2.0, 5.0]), st.booleans())
def test_no_beta_of_a_grid_is_better(shape, seed, truth, wide):
    rng = np.random.default_rng(seed)
    p, targets, weights, kind = drawn(rng, shape, truth=truth, dtype=np.float64 if wide else np.float32)
    beta = temperature(p, targets, weights, kind)
    assert beta.shape == ((1,) if shape == "softmax" else (p.shape[1],))
    for j in range(len(beta)):
        column = (p, targets) if shape == "softmax" else (p[:, [j]].astype(float), targets[:, [j]])
        grid = np.geomspace(0.2, 3, 501)
        losses = [log_loss(*column, weights, kind, b) for b in grid]
        assert beta[j] == pytest.approx(grid[np.argmin(losses)], rel=4e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_loss_is_that_of_scikit_learn(rng, shape):
    p, targets, weights, kind = drawn(rng, shape)
    after = calibrated(p, 0.7, kind)
    if shape == "softmax":
        expected = metrics.log_loss(targets, after, sample_weight=weights)
    else:
        columns = zip(targets.T, after.T, strict=True)
        expected = sum(metrics.log_loss(y, column, sample_weight=weights) for y, column in columns)
    assert log_loss(p, targets, weights, kind, 0.7) == pytest.approx(expected, rel=1e-12)


def test_calibrated_by_its_formula(rng):
    p, _, _, _ = drawn(rng, "softmax")
    np.testing.assert_allclose(calibrated(p, 0.3, "classes"), p**0.3 / (p**0.3).sum(axis=1, keepdims=True), rtol=1e-12)
    p, _, _, _ = drawn(rng, "labels")
    beta = np.array([0.3, 1.0, 2.5])
    odds = (p / (1 - p)) ** beta
    np.testing.assert_allclose(calibrated(p, beta, "labels"), odds / (1 + odds), rtol=1e-9)
    assert calibrated(p.astype(np.float32), beta, "labels").dtype == np.float32


@pytest.mark.parametrize("shape", SHAPES)
def test_rows_without_a_prediction_are_left_out(rng, shape):
    p, targets, weights, kind = drawn(rng, shape)
    holed = p.copy()
    holed[::3, -1] = np.nan
    known = np.arange(len(p)) % 3 > 0
    beta = temperature(p[known], targets[known], weights[known], kind)
    np.testing.assert_array_equal(temperature(holed, targets, weights, kind), beta)
    assert log_loss(holed, targets, weights, kind, beta) == log_loss(
        p[known], targets[known], weights[known], kind, beta
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_whole_weights_count_rows(rng, shape):
    p, targets, _, kind = drawn(rng, shape)
    weights = rng.integers(0, 4, len(p))
    beta = temperature(np.repeat(p, weights, axis=0), np.repeat(targets, weights, axis=0), None, kind)
    np.testing.assert_allclose(temperature(p, targets, weights, kind), beta, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_certain_probabilities(dtype):
    """Protects against log 0: of the softmax's zeros, and of sigmoids that are 0 or 1 by rounding."""
    one_hot = np.eye(3, dtype=dtype)[[0, 1, 2, 0]]
    assert 0.2 <= temperature(one_hot, np.array([0, 1, 2, 1]), None, "classes")[0] < 0.21
    certain = np.array([[0.0], [1.0], [1.0]], dtype)
    assert 0.2 <= temperature(certain, np.array([0, 1, 0]), None, "classes")[0] < 0.21
    assert 1 <= temperature(certain, np.array([0, 1, 1]), None, "classes")[0] <= 3
    sure = np.array([[0.01], [0.99], [0.99]], dtype)
    assert 2.99 < temperature(sure, np.array([0, 1, 1]), None, "classes")[0] <= 3
    for kind, p, targets in (("classes", one_hot, np.array([1, 1, 1, 1])), ("labels", certain, np.array([1, 1, 0]))):
        assert np.isfinite(log_loss(p, targets, None, kind, 3.0))
        assert np.isfinite(calibrated(p, 3.0, kind)).all()


def test_nothing_to_learn_from():
    assert temperature(np.full((3, 2), np.nan), np.zeros(3), None, "classes").tolist() == [1.0]
    assert temperature(np.full((3, 2), 0.5), np.zeros((3, 2)), np.zeros(3), "labels").tolist() == [1.0, 1.0]
    assert np.isnan(log_loss(np.full((3, 2), np.nan), np.zeros(3), None, "classes"))


def squared_error_to(y):
    return lambda blend: float(((blend - y) ** 2).mean())


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 999), st.integers(2, 4))
def test_blend_is_the_best_of_the_grid(seed, n_groups):
    rng = np.random.default_rng(seed)
    y, groups = rng.normal(size=(30, 1)), rng.normal(size=(n_groups, 30, 1))
    groups += rng.uniform(0, 2, (n_groups, 1, 1)) * y
    grid = [np.array(parts) / 20 for parts in product(range(21), repeat=n_groups) if sum(parts) == 20]

    def loss(weights):
        return squared_error_to(y)(np.tensordot(weights, groups, axes=1))

    found = (blend_weights(groups, squared_error_to(y)) - 0.1 / n_groups) / 0.9
    assert loss(found) <= min(map(loss, grid)) * (1 + 0.02)
    near = [weights for weights in grid if np.abs(weights - found).sum() < 0.11]
    assert loss(found) <= min(map(loss, near)) * (1 + 1e-9), "a step of 0.05 from one group to another helps"
    if n_groups == 2:
        np.testing.assert_allclose(found, min(grid, key=loss), atol=1e-12)


def test_no_weight_is_negative(rng):
    """Protects against extrapolation, where it has the smallest loss."""
    first, second = rng.normal(size=(2, 30, 1))
    weights = blend_weights(np.stack([first, second]), squared_error_to(2 * first - second))
    np.testing.assert_allclose(weights, [0.95, 0.05])


def test_blend_of_equal_or_unusable_groups_is_even(rng):
    groups = np.stack([rng.normal(size=(9, 2))] * 4)
    np.testing.assert_allclose(blend_weights(groups, lambda blend: float("nan")), 0.25)
    assert blend_weights(groups[:1], squared_error_to(groups[0])).tolist() == [1.0]
