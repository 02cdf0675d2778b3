# SPDX-License-Identifier: BSD-3-Clause
"""The report of a model as one file, small enough to be mailed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neuract._typing import FilePath, FittedModel
from neuract.files._atomic import write_atomically
from neuract.report._embedding import embedded
from neuract.report._page import explorer, no_explorer, page, still_parts
from neuract.report._subject import Subject, subject

MOST_MEGABYTES = {"one network": 2, "members": 20}
"""Of the whole file. 16 members of 128 neurons in each of three layers take 5.5 MB; most mail servers take 25 MB."""


def write(
    model: FittedModel,
    path: FilePath,
    X: Any = None,
    y: npt.ArrayLike | None = None,
    *,
    scaler: Any = None,
    **words: Any,
) -> None:
    """Writes the report of a fitted model; `Exportable.report` describes it and the words.

    An existing file is replaced when the new one is complete.
    """
    write_atomically(path, _fitting(subject(model, X, y, scaler, words)))


def _fitting(about: Subject) -> bytes:
    """Returns the page with weights of their own dtype if it is small enough, else of float32, else without them."""
    network, networks = about.model._fitted_network(), about.model._members().networks
    n_parameters = sum(each.n_parameters for each in networks)
    megabytes = MOST_MEGABYTES["one network" if len(networks) == 1 else "members"]
    most, limit = megabytes * 1_000_000, f"{megabytes} MB"
    parts = still_parts(about)
    for kept in dict.fromkeys((network.dtype, "float32")):
        if n_parameters * np.dtype(kept).itemsize < most:
            data = embedded(about, kept)
            content = encoded(page(parts, explorer(about, kept, limit, parts), data))
            if len(content) <= most:
                return content
    return encoded(page(parts, no_explorer(limit, parts), None))


def encoded(text: str) -> bytes:
    """Returns the text in UTF-8; half of a surrogate pair, which a name may have, as its number."""
    return text.encode("utf-8", "backslashreplace")
