# SPDX-License-Identifier: BSD-3-Clause
"""Tabular estimators through skl2onnx: an input a column, or several columns in one tensor, alone and in pipelines."""

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import neuract as na
from oracle.paths import ROOT

pd = pytest.importorskip("pandas")
onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
skl2onnx = pytest.importorskip("skl2onnx")

from skl2onnx.common.data_types import (  # noqa: E402
    BooleanTensorType,
    Complex64TensorType,
    DoubleTensorType,
    FloatTensorType,
    Int32TensorType,
    Int64TensorType,
    StringTensorType,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ROWS = 120
SETS = ROOT.parent / "shared" / "data"
TARGETS = {"adult": "income", "ames": "Sale_Price", "telco_churn": "churn", "bank_marketing": "y"}
KINDS = {"f": FloatTensorType, "i": Int64TensorType, "b": BooleanTensorType, "M": DoubleTensorType}


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    town = rng.choice(["Ulm", 'Köln "x"\n', None], ROWS)
    gap = np.where(rng.random(ROWS) > 0.8, np.nan, rng.normal(size=ROWS))
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 9000, ROWS), unit="h")
    columns = {"size": rng.normal(50, 9, ROWS), "same": 1, "town": town, "rooms": rng.integers(1, 5, ROWS), "gap": gap}
    return pd.DataFrame(columns | {"garden": rng.random(ROWS) > 0.5, "when": days})


@pytest.fixture(scope="module")
def y(frame):
    return np.where(frame["size"] > 50, "big", "small")


SMALL = {"members": 2, "folds": 2, "max_iter": 2, "hidden_layer_sizes": (8,), "random_state": 0}


def classifier(**settings):
    return na.TabularClassifier(**SMALL, **settings)


def regressor(**settings):
    return na.TabularRegressor(**SMALL, **settings)


def kinds(frame, **others):
    return {name: others.get(name, KINDS.get(frame[name].dtype.kind, StringTensorType)) for name in frame}


