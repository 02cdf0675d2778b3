# SPDX-License-Identifier: BSD-3-Clause
"""diagnose: statistics of every neuron on given rows, and warnings with advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from neuract._typing import Array, FittedModel, FittedNetwork
from neuract.inputs._sparse import SparseRows
from neuract.inspection._activities import activities
from neuract.inspection._causes import Finding
from neuract.inspection._diagnosis import Diagnosis, LayerDiagnosis
from neuract.inspection._findings import Evidence, find
from neuract.inspection._members import MembersDiagnosis, member_of
from neuract.inspection._pipelines import without_pipeline
from neuract.layers._dense import layer_names
from neuract.training._session import Gradients

__all__ = ["Diagnosis", "Finding", "LayerDiagnosis", "diagnose"]


def diagnose(model: FittedModel, X: Any, y: npt.ArrayLike | None = None, *, member: int = 0) -> Diagnosis:
    """Measures every neuron of a fitted model on X, and warns of what is wrong.

    Parameters
    ----------
    model : Network, estimator or Pipeline
        The fitted model; it is not changed. A Pipeline of scikit-learn is folded: see `neuract.folded`.
    X : array-like, sparse matrix or frame, as `fit` takes it
        Several hundred rows or more, preferably the training data: a rare neuron may fire on none of a few rows.
    y : array-like or None, default=None
        Targets, in the form that `fit` takes. They are needed for the loss and the gradients.
    member : int, default=0
        Of a tabular model, whose prediction is the mean of several networks, the one to show, in the order of
        `networks_`. The others are measured too: `members` of the result counts in how many each rule finds something.

    Returns
    -------
    Diagnosis

    Raises
    ------
    TypeError
        If the model is another object.
    ValueError
        If X or y do not fit the model, the model is not fitted, or has no such member.

    Notes
    -----
    X is read once for each member, and with y once more for the gradients. Memory does not depend on the number of
    rows, and results do not depend on the number of threads.

    A finding is a cause: the consequences that other rules have found are part of its message. The rules, each with its
    thresholds for "warn", "serious" and "critical":

    ===================  ===========================================================================================
    not_finite           Outputs of neurons, the loss or gradients are NaN or infinite.
    dying_relu           Neurons fire on no row: from 5 %, from 20 %, above 50 % of a layer. The bands are in use for
                         ReLU networks (https://ttsugriy.github.io).
    vanishing_gradient   The first layer's gradient norm is 1e2, 1e4, 1e6 times smaller than the last one's. Glorot &
                         Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks";
                         the thresholds are ours.
    exploding_gradient   It is as many times larger; or a layer's update ratio is 1, 10, 100, unless the optimizer is
                         lbfgs. Pascanu, Mikolov & Bengio 2012, arXiv:1211.5063; the thresholds are ours.
    saturation           Neurons are at a limit of their activation on 95 % of the rows: from 5 %, from 20 %, above 50 %
                         of a layer. The output layer is exempt if the loss is a cross entropy, whose gradient does not
                         vanish there. Glorot & Bengio 2010; the thresholds are ours.
    all_linear           All hidden layers have linear activations: such a network is one linear map.
    constant_output      The prediction is the same for all rows, to a millionth of y's spread, though X and y differ.
    wild_output          The training has diverged, but to finite numbers: predictions spread 10 times as widely as y,
                         or the log loss is 10 times that of equal probabilities, and a weight is larger than 10. The
                         thresholds are ours.
    unscaled_inputs      Columns of X reach beyond 5, 50, 500 on either side, both by their extremes and by
                         abs(mean) + 2 · standard deviation, so outliers alone do not count; or columns are constant
                         and not 0. LeCun et al. 1998, "Efficient BackProp"; the thresholds are ours.
                         For tabular models, a column is one of the matrix that their `columns_` make of X.
    unreachable_targets  The output layer's activation cannot give the targets: any, from 20 %, above 50 % of them.
    ===================  ===========================================================================================

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> X = np.random.default_rng(0).normal(size=(500, 3))
    >>> net = na.Network([na.Dense(8), na.Dense(1, "identity")], epochs=5, random_state=0).fit(X, X[:, 0])
    >>> diagnosis = na.diagnose(net, 1000 * X, X[:, 0])
    >>> [finding.rule for finding in diagnosis.warnings]
    ['unscaled_inputs']
    """
    model = without_pipeline(model)
    if not isinstance(model, FittedModel):
        raise TypeError(f"diagnose takes a Network, an MLP estimator or a tabular one, got {model!r}")
    network, networks = member_of(model, member), model._members().networks
    data = None if y is None else model._data(X, y)
    x = model._rows(X) if data is None else data.x
    columns, of_frame = model._column_names(), model._frame_columns() is not None

    def of(each: FittedNetwork) -> Diagnosis:
        gradients = None if data is None else each._gradients(data)
        return diagnosed(each, x, None if data is None else data.targets, gradients, columns, of_frame)

    if len(networks) == 1:
        return of(network)
    each = [of(one) for one in networks]
    return replace(each[member], members=MembersDiagnosis.of(each, member))


def diagnosed(
    network: FittedNetwork,
    x: Array | SparseRows,
    targets: Array | None,
    gradients: Gradients | None,
    columns: Sequence[str] | None,
    of_frame: bool = False,
) -> Diagnosis:
    """Returns the diagnosis of a network on checked rows; columns, of_frame: as `Evidence` has them."""
    inputs, neurons = activities(network, x)
    with np.errstate(all="ignore"):  # a network that diverged has infinities and NaN
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
    return replace(diagnosis, warnings=find(Evidence(diagnosis, network, targets, columns, of_frame)))


def _layers(
    network: FittedNetwork, rows: int, neurons: list[Array], gradients: Gradients | None
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
            **_gradient_numbers(network.learning_rate * layer.rates[0], weights[number], gradients, number),
        )
        for number, (layer, seen) in enumerate(zip(network.layers, neurons, strict=True))
    )


def _gradient_numbers(learning_rate: float, weights: Array, gradients: Gradients | None, layer: int) -> dict[str, Any]:
    """Returns the fields of a LayerDiagnosis that need y."""
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
    """Returns of / to: inf if only `to` is 0, NaN if both are, None if either is None."""
    if of is None or to is None:
        return None
    return float(np.float64(of) / to)
