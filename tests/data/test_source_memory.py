# SPDX-License-Identifier: BSD-3-Clause
"""Memory of a fit to a source: the buffer and at most 200 MB, however large the data."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from oracle.marks import not_sanitized

ROWS, COLUMNS = 2_000_000, 30  # 480 MB, prepared 248 MB
BUFFER = 2**16
MOST = 200 + BUFFER * (COLUMNS + 1) * 4 / 2**20  # MB

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the most memory is read in Linux's /proc"),
    not_sanitized("memory is larger"),
]

PROGRAM = """
import sys
import numpy as np
import neuract as na

def megabytes(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024

def source():
    if {path!r}:
        return na.data.Parquet({path!r}, target="y", shuffle_buffer={buffer})
    base = np.random.default_rng(0).normal(size=(50_000, {columns}))
    def batches():
        for number in range({rows} // len(base)):
            X = base + number / 100
            yield X, X[:, 0]
    return na.data.Batches(batches, shuffle_buffer={buffer})

def model():
    return na.Network([na.Dense(2, "tanh"), na.Dense(1, "linear")], epochs=1, batch_size=1000, random_state=0)

X = np.random.default_rng(0).normal(size=(200, {columns}))
model().fit(X, X[:, 0])
given = source()
for piece in given.pieces():  # imports what it needs
    break
start = megabytes("VmRSS")
model().fit(given)
print(megabytes("VmHWM") - start)
"""


def most_megabytes(path=""):
    """The most memory that a fit takes above what the process had before."""
    program = PROGRAM.format(path=str(path), rows=ROWS, columns=COLUMNS, buffer=BUFFER)
    settings = {"capture_output": True, "text": True, "timeout": 120, "env": {**os.environ, "OMP_NUM_THREADS": "1"}}
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", program], **settings)
    assert run.returncode == 0, run.stderr
    return float(run.stdout)


def test_batches():
    assert most_megabytes() < MOST


def test_parquet_file_of_large_row_groups(tmp_path):
    """Of a million rows, as Arrow writes them, which are 240 MB."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    few = np.random.default_rng(0).normal(size=(100_000, COLUMNS)).round(1)
    table = pa.table({f"c{i}": few[:, i] for i in range(COLUMNS)}).append_column("y", pa.array(few[:, 0]))
    pq.write_table(pa.concat_tables([table] * (10**6 // len(few))), tmp_path / "rows.parquet", 10**6)
    assert most_megabytes(tmp_path / "rows.parquet") < MOST
