# SPDX-License-Identifier: BSD-3-Clause
"""Text that is no category: prose is refused; identifiers, and numbers as text, are warned of."""

from __future__ import annotations

from neuract._warnings import TrainingWarning, warn

MOST_LEVELS = 10_000
PROSE_WORDS, PROSE_SHARE, PROSE_ROWS = 5, 0.9, 20
ROWS_OF_IDENTIFIERS = 100
MOST_DIGITS_AS_LEVELS = 20


def look_at_text(name: str, texts: list[str], n_levels: int) -> None:
    """Raises ValueError for prose; warns of a column that looks like an identifier."""
    rows = len(texts)
    if n_levels >= PROSE_SHARE * rows and rows >= PROSE_ROWS:
        words = sum(text.count(" ") + 1 for text in texts[:1000]) / len(texts[:1000])
        if words >= PROSE_WORDS:
            raise ValueError(
                f"column {name!r} of X has prose, {words:.0f} words a row; make numbers of it (scikit-learn's "
                f"TfidfVectorizer), drop it, or name it in categorical="
            )
    if n_levels >= MOST_DIGITS_AS_LEVELS and all(map(_is_number, texts)):
        warn(
            f"column {name!r} of X has numbers as text, which count as {n_levels:,} levels; convert it, for example by "
            "astype(float), or name it in categorical=",
            TrainingWarning,
        )
    one_a_row = rows >= ROWS_OF_IDENTIFIERS and n_levels == rows
    if n_levels > MOST_LEVELS or one_a_row:
        what = "a different level in each row" if one_a_row else f"{n_levels:,} levels"
        warn(f"column {name!r} of X has {what}: it looks like an identifier; drop it if it is one", TrainingWarning)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
