# SPDX-License-Identifier: BSD-3-Clause
"""The callbacks that come with neuract."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from typing import Any

from neuract._checks import boolean, real_number, whole_number
from neuract._reprs import call
from neuract._typing import FilePath, FittedNetwork
from neuract._warnings import TrainingWarning, warn
from neuract.schedules._rate import LearningRate
from neuract.schedules._shares import Schedule, ScheduleName
from neuract.schedules._shares import schedule as schedule_named

Logs = Mapping[str, float]


def _goodness(callback: Any, logs: Logs) -> float:
    """Returns the number that a callback's `monitor` names in the logs; larger is better."""
    monitor = callback.monitor
    if monitor is None:
        monitor = "validation_loss" if "validation_loss" in logs else "loss"
    if monitor not in logs:
        name = type(callback).__name__
        raise ValueError(f"{name}(monitor={monitor!r}): this fit logs only {', '.join(logs)}")
    return logs[monitor] if "score" in monitor else -logs[monitor]


class _Ready:
    """Gives a repr that can be pasted back."""

    def __repr__(self) -> str:
        given = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        paths = {name: str(value) for name, value in given.items() if isinstance(value, Path)}
        return call(type(self), **{**given, **paths})


class ProgressBar(_Ready):
    """Shows a tqdm progress bar, one step per epoch, with the numbers of the last epoch next to it."""

    def __init__(self) -> None:
        self._bar: Any = None

    def on_fit_begin(self, network: FittedNetwork) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError as error:
            raise ImportError("ProgressBar needs tqdm: pip install tqdm") from error
        self._bar = tqdm(total=network.epochs, unit="epoch")

    def on_epoch_end(self, network: FittedNetwork, epoch: int, logs: Logs) -> None:
        self._bar.set_postfix({name: f"{value:.4g}" for name, value in logs.items()}, refresh=False)
        self._bar.update(1)

    def on_fit_end(self, network: FittedNetwork) -> None:
        self._bar.close()
        self._bar = None

    def __getstate__(self) -> dict[str, Any]:
        return {"_bar": None}  # an open bar, as during a fit, cannot be copied


class EarlyStopping(_Ready):
    """Stops training when a number in the logs has not improved for some epochs.

    Parameters
    ----------
    patience : int, default=10
        Number of consecutive epochs without improvement that end training, >= 1.
    min_delta : float, default=0.0
        Smallest change that counts as an improvement, >= 0.
    monitor : str or None, default=None
        Name of a number in the logs. Larger is better if the name contains "score", else smaller. None:
        "validation_loss" if the fit has validation rows, else "loss".
    restore_best : bool, default=True
        Restore the weights of the best epoch at the end; otherwise keep the last weights.

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> stop = na.callbacks.EarlyStopping(patience=3, min_delta=0.5)
    >>> net = na.Network([na.Dense(1, "linear")], random_state=0, callbacks=[stop])
    >>> len(net.fit(np.zeros((5, 2)), np.zeros(5)).history_["loss"])
    4
    """

    def __init__(
        self, patience: int = 10, *, min_delta: float = 0.0, monitor: str | None = None, restore_best: bool = True
    ) -> None:
        self.patience = whole_number(patience, "patience", low=1)
        self.min_delta = real_number(min_delta, "min_delta", low=0, open_high=True)
        self.monitor = monitor
        self.restore_best = boolean(restore_best, "restore_best")
        self._best = -inf
        self._parameters: tuple[Any, ...] | None = None
        self._waited = 0

    def on_fit_begin(self, network: FittedNetwork) -> None:
        self._best, self._parameters, self._waited = -inf, None, 0

    def on_epoch_end(self, network: FittedNetwork, epoch: int, logs: Logs) -> bool:
        number = _goodness(self, logs)
        if number > self._best + self.min_delta:  # False for NaN
            self._best, self._waited = number, 0
            if self.restore_best:
                self._parameters = network.weights, network.biases, network.slopes
            return False
        self._waited += 1
        return self._waited >= self.patience

    def on_fit_end(self, network: FittedNetwork) -> None:
        if self._parameters is not None:
            network.set_parameters(*self._parameters)
        self._best, self._parameters, self._waited = -inf, None, 0


