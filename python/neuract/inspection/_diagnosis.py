# SPDX-License-Identifier: BSD-3-Clause
"""Diagnosis and LayerDiagnosis: the results of `diagnose`."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.inspection._causes import Finding
from neuract.inspection._members import MembersDiagnosis
from neuract.inspection._table import frame, html, text

if TYPE_CHECKING:
    from neuract.plotting._diagnosis import DiagnosisDisplay


@dataclass(frozen=True)
class LayerDiagnosis:
    """Statistics of the neurons of one layer.

    Attributes
    ----------
    name : str
        As in `Network.summary`: "hidden 1", "hidden 2", ..., "output".
    activation : Activation
    firing_share : array of shape (units,)
        Share of the rows on which the neuron fires, as `Network.fired` defines it.
    mean, std : array of shape (units,)
        Of the neuron's output over the rows; std has the number of rows as divisor.
    saturated_share : array of shape (units,)
        Share of the rows on which the neuron is near a limit of its activation, as `Activation.saturates_at` defines
        it; 0 if the activation has no limits.
    dead, constant : array of bool of shape (units,)
        Whether the neuron fires on no row; whether its output is the same for every row.
    gradient_norms : array of shape (units,) or None
        Euclidean norm of the mean loss's gradient with respect to the neuron's incoming weights and bias, without
        penalties; None without y.
    gradient_norm : float or None
        The same norm for the whole layer.
    update_ratio : float or None
        Learning rate of the layer · ‖gradient with respect to its weights‖ / ‖its weights‖: how far a step of plain
        gradient descent would move them. Around 1e-3 is usual.
    slopes : array or None
        The learned slopes of a PReLU layer, (units,) or (1,) where shared.
    """

    name: str
    activation: Activation
    firing_share: Array
    mean: Array
    std: Array
    saturated_share: Array
    dead: npt.NDArray[np.bool_]
    constant: npt.NDArray[np.bool_]
    gradient_norms: Array | None
    gradient_norm: float | None
    update_ratio: float | None
    slopes: Array | None


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """The result of `diagnose`, which a prompt and a notebook show as a table.

    The table has a line per layer: its number of neurons; the mean share of the rows on which they fire; how many are
    dead; the mean share of the rows on which they are saturated; the means of their `mean` and `std`; the norm of the
    layer's gradient and its update ratio.

    Attributes
    ----------
    rows : int
        Number of rows of X.
    layers : tuple of LayerDiagnosis
        From the first hidden layer to the output layer.
    loss : float or None
        The mean loss over the rows, without penalties; None without y.
    gradient_ratio : float or None
        Gradient norm of the last layer divided by that of the first; None without y.
    input_minimum, input_maximum, input_mean, input_std : array of shape (n_features,)
        Of the columns of X.
    warnings : tuple of Finding
        Each has a `rule`, a `severity`, the `layer` and `neurons`, a `message` and `advice`; the worst come first.
    members : MembersDiagnosis or None
        Of a model with several members, of which all else shows one: `shown`, the number of that one, and of all
        members `losses`, `dead` (numbers of dead neurons) and `findings` (in how many members each rule found
        something).
    """

    rows: int
    layers: tuple[LayerDiagnosis, ...]
    loss: float | None
    gradient_ratio: float | None
    input_minimum: Array
    input_maximum: Array
    input_mean: Array
    input_std: Array
    warnings: tuple[Finding, ...]
    members: MembersDiagnosis | None = None

    def __repr__(self) -> str:
        return text(self)

    def to_frame(self) -> Any:
        """Returns a pandas DataFrame with one row per neuron."""
        return frame(self)

    def _repr_html_(self) -> str:
        return html(self)

    def plot(self) -> DiagnosisDisplay:
        """Draws the diagnosis with matplotlib."""
        plotting: Any = importlib.import_module("neuract.plotting")
        display: DiagnosisDisplay = plotting.DiagnosisDisplay(self).plot()
        return display
