# SPDX-License-Identifier: BSD-3-Clause
"""Predicting one row from a NumPy array, and 10,000 rows, with the peers and the processor's limits.

Modules that start threads are imported inside functions, after the options have restricted the process.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks import options, report
from benchmarks.cases import CASES, Case

PEERS = ("onnxruntime", "torchscript", "torch", "jax", "scikit-learn")
ROWS, QUICK_ROWS = 10_000, 300


def main() -> None:
    settings = options.parse("predict", "Time to predict one row and 10,000 rows, compared with the peers.", PEERS)
    notes: list[str] = []
    rows = [measured(CASES[name], settings, notes) for name in settings.case]
    report.show(title(settings), [line(row) for row in rows], notes, settings.markdown)
    print()
    for measure, unit in (("one_row", "one row, µs"), ("many_rows", "10,000 rows, rows/s")):
        lines = [peers_line(row, row[measure], unit, ["neuract", *settings.peers]) for row in rows]
        print(report.table(lines, settings.markdown) + "\n")
    report.keep(settings.json, "predict", vars(settings), rows)


def measured(case: Case, settings: Any, notes: list[str]) -> dict[str, Any]:
    """Measures one case: every candidate's seconds for one row and for many."""
    from benchmarks import guard, limits, measure, peers
    from benchmarks.data import make_data

    data = make_data(case, QUICK_ROWS if settings.quick else ROWS)
    candidates = peers.start(peers.PREDICTORS, settings.peers, case, data, settings.threads, notes)
    guard.keep_same_outputs(case, data, candidates, notes)
    peak, row = limits.start(case, settings.threads, notes), data.x[:1].copy()
    one: dict[str, measure.Work] = {name: partial(peer.predict, row) for name, peer in candidates.items()}
    many: dict[str, measure.Work] = {name: partial(peer.predict, data.x) for name, peer in candidates.items()}
    one_row = measure.interleaved(one | peak.reading(), settings.rounds)
    many_rows = measure.interleaved(many | peak.work(), settings.rounds)
    return {
        "case": case.name,
        "shape": case.shape,
        "one_row": evaluated(case, 1, one_row, None) | {"read_seconds": peak.read_seconds(one_row)},
        "many_rows": evaluated(case, len(data.x), many_rows, peak.flops(many_rows)),
    }


def evaluated(case: Case, n_rows: int, seconds: dict[str, float], peak: float | None) -> dict[str, Any]:
    """peak: floating-point operations per second."""
    from benchmarks.peers import OURS, best_peer

    ours, best, onnx = seconds[OURS], best_peer(seconds), seconds.get("onnxruntime")
    speed = n_rows * case.predict_flops / ours
    return {
        "rows": n_rows,
        "seconds": seconds,
        "gflops": speed / 1e9,
        "peak_gflops": peak and peak / 1e9,
        "share_of_peak": peak and speed / peak,
        "best_peer": best,
        "ratio": best and seconds[best] / ours,
        "ratio_to_onnxruntime": onnx and onnx / ours,
    }


def line(row: dict[str, Any]) -> dict[str, str]:
    """Returns the first table's line of a case."""
    one, many = row["one_row"], row["many_rows"]
    ours, read = one["seconds"]["neuract"], one["read_seconds"]
    return {
        "case": f"{row['case']} {row['shape']}",
        "1 row µs": report.microseconds(ours),
        "× best peer": report.times(one["ratio"]),
        "× ORT": report.times(one["ratio_to_onnxruntime"]),
        "reading µs": report.microseconds(read),
        "of reading": report.times(read and ours / read),
        "10,000: rows/s": report.count(many["rows"] / many["seconds"]["neuract"]),
        "GFLOP/s": f"{many['gflops']:.1f}",
        "of peak": report.share(many["share_of_peak"]),
        " × best peer": report.times(many["ratio"]),
        " × ORT": report.times(many["ratio_to_onnxruntime"]),
    }


def peers_line(row: dict[str, Any], result: dict[str, Any], unit: str, shown: list[str]) -> dict[str, str]:
    """Returns the line of a case with the times of all candidates."""
    show = report.microseconds if result["rows"] == 1 else lambda seconds: report.count(result["rows"] / seconds)
    seconds = result["seconds"]
    taken = {name: show(seconds[name]) if name in seconds else report.NOTHING for name in shown}
    return {unit: row["case"]} | taken


def title(settings: Any) -> str:
    import neuract as na

    chosen = na.simd_info()["chosen"]
    return f"Predicting from NumPy arrays: {settings.threads} thread(s), {chosen}, median of {settings.rounds}"


if __name__ == "__main__":
    main()
