# SPDX-License-Identifier: BSD-3-Clause
"""What a diagnosis warns of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something that a diagnosis warns of, and what to do about it.

    Attributes
    ----------
    rule : str
        Its name, such as "dying_relu".
    severity : {"warn", "serious", "critical"}
    layer : int or None
        Which of the diagnosis's layers; None: the whole network, or its data.
    neurons : tuple of int
        The neurons of that layer; for what is about the inputs, their columns.
    message, advice : str
        In plain words: what was found, and what to do.
    """

    rule: str
    severity: str
    layer: int | None
    neurons: tuple[int, ...]
    message: str
    advice: str
