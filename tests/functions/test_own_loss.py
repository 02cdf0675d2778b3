# SPDX-License-Identifier: BSD-3-Clause
"""Losses that the user writes as functions of NumPy arrays."""

import pickle

import numpy as np
import pytest

import neuract as na
from oracle import reference as ref
from oracle.comparisons import assert_same_bits, central_differences
from oracle.twins import parameters, twin


def squared_error(y_true, y_pred):
    r = y_pred - y_true
    return 0.5 * (r * r).sum(axis=1), r


def log_cosh(y_true, y_pred):
    r = y_pred - y_true
    return np.log(np.cosh(r)).sum(axis=1), np.tanh(r)


@pytest.fixture
def data(rng):
    x = rng.normal(size=(2500, 4))
    return x, np.stack([x[:, 0] * x[:, 1], np.sin(x[:, 2])], axis=1), rng.uniform(0, 2, 2500) * (rng.random(2500) > 0.1)


def network(loss, output="linear", **settings):
    settings = {"epochs": 2, "random_state": 0, "dtype": "float64"} | settings
    return na.Network([na.Dense(9, na.PReLU()), na.Dense(2, output)], loss=loss, **settings)


@pytest.mark.filterwarnings("ignore:the fit has ended:neuract.TrainingWarning")  # the sigmoid cannot reach the targets
@pytest.mark.parametrize("output", ["linear", "sigmoid", na.PReLU(shared=True)])
@pytest.mark.parametrize("batch_size", [7, 200, 1500])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_trains_as_the_same_loss_of_the_core(output, batch_size, dtype, data):
    """Protects order, weights, chunks of a batch and the output's slope: same arithmetic, so same bits."""
    settings = {"output": output, "batch_size": batch_size, "dtype": dtype, "epochs": 1 if batch_size == 7 else 3}
    theirs, own = (network(loss, **settings).fit(*data) for loss in ("squared_error", squared_error))
    assert_same_bits(parameters(own), parameters(theirs))
    assert own.history_["loss"] == pytest.approx(theirs.history_["loss"], rel=1e-6)


def test_gradients_against_differences(rng):
    """Protects net.gradients and net.loss, including the slopes of a PReLU output."""
    layers = ref.glorot(3, [5, 2], ["tanh", "prelu"], np.random.RandomState(0))
    layers[1].parameter = np.array([-0.3, 0.6])
    net = twin(layers, ref.Loss("squared_error"))
    own = na.Network(net.layers, loss=log_cosh, dtype="float64").set_parameters(net.weights, net.biases, net.slopes)
    x, t = rng.normal(size=(30, 3)), rng.normal(size=(30, 2))
    expected = log_cosh(t, own.predict(x))[0].mean()
    assert own.loss(x, t) == pytest.approx(expected, rel=1e-12)
    for analytic, desired in zip(parameters(own.gradients(x, t)), central_differences(own, x, t), strict=True):
        assert (analytic is None) == (desired is None)
        if desired is not None:
            np.testing.assert_allclose(analytic, desired, rtol=1e-7, atol=1e-10)


def test_lbfgs_minimizes_it(data):
    x, y, weights = data
    settings = {"optimizer": "lbfgs", "epochs": 30}
    theirs, own = (network(loss, **settings).fit(x, y, weights) for loss in ("squared_error", squared_error))
    np.testing.assert_allclose(own.predict(x), theirs.predict(x), rtol=0, atol=1e-6)


