# SPDX-License-Identifier: BSD-3-Clause
"""The oracle itself agrees with PyTorch's golden vectors to 1e-12 and with central differences."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from oracle import reference as ref
from oracle.comparisons import arrays_of, assert_golden_gradients, assert_same
from oracle.marks import golden_steps

OPTIMIZERS = {
    "sgd": {"name": "sgd", "momentum": 0.0, "nesterov": False},
    "momentum": {"name": "sgd", "nesterov": False},
    "nesterov": {"name": "sgd"},
    "adam": {"name": "adam"},
    "adamw": {"name": "adamw", "weight_decay": 0.05},
}


def gradients(case):
    return ref.gradients(*(case[k] for k in ("layers", "loss", "x", "t", "sample_weight", "inputs")))


def test_forward(golden):
    """Protects the definition of every activation, of the threshold and of every input."""
    numbers = ref.encoded(golden["inputs"], golden["x"])[1]
    assert_same(ref.forward(golden["layers"], numbers), golden["forward"])


def test_loss_and_gradients(golden):
    """Protects every loss and the backward pass against an independent autograd."""
    assert_golden_gradients(gradients(golden), golden)


@golden_steps
def test_steps(golden, name, steps):
    """Protects each optimizer's formula, its decay and the L2 penalty over several steps."""
    layers, loss, x, t = (golden[k] for k in ("layers", "loss", "x", "t"))
    optimizer = ref.Optimizer(learning_rate=0.01, **OPTIMIZERS[name])
    for _ in range(steps):
        order, weight = np.arange(len(x)), golden["sample_weight"]
        ref.epoch(layers, loss, optimizer, x, t, order, len(x), weight, golden["alpha"], inputs=golden["inputs"])
    after = golden["after_one_step" if steps == 1 else "after_three_steps"][name]
    for kind, desired in after.items():
        parts = [k.learned for k in golden["inputs"]] if kind == "inputs" else [getattr(k, kind) for k in layers]
        assert_same(arrays_of(kind, parts), desired)


def test_central_differences(golden):
    """Protects the gradients against a mistake that the PyTorch script and the oracle share."""
    g, h = gradients(golden), 1e-5
    for p, analytic in learned(golden, g):
        numeric = np.zeros_like(p)
        for i in np.ndindex(p.shape):
            middle, loss = p[i], []
            for p[i] in (middle + h, middle - h):
                loss.append(gradients(golden).loss)
            p[i], numeric[i] = middle, (loss[0] - loss[1]) / (2 * h)
        np.testing.assert_allclose(analytic, numeric, rtol=1e-7, atol=1e-9)


def learned(golden, g):
    """Every array of parameters, with its gradient."""
    for kind in ("weights", "biases", "slopes"):
        for layer, analytic in zip(golden["layers"], getattr(g, kind), strict=True):
            if analytic is not None:
                yield getattr(layer, kind), analytic
    for each, analytic in zip(golden["inputs"], g.inputs, strict=True):
        yield from ((each.learned[name], dp) for name, dp in analytic.items())


def test_nan_is_passed_on():
    """Protects NaN: it is not below any threshold, so no threshold hides it."""
    layer = ref.Layer(np.eye(1), np.zeros(1), "linear", 1.0, threshold=0.5)
    x = np.array([[np.nan], [0.4], [0.5], [0.6]])
    np.testing.assert_array_equal(layer(x), [[np.nan], [0], [0.5], [0.6]])
    np.testing.assert_array_equal(ref.fired([layer], x)[0], [[True], [False], [True], [True]])


def test_glorot_factor_of_output_is_that_of_last_hidden():
    """Protects scikit-learn's factor: 2 in a logistic network, its output layer included."""
    for hidden, factor in (("sigmoid", 2), ("relu", 6)):
        layers = ref.glorot(50, [40, 60], [hidden, "linear"], np.random.RandomState(0))
        for layer in layers:
            bound = np.sqrt(factor / sum(layer.weights.shape))
            assert 0.98 * bound < np.abs(layer.weights).max() <= bound


@pytest.mark.parametrize(("hidden", "theirs"), [("relu", "relu"), ("sigmoid", "logistic")])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_trains_as_scikit_learn(hidden, theirs, optimizer, rng):
    """Protects initial weights, batch order, L2 and the loss curve: scikit-learn's."""
    x, t = rng.normal(size=(50, 4)), rng.normal(size=50)
    settings = {"alpha": 0.3, "batch_size": 16, "max_iter": 4, "random_state": 3}
    mlp = MLPRegressor(hidden_layer_sizes=(7, 5), activation=theirs, solver=optimizer, **settings)
    with pytest.warns(ConvergenceWarning):
        mlp.fit(x, t)
    random, order, stepper = np.random.RandomState(3), np.arange(50), ref.Optimizer(optimizer)
    layers = ref.glorot(4, [7, 5, 1], [hidden, hidden, "linear"], random)
    for loss in mlp.loss_curve_:
        order = order[random.permutation(50)]
        ours = ref.epoch(layers, ref.Loss("squared_error"), stepper, x, t, order, 16, alpha=0.3)
        assert ours == pytest.approx(loss, rel=1e-12)
    assert_same([layer.weights for layer in layers], mlp.coefs_)
    assert_same([layer.biases for layer in layers], mlp.intercepts_)
