# SPDX-License-Identifier: BSD-3-Clause
"""The estimators: the same model as the installed scikit-learn's MLP, and scikit-learn's contract."""

import copy
import inspect
import pickle
import re
import warnings
from contextlib import contextmanager
from functools import partial
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.sparse import csr_matrix
from sklearn import neural_network
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError
from sklearn.metrics import accuracy_score, d2_pinball_score, mean_gamma_deviance, mean_pinball_loss
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import neuract as na
from oracle.comparisons import assert_same_bits
from oracle.marks import exhaustive, shown
from oracle.scikit_learn import assert_same_model, not_before

SHORT = {"max_iter": 20, "random_state": 3}
SOLVERS = {
    "adam": {"solver": "adam"},
    "adam_betas": {"solver": "adam", "beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3},
    "plain_sgd": {"solver": "sgd", "momentum": 0},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False},
    "nesterov": {"solver": "sgd", "momentum": 0.8},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.1, "n_iter_no_change": 1},
}
TASKS = ("regression", "outputs", "poisson", "binary", "multiclass", "multilabel")


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.fixture
def unconverged():
    """Ignore the warning of fits that are short on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def targets(task, y):
    """The diabetes target, converted for the task."""
    return {
        "regression": (y - y.mean()) / y.std(),
        "outputs": np.column_stack([y / 100, -y / 50, np.sqrt(y)]),
        "poisson": np.floor(y / 40),
        "binary": np.where(y > 140, "high", "low"),
        "multiclass": np.digitize(y, [80, 150, 220]) * 10,
        "multilabel": np.column_stack([y > 100, y > 150, y < 120]).astype(int),
    }[task]


def kind_of(task):
    return "MLPRegressor" if task in ("regression", "outputs", "poisson") else "MLPClassifier"


def both(task, **settings):
    """Our estimator and scikit-learn's with the same settings."""
    settings = {"learning_rate_init": 0.01} | SHORT | settings
    if task == "poisson":
        not_before("1.7")
        settings["loss"] = "poisson"
    return [getattr(module, kind_of(task))(**settings) for module in (na, neural_network)]


# ---- the same model --------------------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_solvers_learn_scikit_learns_model(diabetes, unconverged, solver, task):
    X, y = diabetes
    ours, theirs = (model.fit(X, targets(task, y)) for model in both(task, **SOLVERS[solver]))
    assert_same_model(ours, theirs)
    np.testing.assert_array_equal(
        ours.predict(X) if kind_of(task) == "MLPClassifier" else ours.predict(X).shape,
        theirs.predict(X) if kind_of(task) == "MLPClassifier" else theirs.predict(X).shape,
    )


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("sizes", [(), 7, (20, 9)], ids=repr)
def test_activations_learn_scikit_learns_model(diabetes, unconverged, activation, sizes, task):
    X, y = diabetes
    models = both(task, activation=activation, hidden_layer_sizes=sizes, batch_size=50)
    assert_same_model(*(model.fit(X, targets(task, y)) for model in models))


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("early_stopping", [False, True], ids=["", "early_stopping"])
@pytest.mark.parametrize("solver", ["adam", "nesterov", "adaptive"])
@pytest.mark.parametrize("task", TASKS)
def test_weights_and_early_stopping_as_scikit_learn(diabetes, unconverged, task, solver, early_stopping, weighted):
    X, y = diabetes
    weights = {"sample_weight": np.random.default_rng(0).uniform(0.1, 3, len(X))} if weighted else {}
    not_before("1.9" if early_stopping and task == "binary" else "1.7" if weighted else "1.6")  # its labels are strings
    models = both(task, early_stopping=early_stopping, alpha=0.5, **SOLVERS[solver])
    assert_same_model(*(model.fit(X, targets(task, y), **weights) for model in models))


def thinned(X):
    """Keep only values far from the mean."""
    return sparse.csr_array(np.where(np.abs(X) > 1, X, 0))


@pytest.mark.parametrize("early_stopping", [False, True], ids=["", "early_stopping"])
@pytest.mark.parametrize("solver", ["adam", "nesterov"])
@pytest.mark.parametrize("task", TASKS)
def test_sparse_data_learn_scikit_learns_model(diabetes, unconverged, task, solver, early_stopping):
    """The model equals scikit-learn's, and that of the same data dense, bit for bit."""
    not_before("1.7")  # its MLP takes sample weights
    X, y = thinned(diabetes[0]), targets(task, diabetes[1])
    weights = np.random.default_rng(0).uniform(0.1, 3, X.shape[0])
    ours, theirs = both(task, early_stopping=early_stopping, **SOLVERS[solver])
    assert_same_model(ours.fit(X, y, weights), theirs.fit(X, y, weights))
    written_out = clone(ours).fit(X.toarray(), y, weights)
    assert_same_bits(ours.coefs_ + ours.intercepts_, written_out.coefs_ + written_out.intercepts_)
    assert ours.validation_scores_ == written_out.validation_scores_
    for ask in ("predict", "predict_proba", "predict_log_proba"):
        if hasattr(ours, ask):
            assert_same_bits([getattr(ours, ask)(X)], [getattr(written_out, ask)(X.toarray())])
    assert ours.score(X, y, weights) == written_out.score(X.toarray(), y, weights)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["csr_matrix", "csc_matrix", "coo_array", "lil_array", "dok_array", "bsr_array"])
def test_sparse_formats_give_the_same_bits(diabetes, unconverged, kind, dtype):
    X, y = thinned(diabetes[0]).astype(dtype), diabetes[1]
    desired = na.MLPRegressor(**SHORT).fit(X.toarray(), y).partial_fit(X.toarray(), y)
    given = getattr(sparse, kind)(X)
    model = na.MLPRegressor(**SHORT).fit(given, y).partial_fit(given, y)
    assert model.predict(given).dtype == dtype
    assert_same_bits([*model.coefs_, model.predict(given)], [*desired.coefs_, desired.predict(X.toarray())])


