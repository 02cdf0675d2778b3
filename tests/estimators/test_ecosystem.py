# SPDX-License-Identifier: BSD-3-Clause
"""The estimators with scikit-learn's tools and data frames, as programs use them."""

import copy
import importlib
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingRegressor, StackingClassifier, VotingClassifier, VotingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectFromModel
from sklearn.inspection import DecisionBoundaryDisplay, PartialDependenceDisplay, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate, learning_curve
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import estimator_html_repr
from sklearn.utils.validation import check_is_fitted

import neuract as na
from neuract.estimators import _documentation
from oracle.comparisons import assert_same_bits
from oracle.scikit_learn import not_before

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = pytest.mark.parametrize("kind", [na.MLPClassifier, na.MLPRegressor])


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def short(kind=na.MLPClassifier, **settings):
    return kind(**{"max_iter": 30, "random_state": 0, "learning_rate_init": 0.01} | settings)


# ---- copies ----------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("way", ["pickle", "joblib", "copy", "deepcopy"])
def test_copies_predict_and_learn_alike(iris, tmp_path, kind, way):
    model = short(kind, activation=na.PReLU()).fit(*iris)
    twin = {
        "pickle": lambda: pickle.loads(pickle.dumps(model)),
        "joblib": lambda: (joblib.dump(model, tmp_path / "model"), joblib.load(tmp_path / "model"))[1],
        "copy": lambda: copy.copy(model),
        "deepcopy": lambda: copy.deepcopy(model),
    }[way]()
    assert_same_bits([twin.predict(iris[0])], [model.predict(iris[0])])
    before = model.coefs_
    assert_same_bits(twin.partial_fit(*iris).coefs_, copy.deepcopy(model).partial_fit(*iris).coefs_)
    assert_same_bits(model.coefs_, before)  # the copy trained, not the model


@BOTH
def test_clones_are_new_models(iris, kind):
    model = short(kind, activation=na.LeakyReLU(0.2)).fit(*iris)
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        check_is_fitted(twin)
    check_is_fitted(model)
    assert_same_bits(twin.fit(*iris).coefs_, model.coefs_)


# ---- searches, pipelines, ensembles ----------------------------------------------------------------


def test_grid_search_in_two_processes(iris):
    grid = {"mlpclassifier__activation": ["relu", na.LeakyReLU(0.1)], "mlpclassifier__alpha": [0, 10]}
    pipeline = make_pipeline(StandardScaler(), short())
    scores = [GridSearchCV(pipeline, grid, cv=3, n_jobs=n).fit(*iris).cv_results_["mean_test_score"] for n in (1, 2)]
    assert scores[0].max() > 0.8
    np.testing.assert_array_equal(*scores)


@BOTH
def test_cross_validation(iris, kind):
    result = cross_validate(short(kind), *iris, cv=3, return_estimator=True)
    assert len(result["estimator"]) == 3
    assert cross_val_predict(short(kind), *iris, cv=3).shape == (150,)
    assert learning_curve(short(kind), *iris, cv=2, train_sizes=[0.5, 1.0], shuffle=True, random_state=0)[1].shape == (
        2,
        2,
    )


def test_a_learning_curve_by_partial_fit(iris):
    sizes, train, _ = learning_curve(
        short(), *iris, cv=2, exploit_incremental_learning=True, shuffle=True, random_state=0
    )
    assert train.shape == (len(sizes), 2)


def test_columns_of_a_frame_in_a_pipeline():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"size": random.normal(50, 9, 200), "colour": random.choice(["red", "blue"], 200)})
    y = np.where((frame["size"] > 50) ^ (frame["colour"] == "red"), "yes", "no")
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), make_column_selector(dtype_include="number")),
            ("words", OneHotEncoder(sparse_output=False), ["colour"]),
        ]
    )
    pipeline = Pipeline([("columns", columns), ("network", short(max_iter=300))]).set_output(transform="pandas")
    pipeline.fit(frame, y)
    assert pipeline.score(frame, y) > 0.95
    assert list(pipeline["network"].feature_names_in_) == list(pipeline["columns"].get_feature_names_out())


@pytest.mark.parametrize(
    "tool",
    [
        lambda model: CalibratedClassifierCV(model, cv=3),
        lambda model: CalibratedClassifierCV(model, cv=3, method="isotonic", ensemble=False),
        lambda model: VotingClassifier([("network", model), ("linear", LogisticRegression())], voting="soft"),
        lambda model: StackingClassifier([("network", model), ("linear", LogisticRegression())], cv=3),
        lambda model: OneVsRestClassifier(model),
    ],
    ids=["calibrated", "isotonic", "voting", "stacking", "one_vs_rest"],
)
def test_tools_around_a_classifier(iris, tool):
    whole = tool(short()).fit(*iris)
    assert whole.score(*iris) > 0.85
    np.testing.assert_allclose(whole.predict_proba(iris[0]).sum(axis=1), 1)


@pytest.mark.parametrize(
    "tool",
    [
        lambda model: VotingRegressor([("network", model)]),
        lambda model: BaggingRegressor(model, 3, random_state=0),
        lambda model: TransformedTargetRegressor(model, transformer=StandardScaler()),
    ],
    ids=["voting", "bagging", "transformed_target"],
)
def test_tools_around_a_regressor(iris, tool):
    assert tool(short(na.MLPRegressor, max_iter=100)).fit(*iris).score(*iris) > 0.8


def test_several_outputs_one_by_one(iris):
    X, _ = iris
    model = MultiOutputRegressor(short(na.MLPRegressor, max_iter=100)).fit(X[:, :2], X[:, 2:])
    assert model.predict(X[:, :2]).shape == (150, 2)


