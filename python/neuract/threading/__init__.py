# SPDX-License-Identifier: BSD-3-Clause
"""The number of threads and the instruction set. Neither changes a bit of any result."""

from neuract.threading._count import get_num_threads, set_num_threads, simd_info

__all__ = [
    "get_num_threads",
    "set_num_threads",
    "simd_info",
]