def test_lbfgs_on_sparse_data(diabetes, unconverged):
    X, y = thinned(diabetes[0]), targets("regression", diabetes[1])
    ours, theirs = (model.fit(X, y) for model in both("regression", solver="lbfgs", alpha=1.0))
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-4)
    assert_same_bits(ours.coefs_, both("regression", solver="lbfgs", alpha=1.0)[0].fit(X.toarray(), y).coefs_)


def test_a_frame_of_sparse_columns(diabetes, unconverged):
    X, y = thinned(diabetes[0]), diabetes[1]
    frame = pd.DataFrame.sparse.from_spmatrix(sparse.csr_matrix(X), columns=[f"x{i}" for i in range(X.shape[1])])
    model = na.MLPRegressor(**SHORT).fit(frame, y)
    assert_same_bits(model.coefs_, na.MLPRegressor(**SHORT).fit(X.toarray(), y).coefs_)
    assert model.feature_names_in_[0] == "x0"


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_partial_fit_as_scikit_learn(diabetes, task, shuffle):
    X, y = diabetes
    y = targets(task, y)
    classes = {} if task == "regression" else {"classes": np.unique(y)}
    models = both(task, shuffle=shuffle, batch_size=64)
    for rows in (slice(0, 150), slice(150, 400), slice(20, 300)):
        for model in models:
            model.partial_fit(X[rows], y[rows], **classes)
    assert_same_model(*models)


@pytest.mark.parametrize("solver", ["adam", "invscaling"])
def test_warm_start_as_scikit_learn(diabetes, unconverged, solver):
    X, y = diabetes
    models = both("regression", warm_start=True, **SOLVERS[solver] | {"max_iter": 7})
    for _ in range(3):
        for model in models:
            model.fit(X, targets("regression", y))
    assert_same_model(*models)
    assert len(models[0].loss_curve_) == 21


def test_warm_start_with_early_stopping_keeps_the_best_weights(diabetes, unconverged):
    """scikit-learn differs: it keeps the last weights where none of the second fit is better."""
    X, y = diabetes
    settings = {"max_iter": 7, "early_stopping": True, "warm_start": True}
    model = both("regression", **settings)[0].fit(X, targets("regression", y))
    model.best_validation_score_ = 2.0
    best = model.coefs_
    assert_same_bits(model.fit(X, targets("regression", y)).coefs_, best)
    assert len(model.loss_curve_) == len(model.validation_scores_) == 14


@pytest.mark.parametrize("learning_rate", ["constant", "adaptive"])
def test_stops_when_scikit_learn_stops(diabetes, learning_rate):
    X, y = diabetes
    models = both("binary", solver="sgd", max_iter=1000, learning_rate=learning_rate, tol=0.01, momentum=0.5)
    assert_same_model(*(model.fit(X, targets("binary", y)) for model in models))


@pytest.mark.parametrize("task", ["regression", "poisson", "binary", "multiclass", "multilabel"])
def test_lbfgs_finds_scikit_learns_minimum(diabetes, task):
    X, y = diabetes
    settings = {"solver": "lbfgs", "alpha": 1.0, "hidden_layer_sizes": (5,), "max_iter": 3000}
    ours, theirs = (model.fit(X, targets(task, y)) for model in both(task, activation="tanh", **settings))
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-4)
    assert not hasattr(ours, "loss_curve_")


def test_lbfgs_reports_the_loss_of_several_outputs_on_scikit_learns_scale(diabetes):
    X, y = diabetes
    y = targets("outputs", y)
    model = na.MLPRegressor(solver="lbfgs", alpha=0, random_state=0, max_iter=2000).fit(X[:50], y[:50])
    data_loss = 0.5 * np.mean((model.predict(X[:50]) - y[:50]) ** 2)
    assert model.loss_ == pytest.approx(data_loss, rel=1e-6)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_diabetes_loss_curve_and_score(unconverged, solver):
    X, y = load_diabetes(return_X_y=True)
    train, test, y_train, y_test = train_test_split(X / X.std(0), y, random_state=0)
    rate = {"adam": 0.01, "sgd": 1e-5}[solver]
    settings = {"solver": solver, "learning_rate_init": rate, "random_state": 0, "max_iter": 200}
    ours = na.MLPRegressor(**settings).fit(train, y_train)
    theirs = neural_network.MLPRegressor(**settings).fit(train, y_train)
    np.testing.assert_allclose(ours.loss_curve_[:20], theirs.loss_curve_[:20], rtol=1e-6)
    assert ours.score(test, y_test) >= theirs.score(test, y_test) - 1e-6


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_digits(seed):
    X, y = load_digits(return_X_y=True)
    train, test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=seed)
    model = na.MLPClassifier(random_state=seed, max_iter=400).fit(train.astype("float32"), y_train)
    assert model.score(test.astype("float32"), y_test) >= 0.97


# ---- parameters ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_signatures_are_scikit_learns(name):
    not_before("1.9")
    ours, theirs = getattr(na, name), getattr(neural_network, name)
    for method in ("__init__", "fit", "partial_fit", "predict", "score"):
        parameters = [
            [(p.name, p.kind, p.default) for p in signature.parameters.values()]
            for signature in (inspect.signature(getattr(c, method)) for c in (ours, theirs))
        ]
        n = len(parameters[1])
        if method == "fit":  # a source has y itself
            assert parameters[0][2] == ("y", inspect.Parameter.POSITIONAL_OR_KEYWORD, None)
            parameters[0][2] = parameters[1][2]
        assert parameters[0][:n] == parameters[1]
        assert all(kind == inspect.Parameter.KEYWORD_ONLY for _, kind, _ in parameters[0][n:])


