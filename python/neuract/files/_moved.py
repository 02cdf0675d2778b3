# SPDX-License-Identifier: BSD-3-Clause
"""Module names of neuract 0.1.0, which pickles of that version hold, and where their classes are now."""

from __future__ import annotations

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MOVED = {
    "neuract._activation": "neuract.activations._base",
    "neuract._smooth": "neuract.activations._smooth",
    "neuract._hard": "neuract.activations._hard",
    "neuract._schedules": "neuract.schedules._rate",
    "neuract._sparse": "neuract.inputs._sparse",
    "neuract._findings": "neuract.inspection._findings",
    "neuract._training": "neuract.training",
}


class _Moved(MetaPathFinder, Loader):
    """Imports a module of that name as the one that it has become."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return importlib.import_module(MOVED[spec.name])

    def exec_module(self, module: ModuleType) -> None:
        pass  # it has been imported under its own name


def find_moved_modules() -> None:
    """Makes old names importable; asked last, and only for a name that nothing else has."""
    sys.meta_path.append(_Moved())
