# SPDX-License-Identifier: BSD-3-Clause
"""Behaviour of scikit-learn's MLP that it documents and tests, in addition to test_estimators.py.

Where possible the tests compare with the installed scikit-learn, since changing the import must change nothing.
"""

import re
import warnings

import joblib
import numpy as np
import pytest
from sklearn import neural_network
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import PoissonRegressor
from sklearn.preprocessing import scale

import neuract as na
from oracle.scikit_learn import assert_same_model, not_before

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
MODULES = pytest.mark.parametrize("module", [na, neural_network], ids=["neuract", "scikit-learn"])


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


@pytest.fixture(scope="module")
def two_kinds(iris):
    X, y = iris
    return X[:100], y[:100]


def fitted(kind, data, **settings):
    return kind(**{"random_state": 0, "max_iter": 5} | settings).fit(*data)


# ---- the same model, in combinations ---------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize(
    "settings",
    [
        {"solver": "adam", "alpha": 3.0, "batch_size": 7},
        {"solver": "sgd", "momentum": 0.0, "learning_rate": "invscaling", "power_t": 0.2},
        {"solver": "sgd", "momentum": 0.7, "nesterovs_momentum": False, "learning_rate": "adaptive", "tol": 0.2},
        {"solver": "sgd", "momentum": 0.9, "alpha": 1.0, "shuffle": False, "hidden_layer_sizes": (8, 5, 4)},
        {"solver": "adam", "early_stopping": True, "validation_fraction": 0.3, "batch_size": 33},
    ],
    ids=["adam", "invscaling", "adaptive", "deep", "early_stopping"],
)
@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_same_model(iris, name, settings, activation, dtype):
    X, y = iris
    settings = {"learning_rate_init": 0.02, "n_iter_no_change": 2, "max_iter": 20, "activation": activation} | settings
    data = X.astype(dtype), (y * 2.5).astype(dtype) if name == "MLPRegressor" else y
    models = [fitted(getattr(module, name), data, **settings) for module in (na, neural_network)]
    if dtype == "float32":  # rounding: the same path, not the same digits
        curves = [model.loss_curve_[:5] for model in models]
        np.testing.assert_allclose(*curves, rtol=1e-4)
        assert {array.dtype for model in models for array in model.coefs_} == {np.dtype("float32")}
    else:
        assert_same_model(*models)


@MODULES
def test_one_step_of_gradient_descent_by_hand(module):
    """Two inputs, no hidden layer, squared error: ŷ = x·w + b; one step takes lr · mean (ŷ - y) x from w."""
    X, y = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([1.0, 2.0])
    settings = {"hidden_layer_sizes": (), "solver": "sgd", "momentum": 0, "alpha": 0, "learning_rate_init": 0.1}
    before = fitted(module.MLPRegressor, (X, y), **settings | {"learning_rate_init": 1e-300, "max_iter": 1})
    after = fitted(module.MLPRegressor, (X, y), **settings | {"max_iter": 1})
    errors = X @ before.coefs_[0] + before.intercepts_[0] - y[:, np.newaxis]
    np.testing.assert_allclose(after.coefs_[0], before.coefs_[0] - 0.1 * X.T @ errors / 2, rtol=1e-12)
    np.testing.assert_allclose(after.intercepts_[0], before.intercepts_[0] - 0.1 * errors.mean(axis=0), rtol=1e-12)
    assert after.loss_ == pytest.approx(0.5 * (errors**2).mean(), rel=1e-12)


def test_larger_alpha_gives_smaller_weights(two_kinds):
    sizes = [
        [np.abs(layer).sum() for layer in fitted(na.MLPClassifier, two_kinds, alpha=alpha, max_iter=100).coefs_]
        for alpha in (0, 5)
    ]
    assert all(small < large for large, small in zip(*sizes, strict=True))


def test_poisson_without_hidden_layers_is_a_generalized_linear_model():
    X = np.linspace(0, 1, 100)[:, np.newaxis]
    y = np.random.default_rng(0).poisson(np.exp(X.ravel() + 1))
    linear = PoissonRegressor(alpha=0, tol=1e-7).fit(X, y)
    model = na.MLPRegressor("poisson", (), solver="lbfgs", alpha=0, tol=1e-7, random_state=0).fit(X, y)
    np.testing.assert_allclose(model.predict(X), linear.predict(X), rtol=1e-4)


