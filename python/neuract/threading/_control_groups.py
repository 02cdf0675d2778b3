# SPDX-License-Identifier: BSD-3-Clause
"""The share of the processors that Linux's control groups (containers, services, batch jobs) leave to this process."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

# The files with a group's quota and its period, in µs: of version 2, then of version 1.
FILES = (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us"))


def cpu_limit(root: Path = Path("/")) -> int | None:
    """Returns how many processors this process may use at a time, rounded up, at least 1; None without a limit.

    The limit is the smallest quota / period of this process's group and of the groups around it.
    """
    shares = [share for folder in _folders(root) if (share := _share(folder)) is not None]
    return math.ceil(min(shares)) if shares else None


def _folders(root: Path) -> Iterator[Path]:
    """Yields folders that may hold the groups' files; inside a container the outer part of a path does not exist."""
    mounts = root / "sys" / "fs" / "cgroup"
    for controllers, path in _groups(root):
        if controllers == "":
            trees = [mounts, mounts / "unified"]  # version 2 alone, or next to version 1
        elif "cpu" in controllers.split(","):
            trees = [mounts / controllers, mounts / "cpu"]
        else:
            continue
        group = PurePosixPath(path.lstrip("/"))
        for tree in trees:
            yield from (tree / part for part in (group, *group.parents))


def _groups(root: Path) -> list[tuple[str, str]]:
    """Returns controllers and path of each group of this process; none if the system has no control groups."""
    with contextlib.suppress(OSError, ValueError):
        lines = (root / "proc" / "self" / "cgroup").read_text().splitlines()
        return [(controllers, path) for _, controllers, path in (line.split(":", 2) for line in lines)]
    return []


def _share(folder: Path) -> float | None:
    """Returns quota / period of one group; None without a quota: no file, "max" (version 2) or -1 (version 1)."""
    for names in FILES:
        with contextlib.suppress(OSError, ValueError):
            quota, period = map(int, " ".join((folder / name).read_text() for name in names).split())
            if quota > 0 and period > 0:
                return quota / period
    return None
