# SPDX-License-Identifier: BSD-3-Clause
"""Extreme numbers in users' data: a correct result, or an error that names the value."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import neuract as na

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

METHODS = ("fit", "partial_fit", "predict", "forward", "gradients")


def network(**settings):
    layers = [na.Dense(6, "relu"), na.Dense(1, "linear")]
    return na.Network(layers, **{"epochs": 3, "random_state": 0} | settings)


def classifier(**settings):
    return na.MLPClassifier(**{"hidden_layer_sizes": 6, "max_iter": 5, "random_state": 0} | settings)


def regressor(**settings):
    return na.MLPRegressor(**{"hidden_layer_sizes": 6, "max_iter": 5, "random_state": 0} | settings)


@pytest.fixture
def X(rng):
    return rng.standard_normal((30, 4))


# ---- not finite, too large, too small ------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "named"), [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity"), (1e39, "too large for float32")]
)
@pytest.mark.parametrize("method", METHODS)
def test_inputs_that_are_not_finite_are_named(X, number, named, method):
    net = network().fit(X, X[:, 0])
    X[7, 2] = number
    arguments = (X, X[:, 0]) if method in ("fit", "partial_fit", "gradients") else (X,)
    with pytest.raises(ValueError, match=f"X contains .*{named}.*row 7, column 2"):
        getattr(net, method)(*arguments)


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e39])
def test_targets_and_weights_that_are_not_finite_are_named(X, number):
    bad = X[:, 0].copy()
    bad[7] = number
    with pytest.raises(ValueError, match=r"y contains .*row 7"):
        network().fit(X, bad)
    with pytest.raises(ValueError, match=r"sample_weight contains .*row 7"):
        network().fit(X, X[:, 0], np.abs(bad))


@pytest.mark.parametrize("make", [classifier, regressor])
def test_estimators_name_what_is_not_finite(X, make):
    X[7, 2] = np.nan
    with pytest.raises(ValueError, match="X contains NaN"):
        make().fit(X, X[:, 0] > 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_predictions_of_huge_numbers_are_what_the_formula_gives(X, dtype):
    net = network(dtype=dtype).fit(X, X[:, 0])
    weights, biases = net.weights, net.biases
    X = np.full((1, 4), 1e38, dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        z = X.astype(np.float64) @ weights[0] + biases[0]
        expected = np.maximum(z, 0) @ weights[1] + biases[1]
    y = net.predict(X)
    fits = np.abs(expected) < np.finfo(dtype).max
    np.testing.assert_allclose(y[fits], expected[fits], rtol=1e-4)
    assert not np.isnan(net.predict(X / 1e30)).any()


def test_huge_numbers_diverge_with_a_message_or_are_learned(X):
    y = X[:, 0]
    with pytest.raises(ValueError, match=r"in epoch 1; that epoch was undone\. Scale X"):
        network().fit(X * 1e38, y)
    with pytest.raises(ValueError, match=r"in epoch 1; that epoch was undone\. Scale X"):
        network().fit(X, y * 1e38)


@pytest.mark.parametrize("make", [network, regressor])
@pytest.mark.parametrize("rate", [1e10, 1e38])
def test_a_learning_rate_that_diverges_is_named(X, make, rate):
    name = "learning_rate" if make is network else "learning_rate_init"
    settings = {"solver": "sgd"} if make is not network else {"optimizer": "sgd"}
    model = make(**settings, **{name: rate})
    with pytest.raises(ValueError, match=rf"non-finite .*lower {name} \({rate:g}\)".replace("+", r"\+")):
        model.fit(X, X[:, 0])


def test_a_last_step_that_diverges_is_seen(X):
    """The loss has not seen the new parameters, because the epoch is one step."""
    net = network(optimizer="sgd", learning_rate=1e38)
    with pytest.raises(ValueError, match="non-finite parameter weights or loss in epoch 1"):
        net.partial_fit(1e10 * X, X[:, 0])
    assert all(np.isfinite(weights).all() for weights in net.weights)


def test_a_classifier_whose_loss_stays_finite_has_finite_weights(X):
    model = classifier(solver="sgd", learning_rate_init=1e10).fit(X, X[:, 0] > 0)
    assert all(np.isfinite(array).all() for array in (*model.coefs_, *model.intercepts_))
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_subnormal_inputs_count_as_zero(X):
    tiny = np.full((3, 4), 1e-40, np.float32)
    net = network().fit(X, X[:, 0]).set_parameters(biases=[np.zeros(6), np.zeros(1)])
    assert not net.predict(tiny).any()
    assert np.isfinite(network().fit(tiny, [0.0, 1.0, 2.0]).history_["loss"]).all()


# ---- few, many and equal -------------------------------------------------------------------------


def test_constant_columns_teach_nothing_wrong(X):
    X[:, 1] = 3
    model = regressor(max_iter=200).fit(X, X[:, 0])
    assert model.score(X, X[:, 0]) > 0.5


@pytest.mark.parametrize("X", [np.ones((1, 1)), np.ones((1, 4)), np.arange(30.0)[:, np.newaxis] / 30])
def test_one_row_and_one_feature(X):
    net = network(epochs=500, learning_rate=0.03).fit(X, X[:, 0])
    np.testing.assert_allclose(net.predict(X)[:, 0], X[:, 0], atol=0.05)
    assert regressor().fit(X, X[:, 0]).predict(X).shape == (len(X),)


def test_one_class(X):
    model = classifier().fit(X, np.full(30, "only"))
    assert (model.predict(X) == "only").all()
    assert np.array_equal(model.predict_proba(X), np.ones((30, 1)))


def test_a_hundred_thousand_features(rng):
    X = rng.standard_normal((8, 100_000)).astype(np.float32)
    model = classifier(max_iter=20).fit(X, np.arange(8) % 2)
    assert model.score(X, np.arange(8) % 2) == 1
    assert model.coefs_[0].shape == (100_000, 6)


def test_rows_without_weight_do_not_count(X, rng):
    weights = np.repeat([1.0, 0.0], 15)
    other = X.copy()
    other[15:] = rng.choice([-3e38, 3e38], (15, 4))  # their sums overflow
    ours, theirs = (network(shuffle=False, batch_size=30).fit(x, X[:, 0], weights) for x in (X, other))
    assert all(map(np.array_equal, ours.weights, theirs.weights))


@pytest.mark.parametrize("make", [network, classifier, regressor])
def test_weights_that_are_all_zero_are_named(X, make):
    with pytest.raises(ValueError, match="Sample weights must contain at least one non-zero number"):
        make().fit(X, X[:, 0] > 0, np.zeros(30))


# ---- labels --------------------------------------------------------------------------------------

LABELS = {
    "str": np.array(["no", "yes"]),
    "bool": np.array([False, True]),
    "object": np.array(["no", "yes"], object),
    "int": np.array([-3, 2**40]),
    "categorical": pd.Categorical(["no", "yes"]),
    "ordered categorical": pd.Categorical(["low", "high"], ["low", "high"], ordered=True),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_of_any_kind_come_back(X, labels):
    y = labels.take((X[:, 0] > 0).astype(int))
    given = pd.Series(y) if isinstance(labels, pd.Categorical) else y
    model = classifier(max_iter=200, learning_rate_init=0.02).fit(X, given)
    assert set(model.classes_) == set(labels)
    assert (np.asarray(model.predict(X)) == np.asarray(y)).mean() > 0.9


def test_labels_of_bytes_are_refused_by_name(X):
    with pytest.raises(TypeError, match="labels represented as bytes"):
        classifier().fit(X, np.array([b"no", b"yes"]).take((X[:, 0] > 0).astype(int)))


# ---- the caller's floating-point state -----------------------------------------------------------

TRAPS = """
import ctypes, sys
import numpy as np
import scipy.sparse  # it computes at its import
libm = ctypes.CDLL("libm.so.6")
DIVIDE, INVALID, OVERFLOW, UNDERFLOW = 4, 1, 8, 16
UPWARD = 0x800
if {traps}:
    libm.feenableexcept(DIVIDE | INVALID | OVERFLOW | UNDERFLOW)
