# SPDX-License-Identifier: BSD-3-Clause
"""Random networks agree with the oracle: outputs, firing, loss, gradients, and parameters after some epochs.

`NEURACT_FUZZ=first:last` chooses the networks (default 0:200); `NEURACT_FUZZ=4711` repeats one. The tolerance of a
result is measured: SLACK times the change of the oracle's result when all inputs, and all parameters after every
step, change by ERROR roundings of the dtype. If a network is so close to a branch (a kink, a threshold) that rounding
decides, it has no answer, and another one is drawn.
"""

import copy
import os
from dataclasses import dataclass

import numpy as np
import pytest

import neuract as na
from oracle import reference as ref
from oracle.random_networks import PARAMETERS, draw
from oracle.twins import parameters, twin

EPS = {"float32": 2.0**-23, "float64": 2.0**-52}
ERROR = 8  # in roundings of each number; smaller errors often have no effect
DISTURBED = 4  # runs that measure the effect of such errors
SLACK = 4
ATTEMPTS = 100
LARGEST = 1e3  # output of a layer: exponentials of exponentials leave no digits


def seeds():
    first, _, last = os.environ.get("NEURACT_FUZZ", "0:200").partition(":")
    return range(int(first), int(last or int(first) + 1))


# ---- the oracle's answers and their uncertainty ----------------------------------------------------


class Rounding:
    """Adds errors of up to eps to numbers; without a generator, none."""

    def __init__(self, eps=0.0, rng=None):
        self.eps, self.rng = eps, rng

    def __call__(self, array):
        return array + array * self.noise(np.shape(array))

    def noise(self, shape, eps=None):
        return (eps or self.eps) * self.rng.uniform(-1, 1, shape) if self.rng else 0

    def disturb(self, layers):
        for p in learned(layers):
            p[:] = self(p)

    def optimizer(self, settings):
        """Adds errors to the rates, too: 1 - beta² keeps only the digits of float64, for any dtype."""
        shaken = {k: v * (1 + self.noise((), ERROR * EPS["float64"])) for k, v in settings.items() if type(v) is float}
        return ref.Optimizer(**settings | shaken)


@dataclass
class Saturating(ref.Layer):
    """A sigmoid or tanh with its slope from 1 - y, as in the package: its error is the rounding of 1."""

    rounding: Rounding | None = None

    def slope(self, z):
        return super().slope(z) + self.rounding.noise(z.shape)


def learned(layers):
    every = [getattr(layer, part) for part in ("weights", "biases", "slopes") for layer in layers]
    return [p for p in every if p is not None]


def shaken(layers, rounding):
    """Copies with errors in their parameters."""
    copies = [
        Saturating(**vars(k), rounding=rounding) if k.activation in ("sigmoid", "tanh") else k
        for k in copy.deepcopy(layers)
    ]
    rounding.disturb(copies)
    return copies


def answers(case, rounding):
    """The arrays to compare, in lists by name; those of "branches" must keep their signs."""
    layers = shaken(case.layers, rounding)
    by_class = layers[-1].activation == "softmax" and layers[-1].biases.size == 1  # a single class is 0, not one-hot
    t = case.t if by_class else rounding(ref.targets(layers[-1], case.t))
    weight = rounding(np.ones(len(case.x)) if case.sample_weight is None else case.sample_weight)
    g = ref.gradients(layers, case.loss, case.x, t, weight)
    given = {
        "forward": ref.forward(layers, case.x),
        "fired": ref.fired(layers, case.x),
        "loss": [np.array(g.loss)],
        "gradients": [d for d in [*g.weights, *g.biases, *g.slopes] if d is not None],
        "branches": ref.branches(layers, case.loss, case.x, t),
    }
    return given | training(case, layers, t, weight, rounding, given["branches"])


def training(case, layers, t, weight, rounding, branches):
    """The objective of each epoch and the parameters after it."""
    optimizer, rows, size = rounding.optimizer(case.optimizer), len(case.x), case.settings["batch_size"]
    terms = {name: case.settings[name] for name in ("alpha", "l1", "max_grad_norm")}
    objectives, trained = [], []
    for _ in range(case.epochs):
        objective = 0
        for batch in np.split(np.arange(rows), range(size, rows, size)):
            data = case.x[batch], t[batch]
            branches += [*ref.branches(layers, case.loss, *data), *(k.weights.copy() for k in layers if terms["l1"])]
            objective += len(batch) / rows * ref.train_step(layers, case.loss, optimizer, *data, weight[batch], **terms)
            rounding.disturb(layers)
        objectives.append(np.array(objective))
        trained += [p.copy() for p in learned(layers)]
    return {"objectives": objectives, "parameters": trained}


