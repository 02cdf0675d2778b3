# SPDX-License-Identifier: BSD-3-Clause
"""na.diagnose: every number is the oracle's, planted faults are found, healthy networks give no warning."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import neuract as na
from neuract.inspection import Finding, _findings
from oracle import reference as ref
from oracle.comparisons import assert_same
from oracle.marks import not_sanitized
from oracle.twins import twin

dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])
ARRAYS = ("firing_share", "mean", "std", "saturated_share", "dead", "constant", "gradient_norms")
LIMITS = {"sigmoid": (0.01, 0.99), "tanh": (-0.98, 0.98), "hard_tanh": (-1, 1), "relu": (0, 1.5)}


def oracle_network(activations=("sigmoid", "relu", "hard_tanh", "prelu"), thresholds=None, seed=1):
    rng = np.random.default_rng(seed)
    layers = ref.glorot(6, [21] * len(activations) + [3], [*activations, "linear"], rng)
    for layer in layers:
        layer.weights *= 3
        if layer.activation == "relu":
            layer.parameter, layer.biases[::4] = 1.5, -100  # bounded, and some dead
        if layer.activation == "prelu":
            layer.parameter = rng.uniform(0, 1, layer.biases.shape)
    for number, threshold in (thresholds or {}).items():
        layers[number].threshold = threshold
    return layers


def findings(diagnosis, rule):
    return [finding for finding in diagnosis.warnings if finding.rule == rule]


def rules(diagnosis):
    return {finding.rule for finding in diagnosis.warnings}


def assert_diagnosed(diagnosis, layers, x, t, tolerance):
    """Every number, computed from the oracle's arrays."""
    gradients = ref.gradients(layers, ref.Loss("squared_error"), x, t)
    assert diagnosis.rows == len(x)
    assert diagnosis.loss == pytest.approx(gradients.loss, rel=1e3 * tolerance)
    columns = {"minimum": x.min(0), "maximum": x.max(0), "mean": x.mean(0), "std": x.std(0)}
    assert_same([getattr(diagnosis, f"input_{name}") for name in columns], list(columns.values()), tolerance)
    norms = []
    every = zip(diagnosis.layers, layers, ref.forward(layers, x), ref.fired(layers, x), strict=True)
    for number, (seen, layer, y, fired) in enumerate(every):
        of_neurons = np.vstack([gradients.weights[number], gradients.biases[number]])
        norms.append(np.linalg.norm(of_neurons))
        low, high = LIMITS.get(layer.activation, (-np.inf, np.inf))
        np.testing.assert_array_equal(seen.dead, ~fired.any(0))
        np.testing.assert_array_equal(seen.constant, np.ptp(y, axis=0) == 0)
        assert_same([seen.firing_share, seen.mean, seen.std], [fired.mean(0), y.mean(0), y.std(0)], tolerance)
        assert_same([seen.saturated_share], [((y <= low) | (y >= high)).mean(0)], tolerance)
        assert_same([seen.gradient_norms], [np.linalg.norm(of_neurons, axis=0)], 1e3 * tolerance)
        assert seen.gradient_norm == pytest.approx(norms[-1], rel=1e3 * tolerance)
        update = 1e-3 * np.linalg.norm(gradients.weights[number]) / np.linalg.norm(layer.weights)
        assert seen.update_ratio == pytest.approx(update, rel=1e3 * tolerance)
        assert_same([seen.slopes], [layer.slopes])
    assert diagnosis.gradient_ratio == pytest.approx(norms[-1] / norms[0], rel=1e3 * tolerance)


# Numbers.


@pytest.mark.parametrize("rows", [1, 15, 16, 17, 129, 1000, 5000])
def test_numbers_are_the_oracles(rows, rng):
    """Protects all statistics, with full and partial blocks, groups and slices of rows."""
    layers = oracle_network()
    x, t = rng.normal(1, 2, (rows, 6)), rng.normal(size=(rows, 3))
    x[:, 2] = 0.5
    assert_diagnosed(na.diagnose(twin(layers, ref.Loss("squared_error")), x, t), layers, x, t, 1e-12)


def test_a_neuron_that_passes_zero_on_may_fire(rng):
    """Protects thresholds: one of at most 0 passes a 0, which fires; one above 0 stops smaller values."""
    layers = oracle_network(("relu", "tanh"), thresholds={0: np.linspace(-0.1, 0.5, 21), 1: 0.3})
    x, t = rng.normal(size=(300, 6)), rng.normal(size=(300, 3))
    diagnosis = na.diagnose(twin(layers, ref.Loss("squared_error")), x, t)
    assert_diagnosed(diagnosis, layers, x, t, 1e-12)
    assert (diagnosis.layers[0].firing_share == 1).any()


