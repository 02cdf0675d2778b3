# SPDX-License-Identifier: BSD-3-Clause
"""Parameters of the estimators: what each may be and what it means, scikit-learn's first, then ours.

A new parameter is a row of CONSTRAINTS, an entry of SHARED, and a line of each estimator's signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from textwrap import indent
from typing import Any, TypeVar

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import Hidden, Interval, Options, StrOptions, validate_parameter_constraints

from neuract.activations._base import Activation
from neuract.activations._named import ACTIVATIONS
from neuract.layers._initial import INITS
from neuract.schedules._rate import SKLEARNS
from neuract.schedules._shares import SCHEDULES, Schedule

Kind = TypeVar("Kind", bound=type)

ACTIVATION = [
    StrOptions(set(ACTIVATIONS) - {"softmax"}),
    Hidden(StrOptions({"softmax"})),  # refused by Network, which says why
    Activation,
]

CONSTRAINTS: dict[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [*ACTIVATION, list, tuple],
    "solver": [StrOptions({"lbfgs", "sgd", "adam"})],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions({*SKLEARNS, *SCHEDULES}), Schedule, callable],
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
    "dtype": [None, StrOptions({"float32", "float64"})],
    "n_jobs": [None, Integral],
    "l1": [Interval(Real, 0, None, closed="left")],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "callbacks": [None, list, tuple],
    "missing": [StrOptions({"error", "zero"})],
    "monitor_neurons": ["boolean"],
    "init": [StrOptions(set(INITS)), list, tuple],
    "monitor": [None, StrOptions({"loss", *get_scorer_names()}), callable],
    "max_grad_norm": [None, Interval(Real, 0, None, closed="neither")],
}
"""What each parameter that both estimators have may be."""

SHARED = """\
hidden_layer_sizes : int or sequence of int, default=(100,)
    Neurons of each hidden layer; ``()``: none, a linear model.
activation : str, Activation or list of them, default="relu"
    Of the hidden layers: "identity", "logistic", "tanh", "relu", any other name in
    `neuract.ACTIVATIONS`, or an object such as ``neuract.LeakyReLU(0.2)``; or a list, one for
    each hidden layer.
solver : {"adam", "sgd", "lbfgs"}, default="adam"
    How the weights follow the gradient; lbfgs takes all rows at once and suits small data.
alpha : float, default=0.0001
    Strength of the L2 penalty 0.5 · alpha · ‖weights‖² / Σ sample weights of the batch.
batch_size : int or "auto", default="auto"
    Rows of a training step. "auto": 200, or all rows where there are fewer.
learning_rate : str, Schedule or callable, default="constant"
    Moved once an epoch. For sgd: "invscaling", ``learning_rate_init / (rows seen + 1) **
    power_t``; "adaptive", divided by 5 whenever training no longer improves, down to 1e-6. For
    sgd and adam: "cosine", "one_cycle", "warm_up" or an object of `neuract.schedules`, over
    max_iter epochs; or a function from the epoch, counted from 0, to its rate.
learning_rate_init : float, default=0.001
    The rate of the first epoch; for a schedule the whole rate, of which it gives shares.
power_t : float, default=0.5
    For invscaling.
max_iter : int, default=200
    Most epochs; for lbfgs most iterations.
shuffle : bool, default=True
    Draw a new order of the rows for every epoch.
random_state : None, int or numpy.random.RandomState, default=None
    Of initial weights, validation split and orders. The same int: the same model, bit for bit.
tol : float, default=1e-4
    What the loss (the validation score, with early stopping) must get better by to count as
    an improvement. For lbfgs: it stops where no component of the gradient is larger.
verbose : bool or int, default=False
    Print the loss after every epoch.
warm_start : bool, default=False
    `fit` goes on from the weights of the last fit.
momentum : float, default=0.9
    For sgd, in [0, 1].
nesterovs_momentum : bool, default=True
    For sgd: step by the velocity to come.
early_stopping : bool, default=False
    Hold rows out, score them after every epoch (as `score` does), stop when the score no longer
    improves, and keep the best weights. Not for lbfgs.
validation_fraction : float, default=0.1
    Share of the rows that early stopping holds out; of a classifier, two classes keep their shares.
