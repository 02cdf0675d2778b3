# SPDX-License-Identifier: BSD-3-Clause
"""Atomic writing: a file has either its old content or all of the new, even after a crash."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path

from neuract._typing import FilePath


def write_atomically(path: FilePath, content: bytes) -> None:
    """Replaces the file by a new one, written in the same folder, when its content is on disk.

    The new file has the permissions of the old one, or without an old one the default permissions. A link stays, and
    its target is replaced. An error removes the new file; a process that is killed may leave it, named
    .neuract-….tmp.
    """
    target = Path(os.path.realpath(os.fsdecode(path)))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder", str(target.parent))
    if target.exists() and not target.is_file():
        raise OSError(f"{target} is not a regular file; it was not changed")
    new = target.parent / f".neuract-{os.urandom(8).hex()}.tmp"
    try:
        _write_through(new, content)
        if target.exists():
            shutil.copymode(target, new)
        new.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    _flush_folder(target.parent)


def _write_through(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Writes the new name to disk, on systems that can be asked to."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    with contextlib.suppress(OSError):  # some file systems cannot; the file has been replaced nevertheless
        os.fsync(descriptor)
    os.close(descriptor)
