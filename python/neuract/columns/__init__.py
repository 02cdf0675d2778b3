# SPDX-License-Identifier: BSD-3-Clause
"""The columns of a frame, and how they become the numbers that a network takes."""

from neuract.columns._columns import Columns as Columns

__all__ = ["Columns"]
