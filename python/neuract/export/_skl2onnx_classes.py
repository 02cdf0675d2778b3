# SPDX-License-Identifier: BSD-3-Clause
"""Tells skl2onnx of classes of estimators, whichever of the two packages is imported first.

The converters of ensembles look for the class of each member in skl2onnx's tables, and ask the member nothing before. A
class that is defined when skl2onnx is there already is entered at once. For others a finder waits in sys.meta_path: the
import of skl2onnx then ends with their entry. Nothing here imports skl2onnx before the user does.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

PACKAGE = "skl2onnx"

_waiting: list[type] = []


def announce(estimator: type) -> None:
    """Enters a class in skl2onnx's tables, now or when skl2onnx is imported."""
    _waiting.append(estimator)
    if sys.modules.get(PACKAGE) is not None:
        register_waiting()
    elif _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def register_waiting() -> None:
    """Enters the classes that wait; does nothing while the module that does it is being imported, which calls this."""
    register = getattr(import_module("neuract.export.onnx._skl2onnx"), "register", None)
    while _waiting and register is not None:
        register(_waiting.pop())


class _Finder(MetaPathFinder):
    """Lets the other finders find skl2onnx, and has its loader enter the waiting classes."""

    def __init__(self) -> None:
        self._asks_the_others = False

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname != PACKAGE or self._asks_the_others:
            return None
        self._asks_the_others = True
        try:
            spec = find_spec(fullname)
        finally:
            self._asks_the_others = False
        if spec is not None and spec.loader is not None:
            self._extend(spec.loader)
        return spec

    def _extend(self, loader: Any) -> None:
        execute = loader.exec_module

        def execute_and_register(module: ModuleType) -> None:
            execute(module)
            if self in sys.meta_path:  # a loader found before can run a second time
                sys.meta_path.remove(self)
            register_waiting()

        loader.exec_module = execute_and_register


_finder = _Finder()
