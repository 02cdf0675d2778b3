# SPDX-License-Identifier: BSD-3-Clause
"""Training from Parquet files: rows per second and peak memory, beside arrays and boosted trees on the same files.

Each candidate runs in a process of its own. Between epochs the system is told to drop the files, the source's and our
prepared rows, from its cache (posix_fadvise), so that the disk counts. Trees read the files as often as they like.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import options, report

COLUMNS, FILES, GROUP_ROWS, TREES = 20, 10, 2**16, 100
ROWS, QUICK_ROWS, EPOCHS = 10_000_000, 40_000, 3


def main() -> None:
    parser = options.common("streaming", "Training from Parquet files beyond memory.", threads=2)
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of all files (default: %(default)s)")
    parser.add_argument("--folder", help="for the files, which are removed at the end (default: a temporary one)")
    parser.add_argument("--candidate", choices=CANDIDATES, help=argparse.SUPPRESS)
    given = options.settled(parser.parse_args())
    if given.candidate:
        print(json.dumps(measured(given.candidate, Path(given.folder), given.threads)))
        return
    rows = QUICK_ROWS if given.quick else given.rows
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        write(Path(folder), rows)
        found = [run(name, folder, given.threads) for name in CANDIDATES if not missing(name)]
    notes = [f"{package} is not installed" for package in ("xgboost", "lightgbm") if not find_spec(package)]
    title = f"{rows:,} rows × {COLUMNS} columns in {FILES} Parquet files, {given.threads} threads"
    report.show(title, [shown(each, rows) for each in found], notes, given.markdown)
    report.keep(given.json, "streaming", vars(given), found)


def missing(candidate: str) -> bool:
    package = candidate.split()[0].lower()
    return package in ("xgboost", "lightgbm") and not find_spec(package)


def run(candidate: str, folder: str, threads: int) -> dict[str, Any]:
    """Measures a candidate in a new process."""
    command = [sys.executable, "-m", "benchmarks.streaming", "--candidate", candidate, "--folder", folder]
    output = subprocess.run([*command, "--threads", str(threads)], check=True, capture_output=True, text=True).stdout
    return {"candidate": candidate, **json.loads(output.splitlines()[-1])}


def shown(found: dict[str, Any], rows: int) -> dict[str, str]:
    per_second = rows / found["epoch"] if found.get("epoch") else None
    return {
        "": found["candidate"],
        "rows/s of an epoch": report.NOTHING if per_second is None else report.count(per_second),
        "before, s": f"{found['before']:.1f}" if "before" in found else report.NOTHING,
        "whole fit, s": f"{found['fit']:.1f}",
        "peak memory above the start, MB": f"{found['memory'] / 1e6:.0f}",
    }


# ---- files -----------------------------------------------------------------------------------------


def write(folder: Path, rows: int) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    for number in range(FILES):
        random = np.random.default_rng(number)
        x = random.normal(size=(rows // FILES, COLUMNS)).astype(np.float32)
        y = np.stack([np.sin(x[:, 0]) * x[:, 1], x[:, 2] + np.abs(x[:, 3])]).astype(np.float32)
        columns = {f"x{i}": x[:, i] for i in range(COLUMNS)} | {"y0": y[0], "y1": y[1]}
        pq.write_table(pa.table(columns), folder / f"part-{number}.parquet", row_group_size=GROUP_ROWS)


def drop_from_cache(folder: Path) -> None:
    """Tells the system that it need not keep the files in memory, nor the unnamed ones that this process has open."""
    if not hasattr(os, "posix_fadvise"):
        return
    for path in folder.glob("*.parquet"):
        with path.open("rb") as file:
            drop(file.fileno())
    opened = Path("/proc/self/fd")
    for link in opened.iterdir() if opened.exists() else ():
        if link.is_symlink() and "(deleted)" in str(link.readlink()):
            drop(int(link.name))


def drop(descriptor: int) -> None:
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


# ---- candidates ------------------------------------------------------------------------------------


def measured(candidate: str, folder: Path, threads: int) -> dict[str, float]:
    work = CANDIDATES[candidate](folder, threads)
    drop_from_cache(folder)
    before = peak_memory()
    return work() | {"memory": peak_memory() - before}


def peak_memory() -> float:
    import resource

    status = Path("/proc/self/status")
    if status.exists():  # where getrusage counts what the process had that started this one
        kilobytes = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return 1024.0 * int(kilobytes)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0)


def network(folder: Path, threads: int) -> tuple[Any, list[tuple[float, float]]]:
    """Returns case default, and the list to which each epoch adds its end and the begin of the next."""
    import neuract as na

    ends: list[tuple[float, float]] = []

    def at_end(network: Any, epoch: int, logs: Any) -> None:
        end = perf_counter()
        drop_from_cache(folder)
        ends.append((end, perf_counter()))

    layers = [na.Dense(100, "relu"), na.Dense(2)]
    return na.Network(layers, epochs=EPOCHS, random_state=0, n_threads=threads, callbacks=[at_end]), ends


def timed(fit: Callable[[], Any], ends: list[tuple[float, float]]) -> dict[str, float]:
    """Returns the seconds of an epoch (the median but for the first), of what is before the first, and of the fit."""
    import numpy as np

    start = perf_counter()
    fit()
    epoch = float(np.median([end - begin for (_, begin), (end, _) in pairwise(ends)]))
    return {"epoch": epoch, "before": max(0.0, ends[0][0] - start - epoch), "fit": perf_counter() - start}


def arrays(folder: Path, threads: int) -> Callable[[], dict[str, float]]:
    import numpy as np
    import pyarrow.parquet as pq

    def work() -> dict[str, float]:
        table = pq.read_table(folder)
        x = np.empty((len(table), COLUMNS), np.float32)
        for i in range(COLUMNS):
            x[:, i] = table[f"x{i}"].to_numpy()
        y = np.stack([table["y0"].to_numpy(), table["y1"].to_numpy()], axis=1)
        model, ends = network(folder, threads)
        return timed(lambda: model.fit(x, y), ends)

    return work


def source(folder: Path, threads: int, cache: bool = True) -> Callable[[], dict[str, float]]:
    import narwhals.stable.v2  # noqa: F401 - modules count before the fit
    import pyarrow.dataset
    import pyarrow.parquet  # noqa: F401

    import neuract as na

    def work() -> dict[str, float]:
        rows = na.data.Parquet(folder, target=["y0", "y1"], cache=cache)
        model, ends = network(folder, threads)
        return timed(lambda: model.fit(rows), ends)

    return work


def source_anew(folder: Path, threads: int) -> Callable[[], dict[str, float]]:
    return source(folder, threads, cache=False)


def row_groups(folder: Path) -> list[tuple[Any, int]]:
    import pyarrow.parquet as pq

    files = [pq.ParquetFile(path) for path in sorted(folder.glob("*.parquet"))]
    return [(file, number) for file in files for number in range(file.num_row_groups)]


def of_group(file: Any, number: int) -> tuple[Any, Any]:
    """Returns the columns and the first target of a row group."""
    import numpy as np

    table = file.read_row_group(number)
    return np.column_stack([table[f"x{i}"].to_numpy() for i in range(COLUMNS)]), table["y0"].to_numpy()


def xgboost(folder: Path, threads: int) -> Callable[[], dict[str, float]]:
    import xgboost as xgb

    class Groups(xgb.DataIter):  # type: ignore[misc]
        def __init__(self, cache: str) -> None:
            self.groups, self.at = row_groups(folder), 0
            super().__init__(cache_prefix=cache)

        def next(self, input_data: Any) -> bool:
            if self.at == len(self.groups):
                return False
            x, y = of_group(*self.groups[self.at])
            input_data(data=x, label=y)
            self.at += 1
            return True

        def reset(self) -> None:
            self.at = 0

    def work() -> dict[str, float]:
        start = perf_counter()
        with tempfile.TemporaryDirectory(dir=folder) as cache:
            data = xgb.ExtMemQuantileDMatrix(Groups(str(Path(cache) / "x")), nthread=threads)
            before = perf_counter() - start
            xgb.train({"nthread": threads, "tree_method": "hist"}, data, TREES)
            return {"before": before, "fit": perf_counter() - start}

    return work


def lightgbm(folder: Path, threads: int) -> Callable[[], dict[str, float]]:
    import lightgbm as lgb
    import numpy as np

    last: dict[Any, Any] = {}  # LightGBM asks for single rows, one row group after the other

    class Group(lgb.Sequence):  # type: ignore[misc]
        batch_size = GROUP_ROWS

        def __init__(self, file: Any, number: int) -> None:
            self.of, self.rows = (file, number), file.metadata.row_group(number).num_rows

        def __getitem__(self, at: Any) -> Any:
            if self.of not in last:
                last.clear()
                last[self.of] = of_group(*self.of)[0].astype(float)  # LightGBM takes no other type
            return last[self.of][at]

        def __len__(self) -> int:
            return int(self.rows)

    def work() -> dict[str, float]:
        start, groups = perf_counter(), row_groups(folder)
        y = np.concatenate([of_group(*group)[1] for group in groups])
        data = lgb.Dataset([Group(*group) for group in groups], label=y, params={"num_threads": threads, "verbose": -1})
        data.construct()
        before = perf_counter() - start
        lgb.train({"num_threads": threads, "verbose": -1}, data, TREES)
        return {"before": before, "fit": perf_counter() - start}

    return work


CANDIDATES: dict[str, Callable[[Path, int], Callable[[], dict[str, float]]]] = {
    "arrays in memory": arrays,
    "source, cached": source,
    "source, read anew": source_anew,
    "XGBoost ExtMemQuantileDMatrix": xgboost,
    "LightGBM Sequence": lightgbm,
}

if __name__ == "__main__":
    main()
