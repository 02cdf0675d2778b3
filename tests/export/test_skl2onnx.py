# SPDX-License-Identifier: BSD-3-Clause
"""Whole pipelines through skl2onnx without registration: estimators implement its protocol."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import neuract as na

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
skl2onnx = pytest.importorskip("skl2onnx")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ROWS = 60
LABELS = {
    "strings": np.array(["a", "b", "c"])[np.arange(ROWS) % 3],
    "numbers": np.arange(ROWS) % 2 + 5,
    "bools": np.arange(ROWS) % 3 == 0,
    "floats": np.arange(ROWS) % 3 * 1.0,
    "several": np.arange(ROWS * 3).reshape(ROWS, 3) % 5 < 2,
}
every_label = pytest.mark.parametrize("labels", LABELS)


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).normal(3, 2, size=(ROWS, 4))


def fitted(X, y, kind=na.MLPClassifier):
    model = kind(hidden_layer_sizes=(8,), max_iter=20, learning_rate_init=0.02, random_state=0)
    return make_pipeline(StandardScaler(), model).fit(X, y)


def converted(pipeline, X, **settings):
    model = skl2onnx.to_onnx(pipeline, X[:1], **settings)
    onnx.checker.check_model(model, full_check=True)
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return dict(zip([output.name for output in session.get_outputs()], session.run(None, {"X": X}), strict=True))


@every_label
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_classifiers_as_arrays(X, labels, dtype):
    pipeline = fitted(X, LABELS[labels])
    outputs = converted(pipeline, X.astype(dtype), options={"zipmap": False})
    assert list(outputs) == ["label", "probabilities"]
    assert outputs["probabilities"].dtype == dtype
    np.testing.assert_array_equal(outputs["label"], pipeline.predict(X))
    np.testing.assert_allclose(outputs["probabilities"], pipeline.predict_proba(X), rtol=0, atol=1e-5)


@every_label
@pytest.mark.parametrize("options", [None, {"zipmap": True}], ids=["by default", "asked for"])
def test_classifiers_as_dicts(X, labels, options):
    """skl2onnx makes one dict per row for every classifier at the end of a pipeline."""
    pipeline = fitted(X, LABELS[labels])
    outputs = converted(pipeline, X.astype(np.float32), options=options)
    assert list(outputs) == ["output_label", "output_probability"]
    np.testing.assert_array_equal(outputs["output_label"], pipeline.predict(X))
    assert list(outputs["output_probability"][0]) == list(pipeline.classes_)
    rows = [list(row.values()) for row in outputs["output_probability"]]
    np.testing.assert_allclose(rows, pipeline.predict_proba(X), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("labels", "names"), [("strings", ["sa", "sb", "sc"]), ("bools", ["i0", "i1"])])
def test_classifiers_as_columns(X, labels, names):
    pipeline = fitted(X, LABELS[labels])
    outputs = converted(pipeline, X.astype(np.float32), options={id(pipeline): {"zipmap": "columns"}})
    assert list(outputs) == ["output_label", *names]
    columns = np.column_stack([outputs[name] for name in names])
    np.testing.assert_allclose(columns, pipeline.predict_proba(X), rtol=0, atol=1e-5)


@pytest.mark.parametrize("columns", [slice(0, 1), slice(0, 3)], ids=["one", "several"])
def test_regressors(X, columns):
    y = X[:, columns]
    pipeline = fitted(X, y[:, 0] if y.shape[1] == 1 else y, na.MLPRegressor)
    outputs = converted(pipeline, X.astype(np.float32))
    np.testing.assert_allclose(outputs["variable"], pipeline.predict(X).reshape(ROWS, -1), rtol=1e-5, atol=1e-5)


def test_whole_numbers_as_input(X):
    """Without a scaler the network gets int64."""
    x = X.astype(np.int64)
    model = na.MLPRegressor(hidden_layer_sizes=(8,), max_iter=5, random_state=0).fit(x, X[:, 0])
    np.testing.assert_allclose(converted(model, x)["variable"].ravel(), model.predict(x), rtol=1e-5, atol=1e-5)


def test_columns_of_a_frame():
    rng = np.random.default_rng(0)
    size, colour = rng.normal(50, 9, ROWS), rng.choice(["red", "blue"], ROWS)
    frame = pd.DataFrame({"size": size.astype(np.float32), "colour": colour})
    columns = ColumnTransformer([("numbers", StandardScaler(), ["size"]), ("words", OneHotEncoder(), ["colour"])])
    network = na.MLPClassifier((8,), activation="mish", max_iter=20, random_state=0)
    pipeline = Pipeline([("columns", columns), ("network", network)]).fit(frame, size > 50)
    model = skl2onnx.to_onnx(pipeline, frame[:1], options={"zipmap": False})
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    inputs = {name: frame[[name]].to_numpy() for name in frame}
    label, probabilities = session.run(None, inputs)
    np.testing.assert_array_equal(label, pipeline.predict(frame))
    np.testing.assert_allclose(probabilities, pipeline.predict_proba(frame), rtol=0, atol=1e-5)


def test_the_best_of_a_search(X):
    search = GridSearchCV(na.MLPClassifier((8,), max_iter=5, random_state=0), {"alpha": [0, 1]}, cv=2)
    search.fit(X, LABELS["numbers"])
    outputs = converted(search, X.astype(np.float32), options={"zipmap": False})
    np.testing.assert_array_equal(outputs["label"], search.predict(X))


def test_unknown_options_are_refused(X):
    pipeline = fitted(X, LABELS["numbers"])
    with pytest.raises(ValueError, match="maybe"):
        converted(pipeline, X.astype(np.float32), options={"zipmap": "maybe"})


def test_old_opsets_are_refused(X):
    with pytest.raises(ValueError, match=r"opset must be .*13.*12"):
        converted(fitted(X, LABELS["numbers"]), X.astype(np.float32), target_opset=12)
