# SPDX-License-Identifier: BSD-3-Clause
"""Learns from Parquet files window by window, then from the same files on a cluster of Dask, and predicts them.

    python examples/large_data.py

The rows are those of adult.csv.gz in the folder NEURACT_DATA, or made up. They are few, so that the example is quick:
the buffer and the sample are made small, where real data would have more rows than the defaults.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
from distributed import Client, LocalCluster

import neuract as na
from neuract.dask import DaskMLPClassifier

FILES, TEST_ROWS = 8, 4000
QUICK = {"effort": "quick", "members": 2, "max_iter": 6, "random_state": 0}


def people(file: Path) -> Any:
    """Returns people with what they earn, in two classes."""
    if file.exists():
        return pd.read_csv(file, keep_default_na=False, na_values=["", "NA"])
    random = np.random.default_rng(0)
    age, job = random.integers(18, 80, 20_000), random.choice(["nurse", "clerk", "farmer"], 20_000)
    income = np.where(age + 20 * (job == "clerk") + random.normal(0, 10, 20_000) > 60, ">50K", "<=50K")
    return pd.DataFrame({"age": age, "job": job, "income": income})


def write(frame: Any, folder: Path) -> None:
    for number, numbers in enumerate(np.array_split(np.arange(len(frame)), FILES)):
        frame.iloc[numbers].to_parquet(folder / f"{number}.parquet", index=False)


def on_one_machine(folder: Path, test: Any) -> None:
    source = na.data.Parquet(folder / "*.parquet", target="income", shuffle_buffer=8192)
    model = na.TabularClassifier(**QUICK).fit(source)
    rows = na.data.predict(model, source, out=folder / "scores.csv")
    accuracy = model.score(test.drop(columns="income"), test["income"])
    print(f"from {source.rows:,} rows in {FILES} files: accuracy {accuracy:.3f}")
    print(f"{rows:,} predictions in scores.csv: {next((folder / 'scores.csv').open()).strip()}")


def on_a_cluster(folder: Path, test: Any) -> None:
    frame = dd.read_parquet(sorted(map(str, folder.glob("*.parquet"))))
    numbers = frame.select_dtypes("number")
    mean, deviation = dask.compute(numbers.mean(), numbers.std())
    scaled = numbers.map_partitions(lambda part: (part - mean) / deviation)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster) as client:
        model = DaskMLPClassifier(max_iter=20, tol=1, random_state=0, client=client).fit(scaled, frame["income"])
        print(f"on two workers, from numbers alone: accuracy {model.score(scaled, frame['income']):.3f}")
    local, others = model.to_local(), (test[list(numbers.columns)] - mean) / deviation  # needs no cluster
    print(f"of other rows {local.score(others, test['income']):.3f}")


def main() -> None:
    frame = people(Path(os.environ.get("NEURACT_DATA", ".")) / "adult.csv.gz")
    frame = frame.sample(frac=1, random_state=0).reset_index(drop=True)
    test, train = frame[:TEST_ROWS], frame[TEST_ROWS:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(train, folder)
        on_one_machine(folder, test)
        on_a_cluster(folder, test)


if __name__ == "__main__":
    main()
