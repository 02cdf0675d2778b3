# SPDX-License-Identifier: BSD-3-Clause
"""Prediction with numpy and safetensors alone, and from many threads at once."""

import json
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import neuract as na
from oracle.comparisons import assert_same_bits

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# scikit-learn and others cannot be imported; the loaded model answers with the bytes of its arrays.
SERVER = """
import json, sys
for name in ("sklearn", "scipy", "matplotlib", "joblib", "pandas", "onnx"):
    sys.modules[name] = None
import numpy as np
import neuract
model = neuract.load(sys.argv[1])
X = np.load(sys.argv[2])
try:
    neuract.load(sys.argv[3])
except ValueError as error:
    refused = str(error)
answers = {name: getattr(model, name)(X).tolist() for name in ("predict", "predict_proba") if hasattr(model, name)}
print(json.dumps({
    "repr": repr(model), "answers": answers, "refused": refused, "type": type(model).__name__,
    "classes": model.classes_.tolist() if hasattr(model, "classes_") else None,
    "modules": [name for name, module in sys.modules.items() if module is not None],
}))
"""


@pytest.fixture
def data(rng):
    X = rng.standard_normal((50, 3))
    return X, X[:, 0] * X[:, 1]


MODELS = {
    "binary": lambda X, y: na.MLPClassifier((5,), max_iter=3).fit(X, np.where(y > 0, "ja", "nein")),
    "multiclass": lambda X, y: na.MLPClassifier((5,), max_iter=3).fit(X, np.digitize(y, [-1, 0, 1])),
    "one class": lambda X, y: na.MLPClassifier((5,), max_iter=3).fit(X, np.ones(len(X), bool)),
    "multilabel": lambda X, y: na.MLPClassifier((5,), max_iter=3).fit(X, np.column_stack([y > 0, y > 1])),
    "regression": lambda X, y: na.MLPRegressor(hidden_layer_sizes=(5,), max_iter=3).fit(X, y),
    "outputs": lambda X, y: na.MLPRegressor(hidden_layer_sizes=(5,), max_iter=3).fit(X, np.column_stack([y, -y])),
    "quantiles": lambda X, y: na.MLPRegressor(na.Quantile((0.1, 0.9)), (5,), max_iter=1).fit(X, y),
    "missing": lambda X, y: na.MLPRegressor(hidden_layer_sizes=(5,), max_iter=3, missing="zero").fit(X, y),
    "network": lambda X, y: na.Network([na.Dense(5), na.Dense(1, "linear")], epochs=2).fit(X, y),
}


@pytest.mark.parametrize("name", MODELS)
def test_answers_are_those_of_the_estimator(name, data, tmp_path):
    model, X = MODELS[name](*data), data[0].copy()
    if name == "missing":
        X[::7, 1] = np.nan
    na.save(model, tmp_path / "model")
    na.save(na.MLPClassifier(), tmp_path / "unfitted")
    np.save(tmp_path / "X.npy", X)
    command = [sys.executable, "-c", SERVER, *(str(tmp_path / file) for file in ("model", "X.npy", "unfitted"))]
    served = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    expected = {each: getattr(model, each)(X).tolist() for each in ("predict", "predict_proba") if hasattr(model, each)}
    assert served["answers"] == expected
    assert served["classes"] == (model.classes_.tolist() if hasattr(model, "classes_") else None)
    assert served["type"] == type(model).__name__.replace("MLP", "Served")
    assert name == "network" or "predicts without scikit-learn" in served["repr"]
    assert "not fitted, and cannot be fitted without scikit-learn" in served["refused"]
    assert not {"sklearn", "scipy", "matplotlib"} & set(served["modules"])


@pytest.fixture
def served(data, tmp_path, monkeypatch):
    """A function that loads a model as if scikit-learn were not installed."""

    def load(model):
        model.save(tmp_path / "model")
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "sklearn", None)
            return na.load(tmp_path / "model")

    return load


def test_a_served_model_has_what_tells_of_it(served, data):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(data[0], columns=["a", "b", "c"])
    model = na.MLPClassifier((4,), max_iter=2).fit(frame, data[1] > 0)
    twin = served(model)
    assert (twin.n_features_in_, twin.n_outputs_, list(twin.feature_names_in_)) == (3, 1, ["a", "b", "c"])
    assert repr(twin) == "<ServedClassifier: 3 features, 2 classes; predicts without scikit-learn>"
    assert_same_bits([twin.predict_proba(frame)], [model.predict_proba(frame)])
    assert_same_bits([twin.predict_log_proba(frame)], [model.predict_log_proba(frame)])
    assert not hasattr(twin, "fit")
    with pytest.raises(ValueError, match="X must have the columns a, b, c, in this order; got c, b, a"):
        twin.predict(frame[["c", "b", "a"]])


def test_a_served_model_refuses_what_it_cannot_take(served, data):
    twin = served(na.MLPRegressor(hidden_layer_sizes=(4,), max_iter=2).fit(*data))
    for X, match in ((np.full((2, 3), np.nan), "NaN"), (np.zeros((2, 4)), "4 features"), (np.zeros(3), "2 dimensions")):
        with pytest.raises(ValueError, match=match):
            twin.predict(X)


def test_a_served_model_takes_sparse_rows_with_gaps(served, data):
    sparse = pytest.importorskip("scipy.sparse")
    twin = served(na.MLPRegressor(hidden_layer_sizes=(4,), max_iter=2, missing="zero").fit(*data))
    X = data[0].clip(0)
    gaps = sparse.csr_array(np.where(X > 1, np.nan, X))
    assert_same_bits([twin.predict(gaps)], [twin.predict(np.where(X > 1, 0, X))])
    assert np.isnan(gaps.data).any(), "X was changed"


@pytest.mark.parametrize("missing", ["sklearn", "scipy"])
def test_estimators_say_what_they_need(missing):
    code = f"""
import sys
sys.modules[{missing!r}] = None
import neuract
try:
    neuract.MLPClassifier
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("MLPClassifier needs scikit-learn")
    assert "pip install scikit-learn" in done.stdout


@pytest.mark.parametrize("rows", [1, 700])
def test_many_threads_ask_one_model_at_once(served, data, rows):
    X = np.random.default_rng(1).standard_normal((8, rows, 3))
    model = na.MLPClassifier((30, 20), max_iter=2).fit(data[0], np.digitize(data[1], [-1, 0, 1]))
    for asked in (model, served(model)):
        expected = [asked.predict_proba(each) for each in X]
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(asked.predict_proba, [*X] * 25))
        assert_same_bits(answers, expected * 25)


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="needs a free-threaded Python")
def test_importing_leaves_the_gil_off():
    assert not sys._is_gil_enabled(), "one of the packages of these tests needs it: what they say of threads is little"
    code = "import sys, neuract; print(sys._is_gil_enabled())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
