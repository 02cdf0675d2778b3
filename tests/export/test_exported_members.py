# SPDX-License-Identifier: BSD-3-Clause
"""Exports of several members: C and ONNX give the weighted mean of their outputs, each held within the bounds."""

import re

import numpy as np
import pytest

import neuract as na
from neuract.export._model import ExportedModel
from neuract.export.c._source import save_c
from neuract.outputs._kinds import Classes, Numbers, Quantiles, Unit
from neuract.training._members import Members
from oracle.c_programs import COMPILERS, library, self_test

ROWS, COLUMNS = 50, 7
STRICT = ("-Wconversion", "-Wshadow")
EDGES = ((-1.0, -0.2, 0.1, 1.5), (-0.5, 0.0, 2.0))
ENCODINGS = {
    "as they are": (),
    "periodic": (na.Periodic((0, 2)), na.Numbers((1, 3)), na.OneHot(4, 3), na.Embedding(5, 4, 2), na.Scale()),
    "of several sizes": (
        na.Embedding(5, 4, 2),
        na.OneHot(4, 3),
        na.Periodic((0,), 5, 2),
        na.Embedding(6, 6, 3),
        na.Periodic((1, 2), 3, 4),
        na.PiecewiseLinear((0, 3), EDGES),
        na.Embedding(4, 3, 2),
    ),
    "intervals": (na.PiecewiseLinear((3, 0), EDGES), na.OneHot(4, 3), na.OneHot(6, 6), na.Scale()),
}
OUTPUTS = {
    "numbers": ("linear", Numbers(2)),
    "in a unit": ("linear", Numbers(2, unit=Unit(np.array([1e3, -5.0]), np.array([20.0, 0.5])))),
    "two classes": ("sigmoid", Classes(np.array(["no", "yes"]))),
    "three classes": ("softmax", Classes(np.array([2, 3, 5]))),
    "quantiles": ("linear", Quantiles((0.1, 0.5, 0.9))),
}


def rows(rng):
    """Rows with levels, and with numbers that are none."""
    x = rng.normal(size=(ROWS, COLUMNS)).astype(np.float32)
    x[:, 4:] = rng.integers(-1, 8, (ROWS, 3))
    return x


def a_network(rng, inputs, hidden, n_out, last, dtype="float32"):
    """A network with random parameters, which also has random learned inputs and slopes."""
    layers = [*hidden, na.Dense(n_out, last)]
    seed = int(rng.integers(2**31))
    net = na.Network(layers, inputs=inputs or None, epochs=1, learning_rate=1e-3, dtype=dtype, random_state=seed)
    net.fit(np.abs(rows(rng)) % 4 // 1, np.eye(n_out)[rng.integers(0, n_out, ROWS)])
    return net.set_parameters(
        biases=[rng.normal(size=biases.shape) for biases in net.biases],
        slopes=[None if slopes is None else rng.normal(size=slopes.shape) for slopes in net.slopes],
        inputs=[{name: rng.normal(size=part.shape) for name, part in each.items()} for each in net.input_parameters],
    )


def model_of(networks, meaning, bounds=None):
    weights = np.arange(1.0, 1 + len(networks))
    return ExportedModel(Members(tuple(networks), weights / weights.sum(), None, bounds), meaning, False)


def some_model(rng, meaning="numbers", names=("periodic", "of several sizes", "intervals"), hidden=None, bounds=None):
    last, kind = OUTPUTS[meaning]
    n_out = 1 if meaning == "two classes" else kind.n_columns
    hidden = hidden or [na.Dense(17, "selu"), na.Dense(5, "tanh")]
    networks = [a_network(rng, ENCODINGS[name], hidden, n_out, last) for name in names]
    return model_of(networks, kind, bounds)


def in_c(model, x, folder, *flags):
    """The outputs of the compiled model."""
    save_c(model, folder / "model", False)
    function, pointer = library(folder, *flags).model_predict, np.ctypeslib.ndpointer(np.float32, flags="C")
    function.argtypes, function.restype = [pointer, pointer], None
    y = np.empty((len(x), model.n_outputs), np.float32)
    for row, outputs in zip(x, y, strict=True):
        function(row, outputs)
    return y


def in_onnx(model, x, dtype="float32"):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    from neuract.export.onnx._model import save_onnx

    proto = save_onnx(model, None, 13, dtype)
    session = runtime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"X": x.astype(dtype)})[-1]


