# SPDX-License-Identifier: BSD-3-Clause
"""Learns classes of very different sizes, with and without class_weight="balanced", and compares what they find.

    python examples/imbalanced.py [mammography.csv.gz]

The data is calcifications in mammograms, 1 of 43 rows. The file may also be in the folder NEURACT_DATA. Without it the
example takes scikit-learn's breast cancer data and keeps one in ten of the malignant cases.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import average_precision_score, balanced_accuracy_score, precision_score, recall_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import neuract as na


def mammography(file: Path) -> tuple[Any, Any]:
    """Returns six numbers per row, and 1 for a calcification."""
    import pandas as pd

    data = pd.read_csv(file)
    return data.drop(columns="class").to_numpy(), (data["class"] == 1).to_numpy(int)


def breast_cancer() -> tuple[Any, Any]:
    """Returns thirty numbers per row, and 1 for a malignant case, of which every tenth is kept."""
    X, y = load_breast_cancer(return_X_y=True)
    malignant = np.flatnonzero(y == 0)
    kept = np.sort(np.concatenate([np.flatnonzero(y == 1), malignant[::10]]))
    return X[kept], (y[kept] == 0).astype(int)


def main(file: Path) -> None:
    X, y = mammography(file) if file.exists() else breast_cancer()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
    for what, labels in (("to train on", y_train), ("held out", y_test)):
        print(f"{len(labels)} rows {what}, {labels.sum()} of them rare")
    print("\nclass_weight  rare ones found  of alarms right  balanced accuracy  average precision")
    for class_weight in (None, "balanced"):
        network = na.MLPClassifier((32,), class_weight=class_weight, max_iter=500, tol=1e-3, random_state=0)
        model = make_pipeline(StandardScaler(), network).fit(X_train, y_train)
        chosen, probability = model.predict(X_test), model.predict_proba(X_test)[:, 1]
        print(
            f"{class_weight!s:12}{recall_score(y_test, chosen):17.1%}{precision_score(y_test, chosen):17.1%}"
            f"{balanced_accuracy_score(y_test, chosen):19.3f}{average_precision_score(y_test, probability):19.3f}"
        )
    print("\nBalanced classes have the same total weight: more rare rows are found, usually with more false alarms.")


if __name__ == "__main__":
    folder = Path(os.environ.get("NEURACT_DATA", "."))
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else folder / "mammography.csv.gz")
