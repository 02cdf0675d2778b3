# SPDX-License-Identifier: BSD-3-Clause
"""Files that are there whole or not at all: whatever happens while one is written, its old content stays."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Makes `content` the file's content, by a new file in the same folder that takes its place when it is on disk.

    The new file has the permissions of any new file; of a link it is the file behind it that is replaced. On an error
    the new file is gone. A process that is killed may leave it, named .neuract-….tmp.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(target.parent))
    if target.exists() and not target.is_file():
        raise OSError(f"{target} is not a regular file, and is left as it is")
    new = target.parent / f".neuract-{os.urandom(8).hex()}.tmp"
    try:
        _write_through(new, content)
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
    """So that the new name is on disk too, where the system can be asked for it."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    with contextlib.suppress(OSError):  # of file systems that cannot: the file is in its place all the same
        os.fsync(descriptor)
    os.close(descriptor)
