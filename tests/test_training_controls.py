# SPDX-License-Identifier: BSD-3-Clause
"""What the estimators can that scikit-learn's MLP cannot: layers, penalties, validation, schedules, callbacks."""

import warnings

import numpy as np
import pytest
from conftest import assert_same_bits
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

import neuract as na

SHORT = {"max_iter": 5, "random_state": 3, "learning_rate_init": 0.01, "hidden_layer_sizes": (9, 6)}


@pytest.fixture(scope="module")
def data():
    X, y = load_diabetes(return_X_y=True)
    return StandardScaler().fit_transform(X), (y - y.mean()) / y.std()


@pytest.fixture(autouse=True)
def unconverged():
    """Silence for fits that are short on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def regressor(**settings):
    return na.MLPRegressor(**SHORT | settings)


def classifier(**settings):
    return na.MLPClassifier(**SHORT | settings)


def classes(y):
    """Three, of different sizes."""
    return np.array(["low", "middle", "high"])[np.digitize(y, [-0.8, 0.9])]


# ---- layers ------------------------------------------------------------------------------------


def test_each_hidden_layer_has_its_own(data):
    given = {"activation": ["tanh", na.PReLU(0.1)], "threshold": [0.1, np.linspace(-1, 1, 6)], "dropout": [0, 0.2]}
    layers = regressor(**given).fit(*data).network_.layers
    hidden = [
        na.Dense(9, "tanh", threshold=0.1),
        na.Dense(6, na.PReLU(0.1), threshold=np.linspace(-1, 1, 6), dropout=0.2),
    ]
    assert layers == (*hidden, na.Dense(1, "linear"))


def test_one_for_all_hidden_layers(data):
    layers = classifier(activation="tanh", threshold=0.2, dropout=0.3).fit(data[0], classes(data[1]))
    assert [(layer.threshold, layer.dropout) for layer in layers.network_.layers] == [(0.2, 0.3)] * 2 + [(None, 0.0)]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("activation", ["relu"], r"one for each of the 2 of them; got 1: \['relu'\]"),
        ("activation", ["relu", "swoosh"], "unknown activation 'swoosh'"),
        ("threshold", [1, 2, 3], "one for each of the 2 of them; got 3"),
        ("threshold", [None, [1, 2]], "one number for each of the 6 neurons"),
        ("dropout", (0.1,), "one for each of the 2 of them; got 1"),
        ("dropout", [0.1, 1.0], "dropout must be in"),
        ("dropout", -0.1, "dropout"),
        ("output_activation", "softmax", "one of several classes, and for it alone"),
        ("dtype", "float16", "float32"),
        ("n_jobs", 0, "n_jobs=0 has no meaning"),
        ("n_jobs", 1.5, "n_jobs"),
    ],
)
def test_values_that_are_refused(data, name, value, words):
    with pytest.raises(ValueError, match=words):
        regressor(**{name: value}).fit(*data)


def test_output_activation(data):
    X, y = data
    model = regressor(output_activation="tanh").fit(X, 100 * y)
    assert np.abs(model.predict(X)).max() <= 1
    assert model.out_activation_ == "tanh"
    assert regressor(loss="poisson", output_activation="sigmoid").fit(X, y > 0).predict(X).max() < 1
    with pytest.raises(ValueError, match="the loss needs outputs > 0"):
        regressor(loss="poisson", output_activation="identity").fit(X, y > 0)
    with pytest.raises(ValueError, match="log_loss with Tanh"):
        classifier(output_activation="tanh").fit(X, y > 0)
    with pytest.raises(ValueError, match="it must be like Softmax"):
        classifier(output_activation="sigmoid").fit(X, classes(y))


def test_dropout_needs_a_solver_that_goes_batch_by_batch(data):
    with pytest.raises(ValueError, match="lbfgs needs the same loss each time"):
        regressor(solver="lbfgs", dropout=0.1).fit(*data)


# ---- type and threads ----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_is_as_wanted(data, dtype):
    X, y = data
    models = [regressor(dtype=dtype).fit(X.astype(given), y) for given in ("float32", "float64")]
    for model in models:
        assert {array.dtype for array in model.coefs_} == {np.dtype(dtype)}
        assert model.predict(X).dtype == dtype
    plain = regressor().fit(X.astype(dtype), y)
    assert_same_bits(plain.coefs_, models[dtype == "float64"].coefs_)


def test_dtype_of_a_fit_that_goes_on(data):
    model = regressor(warm_start=True).fit(*data)
    with pytest.raises(ValueError, match="has float64 weights"):
        model.set_params(dtype="float32").fit(*data)


@pytest.mark.parametrize(("n_jobs", "threads"), [(None, None), (1, 1), (3, 3), (-1, 4), (-2, 3), (-9, 1)])
def test_n_jobs_counts_as_scikit_learns(data, monkeypatch, n_jobs, threads):
    monkeypatch.setattr("neuract._building.cpu_count", lambda: 4)
    model = regressor(n_jobs=n_jobs, max_iter=1).fit(*data)
    assert model.network_.n_threads == threads


def test_n_jobs_changes_no_bit(data):
    X, y = np.tile(data[0], (5, 4)), np.tile(data[1], 5)
    settings = {"hidden_layer_sizes": (150, 90), "batch_size": 500, "max_iter": 2}
    models = [regressor(n_jobs=n, **settings).fit(X, y) for n in (1, 3)]
    assert_same_bits(models[0].coefs_, models[1].coefs_)


# ---- penalties -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "of_network"),
    [
        ({"l1": 0.5}, {"l1": 0.5}),
        ({"max_grad_norm": 0.1, "solver": "sgd"}, {"max_grad_norm": 0.1, "optimizer": "sgd"}),
        ({"weight_decay": 0.2}, {"optimizer": na.AdamW(weight_decay=0.2)}),
    ],
    ids=str,
)
def test_penalties_are_the_networks(data, settings, of_network):
    X, y = data
    model = regressor(alpha=0.1, **settings).fit(X, y)
    layers = [na.Dense(9), na.Dense(6), na.Dense(1, "linear")]
    common = {"alpha": 0.1, "learning_rate": 0.01, "epochs": 5, "dtype": "float64", "random_state": 3}
    net = na.Network(layers, **common, **of_network).fit(X, y)
    assert_same_bits(model.coefs_, net.weights)
    assert model.loss_curve_ == pytest.approx(net.history_["loss"], rel=1e-14)


def test_penalties_that_are_refused(data):
    for settings, words in (
        ({"weight_decay": 0.1, "solver": "sgd"}, "weight_decay=0.1 needs solver='adam'"),
        ({"weight_decay": -1}, "weight_decay"),
        ({"l1": 0.1, "solver": "lbfgs"}, "smooth loss"),
        ({"l1": -1}, "l1"),
        ({"max_grad_norm": 1, "solver": "lbfgs"}, "lbfgs finds its own"),
        ({"max_grad_norm": 0}, "max_grad_norm"),
    ):
        with pytest.raises(ValueError, match=words):
            regressor(**settings).fit(*data)


# ---- class_weight ----------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("class_weight", ["balanced", {"low": 2, "middle": 0.5, "high": 3}])
def test_class_weight_is_a_sample_weight(data, class_weight, weighted):
    X, y = data[0], classes(data[1])
    given = np.random.default_rng(0).uniform(0.5, 2, len(X)) if weighted else np.ones(len(X))
    ours = classifier(class_weight=class_weight).fit(X, y, given if weighted else None)
    same = classifier().fit(X, y, given * compute_sample_weight(class_weight, y))
    assert_same_bits(ours.coefs_, same.coefs_)


def test_class_weight_of_several_labels(data):
    X, y = data[0], np.column_stack([data[1] > 0, data[1] < -0.5]).astype(int)
    for class_weight in ("balanced", [{0: 1, 1: 2}, {0: 1, 1: 3}]):
        ours = classifier(class_weight=class_weight).fit(X, y)
        same = classifier().fit(X, y, compute_sample_weight(class_weight, y))
        assert_same_bits(ours.coefs_, same.coefs_)


def test_class_weight_in_partial_fit(data):
    """Protects a batch without some of the classes that have a weight."""
    X, y = data[0], classes(data[1])
    weights, rows = {"low": 2, "high": 3}, y != "low"
    ours = classifier(class_weight=weights).partial_fit(X[rows], y[rows], classes=["low", "middle", "high"])
    given = np.where(y[rows] == "high", 3.0, 1.0)
    same = classifier().partial_fit(X[rows], y[rows], given, classes=["low", "middle", "high"])
    assert_same_bits(ours.coefs_, same.coefs_)
    with pytest.raises(ValueError, match="class_weight='balanced' needs all rows"):
        classifier(class_weight="balanced").partial_fit(X, y, classes=["low", "middle", "high"])


@pytest.mark.parametrize(
    ("class_weight", "words"),
    [("equal", "class_weight"), ({"low": -1}, "class_weight must be >= 0"), ({"lowest": 2}, "not in class_weight")],
)
def test_class_weights_that_are_refused(data, class_weight, words):
    with pytest.raises(ValueError, match=words):
        classifier(class_weight=class_weight).fit(data[0], classes(data[1]))
