# SPDX-License-Identifier: BSD-3-Clause
"""Parameters of the estimators, with accepted values and descriptions: scikit-learn's first, then ours.

A new parameter is a row of CONSTRAINTS, an entry of SHARED, and a line of each estimator's signature.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from textwrap import indent
from typing import Any, TypeVar

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import Hidden, Interval, Options, StrOptions, validate_parameter_constraints

from neuract._checks import dtype_name, one_of
from neuract.activations._base import Activation
from neuract.activations._named import ACTIVATIONS
from neuract.activations._named import activation as activation_named
from neuract.layers._initial import INITS
from neuract.losses._named import loss as loss_named
from neuract.schedules._rate import SKLEARNS
from neuract.schedules._shares import SCHEDULES, Schedule
from neuract.training._settings import DTYPES

Kind = TypeVar("Kind", bound=type)


class Names(StrOptions):  # type: ignore[misc]
    """Names, which messages list in this order."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(set(self.names))

    def __str__(self) -> str:
        return f"{'one of ' if len(self.names) > 1 else ''}{', '.join(map(repr, self.names))}"


ACTIVATION = [
    Names(name for name in ACTIVATIONS if name != "softmax"),
    Hidden(StrOptions({"softmax"})),  # refused by Network, with the reason
    Activation,
]

