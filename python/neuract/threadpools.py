# SPDX-License-Identifier: BSD-3-Clause
"""Registers neuract's threads with threadpoolctl, which lists and limits the thread pools of a process.

The estimators import this module, since scikit-learn brings threadpoolctl. If you use only Network, import it yourself
before you limit threads with ``threadpool_limits``. A model's own `n_threads` overrides a limit.

Examples
--------
>>> import neuract.threadpools
>>> from threadpoolctl import threadpool_limits
>>> with threadpool_limits(1, user_api="neuract"):
...     na.get_num_threads()
1
"""

from __future__ import annotations

import threadpoolctl

import neuract
from neuract.threading._count import default_num_threads, get_num_threads, set_num_threads


class Controller(threadpoolctl.LibController):  # type: ignore[misc]
    """Lets threadpoolctl find the pool, by the extension module's file, and read and set its size."""

    user_api = "neuract"
    internal_api = "neuract"
    filename_prefixes = ("_neuract_core",)
    check_symbols = ("PyInit__neuract_core",)

    def get_num_threads(self) -> int:
        return get_num_threads()

    def set_num_threads(self, num_threads: int) -> None:
        """Sets the number as `neuract.set_num_threads` does, but restores the default as the default.

        At the end of any limit, also one on BLAS, threadpoolctl sets the number that it found before. A default that
        follows the processors must not become a fixed number.
        """
        if num_threads != get_num_threads():
            set_num_threads(None if num_threads == default_num_threads() else num_threads)

    def get_version(self) -> str:
        return neuract.__version__


if hasattr(threadpoolctl, "register"):  # since 3.2; scikit-learn 1.6 accepts 3.1 too
    threadpoolctl.register(Controller)
