# SPDX-License-Identifier: BSD-3-Clause
"""What the estimators add to scikit-learn's MLP: layers, penalties, validation, schedules, callbacks."""

import pickle
import re
import warnings
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, csr_matrix
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import balanced_accuracy_score, f1_score, log_loss, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.estimator_checks import parametrize_with_checks

import neuract as na
from oracle.comparisons import assert_same, assert_same_bits
from oracle.marks import shown

SHORT = {"max_iter": 5, "random_state": 3, "learning_rate_init": 0.01, "hidden_layer_sizes": (9, 6)}


@pytest.fixture(scope="module")
def data():
    X, y = load_diabetes(return_X_y=True)
    return StandardScaler().fit_transform(X), (y - y.mean()) / y.std()


@pytest.fixture(autouse=True)
def unconverged():
    """Ignore the warning of fits that are short on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def regressor(**settings):
    return na.MLPRegressor(**SHORT | settings)


def classifier(**settings):
    return na.MLPClassifier(**SHORT | settings)


def classes(y):
    """Three classes of different sizes."""
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
        ("activation", ["relu"], r"one value for each of the 2 hidden layers; got 1: \['relu'\]"),
        ("activation", ["relu", "swoosh"], "unknown activation 'swoosh'"),
        ("threshold", [1, 2, 3], "one value for each of the 2 hidden layers; got 3"),
        ("threshold", [None, [1, 2]], "one number for each of the 6 neurons"),
        ("dropout", (0.1,), "one value for each of the 2 hidden layers; got 1"),
        ("dropout", [0.1, 1.0], "dropout must be in"),
        ("dropout", -0.1, "dropout"),
        ("output_activation", "softmax", "softmax is for one of several classes"),
        ("dtype", "float16", "float32"),
        ("n_jobs", 0, "n_jobs == 0 has no meaning"),
        ("n_jobs", 1.5, "n_jobs"),
    ],
)
def test_values_that_are_refused(data, name, value, words):
    with pytest.raises(ValueError, match=words):
        regressor(**{name: value}).fit(*data)


@pytest.mark.filterwarnings("ignore::neuract.TrainingWarning")  # tanh cannot reach 100 · y
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
    with pytest.raises(ValueError, match=r"use Softmax\(\) or one like it"):
        classifier(output_activation="sigmoid").fit(X, classes(y))


def test_dropout_needs_a_solver_that_goes_batch_by_batch(data):
    with pytest.raises(ValueError, match="lbfgs does not support dropout"):
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
    with pytest.raises(ValueError, match="need the dtype of the last fit, float64"):
        model.set_params(dtype="float32").fit(*data)


@pytest.mark.parametrize(("n_jobs", "threads"), [(None, None), (1, 1), (3, 3), (-1, 4), (-2, 3), (-9, 1)])
def test_n_jobs_counts_as_scikit_learns(data, monkeypatch, n_jobs, threads):
    monkeypatch.setattr("neuract.estimators._building.cpu_count", lambda: 4)
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
        ({"l1": 0.1, "solver": "lbfgs"}, "lbfgs does not support l1=0.1"),
        ({"l1": -1}, "l1"),
        ({"max_grad_norm": 1, "solver": "lbfgs"}, "lbfgs does not support max_grad_norm=1"),
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
    """Protects batches that lack some of the weighted classes."""
    X, y = data[0], classes(data[1])
    weights, rows = {"low": 2, "high": 3}, y != "low"
    ours = classifier(class_weight=weights).partial_fit(X[rows], y[rows], classes=["low", "middle", "high"])
    given = np.where(y[rows] == "high", 3.0, 1.0)
    same = classifier().partial_fit(X[rows], y[rows], given, classes=["low", "middle", "high"])
    assert_same_bits(ours.coefs_, same.coefs_)
    with pytest.raises(ValueError, match="class_weight 'balanced' is not supported for partial_fit"):
        classifier(class_weight="balanced").partial_fit(X, y, classes=["low", "middle", "high"])


def several_labels(y):
    return np.column_stack([y > 0, y < -0.5]).astype(int)


@pytest.mark.parametrize(
    ("labels", "class_weight"),
    [
        (classes, "balanced"),
        (classes, {"low": 2, "high": 3}),
        (lambda y: classes(y) == "high", "balanced"),
        (several_labels, "balanced"),
        (several_labels, [{1: 3}, {0: 2, 1: 5}]),
    ],
)
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_class_weights_count_for_given_validation_rows_as_for_held_out_rows(data, labels, class_weight, weighted):
    """They come from the training rows, so the same validation rows weigh the same either way."""
    X, y = data[0], labels(data[1])
    given = np.random.default_rng(0).uniform(0.5, 2, len(X)) if weighted else np.ones(len(X))
    settings, held_out = {"early_stopping": True, "max_iter": 3}, np.arange(0, len(X), 7)
    validation = {"X_val": X[held_out], "y_val": y[held_out]}
    ours = classifier(class_weight=class_weight, **settings)
    ours.fit(X, y, given, sample_weight_val=given[held_out], **validation)
    rows = given * product_of_weights(class_weight, y)
    same = classifier(**settings).fit(X, y, rows, sample_weight_val=rows[held_out], **validation)
    assert ours.validation_scores_ == same.validation_scores_
    assert ours.validation_loss_curve_ == same.validation_loss_curve_
    unweighted = classifier(**settings).fit(X, y, rows, sample_weight_val=given[held_out], **validation)
    assert ours.validation_loss_curve_ != unweighted.validation_loss_curve_


def product_of_weights(class_weight, y):
    """The weight of each row, straight from the definition."""
    columns = y.T if y.ndim > 1 else [y]
    weights = class_weight if isinstance(class_weight, list) else [class_weight] * len(columns)
    rows = np.ones(len(y))
    for column, of_classes in zip(columns, weights, strict=True):
        names = np.unique(column)
        for name in names:
            count = (column == name).sum()
            rows[column == name] *= (
                len(y) / (len(names) * count) if of_classes == "balanced" else of_classes.get(name, 1)
            )
    return rows


def test_validation_rows_need_not_have_every_weighted_class(data):
    for labels, class_weight in (
        (classes, "balanced"),
        (several_labels, [{1: 3}, {1: 5}]),
        (several_labels, "balanced"),
    ):
        X, y = data[0], labels(data[1])
        few = np.flatnonzero(y == "low") if y.ndim == 1 else np.flatnonzero(y[:, 0] == 1)
        model = classifier(class_weight=class_weight, early_stopping=True).fit(X, y, X_val=X[few], y_val=y[few])
        assert np.isfinite(model.validation_loss_curve_).all()


@pytest.mark.parametrize("class_weight", [{0: 1, 1: 2}, [{0: 1, 1: 2}], "equal"])
def test_several_labels_need_one_dict_of_weights_per_label(data, class_weight):
    with pytest.raises(ValueError, match=r"class_weight"):
        classifier(class_weight=class_weight).fit(data[0], several_labels(data[1]))


@pytest.mark.parametrize(
    ("class_weight", "words"),
    [("equal", "class_weight"), ({"low": -1}, "class_weight must be >= 0"), ({"lowest": 2}, "not in class_weight")],
)
def test_class_weights_that_are_refused(data, class_weight, words):
    with pytest.raises(ValueError, match=words):
        classifier(class_weight=class_weight).fit(data[0], classes(data[1]))


# ---- learning rates --------------------------------------------------------------------------------


def cosine(epoch, epochs):
    return 0.01 * 0.5 * (1 + np.cos(np.pi * epoch / epochs))


def one_cycle(epoch, epochs):
    knots, way = [0, 0.3, 1], epoch / (epochs - 1)
    heights = [0.01 / 25, 0.01, 0.01 / 25 / 1e4]
    part = int(way >= 0.3)
    share = (way - knots[part]) / (knots[part + 1] - knots[part])
    return heights[part + 1] + (heights[part] - heights[part + 1]) * (1 + np.cos(np.pi * share)) / 2


RATES = {
    "cosine": cosine,
    "one_cycle": one_cycle,
    "warm_up": lambda epoch, epochs: 0.01 * min((epoch + 1) / 6, 1),
    na.schedules.WarmUp(2, then="cosine"): lambda epoch, epochs: (
        0.01 * (epoch + 1) / 3 if epoch < 2 else cosine(epoch - 2, epochs - 2)
    ),
    na.schedules.Cosine(final=0.5): lambda epoch, epochs: 0.005 + 0.5 * cosine(epoch, epochs),
}


@pytest.mark.parametrize("solver", [{"solver": "sgd"}, {}, {"weight_decay": 0.1}], ids=["sgd", "adam", "adamw"])
@pytest.mark.parametrize("schedule", RATES, ids=str)
def test_schedules_give_the_rate_of_each_epoch(data, schedule, solver):
    """Each epoch equals a partial_fit with its rate set by hand."""
    X, y = data
    model = regressor(learning_rate=schedule, max_iter=8, shuffle=False, **solver).fit(X, y)
    by_hand = regressor(shuffle=False, **solver)
    for epoch in range(8):
        by_hand.set_params(learning_rate_init=RATES[schedule](epoch, 8)).partial_fit(X, y)
    assert_same(model.coefs_, by_hand.coefs_, 1e-9)


def test_a_function_gives_the_rate(data):
    seen = []

    def rate(epoch):
        seen.append(epoch)
        return 0.01 / (1 + epoch)

    X, y = data
    model = regressor(learning_rate=rate, shuffle=False).fit(X, y)
    assert seen[:5] == [0, 1, 2, 3, 4]
    by_hand = regressor(shuffle=False)
    for epoch in range(5):
        by_hand.set_params(learning_rate_init=rate(epoch)).partial_fit(X, y)
    assert_same_bits(model.coefs_, by_hand.coefs_)


def test_partial_fit_goes_on_along_the_schedule(data):
    X, y = data
    whole = regressor(learning_rate="cosine", shuffle=False).fit(X, y)
    parts = regressor(learning_rate="cosine", shuffle=False)
    for _ in range(5):
        parts = pickle.loads(pickle.dumps(parts.partial_fit(X, y)))
    assert_same_bits(parts.coefs_, whole.coefs_)
    assert_same_bits(parts.partial_fit(X, y).coefs_, whole.coefs_)  # the rate is 0 from here on


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"learning_rate": "slow"}, "one_cycle"),
        ({"learning_rate": "cosine", "solver": "lbfgs"}, "learning_rate='cosine' needs solver='adam' or 'sgd'"),
        ({"learning_rate": lambda epoch: 1.0 - epoch}, "the result of learning_rate for epoch 2 must be >= 0, got -1"),
        ({"learning_rate": lambda epoch: None}, "the result of learning_rate for epoch 0 must be a number"),
    ],
    ids=shown,
)
def test_rates_that_are_refused(data, settings, words):
    with pytest.raises((ValueError, TypeError), match=words):
        regressor(**settings).fit(*data)


@pytest.mark.parametrize(
    "make",
    [
        lambda: na.schedules.Cosine(1.5),
        lambda: na.schedules.OneCycle(rise=1),
        lambda: na.schedules.OneCycle(final=-1),
        lambda: na.schedules.WarmUp(0),
        lambda: na.schedules.WarmUp(then="sine"),
    ],
)
def test_schedules_that_are_refused(make):
    with pytest.raises(ValueError, match=r"must be|unknown schedule 'sine'; expected one of cosine, one_cycle"):
        make()


# ---- initial weights -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("init", "spread", "uniform"),
    [("he_normal", 2, False), ("he_uniform", 2, True), ("lecun_normal", 1, False)],
)
def test_initial_weights_have_their_spread(init, spread, uniform):
    net = na.Network([na.Dense(300), na.Dense(200, "linear")], init=init, random_state=0, learning_rate=1e-30, epochs=1)
    net.fit(np.zeros((1, 400)), np.zeros((1, 200)))
    for n_in, weights in zip((400, 300), net.weights, strict=True):
        deviation = np.sqrt(spread / n_in)
        assert weights.std() == pytest.approx(deviation, rel=0.02)
        assert weights.mean() == pytest.approx(0, abs=0.02 * deviation)
        assert (np.abs(weights).max() < 1.74 * deviation) == uniform
    assert not any(np.abs(biases).max() > 1e-20 for biases in net.biases)


def test_tabular_weights_have_spread_biases_and_an_output_of_0():
    net = na.Network([na.Dense(3000), na.Dense(2)], init="tabular", random_state=0, learning_rate=1e-30, epochs=1)
    net.fit(np.zeros((1, 40)), np.zeros((1, 2)))
    for numbers, deviation in ((net.weights[0], np.sqrt(1 / 40)), (net.biases[0], 1)):
        assert numbers.std() == pytest.approx(deviation, rel=0.03)
        assert numbers.mean() == pytest.approx(0, abs=0.05 * deviation)
    assert np.abs(net.weights[1]).max() == np.abs(net.biases[1]).max() == 0
    expected = np.random.RandomState(0).normal(0, np.sqrt(1 / 40), (40, 3000)).astype("f4")
    np.testing.assert_array_equal(net.weights[0], expected)


def test_orthogonal_weights():
    settings = {"init": "orthogonal", "dtype": "float64", "learning_rate": 1e-30, "epochs": 1}
    net = na.Network([na.Dense(30), na.Dense(50, "linear")], random_state=0, **settings)
    wide, tall = net.fit(np.zeros((1, 40)), np.zeros((1, 50))).weights[::-1]
    np.testing.assert_allclose(tall.T @ tall, np.eye(30), atol=1e-14)
    np.testing.assert_allclose(wide @ wide.T, np.eye(30), atol=1e-14)
    signs = [
        np.sign(na.Network([na.Dense(1, "linear")], random_state=seed, **settings).fit([[0, 0]], [0]).weights[0])
        for seed in range(20)
    ]
    assert {tuple(sign.ravel()) for sign in signs} == {(1, 1), (1, -1), (-1, 1), (-1, -1)}


def test_init_is_drawn_from_random_state(data):
    first, again, other = (regressor(init="he_normal", random_state=seed).fit(*data) for seed in (0, 0, 1))
    assert_same_bits(first.coefs_, again.coefs_)
    assert np.any(first.coefs_[0] != other.coefs_[0])
    assert regressor().fit(*data).loss_curve_ == regressor(init="glorot_uniform").fit(*data).loss_curve_


def test_weights_to_begin_with(data):
    X, y = data
    first = regressor(shuffle=False).partial_fit(X, y)
    second = regressor(shuffle=False, init=(first.coefs_, first.intercepts_), max_iter=1)
    moved = clone(second).fit(X, y)
    net = na.Network([na.Dense(9), na.Dense(6), na.Dense(1, "linear")], dtype="float64", alpha=1e-4, learning_rate=0.01)
    net.shuffle = False
    net.set_parameters(first.coefs_, first.intercepts_).partial_fit(X, y)
    assert_same_bits(moved.coefs_, net.weights)


@pytest.mark.parametrize(
    ("init", "words"),
    [
        ("zeros", "lecun_normal"),
        (([np.ones((10, 9))],), "pair"),
        (([np.ones((10, 9))], [np.ones(9)]), "one array for each of the 3 layers"),
        (([np.ones((10, 9)), np.ones((9, 7)), np.ones((6, 1))], [np.ones(9), np.ones(6), np.ones(1)]), r"weights\[1\]"),
    ],
    ids=str,
)
def test_inits_that_are_refused(data, init, words):
    with pytest.raises(ValueError, match=words):
        regressor(init=init).fit(*data)


# ---- validation ------------------------------------------------------------------------------------


@pytest.fixture
def parts(data):
    """Rows for training and rows for validation."""
    X, y = data
    return (X[:300], y[:300]), {"X_val": X[300:], "y_val": y[300:]}


def test_given_validation_data_are_not_learned_from(parts):
    train, validation = parts
    plain, watched = regressor().fit(*train), regressor().fit(*train, **validation)
    assert_same_bits(watched.coefs_, plain.coefs_)
    assert plain.validation_loss_curve_ is None
    assert watched.validation_scores_ is None
    missed = watched.predict(validation["X_val"]) - validation["y_val"]
    assert watched.validation_loss_curve_[-1] == pytest.approx(0.5 * np.mean(missed**2), rel=1e-12)
    assert len(watched.validation_loss_curve_) == watched.n_iter_


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_validation_loss_is_on_the_scale_of_loss_(parts, dtype):
    """Protects the mean over several outputs, weights, and rows of several chunks."""
    (X, y), validation = parts
    X_val, y_val = np.tile(validation["X_val"], (9, 1)), np.tile(validation["y_val"], 9)
    weights = np.random.default_rng(0).uniform(0.5, 2, len(X_val))
    outputs = lambda t: np.column_stack([t, -t, t**2])  # noqa: E731
    given = {"X_val": X_val, "y_val": outputs(y_val), "sample_weight_val": weights}
    model = regressor(dtype=dtype, alpha=3.0).fit(X, outputs(y), **given)
    errors = 0.5 * np.mean((model.predict(X_val) - outputs(y_val)) ** 2, axis=1)
    assert model.validation_loss_curve_[-1] == pytest.approx(np.average(errors, weights=weights), rel=1e-5)


MONITORS = {
    None: lambda model, X, y, w: model.score(X, y, w),
    "loss": lambda model, X, y, w: -log_loss(y, model.predict_proba(X), sample_weight=w),
    "neg_log_loss": lambda model, X, y, w: -log_loss(y, model.predict_proba(X), sample_weight=w),
    "f1_macro": lambda model, X, y, w: f1_score(y, model.predict(X), average="macro", sample_weight=w),
    make_scorer(balanced_accuracy_score): lambda model, X, y, w: balanced_accuracy_score(
        y, model.predict(X), sample_weight=w
    ),
}


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("monitor", MONITORS, ids=str)
def test_early_stopping_by_a_monitor_keeps_the_best_weights(parts, monitor, weighted):
    (X, y), validation = parts
    X_val, y_val = pd.DataFrame(validation["X_val"]).add_prefix("x"), classes(validation["y_val"])
    weights = np.random.default_rng(0).uniform(0.5, 2, len(X_val)) if weighted else None
    model = classifier(early_stopping=True, monitor=monitor, max_iter=60, n_iter_no_change=4)
    given = {"X_val": X_val, "y_val": y_val, "sample_weight_val": weights}
    model.fit(pd.DataFrame(X).add_prefix("x"), classes(y), **given)
    assert len(model.validation_scores_) == len(model.validation_loss_curve_) == model.n_iter_ < 60
    assert model.best_validation_score_ == max(model.validation_scores_)
    now = MONITORS[monitor](model, X_val, y_val, weights)
    assert now == pytest.approx(model.best_validation_score_, rel=1e-9)


@pytest.mark.parametrize("monitor", ["loss", "neg_mean_absolute_error"])
def test_monitored_rows_that_are_held_out(data, monitor):
    """Protects the split: a monitor gets the rows that scikit-learn would hold out; the others train."""
    X, y = data
    plain = regressor(early_stopping=True, validation_fraction=0.2).fit(X, y)
    watched = regressor(early_stopping=True, validation_fraction=0.2, monitor=monitor).fit(X.tolist(), list(y))
    assert plain.loss_curve_ == watched.loss_curve_
    assert plain.validation_loss_curve_ == watched.validation_loss_curve_
    if monitor == "loss":
        assert watched.validation_scores_ == [-loss for loss in watched.validation_loss_curve_]
    else:
        errors, roots = np.negative(watched.validation_scores_), np.sqrt(2 * np.array(watched.validation_loss_curve_))
        assert np.all((errors > 0.7 * roots) & (errors < roots))


def test_partial_fit_scores_each_call(parts):
    (X, y), validation = parts
    model = regressor(early_stopping=True, shuffle=False)
    for call in range(1, 4):
        model.partial_fit(X, y, **validation)
        assert len(model.validation_scores_) == len(model.validation_loss_curve_) == call
        assert model.validation_scores_[-1] == pytest.approx(model.score(validation["X_val"], validation["y_val"]))
    model.set_params(learning_rate_init=0.5).partial_fit(X, y, **validation)
    assert model.validation_scores_[-1] < model.best_validation_score_, "not a step for the worse"
    plain = regressor(shuffle=False)
    for rate in (0.01, 0.01, 0.01, 0.5):
        plain.set_params(learning_rate_init=rate).partial_fit(X, y)
    assert_same_bits(model.coefs_, plain.coefs_)
    with pytest.raises(ValueError, match="does not support early_stopping=True without X_val"):
        model.partial_fit(X, y)


def test_warm_start_goes_on_with_the_curves(parts):
    train, validation = parts
    model = regressor(warm_start=True).fit(*train).fit(*train, **validation).fit(*train, **validation)
    assert len(model.loss_curve_) == 15
    assert len(model.validation_loss_curve_) == 10


@pytest.mark.parametrize(
    ("settings", "validation", "words"),
    [
        ({}, {"X_val": np.ones((3, 10))}, "X_val and y_val must be given together"),
        ({}, {"y_val": np.ones(3)}, "X_val and y_val must be given together"),
        ({}, {"X_val": np.ones((3, 9)), "y_val": np.ones(3)}, "X_val has 9 features"),
        ({}, {"X_val": np.ones((3, 10)), "y_val": np.ones((3, 2))}, "y_val.*2 columns"),
        ({}, {"X_val": np.full((3, 10), np.nan), "y_val": np.ones(3)}, "X_val.*NaN"),
        ({"solver": "lbfgs"}, {"X_val": np.ones((3, 10)), "y_val": np.ones(3)}, "lbfgs does not support X_val"),
        ({"monitor": "niceness"}, {}, "monitor.*neg_log_loss"),
    ],
)
def test_validation_that_is_refused(data, settings, validation, words):
    model = regressor(early_stopping=True, **settings)
    with pytest.raises(ValueError, match=words):
        model.fit(*data, **validation)
    assert not hasattr(model, "network_")


def test_labels_to_validate_on_that_are_not_known(data):
    X, y = data[0], classes(data[1])
    with pytest.raises(ValueError, match=r"y_val.*`y` has classes not in `self.classes_`.* has \['high', 'middle'\]"):
        classifier().fit(X[y != "low"], y[y != "low"], X_val=X, y_val=y)


def test_validation_data_are_routed_through_a_pipeline(parts):
    (X, y), validation = parts
    with config_context(enable_metadata_routing=True):
        model = regressor(early_stopping=True).set_fit_request(X_val=True, y_val=True, sample_weight=True)
        pipeline = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False), model, transform_input=["X_val"]
        )
        pipeline.fit(10 * X, y, X_val=10 * validation["X_val"], y_val=validation["y_val"], sample_weight=np.ones(300))
    scale = StandardScaler().fit(X)
    alone = regressor(early_stopping=True).fit(
        scale.transform(X), y, X_val=scale.transform(validation["X_val"]), y_val=validation["y_val"]
    )
    assert pipeline[-1].validation_scores_ == pytest.approx(alone.validation_scores_)


# ---- divergence ------------------------------------------------------------------------------------


def test_divergence_says_where_and_what_to_try(data):
    X, y = data
    steps = {"learning_rate": lambda epoch: 0.01 if epoch < 3 else 1e300, "solver": "sgd"}
    words = r"non-finite .* in epoch 4\. Scale X.*Standard.*learning_rate_init \(0\.01\).*set max_grad_norm \(.* 1\)"
    with pytest.raises(ValueError, match=words) as caught:
        regressor(max_iter=20, **steps).fit(X, y)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value), "joblib could not hand it on"
    with pytest.raises(ValueError, match=r"lower max_grad_norm \(1e\+20\)"):
        regressor(max_iter=20, max_grad_norm=1e20, **steps).fit(X, y)


@pytest.mark.filterwarnings("ignore::neuract.TrainingWarning")  # X is not scaled
def test_a_bounded_step_does_not_diverge(data):
    X, y = 1e4 * data[0], data[1]
    with pytest.raises(ValueError, match="non-finite parameter weights"):
        regressor(solver="sgd", learning_rate_init=0.1).fit(X, y)
    assert regressor(solver="sgd", learning_rate_init=0.1, max_grad_norm=1e-6).fit(X, y).n_iter_ == 5


def test_divergence_in_partial_fit_keeps_the_last_finite_weights(data):
    model = regressor(solver="sgd").partial_fit(*data)
    before = model.coefs_
    with pytest.raises(ValueError, match="non-finite parameter weights"):
        model.set_params(learning_rate_init=1e30).partial_fit(*data)
    assert_same_bits(model.coefs_, before)


# ---- missing values ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_missing_values_are_zero(data, dtype):
    X, y = data[0].astype(dtype), data[1]
    holes = np.random.default_rng(0).random(X.shape) < 0.1
    given, filled = np.where(holes, np.nan, X), np.where(holes, 0, X)
    for make in (regressor, lambda **settings: classifier(**settings)):
        target = y if make is regressor else classes(y)
        before = given.copy()
        model = make(missing="zero", early_stopping=True).fit(given, target, X_val=given, y_val=target)
        same = make(early_stopping=True).fit(filled, target, X_val=filled, y_val=target)
        assert_same_bits(model.coefs_, same.coefs_)
        assert_same_bits([given], [before])
        for rows in (slice(None), slice(0, 1), slice(0, 7)):
            np.testing.assert_array_equal(model.predict(given[rows]), same.predict(filled[rows]))
        with pytest.raises(ValueError, match="NaN"):
            same.predict(given)


def test_missing_values_of_sparse_rows_are_zero(data):
    X, y = data
    given = csr_array(np.where(X > 1, np.nan, X))
    model, dense = (regressor(missing="zero").fit(x, y) for x in (given, given.toarray()))
    assert_same_bits(model.coefs_, dense.coefs_)
    assert_same_bits([model.predict(given)], [dense.predict(given.toarray())])
    assert np.isnan(given.data).any()


def test_only_nan_is_missing(data):
    X, y = data
    for wrong in (np.inf, -np.inf):
        with pytest.raises(ValueError, match="infinity"):
            regressor(missing="zero").fit(np.where(X > 2, wrong, X), y)
    with pytest.raises(ValueError, match="NaN"):
        regressor(missing="zero").fit(X, np.where(y > 2, np.nan, y))
    with pytest.raises(ValueError, match=r"missing.*'zero'"):
        regressor(missing="mean").fit(X, y)
    assert regressor(missing="zero").__sklearn_tags__().input_tags.allow_nan
    assert not regressor().__sklearn_tags__().input_tags.allow_nan


# ---- scikit-learn's contract -------------------------------------------------------------------------


CHECKED = [
    na.MLPRegressor(
        max_iter=200,
        learning_rate_init=0.01,
        activation=["tanh", na.PReLU()],
        hidden_layer_sizes=(20, 10),
        threshold=[0.1, None],
        learning_rate="one_cycle",
        init="he_normal",
        l1=1e-5,
        max_grad_norm=5.0,
        n_jobs=2,
        missing="zero",
        callbacks=[na.callbacks.EarlyStopping(50)],
    ),
    na.MLPClassifier(max_iter=50, weight_decay=0.01, init="orthogonal", learning_rate_init=0.01),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(CHECKED)
@pytest.mark.filterwarnings("ignore::neuract.TrainingWarning")  # some checks' X is not scaled
def test_scikit_learns_checks(estimator, check):
    try:
        check(estimator)
    except SkipTest as skipped:
        if not re.search("SCIPY_ARRAY_API is not set|not have a decision_function", str(skipped)):
            raise


# ---- scores and losses that are not finite -------------------------------------------------------


def counts(seed=0):
    """X, and y as counts that depend on its first column."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(400, 3))
    return X, rng.poisson(np.exp(0.5 * X[:, 0]))