CONSTRAINTS: dict[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [*ACTIVATION, list, tuple],
    "solver": [Names(("adam", "sgd", "lbfgs"))],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [Names(("auto",)), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [Names((*SKLEARNS, *SCHEDULES)), Schedule, callable],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [
        Interval(Integral, 1, None, closed="left"),
        Options(Real, {np.inf}),
    ],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "threshold": [None, Real, "array-like"],
    "output_activation": [None, *ACTIVATION],
    "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
    "dtype": [None, Names(DTYPES), type, np.dtype],
    "n_jobs": [None, Integral],
    "l1": [Interval(Real, 0, None, closed="left")],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "callbacks": [object],  # checked by Network
    "missing": [Names(("error", "zero"))],
    "monitor_neurons": ["boolean"],
    "init": [Names(INITS), list, tuple],
    "monitor": [None, Names(("loss", *get_scorer_names())), callable],
    "max_grad_norm": [None, Interval(Real, 0, None, closed="neither")],
}
"""The accepted values of each parameter that both estimators have."""

LOOKED_UP: dict[str, Callable[[Any], Any]] = {
    "activation": activation_named,
    "loss": loss_named,
    "output_activation": activation_named,
}
NOT_BOOLS = {"alpha", "batch_size", "l1", "learning_rate_init", "max_grad_norm", "max_iter"}

SHARED = """\
hidden_layer_sizes : int or sequence of int, default=(100,)
    Number of neurons in each hidden layer; ``()`` gives a linear model.
activation : str, Activation or list of them, default="relu"
    Activation of the hidden layers: "identity", "logistic", "tanh", "relu", any other name in
    `neuract.ACTIVATIONS`, or an object such as ``neuract.LeakyReLU(0.2)``; or a list with one per
    hidden layer.
solver : {"adam", "sgd", "lbfgs"}, default="adam"
    Optimizer of the weights; lbfgs uses all rows at once and suits small data.
alpha : float, default=0.0001
    Strength of the L2 penalty 0.5 · alpha · ‖weights‖² / Σ sample weights of the batch.
batch_size : int or "auto", default="auto"
    Number of rows in a training step. "auto": 200, or all rows if there are fewer.
learning_rate : str, Schedule or callable, default="constant"
    Schedule of the rate, updated once per epoch. For sgd: "invscaling", ``learning_rate_init /
    (rows seen + 1) ** power_t``; "adaptive", divided by 5 whenever training stops improving, down
    to 1e-6. For sgd and adam: "cosine", "one_cycle", "warm_up" or an object of
    `neuract.schedules`, over max_iter epochs; "doubling_cycles" and "fade", which change from step
    to step; or a function that maps the epoch, counted from 0, to its rate.
learning_rate_init : float, default=0.001
    Rate of the first epoch; for a schedule the whole rate, of which it gives shares.
power_t : float, default=0.5
    Exponent of invscaling.
max_iter : int, default=200
    Largest number of epochs, or for lbfgs of iterations.
shuffle : bool, default=True
    Draw a new order of the rows for every epoch.
random_state : None, int or numpy.random.RandomState, default=None
    Seeds initial weights, validation split and row orders. The same int gives the same model, bit
    for bit.
tol : float, default=1e-4
    Smallest change of the loss (with early stopping of the validation score) that counts as an
    improvement. lbfgs stops when no component of the gradient is larger.
verbose : bool or int, default=False
    Print the loss after every epoch.
warm_start : bool, default=False
    Let `fit` continue from the weights of the last fit.
momentum : float, default=0.9
    Momentum of sgd, in [0, 1].
nesterovs_momentum : bool, default=True
    Let sgd use Nesterov's momentum.
early_stopping : bool, default=False
    Hold out rows, score them after every epoch (as `score` does), stop when the score no longer
    improves, and keep the best weights. Not for lbfgs.
validation_fraction : float, default=0.1
    Share of the rows that early stopping holds out; stratified for two classes.
beta_1, beta_2 : float, default=0.9, 0.999
    Decay rates of adam's means of the gradient and of its square, in [0, 1).
epsilon : float, default=1e-8
    Keeps adam's division finite.
n_iter_no_change : int, default=10
    Training stops after more than this many consecutive epochs without improvement.
max_fun : int, default=15000
    Largest number of evaluations of the loss by lbfgs.
threshold : None, float or list, default=None
    A hidden neuron passes 0 on if its value is below its threshold. A single value, or a list with
    one per hidden layer: None, a number, or an array with one number per neuron.
output_activation : None, str or Activation, default=None
    Activation of the output layer. None: the default of the task and the loss; any other must
    match the loss.
dropout : float or list of float, default=0.0
    Share of the neurons of a hidden layer, in [0, 1), that each training step leaves out at
    random. A single value, or a list with one per hidden layer. Not for lbfgs.
dtype : None, "float32", "float64" or dtype, default=None
    Type of the weights and of all computation. None: the type of X, as in scikit-learn.
n_jobs : int or None, default=None
    Largest number of threads in `fit` and `predict`. None: `neuract.get_num_threads()`; -1: one
    per core; -2: one less, and so on. Results do not depend on it, bit for bit.
l1 : float, default=0.0
    Strength of the L1 penalty l1 · Σ abs(weights) / Σ sample weights of the batch. It moves
    weights of little use towards 0. Not for lbfgs.
weight_decay : float, default=0.0
    Turns adam into AdamW: weights also shrink by rate · weight_decay per step, independent of
    their gradients. Loshchilov & Hutter 2017, arXiv:1711.05101.
max_grad_norm : float or None, default=None
    Scale a longer gradient down to this Euclidean norm before each step. The norm is that of the
    mean gradient over the batch, penalties included, with respect to all weights, biases and
    slopes together. Not for lbfgs. Pascanu, Mikolov & Bengio 2012, arXiv:1211.5063.
monitor : None, str or callable, default=None
    Measure of early stopping on the validation rows: "loss" (smaller is better;
    `validation_scores_` has its negative), a name of `sklearn.metrics.get_scorer_names()`, or a
    scorer ``f(estimator, X, y)``. None: `score`.
init : str or pair of lists of arrays, default="glorot_uniform"
    Initial weights: "glorot_uniform" (as in scikit-learn), "he_normal", "he_uniform",
    "lecun_normal" or "orthogonal", with biases of 0, but glorot_uniform draws them like the weights;
    or "tabular": lecun_normal, standard normal biases, and an output layer of 0.
    Or the weights and biases themselves, in the shapes of `coefs_` and `intercepts_`.
callbacks : list, callback or None, default=None
    Functions or objects, from `neuract.callbacks` or your own, that are called after every epoch
    of a fit and may end it. They get the network in training.
missing : {"error", "zero"}, default="error"
    Treatment of NaN in X, in `fit` and in `predict`: raise an error, or replace it by 0, the mean
    of scaled columns.
monitor_neurons : bool, default=False
    Add to `network_.history_` for each epoch "learning_rate", "gradient_norm" (of its last batch),
    "dead_share" (the share of the hidden neurons that fired on none of its rows) and, with
    validation rows, "validation_loss". Not for lbfgs."""
"""The description of each parameter, for the docstrings of both estimators."""


def documented(shared: str) -> Callable[[Kind], Kind]:
    """Returns a decorator that replaces the line "{shared}" in the docstring of a class."""

    def complete(estimator: Kind) -> Kind:
        if estimator.__doc__ is not None:  # None under python -OO
            # From Python 3.13 on the compiler has taken the indent away.
            estimator.__doc__ = re.sub(
                r"^( *)\{shared\}", lambda at: indent(shared, at[1]), estimator.__doc__, flags=re.M
            )
        return estimator

    return complete


def take(model: Any, given: Mapping[str, Any]) -> None:
    """Sets the parameters of a constructor from its locals()."""
    for name, value in given.items():
        if name != "self":
            setattr(model, name, value)


def dtype_of(model: Any) -> str | None:
    """Returns the name of the model's dtype, None if it has none."""
    return None if model.dtype is None else dtype_name(model.dtype, "dtype", accepted=DTYPES)


def validate(model: Any) -> None:
    """Checks the parameters as scikit-learn does, except our own keywords at their defaults: all would take 0.2 ms."""
    defaults = type(model).__init__.__kwdefaults__ or {}
    values = {name: getattr(model, name) for name in model._parameter_constraints}
    given = {name: value for name, value in values.items() if value is not defaults.get(name, model)}
    for name in NOT_BOOLS & given.keys():
        if isinstance(given[name], (bool, np.bool_)):  # which scikit-learn takes for 0 or 1
            raise TypeError(f"{name} must be a number, got {given[name]!r}")
    for name in LOOKED_UP.keys() & given.keys():
        for value in given[name] if isinstance(given[name], (list, tuple)) else [given[name]]:
            if isinstance(value, (str, type)) and value != defaults.get(name):  # such as "auto" from a file
                LOOKED_UP[name](value)  # names what was probably meant
    for name in given.keys() - LOOKED_UP.keys():
        names = [each for kind in model._parameter_constraints[name] if isinstance(kind, Names) for each in kind.names]
        if len(names) > 1 and isinstance(given[name], str):
            one_of(given[name], name, names)
    if isinstance(rate := given.get("learning_rate"), Real):
        raise TypeError(f"learning_rate is the rate's schedule, got {rate!r}; the rate itself is learning_rate_init")
    if "dtype" in given:
        dtype_of(model)
    validate_parameter_constraints(model._parameter_constraints, given, caller_name=type(model).__name__)
