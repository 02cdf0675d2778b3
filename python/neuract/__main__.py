# SPDX-License-Identifier: BSD-3-Clause
"""``python -m neuract``: learns handwritten digits, and prints the accuracy, the time and the learning curve.

With a command, such as ``python -m neuract fit train.csv --target price``, it is the shell: see neuract.shell.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import neuract as na
from neuract._typing import Array

EPOCHS = 100
PICTURE = Path("neuract_learning_curve.png")


def main() -> None:
    X_train, X_test, y_train, y_test = digits()
    simd = na.simd_info()["chosen"]
    print(f"neuract {na.__version__} ({simd}, {na.get_num_threads()} threads): {len(X_train)} digits of 8 x 8 pixels")

    net = na.Network(
        [na.Dense(100), na.Dense(10, "softmax")], alpha=1e-4, epochs=EPOCHS, random_state=0, callbacks=[show_progress]
    )
    seconds = timed(lambda: net.fit(X_train, y_train))
    accuracy = float(np.mean(net.predict(X_test).argmax(axis=1) == y_test))

    print(f"\n{net.summary()}\n")
    print(f"accuracy on {len(X_test)} held-out rows: {accuracy:.1%}")
    print(f"{EPOCHS} epochs in {seconds:.3f} s")
    compare(X_train, X_test, y_train, y_test, seconds)
    draw(net.history_["loss"])


def digits() -> tuple[Array, Array, Array, Array]:
    """Returns scikit-learn's digits: a quarter held out, pixels scaled to [0, 1]."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X.astype(np.float32) / 16, y, random_state=0, stratify=y)
    return X_train, X_test, y_train, y_test


def timed(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def show_progress(net: na.Network, epoch: int, logs: dict[str, float]) -> None:
    """Draws a progress bar in place; without a terminal prints ten lines instead."""
    done = epoch + 1
    line = f"[{'#' * (30 * done // EPOCHS):30}] epoch {done:3}/{EPOCHS}  loss {logs['loss']:.4f}"
    if sys.stdout.isatty():
        print(f"\r{line}", end="\n" if done == EPOCHS else "", flush=True)
    elif done % (EPOCHS // 10) == 0:
        print(line)


def compare(X_train: Array, X_test: Array, y_train: Array, y_test: Array, seconds: float) -> None:
    """Trains the same network with the same settings in scikit-learn, and prints both times."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    peer = MLPClassifier((100,), max_iter=EPOCHS, n_iter_no_change=EPOCHS, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the comparison needs all epochs
        peer_seconds = timed(lambda: peer.fit(X_train, y_train))
    print(
        f"scikit-learn's MLPClassifier, same settings: {peer.score(X_test, y_test):.1%} in {peer_seconds:.3f} s; "
        f"neuract is {peer_seconds / seconds:.1f} times as fast"
    )


def draw(losses: list[float]) -> None:
    try:
        import matplotlib
    except ImportError:
        print("no picture of the learning curve: matplotlib is not installed")
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4), layout="constrained")
    axes.semilogy(range(1, len(losses) + 1), losses)
    axes.set(xlabel="epoch", ylabel="training loss (log scale)", title="Learning handwritten digits")
    axes.grid(alpha=0.3)
    figure.savefig(PICTURE, dpi=120)
    print(f"learning curve: {PICTURE.resolve()}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        from neuract.shell._main import main as shell

        sys.exit(shell(sys.argv[1:]))
    main()
