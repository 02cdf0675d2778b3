# SPDX-License-Identifier: BSD-3-Clause
"""Threads: rows per second of training with one thread and with several, in turns. One line per case.

Modules that start threads are imported inside functions, after the options have restricted the process.
"""

from __future__ import annotations

from typing import Any

from benchmarks import options, report
from benchmarks.cases import CASES, Case

QUICK_ROWS = 300


def main() -> None:
    settings = options.parse("threads", "Rows per second of training, with one thread and with --threads.", (), 2)
    rows = [measured(CASES[name], settings) for name in settings.case]
    report.show(f"Training with {settings.threads} threads", [line(row) for row in rows], [], settings.markdown)
    report.keep(settings.json, "threads", vars(settings), rows)


def measured(case: Case, settings: Any) -> dict[str, Any]:
    """Trains the same network on the same rows by both; both end with the same bits."""
    from benchmarks import measure
    from benchmarks.data import make_data
    from benchmarks.peers.neuract_network import Neuract

    data = make_data(case, min(QUICK_ROWS, case.rows) if settings.quick else case.rows)
    one, several = (Neuract(case, data, threads) for threads in (1, settings.threads))
    work: dict[str, measure.Work] = {"one": one.train_epoch, "several": several.train_epoch}
    seconds = measure.interleaved(work, settings.rounds)
    return {"case": case.name, **{name: len(data.x) / taken for name, taken in seconds.items()}}


def line(row: dict[str, Any]) -> dict[str, str]:
    return {
        "case": row["case"],
        "one thread: rows/s": report.count(row["one"]),
        "several": report.count(row["several"]),
        "× one": report.times(row["several"] / row["one"]),
    }


if __name__ == "__main__":
    main()
