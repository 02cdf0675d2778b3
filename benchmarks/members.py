# SPDX-License-Identifier: BSD-3-Clause
"""Several members at once beside one: training, 10,000 rows and one row, on the threads of the options.

Modules that start threads are imported inside functions, after the options have restricted the process.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks import options, report

MEMBERS, QUICK_MEMBERS, WIDTHS, COLUMNS = 16, 2, (128, 128, 128), 20
ROWS, QUICK_ROWS = 10_000, 256
BATCH = 128


def main() -> None:
    parser = options.common("members", "Time of several networks at once beside one of them.", threads=2)
    settings = options.settled(parser.parse_args())
    from benchmarks import measure

    notes: list[str] = []
    work, size, rows = candidates(settings)
    reading, reads = reader(size, notes)
    seconds = measure.interleaved(work | reading, settings.rounds)
    seconds |= {name: seconds[name] / reads for name in reading}
    title = f"{members(settings)} networks of {WIDTHS} at once, {settings.threads} threads"
    report.show(title, lines(seconds, rows, members(settings)), notes, settings.markdown)
    report.keep(settings.json, "members", vars(settings), [{"seconds": seconds}])


def members(settings: Any) -> int:
    return QUICK_MEMBERS if settings.quick else MEMBERS


def candidates(settings: Any) -> tuple[dict[str, Any], int, int]:
    """Returns what is measured, the bytes of all weights, and the rows of a training epoch or a prediction."""
    import numpy as np

    rows = QUICK_ROWS if settings.quick else ROWS
    x = np.random.default_rng(0).normal(size=(rows, COLUMNS)).astype(np.float32)
    work: dict[str, Any] = {}
    for name, count, threads in (("one", 1, 1), ("all", members(settings), settings.threads)):
        together, ensemble = made(x, count, threads)
        work[f"epoch of {name}"] = partial(together.run, 0)
        work[f"rows of {name}"] = partial(ensemble.predict, x, threads)
        work[f"row of {name}"] = partial(ensemble.predict_directly, x[:1].copy())
    return work, sum(4 * network.n_parameters for network in ensemble.networks), rows


def made(x: Any, count: int, threads: int) -> tuple[Any, Any]:
    """Returns networks that train on x together, and the same as the members of a model."""
    import numpy as np

    import neuract as na
    from neuract.inputs._data import Data
    from neuract.schedules._shares import DoublingCycles, Fade
    from neuract.training._members import Members
    from neuract.training._session import Order
    from neuract.training._together import Course, Member, Together

    layers = [na.Dense(units, "selu") for units in WIDTHS]
    networks, sessions = [], []
    for seed in range(count):
        random = np.random.RandomState(seed)
        network = na.Network([*layers, na.Dense(1, "linear")], optimizer="adamw", batch_size=BATCH, init="tabular")
        network._learner.start(x, network.init, random)
        networks.append(network)
        order = Order(np.arange(len(x)), random._bit_generator)
        sessions.append(Member(network._learner.ready(random), order, 1e-3))
    data = Data(x, np.tanh(x[:, :1] * x[:, 1:2]), None)
    together = Together(sessions, data, Course(DoublingCycles(4.0), Fade(30.0, 30.0), 64), threads)
    return together, Members(tuple(networks), np.full(count, 1 / count))


def reader(size: int, notes: list[str]) -> tuple[dict[str, Any], int]:
    """Returns work that reads so many bytes on one core, and how often it does; none without a C compiler."""
    import subprocess

    import neuract as na
    from benchmarks.machine import Limits

    try:
        limits = Limits("float32", str(na.simd_info()["chosen"]), 1)
    except (OSError, subprocess.SubprocessError) as error:
        notes.append(f"no time of reading: no working C compiler ({error})")
        return {}, 1
    return {"reading": limits.reading(size)}, limits.reads


def lines(seconds: dict[str, float], rows: int, count: int) -> list[dict[str, str]]:
    """Returns the lines of the table: what one network takes on one thread, all of them at once, and the gain."""
    table = []
    for what, name in (("training", "epoch"), (f"predict {rows:,} rows", "rows"), ("predict one row", "row")):
        one, every = seconds[f"{name} of one"], seconds[f"{name} of all"]
        line = {"": what, "one, µs": f"{1e6 * one:,.1f}", "all, µs": f"{1e6 * every:,.1f}"}
        line |= {"× as fast": f"{count * one / every:.2f}", "of reading": report.NOTHING}
        if name == "row" and "reading" in seconds:
            line["of reading"] = f"{every / seconds['reading']:.2f}"
        table.append(line)
    return table


if __name__ == "__main__":
    main()
