# SPDX-License-Identifier: BSD-3-Clause
"""Inputs agree with the oracle: numbers of the first layer, gradients, steps; the same bits for rows and threads."""

import copy
import pickle
import subprocess

import numpy as np
import pytest
from scipy.sparse import csr_array

import neuract as na
from neuract.layers._inputs import INPUTS
from oracle import reference as ref
from oracle.comparisons import assert_same_bits
from oracle.twins import learned_of, twin

ROWS = 77
LEVELS = 6


def columns(rng, rows=ROWS):
    """Two columns of numbers and two of levels, in the order of COLUMNS."""
    return np.column_stack([rng.normal(size=(rows, 2)), rng.integers(0, LEVELS + 1, (rows, 2))])


def drawn(rng, kind, column):
    """An oracle's input of this kind with random parameters."""
    f, size = 5, 3
    if kind == "periodic":
        shapes = {"frequencies": f, "phases": f, "weights": (f, size), "biases": size}
        learned = {name: np.float32(rng.normal(size=shape)).astype(float) for name, shape in shapes.items()}
        return ref.Input(kind, column, rate=0.5, learned=learned)
    if kind == "piecewise_linear":
        return ref.Input(kind, column, edges=np.array([-1.5, -0.5, 0.25, 1.0]))
    if kind == "embedding":
        vectors = np.float32(rng.normal(size=(LEVELS + 1, size))).astype(float)
        return ref.Input(kind, column + 2, LEVELS, rate=2.0, learned={"vectors": vectors})
    if kind == "one_hot":
        return ref.Input(kind, column + 2, LEVELS)
    return ref.Input(kind, column)


def inputs_of(rng, kinds):
    inputs = [drawn(rng, kind, number % 2) for number, kind in enumerate(kinds) if kind != "scale"]
    if "scale" in kinds:
        width = ref.encoded(inputs, columns(rng, 3))[0].shape[1]
        factors = np.float32(rng.uniform(0.5, 2, width)).astype(float)
        inputs.append(ref.Input("scale", rate=3.0, learned={"factors": factors}))
    return inputs


KINDS = {
    "numbers": ["numbers", "numbers"],
    "periodic": ["periodic"],
    "piecewise_linear": ["piecewise_linear"],
    "embedding": ["embedding", "embedding"],
    "one_hot": ["one_hot"],
    "scale": ["numbers", "scale"],
    "all": ["periodic", "piecewise_linear", "embedding", "one_hot", "numbers", "periodic", "embedding", "scale"],
}
KINDS |= {kind: [kind] for kind in INPUTS if kind not in KINDS}
kinds = pytest.mark.parametrize("kinds", KINDS.values(), ids=KINDS)
dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def case(kinds, seed=0):
    """Oracle's inputs, layers, X and targets."""
    rng = np.random.default_rng(seed)
    inputs, x = inputs_of(rng, kinds), columns(rng)
    x[:, :2] = np.float32(x[:, :2])
    x = x[:, : 1 + max(each.column for each in inputs)]  # a network that is not fitted takes no other columns
    width = ref.encoded(inputs, x)[0].shape[1]
    layers = [
        ref.Layer(rng.normal(size=(width, 9)) / np.sqrt(width), rng.normal(size=9), "tanh"),
        ref.Layer(rng.normal(size=(9, 2)) / 3, rng.normal(size=2), "linear", 1.0),
    ]
    return inputs, layers, x, rng.normal(size=(ROWS, 2))


LOSS = ref.Loss("squared_error")


@kinds
@dtypes
def test_numbers_and_gradients_are_the_oracles(kinds, dtype):
    inputs, layers, x, t = case(kinds)
    net = twin(layers, LOSS, dtype, inputs=inputs)
    near = {"rtol": 2e-5, "atol": 2e-5} if dtype == "float32" else {"rtol": 1e-11, "atol": 1e-11}
    numbers = ref.encoded(inputs, x)[1]
    for actual, desired in zip(net.forward(x), ref.forward(layers, numbers), strict=True):
        np.testing.assert_allclose(actual, desired, **near)
    weight = np.random.default_rng(1).uniform(0, 2, ROWS)
    weight[::5] = 0
    g, exact = net.gradients(x, t, weight), ref.gradients(layers, LOSS, x, t, weight, inputs)
    np.testing.assert_allclose(g.weights[0], exact.weights[0], **near)
    for actual, arrays, each in zip(g.inputs, exact.inputs, inputs, strict=True):
        desired = learned_of(ref.Input(each.kind, learned=arrays))
        assert set(actual) == set(desired)
        for name, array in desired.items():
            np.testing.assert_allclose(actual[name], array, **near, err_msg=name)


