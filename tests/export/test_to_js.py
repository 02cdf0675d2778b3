# SPDX-License-Identifier: BSD-3-Clause
"""to_js: the module gives the answers of predict, in Node.js; test_to_js_page.py asks Chromium."""

import dataclasses
import datetime as dt
import json
import re

import numpy as np
import pytest

import neuract as na
from neuract.engine._scripts import module_engine
from neuract.outputs._kinds import OfClassifier
from oracle.cases import CLASSES, OBJECTS, REGRESSIONS, ROWS, hidden_network
from oracle.node import module_answers, needs_node, self_test

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::neuract.TrainingWarning"
)

TOLERANCE = 1e-6
MOST_BYTES = 10_000
EDGES = ((-1.0, -0.2, 0.1, 1.5), (-0.5, 0.0, 2.0))
SMALL = {"members": 2, "folds": 2, "hidden_layer_sizes": (9, 5), "max_iter": 3, "random_state": 0, "min_rows": 2}


def engine_of(text):
    return text[text.index("/* ---- the engine") : text.index("/* ---- what the members")]


def assert_answers(model, answers, X):
    """The answers of JavaScript are those of the core: numbers to 1e-6 of their size or of the unit, labels the same."""
    meaning = model._meaning()
    numbers = np.array([answer.get("probabilities") if isinstance(answer, dict) else answer for answer in answers])
    expected = model.predict_proba(X) if isinstance(meaning, OfClassifier) else model.predict(X)
    scale = np.abs(expected) + (1 if meaning.unit is None else meaning.unit.scales)
    np.testing.assert_array_less(np.abs(numbers.reshape(expected.shape) - expected), TOLERANCE * scale)
    if isinstance(meaning, OfClassifier):
        assert [answer["label"] for answer in answers] == model.predict(X).tolist()


def check(folder, *cases):
    """Each case is a model, rows for JavaScript, and the same rows as Python has them."""
    for number, (model, _, _) in enumerate(cases):
        model.to_js(folder / f"model{number}.mjs")
    found = module_answers(folder, [(f"model{number}.mjs", rows) for number, (_, rows, _) in enumerate(cases)])
    for number, ((model, _, X), answers) in enumerate(zip(cases, found, strict=True)):
        assert_answers(model, answers, X)
        assert len(engine_of((folder / f"model{number}.mjs").read_text()).encode()) < MOST_BYTES


def of_arrays(model, x):
    return model, x.tolist(), x


# ---- networks --------------------------------------------------------------------------------------


@needs_node
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_activation(rng, tmp_path, dtype):
    nets = [hidden_network(rng, f, dtype) for f in OBJECTS if not isinstance(f, na.Softmax)]
    check(tmp_path, *(of_arrays(net, rng.normal(size=(ROWS, 5)).astype(np.float32)) for net in nets))


def random_network(rng):
    """A network of random activations, widths, thresholds, slopes and dtype."""
    hidden = [f for f in OBJECTS if not isinstance(f, (na.Softmax, na.Exponential))]
    draw = lambda: hidden[rng.integers(len(hidden))]  # noqa: E731
    threshold = lambda: None if rng.random() < 0.6 else float(rng.normal(0, 0.5))  # noqa: E731
    layers = [na.Dense(int(rng.integers(1, 30)), draw(), threshold=threshold()) for _ in range(rng.integers(0, 4))]
    n_out = int(rng.integers(1, 5))
    layers.append(na.Dense(n_out, na.Softmax() if n_out > 1 and rng.random() < 0.3 else draw()))
    sizes = [int(rng.integers(1, 20)), *(layer.units for layer in layers)]
    net = na.Network(layers, dtype=str(rng.choice(["float32", "float64"])))
    weights = [rng.normal(size=(n, m)) / np.sqrt(n) for n, m in zip(sizes, sizes[1:], strict=False)]
    return net.set_parameters(weights, [rng.normal(size=n) for n in sizes[1:]]), sizes[0]


@needs_node
def test_random_networks(tmp_path):
    drawn = [random_network(np.random.default_rng(seed)) for seed in range(80)]
    rows = [np.random.default_rng(1).normal(size=(20, n_in)).astype(np.float32) for _, n_in in drawn]
    check(tmp_path, *(of_arrays(net, x) for (net, _), x in zip(drawn, rows, strict=True)))
