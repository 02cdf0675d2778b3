# SPDX-License-Identifier: BSD-3-Clause
"""Text that is no category: prose is refused; identifiers, and numbers or dates as text, are warned of."""

from __future__ import annotations

import datetime
from collections import Counter
from itertools import islice

from neuract._warnings import TrainingWarning, warn
from neuract.inputs._columns import is_number

MOST_LEVELS = 10_000
PROSE_WORDS, PROSE_SHARE, PROSE_ROWS = 5, 0.9, 20
ROWS_OF_IDENTIFIERS = 100
MOST_VALUES_AS_LEVELS = 20
MOST_READ = 1000
REMEDIES = {"numbers": "astype(float)", "dates": "pandas.to_datetime"}


def look_at_text(name: str, counts: Counter[str]) -> None:
    """Raises ValueError for prose; warns of numbers, dates and what looks like identifiers. counts: rows of levels."""
    rows, levels = counts.total(), len(counts)
    if levels >= PROSE_SHARE * rows and rows >= PROSE_ROWS:
        some = list(islice(counts, MOST_READ))
        words = sum(text.count(" ") + 1 for text in some) / len(some)
        if words >= PROSE_WORDS:
            raise ValueError(
                f"column {name!r} of X has prose, {words:.0f} words a row; make numbers of it (scikit-learn's "
                f"TfidfVectorizer), drop it, or name it in categorical="
            )
    kind = _kind_as_text(counts) if levels >= MOST_VALUES_AS_LEVELS else None
    if kind:
        warn(
            f"column {name!r} of X has {kind} as text, which count as {levels:,} levels; convert it, for example by "
            f"{REMEDIES[kind]}, or name it in categorical=",
            TrainingWarning,
        )
    if kind == "dates":
        return  # a different date in each row identifies nothing
    one_a_row = rows >= ROWS_OF_IDENTIFIERS and levels == rows
    if levels > MOST_LEVELS or one_a_row:
        what = "a different level in each row" if one_a_row else f"{levels:,} levels"
        warn(f"column {name!r} of X has {what}: it looks like an identifier; drop it if it is one", TrainingWarning)


def _kind_as_text(counts: Counter[str]) -> str | None:
    if all(map(is_number, counts)):
        return "numbers"
    return "dates" if all(map(_is_date, counts)) else None


def _is_date(text: str) -> bool:
    """Returns whether a text is a date such as 2024-01-31, maybe with a time."""
    if text[4:8:3] != "--":  # fromisoformat takes digits alone and weeks, too
        return False
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
