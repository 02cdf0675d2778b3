# SPDX-License-Identifier: BSD-3-Clause
"""Training: rows per second of whole epochs, with the peers and the processor's peak. One line per case.

Modules that start threads are imported inside functions, after the options have restricted the process.
"""

from __future__ import annotations

from typing import Any

from benchmarks import options, report
from benchmarks.cases import CASES, Case

PEERS = ("torch", "torch-compile", "jax", "jax-inside", "scikit-learn")
QUICK_ROWS = 300


def main() -> None:
    settings = options.parse("train", "Rows per second of training, compared with the peers.", PEERS)
    notes: list[str] = []
    rows = [measured(CASES[name], settings, notes) for name in settings.case]
    report.show(title(settings), [line(row, settings.peers) for row in rows], notes, settings.markdown)
    report.keep(settings.json, "train", vars(settings), rows)


def measured(case: Case, settings: Any, notes: list[str]) -> dict[str, Any]:
    """Measures one case: every candidate's seconds per epoch, and the results that follow."""
    from benchmarks import guard, limits, measure, peers
    from benchmarks.data import make_data

    data = make_data(case, min(QUICK_ROWS, case.rows) if settings.quick else case.rows)
    candidates = peers.start(peers.TRAINERS, settings.peers, case, data, settings.threads, notes)
    guard.keep_same_outputs(case, data, candidates, notes)
    guard.keep_same_losses(case, data, candidates, notes)
    work: dict[str, measure.Work] = {name: candidate.train_epoch for name, candidate in candidates.items()}
    peak = limits.start(case, settings.threads, notes)
    seconds = measure.interleaved(work | peak.work(), settings.rounds)
    return evaluated(case, len(data.x), seconds, peak.flops(seconds))


def evaluated(case: Case, n_rows: int, seconds: dict[str, float], peak: float | None) -> dict[str, Any]:
    """peak: floating-point operations per second."""
    from benchmarks.peers import OURS, best_peer

    best, speed = best_peer(seconds), n_rows * case.train_flops / seconds[OURS]
    return {
        "case": case.name,
        "shape": case.shape,
        "batch": case.batch,
        "rows": n_rows,
        "rows_per_second": {name: n_rows / taken for name, taken in seconds.items()},
        "gflops": speed / 1e9,
        "peak_gflops": peak and peak / 1e9,
        "share_of_peak": peak and speed / peak,
        "best_peer": best,
        "ratio": best and seconds[best] / seconds[OURS],
    }


def line(row: dict[str, Any], shown: list[str]) -> dict[str, str]:
    """Returns the table's line of a case."""
    speeds = row["rows_per_second"]
    return {
        "case": f"{row['case']} {row['shape']}, {row['batch']}",
        "rows/s": report.count(speeds["neuract"]),
        "GFLOP/s": f"{row['gflops']:.1f}",
        "of peak": report.share(row["share_of_peak"]),
        "× best peer": report.times(row["ratio"]),
        "best peer": row["best_peer"] or report.NOTHING,
        **{peer: report.count(speeds[peer]) if peer in speeds else report.NOTHING for peer in shown},
    }


def title(settings: Any) -> str:
    import neuract as na

    chosen = na.simd_info()["chosen"]
    return f"Training: Adam, {settings.threads} thread(s), {chosen}, median of {settings.rounds}; peers in rows/s"


if __name__ == "__main__":
    main()