beta_1, beta_2 : float, default=0.9, 0.999
    For adam: how slowly the means of the gradient and its square forget, in [0, 1).
epsilon : float, default=1e-8
    For adam: keeps its division finite.
n_iter_no_change : int, default=10
    Training stops after more than this many epochs without improvement.
max_fun : int, default=15000
    For lbfgs: most evaluations of the loss.
threshold : None, float or list, default=None
    A hidden neuron whose value is below it passes 0 on. One for all, or one for each hidden
    layer: None, a number, or an array with one number a neuron.
output_activation : None, str or Activation, default=None
    Of the output layer. None: the one that the task and the loss need; others must go together
    with the loss.
dropout : float or list of float, default=0.0
    Share of the neurons of a hidden layer, in [0, 1), that each training step leaves out at
    random; one for all, or one for each hidden layer. Not for lbfgs.
dtype : None, "float32" or "float64", default=None
    Of the weights and all computation. None: that of X, as scikit-learn does.
n_jobs : int or None, default=None
    Most threads that `fit` and `predict` use. None: `neuract.get_num_threads()`; -1: one for
    each core; -2: one less, and so on. Results do not depend on it, not by a bit.
l1 : float, default=0.0
    Strength of the L1 penalty l1 · Σ abs(weights) / Σ sample weights of the batch, which makes
    weights that are of little use small, near 0. Not for lbfgs.
weight_decay : float, default=0.0
    For adam, which becomes AdamW: weights also shrink by rate · weight_decay a step, whatever
    their gradients. Loshchilov & Hutter 2017, arXiv:1711.05101.
max_grad_norm : float or None, default=None
    A step's gradient is scaled down to this Euclidean norm where it is longer. What counts is
    the mean gradient over the batch, penalties included, by all weights, biases and slopes
    together. Not for lbfgs. Pascanu, Mikolov & Bengio 2012, arXiv:1211.5063.
monitor : None, str or callable, default=None
    What early stopping goes by, on the rows that are validated on: "loss" (the less the better;
    `validation_scores_` has its negative), a name of `sklearn.metrics.get_scorer_names()`, or a
    scorer ``f(estimator, X, y)``. None: `score`.
init : str or pair of lists of arrays, default="glorot_uniform"
    Initial weights: "glorot_uniform" (as scikit-learn's), "he_normal", "he_uniform",
    "lecun_normal" or "orthogonal"; biases are 0, but with glorot_uniform drawn like the
    weights. Or the weights and biases themselves, in the shapes of `coefs_` and `intercepts_`.
callbacks : list or None, default=None
    Told of every epoch of a fit, and may end it: functions or objects, those of
    `neuract.callbacks` or one's own. The network that they get is the one in training.
missing : {"error", "zero"}, default="error"
    NaN in X, here and in `predict`: an error, or taken as 0, which for scaled columns is their
    mean.
monitor_neurons : bool, default=False
    `network_.history_` then has, of each epoch, also "learning_rate", "gradient_norm" (of its
    last batch), "dead_share" (of the hidden neurons, how many fired on none of its rows) and,
    with rows to validate on, "validation_loss". Not for lbfgs."""
"""What each of them means, for the docstrings of both."""


def documented(estimator: Kind) -> Kind:
    """Puts SHARED into the docstring of a class, in the place of a line "{shared}"."""
    if estimator.__doc__ is not None:  # as it is under python -OO
        estimator.__doc__ = estimator.__doc__.replace("    {shared}", indent(SHARED, "    "))
    return estimator


def take(model: Any, given: Mapping[str, Any]) -> None:
    """Sets the parameters of a constructor, given its locals()."""
    model.__dict__.update({name: value for name, value in given.items() if name != "self"})


def validate(model: Any) -> None:
    """As scikit-learn's, but for our own keywords left at their defaults: looking at all takes 0.2 ms a fit."""
    kind = type(model)
    values = {name: getattr(model, name) for name in model._parameter_constraints}
    if "_neuract_file" in vars(kind):  # no class of the user's, which may have defaults of its own
        defaults = kind.__init__.__kwdefaults__ or {}
        values = {name: value for name, value in values.items() if value is not defaults.get(name, model)}
    validate_parameter_constraints(model._parameter_constraints, values, caller_name=kind.__name__)