def test_lbfgs_of_several_outputs_reaches_the_true_minimum():
    """Of loss and gradient that agree; scikit-learn divides only the loss by the outputs (its issue 8349)."""
    X, _ = load_iris(return_X_y=True)
    inputs, targets = scale(X[:, :2]), X[:, 2:]
    settings = {"hidden_layer_sizes": (), "solver": "lbfgs", "alpha": 0, "tol": 1e-9, "random_state": 0}
    model = na.MLPRegressor(**settings, max_iter=1000).fit(inputs, targets)
    design = np.column_stack([inputs, np.ones(len(inputs))])
    solution, squares, *_ = np.linalg.lstsq(design, targets, rcond=None)
    np.testing.assert_allclose(np.vstack([model.coefs_[0], model.intercepts_[0]]), solution, rtol=1e-5)
    assert model.loss_ == pytest.approx(0.5 * squares.sum() / targets.size, rel=1e-9)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_lbfgs_learns_small_data(iris, activation):
    settings = {"solver": "lbfgs", "activation": activation, "hidden_layer_sizes": 20, "max_iter": 150}
    assert fitted(na.MLPClassifier, iris, **settings).score(*iris) > 0.95


# ---- when training stops ---------------------------------------------------------------------------


@MODULES
@BOTH
def test_tolerance_ends_training(two_kinds, module, name):
    model = fitted(getattr(module, name), two_kinds, tol=0.5, max_iter=3000, solver="sgd")
    assert model.n_iter_ < 100
    assert len(model.loss_curve_) == model.n_iter_


@MODULES
@pytest.mark.parametrize("patience", [2, 5, 10, 50])
def test_patience_is_counted_from_the_first_epoch_without_improvement(two_kinds, module, patience):
    settings = {"tol": 1e9, "solver": "sgd", "n_iter_no_change": patience, "max_iter": 3000}
    assert fitted(module.MLPClassifier, two_kinds, **settings).n_iter_ == patience + 2


@MODULES
@BOTH
def test_endless_patience_uses_every_epoch(two_kinds, module, name):
    model = fitted(getattr(module, name), two_kinds, tol=1e9, n_iter_no_change=np.inf, max_iter=40)
    assert model.n_iter_ == 40


@MODULES
def test_an_adaptive_rate_falls_until_it_is_too_small(module):
    model = module.MLPClassifier(tol=0.5, max_iter=3000, solver="sgd", learning_rate="adaptive", random_state=0)
    assert model.fit([[3, 2], [1, 6]], [1, 0]).n_iter_ < 3000


@MODULES
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@BOTH
def test_a_warm_start_has_max_iter_epochs_of_its_own(iris, module, name, solver):
    settings = {"solver": solver, "warm_start": True, "max_iter": 10, "n_iter_no_change": np.inf}
    with pytest.warns(ConvergenceWarning):
        model = fitted(getattr(module, name), iris, **settings)
    assert model.n_iter_ == 10
    with pytest.warns(ConvergenceWarning):
        model.set_params(max_iter=20).fit(*iris)
    assert model.n_iter_ == 20


@BOTH
def test_max_fun_limits_lbfgs(two_kinds, name):
    with pytest.warns(ConvergenceWarning, match="max_fun"):
        model = fitted(getattr(na, name), two_kinds, solver="lbfgs", max_fun=10, max_iter=150, tol=0)
    assert model.n_iter_ <= 10


def test_a_long_enough_fit_does_not_warn(two_kinds):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted(na.MLPClassifier, two_kinds, tol=0.1, max_iter=500)
        na.MLPClassifier(random_state=0).partial_fit(*two_kinds, classes=[0, 1])


# ---- early stopping --------------------------------------------------------------------------------


@MODULES
@BOTH
def test_attributes_of_early_stopping(two_kinds, module, name):
    settings = {"tol": 0.2, "max_iter": 3000, "solver": "sgd"}
    model = fitted(getattr(module, name), two_kinds, early_stopping=True, **settings)
    assert model.n_iter_ < 3000
    assert model.best_loss_ is None
    assert len(model.validation_scores_) == model.n_iter_ == len(model.loss_curve_)
    assert max(model.validation_scores_) == model.best_validation_score_
    without = fitted(getattr(module, name), two_kinds, **settings)
    assert without.validation_scores_ is without.best_validation_score_ is None
    assert without.best_loss_ == min(without.loss_curve_)
    assert without.loss_ == without.loss_curve_[-1]


