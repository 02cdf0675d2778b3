# SPDX-License-Identifier: BSD-3-Clause
"""How many threads work, and which instructions they use. Neither changes a bit of any result."""

from __future__ import annotations

import os
from functools import cache

import neuract._neuract_core as core
from neuract._checks import whole_number
from neuract.threading._control_groups import cpu_limit

MOST_THREADS = 256  # that the core's pool has

_n_threads: int | None = None


def set_num_threads(n: int | None) -> None:
    """Sets how many threads a call may use where its model does not say; None: the default again.

    Parameters
    ----------
    n : int or None
        At least 1.

    Notes
    -----
    ``threadpoolctl.threadpool_limits`` sets the same number, for a while, once an estimator or `neuract.threadpools` is
    imported.
    """
    global _n_threads
    _n_threads = None if n is None else whole_number(n, "n", low=1)
    _quota.cache_clear()


def get_num_threads() -> int:
    """How many threads a call may use where its model does not say.

    As set by `set_num_threads`, else by the environment variable OMP_NUM_THREADS, else the processors that this
    process may run on, and no more of them than the CPU quota of its container comes to, rounded up. The quota is
    read once, and anew after `set_num_threads(None)`. Small work uses fewer threads.
    """
    n = _n_threads  # looked at once: another thread may set it
    return default_num_threads() if n is None else n


def default_num_threads() -> int:
    """What `get_num_threads` gives where nothing was set."""
    environment = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if environment.isdigit() and int(environment) > 0:
        return int(environment)
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, _quota() or processors)


@cache
def _quota() -> int | None:
    """Kept, since it stands in files, and each call of a network asks for it."""
    return cpu_limit()


def threads_of(n_threads: int | None) -> int:
    """What a model's own `n_threads` comes to."""
    return min(get_num_threads() if n_threads is None else n_threads, MOST_THREADS)


def most_threads_of(n_threads: int | None) -> int:
    """What it may come to later: a limit that is set now may be lifted."""
    return threads_of(n_threads) if n_threads else min(max(get_num_threads(), default_num_threads()), MOST_THREADS)


def simd_info() -> dict[str, str | list[str]]:
    """Which instruction set's kernels run.

    Returns
    -------
    dict
        "chosen": the one in use; "available": those that this processor can run; "built": those in this build;
        lowest first. The environment variable NEURACT_SIMD, read at import, may name a lower one than the best.

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
