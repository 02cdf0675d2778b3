# SPDX-License-Identifier: BSD-3-Clause
"""Learns to tell letters apart, and writes the network as C: letters.c, letters.h, and rows to test it on.

    python examples/embed_in_c/train.py FOLDER

The data is letters of 20 fonts, 16 measures each, from letter.csv.gz in the folder NEURACT_DATA, or else scikit-learn's
digits. The scaler goes into the weights of the first layer, so that the C function takes unscaled columns.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import neuract as na


def letters(file: Path) -> tuple[Any, Any]:
    import pandas as pd

    data = pd.read_csv(file, keep_default_na=False)
    return data.drop(columns="lettr").to_numpy(np.float32), data["lettr"].to_numpy(str)


def digits() -> tuple[Any, Any]:
    X, y = load_digits(return_X_y=True)
    return X.astype(np.float32), y.astype(str)


def take_in(scaler: StandardScaler, model: na.MLPClassifier) -> None:
    """Turns the model of scaled columns into the same model of unscaled columns."""
    weights, biases = model.coefs_, model.intercepts_
    scaled = weights[0] / scaler.scale_[:, np.newaxis]
    model.intercepts_ = [biases[0] - scaler.mean_ @ scaled, *biases[1:]]
    model.coefs_ = [scaled, *weights[1:]]


def main(folder: Path) -> None:
    file = Path(os.environ.get("NEURACT_DATA", ".")) / "letter.csv.gz"
    X, y = letters(file) if file.exists() else digits()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    scaler = StandardScaler().fit(X_train)
    model = na.MLPClassifier((64,), early_stopping=True, learning_rate_init=3e-3, random_state=0)
    model.fit(scaler.transform(X_train), y_train)
    take_in(scaler, model)
    model.to_c(folder / "letters")
    np.savetxt(folder / "rows.txt", X_test, fmt="%.9g")
    np.savetxt(folder / "labels.txt", model.predict(X_test), fmt="%s")
    print(f"{X.shape[1]} inputs, {len(model.classes_)} classes; accuracy held out: {model.score(X_test, y_test):.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
