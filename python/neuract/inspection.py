# SPDX-License-Identifier: BSD-3-Clause
"""What the neurons of a network do on given rows, and what is wrong with them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from neuract import _diagnosis_table, _findings, _training
from neuract._activities import activities
from neuract._findings import Evidence, Finding
from neuract._training import Gradients
from neuract.activations import Activation
from neuract.layers import layer_names
from neuract.network import Network

Array = npt.NDArray[Any]

__all__ = ["Diagnosis", "Finding", "LayerDiagnosis", "diagnose"]


@dataclass(frozen=True)
class LayerDiagnosis:
    """What the neurons of one layer do.

    Attributes
    ----------
    name : str
        As in `Network.summary`: "hidden 1", "hidden 2", ..., "output".
    activation : Activation
    firing_share : array of shape (units,)
        Share of the rows on which the neuron fires, as `Network.fired` says.
    mean, std : array of shape (units,)
        Of what it passes on, over the rows; std with the number of rows as divisor.
    saturated_share : array of shape (units,)
        Share of the rows on which it is near a limit of its activation, as `Activation.saturates_at` says; 0 where
        that has none on both sides.
    dead, constant : array of bool of shape (units,)
        Whether it fires on no row; whether it passes the same on for every row.
    gradient_norms : array of shape (units,) or None
        Euclidean norm of the mean loss's gradient by the neuron's incoming weights and bias, without penalties; None
        without y.
    gradient_norm : float or None
        The same of the whole layer.
    update_ratio : float or None
        Learning rate · ‖gradient by the layer's weights‖ / ‖its weights‖: how far a step of plain gradient descent
        would move them. Around 1e-3 is usual.
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


