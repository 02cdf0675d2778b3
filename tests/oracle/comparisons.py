# SPDX-License-Identifier: BSD-3-Clause
"""Comparisons of arrays and gradients: within a tolerance, bit for bit, with PyTorch, with differences."""

import numpy as np
import pytest


def assert_same(actual, desired, tolerance=1e-12):
    """Assert that lists of arrays (or None) are equal, within a tolerance relative to each array's largest value."""
    assert len(actual) == len(desired)
    for a, d in zip(actual, desired, strict=True):
        if d is None:
            assert a is None
            continue
        scale = max(1e-3, np.abs(d).max(initial=0))
        np.testing.assert_allclose(a, d, rtol=0, atol=tolerance * scale)


def assert_same_bits(actual, desired):
    for a, d in zip(actual, desired, strict=True):
        assert (a is None) == (d is None)
        if d is not None:
            assert a.dtype == d.dtype
            assert a.shape == d.shape
            assert a.tobytes() == d.tobytes()


def assert_golden_gradients(gradients, golden):
    """Assert that loss and gradients, the package's or the oracle's, equal PyTorch's."""
    assert gradients.loss == pytest.approx(golden["mean_loss"], rel=1e-12)
    for kind, desired in golden["gradients"].items():
        assert_same(arrays_of(kind, getattr(gradients, kind)), desired)


def arrays_of(kind, parts):
    """The arrays of a kind of parameters or gradients, the package's or the oracle's, in a golden vector's order."""
    if kind != "inputs":
        return [p for p in parts if p is not None]
    arrays = [(name, p) for each in parts for name, p in each.items()]
    shapes = {"frequencies": (-1,), "phases": (-1,), "biases": (-1,)}
    return [p.reshape(shapes.get(name, p.shape[-2:])) for name, p in arrays]  # without the axis of Periodic's columns


def central_differences(net, x, t, h=1e-4):
    """d net.loss / d every parameter, by the five-point formula: its error is of order h⁴."""
    middle = [net.weights, net.biases, net.slopes]
    middle = [[None if p is None else np.array(p) for p in kind] for kind in middle]
    numeric: list[np.ndarray | None] = []
    for p in (p for kind in middle for p in kind):
        if p is None:
            numeric.append(None)
            continue
        dp = np.zeros_like(p)
        for i in np.ndindex(p.shape):
            centre, at = p[i], []
            for p[i] in (centre + 2 * h, centre + h, centre - h, centre - 2 * h):
                net.set_parameters(*middle)
                at.append(net.loss(x, t))
            p[i], dp[i] = centre, (8 * (at[1] - at[2]) - (at[0] - at[3])) / (12 * h)
        numeric.append(dp)
    net.set_parameters(*middle)
    return numeric
