# SPDX-License-Identifier: BSD-3-Clause
"""Model files: what comes back is what went in, to the bit."""

import numpy as np
import pytest

import neuract as na


@pytest.fixture
def data(rng):
    X = rng.standard_normal((90, 3))
    return X, X[:, 0] * X[:, 1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_resumes_training_from_its_file(dtype, data, tmp_path):
    layers = [na.Dense(8, na.PReLU(), threshold=0.1, dropout=0.2), na.Dense(1, "linear")]
    net = na.Network(layers, dtype=dtype, batch_size=32, epochs=3, random_state=0).fit(*data)
    na.save(net, tmp_path / "net.safetensors", state=True)
    twin = na.load(tmp_path / "net.safetensors")
    assert twin.history_ == net.history_
    for _ in range(2):
        np.testing.assert_array_equal(twin.predict(data[0]), net.predict(data[0]), strict=True)
        twin.partial_fit(*data)
        net.partial_fit(*data)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_classifier_comes_back(data, tmp_path):
    X, y = data
    model = na.MLPClassifier(max_iter=3, random_state=0).fit(X, np.where(y > 0, "up", "down"))
    model.save(tmp_path / "model.safetensors")
    twin = na.load(tmp_path / "model.safetensors")
    assert isinstance(twin, na.MLPClassifier)
    assert twin.get_params() == model.get_params()
    np.testing.assert_array_equal(twin.classes_, model.classes_, strict=True)
    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X), strict=True)
