# SPDX-License-Identifier: BSD-3-Clause
"""Where the documentation is: as pyproject.toml's [project.urls] says, which the installed package carries along."""

from __future__ import annotations

from functools import cache
from importlib.metadata import metadata


@cache
def documentation_address() -> str:
    """The address named Documentation, else that named Homepage; "" where the project names neither."""
    entries = metadata("neuract").get_all("Project-URL") or []
    addresses = dict(entry.split(", ", 1) for entry in entries)
    return addresses.get("Documentation") or addresses.get("Homepage") or ""
