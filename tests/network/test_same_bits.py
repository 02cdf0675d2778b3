# SPDX-License-Identifier: BSD-3-Clause
"""The same bits: neither other rows nor the number of threads change a bit of a prediction or a trained weight.

Hypothesis looks for a network, data and settings that break this. test_simd.py compares instruction sets.
"""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import neuract as na
from neuract.layers._dense import n_slopes
from oracle.twins import parameters

NAMES = [kind.names[0] for kind in dict.fromkeys(na.ACTIVATIONS.values())]
HIDDEN = [name for name in NAMES if name != "softmax"]

dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])
seeds = st.integers(0, 2**32 - 1)
# The duration of an example means nothing.
in_any_time = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def bits(arrays):
    """The bytes of all arrays, with all NaNs made equal."""
    return [np.where(np.isnan(a), a.dtype.type(np.nan), a).tobytes() for a in arrays if a is not None]


# Rows.

# Often sizes next to those of the kernels: tiles of 6 outputs, panels and blocks of 8 and 16, and chunks of 192 inputs.
widths = st.integers(1, 70) | st.sampled_from([1, 5, 6, 7, 15, 16, 17, 31, 33])
inputs = widths | st.sampled_from([191, 192, 193, 400])
batches = st.integers(1, 300) | st.sampled_from([1, 3, 4, 16, 17, 1500])


@st.composite
def hidden_layer(draw, activation):
    units = draw(widths)
    one_a_neuron = np.linspace(-1, 1, units)
    return na.Dense(units, activation, threshold=draw(st.none() | st.floats(-1, 1) | st.just(one_a_neuron)))


@st.composite
def layers_with(draw, activation):
    """One to three layers, one of them with the activation; softmax is in the last."""
    names = draw(st.lists(st.sampled_from(HIDDEN), max_size=2))
    names.insert(len(names) if activation == "softmax" else draw(st.integers(0, len(names))), activation)
    outputs = widths.filter(lambda units: units > 1) if names[-1] == "softmax" else widths
    return [*(draw(hidden_layer(name)) for name in names[:-1]), na.Dense(draw(outputs), names[-1])]


def with_parameters(layers, n_inputs, dtype, random):
    """A network with random weights, biases and slopes."""
    sizes = list(pairwise([n_inputs, *(layer.units for layer in layers)]))
    net = na.Network(layers, loss="log_loss" if layers[-1].activation == na.Softmax() else "squared_error", dtype=dtype)
    net.set_parameters(
        [random.normal(0, n_in**-0.5, (n_in, units)) for n_in, units in sizes],
        [random.normal(0, 0.3, units) for _, units in sizes],
        [random.normal(0, 0.3, n_slopes(layer)) for layer in layers],
    )
    return net


@pytest.mark.parametrize("activation", NAMES)
@dtypes
@given(data=st.data(), n_inputs=inputs, rows=batches, scale=st.sampled_from([0.01, 1, 100]), seed=seeds)
@settings(in_any_time, max_examples=25)
def test_a_row_has_the_bits_it_has_alone(activation, dtype, data, n_inputs, rows, scale, seed):
    """Protects promise 2: predict(X)[i] equals predict(X[i:i+1]) bit for bit, in a batch of any size."""
    random = np.random.default_rng(seed)
    net = with_parameters(data.draw(layers_with(activation), "layers"), n_inputs, dtype, random)
    x = random.normal(0, scale, (rows, n_inputs)).astype(dtype)
    whole = net.predict(x)
    assert bits([whole]) == bits([np.concatenate([net.predict(x[i : i + 1]) for i in range(rows)])])
    first = data.draw(st.integers(0, rows - 1), "first row of a piece")
    last = data.draw(st.integers(first + 1, rows), "row after it")
    assert bits([whole[first:last]]) == bits([net.predict(x[first:last])])


# Threads.

THREADS = (1, 2, 3, 7)
# From these sizes on, even the smallest batch of the smallest network of two layers uses all threads.
INPUTS, WIDEST, BATCH, ROWS = 100, 100, 256, 800


def train(layers, x, y, sample_weight, n_threads, **settings):
    """The trained parameters, the history and the predictions."""
    net = na.Network(layers, epochs=2, n_threads=n_threads, **settings).fit(x, y, sample_weight)
    return [*parameters(net), np.array(net.history_["loss"]), net.predict(x)]


@st.composite
def large_layers(draw):
    """Two to four layers; the first is wide."""
    dropouts = st.sampled_from([0.0, 0.3, 0.6])
    activations = st.sampled_from([*HIDDEN, na.PReLU(shared=True)])
    thresholds = st.none() | st.floats(-0.5, 0.5)
    units = [draw(st.integers(WIDEST, WIDEST + 40)), *draw(st.lists(st.integers(1, 70), max_size=2))]
    hidden = [na.Dense(n, draw(activations), threshold=draw(thresholds), dropout=draw(dropouts)) for n in units]
    return [*hidden, na.Dense(draw(st.integers(2, 40)), draw(st.sampled_from(["linear", "softmax"])))]


@dtypes
@given(
    layers=large_layers(),
    n_inputs=st.integers(INPUTS, INPUTS + 40),
    rows=st.integers(ROWS, ROWS + 800),
    weighted=st.booleans(),
    seed=seeds,
    options=st.fixed_dictionaries(
        {
            "batch_size": st.integers(BATCH, 1200),  # a step takes 1024 rows at once
            "optimizer": st.sampled_from(["sgd", "adam", "adamw"]),
            "alpha": st.sampled_from([0.0, 0.1]),
            "l1": st.sampled_from([0.0, 0.1]),
            "max_grad_norm": st.sampled_from([None, 0.5]),
            "shuffle": st.booleans(),
        }
    ),
)
@settings(in_any_time, max_examples=10)
@pytest.mark.filterwarnings("ignore::neuract.TrainingWarning")  # thresholds that no neuron reaches
def test_threads_change_no_bit(dtype, layers, n_inputs, rows, weighted, seed, options):
    """Protects promise 2 in training and in predictions of many rows, dropout included."""
    random = np.random.default_rng(seed)
    x = random.normal(0, 0.5, (rows, n_inputs)).astype(dtype)
    units = layers[-1].units
    y = (
        random.integers(units, size=rows)
        if layers[-1].activation == na.Softmax()
        else random.normal(0, 1, (rows, units))
    )
    data = x, y, random.uniform(0.5, 2, rows) if weighted else None
    one, *others = (bits(train(layers, *data, n, dtype=dtype, random_state=seed, **options)) for n in THREADS)
    for n, trained in zip(THREADS[1:], others, strict=True):
        assert trained == one, f"{n} threads"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in Linux's /proc")
@pytest.mark.parametrize("what", ["fit", "predict"])
def test_the_smallest_work_above_takes_all_threads(what):
    """Protects the test above from comparing one thread with itself."""
    script = f"""
import os, sys, numpy as np, neuract as na
make = lambda n: na.Network([na.Dense({WIDEST}), na.Dense(1, "linear")], batch_size={BATCH}, epochs=1, n_threads=n)
x = np.ones(({ROWS}, {INPUTS}), np.float32)
net = make(1).fit(x, x[:, 0])
before = len(os.listdir("/proc/self/task"))
other = make({THREADS[-1]})
other.set_parameters(net.weights, net.biases)
other.{what}(*(x, x[:, 0])[:{1 if what == "predict" else 2}])
print(1 + len(os.listdir("/proc/self/task")) - before)
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout == f"{THREADS[-1]}\n", result.stderr