libm.fesetround({rounding})

def control():  # of x87 and of SSE, without SSE's flags: fegetround and fegetexcept tell x87's alone
    environment = (ctypes.c_uint32 * 8)()
    libm.fegetenv(environment)
    return environment[0] & 0xFFFF, environment[7] & 0xFFC0

before = control()
assert (before[1] >> 13 & 3, before[1] & 0x200 == 0) == ({rounding} >> 10, {traps}), "what was set"

import neuract as na
assert control() == before, "import"
assert sys.float_info.min / 2 > 0 and np.float64(5e-324) * 1 > 0 if not {traps} else True

X = np.random.default_rng(0).standard_normal((300, 5)).astype(np.float32)
X[0] = 1e-30
y = np.abs(X[:, :1])
layers = [na.Dense(16, "sigmoid", threshold=0.1), na.Dense(1, "exponential")]
net = na.Network(layers, loss="poisson", epochs=3, alpha=0.1, random_state=0, n_threads=2)
huge = np.full((3, 5), 3e38, np.float32)  # sums of these overflow
for call in (
    lambda: net.fit(X, y), lambda: net.partial_fit(X, y), lambda: net.predict(X), lambda: net.predict(X[:1]),
    lambda: net.predict(huge), lambda: net.forward(huge), lambda: net.fired(huge), lambda: net.loss(X, y),
    lambda: net.gradients(X, y), lambda: net.predict(scipy.sparse.csr_array(X)),
    lambda: net.set_parameters(net.weights), lambda: na.activation("tanh")(huge),
    lambda: na.activation("softmax")(huge), lambda: na.activation("log_sigmoid")(-huge),
):
    call()
    assert control() == before
