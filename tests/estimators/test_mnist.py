# SPDX-License-Identifier: BSD-3-Clause
"""MNIST: a plain network reaches the known accuracy."""

import numpy as np
import pytest

import neuract as na
from oracle.paths import ROOT

MNIST = ROOT.parent / "shared" / "data" / "mnist.npz"


@pytest.fixture(scope="module")
def mnist():
    """60,000 rows and targets for training, 10,000 for testing; pixels are between 0 and 1."""
    if not MNIST.exists():
        pytest.skip(f"MNIST is not here: {MNIST}")
    with np.load(MNIST) as data:
        X, y = np.divide(data["X"], 255, dtype="float32"), data["y"]
    return X[:60000], y[:60000], X[60000:], y[60000:]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ten_epochs_read_the_digits(mnist, seed):
    X, y, X_test, y_test = mnist
    layers = [na.Dense(256), na.Dense(128), na.Dense(10, "softmax")]
    net = na.Network(layers, batch_size=128, epochs=10, dtype="float32", random_state=seed)
    accuracy = np.mean(net.fit(X, y).predict(X_test).argmax(axis=1) == y_test)
    assert accuracy >= 0.978