def test_shared_documentation_is_the_same():
    """Both classes document the parameters they share in the same words."""
    texts = [re.split(r"\n    (?=\w[^\n]* : )", kind.__doc__) for kind in (na.MLPClassifier, na.MLPRegressor)]
    first, second = ({text.split(" :")[0]: text for text in each} for each in texts)
    different = {"early_stopping", "validation_fraction", "loss", "loss_", "out_activation_"}
    at_the_end_of_a_section = {"monitor_neurons", "feature_names_in_"}
    for name in (first.keys() & second.keys()) - different - at_the_end_of_a_section:
        assert name[0].isupper() or first[name] == second[name]


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_every_parameter_is_documented(name):
    kind = getattr(na, name)
    for parameter in inspect.signature(kind).parameters:
        assert re.search(rf"^(\w+, )*{parameter}(, \w+)* : ", inspect.getdoc(kind), re.MULTILINE), parameter


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ("activation", "swoosh", "leaky_relu"),
        ("activation", "softmax", "output layer only"),
        ("hidden_layer_sizes", (10, 0), r"hidden_layer_sizes must be > 0, got \[10, 0\]"),
        ("hidden_layer_sizes", (10.5,), "hidden_layer_sizes must be .* whole numbers"),
        ("solver", "newton", "adam"),
        ("alpha", -1, "alpha"),
        ("batch_size", 0, "batch_size"),
        ("learning_rate", "fast", "invscaling"),
        ("learning_rate_init", 0, "learning_rate_init"),
        ("max_iter", 0, "max_iter"),
        ("momentum", 1.5, "momentum"),
        ("beta_1", 1.0, "beta_1"),
        ("n_iter_no_change", 0.5, "n_iter_no_change"),
        ("random_state", "seed", "random_state"),
        ("validation_fraction", 1.0, "validation_fraction"),
    ],
)
@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_bad_parameters_leave_the_model(diabetes, unconverged, name, parameter, value, message):
    X, y = diabetes
    model = getattr(na, name)(**SHORT).fit(X, y > 140)
    with unchanged(model, X), pytest.raises(ValueError, match=message):
        model.set_params(**{parameter: value}).fit(X, y > 140)


def test_losses_of_the_regressor(diabetes, unconverged):
    X, y = diabetes
    for loss in ("absolute_error", "huber", "quantile", own_squared_error, na.Quantile(0.9)):
        model = na.MLPRegressor(loss, **SHORT, learning_rate_init=0.1).fit(X, targets("regression", y))
        assert model.loss_curve_[-1] < model.loss_curve_[0]
    assert np.mean(targets("regression", y) < model.predict(X)) > 0.75
    for loss in ("log_loss", "focal"):
        with pytest.raises(ValueError, match="absolute_error"):
            na.MLPRegressor(loss).fit(X, y)
    with pytest.raises(ValueError, match="probabilities"):
        na.MLPRegressor(na.LogLoss()).fit(X, y)
    with pytest.raises(ValueError, match="y >= 0"):
        na.MLPRegressor("poisson").fit(X, -y)
    with pytest.raises(ValueError, match=r"y > 0, got 0\.0"):
        na.MLPRegressor("gamma").fit(X, y - y.min())


def own_squared_error(y_true, y_pred):
    return 0.5 * ((y_pred - y_true) ** 2).sum(axis=1), y_pred - y_true


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("task", ["regression", "outputs"])
def test_a_function_as_loss_learns_the_same_model(diabetes, unconverged, solver, task):
    """Protects the scale too: the loss curve has the values that the function returns."""
    X, y = diabetes[0], targets(task, diabetes[1])
    theirs = na.MLPRegressor(**SHORT, solver=solver, alpha=0).fit(X, y)
    own = na.MLPRegressor(own_squared_error, **SHORT, solver=solver, alpha=0).fit(X, y)
    np.testing.assert_allclose(own.predict(X), theirs.predict(X), rtol=1e-6)
    outputs = 1 if y.ndim == 1 else y.shape[1]
    assert own.loss_ == pytest.approx(outputs * theirs.loss_)


def test_gamma_has_an_exponential_output(diabetes, unconverged):
    X, y = diabetes
    model = na.MLPRegressor("gamma", solver="lbfgs", max_iter=200, alpha=0, random_state=0).fit(X, y)
    assert model.out_activation_ == "exp"
    assert model.loss_ == pytest.approx(mean_gamma_deviance(y, model.predict(X)) / 2)
    assert model.loss_ < 0.7 * mean_gamma_deviance(y, np.full(len(y), y.mean())) / 2


Q = (0.1, 0.5, 0.9)


def test_several_quantiles(diabetes, unconverged):
    """Protects the order of the predictions, which the network does not guarantee."""
    X, y = diabetes
    model = na.MLPRegressor(na.Quantile(Q), **SHORT).fit(X, y)
    predictions, outputs = model.predict(X), model.network_.predict(X)
    assert predictions.shape == (len(X), 3)
    assert model.n_outputs_ == 3
    assert (np.diff(outputs, axis=1) < 0).any()
    np.testing.assert_array_equal(predictions, np.sort(outputs, axis=1))
    each = [d2_pinball_score(y, predictions[:, k], alpha=q) for k, q in enumerate(Q)]
    assert model.score(X, y) == pytest.approx(np.mean(each))
    assert model.predict(X[:1]).shape == (1, 3)
    pinball = [mean_pinball_loss(y, model.network_.predict(X)[:, k], alpha=q) for k, q in enumerate(Q)]
    assert model.network_.loss(X, y) == pytest.approx(sum(pinball))


def test_quantiles_cover_their_share(diabetes, unconverged):
    X, y = diabetes
    model = na.MLPRegressor(na.Quantile(Q), max_iter=500, tol=0, learning_rate_init=0.003, random_state=0).fit(X, y)
    low, middle, high = model.predict(X).T
    assert np.mean(y < low) == pytest.approx(0.1, abs=0.03)
    assert np.mean(y < middle) == pytest.approx(0.5, abs=0.03)
    assert np.mean(y < high) == pytest.approx(0.9, abs=0.03)


