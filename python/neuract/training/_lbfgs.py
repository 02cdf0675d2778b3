# SPDX-License-Identifier: BSD-3-Clause
"""Training by SciPy's L-BFGS-B: all rows at once, loss and gradient from the core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neuract._typing import Array
from neuract.inputs._data import Data
from neuract.layers._parameters import PARTS
from neuract.optimizers import LBFGS
from neuract.training._session import make_trainer, mean_gradients

if TYPE_CHECKING:
    from neuract.network import Network


def train_lbfgs(network: Network, data: Data, on_iteration: Callable[[float], bool]) -> Any:
    """Minimizes the mean loss plus penalty over all rows by SciPy's L-BFGS-B -> SciPy's result."""
    from scipy.optimize import minimize

    assert isinstance(network.optimizer, LBFGS)
    trainer = make_trainer(network, network._built(), data.rows)
    strength = network.alpha / data.total_weight
    latest, accepted = float("nan"), network._parameters()

    def objective(flat: Array) -> tuple[float, Array]:
        nonlocal latest
        network._set_parameters(_unflattened(network, flat))
        gradients, weights = mean_gradients(network, data, trainer), network.weights
        penalty = 0.5 * strength * sum(float(np.vdot(w, w)) for w in weights)
        by_weights = [dw + strength * w for dw, w in zip(gradients.weights, weights, strict=True)]
        latest = gradients.loss + penalty
        return latest, _flattened([by_weights, gradients.biases, gradients.slopes])

    def callback(_: Array) -> None:
        nonlocal accepted
        accepted = network._parameters()  # the line search takes the last point that it looked at
        if on_iteration(latest):
            raise StopIteration

    options = {
        "maxiter": network.epochs,
        "maxfun": network.optimizer.max_evaluations,
        "gtol": network.optimizer.tol,
    }
    start = _flattened(list(accepted.values()))
    try:
        result = minimize(objective, start, method="L-BFGS-B", jac=True, callback=callback, options=options)
    except BaseException:
        network._set_parameters(accepted)
        raise
    network._set_parameters(_unflattened(network, result.x))
    return result


def _flattened(parts: Sequence[Sequence[Array | None]]) -> Array:
    return np.concatenate([np.ravel(a).astype(np.float64) for part in parts for a in part if a is not None])


def _unflattened(network: Network, flat: Array) -> dict[str, list[Array]]:
    parameters: dict[str, list[Array]] = {}
    at = 0
    for part in PARTS:
        parameters[part] = []
        for shape in network._shapes(part):
            size = int(np.prod(shape))
            piece = flat[at : at + size].reshape(shape)
            parameters[part].append(np.ascontiguousarray(piece, dtype=network.dtype))
            at += size
    return parameters