def test_numbers_of_float32_with_a_far_mean(rng):
    """Protects the spread next to a mean 1e4 times as large, where float32 sums would lose it."""
    x = (1e4 + rng.normal(size=(3000, 2))).astype(np.float32)
    net = na.Network([na.Dense(2, "linear")]).set_parameters([np.eye(2)], [np.zeros(2)])
    diagnosis = na.diagnose(net, x)
    exact = x.astype(np.float64)
    for std, mean in [(diagnosis.input_std, diagnosis.input_mean), (diagnosis.layers[0].std, diagnosis.layers[0].mean)]:
        np.testing.assert_allclose(std, exact.std(0), rtol=1e-6)
        np.testing.assert_allclose(mean, exact.mean(0), rtol=1e-9)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_columns_whose_squares_overflow(form, rng):
    """Protects against columns of huge numbers named constant, and against numpy's warnings."""
    x = 1e200 * rng.normal(size=(40, 2)) * [[1, 0]] * (rng.random((40, 1)) < 0.8)
    net = na.Network([na.Dense(1, "linear")], dtype="float64").set_parameters([[[0.0], [0.0]]], [[0.0]])
    diagnosis = na.diagnose(net, form(x))
    np.testing.assert_array_equal(diagnosis.input_std, [np.inf, 0])
    np.testing.assert_allclose(diagnosis.input_mean, x.mean(0), rtol=1e-12)
    assert [finding.neurons for finding in findings(diagnosis, "unscaled_inputs")] == [(0,)]


@pytest.mark.parametrize("row", [0, 7, 150])
def test_neurons_that_overflow(row):
    """Protects against neurons that output an infinity or NaN in any row and are named constant or saturated."""
    layers = [na.Dense(1, "linear"), na.Dense(1, "linear")]
    net = na.Network(layers).set_parameters([[[3e38], [3e38]], [[0.0]]], [[0.0], [0.0]])
    x = np.zeros((200, 2), np.float32)
    x[row] = 3
    for layer in na.diagnose(net, x).layers:
        assert not np.isfinite([layer.mean, layer.std]).any()
        assert not layer.constant.any()
        assert not layer.saturated_share.any()


def test_slices_add_up(rng):
    """Protects the numbers over more rows than one call of the core takes."""
    layers = ref.glorot(3, [40, 40, 1], ["relu", "tanh", "linear"], rng)
    x = rng.normal(size=(700_000, 3))
    diagnosis = na.diagnose(twin(layers, ref.Loss("squared_error")), x)
    work = sum(layer.weights.size for layer in layers)
    assert len(x) * work > 2 * 5e8  # SLICE_WORK of the core
    y = ref.forward(layers, x)[1]
    assert_same([diagnosis.layers[1].mean, diagnosis.layers[1].std], [y.mean(0), y.std(0)])
    np.testing.assert_array_equal(diagnosis.input_maximum, x.max(0))


@dtypes
@pytest.mark.parametrize("as_sparse", [False, True], ids=["dense", "sparse"])
def test_threads_change_no_bit(dtype, as_sparse, rng):
    """Protects same bits for sums over slices of rows and over stored values."""
    x = rng.normal(size=(20_000, 30)) * (rng.random((20_000, 30)) < 0.3)
    x = sparse.csr_array(x) if as_sparse else x
    y = rng.normal(size=20_000)
    diagnoses = []
    for n_threads in (1, 2, 3):
        layers = [na.Dense(50, "tanh"), na.Dense(20, threshold=0.1), na.Dense(1, "linear")]
        net = na.Network(layers, dtype=dtype, n_threads=n_threads, epochs=1, random_state=0).fit(x[:500], y[:500])
        diagnoses.append(na.diagnose(net, x, y))
    one, *others = diagnoses
    for other in others:
        assert repr(one.warnings) == repr(other.warnings)
        assert (one.loss, one.gradient_ratio) == (other.loss, other.gradient_ratio)
        for name in ("input_minimum", "input_maximum", "input_mean", "input_std"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
        for ours, theirs in zip(one.layers, other.layers, strict=True):
            assert all(getattr(ours, name).tobytes() == getattr(theirs, name).tobytes() for name in ARRAYS)


@dtypes
@pytest.mark.parametrize("density", [0, 0.1, 1])
def test_sparse_rows_are_diagnosed_as_written_out(dtype, density, rng):
    """Protects the statistics of columns with some or no stored values."""
    X = rng.normal(3, 1, (700, 8)) * (rng.random((700, 8)) < density)
    X[:, 0], X[0, 0], X[:, 1] = 0, -2 * density, 4 * density
    layers = [na.Dense(9, "relu"), na.Dense(2, "linear")]
    y = rng.normal(size=(700, 2))
    net = na.Network(layers, dtype=dtype, epochs=1, random_state=0).fit(X, y)
    ours, expected = na.diagnose(net, sparse.csc_array(X), y), na.diagnose(net, X, y)
    for a, b in zip(ours.layers, expected.layers, strict=True):
        assert all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in ARRAYS)
    for name in ("input_minimum", "input_maximum"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(expected, name))
    tolerance = 1e-6 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(ours.input_mean, expected.input_mean, rtol=0, atol=tolerance)
    np.testing.assert_allclose(ours.input_std, expected.input_std, rtol=0, atol=tolerance)