print("as before")
"""


@pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="these are x86-64 Linux's bits")
@pytest.mark.parametrize(("traps", "rounding"), [(False, "UPWARD"), (True, "0")])
def test_the_callers_floating_point_state_is_left_alone(traps, rounding):
    script = TRAPS.format(traps=traps, rounding=rounding)
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout == "as before\n", (result.returncode, result.stderr)


# ---- subnormal numbers ---------------------------------------------------------------------------


def test_a_dead_network_has_no_subnormal_moments():
    """With a gradient of 0 Adam's first moments decay, and become subnormals for good unless they are flushed."""
    steps = 20_000
    net = na.Network([na.Dense(16, "relu"), na.Dense(1, "linear")], batch_size=1, shuffle=False, random_state=0)
    net.partial_fit(np.ones((50, 4)), np.ones(50))
    assert net.history_["loss"][0] > 0
    moments = [np.empty((4, 16), np.float32) for _ in range(2)]
    net._learner.session.trainer.get("first_moments", 0, "weights", moments[0])
    assert np.abs(moments[0]).max() > 1e-6
    net.set_parameters(biases=[np.full(16, -1e3), np.zeros(1)])  # dead: no neuron fires, every gradient is 0
    net.partial_fit(np.zeros((steps, 4)), np.ones(steps))
    assert net._learner.session.trainer.steps == steps + 50
    for array in ("first_moments", "second_moments"):
        for layer, shape in enumerate([(4, 16), (16, 1)]):
            found = np.empty(shape, np.float32)
            net._learner.session.trainer.get(array, layer, "weights", found)
            bits = found.view(np.uint32) & 0x7FFFFFFF
            assert not ((bits > 0) & (bits < 0x00800000)).any(), (array, layer)