@MODULES
def test_a_class_of_one_row_cannot_be_split(module):
    with pytest.raises(ValueError, match=r"least populated class|class 1 has only 1 row"):
        module.MLPClassifier(early_stopping=True).fit([[1, 2], [2, 3], [3, 4], [4, 5]], [0, 0, 0, 1])


def test_early_stopping_with_string_labels(iris):
    X, y = iris
    model = fitted(na.MLPClassifier, (X, np.array(["a", "b", "c"], dtype=object)[y]), early_stopping=True)
    assert np.isfinite(model.validation_scores_).all()
    assert max(model.validation_scores_) > 0.3


@MODULES
def test_early_stopping_of_several_labels_splits_without_classes(iris, module):
    X, y = iris
    labels = np.column_stack([y == 0, y == 1, np.arange(150) == 7]).astype(int)  # one row has this label
    assert fitted(module.MLPClassifier, (X, labels), early_stopping=True).predict(X).shape == (150, 3)


@BOTH
def test_weights_of_one_change_nothing(iris, name):
    X, y = iris
    models = [
        getattr(na, name)(early_stopping=True, batch_size=10, random_state=0, max_iter=10).fit(X, y, weights)
        for weights in (None, np.ones(150), 1.0)
    ]
    for other in models[1:]:
        assert_same_model(other, models[0], tolerance=1e-12)


@MODULES
@BOTH
def test_partial_fit_after_early_stopping_is_refused(iris, module, name):
    model = fitted(getattr(module, name), iris, early_stopping=True)
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        model.partial_fit(*iris)


@MODULES
@BOTH
def test_frames_keep_their_names_through_early_stopping(iris, module, name):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(iris[0], columns=list("abcd"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = fitted(getattr(module, name), (frame, iris[1]), early_stopping=True)
        model.predict(frame)
    assert list(model.feature_names_in_) == list("abcd")


# ---- partial_fit -----------------------------------------------------------------------------------


@MODULES
@pytest.mark.parametrize("momentum", [0, 0.9])
def test_calls_of_partial_fit_are_the_epochs_of_fit(iris, module, momentum):
    """Without shuffling, because each call draws a new order."""
    settings = {"solver": "sgd", "momentum": momentum, "learning_rate_init": 0.01, "shuffle": False, "random_state": 1}
    whole = module.MLPRegressor(**settings, max_iter=30, n_iter_no_change=np.inf).fit(*iris)
    pieces = module.MLPRegressor(**settings)
    for _ in range(30):
        pieces.partial_fit(*iris)
    np.testing.assert_allclose(pieces.predict(iris[0]), whole.predict(iris[0]), rtol=1e-9)
    assert pieces.n_iter_ == 1
    assert pieces.t_ == whole.t_ == 30 * 150
    assert len(pieces.loss_curve_) == 30


@MODULES
def test_a_class_that_comes_later(module):
    model = module.MLPClassifier(random_state=0, learning_rate_init=0.1)
    model.partial_fit([[1], [2], [3]], ["a", "b", "c"], classes=["d", "a", "c", "b"])
    for _ in range(200):
        model.partial_fit([[4]], ["d"])
    assert list(model.classes_) == ["a", "b", "c", "d"]
    assert model.predict([[4]]) == ["d"]


@MODULES
@pytest.mark.parametrize("second", [None, [1, 0]], ids=["none", "same"])
def test_classes_may_be_left_out_or_repeated_later(two_kinds, module, second):
    model = module.MLPClassifier(random_state=0).partial_fit(*two_kinds, classes=[0, 1])
    assert model.partial_fit(*two_kinds, classes=second).t_ == 200


@MODULES
@pytest.mark.parametrize(("classes", "later"), [([2], None), ([0, 1], [1, 2])], ids=["first", "later"])
def test_wrong_classes(two_kinds, module, classes, later):
    model = module.MLPClassifier()
    with pytest.raises(ValueError, match="class"):
        model.partial_fit(*two_kinds, classes=classes).partial_fit(*two_kinds, classes=later)


def test_a_loaded_model_goes_on_learning(tmp_path):
    model = na.MLPRegressor(hidden_layer_sizes=(42,), random_state=42, learning_rate_init=0.01).fit([[2]], [4])
    joblib.dump(model, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    for _ in range(200):
        loaded.partial_fit([[2]], [1])
    assert loaded.predict([[2]]) == pytest.approx(1, rel=1e-3)
    assert model.predict([[2]]) > 3


# ---- predictions -----------------------------------------------------------------------------------


@MODULES
def test_probabilities(iris, module):
    X, y = iris
    for labels, columns in ((y > 0, 2), (y, 3)):
        model = fitted(module.MLPClassifier, (X, labels), max_iter=50)
        probabilities = model.predict_proba(X)
        assert probabilities.shape == (150, columns)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
        np.testing.assert_array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(X))
        np.testing.assert_allclose(model.predict_log_proba(X), np.log(probabilities))


@MODULES
def test_probabilities_of_labels_are_independent(iris, module):
    X, y = iris
    labels = np.column_stack([y >= 0, y > 0, y > 1]).astype(int)
    model = fitted(module.MLPClassifier, (X, labels), max_iter=300, learning_rate_init=0.01)
    probabilities = model.predict_proba(X)
    np.testing.assert_array_equal(probabilities > 0.5, model.predict(X))
    assert np.abs(probabilities.sum(axis=1) - 1).max() > 0.5
    assert model.score(X, labels) == (model.predict(X) == labels).all(axis=1).mean()
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])