def test_early_stopping_scores_several_quantiles_as_score_does(diabetes, unconverged, monkeypatch):
    X, y = diabetes
    monkeypatch.setattr("neuract.estimators._descent.train_test_split", lambda rows, **_: (rows[50:], rows[:50]))
    model = na.MLPRegressor(na.Quantile(Q), early_stopping=True, **SHORT).fit(X, y)
    assert (np.diff(model.network_.predict(X[:50]), axis=1) < 0).any()
    assert model.best_validation_score_ == pytest.approx(model.score(X[:50], y[:50]))


def test_what_several_quantiles_need(diabetes, unconverged):
    X, y = diabetes
    with pytest.raises(ValueError, match=r"y must have shape \(442, 1\) or \(442,\).*got \(442, 2\)"):
        na.MLPRegressor(na.Quantile(Q)).fit(X, np.stack([y, y], axis=1))
    model = na.MLPRegressor(na.Quantile(Q), **SHORT, warm_start=True).fit(X, y)
    with unchanged(model, X), pytest.raises(ValueError, match="need the same layers"):
        model.set_params(loss=na.Quantile((0.1, 0.9))).fit(X, y)
    assert model.set_params(loss=na.Quantile((0.2, 0.5, 0.8))).fit(X, y).n_outputs_ == 3


@pytest.mark.parametrize("loss", [na.LogLoss(0.1), na.Focal(1.5), "focal"], ids=str)
@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_losses_of_the_classifier(diabetes, unconverged, loss, task):
    """Protects that the loss reaches the network, and its purpose: both losses lower the confidence."""
    X, y = diabetes[0], targets(task, diabetes[1])
    plain, model = (na.MLPClassifier(**SHORT | {"max_iter": 60}, **how).fit(X, y) for how in ({}, {"loss": loss}))
    assert model.network_.loss_function == na.losses.loss(loss)
    assert model.loss_ < model.loss_curve_[0]
    assert model.score(X, y) > 0.8 * plain.score(X, y)
    assert model.predict_proba(X).max(axis=1).mean() < plain.predict_proba(X).max(axis=1).mean()


@pytest.mark.parametrize("loss", ["squared_error", na.SquaredError(), na.Poisson()], ids=str)
def test_losses_of_numbers_are_refused_by_the_classifier(diabetes, unconverged, loss):
    X, y = diabetes
    model = na.MLPClassifier(**SHORT).fit(X, y > 140)
    with unchanged(model, X), pytest.raises(ValueError, match=r"loss.* of MLPClassifier must be .*log_loss"):
        model.set_params(loss=loss).fit(X, y > 140)


@pytest.mark.parametrize(
    "model",
    [
        na.MLPRegressor(na.Quantile(Q), **SHORT),
        na.MLPRegressor(own_squared_error, **SHORT),
        na.MLPClassifier(loss=na.Focal(1.5), **SHORT),
    ],
    ids=lambda model: shown(model.loss),
)
def test_a_loss_is_a_parameter_as_others_are(diabetes, unconverged, model):
    X, y = diabetes
    y = y > 140 if isinstance(model, na.MLPClassifier) else y
    copied = clone(model)
    assert copied.get_params()["loss"] == model.loss
    assert repr(model.loss) in repr(model)
    predictions = copied.fit(X, y).predict(X)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(copied)).predict(X), predictions)
    grid = GridSearchCV(model, {"loss": [model.loss]}, cv=2).fit(X, y)
    assert grid.best_params_ == {"loss": model.loss}


def test_activation_objects(diabetes, unconverged):
    X, y = diabetes
    for activation in na.ACTIVATIONS.keys() - {"softmax"} | {na.ReLU(max_value=1), na.PReLU(0.1)}:
        model = na.MLPClassifier(activation=activation, **SHORT).fit(X, y > 140)
        assert model.loss_curve_[-1] < model.loss_curve_[0]
        assert model.network_.layers[0].activation == na.activation(activation)
        twin = clone(model).fit(X, y > 140)
        assert_same_bits(model.coefs_, twin.coefs_)


# ---- behaviour -------------------------------------------------------------------------------------


@contextmanager
def unchanged(model, X):
    """Assert that the block does not change a bit of the model."""

    def fitted():
        state = {k: v for k, v in vars(model).items() if k not in model.get_params()}
        return pickle.dumps(state), model.predict(X).tobytes()

    before = fitted()
    yield
    assert fitted() == before


BAD_DATA = {
    "sparse_nan": (lambda X, y: (sparse.csr_array(np.where(X > 2, np.nan, X)), y), ValueError, "NaN"),
    "sparse_lengths": (lambda X, y: (sparse.csc_array(X), y[:-1]), ValueError, "inconsistent numbers of samples"),
    "nan": (lambda X, y: (np.where(X > 2, np.nan, X), y), ValueError, "NaN"),
    "infinity": (lambda X, y: (np.where(X > 2, np.inf, X), y), ValueError, "infinity"),
    "nan_target": (lambda X, y: (X, np.where(y > 0, np.nan, y)), ValueError, "NaN"),
    "lengths": (lambda X, y: (X, y[:-1]), ValueError, "inconsistent numbers of samples"),
    "empty": (lambda X, y: (X[:0], y[:0]), ValueError, "0 sample"),
    "strings": (lambda X, y: (np.full(X.shape, "x"), y), ValueError, "X has text in the columns 0, 1, 2, 3, 4, …"),
    "one_dimension": (lambda X, y: (X[0], y), ValueError, "Expected 2D array"),
    "weights": (lambda X, y: (X, y, -np.ones(len(X))), ValueError, "sample_weight must be >= 0"),
    "zero_weights": (lambda X, y: (X, y, np.zeros(len(X))), ValueError, "at least one non-zero number"),
    "few_weights": (lambda X, y: (X, y, np.ones(3)), ValueError, r"sample_weight.shape == \(3,\), expected \(442,\)"),
    "no_target": (lambda X, y: (X, None), ValueError, "y"),
}