def test_what_the_function_gets(data):
    """It gets at most 1,024 rows of a batch, arrays that it may keep, and the caller's floating-point state."""
    seen = []

    def watching(y_true, y_pred):
        assert y_true.shape == y_pred.shape
        assert y_true.dtype == y_pred.dtype == np.float32
        assert np.float32(np.finfo(np.float32).tiny) / np.float32(2) > 0
        seen.append((y_true, y_true.copy()))
        return squared_error(y_true, y_pred)

    x, y, weights = data
    network(watching, batch_size=2400, epochs=1, dtype="float32", shuffle=False).fit(x, y, weights)
    assert [len(y_true) for y_true, _ in seen] == [1024, 1024, 352, 100]
    assert all(np.array_equal(y_true, then) for y_true, then in seen)
    np.testing.assert_array_equal(np.concatenate([y_true for y_true, _ in seen]), y.astype(np.float32))


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
@pytest.mark.parametrize("what", ["partial_fit", "gradients", "lbfgs"])
def test_an_exception_ends_the_run_and_leaves_the_network(error, what, data):
    """Protects the parameters, which a failing epoch may have moved; training works again afterwards."""
    calls = 0

    def failing(y_true, y_pred):
        nonlocal calls
        calls += 1
        if calls == 3:
            raise error("in the third call")
        return squared_error(y_true, y_pred)

    x, y, _ = data
    settings = {"optimizer": "lbfgs"} if what == "lbfgs" else {}
    net = network(failing, **settings)
    calls = -1000
    net.fit(x[:50], y[:50])
    before, calls = parameters(net), 0
    with pytest.raises(error, match="in the third call"):
        {"partial_fit": net.partial_fit, "gradients": net.gradients, "lbfgs": net.fit}[what](x, y)
    assert calls == 3
    if what != "lbfgs":  # lbfgs starts afresh
        assert_same_bits(parameters(net), before)
    assert all(np.isfinite(p).all() for p in parameters(net) if p is not None)
    assert net.loss(x, y) == pytest.approx(squared_error(y, net.predict(x))[0].mean())


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda y, p: 0.5 * (p - y) ** 2, TypeError, r"wrong must return a tuple \(values, gradient\), got array"),
        (lambda y, p: (p - y, p - y), ValueError, r"shape \(30,\) and .* shape \(30, 2\), got \(30, 2\) and \(30, 2\)"),
        (lambda y, p: (p[:, 0], p[:, 0]), ValueError, r"got \(30,\) and \(30,\)"),
        (lambda y, p: (p[:9, 0], p), ValueError, r"got \(9,\) and \(30, 2\)"),
        (lambda y, p: (["a"] * 30, p), ValueError, "could not convert string to float"),
    ],
)
def test_what_the_function_must_return(wrong, error, words, data):
    wrong.__name__ = "wrong"
    with pytest.raises(error, match=words):
        network(wrong).fit(data[0][:30], data[1][:30])


def test_nan_is_divergence(data):
    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
        network(lambda y, p: (p[:, 0] * np.nan, p)).fit(*data)


def brier(y_true, y_pred):
    """Brier 1950."""
    r = y_pred - y_true
    return (r * r).sum(axis=1), 2 * r


def cross_entropy(y_true, y_pred):
    return -(y_true * np.log(y_pred)).sum(axis=1), -y_true / y_pred


def test_softmax_with_the_log_loss_as_the_core_trains_it(data):
    """Protects the backward pass through softmax, the classes as columns, and the weights of rows."""
    x, y, weights = data
    classes = (y > 0).sum(axis=1)
    layers = [na.Dense(9, "tanh"), na.Dense(3, "softmax")]
    settings = {"epochs": 3, "batch_size": 1500, "random_state": 0, "dtype": "float64"}
    theirs, own = (na.Network(layers, loss=loss, **settings) for loss in ("log_loss", cross_entropy))
    theirs.fit(x, classes, weights)
    own.fit(x, np.eye(3)[classes], weights)
    for part, expected in zip(parameters(own), parameters(theirs), strict=True):
        assert expected is None or part == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert own.history_["loss"] == pytest.approx(theirs.history_["loss"], rel=1e-9)


def test_softmax_gradients_against_differences(data):
    x, y, _ = data
    net = na.Network([na.Dense(4, "softmax")], loss=brier, random_state=0, epochs=1, dtype="float64")
    classes = (y > 0).sum(axis=1)[:30]
    net.fit(x[:30], classes)
    for analytic, desired in zip(
        parameters(net.gradients(x[:30], classes)), central_differences(net, x[:30], classes), strict=True
    ):
        assert (analytic is None) == (desired is None)
        if desired is not None:
            np.testing.assert_allclose(analytic, desired, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("target", [lambda y: y[:, 0] > 0, lambda y: (y > 0).sum(axis=1), lambda y: y > 0])
def test_classifier(target, data):
    """Two classes, three, several labels a row."""
    x, y = data[0], target(data[1])
    model = na.MLPClassifier(loss=brier, max_iter=40, learning_rate_init=0.01, early_stopping=True, random_state=0)
    assert model.fit(x, y).score(x, y) > 0.85
    assert isinstance(model.network_.loss_function, na.OwnLoss)


def test_refused_where_it_cannot_work(data):
    with pytest.raises(TypeError, match=r"a function or a name; got the class Huber, write Huber\(\)"):
        network(na.Huber)


def test_copies_go_on(data):
    net = network(log_cosh).fit(*data)
    copied = pickle.loads(pickle.dumps(net))
    assert copied.loss_function == na.OwnLoss(log_cosh)
    assert_same_bits(parameters(copied.partial_fit(*data)), parameters(net.partial_fit(*data)))
