# SPDX-License-Identifier: BSD-3-Clause
"""The HTML file that `report` writes for a fitted model. It needs no other file.

The page contains the weights and computes the network itself, by the scripts of `neuract.engine`.
"""

from neuract.report._file import write

__all__ = ["write"]
