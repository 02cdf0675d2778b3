# SPDX-License-Identifier: BSD-3-Clause
"""Training by SciPy's L-BFGS-B on all rows at once, with loss and gradient from the core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.inputs._data import Data
from neuract.layers._inputs import flattened
from neuract.layers._parameters import ALL_PARTS, Parameters
from neuract.optimizers import LBFGS
from neuract.training._guard import DivergedError
from neuract.training._session import Gradients, Session, Settings


def train_lbfgs(
    parameters: Parameters,
    settings: Settings,
    data: Data,
    iterations: int,
    on_iteration: Callable[[float], bool],
    gradients: Callable[[], Gradients] | None = None,
) -> Any:
    """Minimizes the mean loss over all rows plus penalty by SciPy's L-BFGS-B. Returns SciPy's result.

    on_iteration: takes the loss of an iteration and returns whether to stop. gradients: returns the mean loss over all
    rows and its gradient at the present parameters; None: the core computes them from `data`.
    """
    from scipy.optimize import minimize

    optimizer = settings.optimizer
    assert isinstance(optimizer, LBFGS)
    measured = gradients or partial(Session(parameters, settings, data.rows).gradients, data)
    strength = settings.alpha / data.total_weight
    latest, start = float("nan"), parameters.all()
    accepted = start

    def objective(flat: Array) -> tuple[float, Array]:
        nonlocal latest
        parameters.set(_unflattened(parameters, flat))
        found, weights = measured(), parameters.part("weights")
        penalty = 0.5 * strength * sum(float(np.vdot(w, w)) for w in weights)
        by_weights = [dw + strength * w for dw, w in zip(found.weights, weights, strict=True)]
        latest = found.loss + penalty
        if accepted is start and not np.isfinite(latest):
            raise _diverged(0)  # no line search can start from there
        of_inputs = flattened(parameters.inputs, parameters.n_inputs, found.inputs, parameters.dtype)
        return latest, _flattened([by_weights, found.biases, found.slopes, of_inputs])

    def callback(_: Array) -> None:
        nonlocal accepted
        accepted = parameters.all()  # the line search accepts the last point that it evaluated
        if on_iteration(latest):
            raise StopIteration

    flat = _flattened(list(start.values()))
    options = {"maxiter": iterations, "maxfun": optimizer.max_evaluations, "gtol": optimizer.tol}
    try:
        result = minimize(objective, flat, method="L-BFGS-B", jac=True, callback=callback, options=options)
    except BaseException:
        parameters.set(accepted)
        raise
    if not (np.isfinite(result.fun) and np.isfinite(result.x).all()):
        parameters.set(accepted)
        raise _diverged(int(result.nit))
    parameters.set(_unflattened(parameters, result.x))
    return result


def _diverged(iterations: int) -> DivergedError:
    return DivergedError(
        f"Solver produced non-finite parameter weights or loss after {iterations} iteration(s) of lbfgs. Scale X, and "
        "y if it holds numbers (with StandardScaler), or look for extreme values in them"
    )


def _flattened(parts: Sequence[Sequence[Array | None]]) -> Array:
    return np.concatenate([np.ravel(a).astype(np.float64) for part in parts for a in part if a is not None])


def _unflattened(parameters: Parameters, flat: Array) -> dict[str, list[Array]]:
    result: dict[str, list[Array]] = {}
    at = 0
    for part in ALL_PARTS:
        result[part] = []
        for shape in parameters.shapes(part):
            size = int(np.prod(shape))
            piece = flat[at : at + size].reshape(shape)
            result[part].append(np.ascontiguousarray(piece, dtype=parameters.dtype))
            at += size
    return result
