# SPDX-License-Identifier: BSD-3-Clause
"""to_onnx of tabular estimators: one input a column as it is, and ONNX Runtime gives the answers of predict."""

import math

import numpy as np
import pytest

import neuract as na
from oracle.paths import ROOT

pd = pytest.importorskip("pandas")
onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

from oracle.onnx_frames import fed, frame_of_all  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SETS = ROOT.parent / "shared" / "data"
TARGETS = {"adult": "income", "ames": "Sale_Price", "telco_churn": "churn", "bank_marketing": "y"}
UNNAMED = {"x13": ""}
SMALL = {"members": 2, "folds": 2, "max_iter": 3, "hidden_layer_sizes": (8,), "random_state": 0}
SETTINGS = SMALL | {"categorical": ["code"], "min_rows": 5}


@pytest.fixture(scope="module")
def frame():
    return frame_of_all(400, np.random.default_rng(0))


@pytest.fixture(scope="module")
def strangers(frame):
    """Other rows: levels that training has not seen, every value missing in turn, numbers far away."""
    rows = frame.iloc[:30].astype({"bool": object})
    for number, name in enumerate(rows):
        if rows[name].dtype.kind not in "ib":
            rows.loc[number, name] = None
    rows = rows.assign(bool=rows["bool"].astype(float), code=7)
    rows.loc[20:, ["town", "two", "probabilities", "many"]] = ["Rome", "perhaps", '";', "level 1000"]
    rows.loc[20:24, ["town", "two"]] = ["", ""]
    rows.loc[25:, ["label", ""]] = [1e30, -1e6]
    return rows.assign(when=rows["when"] - pd.Timedelta(days=20_000))


def session_of(model, **settings):
    proto = model.to_onnx(**settings)
    return runtime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])


def expected(model, rows):
    return model.predict_proba(rows) if hasattr(model, "predict_proba") else model.predict(rows).reshape(len(rows), -1)


def assert_runs_as(model, *frames, **settings):
    session = session_of(model, **settings)
    for rows in frames:
        *label, y = session.run(None, fed(session.get_inputs(), rows, UNNAMED))
        numbers = expected(model, rows)
        assert y.shape == numbers.shape
        assert y.dtype == settings.get("target_dtype", "float32")
        np.testing.assert_allclose(y, numbers, rtol=1e-5, atol=1e-5 * np.abs(numbers).max())
        for each in label:
            np.testing.assert_array_equal(each, model.predict(rows))


# ---- columns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scaling", ["robust", "standard", "unit", None])
def test_every_kind_of_column(frame, strangers, scaling, dtype):
    model = na.TabularClassifier(**SETTINGS, scaling=scaling).fit(frame, np.where(frame["label"] > 50, "big", "small"))
    far = [strangers] if scaling in ("robust", "unit") else []
    assert_runs_as(model, frame, *far, target_dtype=dtype)


def test_the_matrix_is_that_of_the_columns(frame, strangers):
    """Protects against mistakes that the weights of a short training hide."""
    model = na.TabularRegressor(**SETTINGS, dtype="float64").fit(frame, frame["label"])
    proto = model_of_matrix(model.columns_)
    session = runtime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    for rows in (frame, strangers):
        (numbers,) = session.run(None, fed(session.get_inputs(), rows, UNNAMED))
        np.testing.assert_allclose(numbers, model.columns_.transform(rows, "float64"), rtol=1e-9, atol=1e-9)


def test_robust_scaling_holds_every_number():
    """Protects against a square that overflows."""
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0, 1e300, -1e300]})
    assert_runs_as(na.TabularRegressor(**SMALL).fit(frame, np.arange(5.0)), frame, target_dtype="float64")


def test_angles_stay_within_one_turn(frame):
    """Protects against runtimes whose sine of large numbers is far off."""
    proto = model_of_matrix(na.Columns().fit(frame[["when"]]))
    waves = [node for node in proto.graph.node if node.op_type in ("Sin", "Cos")]
    proto.graph.output.append(onnx.helper.make_tensor_value_info(waves[0].input[0], onnx.TensorProto.DOUBLE, None))
    session = runtime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    _, angles = session.run(None, fed(session.get_inputs(), frame))
    assert len(waves) == 2
    assert ((angles >= 0) & (angles <= 2 * np.pi)).all()


def model_of_matrix(columns):
    """Returns a model whose output is what the network gets."""
    from neuract.export.onnx import _columns, _graph, _model

    names = _columns.input_names(columns)
    graph = _graph.Graph("float64", names)
    graph.add("Identity", _columns.matrix(graph, columns, names))
    output = onnx.helper.make_tensor_value_info(graph.call_last("matrix"), graph.real, None)
    inputs = _model.inputs_of(graph, columns, names)
    return _model.packed(graph, inputs, [output], 18)


def test_inputs(frame):
    model = na.TabularClassifier(**SETTINGS).fit(frame, frame["two"])
    inputs = {each.name: (each.type, each.shape) for each in session_of(model).get_inputs()}
    text = ["probabilities", "two", "town", "many", "code"]
    dates = ["when", "when, with gaps"]
    kinds = dict.fromkeys(text, "tensor(string)") | dict.fromkeys(dates, "tensor(double)")
    assert inputs == {
        name or "x13": (kinds.get(name, "tensor(float)"), ["rows", 1]) for name in frame if name != "same"
    }


def test_outputs_give_way_to_columns_of_their_name(frame):
    session = session_of(na.TabularClassifier(**SETTINGS).fit(frame, frame["two"]))
    assert [each.name for each in session.get_outputs()] == ["output_label", "output_probabilities"]


