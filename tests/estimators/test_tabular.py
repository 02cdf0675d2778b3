# SPDX-License-Identifier: BSD-3-Clause
"""TabularClassifier and TabularRegressor: frames in, and scikit-learn's contract."""

import copy
import json
import pickle
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
import sklearn
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import neuract as na
from oracle.comparisons import assert_same_bits
from oracle.paths import DATA

ROWS = 60


def frame(rows=ROWS, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "size": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(80, 20, rows)),
            "town": rng.choice(["Ulm", "Bonn", "Köln", None], rows),
            "built": pd.Timestamp("1990-01-01") + pd.to_timedelta(rng.integers(0, 9000, rows), unit="D"),
            "lift": rng.random(rows) < 0.5,
        }
    )


def labels(X):
    return np.where((X["size"].fillna(80) > 80) ^ X["lift"], "dear", "cheap")


def numbers(X):
    return 1000 + 10 * X["size"].fillna(80).to_numpy() + 200 * X["lift"].to_numpy()


QUICK = {"members": 2, "folds": 2, "max_iter": 2, "hidden_layer_sizes": (8,)}

MODELS = {
    "binary": lambda X: na.TabularClassifier(**QUICK, random_state=0).fit(X, labels(X)),
    "multiclass": lambda X: na.TabularClassifier(**QUICK, random_state=0).fit(X, np.digitize(numbers(X), [1700, 1900])),
    "labels": lambda X: na.TabularClassifier(**QUICK, random_state=0).fit(
        X, X[["lift"]].assign(no=~X["lift"]).astype(int)
    ),
    "numbers": lambda X: na.TabularRegressor(**QUICK, random_state=0).fit(X, numbers(X)),
    "outputs": lambda X: na.TabularRegressor(**QUICK).fit(X, np.column_stack([numbers(X), -1e-3 * numbers(X)])),
    "quantiles": lambda X: na.TabularRegressor(loss=na.Quantile((0.1, 0.5, 0.9)), **QUICK).fit(X, numbers(X)),
    "poisson": lambda X: na.TabularRegressor(loss="poisson", **QUICK, dtype="float64").fit(X, numbers(X)),
    "array": lambda X: na.TabularRegressor(**QUICK).fit(X[["size", "lift"]].to_numpy(float), numbers(X)),
    "settings": lambda X: na.TabularClassifier(
        categorical=["lift"], scaling="unit", min_rows=5, activation="tanh", **QUICK, class_weight="balanced"
    ).fit(X, labels(X)),
}


@pytest.fixture(params=MODELS)
def model_and_X(request):
    X = frame()
    model = MODELS[request.param](X)
    return model, X[["size", "lift"]].to_numpy(float) if request.param == "array" else X


def test_models_survive_files_pickles_and_copies(model_and_X, tmp_path):
    model, X = model_and_X
    model.save(tmp_path / "model.safetensors", state=True)
    others = [na.load(tmp_path / "model.safetensors"), pickle.loads(pickle.dumps(model)), copy.deepcopy(model)]
    for other in others:
        assert type(other) is type(model)
        assert_same_bits(other.predict(X), model.predict(X))
        assert other.columns_.rows() == model.columns_.rows()
        assert repr(other) == repr(model)
        assert other.settings_ == model.settings_
        assert other.oof_score_ == model.oof_score_
        assert other.n_iter_ == model.n_iter_
        assert_same_bits(other.oof_predictions_, model.oof_predictions_)
        assert_same_bits(other.predict_spread(X), model.predict_spread(X))
        other.save(tmp_path / "again.safetensors")
        assert_same_bits(na.load(tmp_path / "again.safetensors").predict(X), model.predict(X))


