# SPDX-License-Identifier: BSD-3-Clause
"""The state of a Network: after a failed fit, in copies, during callbacks, from call to call."""

import copy
import pickle

import numpy as np
import pytest
from scipy.sparse import csr_array

import neuract as na


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((90, 3))
    return X, X[:, 0] * X[:, 1]


def network(*hidden, **settings):
    layers = [*(hidden or (na.Dense(8, "tanh"), na.Dense(5, na.PReLU()))), na.Dense(1, "linear")]
    return na.Network(layers, **{"batch_size": 32, "epochs": 3, "random_state": 0} | settings)


def parameters(net):
    return [array.copy() for array in (*net.weights, *net.biases, *net.slopes) if array is not None]


def same(net, expected):
    return all(map(np.array_equal, parameters(net), expected))


COPIES = {
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_copy_goes_on_as_the_original_would(copied, optimizer, data):
    net = network(na.Dense(8, dropout=0.2), optimizer=optimizer).fit(*data)
    twin = copied(net)
    assert same(twin, parameters(net))
    assert twin.history_ == net.history_
    twin.partial_fit(*data)
    assert not same(twin, parameters(net)), "a copy shares parameters"
    net.partial_fit(*data)
    assert same(twin, parameters(net)), "optimizer, generator or dropout state was lost"
    assert twin.history_ == net.history_


def test_a_network_that_is_not_fitted_copies_too(data):
    twin = pickle.loads(pickle.dumps(network()))
    assert same(twin.fit(*data), parameters(network().fit(*data)))


def test_diverged_training_is_undone_and_can_go_on(data):
    X, y = data
    net = network().fit(X, y)
    before = parameters(net)
    with pytest.raises(ValueError, match=r"^Solver produced non-finite parameter weights .* epoch 4; .*learning_rate"):
        net.partial_fit(X * 1e30, y * 1e30)
    assert same(net, before)
    net.partial_fit(X, y)
    assert np.isfinite(net.predict(X)).all()
    assert len(net.history_["loss"]) == 4


def test_divergence_in_the_last_step_is_noticed(data):
    X, y = data
    net = network(optimizer=na.SGD(momentum=0.9), learning_rate=1e38, batch_size=len(X), epochs=1)
    with pytest.raises(ValueError, match="non-finite parameter weights"):
        net.fit(X * 1e6, y * 1e6)
    assert np.isfinite(net.predict(X)).all()


def test_a_fit_that_cannot_start_leaves_everything(data):
    net = network().fit(*data)
    before, history = parameters(net), copy.deepcopy(net.history_)
    net.init = [np.ones((2, 8))], [np.ones(8)]
    with pytest.raises(ValueError, match="weights must have one array"):
        net.fit(*data)
    assert same(net, before)
    assert net.history_ == history


@pytest.mark.parametrize("name", ["layers", "alpha", "batch_size", "optimizer", "loss_function", "dtype", "n_threads"])
def test_settings_that_the_core_took_over_cannot_be_changed(name):
    net = network()
    with pytest.raises(AttributeError, match=f"{name} cannot be changed"):
        setattr(net, name, getattr(net, name))


def test_a_layer_cannot_be_changed():
    with pytest.raises(AttributeError, match="cannot be changed"):
        na.Dense(3).units = 4


def test_layers_are_equal_by_value():
    assert na.Dense(3, "relu", threshold=[1, 2, 3]) == na.Dense(3, na.ReLU(), threshold=np.array([1.0, 2, 3]))
    assert hash(na.Dense(3)) == hash(na.Dense(3))
    assert na.Dense(3) != na.Dense(3, threshold=0)


# ---- callbacks ---------------------------------------------------------------------------------


class Recorder:
    def __init__(self, stop_after=None):
        self.calls, self.stop_after = [], stop_after

    def on_fit_begin(self, net):
        self.calls.append("begin")

    def on_epoch_end(self, net, epoch, logs):
        assert logs["loss"] == net.history_["loss"][epoch]
        self.calls.append(epoch)
        return epoch == self.stop_after

    def on_fit_end(self, net):
        self.calls.append("end")


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_callbacks_hear_of_the_fit_and_can_stop_it(optimizer, data):
    recorder, epochs = Recorder(stop_after=1), []
    net = network(callbacks=[recorder, lambda net, epoch, logs: epochs.append(epoch)], epochs=9, optimizer=optimizer)
    net.fit(*data)
    assert recorder.calls == ["begin", 0, 1, "end"]
    assert epochs == [0, 1]
    assert len(net.history_["loss"]) == 2


@pytest.mark.parametrize("bad", [[3], 3, "stop", na.callbacks.ProgressBar])
def test_callbacks_that_are_none_are_refused(bad):
    with pytest.raises(TypeError, match="callback"):
        network(callbacks=bad)


def test_verbose_prints_a_line_an_epoch(data, capsys):
    network(verbose=True).fit(*data)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["Iteration 1", "Iteration 2", "Iteration 3"]


# ---- lbfgs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.1, 0.5])
def test_lbfgs_ends_where_the_gradient_is_small(alpha, data):
    optimizer = na.LBFGS(tol=1e-6)
    net = network(na.Dense(4, "tanh"), optimizer=optimizer, dtype="float64", epochs=5000, alpha=alpha).fit(*data)
    gradients = net.gradients(*data)
    by_weights = [dw + alpha / len(data[0]) * w for dw, w in zip(gradients.weights, net.weights, strict=True)]
    assert max(np.abs(g).max() for g in (*by_weights, *gradients.biases)) < 1e-3
    assert net.history_["loss"][-1] < 0.2 * net.history_["loss"][0]


def test_lbfgs_that_is_interrupted_keeps_the_last_iteration(data):
    kept = []

    def interrupt(net, epoch, logs):
        kept.append(parameters(net))
        if epoch == 3:
            raise KeyboardInterrupt

    net = network(optimizer="lbfgs", callbacks=[interrupt], epochs=50)
    with pytest.raises(KeyboardInterrupt):
        net.fit(*data)
    assert same(net, kept[-1])


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("learning_rate", np.float32(0.25), 0.25),
        ("learning_rate", 1, 1.0),
        ("epochs", np.int64(2), 2),
        ("verbose", 1, True),
        ("shuffle", 0, False),
    ],
)
def test_a_setting_is_checked_where_it_changes_too(name, value, kept, data):
    net = network().fit(*data)
    setattr(net, name, value)
    assert (getattr(net, name), type(getattr(net, name))) == (kept, type(kept))
    assert getattr(pickle.loads(pickle.dumps(net)), name) == kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", -1.0),
        ("learning_rate", np.nan),
        ("epochs", 1.5),
        ("init", "he"),
        ("random_state", -1),
        ("callbacks", 3),
        ("callbacks", [3]),
    ],
)
def test_a_setting_that_is_none_is_refused_and_left(name, value, data):
    net = network()
    before = getattr(net, name)
    with pytest.raises((ValueError, TypeError), match=name.removesuffix("s")):
        setattr(net, name, value)
    assert getattr(net, name) == before


