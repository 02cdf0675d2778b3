# SPDX-License-Identifier: BSD-3-Clause
"""scikit-learn's own callbacks, `sklearn.callback`, of an estimator's fit: each epoch a subtask.

They came with scikit-learn 1.9; before it an estimator has no `set_callbacks`, and nothing here does anything.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

from neuract.network import Network

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands in for scikit-learn's."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Calls the method, one frame deeper as scikit-learn's does: warnings count frames."""

        @functools.wraps(method)
        def call(*arguments: Any, **settings: Any) -> Any:
            return method(*arguments, **settings)

        return call


__all__ = ["CallbackSupportMixin", "FitTasks", "with_callbacks"]


class FitTasks:
    """A fit, and its epochs one after the other, as tasks that callbacks hear of.

    Parameters
    ----------
    model : estimator
        In a method that `with_callbacks` has decorated.
    X, y, sample_weight
        As its user gave them.
    silent : bool
        Nobody hears of it.

    Attributes
    ----------
    heard : bool
        Whether anybody hears of its epochs.
    """

    def __init__(self, model: Any, X: Any, y: Any, sample_weight: Any, *, silent: bool) -> None:
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._of_all = {"estimator": model, "X": X, "y": y, "metadata": metadata}
        self._fit = self._epoch = None
        self.heard = not silent and bool(getattr(model, "_skl_callbacks", None))
        if not silent and hasattr(model, "set_callbacks"):
            self._fit = model._init_callback_context(max_subtasks=model.max_iter)
            self._fit.call_on_fit_task_begin(**self._of_all)

    def begin_epoch(self) -> None:
        if self.heard and self._fit is not None:
            self._epoch = self._fit.subcontext(task_name="epoch").call_on_fit_task_begin(**self._of_all)

    def end_epoch(self, network: Network) -> bool:
        """Whether a callback wants to stop."""
        return self._end(self._epoch, network)

    def end(self, network: Network) -> None:
        self._end(self._fit, network)

    def _end(self, task: Any, network: Network) -> bool:
        if task is None:
            return False
        # A function: most callbacks do not ask for the model as it is now.
        attributes = lambda: {"network_": copy.copy(network)}  # noqa: E731
        return bool(task.call_on_fit_task_end(**self._of_all, reconstruction_attributes=attributes))
