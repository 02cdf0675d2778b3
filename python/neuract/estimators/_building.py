# SPDX-License-Identifier: BSD-3-Clause
"""Builds an estimator's Network from its parameters: layers, optimizer, threads, and the initial weights."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from joblib import cpu_count

from neuract._typing import Array
from neuract.activations._named import Sigmoid
from neuract.activations._named import activation as activation_named
from neuract.callbacks._listener import checked as checked_callbacks
from neuract.estimators._encodings import with_rates
from neuract.estimators._task import Task
from neuract.inputs._sparse import SparseRows
from neuract.layers._dense import PARTS, Dense, checked_layers
from neuract.layers._initial import checked as checked_init
from neuract.layers._inputs import checked_inputs
from neuract.layers._parameters import shapes
from neuract.network import Network
from neuract.optimizers import LBFGS, SGD, Adam, AdamW, Optimizer
from neuract.schedules._rate import SKLEARNS

AUTO_BATCH = 200


def new_network(model: Any, task: Task, rows: int, dtype: str, columns: int | None = None, *, silent: bool) -> Network:
    """Returns a network with the model's parameters, which must be checked, for a fit on that many rows.

    silent: without the callbacks. columns: of X, for the learning rates of a tabular estimator's parts.
    """
    network, callbacks = Network.__new__(Network), checked_callbacks(model.callbacks)
    layers, inputs = [*_hidden_layers(model), Dense(task.n_outputs, task.output)], checked_inputs(model._inputs)
    if columns is not None:
        layers = with_rates(layers, inputs, columns)
    network._describe(
        checked_layers(layers),
        inputs,
        task.loss,
        {
            "optimizer": _optimizer(model),
            "learning_rate": float(model.learning_rate_init),
            "schedule": None,
            "regularization_schedule": None,
            "alpha": float(model.alpha),
            "l1": float(model.l1),
            "max_grad_norm": None if model.max_grad_norm is None else float(model.max_grad_norm),
            "batch_size": min(most_rows_a_step(model), rows),
            "epochs": int(model.max_iter),
            "shuffle": bool(model.shuffle),
            "init": checked_init(model.init),
            "dtype": dtype,
            "random_state": None,
            "n_threads": threads_of_jobs(model.n_jobs),
            "verbose": False,
        },
        [] if silent else callbacks,
        task.core_loss,
    )
    return network


def start(network: Network, x: Array | SparseRows, random: np.random.RandomState, activation: Any) -> None:
    """Draws the initial weights, as scikit-learn does."""
    network._learner.start(x, network.init, random)
    if len(network.layers) > 1 or network.init != "glorot_uniform" or isinstance(activation, (list, tuple)):
        return
    if isinstance(activation_named(activation), Sigmoid):  # scikit-learn's smaller bound, also without a hidden layer
        shrunk = np.sqrt(2 / 6)
        network.set_parameters([network.weights[0] * shrunk], [network.biases[0] * shrunk])


def go_on_from(network: Network, fitted: Network, *, with_optimizer: bool) -> None:
    """Copies the learned state of the fitted network; ValueError if its layers have other sizes."""
    known = fitted._known()
    if _sizes(network, known.n_inputs) != _sizes(fitted, known.n_inputs):
        raise ValueError(
            "warm_start and partial_fit need the same layers as the last fit. Previously got "
            f"{fitted.layers}, now {network.layers}; set warm_start=False to start anew"
        )
    network._learner.go_on_from(fitted._learner, with_optimizer=with_optimizer)


def _sizes(network: Network, n_inputs: int) -> list[list[tuple[int, ...]]]:
    return [shapes(network.layers, network.inputs, n_inputs, part) for part in PARTS]


def most_rows_a_step(model: Any) -> int:
    return int(model.batch_size) if isinstance(model.batch_size, Integral) else AUTO_BATCH


def _hidden_layers(model: Any) -> list[Dense]:
    sizes = model.hidden_layer_sizes
    sizes = sizes.item() if isinstance(sizes, np.ndarray) and sizes.ndim == 0 else sizes
    sizes = [sizes] if isinstance(sizes, Integral) else list(sizes)
    for size in sizes:
        if not isinstance(size, Integral) or size < 1:
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}; give whole numbers")
    activations, thresholds, dropouts = (
        _one_a_layer(getattr(model, name), name, len(sizes)) for name in ("activation", "threshold", "dropout")
    )
    return [
        Dense(int(size), activation, threshold=threshold, dropout=dropout)
        for size, activation, threshold, dropout in zip(sizes, activations, thresholds, dropouts, strict=True)
    ]


def _one_a_layer(value: Any, name: str, n_layers: int) -> list[Any]:
    """Returns a value for each hidden layer, from a single value or a list."""
    if not isinstance(value, (list, tuple, np.ndarray)):
        return [value] * n_layers
    if len(value) != n_layers:
        raise ValueError(
            f"{name} must be a single value, or a list with one value for each of the {n_layers} hidden layers; "
            f"got {len(value)}: {value!r}"
        )
    return list(value)


def _optimizer(model: Any) -> Optimizer:
    if model.weight_decay and model.solver != "adam":
        raise ValueError(
            f"weight_decay={model.weight_decay:g} needs solver='adam', which it turns into AdamW; with "
            f"{model.solver!r} use alpha, an L2 penalty"
        )
    if model.solver == "sgd":
        return SGD(model.momentum, model.nesterovs_momentum)
    if model.solver == "adam" and model.weight_decay:
        return AdamW(model.beta_1, model.beta_2, model.epsilon, model.weight_decay)
    if model.solver == "adam":
        return Adam(model.beta_1, model.beta_2, model.epsilon)
    if model.learning_rate not in SKLEARNS:
        raise ValueError(f"learning_rate={model.learning_rate!r} needs solver='adam' or 'sgd'; lbfgs has no rate")
    return LBFGS(model.tol, model.max_fun)


def threads_of_jobs(n_jobs: int | None) -> int | None:
    """Returns the number of threads by scikit-learn's rules: a negative n_jobs counts down from the number of cores."""
    if n_jobs is None:
        return None
    if n_jobs == 0:
        raise ValueError("n_jobs == 0 has no meaning: give a number of threads, -1 for one per core, or None")
    return int(n_jobs) if n_jobs > 0 else max(1, cpu_count() + 1 + int(n_jobs))
