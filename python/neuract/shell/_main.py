# SPDX-License-Identifier: BSD-3-Clause
"""Runs one command; every error is one line and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Any

from neuract.shell._arguments import parser
from neuract.shell._words import ShellError, of_library, tell

FAILED, INTERRUPTED, READER_LEFT = 1, 130, 141
EXPECTED = (ShellError, OSError, ValueError, TypeError, ImportError, MemoryError, ArithmeticError)


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code; SystemExit with 2 for wrong usage, and with 0 after help."""
    top = parser()
    given = top.parse_args(arguments)
    if given.command and given.no_picture:
        top.error("--no-picture belongs to the demonstration, which is run without a command")
    try:
        with warnings.catch_warnings():
            _tell_warnings(getattr(given, "quiet", False))
            _run(given)
            sys.stdout.flush()
    except BrokenPipeError:
        _write_no_more()
        return READER_LEFT
    except KeyboardInterrupt:
        tell("interrupted; no file was changed")
        return INTERRUPTED
    except EXPECTED as error:
        if getattr(given, "traceback", False):
            traceback.print_exc()
        tell(_line(error))
        return FAILED
    return 0


def _run(given: Any) -> None:
    if given.command == "fit":
        from neuract.shell._fit import fit as run
    elif given.command == "predict":
        from neuract.shell._predict import predict as run
    elif given.command == "report":
        from neuract.shell._report import report as run
    elif given.command == "show":
        from neuract.shell._show import show as run
    else:
        from neuract.shell._demonstration import demonstrate as run
    run(given)


def _line(error: BaseException) -> str:
    if isinstance(error, ShellError):
        return str(error)
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        return f"{where}{error.strerror.lower()}"
    return of_library(str(error))


def _tell_warnings(quiet: bool) -> None:
    """Prints warnings to users as lines; others are for developers."""
    warnings.simplefilter("ignore")
    if not quiet:
        warnings.simplefilter("always", UserWarning)

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        tell(f"warning: {of_library(str(message))}")

    warnings.showwarning = show


def _write_no_more() -> None:
    """Lets Python's last flush of standard output succeed."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # it has no file
        return