class Checkpoint(_Ready):
    """Saves the model to a file during training, so that little is lost if training breaks off.

    The file is that of `neuract.save` and is replaced as a whole: if the process ends, the last complete file remains.
    In a fit of an estimator the callback saves the estimator, as if the fit had ended with that epoch.

    Parameters
    ----------
    path : str, bytes or path-like
        The file.
    every : int, default=1
        Number of epochs between saves, >= 1.
    save_best_only : bool, default=False
        Save only if the monitored number is the best of this fit so far.
    monitor : str or None, default=None
        Name of a number in the logs. Larger is better if the name contains "score", else smaller. None:
        "validation_loss" if the fit has validation rows, else "loss".
    state : bool, default=False
        Save the optimizer's state too, for a `partial_fit` that continues after the last epoch.

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> keep = na.callbacks.Checkpoint("model.safetensors", every=5)
    >>> net = na.Network([na.Dense(1, "linear")], epochs=12, random_state=0, callbacks=[keep])
    >>> net = net.fit(np.ones((5, 2)), np.ones(5))
    >>> len(na.load("model.safetensors").history_["loss"])
    10
    """

    def __init__(
        self,
        path: FilePath,
        *,
        every: int = 1,
        save_best_only: bool = False,
        monitor: str | None = None,
        state: bool = False,
    ) -> None:
        self.path = Path(os.fsdecode(path))
        self.every = whole_number(every, "every", low=1)
        self.save_best_only = boolean(save_best_only, "save_best_only")
        self.monitor = monitor
        self.state = boolean(state, "state")
        self._best = -inf

    def on_fit_begin(self, network: FittedNetwork) -> None:
        self._best = -inf
        if not self.path.parent.is_dir():
            raise FileNotFoundError(f"Checkpoint({str(self.path)!r}): no such folder: {str(self.path.parent)!r}")
        network._trained_model()._file_bytes(self.state)  # fail now if the model cannot be saved

    def on_epoch_end(self, network: FittedNetwork, epoch: int, logs: Logs) -> None:
        if (epoch + 1) % self.every or (self.save_best_only and not self._is_best(logs)):
            return
        try:
            network._trained_model().save(self.path, state=self.state)
        except OSError as error:  # for example a full disk: losing the training is worse than losing this file
            warn(f"Checkpoint could not save epoch {epoch}; training continues: {error}", TrainingWarning)

    def _is_best(self, logs: Logs) -> bool:
        number = _goodness(self, logs)
        if not number > self._best:  # also if NaN
            return False
        self._best = number
        return True


class CSVLogger(_Ready):
    """Writes one line per epoch to a file: the epoch, then its logs, below a line with their names.

    Parameters
    ----------
    path : str, bytes or path-like
        The file.
    append : bool, default=False
        Append to the file; otherwise each fit overwrites it.
    """

    def __init__(self, path: FilePath, *, append: bool = False) -> None:
        self.path = Path(os.fsdecode(path))
        self.append = boolean(append, "append")
        self._columns: list[str] = []

    def on_fit_begin(self, network: FittedNetwork) -> None:
        self._columns = []
        if not self.append:
            self.path.write_text("")
        elif self.path.exists():
            with self.path.open(newline="") as file:
                self._columns = next(csv.reader(file), [])

    def on_epoch_end(self, network: FittedNetwork, epoch: int, logs: Logs) -> None:
        lines: list[list[object]] = [[epoch, *logs.values()]]
        if not self._columns:
            self._columns = ["epoch", *logs]
            lines.insert(0, [*self._columns])
        elif self._columns != ["epoch", *logs]:
            raise ValueError(
                f"CSVLogger(append=True): {str(self.path)!r} has the columns {', '.join(self._columns)}, but this fit "
                f"logs {', '.join(['epoch', *logs])}; log to another file"
            )
        with self.path.open("a", newline="") as file:  # closed after each line: training may break off
            csv.writer(file).writerows(lines)


class LearningRateSchedule(_Ready):
    """Changes the learning rate from epoch to epoch, and restores it after the fit.

    Parameters
    ----------
    schedule : str, Schedule or callable
        A schedule of `neuract.schedules`, by name or as an object: its shares of the network's rate. Or a function
        that maps the epoch, counted from 0, to its rate. Not one that changes within an epoch (`Schedule.by_step`).

    Notes
    -----
    A network with a `schedule` of its own takes the shares of that schedule of the rate that this callback sets.
    """

    def __init__(self, schedule: ScheduleName | Schedule | Callable[[int], float]) -> None:
        self.schedule = schedule if callable(schedule) else schedule_named(schedule)
        if isinstance(self.schedule, Schedule) and self.schedule.by_step:
            raise ValueError(
                f"{self.schedule!r} changes within an epoch, this callback only between epochs; give it to Network as "
                "schedule, or to an estimator as learning_rate"
            )
        self._rate: LearningRate | None = None

    def on_fit_begin(self, network: FittedNetwork) -> None:
        self._rate = LearningRate(self.schedule, network.learning_rate, 0.5, network.epochs)
        network.learning_rate = self._rate.now

    def on_epoch_end(self, network: FittedNetwork, epoch: int, logs: Logs) -> None:
        assert self._rate is not None
        self._rate.end_epochs(1, 0)
        network.learning_rate = self._rate.now

    def on_fit_end(self, network: FittedNetwork) -> None:
        assert self._rate is not None
        network.learning_rate, self._rate = self._rate.initial, None
