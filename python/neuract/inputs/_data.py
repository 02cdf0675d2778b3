# SPDX-License-Identifier: BSD-3-Clause
"""The checked rows of a fit, in the form that the core takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from neuract._typing import Array
from neuract.inputs._sparse import SparseRows


@dataclass(frozen=True)
class Data:
    """Checked arrays, in the form that the core takes."""

    x: Array | SparseRows
    targets: Array
    sample_weight: Array | None

    @property
    def rows(self) -> int:
        return len(self.x)

    def take(self, numbers: Array) -> Data:
        """Returns a copy of the rows with these numbers."""
        weights = None if self.sample_weight is None else self.sample_weight[numbers]
        return Data(self.x[numbers], self.targets[numbers], weights)

    @property
    def total_weight(self) -> float:
        return float(self.rows if self.sample_weight is None else self.sample_weight.sum(dtype=np.float64))


def validation_is_given(X_val: object, y_val: object, sample_weight_val: object) -> bool:
    """Returns whether a fit got validation rows; ValueError if it got only a part of them."""
    if (X_val is None) != (y_val is None) or (X_val is None and sample_weight_val is not None):
        raise ValueError("X_val and y_val must be given together; sample_weight_val needs both")
    return X_val is not None


@contextmanager
def validation_errors() -> Iterator[None]:
    """Says in errors that they are about the validation rows: X_val where an error begins with X, and so on."""
    try:
        yield
    except (ValueError, TypeError) as error:
        text = re.sub(r"^(Input )?(X|y|sample_weight)\b", r"\2_val", str(error))
        text = text if text != str(error) else f"X_val, y_val or sample_weight_val: {error}"
        raise (TypeError if isinstance(error, TypeError) else ValueError)(text) from error
