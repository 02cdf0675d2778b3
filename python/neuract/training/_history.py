# SPDX-License-Identifier: BSD-3-Clause
"""Listeners of a training that record, validate and print a network's history; the lines that a training prints."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan, nan

from neuract.training._loop import Listener
from neuract.training._session import Ended, Session


class Recorder(Listener):
    """Adds one entry per epoch to each list of a history; NaN in lists that only other epochs filled.

    session: a session with `Session.watch`, whose numbers of the last epoch are added too.
    """

    def __init__(self, history: dict[str, list[float]], session: Session | None = None) -> None:
        self._history, self._session = history, session

    @property
    def hears_each(self) -> bool:
        return self._session is not None

    def ran(self, ended: Ended) -> None:
        for name, values in self._history.items():
            values += [loss + penalty for loss, penalty in ended] if name == "loss" else [nan] * len(ended)
        if self._session is not None:
            rate, (norm, dead) = self._session.rate, self._session.watched()
            for name, value in (("learning_rate", rate), ("gradient_norm", norm), ("dead_share", dead)):
                self.note(name, value)

    def last_epoch(self) -> int:
        """Returns the number of the last epoch, counted from 0."""
        return len(self._history["loss"]) - 1

    def last(self) -> dict[str, float]:
        """Returns the numbers of the last epoch."""
        return {name: values[-1] for name, values in self._history.items()}

    def note(self, name: str, value: float) -> None:
        """Sets a number of the last epoch."""
        if name not in self._history:
            self._history[name] = [nan] * len(self._history["loss"])
        self._history[name][-1] = value


class Validation(Listener):
    """Adds "validation_loss" to the history: the loss on the validation rows after each epoch.

    loss: measures it, without penalties.
    """

    hears_each = True

    def __init__(self, loss: Callable[[], float], recorder: Recorder) -> None:
        self._loss, self._recorder = loss, recorder

    def ran(self, ended: Ended) -> None:
        self._recorder.note("validation_loss", self._loss())


class Printer(Listener):
    """Prints the losses of each epoch while `verbose` returns a true value."""

    def __init__(self, history: dict[str, list[float]], verbose: Callable[[], bool]) -> None:
        self._history, self._verbose = history, verbose

    @property
    def hears_each(self) -> bool:
        return self._verbose()

    def ran(self, ended: Ended) -> None:
        if self._verbose():
            losses, validation = self._history["loss"], self._history.get("validation_loss", [nan])
            print(epoch_line(len(losses), losses[-1]))
            if not isnan(validation[-1]):
                print(validation_line(validation[-1]))


def epoch_line(epoch: int, loss: float) -> str:
    """Returns scikit-learn's line for an epoch, counted from 1."""
    return f"Iteration {epoch}, loss = {loss:.8f}"


def validation_line(loss: float) -> str:
    """Returns a line in the style of scikit-learn's "Validation score"."""
    return f"Validation loss: {loss:f}"