def test_callbacks_may_be_given_later(data):
    net, epochs = network(), []
    net.callbacks = [lambda network, epoch, logs: epochs.append(epoch)]
    net.fit(*data)
    assert epochs == [0, 1, 2]


def test_lbfgs_refuses_what_it_cannot_do(data):
    with pytest.raises(ValueError, match="dropout"):
        network(na.Dense(4, dropout=0.1), optimizer="lbfgs")
    with pytest.raises(ValueError, match="partial_fit"):
        network(optimizer="lbfgs").partial_fit(*data)


# ---- sample weights ----------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["poisson", "squared_error"])
@pytest.mark.parametrize("hidden", [[], [na.Dense(3, "exponential")]], ids=["output", "hidden"])
@pytest.mark.parametrize("form", [np.asarray, csr_array], ids=["dense", "sparse"])
def test_a_row_without_weight_has_no_part_even_where_its_loss_is_infinite(loss, hidden, form, data):
    """Also where its outputs, their slopes or the outputs of hidden neurons are infinite."""
    X, y = data
    X, weights = X.copy(), np.ones(len(X))
    X[7] *= 1e4
    X[8] = -X[7]
    weights[[7, 8]] = 0
    whole, rest = (
        na.Network([*hidden, na.Dense(1, "exponential")], loss=loss, random_state=0, shuffle=False, epochs=20)
        for _ in range(2)
    )
    whole.fit(form(X), y**2, weights)
    assert not np.isfinite(whole.predict(X[[7, 8]])).all()
    without = np.delete(np.arange(len(X)), [7, 8])
    rest.fit(X[without], y[without] ** 2)
    np.testing.assert_allclose(whole.weights[0], rest.weights[0], rtol=1e-4)


@pytest.mark.parametrize("scale", [1e-39, 1e37])
def test_weights_that_would_leave_float32_are_refused(scale, data):
    with pytest.raises(ValueError, match="divide them by their mean"):
        network().fit(*data, np.full(len(data[0]), scale))


# ---- text and masked values --------------------------------------------------------------------


@pytest.mark.parametrize(
    "X",
    [
        np.array([["1", "2", "3"]] * 4, dtype=object),
        np.ma.masked_array(np.ones((4, 3)), mask=np.eye(4, 3)),
    ],
    ids=["numbers as text", "masked"],
)
def test_text_and_masked_values_are_no_numbers(X):
    with pytest.raises(ValueError, match=r"numbers as text|masked"):
        network().fit(X, np.ones(4))


def test_numbers_of_mixed_types_are_numbers(data):
    X, y = data
    assert same(network().fit(X.astype(object), y), parameters(network().fit(X, y)))