# scikit-learn, narwhals and pandas cannot be imported.
SERVER = """
import json, sys
for name in ("sklearn", "scipy", "matplotlib", "joblib", "pandas", "polars", "pyarrow", "narwhals", "onnx"):
    sys.modules[name] = None
import neuract
model = neuract.load(sys.argv[1])
X = json.loads(sys.argv[2])
names = [name for name in ("predict", "predict_proba") if hasattr(model, name)]
rows = [{name: values[k] for name, values in X.items()} for k in range(3)]
print(json.dumps({
    "answers": {name: getattr(model, name)(X).tolist() for name in names},
    "records": model.predict(rows).tolist(),
    "one": [model.predict(row).tolist()[0] for row in rows],
    "repr": repr(model),
}))
"""


@pytest.mark.parametrize("name", [name for name in MODELS if name != "array"])
def test_models_are_served_without_scikit_learn(name, tmp_path):
    X = frame()
    model = MODELS[name](X.drop(columns="built"))
    model.save(tmp_path / "model")
    X = X.drop(columns="built")
    given = X.astype(object).where(X.notna(), None).to_dict("list")
    command = [sys.executable, "-c", SERVER, str(tmp_path / "model"), json.dumps(given)]
    served = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for method, answers in served["answers"].items():
        assert answers == getattr(model, method)(X).tolist()
    assert served["records"] == served["one"] == model.predict(X)[:3].tolist()
    assert "predicts without scikit-learn" in served["repr"]


def test_every_library_trains_the_same_bits():
    X = frame()
    y = labels(X)
    expected = MODELS["binary"](X).predict_proba(X)
    for other in (pl.from_pandas(X), pa.Table.from_pandas(X)):
        model = na.TabularClassifier(**QUICK, random_state=0).fit(other, pd.Series(y))
        assert_same_bits(model.predict_proba(other), expected)
        assert_same_bits(model.predict_proba(X), expected)


SETS = {"adult": "income", "ames": "Sale_Price", "telco_churn": "churn", "bank_marketing": "y"}


@pytest.mark.skipif(not DATA.exists(), reason="needs the data sets")
@pytest.mark.parametrize("name", SETS)
def test_real_frames_are_fitted_in_one_line(name):
    X = pd.read_csv(DATA / f"{name}.csv.gz", keep_default_na=False, na_values=["", "NA"], nrows=3000)
    y = X.pop(SETS[name]).to_numpy()
    kind = na.TabularRegressor if name == "ames" else na.TabularClassifier
    quick = {"effort": "quick", "max_iter": 6, "random_state": 0}
    models = [kind(**quick).fit(X, y)]
    for convert in (pl.from_pandas, pa.Table.from_pandas):
        models.append(kind(**quick).fit(convert(X), y))
        assert_same_bits(models[-1].predict(convert(X)), models[0].predict(X))
    assert models[0].score(X, y) > 0.8


# ---- what is learned -------------------------------------------------------------------------------


def test_targets_have_the_users_unit():
    X = frame(300)
    y, quick = numbers(X), {"effort": "quick", "max_iter": 30, "random_state": 0}
    model = na.TabularRegressor(**quick).fit(X, y)
    assert model.score(X, y) > 0.95
    far = na.TabularRegressor(**quick).fit(X, y + 1e9)
    assert far.predict(X).dtype == np.float64
    np.testing.assert_allclose(far.predict(X) - 1e9, model.predict(X), atol=5)
    counts = na.TabularRegressor(loss="poisson", **quick).fit(X, y)
    assert counts.score(X, y) > 0.9
    both = na.TabularRegressor(**quick).fit(X, np.column_stack([y, 1e-6 * y]))
    assert both.score(X, np.column_stack([y, 1e-6 * y])) > 0.9
    np.testing.assert_allclose(na.diagnose(model, X, y).loss, 0, atol=0.05)


def test_a_function_of_ones_own_gets_y_as_it_is():
    seen = []

    def loss(y_true, y_pred):
        seen.append(float(y_true.max()))
        return ((y_pred - y_true) ** 2).sum(axis=1), 2 * (y_pred - y_true)

    X = frame()
    na.TabularRegressor(loss=loss, max_iter=1).fit(X, numbers(X))
    assert max(seen) > 1000