def test_without_y_there_are_no_gradients(rng):
    net = twin(oracle_network(), ref.Loss("squared_error"))
    diagnosis = na.diagnose(net, rng.normal(size=(50, 6)))
    assert diagnosis.loss is None
    assert diagnosis.gradient_ratio is None
    for layer in diagnosis.layers:
        assert (layer.gradient_norms, layer.gradient_norm, layer.update_ratio) == (None, None, None)


# Models.


def test_an_estimator_is_diagnosed_as_it_was_fitted(rng):
    """The diagnosis uses the fitted network, not parameters set since for another fit."""
    X = rng.normal(size=(60, 3))
    model = na.MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", max_iter=200, random_state=0).fit(X, X[:, 0])
    before = str(na.diagnose(model, X, X[:, 0]))
    model.set_params(loss=na.Quantile((0.1, 0.5, 0.9)), output_activation="tanh")
    assert str(na.diagnose(model, X, X[:, 0])) == before
    assert model.n_outputs_ == 1
    assert model.loss == na.Quantile((0.1, 0.5, 0.9))


def test_estimators_encode_y_as_in_fit(rng):
    """Protects labels of any kind, checks of column names, and the fitted model, which does not change."""
    X = rng.normal(size=(300, 4))
    y = np.where(X[:, 0] > 0, "up", "down")
    model = na.MLPClassifier((9,), tol=0.1, random_state=0).fit(X, y)
    before = dict(vars(model))
    diagnosis = na.diagnose(model, X, y)
    assert vars(model) == before
    assert diagnosis.loss == pytest.approx(model.network_.loss(X, y == "up"), rel=1e-6)
    assert na.diagnose(model.network_, X, y == "up").loss == diagnosis.loss
    with pytest.raises(ValueError, match="features"):
        na.diagnose(model, X[:, 1:], y)
    with pytest.raises(ValueError, match="sideways"):
        na.diagnose(model, X, np.full(300, "sideways"))


def test_regressor(rng):
    X, y = rng.normal(size=(300, 4)), rng.normal(size=(300, 2))
    model = na.MLPRegressor(hidden_layer_sizes=(9,), tol=0.1, random_state=0).fit(X, y)
    assert na.diagnose(model, X, y).loss == model.network_.loss(X, y)
    assert na.diagnose(model, X).loss is None


def test_refuses_what_it_cannot_diagnose(rng):
    with pytest.raises(TypeError, match=r"an MLP estimator or a tabular one, got LogisticRegression\(\)"):
        na.diagnose(LogisticRegression(), np.ones((3, 2)))
    for model in (na.Network([na.Dense(1)]), na.MLPRegressor()):
        with pytest.raises(ValueError, match="not fitted"):
            na.diagnose(model, np.ones((3, 2)))


# Planted faults.


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def fitted(digits, *activations, **settings):
    hidden = [na.Dense(32, f) for f in activations]
    return na.Network([*hidden, na.Dense(10, "softmax")], random_state=0, **{"epochs": 10} | settings).fit(*digits)


@not_sanitized("whole fits of digits take minutes, and call what other tests call")
@pytest.mark.parametrize("hidden", [(), (100,), (64, 32)], ids=repr)
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "silu", na.ReLU(6)], ids=repr)
def test_healthy_digits_networks_give_no_warning(digits, hidden, activation):
    """Protects against false alarms, for instance by pixels that are always or almost always blank."""
    model = na.MLPClassifier(hidden, activation=activation, tol=1e-3, random_state=0).fit(*digits)
    diagnosis = na.diagnose(model, *digits)
    assert diagnosis.warnings == ()
    assert "no warnings" in str(diagnosis)


def test_finds_dead_neurons(digits):
    """Protects the names of dead neurons, the severity by their share and the advice, in one layer and in all."""
    net = fitted(digits, "relu", "relu")
    biases = [b.copy() for b in net.biases]
    biases[1][[3, 5, 7, 30]] = -1e4
    diagnosis = na.diagnose(net.set_parameters(biases=biases), *digits)
    (found,) = diagnosis.warnings
    assert (found.rule, found.layer, found.neurons, found.severity) == ("dying_relu", 1, (3, 5, 7, 30), "warn")
    assert found.message == "hidden 2: 4 of 32 neurons (12%) fire on none of the 1,797 rows: neurons 3, 5, 7, 30"
    assert "leaky_relu" in found.advice
    assert "scale X" not in found.advice  # which is scaled


