# SPDX-License-Identifier: BSD-3-Clause
"""Mistakes in the data and parameters of an estimator: the message names the thing and the remedy."""

import datetime
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sparse
from sklearn.base import clone

import neuract as na

ROWS = 40
X = np.random.default_rng(0).normal(size=(ROWS, 3))
Y = np.arange(ROWS) % 2
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
CHECKED = {
    "fit": lambda model, X: model.fit(X, Y),
    "partial_fit": lambda model, X: model.partial_fit(X, Y, **first_call(model)),
    "X_val": lambda model, X: model.fit(FRAME, Y, X_val=X, y_val=Y),
    "predict": lambda model, X: model.predict(X),
    "score": lambda model, X: model.score(X, Y),
    "diagnose": lambda model, X: na.diagnose(model, X),
    "report": lambda model, X: model.report("report.html", X),
}
ESTIMATORS = pytest.mark.parametrize("kind", [na.MLPClassifier, na.MLPRegressor])


def first_call(model):
    return {"classes": [0, 1]} if isinstance(model, na.MLPClassifier) else {}


def small(kind, **parameters):
    return kind(hidden_layer_sizes=(2,), max_iter=2, tol=0, **parameters)


@pytest.fixture(scope="module")
def fitted():
    with pytest.warns(match="Maximum iterations"):
        return {kind: small(kind).fit(FRAME, Y) for kind in (na.MLPClassifier, na.MLPRegressor)}


@pytest.fixture(scope="module")
def served(fitted):
    from neuract.files._format import unpack
    from neuract.serving import SERVED

    return SERVED["MLPClassifier"](unpack(fitted[na.MLPClassifier]._file_bytes(False)))


def with_value(value, row=7, column=1):
    changed = X.copy()
    changed[row, column] = value
    return changed


# ---- numbers that are not finite -----------------------------------------------------------------


@ESTIMATORS
@pytest.mark.parametrize("where", CHECKED)
@pytest.mark.parametrize(("value", "what"), [(np.nan, "NaN"), (-np.inf, "infinity")])
def test_x_that_is_not_finite_is_named_by_row_and_column(fitted, kind, where, value, what):
    name = "X_val" if where == "X_val" else "X"
    frame = pd.DataFrame(with_value(value), columns=FRAME.columns)
    with pytest.raises(ValueError, match=rf"^{name} contains {what}.*\(first in row 7, column 'b'\)") as refusal:
        CHECKED[where](clone(fitted[kind]) if "fit" in where else fitted[kind], frame)
    assert ('set missing="zero"' in str(refusal.value)) is (what == "NaN")


@pytest.mark.parametrize(
    "form",
    [np.asarray, np.ndarray.tolist, pl.DataFrame, *(getattr(sparse, f"{name}_matrix") for name in ("csr", "coo"))],
)
def test_nan_is_named_in_x_of_any_form(form):
    with pytest.raises(ValueError, match=r"NaN \(first in row 7, column (1|'column_1')\); .* missing=\"zero\""):
        small(na.MLPRegressor).fit(form(with_value(np.nan)), Y)


def test_infinity_is_refused_with_missing_zero_too():
    with pytest.raises(ValueError, match=r"infinity.*row 7, column 1"):
        small(na.MLPClassifier, missing="zero").fit(with_value(np.inf), Y)


def test_a_value_too_large_for_the_dtype_is_named():
    with pytest.raises(ValueError, match=r"too large for float32 \(first in row 7, column 1\)"):
        small(na.MLPClassifier, dtype="float32").fit(with_value(1e300), Y)


@ESTIMATORS
def test_masked_values_are_refused(kind):
    masked = np.ma.masked_array(X, mask=np.isnan(with_value(np.nan)))
    with pytest.raises(ValueError, match=r"X has masked values \(first in row 7, column 1\)"):
        small(kind).fit(masked, Y)
    with pytest.raises(ValueError, match=r"y has masked values \(first in row 7\)"):
        small(kind).fit(X, np.ma.masked_array(Y, mask=np.arange(ROWS) == 7))