def values(column, kind):
    if kind is StringTensorType:
        return column.astype(object).where(column.notna(), "").to_numpy(object)
    if column.dtype.kind == "M":
        column = (column - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
    types = {FloatTensorType: np.float32, DoubleTensorType: np.float64, Int64TensorType: np.int64}
    return column.to_numpy(types.get(kind, bool))


def assert_runs_as(model, rows, types, given=None, **settings):
    """types, given: types and values of the inputs; or without given: the class of each column's type."""
    if given is None:
        given = {name: values(rows[name], kind).reshape(-1, 1) for name, kind in types.items()}
        types = {name: kind([None, 1]) for name, kind in types.items()}
    proto = skl2onnx.to_onnx(model, initial_types=list(types.items()), options=options(model), **settings)
    onnx.checker.check_model(proto)
    session = runtime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    found = session.run(None, {each.name: given[each.name] for each in session.get_inputs()})
    expected = model.predict_proba(rows) if hasattr(model, "predict_proba") else model.predict(rows)
    expected = expected.reshape(len(rows), -1)
    np.testing.assert_allclose(found[-1], expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())
    if len(found) == 2:
        np.testing.assert_array_equal(found[0], model.predict(rows))
    return session


def options(model):
    return {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None


# ---- alone -----------------------------------------------------------------------------------------


def test_one_input_a_column(frame, y):
    session = assert_runs_as(classifier().fit(frame, y), frame, kinds(frame))
    assert [each.name for each in session.get_outputs()] == ["label", "probabilities"]
    assert session.get_outputs()[1].type == "tensor(float)"


@pytest.mark.parametrize("opset", [13, 18, 22])
def test_opsets(frame, y, opset):
    assert_runs_as(classifier().fit(frame, y), frame, kinds(frame), target_opset=opset)


def test_numbers_in_double(frame):
    model = regressor(dtype="float64").fit(frame, frame["size"] * 1e4 + 7)
    types = kinds(frame, size=DoubleTensorType, gap=DoubleTensorType, rooms=DoubleTensorType)
    session = assert_runs_as(model, frame, types)
    assert session.get_outputs()[0].type == "tensor(double)"


def test_inputs_are_found_by_name(frame, y):
    """In another order, without the column that the model leaves out."""
    types = kinds(frame)
    assert_runs_as(classifier().fit(frame, y), frame, {name: types[name] for name in reversed(types) if name != "same"})


def test_inputs_of_other_names_are_taken_in_order(frame, y):
    types = {f"c{number}": kind([None, 1]) for number, kind in enumerate(kinds(frame).values())}
    given = {f"c{k}": values(frame[name], kind).reshape(-1, 1) for k, (name, kind) in enumerate(kinds(frame).items())}
    assert_runs_as(classifier().fit(frame, y), frame, types, given)


def test_names_mean_nothing_to_a_model_without_names(frame, y):
    X = frame[["size", "gap"]].to_numpy(np.float32)
    given = {"x1": X[:, :1], "x0": X[:, 1:]}
    assert_runs_as(classifier().fit(X, y), X, dict.fromkeys(given, FloatTensorType([None, 1])), given)


def test_categories_of_whole_numbers_and_bools(frame, y):
    model = classifier(categorical=["rooms", "garden"]).fit(frame, y)
    assert_runs_as(model, frame.assign(rooms=frame["rooms"] + 1), kinds(frame))


@pytest.mark.parametrize("wide", [True, False], ids=["3 columns", "any number of columns"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_with_categories(frame, y, dtype, wide):
    """Levels by number: with halves, with missing ones and with some that training has not seen."""
    X = np.column_stack([frame["size"], frame["gap"], frame["rooms"] / 2]).astype(dtype)
    X[::5, 2] = np.nan
    model = classifier(categorical=[2]).fit(X, y)
    X[1::5, 2] = 0.25
    kind = FloatTensorType if dtype == "float32" else DoubleTensorType
    assert_runs_as(model, X, {"X": kind([None, 3 if wide else None])}, {"X": X})


@pytest.mark.parametrize("kind", [Int64TensorType, Int32TensorType])
def test_categories_of_large_whole_numbers(y, kind):
    """Protects against codes that are rounded to float."""
    frame = pd.DataFrame({"code": 2**24 + np.arange(ROWS) % 3})
    model = classifier(categorical=["code"]).fit(frame, y)
    codes = frame.to_numpy(np.int64 if kind is Int64TensorType else np.int32)
    assert_runs_as(model, frame, {"code": kind([None, 1])}, {"code": codes})


def test_other_types_are_refused(frame, y):
    model = classifier().fit(frame[["town"]], y)
    with pytest.raises(TypeError, match=r"column 'town' has categories.*COMPLEX64"):
        skl2onnx.to_onnx(model, initial_types=[("town", Complex64TensorType([None, 1]))])


def test_levels_that_look_like_numbers(frame, y):
    """A text is the level of a number only if it is that number's name."""
    levels = ["?", "3.0", str(int(1e60)), "1e-2", "7"]
    X = np.array(levels, object)[np.arange(ROWS) % 5].reshape(-1, 1)
    model = classifier().fit(X, y)
    numbers = np.array([3.0, 1e30, 0.01, 7.0, np.nan], np.float32).reshape(-1, 1)
    probabilities = skl2onnx.to_onnx(model, initial_types=[("X", FloatTensorType([None, 1]))], options=options(model))
    session = runtime.InferenceSession(probabilities.SerializeToString(), providers=["CPUExecutionProvider"])
    expected = model.predict_proba(np.array(["3", "1e30", "0.01", "7", None], object).reshape(-1, 1))
    np.testing.assert_allclose(session.run(None, {"X": numbers})[1], expected, rtol=0, atol=1e-5)


def test_options(frame, y):
    model = classifier().fit(frame, y)
    initial = [(name, kind([None, 1])) for name, kind in kinds(frame).items()]
    proto = skl2onnx.to_onnx(model, initial_types=initial, options={id(model): {"nocl": True, "zipmap": False}})
    session = runtime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    given = {name: values(frame[name], kind).reshape(-1, 1) for name, kind in kinds(frame).items()}
    label = session.run(None, {each.name: given[each.name] for each in session.get_inputs()})[0]
    np.testing.assert_array_equal(model.classes_[label], model.predict(frame))


def test_columns_that_are_not_there_are_refused(frame, y):
    model = classifier().fit(frame, y)
    with pytest.raises(ValueError, match=r"has 7 columns, but its inputs in ONNX have 1; .*'size', FloatTensorType"):
        skl2onnx.to_onnx(model, initial_types=[("size", FloatTensorType([None, 1]))])


# ---- in pipelines and searches -----------------------------------------------------------------------


NUMBERS, WORDS = ["size", "gap", "rooms"], ["town"]
BEFORE = {
    "all as they are": [("all", "passthrough", ["gap", "town", "size", "rooms"])],
    "in two parts": [("words", "passthrough", WORDS), ("numbers", "passthrough", NUMBERS)],
    "words alone": [("words", "passthrough", WORDS)],
    "numbers alone": [("numbers", "passthrough", NUMBERS)],
    "scaled": [("numbers", StandardScaler(), ["size"]), ("words", "passthrough", WORDS)],
}


@pytest.mark.parametrize("named", [False, True], ids=["arrays", "frames"])
@pytest.mark.parametrize("before", BEFORE)
def test_behind_a_column_transformer(frame, y, before, named):
    frame = frame[[*NUMBERS, *WORDS]]
    columns = ColumnTransformer(BEFORE[before])
    if named:
        columns.set_output(transform="pandas")
    pipeline = make_pipeline(columns, classifier()).fit(frame, y)
    assert_runs_as(pipeline, frame.assign(size=frame["size"] + 1), kinds(frame))


def test_alone_in_a_pipeline(frame):
    pipeline = Pipeline([("model", regressor())]).fit(frame, frame["size"] * 1000)
    assert_runs_as(pipeline, frame, kinds(frame))


def test_the_best_of_a_search(frame, y):
    search = GridSearchCV(classifier(), {"scaling": ["robust", None]}, cv=2).fit(frame, y)
    assert_runs_as(search, frame, kinds(frame))


def test_votes(frame, y):
    models = [("a", classifier()), ("b", classifier(scaling="unit"))]
    voting = VotingClassifier(models, voting="soft", flatten_transform=False).fit(frame, y)
    assert_runs_as(voting, frame, kinds(frame))


def test_ensembles_of_one_array(frame, y):
    X = frame[["size", "rooms"]].to_numpy(np.float32)
    types = {"X": FloatTensorType([None, 2])}
    bagging = BaggingClassifier(classifier(categorical=[1]), n_estimators=2, random_state=0).fit(X, y)
    assert_runs_as(bagging, X, types, {"X": X})
    several = MultiOutputRegressor(regressor()).fit(X, np.column_stack([X[:, 0] * 100, X[:, 1] - 5]))
    assert_runs_as(several, X, types, {"X": X})


# ---- real frames -------------------------------------------------------------------------------------


@pytest.mark.skipif(not SETS.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize("name", TARGETS)
def test_real_frames(name):
    """skl2onnx has the names of inputs without points."""
    frame = pd.read_csv(SETS / f"{name}.csv.gz", keep_default_na=False, na_values=["", "NA"])
    frame = frame.sample(500, random_state=0).rename(columns=lambda column: column.replace(".", "_"))
    y = frame.pop(TARGETS[name])
    model = (regressor() if name == "ames" else classifier()).fit(frame, y)
    assert_runs_as(model, frame, kinds(frame))
