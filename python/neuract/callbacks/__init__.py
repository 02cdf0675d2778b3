# SPDX-License-Identifier: BSD-3-Clause
"""Ready callbacks, for `Network` and the estimators: ``callbacks=[...]``.

A callback can also be your own function ``f(network, epoch, logs)``, which is called after every epoch, or an object
with any of the methods ``on_fit_begin(network)``, ``on_epoch_end(network, epoch, logs)`` and ``on_fit_end(network)``.
Training stops if one returns a true value after an epoch. `epoch` counts from 0. `logs` has "loss"; estimators add
"learning_rate" and, with validation rows, "validation_loss" and "validation_score". A callback may set
`network.learning_rate` for the next epochs.
"""

from neuract.callbacks._ready import Checkpoint, CSVLogger, EarlyStopping, LearningRateSchedule, ProgressBar

__all__ = [
    "CSVLogger",
    "Checkpoint",
    "EarlyStopping",
    "LearningRateSchedule",
    "ProgressBar",
]