def test_without_a_finite_score_the_last_weights_stay_and_a_warning_says_so():
    """One wild row to validate on gives scores of -inf: the best weights would be those before training."""
    X, y = counts()
    V, v = counts(1)
    V[0] = 5000
    model = na.MLPRegressor("poisson", (20,), early_stopping=True, random_state=3)
    with pytest.warns(na.TrainingWarning, match="no best weights, because the score was never finite"):
        model.fit(X, y, X_val=V, y_val=v)
    assert model.n_iter_ == model.n_iter_no_change + 1, "patience runs out"
    plain = na.MLPRegressor("poisson", (20,), max_iter=model.n_iter_, random_state=3)
    with pytest.warns(ConvergenceWarning):
        plain.fit(X, y)
    assert_same_bits(model.coefs_, plain.coefs_)


def test_a_nan_score_is_no_improvement():
    scores = iter([0.1, np.nan, 0.3, np.nan, np.nan, np.nan])
    monitor = lambda *_: next(scores)  # noqa: E731
    model = na.MLPRegressor(hidden_layer_sizes=(4,), early_stopping=True, n_iter_no_change=2, monitor=monitor)
    X, y = counts()
    model.fit(X, y)
    assert model.n_iter_ == 6
    assert model.best_validation_score_ == 0.3


