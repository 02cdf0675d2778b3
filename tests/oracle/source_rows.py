# SPDX-License-Identifier: BSD-3-Clause
"""Rows, sources of them, and models that learn from these, for the tests of sources."""

import numpy as np

import neuract as na
from neuract.data import Arrays, Batches
from neuract.data._source import Piece, Source

COLUMNS = ["a", "b", "c"]


class Pieces(Source):
    """A source whose pieces have these rows of X and y; any_row, so that it can be read anew in each epoch."""

    any_row = True

    def __init__(self, X, y, ends, cache=False, shuffle_buffer=100):
        self.X, self.y, self.ends = X, y, [*ends, len(X)]
        super().__init__(cache, shuffle_buffer)

    def pieces(self, first=0):
        begin = 0
        for end in self.ends:
            if end > max(begin, first):
                at = max(begin, first)
                yield Piece(self.X[at:end], self.y[at:end], None, "the pieces", at)
            begin = end


def rows_of(n, seed=0):
    """X of shape (n, 3) and y of shape (n,)."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, len(COLUMNS)))
    return X, X[:, 0] - 0.5 * X[:, 1] + 0.1 * rng.normal(size=n)


def batches_of(X, y, size):
    """A function that gives the rows in batches of this size, as `Batches` needs it."""
    return lambda: ((X[at : at + size], y[at : at + size]) for at in range(0, len(X), size))


def network(output="linear", units=1, **settings):
    given = {"epochs": 2, "batch_size": 32, "random_state": 0, **settings}
    return na.Network([na.Dense(5, "tanh"), na.Dense(units, output)], **given)


def bits(model):
    """All parameters of a network, or of the networks of an estimator, as bytes."""
    networks = getattr(model, "networks_", [getattr(model, "network_", model)])
    return b"".join(array.tobytes() for net in networks for array in [*net.weights, *net.biases])


def fitted(source, model=None):
    """The bits of a network, or of the given model, after its fit to the source."""
    return bits((model or network()).fit(source))


def in_batches(X, y, size=77, **settings):
    return Batches(batches_of(X, y, size), **{"shuffle_buffer": 200, **settings})


def in_arrays(X, y, **settings):
    return Arrays(X, y, **{"shuffle_buffer": 200, **settings})
