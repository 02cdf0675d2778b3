# SPDX-License-Identifier: BSD-3-Clause
"""A fitted model as one HTML file that needs nothing else: what `report` of networks and estimators writes.

The page computes the network itself, from the weights that it carries (network.js).
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from neuract.files._atomic import write_atomically
from neuract.inspection._diagnose import diagnose
from neuract.inspection._diagnosis import Diagnosis
from neuract.network import Network
from neuract.report._embedding import embedded
from neuract.report._page import explorer, no_explorer, page, still_parts

__all__ = ["write"]

MOST_BYTES = 2_000_000  # of the whole file


def write(model: Any, path: str | os.PathLike[str], X: Any = None, y: npt.ArrayLike | None = None) -> None:
    """Writes the report of a fitted Network or estimator; `Network.report` says what is in it.

    A file that was there is replaced once the new one is whole.
    """
    if X is None and y is not None:
        raise ValueError("y is given without X; a report takes both, X alone, or neither")
    diagnosis = None if X is None else diagnose(model, X, y)
    write_atomically(path, _fitting(model, X, y, diagnosis))


def _fitting(model: Any, X: Any, y: npt.ArrayLike | None, diagnosis: Diagnosis | None) -> bytes:
    """The page with the weights in their own dtype, else as float32, else without: the first that is small enough."""
    network: Network = getattr(model, "network_", model)
    parts = still_parts(model, X, diagnosis)
    for kept in dict.fromkeys((network.dtype, "float32")):
        if network.n_parameters * np.dtype(kept).itemsize < MOST_BYTES:
            data = embedded(model, X, y, diagnosis, kept)
            text = page(parts, explorer(X is not None, network.dtype, kept), data).encode()
            if len(text) <= MOST_BYTES:
                return text
    return page(parts, no_explorer(), None).encode()