def test_finds_a_dead_layer(digits):
    """Protects one finding per cause: what a dead layer does to the gradient and to the output is part of it."""
    net = fitted(digits, "relu", "relu", "relu")
    biases = [b.copy() for b in net.biases]
    biases[0][:5], biases[1][:], biases[2][:30] = -1e4, -1e4, -1e4
    diagnosis = na.diagnose(net.set_parameters(biases=biases), *digits)
    (found,) = diagnosis.warnings
    assert (found.rule, found.layer, found.severity) == ("dying_relu", 1, "critical")
    for part in (
        "hidden 1: 5 of 32",
        "hidden 2: 32 of 32",
        "no gradient reaches hidden 1",
        "the prediction is the same",
    ):
        assert part in found.message
    assert "hidden 3" not in found.message  # dead only because nothing reaches it
    assert "inf" not in str(diagnosis)


@pytest.mark.filterwarnings("ignore::neuract.TrainingWarning")  # which says the same
def test_finds_a_vanishing_gradient(digits):
    diagnosis = na.diagnose(fitted(digits, *["sigmoid"] * 11, epochs=1), *digits)
    assert len(diagnosis.layers) == 12
    (found,) = findings(diagnosis, "vanishing_gradient")
    assert diagnosis.gradient_ratio > 1e4
    assert (found.layer, found.severity) == (0, _findings.severity(diagnosis.gradient_ratio, (1e2, 1e4, 1e6)))


def test_finds_saturation(digits):
    """Protects the planted fault: inputs times 1000."""
    X, y = digits
    net = fitted(digits, "tanh")
    diagnosis = na.diagnose(net, 1000 * X, y)
    (scale,) = diagnosis.warnings
    assert (scale.rule, scale.severity) == ("unscaled_inputs", "critical")
    assert scale.neurons == tuple(np.flatnonzero(X.std(0) > 0))
    assert "as a result, hidden 1: 32 of 32 neurons (100%) are at a limit" in scale.message
    net.set_parameters(weights=[1000 * net.weights[0], net.weights[1]])
    (found,) = na.diagnose(net, X, y).warnings
    assert (found.rule, found.layer, found.severity) == ("saturation", 0, "critical")
    assert found.neurons == tuple(range(32))
    assert "tanh" not in found.advice.replace("Tanh", "")


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_a_saturated_output_is_no_fault_of_cross_entropy(loss, rng):
    """Protects good classifiers: outputs near 0 and 1 are no fault, since the gradient of log_loss is y - t."""
    net = na.Network([na.Dense(2, "sigmoid")], loss=loss).set_parameters([1e3 * np.eye(2)])
    diagnosis = na.diagnose(net, rng.normal(size=(200, 2)))
    assert bool(findings(diagnosis, "saturation")) == (loss == "squared_error")


@pytest.mark.parametrize("activation", ["tanh", "hard_tanh", na.ReLU(1), "sigmoid"], ids=str)
def test_advice_fits_the_layer(activation, rng):
    """Protects against advice to use what is there already."""
    layers = [na.Dense(16, activation), na.Dense(16, activation), na.Dense(1, "linear")]
    net = na.Network(layers, epochs=1, random_state=0).fit(X := rng.normal(size=(200, 4)), X[:, 0])
    net.set_parameters(weights=[1e6 * net.weights[0], *net.weights[1:]])
    names = na.activation(activation).names
    for found in na.diagnose(net, X, X[:, 0]).warnings:
        suggested = re.findall(r"'(\w+)'", found.advice.replace(f"instead of {names[0]!r}", ""))
        assert suggested
        assert not set(suggested) & set(names)


def test_advice_for_neurons_that_cannot_fire(rng):
    """Protects the remedy of each reason why a neuron is dead: its activation, its threshold, weights of 0."""
    X = rng.normal(size=(200, 4))
    for layer, weight, remedy, other in [
        (na.Dense(8), 1.0, "'leaky_relu'", "threshold"),
        (na.Dense(8, "tanh", threshold=9), 1.0, "lower the threshold", "'tanh'"),
        (na.Dense(8, "linear"), 0.0, "lower alpha or l1", "'leaky_relu'"),
    ]:
        net = na.Network([layer, na.Dense(1, "linear")], random_state=0)
        net.set_parameters([np.full((4, 8), weight), np.ones((8, 1))], [np.full(8, -50.0 * weight), [0.0]])
        (found,) = findings(na.diagnose(net, X, X[:, 0]), "dying_relu")
        assert remedy in found.advice
        assert other not in found.advice