@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}])
def test_divergence_in_the_first_epoch_is_an_error_and_leaves_the_estimator_as_it_was(settings):
    X, y = counts()
    X[7] = 5000
    model = na.MLPRegressor("poisson", (20,), random_state=1, **settings)
    with pytest.raises(na.DivergedError, match="epoch 1"):
        model.fit(X, y)
    assert not hasattr(model, "loss_curve_")
    assert not hasattr(model, "network_")


def test_divergence_after_a_good_epoch_is_the_public_error_and_leaves_the_weights_of_that_epoch():
    X, y = counts()
    settings = {"hidden_layer_sizes": (20,), "solver": "sgd", "random_state": 1}
    model = na.MLPRegressor(learning_rate=lambda epoch: 0.01 if epoch < 2 else 1e300, **settings)
    with pytest.raises(na.DivergedError, match=r"epoch 3.*weights of the epoch before") as raised:
        model.fit(X, y)
    assert raised.type is na.DivergedError, "a traceback and Optuna's log show the name of the type"
    assert model.n_iter_ == len(model.loss_curve_) == 2
    plain = na.MLPRegressor(learning_rate=lambda epoch: 0.01, max_iter=2, **settings)
    with pytest.warns(ConvergenceWarning):
        plain.fit(X, y)
    assert_same_bits(model.coefs_, plain.coefs_)
    with pytest.raises(na.DivergedError, match="in epoch 1") as raised:  # which changes nothing
        model.set_params(learning_rate="constant", learning_rate_init=1e300).fit(X, y)
    assert raised.type is na.DivergedError
    assert_same_bits(model.coefs_, plain.coefs_)


