# SPDX-License-Identifier: BSD-3-Clause
"""From the parameters of an estimator to its Network: layers, optimizer, threads."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from joblib import cpu_count

from neuract.activations._base import Activation
from neuract.activations._named import Sigmoid
from neuract.activations._named import activation as activation_named
from neuract.estimators._parameters import Parameters
from neuract.layers._dense import Dense
from neuract.losses._base import Loss
from neuract.network import Network
from neuract.optimizers import LBFGS, SGD, Adam, AdamW, Optimizer
from neuract.schedules._rate import SKLEARNS

AUTO_BATCH = 200


def new_network(model: Parameters, loss: Loss, output: Dense, rows: int, dtype: str) -> Network:
    """A network of these parameters, without weights yet, to learn from that many rows."""
    return Network(
        [*_hidden_layers(model), output],
        loss=loss,
        optimizer=_optimizer(model),
        learning_rate=model.learning_rate_init,
        alpha=model.alpha,
        l1=model.l1,
        max_grad_norm=model.max_grad_norm,
        batch_size=min(most_rows_a_step(model), rows),
        epochs=model.max_iter,
        shuffle=model.shuffle,
        init=model.init,
        dtype=dtype,
        n_threads=_threads(model.n_jobs),
        callbacks=model.callbacks,
    )


def as_without_hidden_layers(network: Network, activation: str | Activation | Sequence[str | Activation]) -> None:
    """scikit-learn's smaller start for sigmoid also where there is no hidden layer to have it."""
    if len(network.layers) > 1 or network.init != "glorot_uniform" or not isinstance(activation, (str, Activation)):
        return
    if isinstance(activation_named(activation), Sigmoid):
        shrunk = np.sqrt(2 / 6)
        network.set_parameters([network.weights[0] * shrunk], [network.biases[0] * shrunk])


def most_rows_a_step(model: Parameters) -> int:
    return model.batch_size if isinstance(model.batch_size, Integral) else AUTO_BATCH


def _hidden_layers(model: Parameters) -> list[Dense]:
    sizes = model.hidden_layer_sizes
    sizes = [sizes] if isinstance(sizes, Integral) else list(sizes)
    for size in sizes:
        if not isinstance(size, Integral) or size < 1:
            raise ValueError(f"hidden_layer_sizes must be whole numbers > 0, got {sizes}")
    activations, thresholds, dropouts = (
        _one_a_layer(getattr(model, name), name, len(sizes)) for name in ("activation", "threshold", "dropout")
    )
    return [
        Dense(int(size), activation, threshold=threshold, dropout=dropout)
        for size, activation, threshold, dropout in zip(sizes, activations, thresholds, dropouts, strict=True)
    ]


def _one_a_layer(value: Any, name: str, n_layers: int) -> list[Any]:
    """A value for each hidden layer, from one for all of them or a list."""
    if not isinstance(value, (list, tuple, np.ndarray)):
        return [value] * n_layers
    if len(value) != n_layers:
        raise ValueError(
            f"{name} must be one for all hidden layers, or a list with one for each of the {n_layers} of them; "
            f"got {len(value)}: {value!r}"
        )
    return list(value)


def _optimizer(model: Parameters) -> Optimizer:
    if model.weight_decay and model.solver != "adam":
        raise ValueError(
            f"weight_decay={model.weight_decay:g} needs solver='adam', which becomes AdamW by it; with "
            f"{model.solver!r} use alpha, an L2 penalty"
        )
    if model.solver == "sgd":
        return SGD(model.momentum, model.nesterovs_momentum)
    if model.solver == "adam" and model.weight_decay:
        return AdamW(model.beta_1, model.beta_2, model.epsilon, model.weight_decay)
    if model.solver == "adam":
        return Adam(model.beta_1, model.beta_2, model.epsilon)
    if model.learning_rate not in SKLEARNS:
        raise ValueError(f"learning_rate={model.learning_rate!r} is for adam and sgd; lbfgs finds its own steps")
    return LBFGS(model.tol, model.max_fun)


def _threads(n_jobs: int | None) -> int | None:
    """Threads by scikit-learn's rules: counted down from the number of cores where n_jobs is negative."""
    if n_jobs is None:
        return None
    if n_jobs == 0:
        raise ValueError("n_jobs=0 has no meaning: give a number of threads, -1 for one a core, or None")
    return int(n_jobs) if n_jobs > 0 else max(1, cpu_count() + 1 + int(n_jobs))