@MODULES
@pytest.mark.parametrize("kind", ["csr_array", "csr_matrix", "csc_matrix"])
def test_labels_given_as_a_sparse_matrix_come_back_as_one(iris, module, kind):
    from scipy import sparse

    X, y = iris
    labels = np.column_stack([y == 0, y == 1]).astype(int)
    model = fitted(module.MLPClassifier, (X, getattr(sparse, kind)(labels)))
    dense = fitted(module.MLPClassifier, (X, labels))
    assert type(model.predict(X)) is sparse.csr_matrix
    np.testing.assert_array_equal(model.predict(X).toarray(), dense.predict(X))
    assert isinstance(model.partial_fit(X, labels).predict(X), sparse.csr_matrix)
    assert isinstance(model.fit(X, labels).predict(X), np.ndarray)


def test_log_probability_of_the_impossible_is_minus_infinity_without_a_warning(two_kinds):
    X, _ = two_kinds
    model = fitted(na.MLPClassifier, two_kinds)
    model.coefs_ = [1e6 * weights for weights in model.coefs_]
    assert np.isneginf(model.predict_log_proba(X)).any()


def test_assigned_weights_are_used_and_trained_on(two_kinds):
    """Weights set by hand, as in scikit-learn; whole lists, since single arrays are copies."""
    X, y = two_kinds
    model, other = (fitted(na.MLPClassifier, two_kinds, random_state=seed) for seed in (0, 1))
    other.coefs_, other.intercepts_ = model.coefs_, model.intercepts_
    np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
    with pytest.raises(ValueError, match=re.escape("weights[0] must have shape (4, 100)")):
        other.coefs_ = [np.zeros((3, 3)), *model.coefs_[1:]]
    with pytest.raises(ValueError, match="read-only"):
        model.coefs_[0][:] = 0
    before = other.coefs_[0]
    assert np.any(other.partial_fit(X, y).coefs_[0] != before)


@MODULES
@BOTH
def test_dtypes_are_near_each_other(two_kinds, module, name):
    X, y = two_kinds
    single, double = (fitted(getattr(module, name), (X.astype(t), y), alpha=1e-5) for t in ("float32", "float64"))
    np.testing.assert_allclose(single.loss_curve_, double.loss_curve_, rtol=1e-4)
    np.testing.assert_allclose(single.predict(X.astype("float32")), double.predict(X), atol=1e-4)


# ---- the random state ------------------------------------------------------------------------------


@pytest.mark.parametrize("shuffle", [True, False])
def test_the_same_seed_gives_the_same_model(iris, shuffle):
    models = [fitted(na.MLPRegressor, iris, batch_size=1, shuffle=shuffle, max_iter=1) for _ in range(2)]
    np.testing.assert_array_equal(models[0].coefs_[0], models[1].coefs_[0])
    other = fitted(na.MLPRegressor, iris, batch_size=1, shuffle=not shuffle, max_iter=1)
    assert np.any(models[0].coefs_[0] != other.coefs_[0])


def test_without_a_seed_models_differ_and_numpys_seed_holds(iris):
    free = [na.MLPRegressor(max_iter=1).fit(*iris).coefs_[0] for _ in range(2)]
    assert np.any(free[0] != free[1])
    seeded = []
    for module in (na, neural_network):
        np.random.seed(5)  # noqa: NPY002 (scikit-learn's None is this generator)
        seeded.append(module.MLPRegressor(max_iter=1).fit(*iris).coefs_[0])
    np.testing.assert_allclose(*seeded, rtol=1e-9)


