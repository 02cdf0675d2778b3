# SPDX-License-Identifier: BSD-3-Clause
"""The engine's gradients, run by Node: those of Network.gradients, of central differences, and of explanations."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

import neuract as na
from neuract.engine._described import described_combination, described_member, in_base64, numbers_of_members
from neuract.engine._scripts import ENGINE, GRADIENTS, script
from oracle.cases import OBJECTS
from oracle.node import needs_node, printed

SCRIPTS = "\n".join(['"use strict";', *map(script, (*ENGINE, GRADIENTS))])
READ = """
const plain = (value) => JSON.parse(JSON.stringify(value, (_, each) => (ArrayBuffer.isView(each) ? [...each] : each)));
const found = JSON.parse(require("fs").readFileSync(0, "utf-8")).map(({ description, kept, base64, rows, more }) => {
  const take = cutter(decoded(base64, kept));
  const networks = description.members.map((each) => new Network(each, take));
  return PROGRAM;
});
console.log(JSON.stringify(plain(found)));
"""
BACKWARD = """rows.map((row, k) => {
  const states = networks[0].forward(row);
  return { x: states.map(({ x }) => x), ...backward(networks[0], states, more[k]) };
})"""
ATTRIBUTIONS = "rows.map((row) => attributions(networks, description, more.from, row, more.output, more.pieces))"
HIDDEN = [f for f in OBJECTS if not isinstance(f, na.Softmax)]


def run(program, *cases):
    """What a program in JavaScript gives for each case: a model, rows of its networks' X, and what else it needs."""
    given = []
    for model, rows, more in cases:
        members = model._members()
        dtype = members.networks[0].dtype
        each = [{"dtype": dtype} | described_member(network) for network in members.networks]
        description = {"members": each} | described_combination(members, each)
        base64 = in_base64(numbers_of_members(members), dtype)
        rows = np.asarray(rows, np.float64).tolist()
        given.append({"description": description, "kept": dtype, "base64": base64, "rows": rows, "more": more})
    return printed(SCRIPTS + READ.replace("PROGRAM", program), given)


def with_weights(rng, layers, n_in, **settings):
    """A network of float64 with random parameters."""
    net = na.Network(layers, dtype="float64", **settings)
    sizes = [n_in, *(layer.units for layer in layers)]
    weights = [rng.normal(size=pair) for pair in pairwise(sizes)]
    return net.set_parameters(weights, [rng.normal(size=n) for n in sizes[1:]])


# ---- derivatives -----------------------------------------------------------------------------------


@needs_node
def test_derivatives_are_those_of_the_core():
    """At bends and in tails too."""
    z = np.array([*np.linspace(-5.3, 5.1, 40), 0, -3, 3, -1, 1, 6, -6.5, 2, -2, 0.5, -0.5, 30, -30, 100, -100])
    nets = [na.Network([na.Dense(1, f)], dtype="float64").set_parameters([[[1.0]]]) for f in HIDDEN]
    found = run(BACKWARD, *((net, z[:, np.newaxis], [[1]] * len(z)) for net in nets))
    for f, states in zip(HIDDEN, found, strict=True):
        slopes = [state["dx"][0] for state in states]
        np.testing.assert_allclose(slopes, f.derivative(z), rtol=1e-9, atol=1e-12, err_msg=repr(f))


def test_every_activation_has_its_derivative():
    names = {na.activation(name).core_name for name in na.ACTIVATIONS} - {"softmax"}
    assert [name for name in names if f"\n  {name}:" not in script(GRADIENTS)] == []


# ---- backward --------------------------------------------------------------------------------------


