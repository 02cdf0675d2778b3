# SPDX-License-Identifier: BSD-3-Clause
"""Models that pipelines of scikit-learn fold into: every kind of output, files, serving, pictures; named refusals."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
    TargetEncoder,
)

import neuract as na
from neuract.files._format import load_bytes, unpack
from neuract.serving import SERVED
from oracle.paths import ROOT
from oracle.pipelines import AS, NAN, NUMBERS, ROWS, SETTINGS, UNKNOWN, after, asked, assert_same, frame, target

pd = pytest.importorskip("pandas")
ADULT = ROOT.parent / "shared" / "data" / "adult.csv.gz"
pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:Found unknown categories"),
    pytest.mark.filterwarnings("ignore:Skipping features without any observed"),
]
# ---- the model -----------------------------------------------------------------------------------------

BOTH = [("n", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), NUMBERS)]
BOTH += [("c", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(**UNKNOWN)), ["some", "two"])]


def both(model, y):
    return Pipeline([("prepare", ColumnTransformer(BOTH)), ("net", model)]).fit(frame(), y)


@pytest.mark.parametrize(
    "y",
    [
        lambda y: np.where(y > y.median(), "dear", "cheap"),
        lambda y: np.digitize(y, [1.5, 4]),
        lambda y: np.column_stack([y > 2, y > 4, y > 1]).astype(int),
        lambda y: (y > y.median()).to_numpy(),
    ],
    ids=["text", "three", "labels", "bools"],
)
def test_classes_and_labels(y):
    folded = assert_same(both(na.MLPClassifier(**SETTINGS, class_weight=None), y(target(frame()))), asked(True, True))
    assert isinstance(folded, na.TabularClassifier)


@pytest.mark.parametrize(
    ("settings", "y"),
    [
        ({}, lambda y: np.column_stack([y, -y])),
        ({"loss": na.Quantile((0.1, 0.5, 0.9))}, lambda y: y),
        ({"loss": "poisson"}, lambda y: y.abs()),
        ({"activation": "prelu", "hidden_layer_sizes": (5, 4), "threshold": 0.1}, lambda y: y),
        ({"hidden_layer_sizes": ()}, lambda y: y),
    ],
    ids=["outputs", "quantiles", "poisson", "slopes", "linear"],
)
def test_numbers_of_every_kind(settings, y):
    folded = assert_same(both(na.MLPRegressor(**{**SETTINGS, **settings}), y(target(frame()))), asked(True, True))
    assert isinstance(folded, na.TabularRegressor)


def test_float32():
    pipeline = both(na.MLPRegressor(**SETTINGS, dtype="float32"), target(frame()))
    assert_same(pipeline, asked(True, True))


def test_missing_zero_of_the_last_step():
    steps = OrdinalEncoder(unknown_value=NAN, **AS), StandardScaler()
    pipeline = after(["some", "floor", "two"], *steps, missing="zero")
    assert_same(pipeline, asked(True, True))
    assert_same(after(NUMBERS, StandardScaler(), model=na.MLPClassifier, missing="zero"), asked(True, True))


def test_rows_that_the_pipeline_refuses_get_an_answer():
    X = asked(True, True)
    for steps in ([StandardScaler()], [MinMaxScaler(clip=True)]):
        assert np.isfinite(na.folded(after(["size", "rooms"], *steps)).predict(X)).all()
    for encoder in (OneHotEncoder(drop="first"), OrdinalEncoder()):
        folded = na.folded(after(["town", "two"], encoder))
        unknown = folded.predict({**X.iloc[0].to_dict(), "town": "Rom"})
        assert np.isfinite(unknown).all()
        assert unknown == folded.predict({**X.iloc[0].to_dict(), "town": None})


# ---- ways along ----------------------------------------------------------------------------------------


def test_files_and_serving(tmp_path):
    X = asked(True, True)
    for model in (na.MLPClassifier, na.MLPRegressor):
        pipeline = both(model(**SETTINGS), (target(frame()) > 2).astype(int))
        path = tmp_path / "model.safetensors"
        na.save(pipeline, path)
        folded, loaded = na.folded(pipeline), na.load(path)
        served = SERVED[f"Tabular{model.__name__[3:]}"](unpack(load_bytes(path)))
        for each in (loaded, served):
            assert np.array_equal(each.predict(X), folded.predict(X))
        assert str(loaded.columns_) == str(folded.columns_)
        row = X.iloc[0].to_dict()
        assert loaded.predict(row) == folded.predict(X.iloc[:1])


def test_functions_that_ask_a_model_take_the_pipeline(tmp_path):
    figure = pytest.importorskip("matplotlib.figure").Figure
    X = frame()
    pipeline = both(na.MLPClassifier(**SETTINGS), target(X) > 2)
    diagnosis = na.diagnose(pipeline, X, target(X) > 2)
    last = na.diagnose(pipeline[-1], pipeline[:-1].transform(X), target(X) > 2)
    assert (diagnosis.rows, diagnosis.loss) == (ROWS, pytest.approx(last.loss))
    assert na.plotting.DiagnosisDisplay.from_estimator(pipeline, X, ax=figure()).diagnosis.rows == ROWS
    history = na.plotting.HistoryDisplay.from_estimator(model=pipeline, ax=figure()).history
    assert list(history["loss"]) == pipeline[-1].loss_curve_
    with pytest.raises(ValueError, match="step 'pca'"):
        na.diagnose(make_pipeline(PCA(2), na.MLPRegressor(**SETTINGS)).fit(X[["size", "rooms"]], target(X)), X)
    na.folded(pipeline).report(tmp_path / "report.html", X, target(X) > 2)
    assert na.folded(pipeline).score(X, target(X) > 2) == pipeline.score(X, target(X) > 2)


def test_the_pipeline_stays_as_it_is():
    pipeline, X = both(na.MLPRegressor(**SETTINGS), target(frame())), frame()
    before = pipeline.predict(X)
    folded = na.folded(pipeline)
    folded.set_params(members=2, folds=2, max_iter=1).fit(X, target(X))
    assert len(folded.networks_) == 4
    assert np.array_equal(pipeline.predict(X), before)
    assert folded.get_params()["hidden_layer_sizes"] == (6,)


@pytest.mark.skipif(not ADULT.exists(), reason="needs ../shared/data")
def test_adult():
    X = pd.read_csv(ADULT, keep_default_na=False, na_values=["", "NA"], nrows=3000)
    y = X.pop(X.columns[-1])
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    levels = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=10, sparse_output=False)
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), levels)
    prepare = ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_include="number")),
            ("texts", texts, make_column_selector(dtype_exclude="number")),
        ]
    )
    for dtype in ("float64", "float32"):
        model = na.MLPClassifier((16,), max_iter=2, dtype=dtype, random_state=0)
        pipeline = Pipeline([("prepare", prepare), ("net", model)]).fit(X[:2000], y[:2000])
        folded = assert_same(pipeline, X[2000:])
    assert folded.n_features_in_ == X.shape[1]


# ---- refusals --------------------------------------------------------------------------------------------


class Own(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X


class OwnScaler(StandardScaler):
    pass


REFUSED = [
    PCA(1),
    KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"),
    FunctionTransformer(np.log1p),
    TargetEncoder(cv=2),
    PolynomialFeatures(),
    Own(),
    OwnScaler(),
]


@pytest.mark.parametrize("step", REFUSED, ids=lambda step: type(step).__name__)
def test_a_step_that_cannot_be_folded_is_named(step):
    pipeline = after(["rooms", "size"], MaxAbsScaler(), step)
    kind = type(step).__name__
    with pytest.raises(
        ValueError, match=rf"step 'prepare__its__{kind.lower()}' of the pipeline \({kind}\) cannot"
    ) as told:
        na.folded(pipeline)
    assert "columns can do the work of ColumnTransformer" in str(told.value)
    assert "The last step alone" in str(told.value)


@pytest.mark.parametrize("last", [LogisticRegression(), TheirClassifier(max_iter=2), na.TabularClassifier(max_iter=1)])
def test_an_estimator_of_another_kind_is_named(last):
    pipeline = Pipeline([("scale", StandardScaler()), ("end", last)]).fit(frame()[["size"]], target(frame()) > 2)
    with pytest.raises(ValueError, match=rf"step 'end' of the pipeline \({type(last).__name__}\).* the last step must"):
        na.folded(pipeline)


@pytest.mark.parametrize(
    ("columns", "steps", "step", "why"),
    [
        (["rooms"], [StandardScaler(), OneHotEncoder()], "onehotencoder", "scaled as levels"),
        (["town"], [OrdinalEncoder(), StandardScaler(), OneHotEncoder()], "onehotencoder", "scaled as levels"),
        (["rooms"], [SimpleImputer(missing_values=3), StandardScaler()], "standardscaler", "SimpleImputer replaced 3"),
        (
            ["rooms"],
            [StandardScaler(), SimpleImputer(missing_values=3)],
            "simpleimputer",
            "looks for 3 in numbers that another",
        ),
        (["town"], [Own(), OneHotEncoder()], "own", "its own code"),
    ],
)
def test_options_that_cannot_be_folded_are_named(columns, steps, step, why):
    with pytest.raises(ValueError, match=f"step 'prepare__its__{step}' .*{why}"):
        na.folded(after(columns, *steps))


def test_a_column_of_two_kinds_is_named():
    X = frame()
    ways = [("a", StandardScaler(), ["size", "rooms"]), ("b", OneHotEncoder(), ["rooms"])]
    clip = [("a", StandardScaler(), ["size"]), ("b", MinMaxScaler(clip=True), ["size"])]
    for steps, why in ((ways, "column 'rooms' goes into it as a number and as levels"), (clip, "'size' .* clipped")):
        pipeline = make_pipeline(ColumnTransformer(steps), na.MLPRegressor(**SETTINGS)).fit(X, target(X))
        with pytest.raises(ValueError, match=why):
            na.folded(pipeline)


def test_none_next_to_nan_and_empty_text_next_to_them_are_refused():
    towns = ["Ulm", "Bonn", None, NAN] * 10
    for column, why in ((towns, "None and NaN"), (["Ulm", "", None, "Bonn"] * 10, "empty text next to missing")):
        X = pd.DataFrame({"town": pd.Series(column, dtype=object)})
        pipeline = make_pipeline(OneHotEncoder(), na.MLPRegressor(**SETTINGS)).fit(X, np.arange(40.0))
        with pytest.raises(ValueError, match=why):
            na.folded(pipeline)


def test_empty_text_is_the_missing_value():
    X = pd.DataFrame({"town": pd.Series(["Ulm", "", "Köln", "Bonn"] * 10, dtype=object)})
    assert_same(make_pipeline(OneHotEncoder(), na.MLPRegressor(**SETTINGS)).fit(X, np.arange(40.0)), X)


def test_other_objects_and_pipelines_that_are_not_fitted():
    with pytest.raises(TypeError, match="folded takes a fitted Pipeline of scikit-learn, got MLPRegressor"):
        na.folded(na.MLPRegressor())
    with pytest.raises(NotFittedError):
        na.folded(make_pipeline(StandardScaler(), na.MLPRegressor()))