RATES = ("learning rate", "max_grad_norm")
SICK = {  # what makes a finding of the rule: factors of the weights, a number added to the biases of the hidden layer
    "not_finite": {"weights": (1e30, 1e30)},
    "dying_relu": {"bias": -1e9},
    "exploding_gradient": {"weights": (1e-5, 1e5)},
    "saturation": {"activation": "tanh", "weights": (1e6, 1)},
    "constant_output": {"weights": (0, 1)},
    "wild_output": {"weights": (1, 1e5)},
}


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
@pytest.mark.parametrize("rule", SICK)
def test_advice_fits_the_optimizer(rule, optimizer, rng):
    """Protects against advice about the learning rate of lbfgs, which has none."""
    how, X = SICK[rule], rng.normal(size=(200, 4))
    layers = [na.Dense(16, how.get("activation", "relu")), na.Dense(1, "linear")]
    net = na.Network(layers, optimizer=optimizer, epochs=3, random_state=0).fit(X, X[:, 0])
    weights = [factor * w for factor, w in zip(how.get("weights", (1, 1)), net.weights, strict=True)]
    net.set_parameters(weights, [net.biases[0] + np.float32(how.get("bias", 0)), net.biases[1]])
    (found,) = findings(na.diagnose(net, X, X[:, 0]), rule)
    assert any(word in found.advice for word in RATES) == (optimizer == "adam")
    assert ("random_state" in found.advice) == (optimizer == "lbfgs")


def test_lbfgs_has_no_update_that_is_too_long(rng):
    """Protects lbfgs with large targets, whose steps do not depend on learning_rate."""
    X = rng.normal(size=(300, 5))
    for optimizer, long in (("adam", True), ("lbfgs", False)):
        net = na.Network([na.Dense(1, "linear")], optimizer=optimizer, epochs=1, random_state=0).fit(X, X[:, 0])
        assert bool(findings(na.diagnose(net, X, 1e5 * X[:, 0]), "exploding_gradient")) == long


@dtypes
@pytest.mark.parametrize("with_y", [False, True], ids=["X", "X and y"])
@pytest.mark.parametrize("part", ["weights", "biases"])
@pytest.mark.parametrize("hidden", ["relu", "linear", "softsign", "gelu", "prelu"])
def test_a_network_that_overflows_is_diagnosed(dtype, with_y, part, hidden, rng):
    """Protects against warnings of NumPy's and a dozen findings, where one says what is not finite."""
    layers = [na.Dense(5, hidden), na.Dense(4, hidden), na.Dense(1, "linear")]
    X = rng.normal(size=(50, 3))
    net = na.Network(layers, dtype=dtype, epochs=1, random_state=0).fit(X, X[:, 0])
    huge = [np.full_like(each, np.finfo(dtype).max / 2) for each in getattr(net, part)]
    net.set_parameters(**{part: huge})
    diagnosis = na.diagnose(net, X, X[:, 0]) if with_y else na.diagnose(net, X)
    found = findings(diagnosis, "not_finite")
    assert len(found) == 1 or part == "biases"  # huge biases alone need not overflow
    assert rules(diagnosis) <= {"not_finite", "all_linear"} or not found
    assert not {"inf", "nan", "nan%"} & set(" ".join(f"{each.message} {each.advice}" for each in found).split())
    assert all([str(diagnosis), diagnosis._repr_html_(), len(diagnosis.to_frame())])


@dtypes
def test_huge_targets_and_inputs_are_diagnosed(dtype, rng):
    X = rng.normal(size=(50, 3))
    net = na.Network([na.Dense(5), na.Dense(1)], dtype=dtype, epochs=1, random_state=0).fit(X, X[:, 0])
    huge = 1e30 if dtype == "float32" else 1e200
    (found,) = na.diagnose(net, X, huge * X[:, 0]).warnings
    assert found.message == "the loss is not finite, though weights and outputs are"
    assert "unscaled_inputs" in rules(na.diagnose(net, huge * X, X[:, 0]))


def test_a_diagnosis_shows_itself_as_its_table(rng):
    """Protects prompts, which were flooded with all arrays."""
    X = rng.normal(size=(200, 20))
    layers = [na.Dense(64), na.Dense(32), na.Dense(1)]
    net = na.Network(layers, epochs=1, random_state=0).fit(X, X[:, 0])
    diagnosis = na.diagnose(net, X, X[:, 0])
    assert repr(diagnosis) == str(diagnosis)
    assert len(repr(diagnosis)) < 1000


