# SPDX-License-Identifier: BSD-3-Clause
"""The training engine of the pages "Learn", in Node.js and in Chromium: gradients and whole fits are the core's."""

import json
import runpy
from itertools import pairwise, product

import numpy as np
import pytest

import neuract as na
from neuract.engine._described import described_member, numbers_of_members
from oracle.cases import OBJECTS
from oracle.node import needs_node, node, printed
from oracle.paths import ROOT

ENGINE = runpy.run_path(str(ROOT / "docs" / "learn" / "script.py"))["engine"]()
PROGRAM = """
const plain = (value) => JSON.stringify(value, (_, each) => (ArrayBuffer.isView(each) ? [...each] : each));
const answers = (cases) => plain(cases.map(({ description, numbers, loss, rows, targets, epochs }) => {
  if (!numbers) {
    const trainer = new Trainer(description);
    const losses = Array.from({ length: epochs }, () => trainer.epoch(rows, targets));
    return { losses, layers: trainer.network.layers };
  }
  const take = (count) => Float64Array.from(numbers.splice(0, count));
  return gradientsOf(new Network(description, take), loss, rows, targets);
}));
"""
IN_NODE = f'"use strict";{ENGINE}{PROGRAM}console.log(answers(JSON.parse(require("fs").readFileSync(0, "utf-8"))));'
IN_CHROMIUM = f'"use strict";{ENGINE}{PROGRAM}return answers(arguments[0]);'
HIDDEN = [f for f in OBJECTS if not isinstance(f, na.Softmax)]
OUTPUTS = {"linear": "squared_error", "tanh": "squared_error", "sigmoid": "log_loss", "softmax": "log_loss"}
SHAPES = [[na.Dense(5, f), na.Dense(4, "tanh"), na.Dense(3, "softmax")] for f in HIDDEN]
SHAPES += [[na.Dense(4, f), na.Dense(2, output)] for f, output in product([na.PReLU(), "gelu"], OUTPUTS)]
SHAPES += [[na.Dense(6, f, threshold=0.2), na.Dense(2, "sigmoid")] for f in ("tanh", "relu", na.PReLU())]
SHAPES += [[na.Dense(4, "relu"), na.Dense(2, na.PReLU())], [na.Dense(2, "softmax")]]


@pytest.fixture(scope="module")
def in_node():
    return lambda cases: printed(IN_NODE, cases)


@pytest.fixture(scope="module")
def in_chromium():
    from oracle.chromium import chromium  # skips only the tests that ask for it

    with chromium() as browser:
        yield lambda cases: json.loads(browser.execute_script(IN_CHROMIUM, cases))


@pytest.fixture(params=[pytest.param("in_node", marks=needs_node), "in_chromium"])
def run(request):
    return request.getfixturevalue(request.param)


def loss_of(layers):
    return OUTPUTS.get(layers[-1].activation.core_name, "squared_error")


def with_rows(rng, layers):
    """A network of float64 with random parameters, rows of X and targets."""
    net = na.Network(layers, loss=loss_of(layers), dtype="float64")
    sizes = [3, *(layer.units for layer in layers)]
    weights = [rng.normal(size=pair) for pair in pairwise(sizes)]
    net.set_parameters(weights, [rng.normal(size=n) for n in sizes[1:]])
    return net, rng.normal(size=(9, 3)), np.eye(sizes[-1])[rng.integers(0, sizes[-1], 9)]


def test_gradients_are_those_of_the_core(run, rng):
    """Of weights, biases and learned slopes: with every activation, every loss and thresholds."""
    given = [with_rows(rng, layers) for layers in SHAPES]
    cases = [
        {
            "description": {"dtype": "float64"} | described_member(net),
            "numbers": np.concatenate([part.ravel() for part in numbers_of_members(net._members())]).tolist(),
            "loss": loss_of(net.layers),
            "rows": x.tolist(),
            "targets": y.tolist(),
        }
        for net, x, y in given
    ]
    for (net, x, y), found in zip(given, run(cases), strict=True):
        softmax = isinstance(net.layers[-1].activation, na.Softmax)
        wanted = net.gradients(x, y.argmax(axis=1) if softmax else y)
        assert found["loss"] == pytest.approx(wanted.loss, abs=1e-6)
        for layer, each in enumerate(found["layers"]):
            shape = wanted.weights[layer].shape
            close = {"rtol": 1e-6, "atol": 1e-9, "err_msg": repr(net.layers)}
            np.testing.assert_allclose(np.reshape(each["weights"], shape), wanted.weights[layer], **close)
            np.testing.assert_allclose(each["biases"], wanted.biases[layer], **close)
            slopes = wanted.slopes[layer]
            np.testing.assert_allclose(each["slopes"], [] if slopes is None else slopes, **close)


FITS = [
    ("adam", ["tanh", "relu"], "sigmoid", 1, None),
    ("sgd", [na.PReLU()], "softmax", 3, None),
    ("adam", ["sigmoid"], "linear", 1, None),
    ("sgd", ["tanh"], "linear", 1, 0.2),
    ("adam", [], "sigmoid", 1, None),
]


@pytest.mark.parametrize(("optimizer", "hidden", "output", "n_out", "threshold"), FITS)
def test_the_same_seed_trains_the_same_network(run, rng, optimizer, hidden, output, n_out, threshold):
    """First weights, order of the rows, batches and steps."""
    layers = [na.Dense(6, f, threshold=threshold) for f in hidden] + [na.Dense(n_out, output)]
    x, y = rng.normal(size=(53, 2)), rng.integers(0, 3 if n_out > 1 else 2, 53)
    settings = {"optimizer": optimizer, "learning_rate": 0.03, "batch_size": 10}
    net = na.Network(layers, **settings, epochs=8, dtype="float64", random_state=1234).fit(x, y)
    described = [{"units": d.units, "activation": d.activation.core_name, "threshold": d.threshold} for d in layers]
    description = {"n_in": 2, "layers": described, "loss": OUTPUTS[output], "seed": 1234} | settings
    targets = np.eye(3)[y] if n_out > 1 else y[:, np.newaxis]
    (found,) = run([{"description": description, "rows": x.tolist(), "targets": targets.tolist(), "epochs": 8}])
    np.testing.assert_allclose(found["losses"], net.history_["loss"], rtol=1e-9)
    for layer, each in enumerate(found["layers"]):
        weights = np.reshape(each["weights"], net.weights[layer].shape)
        np.testing.assert_allclose(weights, net.weights[layer], rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(each["biases"], net.biases[layer], rtol=1e-7, atol=1e-9)
        if net.slopes[layer] is not None:
            np.testing.assert_allclose(each["slopes"], net.slopes[layer], rtol=1e-7, atol=1e-9)


@needs_node
def test_parameters_of_activations_have_the_defaults_of_neuract():
    found = json.loads(node(["-e", f"{ENGINE}console.log(JSON.stringify(PARAMETERS))"]).stdout)
    defaults = {f.core_name: f.parameter for f in (kind() for kind in set(na.ACTIVATIONS.values()))}
    assert found == {name: value for name, value in defaults.items() if 0 < value < np.inf}


def test_the_engine_is_small():
    assert len(ENGINE.encode()) <= 15_000
