# SPDX-License-Identifier: BSD-3-Clause
"""What the neurons of a network do on given rows, and what is wrong with them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuract import _diagnosis_table, _summary
from neuract._findings import Finding
from neuract.activations import Activation

Array = npt.NDArray[Any]

__all__ = ["Diagnosis", "Finding", "LayerDiagnosis", "diagnose"]


@dataclass(frozen=True)
class LayerDiagnosis:
    """What the neurons of one layer do.

    Attributes
    ----------
    name : str
        "hidden 1", "hidden 2", ..., "output".
    activation : Activation
    firing_share : array of shape (units,)
        Share of the rows on which the neuron fires, as `Network.fired` says.
    mean, std : array of shape (units,)
        Of what it passes on, over the rows.
    saturated_share : array of shape (units,)
        Share of the rows on which it is near a limit of its activation; 0 where that has none.
    dead, constant : array of bool of shape (units,)
        Fires on no row; passes the same on for every row.
    gradient_norms : array of shape (units,) or None
        Norm of the mean loss's gradient by the neuron's incoming weights and bias; None without y.
    gradient_norm : float or None
        Of the whole layer.
    update_ratio : float or None
        learning rate · norm of the gradient by the layer's weights / norm of these weights.
    slopes : array or None
        The learned slopes of a PReLU layer.
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


@dataclass(frozen=True)
class Diagnosis:
    """What `diagnose` found; ``str()`` is a table.

    Attributes
    ----------
    rows : int
        How many rows were looked at.
    layers : tuple of LayerDiagnosis
    loss : float or None
        The mean loss; None without y.
    gradient_ratio : float or None
        Gradient norm of the last layer over that of the first.
    input_minimum, input_maximum, input_mean, input_std : array of shape (n_features,)
    warnings : tuple of Finding
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

    def __str__(self) -> str:
        return _diagnosis_table.text(self)

    def to_frame(self) -> Any:
        """A pandas DataFrame of one row a neuron."""
        return _diagnosis_table.frame(self)

    def _repr_html_(self) -> str:
        return _diagnosis_table.html(self)

    def plot(self) -> Any:
        """Draws it, with matplotlib -> `neuract.plotting.DiagnosisDisplay`."""
        return importlib.import_module("neuract.plotting").DiagnosisDisplay(self).plot()  # needs matplotlib


def diagnose(model: Any, X: Any, y: npt.ArrayLike | None = None) -> Diagnosis:
    """Looks at every neuron while X passes through a fitted model.

    Parameters
    ----------
    model : Network or fitted estimator
    X : array-like or sparse matrix of shape (rows, features)
    y : array-like or None, default=None
        Targets, as the model was fitted to; without them there are no gradients.

    Returns
    -------
    Diagnosis
    """
    network, x, data = model._to_diagnose(X, y)
    outputs, fired = network.forward(X), network.fired(X)
    gradients = None if data is None else network.gradients(x, data.targets)
    layers = []
    for index, layer in enumerate(network.layers):
        out = outputs[index].astype(np.float64)
        norms = norm = ratio = None
        if gradients is not None:
            parts = np.vstack([gradients.weights[index], gradients.biases[index]]).astype(np.float64)
            norms, norm = np.linalg.norm(parts, axis=0), float(np.linalg.norm(parts))
            ratio = network.learning_rate * norm / float(np.linalg.norm(network.weights[index]))
        firing = fired[index].mean(axis=0)
        layers.append(
            LayerDiagnosis(
                _summary.layer_names(len(network.layers))[index], layer.activation, firing, out.mean(axis=0),
                out.std(axis=0), np.zeros(layer.units), firing == 0, np.ptp(out, axis=0) == 0, norms, norm, ratio,
                network.slopes[index],
            )
        )  # fmt: skip
    x64 = np.asarray(x, dtype=np.float64)
    first, last = layers[0].gradient_norm, layers[-1].gradient_norm
    ratio = None if first is None or last is None or first == 0 else last / first
    loss = None if gradients is None else gradients.loss
    return Diagnosis(len(x), tuple(layers), loss, ratio, x64.min(0), x64.max(0), x64.mean(0), x64.std(0), ())
