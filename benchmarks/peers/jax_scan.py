# SPDX-License-Identifier: BSD-3-Clause
"""JAX: an epoch is one compiled program, a scan over its mini-batches; optax's Adam.

`jax` takes the order of rows from NumPy. `jax-inside` takes it from JAX inside the program, as its users write it: JAX
sorts random numbers several times, which takes longer than an epoch of a small network.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.cases import Case
from benchmarks.data import Data

ADAM = optax.adam(1e-3)


class Scan:
    def __init__(self, case: Case, data: Data, threads: int) -> None:
        jax.config.update("jax_enable_x64", case.dtype == "float64")
        self.case = case
        self.x, self.targets = jnp.asarray(data.x), jnp.asarray(data.targets.astype(target_type(case)))
        self.parameters: Any = [tuple(map(jnp.asarray, layer)) for layer in zip(data.weights, data.biases, strict=True)]
        self.state: Any = ADAM.init(self.parameters)
        self.random = np.random.default_rng(0)
        self.epoch = jax.jit(partial(run_epoch, case, data.cached), donate_argnums=(0, 1))
        self.forward = jax.jit(partial(outputs, case))

    def train_epoch(self) -> None:
        order = self._next_order()
        self.parameters, self.state, loss = self.epoch(self.parameters, self.state, self.x, self.targets, order)
        loss.block_until_ready()

    def _next_order(self) -> Any:
        return self.random.permutation(len(self.x)).astype(np.int32)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.forward(self.parameters, x))


class ShuffledInside(Scan):
    def __init__(self, case: Case, data: Data, threads: int) -> None:
        super().__init__(case, data, threads)
        self.key = jax.random.key(0)
        self.epoch = jax.jit(partial(run_shuffled_epoch, case, data.cached), donate_argnums=(0, 1))

    def _next_order(self) -> Any:
        self.key, key = jax.random.split(self.key)
        return key


def target_type(case: Case) -> str:
    return "int32" if case.classifies else case.dtype


def run_epoch(case: Case, cached: bool, parameters: Any, state: Any, x: Any, targets: Any, order: Any) -> Any:
    """Returns parameters, Adam's state and the last loss. The rows after the last whole batch make a smaller step."""
    full = len(order) // case.batch * case.batch
    batches, rest = order[:full].reshape(-1, case.batch), order[full:]
    rows: Any = lambda index: (x[index], targets[index])  # noqa: E731

    def step(carried: Any, batch: Any) -> Any:
        return one_step(case, *carried, *(batch if cached else rows(batch)))

    carried, losses = jax.lax.scan(step, (parameters, state), rows(batches) if cached else batches)
    if len(rest):
        carried, _ = one_step(case, *carried, *rows(rest))
    return *carried, losses[-1]


def run_shuffled_epoch(case: Case, cached: bool, parameters: Any, state: Any, x: Any, targets: Any, key: Any) -> Any:
    return run_epoch(case, cached, parameters, state, x, targets, jax.random.permutation(key, len(x)))


def one_step(case: Case, parameters: Any, state: Any, x: Any, targets: Any) -> Any:
    loss, gradients = jax.value_and_grad(partial(mean_loss, case))(parameters, x, targets)
    updates, state = ADAM.update(gradients, state, parameters)
    return (optax.apply_updates(parameters, updates), state), loss


def mean_loss(case: Case, parameters: Any, x: Any, targets: Any) -> Any:
    z = last_layer(case, parameters, x)
    if case.classifies:
        return optax.softmax_cross_entropy_with_integer_labels(z, targets).mean()
    return 0.5 * ((z - targets) ** 2).sum(axis=1).mean()


def outputs(case: Case, parameters: Any, x: Any) -> Any:
    z = last_layer(case, parameters, x)
    return jax.nn.softmax(z) if case.classifies else z


def last_layer(case: Case, parameters: Any, y: Any) -> Any:
    """Computes the weighted sums of the output layer."""
    hidden = jnp.tanh if case.hidden == "tanh" else jax.nn.relu
    *layers, (weights, biases) = parameters
    for layer_weights, layer_biases in layers:
        y = hidden(y @ layer_weights + layer_biases)
    return y @ weights + biases