@pytest.mark.parametrize("case", BAD_DATA)
@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_bad_data_leaves_the_model(diabetes, unconverged, method, name, case):
    X, y = diabetes
    y = (y > 140).astype(float)
    model = getattr(na, name)(**SHORT).fit(pd.DataFrame(X).add_prefix("x"), y)
    spoil, error, message = BAD_DATA[case]
    with warnings.catch_warnings(), unchanged(model, pd.DataFrame(X).add_prefix("x")):
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        with pytest.raises(error, match=message):
            getattr(model, method)(*spoil(X, y))


def test_diverging_training_is_an_error(diabetes, unconverged):
    X, y = diabetes
    model = na.MLPRegressor(solver="sgd", learning_rate_init=0.001, **SHORT).fit(X, targets("regression", y))
    with unchanged(model, X), pytest.raises(ValueError, match=r"non-finite .* in epoch 1\. .*max_grad_norm"):
        model.set_params(learning_rate_init=1e150).fit(X, y)


def test_the_epochs_before_a_divergence_are_kept(diabetes, unconverged):
    X, y = diabetes
    settings = {"solver": "sgd", "random_state": 0}
    model = na.MLPRegressor(learning_rate=lambda epoch: 1e-3 if epoch < 3 else 1e300, **settings)
    with pytest.raises(ValueError, match=r"^Solver produced .* has the weights of the epoch before") as raised:
        model.fit(X, y)
    assert f"loss in epoch {model.n_iter_ + 1}. " in str(raised.value)
    shorter = na.MLPRegressor(max_iter=3, **settings).fit(X, y)
    assert_same_bits([model.predict(X), *model.coefs_], [shorter.predict(X), *shorter.coefs_])
    assert (model.n_iter_, model.loss_curve_) == (3, shorter.loss_curve_)
    model.set_params(learning_rate="constant").partial_fit(X, y)
    assert np.isfinite(model.predict(X)).all()


def test_diverging_training_with_early_stopping_keeps_the_best_weights(diabetes, unconverged):
    X, y = diabetes
    y = targets("regression", y)
    model = na.MLPRegressor(solver="sgd", early_stopping=True, warm_start=True, **SHORT).fit(X, y)
    best = model.coefs_
    with pytest.warns(ConvergenceWarning, match=r"non-finite parameter weights.*best weights"):
        model.set_params(learning_rate_init=1e6).fit(X, y)
    assert_same_bits(model.coefs_, best)
    model.set_params(early_stopping=False, learning_rate_init=1e-3).partial_fit(X, y)
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "yes"]),
        np.array(["a", "bb", "ccc"], dtype=object),
        np.array([False, True]),
        np.array([-1, 1]),
        np.array([2.0, 5.0, 7.0]),
        np.array([3, 10, 200], dtype=np.uint8),
    ],
    ids=str,
)
def test_labels_of_any_kind(diabetes, unconverged, labels):
    X, y = diabetes
    y = labels[np.digitize(y, [80, 150, 220]) % len(labels)]
    ours, theirs = (model.fit(X, y) for model in both("binary"))
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    assert ours.classes_.dtype == theirs.classes_.dtype
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.predict(X).dtype == theirs.predict(X).dtype
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-6)
    np.testing.assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), rtol=1e-6)
    assert ours.score(X, y) == theirs.score(X, y)


def test_multilabel(diabetes, unconverged):
    X, y = diabetes
    y = targets("multilabel", y)
    ours, theirs = (model.fit(X, y) for model in both("multilabel"))
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-6)
    assert ours.predict(X).dtype == theirs.predict(X).dtype
    assert ours.score(X, y) == theirs.score(X, y)


def test_one_class_has_probability_one(diabetes, unconverged):
    X, _ = diabetes
    model = na.MLPClassifier(**SHORT).fit(X, np.full(len(X), "only"))
    assert set(model.predict(X)) == {"only"}
    np.testing.assert_array_equal(model.predict_proba(X), np.ones((len(X), 1)))


@pytest.mark.parametrize("y", [[[1, 2], [3, 4]] * 5, [0.5, 1.5] * 5], ids=["outputs", "continuous"])
def test_targets_that_are_not_classes(y):
    with pytest.raises(ValueError, match=r"columns that are not 0 and 1|Unknown label type"):
        na.MLPClassifier().fit(np.eye(10), y)


def test_column_targets_are_flattened_with_a_warning(diabetes, unconverged):
    X, y = diabetes
    for model, target in ((na.MLPRegressor(**SHORT), y), (na.MLPClassifier(**SHORT), y > 140)):
        with pytest.warns(DataConversionWarning, match="column-vector"):
            model.fit(X, target[:, np.newaxis])
        assert model.predict(X).shape == (len(X),)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "float16", ">f8"])
def test_dtypes(diabetes, unconverged, dtype):
    X, y = diabetes
    kept = np.float32 if dtype == "float32" else np.float64
    regressor = na.MLPRegressor(**SHORT).fit(X.astype(dtype), y)
    assert regressor.predict(X.astype(dtype)).dtype == kept
    classifier = na.MLPClassifier(**SHORT).fit(X.astype(dtype), y > 140)
    assert classifier.predict_proba(X.astype(dtype)).dtype == kept
    assert {array.dtype for array in classifier.coefs_ + regressor.intercepts_} == {np.dtype(kept)}


def test_layouts_give_the_same_bits(diabetes, unconverged):
    X, y = diabetes
    X.setflags(write=False)
    model = na.MLPRegressor(**SHORT).fit(X, y)
    wide = np.repeat(X, 2, axis=1)[:, ::2]
    for other in (np.asfortranarray(X), wide, X.tolist()):
        assert_same_bits(model.coefs_, na.MLPRegressor(**SHORT).fit(other, y).coefs_)
        assert_same_bits([model.predict(X)], [model.predict(other)])


