# SPDX-License-Identifier: BSD-3-Clause
"""Hashes of trained networks, under a given instruction set."""

import os
import subprocess
import sys

import neuract as na

# RandomState's integers are the same with every NumPy, and this arithmetic on them is exact.
TRAIN = """
import hashlib
import numpy as np, neuract as na
from neuract.inputs._data import Data
from neuract.schedules._course import Course
from neuract.training._session import Order
from neuract.training._together import Member, Together
random = np.random.RandomState(0)
exact = lambda *shape: random.randint(-2**20, 2**20, shape, np.int64) / 2**20
X, weight, units = exact(700, 37), 1.5 + exact(700), [45, 17, 33, 21, 5]
classes, labels = (random.randint(n, size=size, dtype=np.int64) for n, size in ((5, 700), (2, (700, 5))))
weights = [exact(n_in, n) / 4 for n_in, n in zip([37, *units], units)]
biases, slopes = [exact(n) / 8 for n in units], [[], [], np.full(33, 0.25), [], []]
hidden = [na.Dense(45, "tanh", dropout=0.2), na.Dense(17, "sigmoid", threshold=0.3)]
hidden += [na.Dense(33, na.PReLU()), na.Dense(21)]
for dtype in ("float32", "float64"):
    for output, y, optimizer in (("softmax", classes, "adam"), ("sigmoid", labels, "sgd")):
        net = na.Network([*hidden, na.Dense(5, output)], optimizer=optimizer, alpha=0.1, batch_size=130, dtype=dtype,
                         random_state=0)
        net.set_parameters(weights, biases, slopes)
        for _ in range(3):
            net.partial_fit(X, y, weight)
        digest = hashlib.sha256()
        for array in (*net.weights, *net.biases, net.slopes[2], net.predict(X), np.array(net.history_["loss"])):
            digest.update(array.tobytes())
        print(f"{dtype}/{output} {digest.hexdigest()}")
    inputs = [na.Periodic([0, 1], frequencies=5), na.PiecewiseLinear(2, [-0.5, 0, 0.25, 0.5]), na.Embedding(3, 4, 3)]
    inputs += [na.OneHot(3, 4), na.Scale()]
    waves = {"frequencies": exact(2, 5), "phases": exact(2, 5), "weights": exact(2, 5, 3), "biases": exact(2, 3)}
    learned = [waves, {}, {"vectors": exact(5, 3)}, {}, {"factors": 1 + exact(18) / 4}]
    net = na.Network([na.Dense(21, "tanh"), na.Dense(5)], inputs=inputs, batch_size=130, dtype=dtype, random_state=0)
    net.set_parameters([exact(18, 21), exact(21, 5)], inputs=learned)
    rows = np.column_stack([X[:, :3], classes])
    for _ in range(3):
        net.partial_fit(rows, labels, weight)
    digest = hashlib.sha256()
    for array in (*net.weights, *(a for each in net.input_parameters for a in each.values()), net.predict(rows)):
        digest.update(array.tobytes())
    print(f"{dtype}/inputs {digest.hexdigest()}")
    members, nets = [], []
    for number in range(3):
        layers = [na.Dense(21, "tanh", dropout=0.25 * number), na.Dense(5)]
        settings = {"optimizer": na.AdamW(weight_decay=0.1), "batch_size": 130, "dtype": dtype}
        nets.append(na.Network(layers, inputs=inputs, **settings))
        nets[-1].set_parameters(net.weights, inputs=net.input_parameters)
        draws = np.random.RandomState(number)
        order = Order(np.arange(number, 700 - 60 * number), draws._bit_generator)
        members.append(Member(nets[-1]._learner.ready(draws), order, 0.01))
    data = Data(rows.astype(dtype), labels.astype(dtype), weight.astype(dtype))
    course = Course(na.schedules.DoublingCycles(1.5), na.schedules.Fade(1, 2), 3)
    together = Together(members, data, course, 2)
    losses = [together.run(epoch) for epoch in range(3)]
    digest = hashlib.sha256(np.array(losses).tobytes())
    for each in nets:
        for array in (*each.weights, *each.biases, *(a for of in each.input_parameters for a in of.values())):
            digest.update(array.tobytes())
    print(f"{dtype}/members {digest.hexdigest()}")
print(na.simd_info()["chosen"])
"""


def run(script, simd):
    environment = os.environ | {"NEURACT_SIMD": simd}
    return subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)


def with_fma():
    """This machine's instruction sets that must give the same bits."""
    return [name for name in na.simd_info()["available"] if name != "sse2"]


def train(isa):
    """{dtype/output: hash of the trained parameters, predictions and losses}"""
    result = run(TRAIN, isa)
    *lines, chosen = result.stdout.splitlines() or [result.stderr]
    assert chosen == isa
    return dict(line.split() for line in lines)
