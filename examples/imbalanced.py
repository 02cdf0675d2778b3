# SPDX-License-Identifier: BSD-3-Clause
"""Classes of very different sizes: what class_weight="balanced" finds that a network without it leaves out.

    python examples/imbalanced.py [mammography.csv.gz]

Calcifications in mammograms, 1 of 43 rows. Without the file, which is also looked for in the folder NEURACT_DATA, it
takes scikit-learn's breast cancer data, of whose malignant cases only one in ten is kept.
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
    """Six numbers a row; 1 where there is a calcification."""
    import pandas as pd

    data = pd.read_csv(file)
    return data.drop(columns="class").to_numpy(), (data["class"] == 1).to_numpy(int)


def breast_cancer() -> tuple[Any, Any]:
    """Thirty numbers a row; 1 where it is malignant, of which every tenth is kept."""
    X, y = load_breast_cancer(return_X_y=True)
    malignant = np.flatnonzero(y == 0)
    kept = np.sort(np.concatenate([np.flatnonzero(y == 1), malignant[::10]]))
    return X[kept], (y[kept] == 0).astype(int)


def main(file: Path) -> None:
    X, y = mammography(file) if file.exists() else breast_cancer()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
    for what, labels in (("to learn from", y_train), ("held out", y_test)):
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
    print("\nBalanced, each class as a whole counts the same: more rare rows are found, usually for more false alarms.")


if __name__ == "__main__":
    folder = Path(os.environ.get("NEURACT_DATA", "."))
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else folder / "mammography.csv.gz")
