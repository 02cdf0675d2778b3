# SPDX-License-Identifier: BSD-3-Clause
"""to_onnx: models pass onnx's full check, and ONNX Runtime gives predict's numbers and labels."""

import sys

import numpy as np
import pytest

import neuract as na
from oracle import reference as ref
from oracle.cases import CLASSES, OBJECTS, REGRESSIONS, ROWS, hidden_network, neuron_in_its_tails

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# ONNX Runtime 1.31 has no kernel in double for these.
NOT_IN_DOUBLE = {"gelu"}


def run(model, x, name="X"):
    """ONNX Runtime's outputs for x, by name."""
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return dict(zip([output.name for output in session.get_outputs()], session.run(None, {name: x}), strict=True))


def assert_runs_as(net, x, dtype, opset=18):
    (y,) = run(net.to_onnx(opset=opset, target_dtype=dtype), x.astype(dtype)).values()
    expected = net.predict(x)
    assert y.dtype == dtype
    assert y.shape == expected.shape
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


# ---- networks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("f", [f for f in OBJECTS if not isinstance(f, na.Softmax)], ids=repr)
def test_every_activation(rng, f, dtype):
    if dtype == "float64" and f.core_name in NOT_IN_DOUBLE:
        pytest.skip("ONNX Runtime has no Erf in double")
    assert_runs_as(hidden_network(rng, f, dtype), rng.normal(size=(ROWS, 5)), dtype)


def test_every_activation_has_nodes():
    from neuract.export.onnx._activations import NODES

    assert set(NODES) == set(ref.ACTIVATIONS)


@pytest.mark.parametrize("opset", range(13, 26))
def test_every_opset(rng, opset):
    net = hidden_network(rng, "mish", threshold=0.1)
    assert_runs_as(net, rng.normal(size=(ROWS, 5)), "float32", opset)
    model = net.to_onnx(opset=opset)
    assert [(item.domain, item.version) for item in model.opset_import] == [("", opset)]


@pytest.mark.parametrize("f", OBJECTS, ids=repr)
def test_tails(f):
    """Protects against overflow, inf·0 and inf/inf: single neurons with inputs as large as a wrong scale makes them."""
    net, z = neuron_in_its_tails(f)
    (y,) = run(net.to_onnx(), z).values()
    np.testing.assert_allclose(y, net.predict(z), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("threshold", [0.3, -0.2, [-1.0, 0.0, 0.1, 0.2, 0.3, 5.0, np.pi]])
def test_thresholds(rng, threshold):
    net = hidden_network(rng, "tanh", threshold=threshold)
    x = rng.normal(size=(ROWS, 5))
    assert not np.allclose(net.predict(x), hidden_network(np.random.default_rng(0), "tanh").predict(x))
    assert_runs_as(net, x, "float32")


@pytest.mark.parametrize("shared", [True, False])
def test_learned_slopes(rng, shared):
    net = hidden_network(rng, na.PReLU(shared=shared))
    slopes = [None if slopes is None else rng.normal(size=slopes.shape) for slopes in net.slopes]
    assert_runs_as(net.set_parameters(slopes=slopes), rng.normal(size=(ROWS, 5)), "float32")


def test_any_number_of_rows(rng):
    model = hidden_network(rng, "relu").to_onnx()
    dimension = model.graph.input[0].type.tensor_type.shape.dim[0]
    assert dimension.dim_param == "rows"
    for rows in (0, 1, 1000):
        assert run(model, np.zeros((rows, 5), np.float32))["variable"].shape == (rows, 2)


def test_the_file(rng, tmp_path):
    net, path = hidden_network(rng, "relu"), tmp_path / "model.onnx"
    model = net.to_onnx(path)
    onnx.checker.check_model(path, full_check=True)
    assert onnx.load(path) == model
    assert model.producer_name == "neuract"
    assert model.ir_version == 8
    assert net.to_onnx(str(path)) == model


def test_names_say_where_parameters_come_from(rng):
    net = hidden_network(rng, "relu")
    constants = {constant.name: onnx.numpy_helper.to_array(constant) for constant in net.to_onnx().graph.initializer}
    np.testing.assert_array_equal(constants["layers.1.weight"], net.weights[1])
    np.testing.assert_array_equal(constants["layers.2.bias"], net.biases[2])


# ---- estimators ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(1).normal(size=(ROWS, 4))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", CLASSES)
def test_classifiers(X, classes, dtype):
    labels = np.asarray(CLASSES[classes])
    y = labels[np.arange(ROWS) % len(labels)]
    model = na.MLPClassifier((6,), max_iter=20, random_state=0).fit(X, y)
    outputs = run(model.to_onnx(target_dtype=dtype), X.astype(dtype))
    assert list(outputs) == ["label", "probabilities"]
    np.testing.assert_array_equal(outputs["label"], model.predict(X))
    assert outputs["probabilities"].dtype == dtype
    np.testing.assert_allclose(outputs["probabilities"], model.predict_proba(X), rtol=0, atol=1e-5)


def test_several_labels_a_row(X):
    y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0.5, X[:, 2] < 0]).astype(int)
    model = na.MLPClassifier((6,), max_iter=50, learning_rate_init=0.05, random_state=0).fit(X, y)
    outputs = run(model.to_onnx(), X.astype(np.float32))
    assert set(outputs["label"].ravel()) == {0, 1}
    np.testing.assert_array_equal(outputs["label"], model.predict(X))
    np.testing.assert_allclose(outputs["probabilities"], model.predict_proba(X), rtol=0, atol=1e-5)


