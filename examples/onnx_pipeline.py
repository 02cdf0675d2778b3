# SPDX-License-Identifier: BSD-3-Clause
"""Writes a pipeline from columns of numbers and words to a label as one ONNX file, and scores it by ONNX Runtime.

    python examples/onnx_pipeline.py [adult.csv.gz]

The data is a census; the label says who earns more than 50,000 $ per year. The file may also be in the folder
NEURACT_DATA. Without it the example takes scikit-learn's breast cancer data. The ONNX file goes to the folder
NEURACT_SCRATCH, or to this one. skl2onnx converts the pipeline: it knows neuract's estimators, so you need not
register anything.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import skl2onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import neuract as na

NUMBERS = make_column_selector(dtype_include="number")


def adult(file: Path) -> tuple[pd.DataFrame, Any]:
    """Returns six columns of numbers and eight of words, and the labels "<=50K" and ">50K"."""
    data = pd.read_csv(file, keep_default_na=False)
    return data.drop(columns="income"), data["income"].to_numpy(str)


def breast_cancer() -> tuple[pd.DataFrame, Any]:
    """Returns thirty columns of numbers, and the labels "malignant" and "benign". ONNX allows no spaces in names."""
    data = load_breast_cancer(as_frame=True)
    return data.data.rename(columns=lambda name: name.replace(" ", "_")), data.target_names[data.target]


def learned(X: pd.DataFrame, y: Any) -> Any:
    """Scales numbers, and turns words into columns of 0 and 1. float32 is the dtype of the ONNX model's input."""
    columns = make_column_transformer(
        (StandardScaler(), NUMBERS),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    network = na.MLPClassifier((32,), activation="silu", dtype="float32", early_stopping=True, random_state=0)
    return make_pipeline(columns, network).fit(X, y)


def converted(model: Any, X: pd.DataFrame) -> Any:
    """Converts the pipeline to ONNX: an input per column, any number of rows, the outputs label and probabilities."""
    numbers = set(NUMBERS(X))
    types = [(name, (FloatTensorType if name in numbers else StringTensorType)([None, 1])) for name in X]
    return skl2onnx.to_onnx(model, initial_types=types, options={"zipmap": False}, target_opset=18)


def columns(X: pd.DataFrame) -> dict[str, Any]:
    """Turns a frame into the input of ONNX Runtime: arrays of one column."""
    numbers = set(NUMBERS(X))
    return {name: X[[name]].to_numpy(np.float32 if name in numbers else object) for name in X}


def main(file: Path, folder: Path) -> None:
    X, y = adult(file) if file.exists() else breast_cancer()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
    model = learned(X_train, y_train)
    path = folder / "pipeline.onnx"
    path.write_bytes(converted(model, X_train).SerializeToString())
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB, {len(X.columns)} inputs")

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    start = time.perf_counter()
    label, probabilities = session.run(None, columns(X_test))
    seconds = time.perf_counter() - start
    difference = np.abs(probabilities - model.predict_proba(X_test)).max()
    print(f"{len(X_test)} held-out rows in {seconds:.3f} s, accuracy {np.mean(label == y_test):.3f}")
    print(f"compared with the pipeline itself: probabilities differ by at most {difference:.1e},", end=" ")
    print(f"{np.mean(label == model.predict(X_test)):.2%} of the labels are the same")
    if difference > 1e-4:
        raise SystemExit("the ONNX model does not give what the pipeline gives")


if __name__ == "__main__":
    data, scratch = (Path(os.environ.get(name, ".")) for name in ("NEURACT_DATA", "NEURACT_SCRATCH"))
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else data / "adult.csv.gz", scratch)