def test_finds_that_all_is_linear(digits):
    assert rules(na.diagnose(fitted(digits, "identity", "identity"), *digits)) == {"all_linear"}
    prelu = fitted(digits, "prelu", na.LeakyReLU(alpha=1))
    assert "all_linear" not in rules(na.diagnose(prelu, *digits))
    prelu.set_parameters(slopes=[np.ones(32), None, None])
    assert "all_linear" in rules(na.diagnose(prelu, *digits))
    bent = na.Network([na.Dense(4, "linear", threshold=0.1), na.Dense(10, "softmax")], epochs=1).fit(*digits)
    assert rules(na.diagnose(bent, digits[0])) == set()
    assert rules(na.diagnose(fitted(digits), digits[0])) == set()  # a linear model, which says so


def test_finds_unscaled_and_useless_columns(rng):
    """Protects harmless inputs: constant zeros, and outliers of a scaled column."""
    X = rng.normal(size=(500, 6))
    X[:, 1], X[:, 2], X[:, 3], X[7, 4] = 0, 2.5, 6 + X[:, 3], 40
    net = na.Network([na.Dense(3), na.Dense(1, "linear")], epochs=1, random_state=0).fit(X, X[:, 0])
    far, useless = findings(na.diagnose(net, X), "unscaled_inputs")
    assert (far.severity, far.layer, far.neurons) == ("warn", None, (3,))
    assert "column 3 from " in far.message
    assert (useless.severity, useless.neurons) == ("warn", (2,))
    assert findings(na.diagnose(net, 20 * X), "unscaled_inputs")[0].severity == "serious"
    assert len(findings(na.diagnose(net, X[:1]), "unscaled_inputs")) == 1  # columns of one row do not count as constant


def test_finds_an_exploding_gradient(rng):
    X = rng.normal(size=(300, 20))
    layers = [*[na.Dense(20, "tanh") for _ in range(8)], na.Dense(1, "linear")]
    net = na.Network(layers, epochs=1, random_state=0).fit(X, X[:, 0])
    assert not findings(na.diagnose(net, X, X[:, 0]), "exploding_gradient")
    first, *others, last = net.weights
    net.set_parameters(weights=[first / 1e3, *others, last * 1e5])
    diagnosis = na.diagnose(net, X, X[:, 0])
    assert any("the gradient grows by a factor of" in found.message for found in diagnosis.warnings)
    assert diagnosis.gradient_ratio < 1e-2
    plain = na.Network([na.Dense(1, "linear")], epochs=1, random_state=0).fit(X, X[:, 0])
    (long,) = findings(na.diagnose(plain, X, 1e5 * X[:, 0]), "exploding_gradient")
    assert (long.layer, "times as long as the weights" in long.message) == (0, True)
    net.set_parameters(weights=[first, *others, last * 1e30])
    (infinite,) = na.diagnose(net, X, X[:, 0]).warnings
    assert (infinite.rule, infinite.severity) == ("not_finite", "critical")


@pytest.mark.filterwarnings("ignore::neuract.TrainingWarning")  # which says the same
@pytest.mark.parametrize(
    ("activation", "low", "high", "grade", "outputs"),
    [
        ("tanh", 0, 1, None, None),
        ("tanh", 3, 4, "critical", (0, 1)),
        ("tanh", 0.2, 1.5, "serious", (0, 1)),
        ("relu", -0.1, 2, "warn", (0, 1)),
        ("identity", -9, 9, None, None),
    ],
)
def test_finds_targets_out_of_reach(activation, low, high, grade, outputs):
    X, y = np.zeros((1000, 1)), np.linspace(low, high, 1000)
    net = na.Network([na.Dense(2, activation)], loss="squared_error", epochs=1, random_state=0)
    found = findings(
        na.diagnose(net.fit(X, np.column_stack([y, y])), X, np.column_stack([y, y])), "unreachable_targets"
    )
    assert [(f.severity, f.layer, f.neurons) for f in found] == ([(grade, 0, outputs)] if grade else [])
    one = np.column_stack([np.full(1000, 0.5), y])
    assert [f.neurons for f in findings(na.diagnose(net, X, one), "unreachable_targets")] == ([(1,)] if grade else [])


@pytest.mark.parametrize(
    ("value", "grade"),
    list(
        zip(
            [0.0499, 0.05, 0.1999, 0.2, 0.5, 0.5001, np.nan, np.inf],
            [None, "warn", "warn", "serious", "serious", "critical", None, "critical"],
            strict=True,
        )
    ),
)
def test_bands(value, grade):
    assert _findings.severity(value, (0.05, 0.2, 0.5)) == grade


