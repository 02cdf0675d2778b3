# SPDX-License-Identifier: BSD-3-Clause
"""The number of threads and the instruction set. Neither changes a bit of any result."""

from __future__ import annotations

import os
from functools import cache

import neuract._neuract_core as core
from neuract._checks import whole_number
from neuract.threading._control_groups import cpu_limit

MOST_THREADS = 256  # the size of the core's pool

_n_threads: int | None = None


def set_num_threads(n: int | None) -> None:
    """Sets how many threads a call may use, unless its model has its own `n_threads`.

    Parameters
    ----------
    n : int or None
        At least 1; None restores the default.

    Notes
    -----
    ``threadpoolctl.threadpool_limits`` sets the same number for a while, once you have imported an estimator or
    `neuract.threadpools`.
    """
    global _n_threads
    _n_threads = None if n is None else whole_number(n, "n", low=1)
    _quota.cache_clear()


def get_num_threads() -> int:
    """Returns how many threads a call may use, unless its model has its own `n_threads`.

    The number comes from `set_num_threads`, else from the environment variable OMP_NUM_THREADS, else from the number
    of processors that this process may run on, limited by the CPU quota of its container, rounded up. The quota is
    read once, and again after `set_num_threads(None)`. Small work uses fewer threads.
    """
    n = _n_threads  # read once: another thread may set it
    return default_num_threads() if n is None else n


def default_num_threads() -> int:
    """Returns the number of threads that applies if none was set."""
    environment = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if environment.isdigit() and int(environment) > 0:
        return int(environment)
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, _quota() or processors)


@cache
def _quota() -> int | None:
    """Returns the CPU quota. Cached, since it is read from files and every call of a network needs it."""
    return cpu_limit()


def threads_of(n_threads: int | None) -> int:
    """Returns the number of threads for a model's own `n_threads`."""
    return min(get_num_threads() if n_threads is None else n_threads, MOST_THREADS)


def most_threads_of(n_threads: int | None) -> int:
    """Returns the largest number that `threads_of` may return later: a limit set now may be lifted."""
    return threads_of(n_threads) if n_threads else min(max(get_num_threads(), default_num_threads()), MOST_THREADS)


def simd_info() -> dict[str, str | list[str]]:
    """Tells which instruction set the kernels use.

    Returns
    -------
    dict
        "chosen": the one in use; "available": those that this processor can run; "built": those in this build,
        lowest first. The environment variable NEURACT_SIMD, read at import, can choose a lower one than the best.

    Examples
    --------
    >>> import neuract as na
    >>> info = na.simd_info()
    >>> info["chosen"] in info["available"]
    True
    """
    built = core.simd_built()
    return {
        "chosen": core.simd_chosen(),
        "available": [name for name, runs in built.items() if runs],
        "built": list(built),
    }