def test_looking_at_a_model(iris):
    mpl = pytest.importorskip("matplotlib")
    mpl.use("Agg")
    X, y = iris
    model = short().fit(X[:, 2:], y)
    importance = permutation_importance(model, X[:, 2:], y, n_repeats=3, random_state=0)
    assert (importance.importances_mean > 0.05).all()
    boundary = DecisionBoundaryDisplay.from_estimator(model, X[:, 2:], response_method="predict", grid_resolution=9)
    assert set(np.unique(boundary.response)) <= {0, 1, 2}
    curves = PartialDependenceDisplay.from_estimator(short(na.MLPRegressor).fit(X, y), X, [0, 2], grid_resolution=5)
    assert len(curves.pd_results) == 2
    importlib.import_module("matplotlib.pyplot").close("all")


def test_selection_by_weights(iris):
    """Any function of the fitted attributes works."""
    X, y = iris
    chosen = SelectFromModel(short(), importance_getter=lambda model: np.abs(model.coefs_[0]).sum(axis=1)).fit(X, y)
    assert 0 < chosen.get_support().sum() < 4


# ---- metadata routing ------------------------------------------------------------------------------


def test_weights_are_routed_to_fit_and_score(iris):
    not_before("1.7")
    X, y = iris
    weights = np.where(y == 2, 0.0, 1.0)
    with config_context(enable_metadata_routing=True):
        model = short(max_iter=60).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        search = GridSearchCV(make_pipeline(scaler, model), {"mlpclassifier__alpha": [0, 1]}, cv=3)
        search.fit(X, y, sample_weight=weights)
        assert search.best_score_ > 0.9
        assert search.score(X, y, sample_weight=weights) > 0.9
    assert set(search.predict(X)) == {0, 1}  # a class without weight is not learned
    assert search.score(X, y) < 0.7


def test_what_can_be_requested():
    requests = na.MLPClassifier().get_metadata_routing()
    validation = {"X_val", "y_val", "sample_weight_val"}
    assert set(requests.fit.requests) == {"sample_weight"} | validation
    assert set(requests.partial_fit.requests) == {"classes", "sample_weight"} | validation
    assert set(requests.score.requests) == {"sample_weight"}


# ---- frames ----------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames(iris, kind, library):
    frames = pytest.importorskip(library)
    X, y = iris
    names = ["a", "b", "c", "d"]
    frame = frames.DataFrame({name: X[:, i] for i, name in enumerate(names)})
    model = short(kind).fit(frame, frames.Series(y))
    assert list(model.feature_names_in_) == names
    assert_same_bits(model.coefs_, short(kind).fit(X, y).coefs_)
    assert_same_bits([model.predict(frame)], [short(kind).fit(X, y).predict(X)])
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["d", "c", "b", "a"]])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(X)
    assert model.partial_fit(frame, frames.Series(y)).t_ == 31 * 150


def test_missing_values_of_a_frame_are_told(iris):
    frame = pd.DataFrame(iris[0]).add_prefix("x")
    frame.iloc[3, 1] = None
    with pytest.raises(ValueError, match="contains NaN"):
        na.MLPClassifier().fit(frame, iris[1])


def test_frames_of_columns_with_different_types(iris):
    X, y = iris
    frame = pd.DataFrame({"a": X[:, 0].astype("float32"), "b": (X[:, 1] > 0), "c": (X[:, 2] * 10).astype(int)})
    model = short().fit(frame, pd.Series(y, dtype="category"))
    assert model.coefs_[0].dtype == np.float64
    assert_same_bits(
        [model.predict_proba(frame)], [short().fit(frame.to_numpy(float), y).predict_proba(frame.to_numpy(float))]
    )


# ---- tags, links and representations ---------------------------------------------------------------


def test_kinds():
    assert is_classifier(na.MLPClassifier())
    assert is_regressor(na.MLPRegressor())
    assert not hasattr(na.MLPClassifier(), "transform")


@BOTH
def test_whether_it_is_fitted(iris, kind):
    model = short(kind)
    for _ in range(2):  # again after a clone
        with pytest.raises(NotFittedError):
            check_is_fitted(model)
        check_is_fitted(model.fit(*iris))
        check_is_fitted(model, ["coefs_", "n_iter_"])
        model = clone(model)


@BOTH
def test_the_diagram_leads_to_our_documentation(iris, kind, monkeypatch):
    assert "scikit-learn.org/" not in short(kind)._get_doc_link()
    monkeypatch.setattr(_documentation, "metadata", lambda name: _Metadata())
    _documentation.documentation_address.cache_clear()
    try:
        for model in (short(kind), short(kind).fit(*iris), make_pipeline(StandardScaler(), short(kind))):
            html = estimator_html_repr(model)
            assert 'href="https://example.org/documentation' in html
            assert kind.__name__ in model._repr_html_()
    finally:
        _documentation.documentation_address.cache_clear()


class _Metadata:
    """A package with addresses."""

    def get_all(self, name):
        assert name == "Project-URL"
        return ["Homepage, https://example.org/", "Documentation, https://example.org/documentation"]


def test_text_forms(iris):
    model = short(alpha=0.5, activation=na.LeakyReLU(0.2))
    assert repr(model) == (
        "MLPClassifier(activation=LeakyReLU(alpha=0.2), alpha=0.5,\n"
        "              learning_rate_init=0.01, max_iter=30, random_state=0)"
    )
    with config_context(display="text"), pytest.raises(AttributeError):
        _ = model._repr_html_
