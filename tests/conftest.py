# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures of all tests: random numbers, the golden vectors."""

import json
import os

import numpy as np
import pytest

pytest.register_assert_rewrite("oracle")

from oracle import reference as ref  # noqa: E402
from oracle.paths import VECTORS  # noqa: E402

os.environ.setdefault("MPLBACKEND", "agg")  # pictures open no windows


@pytest.fixture(autouse=True)
def same_numbers_each_time():
    """Seed NumPy's global generator, which random_state=None uses, so that a test always or never passes."""
    np.random.seed(0)  # noqa: NPY002


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def golden_input(kind, column, rate, learned, levels=0, edges=None, **sizes):
    """The oracle's input; `sizes` are those of what it has learned."""
    arrays = {name: np.array(numbers) for name, numbers in learned.items()}
    return ref.Input(kind, column, levels, None if edges is None else np.array(edges), rate, arrays)


@pytest.fixture(params=sorted(VECTORS.glob("*.json")), ids=lambda path: path.stem)
def golden(request):
    """One golden case, with the oracle's layers and inputs, and with arrays for lists."""
    case = json.loads(request.param.read_text())
    layers = zip(case["layers"], case["weights"], case["biases"], strict=True)
    case["layers"] = [
        ref.Layer(
            np.array(weights),
            np.array(biases),
            spec["activation"],
            np.array(spec["parameter"]) if spec["activation"] == "prelu" else spec["parameter"],
            spec["threshold"],
        )
        for spec, weights, biases in layers
    ]
    case["inputs"] = [golden_input(**spec) for spec in case.get("inputs", [])]
    case["loss"] = ref.Loss(**case["loss"])
    case["x"], case["t"] = np.array(case["x"]), np.array(case["t"])
    given = case["sample_weight"]
    case["sample_weight"] = np.ones(len(case["x"])) if given is None else np.array(given)
    return case