def without_a_loss(y_true, y_pred):
    return np.full(len(y_pred), np.nan, y_pred.dtype), y_pred


@pytest.mark.parametrize(
    ("scale_x", "scale_y", "settings"),
    [
        (1, 1e154, {}),
        (1e100, 1, {}),
        (1, 1e19, {"dtype": "float32"}),
        (1, 1, {"loss": without_a_loss}),
    ],
    ids=["y", "X", "float32", "own loss"],
)
def test_lbfgs_without_a_finite_loss_is_the_error_of_sgd_and_adam(scale_x, scale_y, settings):
    X, y = counts()
    model = na.MLPRegressor(hidden_layer_sizes=(5,), solver="lbfgs", random_state=0, **settings)
    with pytest.raises(na.DivergedError, match="Solver produced non-finite parameter weights"):
        model.fit(X * scale_x, y * scale_y)
    assert not hasattr(model, "network_")
    loss = settings.get("loss", "squared_error")
    net = na.Network([na.Dense(5), na.Dense(1)], loss=loss, optimizer="lbfgs", dtype=settings.get("dtype", "float64"))
    with pytest.raises(na.DivergedError, match="lbfgs"):
        net.fit(X * scale_x, y * scale_y)


@pytest.mark.parametrize("values", [(-1, 1), (1, 2), (0, 2), (0, 255)])
@pytest.mark.parametrize("form", ["dense", "sparse", "partial_fit", "X_val", "diagnose"])
def test_several_labels_are_0_and_1(values, form):
    X, _ = counts()
    right = (X > 0).astype(int)
    y = np.array(values)[right]
    model = na.MLPClassifier((4,), max_iter=2, random_state=0)
    calls = {
        "dense": lambda: model.fit(X, y),
        "sparse": lambda: model.fit(X, csr_matrix(y)),
        "partial_fit": lambda: model.partial_fit(X, y, classes=[0, 1, 2]),
        "X_val": lambda: model.fit(X, right, X_val=X, y_val=y),
        "diagnose": lambda: na.diagnose(model.partial_fit(X, right, classes=[0, 1, 2]), X, y),
    }
    with pytest.raises(ValueError, match="columns of 0 and 1; y has the values"):
        calls[form]()