def test_frames_and_feature_names(diabetes, unconverged):
    X, y = diabetes
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    model = na.MLPRegressor(**SHORT).fit(frame, pd.Series(y))
    assert list(model.feature_names_in_) == list(frame.columns)
    assert_same_bits(model.coefs_, na.MLPRegressor(**SHORT).fit(X, y).coefs_)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[frame.columns[::-1]])
    with pytest.warns(UserWarning, match="valid feature names"):
        model.predict(X)
    with pytest.raises(ValueError, match="X has 3 features"), pytest.warns(UserWarning, match="names"):
        model.predict(X[:, :3])


def test_not_fitted(diabetes):
    X, _ = diabetes
    for method in ("predict", "predict_proba", "predict_log_proba"):
        with pytest.raises(NotFittedError, match="MLPClassifier"):
            getattr(na.MLPClassifier(), method)(X)
    assert not hasattr(na.MLPRegressor(), "coefs_")


def test_not_fitted_while_it_is_fitted_first(diabetes):
    X, y = diabetes
    model, found = na.MLPRegressor(), []
    questions = [model.predict, model.report, model.to_c, lambda _: model.to_onnx(), partial(na.diagnose, model)]

    def ask(network, epoch, logs):
        for question in questions:
            with pytest.raises(NotFittedError, match="MLPRegressor") as error:
                question(X)
            found.append(error)
        return True

    model.set_params(callbacks=[ask]).fit(X, y)
    assert len(found) == len(questions)
    assert model.predict(X).shape == (len(X),)


def test_max_iter_warns(diabetes):
    X, y = diabetes
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(2\)") as caught:
        na.MLPRegressor(max_iter=2).fit(X, y)
    assert caught[0].filename == __file__
    with pytest.warns(ConvergenceWarning, match=r"lbfgs failed to converge after 2") as caught:
        na.MLPRegressor(max_iter=2, solver="lbfgs").fit(X, y)
    assert caught[0].filename == __file__
    with pytest.warns(ConvergenceWarning, match=r"max_fun \(3\)"):
        na.MLPRegressor(max_fun=3, solver="lbfgs").fit(X, y)


def test_large_batch_warns(diabetes, unconverged):
    X, y = diabetes
    with pytest.warns(UserWarning, match="Got `batch_size` less than 1 or larger .*1000 to the 442") as caught:
        ours = na.MLPRegressor(batch_size=1000, **SHORT).fit(X, y)
    assert caught[0].filename == __file__
    assert_same_bits(ours.coefs_, na.MLPRegressor(batch_size=442, **SHORT).fit(X, y).coefs_)


def test_early_stopping_restores_the_best_weights(diabetes):
    X, y = diabetes
    y = y > 140
    settings = {"early_stopping": True, "random_state": 5, "learning_rate_init": 0.05}
    model = na.MLPClassifier(max_iter=500, tol=0, n_iter_no_change=5, **settings).fit(X, y)
    best = int(np.argmax(model.validation_scores_))
    assert best < model.n_iter_ - 1
    with pytest.warns(ConvergenceWarning):
        until_best = na.MLPClassifier(max_iter=best + 1, **settings).fit(X, y)
    assert_same_bits(model.coefs_, until_best.coefs_)
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.best_loss_ is None


def test_early_stopping_needs_rows(diabetes):
    X, y = diabetes
    with pytest.raises(ValueError, match="at least 2 are needed"):
        na.MLPRegressor(early_stopping=True).fit(X[:5], y[:5])
    with pytest.raises(ValueError, match="does not support early_stopping"):
        na.MLPRegressor(early_stopping=True).partial_fit(X, y)


@pytest.mark.parametrize(
    "settings",
    [
        {"tol": 10.0, "n_iter_no_change": 2},
        {"early_stopping": True, "n_iter_no_change": 2, "tol": 1.0},
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 10.0, "max_iter": 500},
    ],
    ids=["loss", "early_stopping", "adaptive"],
)
def test_verbose_output_is_scikit_learns(diabetes, capsys, settings):
    X, y = diabetes
    printed = []
    for model in both("binary", verbose=True, **settings):
        model.fit(X, y > 140)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert "Stopping." in printed[0]


def test_interrupted_training_keeps_the_epochs_that_ended(diabetes):
    """The failure is in the fourth of several epochs that the core runs in one call."""
    X, y = diabetes
    calls = []

    def squared_error(y_true, y_pred):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return ((y_pred - y_true) ** 2 / 2).sum(axis=1), y_pred - y_true

    settings = {"batch_size": len(X), "random_state": 0}
    with pytest.warns(UserWarning, match=r"Training interrupted by user\."):
        model = na.MLPRegressor(loss=squared_error, **settings).fit(X, y)
    with pytest.warns(ConvergenceWarning):
        three = na.MLPRegressor(loss=squared_error, max_iter=3, **settings).fit(X, y)
    assert model.n_iter_ == 3
    assert model.loss_curve_ == three.loss_curve_ == model.network_.history_["loss"]
    assert model.t_ == three.t_
    np.testing.assert_array_equal(model.predict(X), three.predict(X))