def assert_close(y, expected):
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


# ---- answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [(name,) * 3 for name in ENCODINGS] + [tuple(ENCODINGS)], ids=str)
def test_every_encoding(rng, tmp_path, names):
    model, x = some_model(rng, names=names), rows(rng)
    assert_close(in_c(model, x, tmp_path, *STRICT), model.predict(x))
    assert_close(in_onnx(model, x), model.predict(x))
    assert in_onnx(model, x[:0]).shape == (0, 2)


@pytest.mark.parametrize("meaning", OUTPUTS)
def test_every_meaning(rng, tmp_path, meaning):
    model, x = some_model(rng, meaning), rows(rng)
    assert_close(in_c(model, x, tmp_path), model.predict(x))
    assert_close(in_onnx(model, x), model.predict(x))
    assert_close(in_onnx(model, x, "float64"), model.predict(x))


HIDDEN = {
    "slopes of neurons and of layers": [na.Dense(7, na.PReLU()), na.Dense(5, na.PReLU(shared=True))],
    "thresholds": [na.Dense(7, "relu", threshold=np.linspace(0, 1, 7).tolist()), na.Dense(4, "tanh", threshold=0.1)],
    "softmax alone": [],
}


@pytest.mark.parametrize("hidden", HIDDEN)
def test_numbers_of_neurons(rng, tmp_path, hidden):
    model, x = some_model(rng, "three classes", hidden=HIDDEN[hidden]), rows(rng)
    assert_close(in_c(model, x, tmp_path), model.predict(x))
    assert_close(in_onnx(model, x), model.predict(x))


def test_members_of_different_activations_and_widths(rng, tmp_path):
    networks = [
        a_network(rng, (), [na.Dense(units, f, threshold=threshold), na.Dense(3, "relu")], 2, "linear")
        for units, f, threshold in [(5, "relu", None), (70, "tanh", 0.2), (8, "relu", None)]
    ]
    networks.append(a_network(rng, (), [na.Dense(5, "relu", threshold=0.5), na.Dense(2, "relu")], 2, "linear"))
    model, x = model_of(networks, Numbers(2)), rows(rng)
    assert_close(in_c(model, x, tmp_path), model.predict(x))
    assert_close(in_onnx(model, x), model.predict(x))


def test_thresholds_of_some_members(rng):
    """A neuron without a threshold next to one with a threshold passes everything on."""
    networks = [a_network(rng, (), [na.Dense(6, "tanh", threshold=t)], 1, "linear") for t in (None, 0.4, -0.2)]
    model, x = model_of(networks, Numbers(1)), rows(rng)
    assert_close(in_onnx(model, x), model.predict(x))


@pytest.mark.parametrize("meaning", ["numbers", "in a unit"])
@pytest.mark.parametrize("members", [1, 3])
def test_each_member_is_held_within_the_bounds(rng, tmp_path, meaning, members):
    bounds = np.array([[-0.3, -0.1], [0.2, 0.4]], np.float32)
    model, x = some_model(rng, meaning, ("periodic",) * members, bounds=bounds), rows(rng)
    free = ExportedModel(Members(model.members.networks, model.members.weights), model.meaning, False)
    assert np.abs(free.predict(x) - model.predict(x)).max() > 0.1
    assert_close(in_c(model, x, tmp_path, *STRICT), model.predict(x))
    assert_close(in_onnx(model, x), model.predict(x))
    assert self_test(tmp_path, COMPILERS["g++"]) == 0


def test_the_mean_in_c_has_the_bits_of_members(rng, tmp_path):
    """Protects the sums in double, in the members' order: the mean of each member's answers in C, combined here."""
    bounds = np.array([[-0.5, -0.5], [0.5, 0.5]], np.float32)
    model, x = some_model(rng, bounds=bounds), rows(rng)
    each = []
    for number, network in enumerate(model.members.networks):
        (tmp_path / str(number)).mkdir()
        alone = ExportedModel(Members.of(network), model.meaning, False)
        each.append(in_c(alone, x, tmp_path / str(number)))
    np.testing.assert_array_equal(in_c(model, x, tmp_path), model.members.combined(each))