# ---- columns that are no numbers -----------------------------------------------------------------

DAYS = pd.date_range("2020-01-01", periods=ROWS)
COLUMNS = {
    "text": (["red", "blue"] * (ROWS // 2), "text", "OneHotEncoder"),
    "text next to numbers": (["red", 1] * (ROWS // 2), "text", "OneHotEncoder"),
    "string": (pd.array(["red"] * ROWS, dtype="string"), "text", "OneHotEncoder"),
    "numbers as text": (["1.5", "2"] * (ROWS // 2), "numbers as text", r"astype\(float\)"),
    "datetime64": (DAYS, "dates", "days since"),
    "with a zone": (DAYS.tz_localize("UTC"), "dates", "days since"),
    "period": (DAYS.to_period(), "dates", "days since"),
    "date": ([datetime.date(2020, 1, 1)] * ROWS, "dates", "days since"),
    "timedelta64": (DAYS - DAYS[0], "time spans", "of days"),
    "category": (pd.Categorical(["red", "blue"] * (ROWS // 2)), "categories", "OneHotEncoder"),
    "category of numbers": (pd.Categorical([1, 2] * (ROWS // 2)), "categories", r"astype\(float\)"),
    "intervals": (pd.interval_range(0, ROWS), "categories", "OneHotEncoder"),
}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("where", CHECKED)
def test_a_column_that_is_no_number_is_named(fitted, where, column):
    values, what, remedy = COLUMNS[column]
    frame = FRAME.assign(b=values)
    name, model = "X_val" if where == "X_val" else "X", fitted[na.MLPRegressor]
    with pytest.raises(ValueError, match=f"^{name} has {what} in the column 'b'; .*{remedy}.* drop the column"):
        CHECKED[where](clone(model) if "fit" in where else model, frame)


@pytest.mark.parametrize("column", COLUMNS)
def test_networks_and_served_models_name_it_too(served, column):
    values, what, _ = COLUMNS[column]
    network = na.Network([na.Dense(1)], epochs=1)
    for asked in (
        served.predict,
        lambda frame: network.fit(frame, Y),
        lambda frame: network.fit(FRAME, Y).predict(frame),
    ):
        with pytest.raises(ValueError, match=f"^X has {what} in the column 'b'"):
            asked(FRAME.assign(b=values))


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (pl.Series(["red"] * ROWS), "text"),
        (pl.Series(["1"] * ROWS), "numbers as text"),
        (pl.Series(["red"] * ROWS, dtype=pl.Categorical), "categories"),
        (pl.Series(["red"] * ROWS, dtype=pl.Enum(["red"])), "categories"),
        (pl.Series(DAYS.date), "dates"),
        (pl.Series(DAYS.to_numpy()), "dates"),
        (pl.Series((DAYS - DAYS[0]).to_numpy()), "time spans"),
    ],
    ids=str,
)
def test_columns_of_polars_are_named(values, what):
    frame = pl.DataFrame({"a": X[:, 0], "b": values})
    for model in (small(na.MLPRegressor), na.Network([na.Dense(1)])):
        with pytest.raises(ValueError, match=f"^X has {what} in the column 'b'"):
            model.fit(frame, Y)


def test_columns_of_pyarrow_are_named():
    pyarrow = pytest.importorskip("pyarrow")
    for values, what in ((["red"] * ROWS, "text"), (DAYS.to_numpy(), "dates")):
        table = pyarrow.table({"a": X[:, 0], "b": values})
        for model in (small(na.MLPRegressor), na.Network([na.Dense(1)])):
            with pytest.raises(ValueError, match=f"^X has {what} in the column 'b'"):
                model.fit(table, Y)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.full((ROWS, 2), DAYS.to_numpy()[0]), "X has dates in the columns 0, 1;"),
        (np.full((ROWS, 2), np.timedelta64(1, "D")), "X has time spans in the columns 0, 1;"),
        (np.full((ROWS, 8), "red"), "X has text in the columns 0, 1, 2, 3, 4, …;"),
        (np.full((ROWS, 2), b"red"), "X has text in the columns 0, 1;"),
        (np.array([[1, "red"]] * ROWS, dtype=object), "X has text in the column 1;"),
        (np.array([[1, DAYS[0]]] * ROWS, dtype=object), "X has dates in the column 1;"),
        ([[1, "red"]] * ROWS, "X has text in the column 1;"),
        ([["1", "2"]] * ROWS, "X has numbers as text in the columns 0, 1;"),
        (np.zeros(ROWS, dtype=[("a", "f8"), ("day", "M8[D]")]), "X has dates in the column 'day';"),
        (np.zeros(ROWS, dtype=[("a", "f8"), ("b", "f8")]), "X is a structured array; .*structured_to_unstructured"),
    ],
    ids=["dates", "spans", "text", "bytes", "objects", "date objects", "list", "text of numbers", "record", "numbers"],
)
def test_columns_of_arrays_are_numbered(data, message):
    for model in (small(na.MLPClassifier), na.Network([na.Dense(1)])):
        with pytest.raises(ValueError, match=message):
            model.fit(data, Y)


@pytest.mark.parametrize("form", [np.asarray, pd.DataFrame])
def test_another_object_is_named(form):
    objects = X.astype(object)
    objects[7, 1] = {"a": 1}
    with pytest.raises(TypeError, match="X has a dict in row 7, column 1"):
        small(na.MLPClassifier).fit(form(objects), Y)


def test_numbers_in_objects_and_nullable_columns_are_numbers():
    frame = FRAME.assign(a=pd.array([1] * ROWS, dtype="Int64"), b=[True, 2] * (ROWS // 2))
    plain = frame.astype(float)
    one_epoch = small(na.MLPRegressor, random_state=0, callbacks=lambda network, epoch, logs: True)
    np.testing.assert_array_equal(
        clone(one_epoch).fit(frame, Y).predict(frame), clone(one_epoch).fit(plain, Y).predict(plain)
    )


# ---- labels and targets --------------------------------------------------------------------------

MISSING = {
    "list": lambda gap: ["a", "b"] * 3 + [gap] + ["a"] * 33,
    "objects": lambda gap: np.array(["a", "b"] * 3 + [gap] + ["a"] * 33, dtype=object),
    "series": lambda gap: pd.Series(["a", "b"] * 3 + [gap] + ["a"] * 33),
    "string": lambda gap: pd.Series(["a", "b"] * 3 + [gap] + ["a"] * 33, dtype="string"),
    "category": lambda gap: pd.Series(["a", "b"] * 3 + [gap] + ["a"] * 33, dtype="category"),
    "numbers": lambda gap: np.array([0, 1] * 3 + [gap] + [0] * 33, dtype=object),
    "Int64": lambda gap: pd.array([0, 1] * 3 + [gap] + [0] * 33, dtype="Int64"),
}


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA], ids=str)
@pytest.mark.parametrize("form", MISSING)
def test_a_row_without_a_label_is_named(fitted, form, gap):
    y = MISSING[form](gap)
    model = small(na.MLPClassifier)
    for name, ask in {
        "y": lambda: model.fit(X, y),
        "y_val": lambda: model.fit(X, Y, X_val=X, y_val=y),
        r"\by": lambda: model.partial_fit(X, y, classes=["a", "b"]),
    }.items():
        with pytest.raises(ValueError, match=rf"^{name} (has|contains) .*\brow 6\b.*; leave out rows"):
            ask()
    with pytest.raises(ValueError, match=r"^y (has|contains) .*\brow 6\b"):
        fitted[na.MLPClassifier].score(FRAME, y)


@pytest.mark.parametrize("classes", [["a", None], [0, np.nan], np.array(["a", pd.NA], dtype=object)], ids=str)
def test_a_class_that_is_missing_is_refused(classes):
    with pytest.raises(ValueError, match="classes must be labels, but one is missing"):
        small(na.MLPClassifier).partial_fit(X, Y, classes=classes)


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA], ids=str)
def test_a_row_without_a_target_is_named(fitted, gap):
    y = [1.5] * 6 + [gap] + [2.5] * 33
    forms = [y, np.array(y, dtype=object), pd.array(y, dtype="Float64"), np.array([1.5] * 6 + [np.nan] + [2.5] * 33)]
    for each in forms:
        for ask in (
            lambda each=each: small(na.MLPRegressor).fit(X, each),
            lambda each=each: small(na.MLPRegressor).partial_fit(X, each),
            lambda each=each: fitted[na.MLPRegressor].score(FRAME, each),
            lambda each=each: na.Network([na.Dense(1)]).fit(X, each),
        ):
            with pytest.raises(ValueError, match=r"^y (has|contains) .*\brow 6\b"):
                ask()
    with pytest.raises(ValueError, match=r"^y contains NaN \(first in row 7, column 1\)"):
        small(na.MLPRegressor).fit(X, with_value(np.nan))


@pytest.mark.parametrize(
    ("y", "what"), [(["a", "b"] * 20, "text.*MLPClassifier"), (DAYS, "dates"), (pd.Categorical(Y), "categories")]
)
def test_targets_of_a_regressor_are_numbers(y, what):
    with pytest.raises(ValueError, match=f"^y has {what}"):
        small(na.MLPRegressor).fit(X, y)


# ---- validation rows and monitors ----------------------------------------------------------------


def test_a_monitor_that_fails_is_named_with_its_rows():
    labels = ["a", "b"] * 28 + ["c"] * 4
    data = np.random.default_rng(0).normal(size=(60, 3))
    model = small(na.MLPClassifier, early_stopping=True, monitor="roc_auc_ovr", random_state=0)
    with pytest.raises(ValueError, match=r"monitor='roc_auc_ovr' failed on the 6 validation rows \(.*0 of class 'c'\)"):
        model.fit(data, labels)

    def no_monitor(estimator, X, y):
        return 1 / 0

    for given in ({}, {"X_val": X[:5], "y_val": Y[:5]}):
        words = r"monitor=no_monitor failed on the [45] validation rows: division by zero"
        with pytest.raises(ValueError, match=words) as failure:
            small(na.MLPRegressor, early_stopping=True, monitor=no_monitor).fit(X, Y, **given)
        assert isinstance(failure.value.__cause__, ZeroDivisionError)


def test_a_class_that_is_too_small_to_split_is_named_by_its_label():
    with pytest.raises(ValueError, match=r"class 'yes' has only 1 row.*X_val"):
        small(na.MLPClassifier, early_stopping=True).fit(X, ["yes"] + ["no"] * 39)
    with pytest.raises(ValueError, match="holds out 1 of 40 rows, but both parts need a row of each of the 2 classes"):
        small(na.MLPClassifier, early_stopping=True, validation_fraction=0.02).fit(X, Y)


# ---- parameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"solver": "rmsprop"}, "'adam', 'sgd', 'lbfgs'.* neuract has no 'rmsprop'; 'adam' is the nearest"),
        ({"solver": "adamw"}, "'adamw' is solver='adam' with weight_decay"),
        ({"solver": "l-bfgs"}, "is called 'lbfgs' here"),
        ({"learning_rate": "cosine_annealing"}, "is called 'cosine' here"),
        ({"learning_rate": 0.1}, "the rate itself is learning_rate_init"),
        ({"init": "xavier"}, "is called 'glorot_uniform' here"),
        ({"monitor": "auc"}, "is called 'roc_auc' here"),
        ({"missing": "zeros"}, "one of 'error', 'zero'. Did you mean 'zero'"),
        ({"dtype": np.int32}, "dtype must be one of 'float32', 'float64'"),
        ({"dtype": "single"}, "is called 'float32' here"),
        ({"hidden_layer_sizes": (5, (3,))}, "give whole numbers"),
        ({"callbacks": 3}, "a callback must be a function or have"),
        ({"callbacks": na.callbacks.ProgressBar}, r"write ProgressBar\(\)"),
    ],
    ids=str,
)
@ESTIMATORS
def test_parameters_are_answered_with_ours(kind, given, message):
    with pytest.raises((ValueError, TypeError), match=message):
        small(kind).set_params(**given).fit(X, Y)


def test_messages_list_names_in_one_order():
    names = "'constant', 'invscaling', 'adaptive', 'cosine', 'one_cycle', 'doubling_cycles', 'fade', 'warm_up'"
    with pytest.raises(ValueError, match=names):
        small(na.MLPClassifier, learning_rate="x").fit(X, Y)
    with pytest.raises(ValueError, match="one of 'log_loss', 'focal'"):
        small(na.MLPClassifier, loss="huber").fit(X, Y)


@ESTIMATORS
@pytest.mark.parametrize("dtype", [np.float32, np.dtype("float32"), np.float64, "float32"], ids=repr)
def test_a_dtype_of_numpy_is_accepted(kind, dtype, tmp_path):
    model = small(kind, dtype=dtype, warm_start=True)
    assert clone(model).get_params()["dtype"] == dtype
    assert model.get_params()["dtype"] is dtype
    with pytest.warns(match="Maximum iterations"):
        model.fit(X, Y).fit(X, Y)
    model.partial_fit(X, Y).save(tmp_path / "model")
    assert model.network_.dtype == np.dtype(dtype).name
    back = na.load(tmp_path / "model")
    assert back.get_params()["dtype"] == np.dtype(dtype).name
    np.testing.assert_array_equal(back.predict(X), model.predict(X))


@ESTIMATORS
@pytest.mark.parametrize("sizes", [np.int64(3), (np.int32(3), np.int8(2)), np.array([3, 2]), np.array(3)], ids=repr)
def test_whole_numbers_of_numpy_are_accepted(kind, sizes, tmp_path):
    whole = {
        name: np.int64(1)
        for name in ("max_iter", "batch_size", "n_jobs", "n_iter_no_change", "max_fun", "random_state")
    }
    model = kind(hidden_layer_sizes=sizes, **whole)
    with pytest.warns(match="Maximum iterations"):
        model.fit(X, Y)
    model.save(tmp_path / "model", state=True)
    np.testing.assert_array_equal(na.load(tmp_path / "model").predict(X), model.predict(X))


@ESTIMATORS
def test_one_callback_needs_no_list(kind):
    stop, stopping = (lambda network, epoch, logs: epoch == 0), na.callbacks.EarlyStopping()
    for callback in (stop, stopping):
        assert clone(small(kind, callbacks=callback)).get_params()["callbacks"] is not None
    model = small(kind, callbacks=stop).fit(X, Y)
    assert model.n_iter_ == 1
    assert model.get_params()["callbacks"] is stop


@ESTIMATORS
def test_a_path_may_be_bytes(fitted, kind, tmp_path):
    model, folder = fitted[kind], bytes(tmp_path)
    na.save(model, folder + b"/a.safetensors")
    model.save(folder + b"/b.safetensors")
    assert type(na.load(folder + b"/a.safetensors")) is kind
    model.to_c(folder + b"/c_model.c")
    model.report(folder + b"/page.html")
    if kind is na.MLPRegressor:
        pytest.importorskip("onnx")
        model.to_onnx(folder + b"/model.onnx")
        logger, checkpoint = na.callbacks.CSVLogger(folder + b"/log.csv"), na.callbacks.Checkpoint(folder + b"/check")
        na.Network([na.Dense(1)], epochs=1, callbacks=[logger, checkpoint]).fit(X, Y)
        written = {"model.onnx", "log.csv", "check"}
        assert written <= {path.name for path in tmp_path.iterdir()}
    written = {"a.safetensors", "b.safetensors", "c_model.c", "c_model.h", "page.html"}
    assert written <= {path.name for path in tmp_path.iterdir()}
    (tmp_path / "broken").write_bytes(b"x" * 20)
    with pytest.raises(ValueError, match=re.escape(f"cannot load {str(tmp_path / 'broken')!r}")):
        na.load(folder + b"/broken")