@pytest.mark.parametrize(
    "settings",
    [
        {"max_iter": 50},
        {"tol": 1e-3, "n_iter_no_change": 3, "learning_rate_init": 0.03},
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 1e-2, "n_iter_no_change": 2, "learning_rate_init": 0.1},
        {"max_iter": 50, "n_iter_no_change": np.inf, "shuffle": False},
        {"max_iter": 20, "hidden_layer_sizes": (5, 5), "dropout": 0.2, "warm_start": True},
        {"tol": 10.0, "n_iter_no_change": np.uint8(10), "warm_start": True},
    ],
    ids=["most epochs", "loss", "adaptive", "no rule", "dropout", "over before it begins"],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_epochs_that_the_core_runs_at_once_are_those_that_somebody_hears_of(diabetes, settings):
    X, y = diabetes
    heard = []
    callbacks = [lambda network, epoch, logs: heard.append(epoch)]
    at_once, one_by_one = (na.MLPClassifier(random_state=0, callbacks=told, **settings) for told in (None, callbacks))
    for _ in range(3):
        epochs = at_once.fit(X, y > 140).n_iter_
        one_by_one.fit(X, y > 140)
        assert heard == list(range(epochs))
        heard.clear()
    for name in ("n_iter_", "t_", "loss_", "loss_curve_", "best_loss_"):
        assert getattr(at_once, name) == getattr(one_by_one, name), name
    np.testing.assert_equal(at_once.coefs_, one_by_one.coefs_)
    assert at_once._rate.now == one_by_one._rate.now


@pytest.mark.parametrize("callbacks", [None, [lambda network, epoch, logs: None]], ids=["at once", "one by one"])
@pytest.mark.filterwarnings("ignore::neuract.TrainingWarning")  # just before it diverges
def test_training_that_diverges_later_keeps_the_epochs_before(diabetes, callbacks):
    X, y = diabetes
    settings = {"solver": "sgd", "learning_rate_init": 0.05, "nesterovs_momentum": False, "random_state": 0}
    model = na.MLPRegressor(callbacks=callbacks, **settings)
    with pytest.raises(ValueError, match=r"^Solver produced .* has the weights of the epoch before") as raised:
        model.fit(X, y)
    assert f"loss in epoch {model.n_iter_ + 1}. " in str(raised.value)
    with pytest.warns(ConvergenceWarning):
        before = na.MLPRegressor(max_iter=model.n_iter_, **settings).fit(X, y)
    assert model.loss_curve_ == before.loss_curve_
    np.testing.assert_array_equal(model.predict(X), before.predict(X))


class WithDefaults(na.MLPClassifier):
    def __init__(self, *, tol=-5, max_iter=3):
        super().__init__(tol=tol, max_iter=max_iter)


def test_defaults_of_a_subclass_are_checked(diabetes):
    X, y = diabetes
    with pytest.raises(ValueError, match=r"The 'tol' parameter of WithDefaults must be .* Got -5 instead"):
        WithDefaults().fit(X, y > 140)


def test_partial_fit_of_a_classifier(diabetes):
    X, y = diabetes
    y = targets("multiclass", y)
    model = na.MLPClassifier(random_state=0)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model.partial_fit(X, y)
    model.partial_fit(X[y < 20], y[y < 20], classes=[0, 10, 20, 30])
    assert model.predict_proba(X).shape == (len(X), 4)
    model.partial_fit(X, y)
    with unchanged(model, X), pytest.raises(ValueError, match=r"`classes=\[1, 2\]` is not the same as on last call"):
        model.partial_fit(X, y, classes=[1, 2])
    with unchanged(model, X), pytest.raises(ValueError, match=r"`y` has classes not in `self.classes_`"):
        model.partial_fit(X, y + 1)
    with unchanged(model, X), pytest.raises(ValueError, match="one column, as in the last fit"):
        model.partial_fit(X, targets("multilabel", y))


def test_partial_fit_of_several_labels(diabetes):
    X, y = diabetes
    y = targets("multilabel", y)
    models = both("multilabel")
    for _ in range(3):
        for model in models:
            model.partial_fit(X, y, classes=[0, 1, 2])
    assert_same_model(*models)


def test_partial_fit_continues_a_fit_and_a_pickle(diabetes, unconverged):
    X, y = diabetes
    y = targets("regression", y)
    ours, theirs = both("regression")
    for model in (ours.fit(X, y), theirs.fit(X, y)):
        model.partial_fit(X, y)
    assert ours.loss_curve_ == pytest.approx(theirs.loss_curve_, rel=1e-6)
    twin = pickle.loads(pickle.dumps(ours)).partial_fit(X, y)
    assert_same_bits(twin.coefs_, ours.partial_fit(X, y).coefs_)


def test_partial_fit_takes_a_new_learning_rate(diabetes, unconverged):
    X, y = diabetes
    y = targets("regression", y)
    model = na.MLPRegressor(solver="sgd", momentum=0, **SHORT).fit(X, y)
    before = model.coefs_[0]
    after = model.set_params(learning_rate_init=1e-12).partial_fit(X, y).coefs_[0]
    assert 0 < np.abs(after - before).max() < 1e-9


def test_partial_fit_is_absent_for_lbfgs():
    model = na.MLPRegressor(solver="lbfgs")
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError, match="partial_fit"):
        model.partial_fit([[1.0]], [1.0])


def test_warm_start_needs_the_same_model(diabetes, unconverged):
    X, y = diabetes
    model = na.MLPClassifier(warm_start=True, **SHORT).fit(X, y > 140)
    with (
        unchanged(model, X),
        pytest.raises(ValueError, match=r"warm_start can only .* got \[False, True\], `y` has \[True\]"),
    ):
        model.fit(X, y > 0)
    with unchanged(model, X), pytest.raises(ValueError, match="X has 4 features"):
        model.fit(X[:, :4], y > 140)
    with unchanged(model, X), pytest.raises(ValueError, match="same layers"):
        model.set_params(hidden_layer_sizes=7).fit(X, y > 140)


def test_random_state(diabetes, unconverged):
    X, y = diabetes
    fits = [na.MLPRegressor(random_state=s, max_iter=3).fit(X, y) for s in (1, 1, 2)]
    assert_same_bits(fits[0].coefs_, fits[1].coefs_)
    assert np.any(fits[0].coefs_[0] != fits[2].coefs_[0])
    shared = [np.random.RandomState(1) for _ in range(2)]
    ours = [na.MLPRegressor(random_state=shared[0], max_iter=3).fit(X, y) for _ in range(2)]
    theirs = [neural_network.MLPRegressor(random_state=shared[1], max_iter=3).fit(X, y) for _ in range(2)]
    assert_same_model(ours[1], theirs[1])