def test_constant_targets_are_predicted():
    X = frame()
    model = na.TabularRegressor(max_iter=50, random_state=0).fit(X, np.full(ROWS, 7.0))
    np.testing.assert_allclose(model.predict(X), 7, atol=0.5)
    one = na.TabularClassifier(max_iter=2).fit(X, ["only"] * ROWS)
    assert set(one.predict(X)) == {"only"}


def test_validation_rows_may_be_given():
    X, other = frame(), frame(40, seed=1)
    model = na.TabularRegressor(max_iter=4, random_state=0)
    model.fit(X, numbers(X), X_val=other, y_val=numbers(other))
    with pytest.raises(ValueError, match="X_val"):
        model.fit(X, numbers(X), X_val=other.drop(columns="town"), y_val=numbers(other))


def test_weights_count():
    X = frame(100)
    y = labels(X)
    weights = np.where(y == "dear", 100.0, 0.01)
    model = na.TabularClassifier(max_iter=12, random_state=0).fit(X, y, weights)
    assert (model.predict(X) == "dear").mean() > 0.9


def test_a_fit_that_fails_changes_nothing():
    X = frame()
    model = MODELS["binary"](X)
    before = model.predict_proba(X)
    with pytest.raises(TypeError, match="column 'bad' of X has lists"):
        model.fit(X.assign(bad=[[1]] * ROWS), labels(X))
    with pytest.raises(ValueError, match="y has None in row 3"):
        model.fit(X, [None if row == 3 else "a" for row in range(ROWS)])
    assert_same_bits(model.predict_proba(X), before)


def test_checkpoints_hold_the_tabular_model(tmp_path):
    X = frame()
    seen, checkpoint = [], na.callbacks.Checkpoint(tmp_path / "last.safetensors", state=True)
    callbacks = [lambda members, epoch, logs: seen.append(members._trained_model().predict(X)), checkpoint]
    na.TabularRegressor(**QUICK, encodings="numbers", random_state=0, callbacks=callbacks).fit(X, numbers(X))
    loaded = na.load(tmp_path / "last.safetensors")
    assert type(loaded) is na.TabularRegressor
    assert_same_bits(loaded.predict(X), seen[-1])


def test_a_dict_is_one_row(model_and_X):
    model, X = model_and_X
    if isinstance(X, np.ndarray):
        return
    record = X.iloc[7].to_dict()
    assert_same_bits(model.predict(record), model.predict(X[7:8]))
    assert_same_bits(model.predict({**record, "built": None}), model.predict(X[7:8].assign(built=pd.NaT)))


# ---- scikit-learn's contract -----------------------------------------------------------------------

REPEATED = "rows that are repeated make other batches and another standard deviation"


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.filterwarnings("ignore::neuract.TrainingWarning")
@parametrize_with_checks(
    [
        na.TabularClassifier(effort="quick", max_iter=30),
        na.TabularRegressor(effort="quick", max_iter=30),
    ],
    expected_failed_checks=lambda _: {"check_sample_weight_equivalence_on_dense_data": REPEATED},
)
def test_scikit_learns_checks(estimator, check):
    try:
        check(estimator)
    except pytest.skip.Exception:
        raise
    except Exception as error:
        if not re.search("SCIPY_ARRAY_API is not set|not have a decision_function", str(error)):
            raise


@pytest.mark.parametrize("convert", [lambda X: X, pl.from_pandas], ids=["pandas", "polars"])
def test_searches_and_cross_validation(convert):
    X = frame(90)
    y = labels(X)
    search = GridSearchCV(na.TabularClassifier(max_iter=2), {"scaling": ["robust", "unit"], "dropout": [0, 0.2]}, cv=2)
    search.fit(convert(X), y)
    assert set(search.best_params_) == {"scaling", "dropout"}
    assert search.predict(convert(X)).shape == (90,)
    scores = cross_val_score(
        make_pipeline("passthrough", na.TabularRegressor(max_iter=2)), convert(X), numbers(X), cv=2
    )
    assert scores.shape == (2,)


