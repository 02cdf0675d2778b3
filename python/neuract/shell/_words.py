# SPDX-License-Identifier: BSD-3-Clause
"""Errors and messages: one line each, with file, row and column, and without control characters of strangers."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection, Iterable


class ShellError(Exception):
    """An error of the data or the model, which main prints in one line.

    Rows count from 1, the first below the header.
    """

    def __init__(self, message: str, file: str | None = None, row: int | None = None, column: str | None = None):
        where = [file] if file else []
        where += [f"row {row:,}"] if row is not None else []
        where += [f"column {column!r}"] if column is not None else []
        super().__init__(f"{', '.join(where)}: {message}" if where else message)


def plain(text: str) -> str:
    """Returns the text in one line: characters that a terminal could obey, or cannot show, as escapes."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def tell(text: str) -> None:
    """Prints a line for people, next to the results: on stderr."""
    print(f"neuract: {plain(text)}", file=sys.stderr, flush=True)


def of_library(message: str) -> str:
    """Returns a message of the library in the words of the shell, in one line."""
    for theirs, ours in (
        (" of X ", " "),
        ("name it in categorical=", "name it by --categorical"),
        ("drop it if it is one", "leave it out by --drop if it is one"),
        ("scaling='robust'", "--scaling robust"),
        ("max_iter", "--epochs"),
    ):
        message = message.replace(theirs, ours)
    return " ".join(message.split())


def listed(names: Iterable[str], most: int = 5) -> str:
    """Returns names in quotes, the first ones of many."""
    every = list(names)
    return ", ".join(map(repr, every[:most])) + f" and {len(every) - most:,} more" * (len(every) > most)


def no_column(name: str, known: Collection[str], file: str, option: str = "") -> ShellError:
    """Returns the error for a column that is not in the file: with names like it, or else those that are there."""
    close = difflib.get_close_matches(name.casefold(), {each.casefold(): each for each in known}, 3, 0.6)
    meant = [each for each in known if each.casefold() in close]
    hint = f"did you mean {listed(meant)}?" if meant else f"the columns are {listed(known, 10)}"
    return ShellError(f"no column {name!r}{f' for {option}' if option else ''}; {hint}", file)
