# SPDX-License-Identifier: BSD-3-Clause
"""The inverse temperature β of probabilities: one number that makes a classifier's log loss smallest on held-out rows.

Softmax: p^β / Σ p^β. Sigmoid: 1 / (1 + exp(-β z)) with z = log(p / (1 - p)). β < 1 softens, β > 1 sharpens.
The most probable class stays the same. Source: Guo et al. 2017, arXiv:1706.04599 (temperature T = 1 / β).
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from neuract._typing import Array

LOW, HIGH = 0.2, 3.0  # β outside says that the held-out rows are too few to tell
MOST_STEPS, PRECISION = 40, 1e-4  # of β, relative
DIGITS = 6  # after the point: the last bits of exp and of sums differ between processors


def temperature(outputs: Array, targets: Array, weights: Array | None, kind: str) -> Array:
    """Returns the β in [0.2, 3] with the smallest weighted log loss.

    The loss is convex in β: Newton's method within a bracket needs about 5 passes for four digits, where golden-section
    search needs 20.

    Parameters
    ----------
    outputs : ndarray of shape (rows, n_out)
        Probabilities. Rows with NaN have no prediction and are left out.
    targets : ndarray of shape (rows,) or (rows, n_out)
        The number of each row's class for softmax; for sigmoids 0, 1 or a probability for each output.
    weights : ndarray of shape (rows,) or None
        At least 0.
    kind : {"classes", "labels"}
        "classes" with several outputs means softmax; all else means sigmoids.

    Returns
    -------
    ndarray of shape (1,) for softmax, (n_out,) for sigmoids
        1 where no row has a weight.

    Examples
    --------
    Probabilities of 0.9, of which two thirds are right, should have been 2/3:

    >>> import numpy as np
    >>> from neuract.outputs._calibration import calibrated, temperature
    >>> sure = np.full((6, 1), 0.9)
    >>> beta = temperature(sure, np.array([1, 1, 1, 1, 0, 0]), None, "classes")
    >>> calibrated(sure, beta, "classes")[0].round(3)
    array([0.667])
    """
    held_out = _held_out(outputs, targets, weights, kind)
    beta = np.ones(held_out.n_temperatures)
    low, high = np.full_like(beta, LOW), np.full_like(beta, HIGH)
    for _ in range(MOST_STEPS):
        slope, curvature = held_out.derivatives(beta)
        low, high = np.where(slope < 0, beta, low), np.where(slope < 0, high, beta)
        step = slope / np.maximum(curvature, np.finfo(np.float64).tiny)
        inside = (low < beta - step) & (beta - step < high)
        better = np.where(inside, beta - step, np.sqrt(low * high))
        settled = np.abs(better - beta) <= PRECISION * beta
        beta = np.where(slope == 0, beta, better)
        if (settled | (slope == 0)).all():
            break
    return np.round(beta, DIGITS)


def log_loss(outputs: Array, targets: Array, weights: Array | None, kind: str, beta: Array | float = 1.0) -> float:
    """Returns the weighted mean over rows of -log p of the target, summed over sigmoid outputs, at this β.

    The parameters are those of `temperature`; NaN if no row has a weight.
    """
    held_out = _held_out(outputs, targets, weights, kind)
    total = held_out.weights.sum(dtype=np.float64)
    losses = held_out.losses(np.broadcast_to(beta, held_out.n_temperatures))
    return float(held_out.weights @ losses / total) if total > 0 else float("nan")


def calibrated(outputs: Array, beta: Array | float, kind: str) -> Array:
    """Returns the probabilities at this β, in the shape and dtype of outputs; β: as `temperature` returns it."""
    scale = np.asarray(beta, outputs.dtype)
    if _is_softmax(outputs, kind):
        powers = np.exp(scale * _below_largest(outputs))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * scale * _logits(outputs)))  # unlike exp, tanh does not overflow


class _HeldOut(ABC):
    """Rows with predictions, targets and weights: the losses of β and the derivatives of their mean."""

    n_temperatures: int
    weights: Array

    @abstractmethod
    def losses(self, beta: Array) -> Array:
        """Returns each row's loss."""

    @abstractmethod
    def derivatives(self, beta: Array) -> tuple[Array, Array]:
        """Returns the first and second derivative of the weighted sum of losses with respect to each β."""