def test_outputs_do_not_depend_on_scikit_learns_settings():
    X = frame()
    model = MODELS["numbers"](X)
    with sklearn.config_context(transform_output="pandas", enable_metadata_routing=True):
        assert isinstance(model.predict(X), np.ndarray)
        assert "sample_weight" in str(clone(model).set_fit_request(sample_weight=True).get_metadata_routing())


def test_names_are_those_of_the_frame():
    X = frame()
    model = MODELS["numbers"](X)
    assert model.feature_names_in_.tolist() == list(X.columns)
    assert model.n_features_in_ == 4
    assert "<td>town</td><td>category</td>" in model._repr_html_()
    assert "<td>" not in clone(model)._repr_html_().split("</style>")[-1].split("<table")[0]
    with pytest.raises(ValueError, match="yet now missing:\n- town"):
        model.predict(X.drop(columns="town"))
    with pytest.raises(ValueError, match="in the same order"):
        model.predict(X[X.columns[::-1]])
    with pytest.warns(UserWarning, match="TabularRegressor was fitted with feature names"):
        model.predict(X.to_numpy())


@pytest.mark.parametrize("method", ["predict", "predict_proba", "score", "save", "to_c", "report"])
def test_models_that_are_not_fitted_say_so(method, tmp_path):
    model, X = na.TabularClassifier(), frame()
    given = {"score": (X, labels(X)), "to_c": (tmp_path / "c",), "report": (tmp_path / "r",), "save": (tmp_path / "s",)}
    if method == "save":
        model.save(*given["save"])
        with pytest.raises(NotFittedError):
            na.load(tmp_path / "s").predict(X)
        return
    with pytest.raises(NotFittedError):
        getattr(model, method)(*given.get(method, (X,)))


def test_messages_name_the_tabular_estimators():
    X = frame()
    with pytest.raises(ValueError, match="to predict numbers use TabularRegressor"):
        na.TabularClassifier().fit(X, numbers(X))
    with pytest.raises(ValueError, match="TabularRegressor predicts numbers; to predict classes use TabularClassifier"):
        na.TabularRegressor().fit(X, labels(X))
    with pytest.raises(ValueError, match="requires y to be passed"):
        na.TabularRegressor().fit(X, None)
    with pytest.raises(TypeError, match="warm_start"):
        na.TabularClassifier(warm_start=True)
    for kind in (scipy.sparse.csr_array, scipy.sparse.dok_array):  # of which the second is a mapping
        with pytest.raises(TypeError, match="MLPClassifier and MLPRegressor take sparse X"):
            na.TabularClassifier().fit(kind(np.eye(3)), [1, 2, 3])


def test_a_model_answers_while_it_is_fitted_again():
    """Protects against columns of the new fit in front of the network of the last one."""
    X = frame()
    model = MODELS["numbers"](X)
    before = model.predict(X)
    seen = []
    model.set_params(callbacks=[lambda *_: seen.append((model.predict(X) == before).all())])
    model.fit(X[["size"]], numbers(X))
    assert seen == [True] * sum(group["epochs"] for group in model.settings_["groups"])
    assert model.columns_.names_[0] == "size"


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "int64[pyarrow]", "string", "category", "str", "bool", "int8"])
def test_classes_are_those_of_the_series(dtype):
    X = frame()
    y = pd.Series(np.arange(ROWS) % 2).astype("bool" if "bool" in dtype else "int").astype(dtype)
    model = na.TabularClassifier(max_iter=2).fit(X, y, X_val=X, y_val=y)
    assert model.classes_.tolist() == sorted(set(y.tolist()))
    assert list(map(type, model.classes_.tolist())) == list(map(type, sorted(set(y.tolist()))))
    assert 0 <= model.score(X, y) <= 1
