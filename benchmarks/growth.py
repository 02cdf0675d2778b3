# SPDX-License-Identifier: BSD-3-Clause
"""Growth: time per epoch and peak memory of training on 1,000 to 10 million rows in a memory-mapped file.

Each size trains in its own process. The peak is compared with data + 6 × parameters + 64 MB.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks import options, report
from benchmarks.cases import CASES, Case

ROWS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
QUICK_ROWS = (1_000, 10_000)
CHUNK = 100_000
ALLOWED = 64e6


def main() -> None:
    parser = options.common("growth", "Time per epoch and peak memory for growing numbers of rows.")
    parser.add_argument("--case", choices=CASES, default="default", metavar="NAME", help="(default: default)")
    parser.add_argument("--rows", nargs="+", type=int, metavar="N", help="(default: 1,000 to 10,000,000)")
    parser.add_argument("--folder", help="for the data, 92 bytes per row in the default case (default: the system's)")
    settings = options.settled(parser.parse_args())
    rows = []
    for n_rows in settings.rows or (QUICK_ROWS if settings.quick else ROWS):
        rows.append(in_own_process(CASES[settings.case], n_rows, settings))
        print(f"{n_rows:,} rows measured", file=sys.stderr)
    title = f"Growth: {settings.case}, {settings.threads} thread(s), memory-mapped {CASES[settings.case].dtype}"
    report.show(title, [line(row) for row in rows], [], settings.markdown)
    report.keep(settings.json, "growth", vars(settings), rows)


def in_own_process(case: Case, n_rows: int, settings: Any) -> dict[str, Any]:
    """Runs two processes: the memory of writing the data must not count in the peak of training."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(dir=settings.folder) as folder:
        for work in (written, trained):
            with context.Pool(1) as pool:
                result = pool.apply(work, (case, n_rows, folder, settings.rounds))
    return result


def written(case: Case, n_rows: int, folder: str, rounds: int) -> None:
    """Writes x.npy and targets.npy, a chunk at a time."""
    import numpy as np
    from numpy.lib.format import open_memmap

    random = np.random.default_rng(0)
    x = open_memmap(Path(folder, "x.npy"), "w+", case.dtype, (n_rows, case.sizes[0]))
    kind, shape = ("int64", (n_rows,)) if case.classifies else (case.dtype, (n_rows, case.sizes[-1]))
    targets = open_memmap(Path(folder, "targets.npy"), "w+", kind, shape)
    for start in range(0, n_rows, CHUNK):
        part = slice(start, min(start + CHUNK, n_rows))
        x[part] = random.standard_normal(x[part].shape, dtype=np.float32)
        n_out = case.sizes[-1]
        targets[part] = x[part, :n_out].argmax(axis=1) if case.classifies else np.tanh(x[part, :n_out])
    x.flush()
    targets.flush()


def trained(case: Case, n_rows: int, folder: str, rounds: int) -> dict[str, Any]:
    """Runs in the measured process: NumPy, neuract, the mapped data, and epochs."""
    import numpy as np

    from benchmarks.data import Data, initial_parameters
    from benchmarks.peers.neuract_network import Neuract

    x, targets = (np.load(Path(folder, f"{name}.npy"), mmap_mode="r") for name in ("x", "targets"))
    parameters = initial_parameters(case, np.random.default_rng(0))
    before = memory_peak()
    candidate = Neuract(case, Data(x, targets, *parameters), resource_threads())
    candidate.train_epoch()
    seconds = [_timed(candidate.train_epoch) for _ in range(_epochs(n_rows, rounds))]
    size = x.nbytes + targets.nbytes
    n_bytes = sum(array.nbytes for part in parameters for array in part)
    return {
        "rows": n_rows,
        "epoch_seconds": median(seconds),
        "data_bytes": size,
        "peak_bytes": memory_peak(),
        "imports_bytes": before,
        "allowed_bytes": size + 6 * n_bytes + ALLOWED,
    }


def resource_threads() -> int:
    """Reads the parent's setting: the environment is inherited."""
    import neuract as na

    return na.get_num_threads()


def _epochs(n_rows: int, rounds: int) -> int:
    """Chooses enough epochs for at least as many rows as the middle of the table has: short epochs are noisy."""
    return max(min(rounds, 3), min(200, rounds * ROWS[2] // n_rows))


def _timed(call: Any) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


def memory_peak() -> int:
    """Returns the most bytes that this process has had in memory, on Linux without those of its parent."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def line(row: dict[str, Any]) -> dict[str, str]:
    megabytes = {name: f"{row[f'{name}_bytes'] / 1e6:,.0f}" for name in ("data", "imports", "peak", "allowed")}
    return {
        "rows": f"{row['rows']:,}",
        "ms per epoch": f"{row['epoch_seconds'] * 1e3:.4g}",
        "ns per row": f"{row['epoch_seconds'] / row['rows'] * 1e9:.0f}",
        "data MB": megabytes["data"],
        "MB after imports": megabytes["imports"],
        "peak MB": megabytes["peak"],
        "allowed MB": megabytes["allowed"],
        "within": "yes" if row["peak_bytes"] <= row["allowed_bytes"] else "NO",
    }


if __name__ == "__main__":
    main()
