# SPDX-License-Identifier: BSD-3-Clause
"""Diagnoses a healthy network and four spoiled ones, and prints what na.diagnose finds in each.

    python examples/diagnose.py [mnist.npz]

The data is handwritten digits: MNIST, whose file may also be in the folder NEURACT_DATA, or else scikit-learn's small
digits.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

import neuract as na

ROWS = 10_000


def read_digits(file: Path) -> tuple[Any, Any]:
    """Returns scaled pixels and their digits."""
    if file.exists():
        data = np.load(file)
        X, y = data["X"][:ROWS], data["y"][:ROWS]
    else:
        X, y = load_digits(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def learned(X: Any, y: Any, *activations: str, epochs: int = 5) -> na.Network:
    """Trains a network whose hidden layers of 64 neurons have these activations."""
    hidden = [na.Dense(64, f) for f in activations]
    return na.Network([*hidden, na.Dense(10, "softmax")], epochs=epochs, random_state=0).fit(X, y)


def with_dead_layer(network: na.Network) -> na.Network:
    """Puts a large negative bias into the second layer of the network."""
    biases = [np.array(b) for b in network.biases]
    biases[1][:40] -= 1000
    return network.set_parameters(biases=biases)


def show(title: str, network: na.Network, X: Any, y: Any) -> None:
    print(f"{title}\n{'-' * len(title)}\n{na.diagnose(network, X, y)}\n")


def main(file: Path) -> None:
    X, y = read_digits(file)
    show("A healthy network", learned(X, y, "relu", "relu"), X, y)
    show("A large negative bias", with_dead_layer(learned(X, y, "relu", "relu")), X, y)
    show("Twelve sigmoid layers", learned(X, y, *["sigmoid"] * 11, epochs=1), X, y)
    show("Inputs times 1000", learned(1000 * X, y, "tanh"), 1000 * X, y)
    show("No activation but the identity", learned(X, y, "identity", "identity"), X, y)


if __name__ == "__main__":
    folder = Path(os.environ.get("NEURACT_DATA", "."))
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else folder / "mnist.npz")