# ---- the files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("static_memory", [False, True])
def test_no_warning_and_a_self_test(rng, tmp_path, compiler, static_memory):
    bounds = np.array([[-0.5, -0.5], [0.5, 0.5]])
    save_c(some_model(rng, bounds=bounds), tmp_path / "model", static_memory)
    assert self_test(tmp_path, (*COMPILERS[compiler], *STRICT)) == 0


def test_the_self_test_sees_every_member(rng, tmp_path):
    save_c(some_model(rng), tmp_path / "model", False)
    source = (tmp_path / "model.c").read_text()
    for member in (1, 2, 3):
        wrong = re.sub(rf"(static const float biases_3_of_member_{member}\[2\] = \{{\s*-?)", r"\g<1>1", source)
        assert wrong != source
        (tmp_path / "model.c").write_text(wrong)
        assert self_test(tmp_path, COMPILERS["gcc"]) == 1


def test_memory_does_not_grow_with_the_members(rng, tmp_path):
    told = set()
    for members in (2, 5):
        save_c(some_model(rng, names=("intervals",) * members), tmp_path / "model", False)
        told |= {
            re.sub(r" constants: .*", "", line)
            for line in (tmp_path / "model.h").read_text().splitlines()
            if " bytes" in line
        }
    encoded = sum(len(edges) - 1 for edges in EDGES) + 3 + 6
    assert f" *     working memory:  {4 * (encoded + 17 + 5) + 8 * 2} bytes, on the stack" in told
    assert len(told) == 3


def test_the_source_has_few_bytes_a_number(rng, tmp_path):
    model = some_model(rng, names=("as they are",) * 4, hidden=[na.Dense(64, "relu")] * 2)
    save_c(model, tmp_path / "model", False)
    numbers = sum(network.n_parameters for network in model.members.networks)
    assert (tmp_path / "model.c").stat().st_size < 15 * numbers + 10_000


def test_nodes_do_not_grow_with_the_columns(rng):
    pytest.importorskip("onnx")
    from neuract.export.onnx._model import onnx_model

    counts = []
    for columns in ((0, 1), (0, 1, 2, 3)):
        inputs = (na.Periodic(columns), na.PiecewiseLinear(columns, (EDGES[0],) * len(columns)), na.Scale())
        networks = [a_network(rng, inputs, [na.Dense(6, "selu")], 1, "linear") for _ in range(4)]
        counts.append(len(onnx_model(model_of(networks, Numbers(1)), 18, "float32").graph.node))
    assert counts[0] == counts[1]


def test_inputs_that_have_no_nodes_for_all_columns(rng, monkeypatch):
    """A new input works with members as soon as it has the nodes of one column."""
    pytest.importorskip("onnx")
    from neuract.export.onnx import _kinds_at_once

    monkeypatch.setattr(_kinds_at_once, "NODES", {})
    model, x = some_model(rng, names=tuple(ENCODINGS)), rows(rng)
    assert_close(in_onnx(model, x), model.predict(x))


def test_what_no_member_learns_is_once_in_the_graph(rng):
    pytest.importorskip("onnx")
    from neuract.export.onnx._model import onnx_model

    graph = onnx_model(some_model(rng, names=("intervals",) * 4), 18, "float32").graph
    counts = {kind: sum(node.op_type == kind for node in graph.node) for kind in ("Equal", "Concat", "Gemm", "Tanh")}
    assert counts["Equal"] == 1
    assert counts["Gemm"] == 4 * 3
    assert {f"members.{member}.layers.0.weight" for member in range(4)} <= {each.name for each in graph.initializer}


def test_a_model_of_one_network_has_no_members(rng, tmp_path):
    network = a_network(rng, ENCODINGS["periodic"], [na.Dense(6, "selu")], 2, "linear")
    network.to_c(tmp_path / "model")
    assert not re.search("member|total|mean", (tmp_path / "model.c").read_text() + (tmp_path / "model.h").read_text())
    pytest.importorskip("onnx")
    assert "layers.0.weight" in {each.name for each in network.to_onnx().graph.initializer}