@pytest.mark.parametrize("task", REGRESSIONS)
def test_regressors(X, task):
    loss, target = REGRESSIONS[task]
    model = na.MLPRegressor(loss, (6,), max_iter=3, random_state=0).fit(X, target(X))
    y = run(model.to_onnx(), X.astype(np.float32))["variable"]
    np.testing.assert_allclose(y, model.predict(X).reshape(ROWS, -1), rtol=1e-5, atol=1e-5)


def test_quantiles_are_put_in_order(X):
    model = na.MLPRegressor(na.Quantile((0.1, 0.5, 0.9)), (6,), max_iter=1, random_state=0).fit(X, X[:, 0])
    assert (np.diff(model.network_.predict(X), axis=1) < 0).any()
    assert (np.diff(run(model.to_onnx(), X.astype(np.float32))["variable"], axis=1) >= 0).all()


def test_missing_values_count_as_0(X):
    holes = np.where(X > 1, np.nan, X)
    model = na.MLPClassifier((6,), missing="zero", max_iter=20, random_state=0).fit(holes, X[:, 0] > 0)
    outputs = run(model.to_onnx(), holes.astype(np.float32))
    np.testing.assert_allclose(outputs["probabilities"], model.predict_proba(holes), rtol=0, atol=1e-5)


# ---- refused models and arguments ------------------------------------------------------------------


@pytest.mark.parametrize("opset", [12, 26, 1000])
def test_other_opsets_are_refused(rng, opset):
    with pytest.raises(ValueError, match=rf"opset must be .*13.*{opset}"):
        hidden_network(rng, "relu").to_onnx(opset=opset)


def test_other_dtypes_are_refused(rng):
    with pytest.raises(ValueError, match="unknown target_dtype 'float16'; expected one of 'float32', 'float64'"):
        hidden_network(rng, "relu").to_onnx(target_dtype="float16")


@pytest.mark.parametrize("model", [na.Network([na.Dense(1)]), na.MLPClassifier(), na.MLPRegressor()])
def test_models_must_be_fitted(model):
    with pytest.raises(Exception, match="not fitted"):
        model.to_onnx()


def test_labels_beyond_int64_are_refused(X):
    y = np.array([1, 2**63 + 1], np.uint64)[np.arange(ROWS) % 2]
    with pytest.raises(ValueError, match=f"a class {2**63 + 1}"):
        na.MLPClassifier((2,), max_iter=1).fit(X, y).to_onnx()


def test_without_onnx(rng, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    for name in ("_model", "_graph"):
        monkeypatch.delitem(sys.modules, f"neuract.export.onnx.{name}", raising=False)
    with pytest.raises(ImportError, match="pip install onnx"):
        hidden_network(rng, "relu").to_onnx()
