# SPDX-License-Identifier: BSD-3-Clause
"""Module names that pickles of neuract 0.1.0 contain, and the modules that have their classes today."""

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
    """Imports the new module under the old name."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return importlib.import_module(MOVED[spec.name])

    def exec_module(self, module: ModuleType) -> None:
        pass  # imported under its new name already


def find_moved_modules() -> None:
    """Makes the old names importable. The finder is the last, so it gets only names that no other finder knows."""
    sys.meta_path.append(_Moved())
