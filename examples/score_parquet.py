# SPDX-License-Identifier: BSD-3-Clause
"""Scores Parquet files of any size by a saved pipeline, some thousand rows at a time, in constant memory.

    python examples/score_parquet.py MODEL.joblib INPUT OUTPUT.parquet     score a file, a folder or "folder/*.parquet"
    python examples/score_parquet.py                                       show it on a census

`na.save` writes a Network or an estimator to a file that is safe to load, whoever made it, and that later versions
read. It does not know the objects of scikit-learn around the network in a pipeline, so joblib writes the pipeline. Such
a file is a pickle, which runs the code in it: load only your own, with the same scikit-learn.

Without arguments the program learns from adult.csv.gz in the folder NEURACT_DATA, or from scikit-learn's breast cancer
data. It writes a small and a larger Parquet file to the folder NEURACT_SCRATCH, or to this one, and scores each in its
own process.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import neuract as na

COPIES = {"small": 1, "large": 10}


def score(model_path: str, source: str, target: str) -> int:
    """Writes the label and the probabilities of every row, and returns their number."""
    return na.data.predict(joblib.load(model_path), source, out=target, progress=True)


def peak_megabytes() -> float:
    """Returns the most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


# ---- the show ----------------------------------------------------------------------------------------


def census(file: Path) -> tuple[pd.DataFrame, Any]:
    """Returns columns of numbers and words, and one of two labels per row."""
    if file.exists():
        data = pd.read_csv(file, keep_default_na=False)
        return data.drop(columns="income"), data["income"].to_numpy(str)
    data = load_breast_cancer(as_frame=True)
    return pd.concat([data.data] * 50, ignore_index=True), list(data.target_names[data.target]) * 50


def learned(X: pd.DataFrame, y: Any) -> Any:
    columns = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    network = na.MLPClassifier((32,), early_stopping=True, n_iter_no_change=3, random_state=0)
    return make_pipeline(columns, network).fit(X, y)


def parts(X: pd.DataFrame, copies: int) -> Iterator[pa.Table]:
    table = pa.Table.from_pandas(X, preserve_index=False)
    return (table for _ in range(copies))


def show(folder: Path, file: Path) -> None:
    X, y = census(file)
    model_path = folder / "pipeline.joblib"
    joblib.dump(learned(X, y), model_path)
    for name, copies in COPIES.items():
        source, target = folder / f"{name}.parquet", folder / f"{name}_scored.parquet"
        with pq.ParquetWriter(source, pa.Schema.from_pandas(X, preserve_index=False)) as writer:
            for part in parts(X, copies):
                writer.write_table(part)
        subprocess.run([sys.executable, __file__, model_path, source, target], check=True)
        rows = pq.read_metadata(target).num_rows
        if rows != copies * len(X):
            raise SystemExit(f"{target} has {rows} rows, not {copies * len(X)}")
    print(f"\n{target.name} begins with\n{next(pq.ParquetFile(target).iter_batches(3)).to_pandas()}")


def main(arguments: list[str]) -> None:
    if not arguments:
        data, scratch = (Path(os.environ.get(name, ".")) for name in ("NEURACT_DATA", "NEURACT_SCRATCH"))
        show(scratch, data / "adult.csv.gz")
    elif len(arguments) == 3:
        rows = score(*arguments)
        print(f"{Path(arguments[1]).name}: {rows:,} rows, at most {peak_megabytes():.0f} MB of memory")
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
