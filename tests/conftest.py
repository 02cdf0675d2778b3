# SPDX-License-Identifier: BSD-3-Clause
"""What several test files share: the golden vectors, and a network's twin in the package."""

import inspect
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
import reference as ref

os.environ.setdefault("MPLBACKEND", "agg")  # pictures open no windows
SANITIZED = "libasan" in os.environ.get("LD_PRELOAD", "")  # as by `nox -s sanitize`
VECTORS = sorted((Path(__file__).parent / "vectors").glob("*.json"))


def not_sanitized(why):
    """A mark that leaves tests out under AddressSanitizer; the reason is shown."""
    return pytest.mark.skipif(SANITIZED, reason=f"under AddressSanitizer {why}")


def shown(value):
    """A test's name for the value, the same in every process, so that pytest-xdist can divide the tests."""
    return re.sub(r" at 0x\w+", "", str(value))


@pytest.fixture(autouse=True)
def same_numbers_each_time():
    """What random_state=None draws from, so that a test passes always or never."""
    np.random.seed(0)  # noqa: NPY002


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(params=VECTORS, ids=lambda path: path.stem)
def golden(request):
    """One golden case; its network as the oracle's layers, its lists as arrays."""
    case = json.loads(request.param.read_text())
    layers = zip(case["layers"], case["weights"], case["biases"], strict=True)
    case["layers"] = [
        ref.Layer(
            np.array(weights),
            np.array(biases),
            spec["activation"],
            np.array(spec["parameter"]) if spec["activation"] == "prelu" else spec["parameter"],
            spec["threshold"],
        )
        for spec, weights, biases in layers
    ]
    case["loss"] = ref.Loss(**case["loss"])
    case["x"], case["t"] = np.array(case["x"]), np.array(case["t"])
    given = case["sample_weight"]
    case["sample_weight"] = np.ones(len(case["x"])) if given is None else np.array(given)
    return case


def assert_same(actual, desired, tolerance=1e-12):
    """Lists of arrays (or None) equal up to a tolerance relative to each array's largest value."""
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


def parameters(model):
    """Weights, biases and slopes, copied, in one list: of a Network or of gradients."""
    every = [*model.weights, *model.biases, *model.slopes]
    return [None if p is None else np.array(p) for p in every]


def activation_of(layer):
    """The package's object for an oracle's layer."""
    import neuract as na

    default = na.activation(layer.activation)
    kind = type(default)
    if layer.activation == "prelu":
        return kind(shared=layer.slopes.size < layer.biases.size)
    if layer.parameter is None:
        return default
    return kind(**{next(iter(inspect.signature(kind).parameters)): layer.parameter})


def loss_object(loss):
    import neuract as na

    kind = na.losses.LOSSES[loss.name]
    return kind() if loss.parameter is None else kind(loss.parameter)


def twin(layers, loss, dtype="float64", **settings):
    """The package's network with the oracle's layers, loss and parameters."""
    import neuract as na

    dense = [na.Dense(layer.biases.size, activation_of(layer), threshold=layer.threshold) for layer in layers]
    net = na.Network(dense, loss=loss_object(loss), dtype=dtype, **settings)
    net.set_parameters(
        [layer.weights for layer in layers],
        [layer.biases for layer in layers],
        [layer.slopes for layer in layers],
    )
    return net


def assert_golden_gradients(gradients, golden):
    """Loss and gradients, of the package or of the oracle, are PyTorch's."""
    assert gradients.loss == pytest.approx(golden["mean_loss"], rel=1e-12)
    for kind, desired in golden["gradients"].items():
        assert_same([g for g in getattr(gradients, kind) if g is not None], desired)


# The optimizers of the golden vectors, and after how many steps.
golden_steps = pytest.mark.parametrize(
    ("name", "steps"),
    [("sgd", 1), ("momentum", 3), *((n, k) for n in ("nesterov", "adam", "adamw") for k in (1, 3))],
)