def test_the_rules_are_documented():
    """Protects the table in the docstring against missing rules and outdated thresholds."""
    table = na.diagnose.__doc__
    for rule in _findings.RULES:
        assert re.search(rf"^ *{rule.__name__} +[A-Z]", table, re.M)
        assert rule.__doc__
    warn, serious, critical = (f"{100 * share:g} %" for share in _findings.NEURON_SHARES)
    assert f"from {warn}, from {serious}, above {critical}" in table
    assert "{:.0e}, {:.0e}, {:.0e} times".format(*_findings.GRADIENT_RATIOS).replace("e+0", "e") in table
    assert "update ratio is {:g}, {:g}, {:g}".format(*_findings.UPDATE_RATIOS) in table
    assert "beyond {:g}, {:g}, {:g}".format(*_findings.INPUT_REACHES) in table
    assert f"on {100 * _findings.SATURATED_ROWS:g} % of the rows" in table


# Tables.


def deep(rng, depth=12):
    X = rng.normal(size=(200, 5))
    layers = [*[na.Dense(1000 if n == 3 else 30, "hard_sigmoid") for n in range(depth - 1)], na.Dense(1, "linear")]
    return na.Network(layers, epochs=1, random_state=0).fit(X, X[:, 0]), X


def test_table_fits_100_columns(rng):
    """Protects terminals: 12 layers, numbers of any size, all warnings with advice, all layers by name."""
    net, X = deep(rng)
    weights = [w * 10.0 ** (3 * (-1) ** n) for n, w in enumerate(net.weights)]
    text = str(na.diagnose(net.set_parameters(weights=weights), 1e3 * X, -1e7 * X[:, 0]))
    assert max(map(len, text.splitlines())) <= 100
    assert [line.split("  ")[0] for line in text.splitlines()[1:13]] == [f"hidden {n}" for n in range(1, 12)] + [
        "output"
    ]
    assert "critical: " in text
    assert "StandardScaler" in text


def test_table_and_html_say_the_same(rng):
    net, X = deep(rng, depth=3)
    diagnosis = na.diagnose(net, 1e3 * X, X[:, 0])
    html = diagnosis._repr_html_()
    for word in [*str(diagnosis).splitlines()[1].split("  "), *(found.advice for found in diagnosis.warnings)]:
        assert word.strip().replace("'", "&#x27;") in html
    nasty = Finding("rule", "warn", None, (), "<script>", "&")
    assert "<script>" not in replace(diagnosis, warnings=(nasty,))._repr_html_()


def test_frame_has_a_row_a_neuron(rng):
    layers = oracle_network(("relu", "prelu"))
    x, t = rng.normal(size=(60, 6)), rng.normal(size=(60, 3))
    diagnosis = na.diagnose(twin(layers, ref.Loss("squared_error")), x, t)
    frame = diagnosis.to_frame()
    assert list(frame["layer"].unique()) == ["hidden 1", "hidden 2", "output"]
    assert list(frame["neuron"]) == [*range(21), *range(21), *range(3)]
    for name in ("firing_share", "mean", "std", "saturated_share", "dead", "constant"):
        np.testing.assert_array_equal(frame[name], np.concatenate([getattr(s, name) for s in diagnosis.layers]))
    np.testing.assert_array_equal(frame["gradient_norm"][21:42], diagnosis.layers[1].gradient_norms)
    np.testing.assert_array_equal(frame["slope"][21:42], layers[1].slopes)
    assert frame["slope"].isna().sum() == 24
    assert na.diagnose(twin(layers, ref.Loss("squared_error")), x).to_frame()["gradient_norm"].isna().all()


def test_a_frame_needs_pandas(rng, monkeypatch):
    net, X = deep(rng, depth=3)
    diagnosis = na.diagnose(net, X)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"to_frame needs pandas, .*: pip install pandas"):
        diagnosis.to_frame()