# ---- among scikit-learn's tools ----------------------------------------------------------------------


def test_copies_are_the_same_model(diabetes, unconverged):
    X, y = diabetes
    model = na.MLPClassifier(activation=na.PReLU(), **SHORT).fit(X, y > 140)
    for twin in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert_same_bits([model.predict_proba(X)], [twin.predict_proba(X)])
        assert twin.network_ is not model.network_
    assert not hasattr(clone(model), "network_")
    assert clone(model).get_params() == model.get_params()


def test_grid_search_in_a_pipeline(diabetes, unconverged):
    X, y = diabetes
    pipeline = make_pipeline(StandardScaler(), na.MLPClassifier(max_iter=30, random_state=0))
    grid = {"mlpclassifier__activation": ["relu", na.LeakyReLU(0.1)], "mlpclassifier__alpha": [0, 1]}
    search = GridSearchCV(pipeline, grid, cv=3, n_jobs=1).fit(X, y > 140)
    assert search.best_score_ > 0.65
    twin = pickle.loads(pickle.dumps(search))
    assert accuracy_score(search.predict(X), twin.predict(X)) == 1


def test_tags():
    """The estimators' tags decide which of scikit-learn's checks run."""
    classifier, regressor = (kind().__sklearn_tags__() for kind in (na.MLPClassifier, na.MLPRegressor))
    assert classifier.classifier_tags.multi_label
    assert classifier.classifier_tags.multi_class
    assert regressor.target_tags.multi_output
    assert not regressor.target_tags.positive_only
    assert na.MLPRegressor("poisson").__sklearn_tags__().target_tags.positive_only
    assert all(tags.input_tags.sparse for tags in (classifier, regressor))


CHECKED = [
    na.MLPClassifier(max_iter=100),
    na.MLPRegressor(max_iter=100),
    na.MLPClassifier(max_iter=100, solver="lbfgs"),
    na.MLPRegressor(max_iter=100, solver="lbfgs"),
    na.MLPClassifier(max_iter=100, solver="sgd", learning_rate="adaptive"),
    na.MLPRegressor("poisson", learning_rate_init=0.01, max_iter=100),
    na.MLPRegressor("gamma", solver="lbfgs", max_iter=100),
    na.MLPClassifier(loss="focal", max_iter=100),
    na.MLPClassifier(max_iter=100, batch_size=5, activation="tanh"),
    na.MLPRegressor(max_iter=100, batch_size=5, hidden_layer_sizes=()),
]


def expected_to_fail(estimator):
    """Checks with data that poisson and gamma refuse; with small batches, those that repeat rows in place of weights.

    The others pass check_sample_weight_equivalence: lbfgs takes all rows, and so does a batch of 200.
    """
    if estimator.loss in ("poisson", "gamma"):
        return {"check_regressor_multioutput": f"its y has negative numbers, which {estimator.loss} refuses"}
    if estimator.batch_size == "auto":
        return {}
    reason = "rows that are repeated make other batches"
    return {f"check_sample_weight_equivalence_on_{kind}_data": reason for kind in ("dense", "sparse")}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(CHECKED[:2], expected_failed_checks=expected_to_fail)
def test_scikit_learns_checks(estimator, check):
    passes(estimator, check)


@exhaustive
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.filterwarnings("ignore:the fit has ended:neuract.TrainingWarning")  # some checks have X near 100
@parametrize_with_checks(CHECKED[2:], expected_failed_checks=expected_to_fail)
def test_scikit_learns_checks_of_other_settings(estimator, check):
    passes(estimator, check)


def passes(estimator, check):
    """Run one of scikit-learn's checks; two of them may skip themselves."""
    try:
        check(estimator)
    except SkipTest as skipped:
        if not re.search("SCIPY_ARRAY_API is not set|not have a decision_function", str(skipped)):
            raise


# ---- what is asked of a fitted model ---------------------------------------------------------------


@pytest.mark.parametrize("changed", [{"loss": "huber"}, {"output_activation": "softmax"}])
def test_a_diagnosis_asks_the_network_that_was_fitted_not_the_parameters_of_now(changed, tmp_path):
    X, y = np.eye(6), [0, 1] * 3
    model = na.MLPClassifier((4,), max_iter=200, tol=1, random_state=0).fit(X, y)
    expected = na.diagnose(model, X, y).loss
    model.set_params(**changed)
    assert na.diagnose(model, X, y).loss == expected
    model.report(tmp_path / "report.html", X, y)


@pytest.mark.parametrize("name", ["alpha", "batch_size", "l1", "learning_rate_init", "max_grad_norm", "max_iter"])
def test_true_is_no_number(name):
    with pytest.raises(TypeError, match=f"{name} must be a number, got True"):
        na.MLPRegressor(**{name: True}).fit(np.eye(3), [1.0, 2.0, 3.0])


def test_a_sparse_target_of_a_regressor_is_refused():
    with pytest.raises(ValueError, match="y must be an array of numbers, got a sparse matrix"):
        na.MLPRegressor().fit(np.eye(3), csr_matrix(np.ones((3, 2))))


def test_a_subclass_may_check_its_parameters_itself():
    class Own(na.MLPRegressor):
        def _validate_params(self):
            raise KeyError("checked")

    with pytest.raises(KeyError, match="checked"):
        Own().fit(np.eye(3), [1.0, 2.0, 3.0])


def test_a_subclass_may_have_a_property_for_a_parameter():
    class Own(na.MLPRegressor):
        @property
        def alpha(self):
            return 2 * self._half

        @alpha.setter
        def alpha(self, value):
            self._half = value / 2

    assert Own(alpha=0.5).alpha == 0.5
