# SPDX-License-Identifier: BSD-3-Clause
"""The kinds of columns, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from neuract.columns._category import Category
from neuract.columns._date import Date
from neuract.columns._number import Number, Scaling

KINDS: Mapping[str, type[Any]] = MappingProxyType({kind.__name__: kind for kind in (Number, Category, Date, Scaling)})
"""Every kind of column, and the scaling that they hold."""