@pytest.mark.parametrize(("share", "which"), [(0.9, "training"), (0.1, "validation")])
def test_each_part_of_the_validation_split_has_weight(share, which):
    X, y = counts()
    weights = np.r_[np.zeros(399), 1]
    model = na.MLPRegressor(hidden_layer_sizes=(8,), early_stopping=True, validation_fraction=share, random_state=0)
    with pytest.raises(ValueError, match=f"at least one non-zero number for the {which} rows"):
        model.fit(X, y, sample_weight=weights)


@pytest.mark.parametrize("takes_weights", [False, True])
def test_a_scorer_of_the_user_gets_weights_only_if_it_takes_them(takes_weights):
    X, y = counts()
    seen = []

    def plain(estimator, X, y):
        return seen.append(None) or 0.5

    def weighted(estimator, X, y, sample_weight=None):
        return seen.append(sample_weight) or 0.5

    monitor = weighted if takes_weights else plain
    settings = {"early_stopping": True, "class_weight": "balanced", "max_iter": 1, "monitor": monitor}
    with pytest.warns(ConvergenceWarning):
        na.MLPClassifier((4,), **settings).fit(X, (y > 1).astype(int))
    assert len(seen) == 1
    assert (seen[0] is not None) == takes_weights


def test_a_scorer_of_scikit_learn_that_takes_no_weights_gets_none():
    X, y = counts()
    model = na.MLPRegressor(hidden_layer_sizes=(4,), early_stopping=True, max_iter=1, monitor="neg_max_error")
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y, sample_weight=np.ones(400))
    assert np.isfinite(model.validation_scores_).all()