def spreads(case, exact):
    """The effect of rounding on each array of the answers; None where rounding decides a branch."""
    eps = EPS[case.settings["dtype"]]
    runs = [answers(case, Rounding(ERROR * eps, np.random.default_rng([case.seed, k]))) for k in range(DISTURBED)]
    spread = {
        name: [np.max([np.abs(run[name][i] - a) for run in runs], axis=0) for i, a in enumerate(arrays)]
        for name, arrays in exact.items()
        if name != "fired"
    }
    clear = (
        ((np.abs(b) > SLACK * s.max()) | ((b == 0) & (s == 0))).all()
        for b, s in zip(exact["branches"], spread["branches"], strict=True)
    )
    return spread if all(clear) else None


def tame(exact):
    arrays = [*exact["forward"], *exact["gradients"], *exact["parameters"]]
    return all(np.abs(a).max() < LARGEST for a in arrays)  # and no NaN


def answerable(seed):
    """The first network of the seed that has an answer, the answer and its uncertainty."""
    for attempt in range(ATTEMPTS):
        case = draw(seed, attempt)
        with np.errstate(all="ignore"):
            exact = answers(case, Rounding())
            if tame(exact) and (spread := spreads(case, exact)):
                return case, exact, spread
    raise AssertionError(f"none of the {ATTEMPTS} networks of seed {seed} has an answer")


# ---- the package's answers ------------------------------------------------------------------------


def network(case):
    optimizer = dict(case.optimizer)
    kind, rate = na.optimizers.OPTIMIZERS[optimizer.pop("name")], optimizer.pop("learning_rate")
    return twin(case.layers, case.loss, optimizer=kind(**optimizer), learning_rate=rate, shuffle=False, **case.settings)


def results(case):
    """The package's `answers`."""
    net, X = network(case), case.X
    g = net.gradients(X, case.t, case.sample_weight)
    given = {"forward": net.forward(X), "fired": net.fired(X), "loss": [net.loss(X, case.t, case.sample_weight)]}
    assert given["loss"] == [g.loss]
    given["gradients"], trained = [d for d in parameters(g) if d is not None], []
    for _ in range(case.epochs):
        net.partial_fit(X, case.t, case.sample_weight)
        trained += [p for p in parameters(net) if p is not None]
    return given | {"objectives": net.history_["loss"], "parameters": trained}


def assert_near(actual, exact, spread, eps, rows, what):
    """Asserts errors within SLACK times (own spread + mean spread + roundings of the largest number, by rows)."""
    tolerance = SLACK * (spread + spread.mean() + ERROR * (1 + rows / 64) * eps * np.abs(exact).max())
    error = np.abs(actual - exact)
    far = ~(error <= tolerance)
    assert not far.any(), f"{what}: {far.sum()} of {far.size} numbers are off, by {error[far]}, not {tolerance[far]}"


def assert_fires_alike(actual, exact, y, dtype):
    """Asserts equal firing, except where a value is too small for the dtype and becomes 0."""
    small = (y != 0) & (np.abs(y) < 2 * np.finfo(dtype).tiny)
    np.testing.assert_array_equal(actual | small, exact | small)


@pytest.mark.parametrize("seed", seeds())
def test_a_random_network_is_the_oracles(seed):
    case, exact, spread = answerable(seed)
    print(case)
    actual, dtype = results(case), case.settings["dtype"]
    for fired, desired, y in zip(actual.pop("fired"), exact["fired"], exact["forward"], strict=True):
        assert_fires_alike(fired, desired, y, dtype)
    for name, arrays in actual.items():
        for i, (a, d) in enumerate(zip(arrays, exact[name], strict=True)):
            assert np.shape(a) == d.shape
            assert_near(a, d, spread[name][i], EPS[dtype], len(case.x), f"{name} {i}")


def test_every_activation_loss_and_optimizer_is_drawn():
    """Protects against an activation, a loss or an optimizer that no random network has."""
    first = [draw(seed, 0) for seed in range(600)]
    layers = [layer for case in first for layer in case.layers]
    assert {layer.activation for layer in layers} == set(ref.ACTIVATIONS)
    assert {na.activation(name).names[0] for name in ref.ACTIVATIONS} == {k.names[0] for k in na.ACTIVATIONS.values()}
    assert {case.loss.name for case in first} == {kind.names[0] for kind in na.losses.LOSSES.values()}
    assert {case.optimizer["name"] for case in first} == set(na.optimizers.OPTIMIZERS) - {"lbfgs"}
    assert set(PARAMETERS) == {name for name, f in ref.ACTIVATIONS.items() if f.parameter is not None} | {"relu"}