@kinds
@pytest.mark.parametrize("optimizer", [name for name in ref.OPTIMIZERS if name != "sgd"])
@pytest.mark.parametrize("terms", [{}, {"max_grad_norm": 0.3}], ids=["", "clipped"])
def test_training_steps_are_the_oracles(kinds, optimizer, terms):
    inputs, layers, x, t = case(kinds)
    known = dict(ref.OPTIMIZERS[optimizer])
    kind = na.optimizers.OPTIMIZERS[known["name"]]
    settings = {"optimizer": kind(**{k: v for k, v in known.items() if k != "name"}), "learning_rate": 0.01}
    net = twin(layers, LOSS, inputs=inputs, batch_size=20, alpha=0.1, shuffle=False, **settings, **terms)
    oracle = ref.Optimizer(learning_rate=0.01, **known)
    for _ in range(3):
        net.partial_fit(x, t)
        ref.epoch(layers, LOSS, oracle, x, t, np.arange(ROWS), 20, alpha=0.1, inputs=inputs, **terms)
    for actual, each in zip(net.input_parameters, inputs, strict=True):
        for name, array in learned_of(each).items():
            np.testing.assert_allclose(actual[name], array, rtol=1e-9, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(net.weights[0], layers[0].weights, rtol=1e-9, atol=1e-9)


@kinds
@dtypes
def test_a_row_and_a_thread_change_no_bit(kinds, dtype):
    inputs, layers, x, t = case(kinds)
    net = twin(layers, LOSS, dtype, inputs=inputs)
    all_rows = net.predict(x)
    for row in range(0, ROWS, 5):
        assert_same_bits([net.predict(x[row : row + 1])[0]], [all_rows[row]])
    many, targets = np.tile(x, (50, 1)), np.tile(t, (50, 1))
    trained = [
        na.Network(
            [na.Dense(200, "tanh"), na.Dense(2)],
            inputs=net.inputs,
            dtype=dtype,
            n_threads=n,
            batch_size=2000,
            epochs=2,
            random_state=0,
        ).fit(many, targets)
        for n in (1, 2)
    ]
    assert_same_bits(trained[0].weights, trained[1].weights)
    for one, two in zip(trained[0].input_parameters, trained[1].input_parameters, strict=True):
        assert_same_bits([*one.values()], [*two.values()])


@pytest.mark.parametrize("chunks", [1, 3])
def test_batches_larger_than_a_chunk(chunks):
    """Gradients of chunks add up: a batch of 2,500 rows has three."""
    inputs, layers, x, t = case(KINDS["all"])
    rows = np.arange(2500 if chunks == 3 else ROWS) % ROWS
    net = twin(layers, LOSS, inputs=inputs)
    g, exact = net.gradients(x[rows], t[rows]), ref.gradients(layers, LOSS, x[rows], t[rows], None, inputs)
    for actual, arrays, each in zip(g.inputs, exact.inputs, inputs, strict=True):
        for name, array in learned_of(ref.Input(each.kind, learned=arrays)).items():
            np.testing.assert_allclose(actual[name], array, rtol=1e-9, atol=1e-10, err_msg=name)


def test_inputs_alone_are_the_numbers_of_the_first_layer():
    """Numbers and OneHot give the network of a dense X that has them as columns, bit for bit."""
    _, _, x, t = case(KINDS["all"])
    dense = np.column_stack([x[:, 1], np.eye(LEVELS + 1)[x[:, 3].astype(int)][:, 1:]])
    settings = {"random_state": 0, "epochs": 3}
    layers = [na.Dense(9, "tanh"), na.Dense(2)]
    ours = na.Network(layers, inputs=[na.Numbers(1), na.OneHot(3, LEVELS)], **settings).fit(x, t)
    same = na.Network(layers, **settings).fit(dense, t)
    assert_same_bits(ours.weights, same.weights)
    assert_same_bits([ours.predict(x)], [same.predict(dense)])


@kinds
def test_inputs_go_with_the_network(kinds, tmp_path):
    inputs, layers, x, t = case(kinds)
    net = twin(layers, LOSS, inputs=inputs).partial_fit(x, t)
    net.save(tmp_path / "net.safetensors", state=True)
    copies = [na.load(tmp_path / "net.safetensors"), pickle.loads(pickle.dumps(net)), copy.deepcopy(net)]
    net.partial_fit(x, t)
    for other in copies:
        assert other.inputs == net.inputs
        other.partial_fit(x, t)
        assert_same_bits([other.predict(x)], [net.predict(x)])
        for ours, theirs in zip(other.input_parameters, net.input_parameters, strict=True):
            assert_same_bits([*ours.values()], [*theirs.values()])


def test_lbfgs_learns_inputs():
    inputs, _, x, t = case(KINDS["all"])
    layers = [na.Dense(9, "tanh"), na.Dense(2)]
    objects = twin([*case(KINDS["all"])[1]], LOSS, inputs=inputs).inputs
    net = na.Network(layers, inputs=objects, optimizer="lbfgs", dtype="float64", epochs=300, random_state=0).fit(x, t)
    assert net.score(x, t) > 0.9


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: na.Numbers([]), "at least one column"),
        (lambda: na.Numbers(-1), "columns must be a whole number >= 0, got -1"),
        (lambda: na.Periodic(0, frequencies=0), "frequencies must be a whole number >= 1, got 0"),
        (lambda: na.Periodic(0, size=65), "size must be at most 64, got 65"),
        (lambda: na.Periodic(0, sigma=0), "sigma must be > 0"),
        (lambda: na.Periodic(0, rate=-1), "rate must be >= 0"),
        (lambda: na.PiecewiseLinear(0, [1.0]), "at least two ascending numbers"),
        (lambda: na.PiecewiseLinear(0, [1.0, 1.0]), "at least two ascending numbers"),
        (lambda: na.PiecewiseLinear([0, 1], [[0.0, 1.0]]), "one sequence for each of the 2 columns, got 1"),
        (lambda: na.Embedding(0, 0, 1), "levels must be a whole number >= 1, got 0"),
        (lambda: na.OneHot(0, 2**31), "levels must be at most"),
        (lambda: na.Network([na.Dense(1)], inputs=[na.Scale(), na.Numbers(0)]), "Scale must be the last"),
        (lambda: na.Network([na.Dense(1)], inputs=[na.Scale()]), "at least one number"),
        (lambda: na.Network([na.Dense(1)], inputs="periodic"), "inputs must be a list"),
    ],
)
def test_inputs_that_are_refused(make, words):
    with pytest.raises((ValueError, TypeError), match=words):
        make()