@dataclass(frozen=True)
class Diagnosis:
    """What `diagnose` found; ``str()`` gives a table, and a notebook shows it.

    The table has a line a layer: how many neurons it has; on what share of the rows they fire, how many are dead and on
    what share of the rows they are saturated; the means of their `mean` and `std`; the norm of the layer's gradient and
    its update ratio.

    Attributes
    ----------
    rows : int
        How many rows were looked at.
    layers : tuple of LayerDiagnosis
        From the first hidden layer to the output layer.
    loss : float or None
        The mean loss over the rows, without penalties; None without y.
    gradient_ratio : float or None
        Gradient norm of the last layer over that of the first; None without y.
    input_minimum, input_maximum, input_mean, input_std : array of shape (n_features,)
        Of the columns of X.
    warnings : tuple of Finding
        What is wrong, the worst first; each has a `rule`, a `severity`, the `layer` and `neurons`, a `message` and
        `advice`.
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
        return importlib.import_module("neuract.plotting").DiagnosisDisplay(self).plot()


def diagnose(model: Any, X: Any, y: npt.ArrayLike | None = None) -> Diagnosis:
    """Looks at every neuron of a fitted model while X passes through, and says what is wrong.

    Parameters
    ----------
    model : Network, MLPClassifier or MLPRegressor
        Fitted; it stays as it is.
    X : array-like or sparse matrix of shape (rows, features)
        Some hundred rows or more, best those that it learned from: a neuron that fires rarely is silent on few rows.
    y : array-like or None, default=None
        Targets, as the model was fitted to. Without them there is no loss and no gradient to look at.

    Returns
    -------
    Diagnosis

    Raises
    ------
    TypeError
        If the model is something else.
    ValueError
        If X or y do not fit it, or it is not fitted.

    Notes
    -----
    X is read once (and once more, for the gradients, with y); memory does not depend on the number of rows, nor do the
    results on the number of threads.

    What it warns of, and from where on ("warn", "serious", "critical"):

    ===================  ===========================================================================================
    dying_relu           Neurons that fire on no row: from 5 %, from 20 %, above 50 % of a layer, or of all hidden
                         layers. The bands are in use for ReLU networks (https://ttsugriy.github.io).
    vanishing_gradient   The first layer's gradient norm is 1e2, 1e4, 1e6 times smaller than the last one's. Glorot &
                         Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks";
                         the thresholds are ours.
    exploding_gradient   It is as many times larger, or not finite; or a layer's update ratio is 1, 10, 100. Pascanu,
                         Mikolov & Bengio 2012, arXiv:1211.5063; the thresholds are ours.
    saturation           Neurons at a limit of their activation on 95 % of the rows: from 5 %, from 20 %, above 50 % of
                         a layer; not of the output layer where the loss is a cross entropy, which undoes it. Glorot &
                         Bengio 2010; the thresholds are ours.
    all_linear           Hidden layers whose activations are all linear: such a network is one linear map.
    unscaled_inputs      Columns of X that reach beyond 5, 50, 500 on either side, by their least and greatest value and
                         by abs(mean) + 2 · standard deviation, so that outliers alone are none; and columns that are
                         constant, but for zeros, which do nothing. LeCun et al. 1998, "Efficient BackProp"; the
                         thresholds are ours.
    unreachable_targets  Targets that the output layer's activation cannot give: any, from 20 %, above 50 % of them.
    ===================  ===========================================================================================

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> X = np.random.default_rng(0).normal(size=(500, 3))
    >>> net = na.Network([na.Dense(8), na.Dense(1, "identity")], epochs=5, random_state=0).fit(X, X[:, 0])
    >>> diagnosis = na.diagnose(net, 1000 * X, X[:, 0])
    >>> [finding.rule for finding in diagnosis.warnings]
    ['exploding_gradient', 'unscaled_inputs']
    """
    if not hasattr(model, "_to_diagnose"):
        raise TypeError(f"diagnose takes a Network, MLPClassifier or MLPRegressor, got {model!r}")
    network, x, data = model._to_diagnose(X, y)
    inputs, neurons = activities(network, x)
    gradients = None if data is None else _training.mean_gradients(network, data)
    layers = _layers(network, len(x), neurons, gradients)
    diagnosis = Diagnosis(
        rows=len(x),
        layers=layers,
        loss=None if gradients is None else gradients.loss,
        gradient_ratio=_ratio(layers[-1].gradient_norm, layers[0].gradient_norm),
        input_minimum=inputs["minimum"],
        input_maximum=inputs["maximum"],
        input_mean=inputs["mean"],
        input_std=np.sqrt(inputs["squares"] / len(x)),
        warnings=(),
    )
    targets = None if data is None else data.targets
    return replace(diagnosis, warnings=_findings.find(Evidence(diagnosis, network, targets)))


def _layers(
    network: Network, rows: int, neurons: list[Array], gradients: Gradients | None
) -> tuple[LayerDiagnosis, ...]:
    names, weights, slopes = layer_names(len(network.layers)), network.weights, network.slopes
    return tuple(
        LayerDiagnosis(
            name=names[number],
            activation=layer.activation,
            firing_share=seen["fired"] / rows,
            mean=seen["mean"].copy(),
            std=np.sqrt(seen["squares"] / rows),
            saturated_share=seen["saturated"] / rows,
            dead=seen["fired"] == 0,
            constant=seen["minimum"] == seen["maximum"],
            slopes=slopes[number],
            **_gradient_numbers(network.learning_rate, weights[number], gradients, number),
        )
        for number, (layer, seen) in enumerate(zip(network.layers, neurons, strict=True))
    )


def _gradient_numbers(learning_rate: float, weights: Array, gradients: Gradients | None, layer: int) -> dict[str, Any]:
    """The fields of a LayerDiagnosis that need y."""
    if gradients is None:
        return {"gradient_norms": None, "gradient_norm": None, "update_ratio": None}
    of_weights = gradients.weights[layer].astype(np.float64)
    norms = np.hypot(np.linalg.norm(of_weights, axis=0), gradients.biases[layer])
    step = learning_rate * float(np.linalg.norm(of_weights))
    return {
        "gradient_norms": norms,
        "gradient_norm": float(np.linalg.norm(norms)),
        "update_ratio": _ratio(step, float(np.linalg.norm(weights.astype(np.float64)))),
    }


def _ratio(of: float | None, to: float | None) -> float | None:
    """One over the other; infinite where only the other is 0, NaN where both are."""
    if of is None or to is None:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.float64(of) / to)