@needs_node
def test_the_backward_pass_gives_the_gradients_of_the_core(rng):
    shapes = [
        [na.Dense(6, "tanh"), na.Dense(4, na.PReLU()), na.Dense(3, "softmax")],
        [na.Dense(6, "gelu", threshold=0.1), na.Dense(3, "linear")],
        [na.Dense(5, "sin"), na.Dense(3, "sigmoid")],
    ]
    x, y = rng.normal(size=(6, 4)), np.eye(3)[[0, 1, 2, 0, 1, 2]]
    nets = [with_weights(rng, layers, 4) for layers in shapes]
    slopes = {
        "softmax": lambda y, p: -y / p,
        "linear": lambda y, p: p - y,
        "sigmoid": lambda y, p: -y / p + (1 - y) / (1 - p),
    }
    kinds = [net.layers[-1].activation.core_name for net in nets]
    dy = [slopes[kind](y, net.predict(x)) / len(x) for kind, net in zip(kinds, nets, strict=True)]
    found = run(BACKWARD, *((net, x, each.tolist()) for net, each in zip(nets, dy, strict=True)))
    for net, kind, states in zip(nets, kinds, found, strict=True):
        gradients = net.gradients(x, y.argmax(axis=1) if kind == "softmax" else y)
        for layer in range(len(net.layers)):
            dz = np.array([state["dz"][layer] for state in states])
            below = np.array([state["x"][layer] for state in states])
            np.testing.assert_allclose(below.T @ dz, gradients.weights[layer], rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(dz.sum(axis=0), gradients.biases[layer], rtol=1e-9, atol=1e-12)


@needs_node
def test_gradients_of_the_inputs_are_those_of_differences(rng):
    net = with_weights(rng, [na.Dense(7, "mish"), na.Dense(6, "tanh"), na.Dense(3, "softmax")], 5)
    x, step = rng.normal(size=(4, 5)), 1e-6
    found = run(BACKWARD, *((net, x, [unit.tolist()] * 4) for unit in np.eye(3)))
    for output, states in enumerate(found):
        for k, unit in enumerate(np.eye(5)):
            difference = (net.predict(x + step * unit) - net.predict(x - step * unit))[:, output] / (2 * step)
            np.testing.assert_allclose([state["dx"][k] for state in states], difference, rtol=1e-6, atol=1e-8)


# ---- attributions ----------------------------------------------------------------------------------


@needs_node
def test_attributions_add_up_to_the_change(rng):
    """With any number of pieces; only hard_shrink jumps."""
    x, base = rng.normal(size=(5, 4)), [0.1, 0.2, -0.3, 0.4]
    functions = [f for f in HIDDEN if not isinstance(f, na.HardShrink)]
    nets = [with_weights(rng, [na.Dense(9, f), na.Dense(6, "tanh"), na.Dense(2, "linear")], 4) for f in functions]
    nets += [with_weights(rng, [na.Dense(9, "relu"), na.Dense(2, f)], 4) for f in ("softmax", "sigmoid")]
    for pieces in (1, 16):
        found = run(ATTRIBUTIONS, *((net, x, {"from": base, "output": 1, "pieces": pieces}) for net in nets))
        for net, states in zip(nets, found, strict=True):
            change = net.predict(x)[:, 1] - net.predict([base])[0, 1]
            sums = [sum(state["values"]) for state in states]
            np.testing.assert_allclose(sums, change, rtol=1e-9, atol=1e-11, err_msg=repr(net.layers))


@needs_node
def test_attributions_are_integrated_gradients(rng):
    x, base, points = rng.normal(size=(3, 4)), np.array([0.1, 0.2, -0.3, 0.4]), 4000
    for layers in ([na.Dense(9, "relu"), na.Dense(3, "softmax")], [na.Dense(9, "tanh"), na.Dense(3, "linear")]):
        net = with_weights(rng, layers, 4)
        (found,) = run(ATTRIBUTIONS, (net, x, {"from": base.tolist(), "output": 2, "pieces": 64}))
        for row, state in zip(x, found, strict=True):
            path = base + np.linspace(0.5 / points, 1 - 0.5 / points, points)[:, np.newaxis] * (row - base)
            slopes = [
                (net.predict(path + 1e-6 * unit) - net.predict(path - 1e-6 * unit))[:, 2].mean() / 2e-6
                for unit in np.eye(4)
            ]
            np.testing.assert_allclose(state["values"], slopes * (row - base), atol=2e-3)


@needs_node
def test_jumps_are_the_rest(rng):
    x, base = rng.normal(size=(5, 4)), [0.1, 0.2, -0.3, 0.4]
    nets = [
        with_weights(rng, [na.Dense(9, "tanh", threshold=0.3), na.Dense(2, "linear")], 4),
        with_weights(rng, [na.Dense(9, "hard_shrink"), na.Dense(2, "linear")], 4),
    ]
    found = run(ATTRIBUTIONS, *((net, x, {"from": base, "output": 0}) for net in nets))
    for net, states in zip(nets, found, strict=True):
        change = net.predict(x)[:, 0] - net.predict([base])[0, 0]
        rests = np.array([state["rest"] for state in states])
        np.testing.assert_allclose([sum(state["values"]) for state in states] + rests, change, atol=1e-9)
        assert np.abs(rests).max() > 0.01


@needs_node
def test_a_neuron_counts_from_its_threshold_on():
    """Of the way to 10 the part above 4 is explained, the jump to 4 is the rest; what hard_shrink holds back counts."""
    nets = [na.Network([na.Dense(1, f, threshold=4.0), na.Dense(1, "linear")]) for f in ("linear", na.HardShrink(1.0))]
    for net in nets:
        net.set_parameters([[[1.0]], [[1.0]]])
    found = run(ATTRIBUTIONS, *((net, [[3.0], [10.0]], {"from": [0], "output": 0}) for net in nets))
    assert [[(state["values"], state["rest"]) for state in states] for states in found] == [
        [([0], 0), ([pytest.approx(6)], pytest.approx(4))]
    ] * 2


@needs_node
def test_attributions_of_members(rng):
    """Of columns of a frame with every kind of input, by their weights and within their bounds."""
    frame = {"a": rng.normal(size=60), "b": rng.choice(["x", "y", "z"], 60), "c": rng.normal(size=60)}
    y = 100 + 20 * frame["a"] + 10 * (frame["b"] == "x")
    model = na.TabularRegressor(members=2, folds=2, max_iter=5, hidden_layer_sizes=(9,), random_state=0).fit(frame, y)
    bounds = np.quantile(model._ensemble.each(model._rows(frame), 1), [0.2, 0.8])[:, np.newaxis]
    model._ensemble = dataclasses.replace(model._ensemble, weights=np.array([0.4, 0.3, 0.2, 0.1]), bounds=bounds)
    rows = model._rows(frame)[:6]
    (found,) = run(ATTRIBUTIONS, (model, rows, {"from": rows[-1].tolist(), "output": 0}))
    outputs = model._members().predict(rows, 1)[:, 0].astype(float)
    np.testing.assert_allclose([sum(state["values"]) for state in found], outputs - outputs[-1], atol=1e-5)
    np.testing.assert_allclose([state["after"] for state in found], outputs, atol=1e-6)
    assert {len(state["values"]) for state in found} == {rows.shape[1]}
    assert found[-1]["values"] == [0] * rows.shape[1]
    alone = np.where(np.eye(rows.shape[1]), rows[0], rows[-1])  # each differs in one column
    (found,) = run(ATTRIBUTIONS, (model, alone, {"from": rows[-1].tolist(), "output": 0}))
    values = np.array([state["values"] for state in found])
    assert np.count_nonzero(values - np.diag(np.diag(values))) == 0
    assert np.diag(values)[rows[0] != rows[-1]].all()