def test_needs_neither_pandas_nor_matplotlib():
    """Protects small installations: only pictures and frames import matplotlib and pandas."""
    code = (
        "import sys, numpy as np, neuract as na\n"
        "for name in ('pandas', 'matplotlib', 'sklearn', 'scipy'): sys.modules[name] = None\n"
        "net = na.Network([na.Dense(2), na.Dense(1, 'linear')], epochs=1).fit(np.eye(9), np.ones(9))\n"
        "print(na.diagnose(net, np.eye(9), np.ones(9)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "output" in result.stdout


# monitor_neurons.


def watched(X, y, *, monitor_neurons=True, sample_weight=None, **settings):
    layers = [
        na.Dense(40, "relu"),
        na.Dense(30, "relu", threshold=settings.pop("threshold", None)),
        na.Dense(1, "linear"),
    ]
    net = na.Network(layers, **{"epochs": 4, "batch_size": 64, "random_state": 3} | settings)
    return net.fit(X, y, sample_weight, monitor_neurons=monitor_neurons)


@pytest.fixture
def halves(rng):
    """Positive inputs, which let many ReLUs die early."""
    X = np.abs(rng.normal(size=(1000, 2))) + 1
    return X, X[:, 0]


@dtypes
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"optimizer": "sgd", "alpha": 0.1},
        {"l1": 0.01},
        {"max_grad_norm": 0.1},
        {"threshold": -0.01},
        {"threshold": 0.3},
    ],
    ids=repr,
)
def test_watching_sees_what_is_there(dtype, settings, halves):
    """Protects the dead neurons of a one-batch epoch, by the weights at its start, and the whole gradient."""
    X, y = halves
    one_batch = {"batch_size": 2000, "dtype": dtype} | settings
    before, net = watched(X, y, epochs=1, **one_batch), watched(X, y, epochs=2, **one_batch)
    dead = np.concatenate([~fired.any(0) for fired in before.fired(X)[:-1]])
    assert 0 < dead.mean() == net.history_["dead_share"][1] < 1
    gradients = before.gradients(X, y)
    l2, l1 = (settings.get(name, 0) / len(X) for name in ("alpha", "l1"))
    weights = zip(gradients.weights, before.weights, strict=True)
    parts = [*(g + l2 * w + l1 * np.sign(w) for g, w in weights), *gradients.biases]
    norm = np.sqrt(sum((np.float64(part) ** 2).sum() for part in parts))
    assert net.history_["gradient_norm"][1] == pytest.approx(norm, rel=1e-4 if dtype == "float32" else 1e-12)
    assert net.history_["learning_rate"] == [1e-3, 1e-3]


def test_rows_without_weight_are_not_watched(halves):
    """Protects against neurons that fire only in rows of weight 0 or in the padding after the last row."""
    X, y = halves
    weight = (np.arange(1000) >= 13).astype(float)
    X[:13] *= -100
    assert watched(X, y, sample_weight=weight).history_ == watched(X, y, sample_weight=weight, n_threads=1).history_
    one = {"batch_size": 1000, "epochs": 2, "shuffle": False}
    dead = np.concatenate(
        [~f.any(0) for f in watched(X, y, sample_weight=weight, **one | {"epochs": 1}).fired(X[13:])[:-1]]
    )
    assert watched(X, y, sample_weight=weight, **one).history_["dead_share"][1] == dead.mean()


def test_watching_changes_no_bit_and_no_thread_does(halves):
    X, y = halves
    plain, *others = (watched(X, y, monitor_neurons=n > 0, n_threads=max(n, 1)) for n in (0, 1, 2, 3))
    assert set(plain.history_) == {"loss"}
    for other in others:
        assert other.history_ == others[0].history_
        assert other.history_["loss"] == plain.history_["loss"]
        for ours, theirs in zip(other.weights, plain.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_estimators_watch(halves):
    """Protects the curves of a fit with validation rows, and of one that continues a fit without."""
    X, y = halves
    logs = []
    model = na.MLPRegressor(
        hidden_layer_sizes=(20,), max_iter=6, early_stopping=True, learning_rate="cosine", solver="sgd", random_state=0,
        monitor_neurons=True, n_iter_no_change=10, callbacks=[lambda network, epoch, log: logs.append(log) and False],
    )  # fmt: skip
    with pytest.warns(UserWarning, match="Maximum iterations"):
        model.fit(X, y)
    history = model.network_.history_
    assert set(history) == {"loss", "learning_rate", "gradient_norm", "dead_share", "validation_loss"}
    assert history["validation_loss"] == model.validation_loss_curve_
    assert all(len(values) == 6 for values in history.values())
    assert history["learning_rate"] == [log["learning_rate"] for log in logs]
    assert history["dead_share"] == [log["dead_share"] for log in logs]
    plain = na.MLPRegressor(hidden_layer_sizes=(20,), tol=1.0, n_iter_no_change=1, warm_start=True, random_state=0)
    plain.fit(X, y)
    epochs = len(plain.network_.history_["loss"])
    plain.set_params(monitor_neurons=True).fit(X, y)
    shares = plain.network_.history_["dead_share"]
    assert len(shares) == len(plain.network_.history_["loss"]) > epochs
    np.testing.assert_array_equal(np.isnan(shares), np.arange(len(shares)) < epochs)


def test_lbfgs_has_nothing_to_watch(halves):
    with pytest.raises(ValueError, match="use adam or sgd"):
        watched(*halves, optimizer="lbfgs")
    with pytest.raises(ValueError, match="use 'adam' or 'sgd'"):
        na.MLPRegressor(solver="lbfgs", monitor_neurons=True).fit(*halves)
    with pytest.raises(TypeError, match="monitor_neurons must be True or False, got 1"):
        watched(*halves, monitor_neurons=1)
