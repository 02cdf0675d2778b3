# SPDX-License-Identifier: BSD-3-Clause
"""Validation during a fit: the validation rows, the loss on them, and the score."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer
from sklearn.utils import _safe_indexing

from neuract._typing import Array
from neuract.data._stream import Stream, some_of
from neuract.estimators._saved import as_if_ended
from neuract.inputs._data import Data
from neuract.inputs._sparse import is_sparse
from neuract.network import Network
from neuract.training._guard import DivergedError
from neuract.training._session import Session

MOST_CLASSES = 10  # in a message


@dataclass(frozen=True)
class Rows:
    """Rows of X and y in the user's form and in the core's form.

    Parameters
    ----------
    X, y
        The user's data, of which these are the rows `numbers`; None: all rows.
    data : Data or Stream
        The same rows in the core's form.
    """

    X: Any
    y: Any
    data: Data | Stream
    numbers: Array | None = None

    def take(self, numbers: Array) -> Rows:
        """Returns the rows with these numbers."""
        return Rows(self.X, self.y, some_of(self.data).take(numbers), numbers)

    def as_given(self) -> tuple[Any, Any]:
        """Returns X and y in the user's form."""
        if self.numbers is None:
            return self.X, self.y
        X = self.X.tocsr() if is_sparse(self.X) else self.X  # not every sparse format can be indexed by rows
        return _safe_indexing(X, self.numbers), _safe_indexing(self.y, self.numbers)


class Monitor:
    """Measures a network in training on validation rows.

    Parameters
    ----------
    model : estimator
        The estimator in its fit: its outputs are set, but its network is not yet the one in training.
    network : Network
        The network in training.
    rows : Rows
        The validation rows.
    """

    def __init__(self, model: Any, network: Network, rows: Rows) -> None:
        self._model, self._network, self._data = model, network, some_of(rows.data)
        self._session = Session(network._known(), network._learner.settings, self._data.rows)
        if model.monitor not in (None, "loss"):
            scorer: Callable[..., float] = get_scorer(model.monitor)
            self._scorer, self._given = scorer, rows.as_given()
            self._fitted = as_if_ended(model, network)

    @property
    def name(self) -> str:
        """The name of the monitor, for messages."""
        monitor = self._model.monitor
        return "the score" if monitor is None else f"monitor={getattr(monitor, '__name__', repr(monitor))}"

    def loss(self) -> float:
        """Returns the mean loss without penalties, on the scale of the model's `loss_`."""
        loss: float = self._model._reported(self._session.loss(self._data))
        return loss

    def score(self, loss: float) -> float:
        """Returns the score for early stopping; larger is better. loss: the current validation loss."""
        if self._model.monitor == "loss":
            return -loss
        data = self._data
        if self._model.monitor is None:
            outputs = self._network._known().predict(data.x, self._network.n_threads)
            return float(self._model._validation_score(outputs, data))
        if not np.isfinite(loss):
            return float("nan")
        weighs = data.sample_weight is not None and _takes_weights(self._scorer)
        weights = {"sample_weight": data.sample_weight} if weighs else {}
        try:
            return float(self._scorer(self._fitted, *self._given, **weights))
        except (MemoryError, DivergedError):
            raise
        except Exception as error:
            raise ValueError(f"{self.name} failed on {self._rows_in_words()}: {error}") from error

    def _rows_in_words(self) -> str:
        """Returns the number of validation rows, for a classifier by class."""
        rows = f"the {self._data.rows} validation rows"
        if not hasattr(self._model, "classes_") or np.ndim(self._given[1]) != 1:
            return rows
        labels = np.asarray(self._given[1]).tolist()
        counts = [(label, labels.count(label)) for label in self._model.classes_.tolist()[:MOST_CLASSES]]
        more = ", …" if len(self._model.classes_) > MOST_CLASSES else ""
        return f"{rows} ({', '.join(f'{count} of class {label!r}' for label, count in counts)}{more})"


def _takes_weights(scorer: Callable[..., float]) -> bool:
    """Returns whether a scorer, or the function that a scorer of scikit-learn calls, has a parameter sample_weight."""
    parameters = inspect.signature(getattr(scorer, "_score_func", scorer)).parameters.values()
    return any(each.name == "sample_weight" or each.kind is each.VAR_KEYWORD for each in parameters)
