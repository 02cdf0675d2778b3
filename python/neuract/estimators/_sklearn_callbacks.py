# SPDX-License-Identifier: BSD-3-Clause
"""scikit-learn's own callbacks, `sklearn.callback`, in the fit of an estimator: each epoch is a subtask.

They need scikit-learn 1.9. With an older one estimators have no `set_callbacks`, and this module does nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from neuract.network import Network
from neuract.training._loop import Listener

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Replaces scikit-learn's class."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Returns the method itself."""
        return method


__all__ = ["CallbackSupportMixin", "FitTasks", "with_callbacks"]


class FitTasks(Listener):
    """Reports a fit and its epochs to callbacks as tasks.

    Parameters
    ----------
    model : estimator
        The estimator, in a method that `with_callbacks` has decorated.
    X, y, sample_weight
        The user's arguments.
    silent : bool
        Do not call callbacks.
    """

    def __init__(self, model: Any, X: Any, y: Any, sample_weight: Any, *, silent: bool) -> None:
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._of_all = {"estimator": model, "X": X, "y": y, "metadata": metadata}
        self._fit = self._epoch = None
        self.network: Network | None = None
        self._heard = not silent and bool(getattr(model, "_skl_callbacks", None))
        if not silent and hasattr(model, "set_callbacks"):
            self._fit = model._init_callback_context(max_subtasks=model.max_iter)
            self._fit.call_on_fit_task_begin(**self._of_all)

    @property
    def hears_each(self) -> bool:
        return self._heard

    def begin_epoch(self) -> None:
        if self._heard and self._fit is not None:
            self._epoch = self._fit.subcontext(task_name="epoch").call_on_fit_task_begin(**self._of_all)

    def end_epoch(self) -> bool:
        return self._end(self._epoch)

    def end(self) -> None:
        """Reports the end of the fit."""
        self._end(self._fit)

    def _end(self, task: Any) -> bool:
        network = self.network
        if task is None or network is None:
            return False
        # A function, since most callbacks do not need the current model.
        attributes = lambda: {"network_": copy.copy(network)}  # noqa: E731
        return bool(task.call_on_fit_task_end(**self._of_all, reconstruction_attributes=attributes))