def test_other_values_give_way_to_columns_of_their_name(frame):
    numbers = frame[["label"]].rename(columns={"label": "order"})
    model = na.TabularRegressor(**SMALL, loss=na.Quantile((0.1, 0.9))).fit(numbers, numbers["order"])
    assert_runs_as(model, numbers)


def test_a_column_without_a_name_gives_way_to_one_with_its_name(frame):
    frame = frame[["label", ""]].rename(columns={"label": "x1"})
    session = session_of(na.TabularRegressor(**SETTINGS | {"categorical": "auto"}).fit(frame, frame["x1"]))
    assert [each.name for each in session.get_inputs()] == ["x1", "x1_"]


@pytest.mark.parametrize("opset", [13, 18, 25])
def test_opsets(frame, opset):
    model = na.TabularClassifier(**SETTINGS).fit(frame, frame["two"])
    assert_runs_as(model, frame, opset=opset)
    versions = {each.domain: each.version for each in model.to_onnx(opset=opset).opset_import}
    assert versions == {"": opset, "ai.onnx.ml": 2}


def test_numbers_alone_need_no_other_operators(frame):
    numbers = frame[["label", "constant_0"]]
    model = na.TabularClassifier(**SETTINGS | {"categorical": "auto"}).fit(numbers, frame["two"])
    assert [each.domain for each in model.to_onnx().opset_import] == [""]
    assert_runs_as(model, numbers)


def test_any_number_of_rows(frame):
    model = na.TabularRegressor(**SETTINGS).fit(frame, frame["label"])
    session = session_of(model)
    for rows in (frame[:1], frame[:0]):
        assert session.run(None, fed(session.get_inputs(), rows, UNNAMED))[0].shape == (len(rows), 1)


def test_arrays_without_names():
    rng = np.random.default_rng(0)
    X = np.column_stack(
        [rng.normal(size=60), rng.choice(["a", "b", None], 60), np.ones(60), rng.choice(["x", "y"], 60)]
    )
    model = na.TabularClassifier(**SMALL).fit(X, np.arange(60) % 3)
    session = session_of(model)
    assert [each.name for each in session.get_inputs()] == ["x0", "x1", "x3"]
    (_, probabilities) = session.run(None, fed(session.get_inputs(), pd.DataFrame(X, columns=["x0", "x1", "x2", "x3"])))
    np.testing.assert_allclose(probabilities, model.predict_proba(X), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "column", [["x"], [math.nan], [""], [pd.Timestamp("2020-01-01")], [pd.Timedelta(2, "D")], [3.0]]
)
def test_frames_without_information(column):
    frame = pd.DataFrame({"a": column * 20})
    assert_runs_as(na.TabularRegressor(**SMALL | {"hidden_layer_sizes": ()}).fit(frame, np.arange(20.0)), frame)


# ---- outputs ---------------------------------------------------------------------------------------

FAR = 5e4
REGRESSIONS = {
    "one": ("squared_error", lambda y: y * 1e3 + FAR),
    "several": ("squared_error", lambda y: np.column_stack([y, 1e6 * y - FAR, 1e-3 * y])),
    "quantiles": (na.Quantile((0.1, 0.5, 0.9)), lambda y: y * 1e3 + FAR),
    "counts": ("poisson", lambda y: np.floor(y)),
    "amounts": ("gamma", lambda y: 1e4 * y),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("task", REGRESSIONS)
def test_numbers_in_the_unit_of_y(frame, task, dtype):
    loss, target = REGRESSIONS[task]
    model = na.TabularRegressor(**SETTINGS, loss=loss, dtype=dtype).fit(frame, target(frame["label"].to_numpy()))
    assert_runs_as(model, frame, target_dtype=dtype)


def test_several_labels_a_row(frame):
    y = np.column_stack([frame["two"] == "no", frame["label"] > 50, frame["code"] == 4]).astype(int)
    assert_runs_as(na.TabularClassifier(**SETTINGS).fit(frame, y), frame)


def test_the_file_of_a_loaded_model(frame, tmp_path):
    model = na.TabularClassifier(**SETTINGS).fit(frame, frame["two"])
    model.save(tmp_path / "model.safetensors")
    loaded = na.load(tmp_path / "model.safetensors")
    assert loaded.to_onnx(tmp_path / "model.onnx") == model.to_onnx()
    onnx.checker.check_model(tmp_path / "model.onnx", full_check=True)


# ---- refused ---------------------------------------------------------------------------------------


def test_names_that_are_no_text_are_refused():
    model = na.TabularRegressor(**SMALL).fit({"half \ud800": [1.0, 2.0, 3.0]}, [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"ONNX has no name for column 'half .ud800'.*rename"):
        model.to_onnx()


def test_levels_that_no_string_tensor_has_are_left_out():
    frame = {"a": ["\ud800", "x", "y"] * 9}
    model = na.TabularRegressor(**SMALL).fit(frame, np.arange(27.0))
    assert_runs_as(model, pd.DataFrame({"a": ["x", "y", "z"]}))


def test_models_must_be_fitted():
    with pytest.raises(Exception, match="not fitted"):
        na.TabularClassifier().to_onnx()


# ---- real frames -------------------------------------------------------------------------------------


@pytest.mark.skipif(not SETS.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", TARGETS)
def test_real_frames(name, dtype):
    frame = pd.read_csv(SETS / f"{name}.csv.gz", keep_default_na=False, na_values=["", "NA"]).sample(
        1000, random_state=0
    )
    y = frame.pop(TARGETS[name])
    kind = na.TabularRegressor if name == "ames" else na.TabularClassifier
    assert_runs_as(kind(members=2, folds=2, max_iter=2, random_state=0).fit(frame, y), frame, target_dtype=dtype)
