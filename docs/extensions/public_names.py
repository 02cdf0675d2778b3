# SPDX-License-Identifier: BSD-3-Clause
"""Warns of a public name of neuract without an entry in the reference."""

import inspect
from pkgutil import resolve_name

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

import neuract

# Public modules that `neuract` does not export.
MORE = ("neuract.inspection", "neuract.optimizers", "neuract.serving")


def public_names() -> list[str]:
    """Returns the names that `neuract` exports, and the names that its public modules define."""
    names = [f"neuract.{name}" for name in dir(neuract)]
    for module in filter(inspect.ismodule, map(resolve_name, [*names, *MORE])):
        own = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
        names += [f"{module.__name__}.{name}" for name in getattr(module, "__all__", own) if not name.startswith("_")]
    return names


def look_for_public_names(app: Sphinx, environment: BuildEnvironment) -> None:
    entries = environment.domains.python_domain.objects.items()
    documented = {
        id(resolve_name(name))
        for name, entry in entries
        if entry.objtype in ("class", "data", "exception", "function", "module")
    }
    for name in public_names():
        if id(resolve_name(name)) not in documented:
            logging.getLogger(__name__).warning("no page of docs/api has %s", name)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("env-check-consistency", look_for_public_names)
    return {"parallel_read_safe": True}