@pytest.mark.parametrize("level", [-1, LEVELS + 1, 2.5, 1e30])
@pytest.mark.parametrize("kind", [lambda: na.Embedding(2, LEVELS, 3), lambda: na.OneHot(2, LEVELS)])
def test_levels_out_of_range_are_named(level, kind):
    _, _, x, t = case(KINDS["all"])
    net = na.Network([na.Dense(2)], inputs=[kind()], epochs=1).fit(x, t)
    wrong = x.copy()
    wrong[7, 2] = level
    for ask in (net.predict, net.forward, lambda X: net.loss(X, t), lambda X: net.fit(X, t)):
        with pytest.raises(ValueError, match=rf"column 2 of X must hold whole numbers from 0 to {LEVELS}.*in row 7"):
            ask(wrong)


def test_x_that_inputs_cannot_take_is_refused():
    _, _, x, t = case(KINDS["all"])
    net = na.Network([na.Dense(2)], inputs=[na.Numbers(3)], epochs=1)
    with pytest.raises(ValueError, match="X has 3 features, but the inputs take column 3"):
        net.fit(x[:, :3], t)
    with pytest.raises(ValueError, match="needs a dense X"):
        net.fit(csr_array(x), t)


def test_the_core_reads_no_level_out_of_range():
    """Protects memory where Python's check is passed by: the core takes any other number for an unknown level."""
    import neuract._neuract_core as core

    for kind in ("embedding", "one_hot"):
        layers = [(2, "linear", 1.0, False, None, 0.0, np.ones(3))]
        net = core.Network("float64", 1, layers, [(kind, 0, 3, 2 if kind == "embedding" else 1, None, 1.0)])
        x = np.array([[0.0], [-1.0], [4.0], [1e300], [-1e300], [np.nan], [np.inf]])
        y = np.full((7, 2), 7.0)
        net.predict(7, x, y, 1)
        assert (y == y[0]).all()


def test_the_core_reads_no_level_that_rounding_admits():
    """Protects memory: float32 has no 16,777,219, and so a column may hold 16,777,220."""
    import neuract._neuract_core as core

    levels = 2**24 + 3
    layers = [(1, "linear", 1.0, False, None, 0.0, np.ones(3))]
    net = core.Network("float32", 1, layers, [("embedding", 0, levels, 1, None, 1.0)])
    net.set(0, "weights", np.ones(1, "f4"))
    vectors = np.zeros(levels + 1, "f4")
    vectors[0] = 7
    net.set_input(0, vectors)
    y = np.zeros((1, 1), "f4")
    net.predict(1, np.full((1, 1), levels + 1, "f4"), y, 1)
    assert y == 7


