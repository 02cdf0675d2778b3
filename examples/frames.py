# SPDX-License-Identifier: BSD-3-Clause
"""Fits a frame as it is, and takes the model elsewhere.

    python examples/frames.py [adult.csv.gz]

The file may also be in the folder NEURACT_DATA. Without it the example makes up a small frame.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

import neuract as na


def people(file: Path) -> tuple[Any, Any]:
    """Returns people of the US census of 1994, and whether they earn more than 50,000 $."""
    data = pd.read_csv(file, keep_default_na=False, na_values=["", "NA"])
    return data.drop(columns="income"), data["income"]


def flats() -> tuple[Any, Any]:
    """Returns made-up flats with gaps, text and dates, and whether they are dear."""
    random, rows = np.random.default_rng(0), 1000
    data = pd.DataFrame(
        {
            "size": np.where(random.random(rows) < 0.1, np.nan, random.normal(80, 20, rows)),
            "town": random.choice(["Ulm", "Bonn", None], rows),
            "built": pd.Timestamp("1990-01-01") + pd.to_timedelta(random.integers(0, 9000, rows), unit="D"),
        }
    )
    return data, np.where(data["size"].fillna(80) + 20 * (data["town"] == "Bonn") > 85, "dear", "cheap")


def main(file: Path) -> None:
    X, y = people(file) if file.exists() else flats()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
    model = na.TabularClassifier(random_state=0).fit(X_train, y_train)
    print(model.columns_)
    print(f"accuracy on {len(y_test):,} held-out rows: {model.score(X_test, y_test):.3f}")
    row = X_test.iloc[0].to_dict()
    print(f"one row: {model.predict(row)[0]}, {model.predict_proba(row).max():.3f}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.safetensors")
        model.save(path)
        same = (na.load(path).predict_proba(X_test) == model.predict_proba(X_test)).all()
        print(f"the file has {path.stat().st_size:,} bytes; the loaded model gives the same bits: {same}")
        model.to_onnx(Path(folder, "model.onnx"))
        model.to_c(Path(folder, "model.c"))
        sizes = [f"{file.name} {file.stat().st_size:,} bytes" for file in sorted(Path(folder).iterdir())]
        print(", ".join(sizes))


if __name__ == "__main__":
    data = Path(os.environ.get("NEURACT_DATA", "."))
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else data / "adult.csv.gz")
