# SPDX-License-Identifier: BSD-3-Clause
"""Reprs that can be pasted back: a call with the arguments that are not at their defaults."""

from __future__ import annotations

from dataclasses import fields
from inspect import signature
from typing import Any


def call(kind: type, /, *first: object, **given: Any) -> str:
    """Returns the call of a class with these arguments, without keywords at their defaults."""
    parameters = signature(kind).parameters
    keywords = [f"{name}={value!r}" for name, value in given.items() if value != parameters[name].default]
    return f"{kind.__name__}({', '.join([*map(repr, first), *keywords])})"


class Described:
    """Gives its repr to dataclasses, which must be made with repr=False."""

    def __repr__(self) -> str:
        return call(type(self), **{field.name: getattr(self, field.name) for field in fields(self)})  # type: ignore[arg-type]


class Words(str):
    """Text whose repr is the text, in place of a value that would be too long."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
