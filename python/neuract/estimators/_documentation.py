# SPDX-License-Identifier: BSD-3-Clause
"""The address of the documentation, from the metadata of the installed package ([project.urls])."""

from __future__ import annotations

from functools import cache
from importlib.metadata import metadata


@cache
def documentation_address() -> str:
    """Returns the address named Documentation, else the one named Homepage, else ""."""
    entries = metadata("neuract").get_all("Project-URL") or []
    addresses = dict(entry.split(", ", 1) for entry in entries)
    return addresses.get("Documentation") or addresses.get("Homepage") or ""