class _Softmax(_HeldOut):
    """One class per row: loss = log Σ exp(β m) - β m_target, with m = log p - max log p."""

    n_temperatures = 1

    def __init__(self, outputs: Array, targets: Array, weights: Array) -> None:
        self.logarithms, self.weights = _below_largest(outputs), weights
        self.squares = self.logarithms**2
        self.of_target = self.logarithms[np.arange(len(outputs)), targets.reshape(-1).astype(np.intp)]

    def losses(self, beta: Array) -> Array:
        scale = beta.astype(self.logarithms.dtype)
        return np.asarray(np.log(np.exp(scale * self.logarithms).sum(axis=1)) - scale * self.of_target)

    def derivatives(self, beta: Array) -> tuple[Array, Array]:
        powers = np.exp(beta.astype(self.logarithms.dtype) * self.logarithms)
        sums = powers @ np.ones(powers.shape[1], powers.dtype)
        mean = np.einsum("ij,ij->i", powers, self.logarithms) / sums
        variance = np.einsum("ij,ij->i", powers, self.squares) / sums - mean**2
        return _summed(self.weights, mean - self.of_target), _summed(self.weights, variance)


class _Sigmoids(_HeldOut):
    """Each output on its own: loss = log(1 + exp(β z)) - target β z."""

    def __init__(self, outputs: Array, targets: Array, weights: Array) -> None:
        self.logits, self.weights = _logits(outputs), weights
        self.targets = targets.reshape(outputs.shape).astype(outputs.dtype)
        self.n_temperatures = outputs.shape[1]

    def losses(self, beta: Array) -> Array:
        scaled = beta.astype(self.logits.dtype) * self.logits
        return np.asarray((np.logaddexp(0, scaled) - self.targets * scaled).sum(axis=1))

    def derivatives(self, beta: Array) -> tuple[Array, Array]:
        tangents = np.tanh(0.5 * beta.astype(self.logits.dtype) * self.logits)
        slopes = self.logits * (0.5 + 0.5 * tangents - self.targets)
        curvatures = self.logits**2 * (0.25 - 0.25 * tangents**2)
        return _summed(self.weights, slopes), _summed(self.weights, curvatures)


def _held_out(outputs: Array, targets: Array, weights: Array | None, kind: str) -> _HeldOut:
    weights = np.ones(len(outputs)) if weights is None else np.asarray(weights, np.float64)
    known = ~np.isnan(outputs).any(axis=1)
    if not known.all():
        outputs, targets, weights = outputs[known], targets[known], weights[known]
    rows = _Softmax if _is_softmax(outputs, kind) else _Sigmoids
    return rows(outputs, targets, weights)


def _is_softmax(outputs: Array, kind: str) -> bool:
    return kind == "classes" and outputs.shape[1] > 1


def _below_largest(outputs: Array) -> Array:
    """Returns log p minus each row's largest; p is at least the smallest normal number."""
    logarithms = np.log(np.maximum(outputs, np.finfo(outputs.dtype).tiny))
    return np.asarray(logarithms - logarithms.max(axis=1, keepdims=True))


def _logits(outputs: Array) -> Array:
    """Returns log(p / (1 - p)); p is between the smallest normal number and the largest one below 1."""
    limits = np.finfo(outputs.dtype)
    p = np.clip(outputs, limits.tiny, 1 - limits.epsneg)
    return np.asarray(np.log(p) - np.log1p(-p))


def _summed(weights: Array, values: Array) -> Array:
    """Returns the weighted sum over rows in float64, one for each column."""
    return np.atleast_1d(weights @ values)
