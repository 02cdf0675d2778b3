# SPDX-License-Identifier: BSD-3-Clause
"""Ready callbacks, for `Network` and the estimators: ``callbacks=[...]``.

Any function ``f(network, epoch, logs)`` is a callback too, called after every epoch, and so is any object with one of
the methods ``on_fit_begin(network)``, ``on_epoch_end(network, epoch, logs)`` and ``on_fit_end(network)``. Training
stops where one returns a true value after an epoch. `epoch` counts from 0; `logs` has "loss", of the estimators also
"learning_rate" and, with rows to validate on, "validation_loss" and "validation_score". Whoever sets
`network.learning_rate` sets it for the epochs to come.
"""

from neuract.callbacks._ready import Checkpoint, CSVLogger, EarlyStopping, LearningRateSchedule, ProgressBar

__all__ = [
    "CSVLogger",
    "Checkpoint",
    "EarlyStopping",
    "LearningRateSchedule",
    "ProgressBar",
]
