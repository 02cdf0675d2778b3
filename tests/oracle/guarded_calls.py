# SPDX-License-Identifier: BSD-3-Clause
"""Calls of the public API on arrays that end where an inaccessible page begins, or begin where one ends.

test_memory.py runs this program, because touching such a page ends the process. All arrays of NumPy are guarded,
including those that the package makes. It prints their number.
"""

import faulthandler
import itertools

import numpy as np
from scipy import sparse

import neuract as na
from neuract import _neuract_core as core
from oracle.numpy_memory import GuardedMemory

WIDTHS = {"float32": (1, 5, 15, 16, 17), "float64": (1, 3, 7, 8, 9)}  # around a panel
ROWS = itertools.cycle((1, 3, 4, 8, 15, 16, 17, 33))  # around a block, and few enough to be predicted one by one


def every_call(dtype, n_in, units, rows):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, n_in)).astype(dtype)
    y = rng.integers(0, 2, rows)
    weights = rng.random(rows).astype(dtype) + 1
    layers = [na.Dense(units, na.PReLU(), threshold=0.1, dropout=0.1), na.Dense(2, "softmax")]
    net = na.Network(layers, batch_size=20, epochs=1, dtype=dtype, random_state=0)
    for x in (X, sparse.csr_array(np.where(X > 0, X, 0))):
        net.fit(x, y, weights).partial_fit(x, y)
        net.predict(x), net.forward(x), net.fired(x), net.loss(x, y), net.gradients(x, y, weights)
    net.set_parameters(net.weights, net.biases, net.slopes)
    for name in ("mish", "relu"):
        na.activation(name)(X), na.activation(name).derivative(X)
    na.activation("softmax")(X)
    assert core.all_finite(X)


def main():
    faulthandler.enable()
    arrays = 0
    for dtype, first in itertools.product(WIDTHS, (False, True)):
        memory = GuardedMemory(first)
        for n_in, units in itertools.product(WIDTHS[dtype], WIDTHS[dtype]):
            with memory.in_use():
                every_call(dtype, n_in, units, next(ROWS))
            arrays += memory.asked
            memory.asked = 0
            memory.give_back()
    print("guarded arrays:", arrays)


if __name__ == "__main__":
    main()
