# SPDX-License-Identifier: BSD-3-Clause
"""Text labels of a network's classes. Does not need scikit-learn."""

from __future__ import annotations

import numpy as np

from neuract._typing import Array


def text_labels(y: object) -> Array | None:
    """Returns y as one text per row, (rows,); None if it holds no text. ValueError if only some rows have text."""
    array = np.asarray(y)
    if array.dtype.kind == "U" and isinstance(y, (list, tuple)):
        array = np.asarray(y, dtype=object)  # NumPy makes text of NaN and of numbers
    if array.dtype.kind == "O":
        are_text = np.fromiter((isinstance(value, str) for value in array.flat), bool, array.size)
        if not are_text.any():
            return None
        if not are_text.all():
            row = int(are_text.argmin())
            raise ValueError(f"y must have a label in each row; got {array.flat[row]!r} in row {row}, next to text")
    elif array.dtype.kind not in "UT":
        return None
    if array.ndim != 1 and array.shape != (len(array), 1):
        raise ValueError(f"y must have one text label per row, shape ({len(array)},); got shape {array.shape}")
    return array.ravel().astype(object).astype(str)  # NumPy's StringDType has no direct way


def classes_of(labels: Array, n_classes: int) -> Array:
    """Returns the sorted classes of text labels; ValueError unless there are n_classes, one per output."""
    classes: Array = np.unique(labels)
    if len(classes) != n_classes:
        raise ValueError(f"y must have {n_classes} different labels for this output layer; got {_listed(classes)}")
    return classes


def numbers_of(labels: Array, classes: Array) -> Array:
    """Returns the number of each row's class."""
    unknown = ~np.isin(labels, classes)
    if unknown.any():
        row = int(unknown.argmax())
        raise ValueError(f"unknown label {str(labels[row])!r} in row {row} of y; the classes are {_listed(classes)}")
    return np.searchsorted(classes, labels)


def _listed(classes: Array, most: int = 10) -> str:
    """Returns the number of the classes and their names, at most `most` of them."""
    names = ", ".join(map(repr, classes[:most].tolist()))
    return f"{len(classes)} ({names}{', …' if len(classes) > most else ''})"
