# SPDX-License-Identifier: BSD-3-Clause
"""The cost of Python around the core: the time of `MLPClassifier.fit` outside it.

In the core: training, shuffling, predictions of early stopping. Around it: checks, labels, curves, stopping rules.
Modules that start threads are imported inside functions, after the options have restricted the process.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from benchmarks import options, report


def main() -> None:
    settings = options.settled(options.common("face", "Python's share of MLPClassifier.fit.").parse_args())
    warnings.simplefilter("ignore")
    rows = [measured(name, case, settings.rounds) for name, case in cases(settings.quick).items()]
    report.show(f"Python around the core: {settings.threads} thread(s)", rows, [], settings.markdown)
    report.keep(settings.json, "face", vars(settings), rows)


def cases(quick: bool) -> dict[str, tuple[Any, Any, dict[str, Any]]]:
    """Returns X, y and the settings that differ from the defaults, by name."""
    import numpy as np
    from sklearn.datasets import load_iris

    few = load_iris(return_X_y=True)
    many = np.random.default_rng(0).standard_normal((10_000 if quick else 1_000_000, 20))
    labels = (many[:, 0] > 0).astype(int)
    all_epochs = {"max_iter": 200, "tol": 0, "n_iter_no_change": np.inf}
    return {
        "150 rows × 200 epochs, float64": (*few, all_epochs),
        "the same, float32": (few[0].astype("float32"), few[1], all_epochs),
        "the same, early stopping": (*few, all_epochs | {"early_stopping": True}),
        f"{len(many):.0e} rows × 1 epoch, float64": (many, labels, {"max_iter": 1}),
        "as many, float32": (many.astype("float32"), labels, {"max_iter": 1}),
        "as many, float64, labels as strings": (many, np.array(["no", "yes"])[labels], {"max_iter": 1}),
    }


def measured(name: str, case: tuple[Any, Any, dict[str, Any]], rounds: int) -> dict[str, str]:
    """Measures the quickest of the fits: the others had to wait for something."""
    import neuract as na

    X, y, settings = case
    model = na.MLPClassifier(random_state=0, **settings)
    with clocked_core() as clock:
        whole, core = min(timed(lambda: model.fit(X, y), clock) for _ in range(rounds + 1))
    return {
        "fit": name,
        "whole ms": f"{whole * 1e3:.2f}",
        "core ms": f"{core * 1e3:.2f}",
        "around it": report.share(1 - core / whole),
    }


def timed(work: Callable[[], object], clock: list[float]) -> tuple[float, float]:
    """Returns the seconds that the work takes, and the part of them in the core."""
    clock.clear()
    start = perf_counter()
    work()
    return perf_counter() - start, sum(clock)


@contextmanager
def clocked_core() -> Iterator[list[float]]:
    """Adds the seconds of every core call of a fit to the list, within this block."""
    from neuract import _neuract_core as core

    clock: list[float] = []
    whole = {"Trainer": core.Trainer, "Network": core.Network}
    core.Trainer = type("Trainer", (core.Trainer,), {"run": clocked(core.Trainer.run, clock)})
    core.Network = type("Network", (core.Network,), {"predict": clocked(core.Network.predict, clock)})
    try:
        yield clock
    finally:
        for name, value in whole.items():
            setattr(core, name, value)


def clocked(call: Callable[..., Any], clock: list[float]) -> Callable[..., Any]:
    def call_by_the_clock(*arguments: Any) -> Any:
        start = perf_counter()
        try:
            return call(*arguments)
        finally:
            clock.append(perf_counter() - start)

    return call_by_the_clock


if __name__ == "__main__":
    main()
