# SPDX-License-Identifier: BSD-3-Clause
"""Training a network with inputs, like that of a table of people, beside one whose X holds as many numbers.

Both first layers get the same number of numbers, so the difference is what inputs cost. Modules that start threads are
imported inside functions, after the options have restricted the process.
"""

from __future__ import annotations

import gc
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks import options, report

NUMBERS, LEVELS = 6, (9, 16, 7, 15, 6, 5, 2, 42)  # those of the Adult data
UNITS, EMBEDDED = 128, 4
ROWS, QUICK_ROWS, BATCH = 8192, 512, 256


def main() -> None:
    parser = options.common("inputs", "A network with inputs beside a dense one.")
    settings = options.settled(parser.parse_args())
    rows = QUICK_ROWS if settings.quick else ROWS
    measured = [measured_row(kind, rows, settings) for kind in ("one-hot", "embeddings")]
    title = f"{NUMBERS} periodic numbers, {len(LEVELS)} categories, {UNITS}-{UNITS}: {settings.threads} thread(s)"
    report.show(title, [shown(row) for row in measured], [], settings.markdown)
    report.keep(settings.json, "inputs", vars(settings), measured)


def networks(kind: str, rows: int, threads: int) -> dict[str, Any]:
    """Returns both networks with their X and the targets."""
    import numpy as np

    import neuract as na

    random = np.random.default_rng(0)
    levels = [random.integers(0, most + 1, rows) for most in LEVELS]
    x = np.column_stack([random.normal(size=(rows, NUMBERS)), *levels]).astype(np.float32)
    y = random.integers(2, size=rows).astype(np.float32)
    categories = [
        na.OneHot(NUMBERS + i, most) if kind == "one-hot" else na.Embedding(NUMBERS + i, most, EMBEDDED)
        for i, most in enumerate(LEVELS)
    ]
    inputs = [na.Periodic(range(NUMBERS)), *categories]
    width = sum(each.numbers for each in inputs)
    dense = random.normal(size=(rows, width)).astype(np.float32)
    settings: dict[str, Any] = {"batch_size": BATCH, "loss": "log_loss", "n_threads": threads, "random_state": 0}
    layers = [na.Dense(UNITS), na.Dense(UNITS), na.Dense(1, "sigmoid")]
    return {
        "inputs": (na.Network(layers, inputs=inputs, **settings), x, y),
        "dense": (na.Network(layers, **settings), dense, y),
    }


def measured_row(kind: str, rows: int, settings: Any) -> dict[str, Any]:
    """Times epochs in turns; the ratio is the median of the ratios of neighbouring epochs."""
    taken: dict[str, list[float]] = {"inputs": [], "dense": []}
    candidates = networks(kind, rows, settings.threads)
    for network, x, y in candidates.values():
        network.partial_fit(x, y)
    gc.disable()
    for _ in range(settings.rounds):
        for name, (network, x, y) in candidates.items():
            start = perf_counter()
            network.partial_fit(x, y)
            taken[name].append(perf_counter() - start)
    gc.enable()
    ratios = [inputs / dense for inputs, dense in zip(taken["inputs"], taken["dense"], strict=True)]
    width = candidates["dense"][1].shape[1]
    seconds = {name: median(times) for name, times in taken.items()}
    return {"case": kind, "rows": rows, "numbers": width, "seconds": seconds, "ratio": median(ratios)}


def shown(row: dict[str, Any]) -> dict[str, str]:
    return {
        "case": row["case"],
        "numbers of the first layer": str(row["numbers"]),
        "inputs rows/s": report.count(row["rows"] / row["seconds"]["inputs"]),
        "dense rows/s": report.count(row["rows"] / row["seconds"]["dense"]),
        "time × dense": report.times(row["ratio"]),
    }


if __name__ == "__main__":
    main()
