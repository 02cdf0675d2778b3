# SPDX-License-Identifier: BSD-3-Clause
"""Types that every room uses."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
