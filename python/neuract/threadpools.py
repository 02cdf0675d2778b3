# SPDX-License-Identifier: BSD-3-Clause
"""neuract's threads, made known to threadpoolctl, which lists and limits the thread pools of a process.

Importing this module is all it takes, and the estimators do so: scikit-learn brings threadpoolctl. Who uses Network
without them, and wants ``threadpool_limits`` to limit it, imports this module too. A limit holds where a model's own
`n_threads` does not say otherwise.

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
    """How threadpoolctl finds the pool, by the extension module's file, and asks for and sets its size."""

    user_api = "neuract"
    internal_api = "neuract"
    filename_prefixes = ("_neuract_core",)
    check_symbols = ("PyInit__neuract_core",)

    def get_num_threads(self) -> int:
        return get_num_threads()

    def set_num_threads(self, num_threads: int) -> None:
        """As `neuract.set_num_threads`, but the default is given back as the default.

        At the end of any limit, on BLAS for example, threadpoolctl sets what it found before it, limited or not: a
        default that followed the processors must not become a number that does not.
        """
        if num_threads != get_num_threads():
            set_num_threads(None if num_threads == default_num_threads() else num_threads)

    def get_version(self) -> str:
        return neuract.__version__


if hasattr(threadpoolctl, "register"):  # since 3.2; scikit-learn 1.6 takes 3.1 too
    threadpoolctl.register(Controller)
