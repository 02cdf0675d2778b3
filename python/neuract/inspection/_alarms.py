# SPDX-License-Identifier: BSD-3-Clause
"""The alarms of a fit: validation rows far outside X at its beginning, a network that has collapsed at its end.

Both look at some rows, for about 50 µs: less than 2 % of a fit of 2.5 ms or longer. Only where the look at a network
finds a sign are all rows measured, so that the alarm is certain.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuract._typing import Array, FittedNetwork
from neuract._warnings import TrainingWarning, warn
from neuract.inputs._data import Data
from neuract.inputs._sparse import SparseRows
from neuract.inspection._activities import activities
from neuract.inspection._diagnose import diagnosed
from neuract.inspection._findings import named
from neuract.inspection._signs import (
    CONSTANT_SPREAD,
    INPUT_REACHES,
    LOST_VARIANCE,
    input_reach,
    lost_variance,
    wild_loss,
)

MOST_ROWS = 32  # of a look
LEAST_ROWS = 8  # fewer are no evidence
LOOKS = 0.02  # rows of the look per row that was trained: a third of that in time, as it has no backward pass
OF_ARRAYS = "Transform X_val as X: a pipeline does so with Pipeline(..., transform_input=['X_val'])"
OF_FRAMES = "Numbers are given as scaled; X_val must hold the same quantities as X, in the same units"
FAR_SHARE = 0.9  # ours: a column with this share of its validation rows far outside is another quantity


def warn_if_far(
    x: Array | SparseRows, x_val: Array | SparseRows, columns: Sequence[str] | None = None, of_frame: bool = False
) -> None:
    """Warns of columns whose validation rows lie beyond the training rows by more than their whole range.

    columns, of_frame: as `Evidence` has them. Does not look at sparse rows, whose scale is rarely changed.
    """
    if isinstance(x, SparseRows) or isinstance(x_val, SparseRows) or min(len(x), len(x_val)) < LEAST_ROWS:
        return
    rows, rows_val = (each[:: -(-len(each) // MOST_ROWS)] for each in (x, x_val))
    low, high = rows.min(axis=0), rows.max(axis=0)
    with np.errstate(over="ignore"):  # of huge numbers
        far = (rows_val < low - (high - low)) | (rows_val > high + (high - low))
    numbers = np.flatnonzero((far.mean(axis=0) >= FAR_SHARE) & (low < high)).tolist()  # a constant has no range
    if numbers:
        first, remedy = numbers[0], OF_FRAMES if of_frame else OF_ARRAYS
        warn(
            f"X_val lies far outside X in {named(numbers, 'column', columns)}: {named([first], 'column', columns)} "
            f"goes from {low[first]:.4g} to {high[first]:.4g} in X, from {rows_val[:, first].min():.4g} to "
            f"{rows_val[:, first].max():.4g} in X_val. {remedy}",
            TrainingWarning,
        )


def warn_if_collapsed(
    network: FittedNetwork, data: Data, epochs: int, columns: Sequence[str] | None = None, of_frame: bool = False
) -> bool:
    """Warns, at most once, of what is wrong with a network that was trained on the data for so many epochs.

    Returns whether it has warned. columns, of_frame: as `Evidence` has them.
    """
    rows = min(MOST_ROWS, int(LOOKS * epochs * data.rows))
    if rows < LEAST_ROWS:
        return False
    with np.errstate(all="ignore"):  # outputs may overflow
        if not _has_a_sign(network, _some(data, rows), data.targets):
            return False
    whole = data if data.sample_weight is None else data.take(np.flatnonzero(data.sample_weight))
    diagnosis = diagnosed(network, whole.x, whole.targets, network._gradients(whole), columns, of_frame)
    found = [finding for finding in diagnosis.warnings if finding.fatal]
    if found:
        told = " ".join(f"{finding.message}. {finding.advice}." for finding in found)
        faults = "a fault" if len(found) == 1 else f"{len(found)} faults"
        warn(f"the fit has ended with {faults}: {told} See na.diagnose(model, X, y)", TrainingWarning)
    return bool(found)


def warn_if_members_collapsed(networks: Sequence[FittedNetwork], data: Data, columns: Sequence[str]) -> None:
    """Warns of what is wrong with the first member of a tabular model that is of no use, if one is."""
    for network in networks:
        if warn_if_collapsed(network, data, len(network.history_["loss"]), columns, of_frame=True):
            return


def _some(data: Data, rows: int) -> Data:
    """Returns at most so many rows, at even distances; only rows with weight count."""
    if data.sample_weight is not None:
        numbers = np.flatnonzero(data.sample_weight)
        return data.take(numbers[:: -(-len(numbers) // rows)])
    return data.take(np.arange(0, data.rows, -(-data.rows // rows)))


def _has_a_sign(network: FittedNetwork, data: Data, targets: Array) -> bool:
    """Returns whether these rows give reason to measure all. A dead layer shows in the output, which is constant.

    targets: the targets of all rows. Each call of NumPy costs more than its work here, so there are few calls.
    """
    spread = float(np.ptp(network._known().predict(data.x, 1), axis=0).max())
    wanted = float(np.ptp(data.targets)) or float(np.ptp(targets))  # rare counts, rare classes
    values = data.x.values if isinstance(data.x, SparseRows) else data.x
    kind = network.loss_function.of
    return (
        not CONSTANT_SPREAD * wanted < spread < np.inf
        or (kind == "numbers" and spread > 2 * wanted)  # of few rows; of all it is WILD_SPREAD
        or (kind == "probabilities" and network.history_["loss"][-1] > wild_loss(network))
        or (np.abs(values).max(initial=0) > INPUT_REACHES[2] and _reach(network, data) > INPUT_REACHES[2])
        or lost_variance(data.targets, network) > LOST_VARIANCE
    )


def _reach(network: FittedNetwork, data: Data) -> float:
    inputs, _ = activities(network, data.x)
    std = np.sqrt(inputs["squares"] / data.rows)
    return float(input_reach(inputs["minimum"], inputs["maximum"], inputs["mean"], std).max())
