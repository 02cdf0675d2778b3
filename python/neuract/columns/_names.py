# SPDX-License-Identifier: BSD-3-Clause
"""The names of X's columns beside those of the fit, in scikit-learn's words."""

from __future__ import annotations


def check_names(given: list[str], known: list[str], ordered: bool) -> None:
    """Raises ValueError for missing, additional or differently ordered names."""
    extra, missing = sorted(set(given) - set(known)), sorted(set(known) - set(given))
    message = "The feature names should match those that were passed during fit.\n"
    if extra:
        message += "Feature names unseen at fit time:\n" + _lines(extra)
    if missing:
        message += "Feature names seen at fit time, yet now missing:\n" + _lines(missing)
    if not extra and not missing:
        if not ordered:
            return
        message += "Feature names must be in the same order as they were in fit.\n"
    raise ValueError(message)


def _lines(names: list[str], most: int = 5) -> str:
    return "".join(f"- {name}\n" for name in names[:most]) + "- ...\n" * (len(names) > most)