@kinds
@dtypes
def test_few_rows_go_the_direct_way(kinds, dtype):
    """Protects the speed of serving, and its checks: what is no level, no number or no such row goes the long way."""
    inputs, layers, x, _ = case(kinds)
    net = twin(layers, LOSS, dtype, inputs=inputs)
    x = np.ascontiguousarray(x, dtype)
    for rows in (1, 3, 4, 16):
        assert_same_bits([net._known().core.predict_directly(x[:rows])], [net.predict(x)[:rows]])
    for each in inputs:
        for wrong in (-1, 0.5, LEVELS + 1, 1e30) if each.levels else ():
            other = x[:3].copy()
            other[2, each.column] = wrong
            assert net._known().core.predict_directly(other) is None
            with pytest.raises(ValueError, match=f"column {each.column} of X must hold whole numbers"):
                net.predict(other)


# ---- what goes with them ---------------------------------------------------------------------------


@kinds
def test_inputs_are_exported_as_onnx_and_c(kinds, tmp_path):
    import onnxruntime

    inputs, layers, x, t = case(kinds)
    net = twin(layers, LOSS, "float32", inputs=inputs).partial_fit(x, t)
    for opset in (13, 18):
        session = onnxruntime.InferenceSession(net.to_onnx(opset=opset).SerializeToString())
        np.testing.assert_allclose(session.run(None, {"X": x.astype("f4")})[0], net.predict(x), rtol=1e-5, atol=1e-5)
    net.to_c(tmp_path / "net.c")
    build = ["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-O1", "-DNET_SELF_TEST", "net.c", "-o", "net", "-lm"]
    subprocess.run(build, cwd=tmp_path, check=True)
    subprocess.run([tmp_path / "net"], check=True)


def test_an_exported_network_takes_other_numbers_for_an_unknown_level(tmp_path):
    import onnxruntime

    inputs, layers, x, _ = case(["embedding", "one_hot"])
    net = twin(layers, LOSS, "float32", inputs=inputs)
    unknown, wrong = np.zeros((1, x.shape[1]), "f4"), np.full((1, x.shape[1]), 99, "f4")
    session = onnxruntime.InferenceSession(net.to_onnx().SerializeToString())
    np.testing.assert_array_equal(session.run(None, {"X": wrong})[0], session.run(None, {"X": unknown})[0])


def test_the_summary_and_the_diagnosis_know_inputs(tmp_path):
    inputs, layers, x, t = case(KINDS["all"])
    net = twin(layers, LOSS, inputs=inputs).partial_fit(x, t)
    lines = net.summary().splitlines()
    second, third, total = lines[1], lines[2], lines[-1]
    width = layers[0].weights.shape[0]
    assert second.split()[:4] == ["inputs", "4", "×", str(width)]
    assert "Periodic, PiecewiseLinear, Embedding, OneHot, Numbers, Scale" in second
    assert third.split()[:5] == ["hidden", "1", str(width), "×", "9"]
    assert total.split() == ["total", f"{net.n_parameters:,}"]
    learned = sum(array.size for each in inputs for array in each.learned.values())
    assert net.n_parameters == learned + (width + 1) * 9 + 10 * 2
    diagnosis = na.diagnose(net, x, t)
    np.testing.assert_allclose(diagnosis.input_mean[:2], x[:, :2].mean(axis=0))
    np.testing.assert_allclose(diagnosis.input_std[:2], x[:, :2].std(axis=0))
    assert np.isnan(diagnosis.input_mean[2:]).all(), "levels have no scale"
    np.testing.assert_allclose(diagnosis.layers[0].mean, net.forward(x)[0].mean(axis=0), atol=1e-12)
    net.report(tmp_path / "net.html", x, t)
    page = (tmp_path / "net.html").read_text()
    assert "Periodic, PiecewiseLinear" in page
    assert '"x2 = 1"' in page or "x2, embedding 1" in page
    assert "You cannot move the inputs here" not in page


def test_levels_are_no_unscaled_columns():
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=300), rng.integers(0, 501, 300)])
    net = na.Network([na.Dense(4), na.Dense(1)], inputs=[na.Numbers(0), na.Embedding(1, 500, 2)], epochs=2)
    net.fit(x, x[:, 0])
    assert "unscaled_inputs" not in [finding.rule for finding in na.diagnose(net, x, x[:, 0]).warnings]
    x[:, 0] *= 1e4
    assert "unscaled_inputs" in [finding.rule for finding in na.diagnose(net, x, x[:, 0]).warnings]