# ---- errors ----------------------------------------------------------------------------------------


@BOTH
def test_asking_before_learning(iris, name):
    model = getattr(na, name)()
    for ask in (model.predict, lambda X: model.score(X, iris[1])):
        with pytest.raises(NotFittedError):
            ask(iris[0])
    for attribute in ("coefs_", "intercepts_", "n_layers_", "out_activation_", "loss_", "n_iter_"):
        with pytest.raises(AttributeError):
            getattr(model, attribute)


@BOTH
def test_other_numbers_of_features(iris, name):
    X, y = iris
    model = fitted(getattr(na, name), iris)
    for call in (model.predict, lambda X: model.score(X, y), lambda X: model.partial_fit(X, y)):
        with pytest.raises(ValueError, match=r"X has 3 features, but MLP.* is expecting 4 features as input"):
            call(X[:, :3])


@BOTH
def test_numbers_too_large_for_training_are_an_error(name):
    X = np.finfo(np.float64).max * np.random.default_rng(0).uniform(size=(10, 2))
    with pytest.raises(ValueError, match=r"^Solver produced non-finite parameter weights.*Scale X"):
        getattr(na, name)(random_state=1).fit(X, np.arange(10) % 2)  # the loss may stay finite from other weights


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("hidden_layer_sizes", -1),
        ("hidden_layer_sizes", (-1,)),
        ("power_t", -0.1),
        ("shuffle", "true"),
        ("tol", -1),
        ("verbose", -1),
        ("warm_start", "true"),
        ("nesterovs_momentum", "yes"),
        ("early_stopping", "no"),
        ("beta_2", -0.5),
        ("epsilon", 0.0),
        ("max_fun", 0),
        ("n_iter_no_change", -1),
        ("alpha", None),
    ],
)
@MODULES
@BOTH
def test_values_out_of_range(iris, name, module, parameter, value):
    with pytest.raises(ValueError, match=parameter):
        getattr(module, name)(**{parameter: value}).fit(*iris)


@pytest.mark.parametrize("fraction", [0.0, 0.001])
def test_too_few_rows_to_validate_on(fraction):
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(
        ValueError,
        match=r"The validation set is too small\. Increase 'validation_fraction'|validation_fraction must be > 0",
    ):
        na.MLPRegressor(early_stopping=True, validation_fraction=fraction, random_state=0).fit(X, y)


def test_a_warm_start_with_other_classes(iris):
    X, _ = iris
    model = na.MLPClassifier(warm_start=True, solver="lbfgs", hidden_layer_sizes=2, random_state=0, max_iter=5)
    model.fit(X, np.repeat([0, 1, 2], 50)).fit(X, np.repeat([0, 1, 2], [40, 40, 70]))
    for y in (np.repeat([0, 1], 75), np.repeat([0, 1, 3], 50), np.arange(150) % 5):
        with pytest.raises(ValueError, match=r"warm_start can only be used where `y` .*got \[0, 1, 2\], `y` has \["):
            model.fit(X, y)


# ---- printed output --------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_partial_fit_prints_its_epoch(two_kinds, capsys, solver):
    printed = []
    for module in (na, neural_network):
        model = module.MLPClassifier(solver=solver, verbose=10, random_state=0)
        model.partial_fit(*two_kinds, classes=[0, 1]).partial_fit(*two_kinds)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert printed[0].count("Iteration 1, loss = ") == 2


def test_the_learning_rate_that_is_too_small_is_told(capsys):
    printed = []
    for module in (na, neural_network):
        model = module.MLPClassifier(tol=0.5, max_iter=3000, solver="sgd", learning_rate="adaptive", random_state=0)
        model.set_params(verbose=True).fit([[3, 2], [1, 6]], [1, 0])
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert "Learning rate too small. Stopping." in printed[0]


def test_parameters_have_scikit_learns_defaults_and_positions(iris):
    not_before("1.9")
    regressor = na.MLPRegressor("squared_error", (5,), "tanh")
    assert (regressor.loss, regressor.hidden_layer_sizes, regressor.activation) == ("squared_error", (5,), "tanh")
    for name in ("MLPClassifier", "MLPRegressor"):
        ours, theirs = getattr(na, name)().get_params(), getattr(neural_network, name)().get_params()
        assert {parameter: ours[parameter] for parameter in theirs} == theirs
