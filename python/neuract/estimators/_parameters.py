# SPDX-License-Identifier: BSD-3-Clause
"""Parameters of the estimators: scikit-learn's names, order, defaults and ranges, then ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import Hidden, Interval, Options, StrOptions, validate_parameter_constraints

from neuract.activations._base import Activation
from neuract.activations._named import ACTIVATIONS
from neuract.layers._initial import INITS
from neuract.schedules._rate import SKLEARNS
from neuract.schedules._shares import SCHEDULES, Schedule

ACTIVATION = [
    StrOptions(set(ACTIVATIONS) - {"softmax"}),
    Hidden(StrOptions({"softmax"})),  # refused by Network, which says why
    Activation,
]


class Parameters(BaseEstimator):  # type: ignore[misc]
    """The parameters that both estimators have, and what each may be."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
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

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str | Activation | Sequence[str | Activation] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str | Schedule | Callable[[int], float] = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        max_fun: int = 15000,
        threshold: Any = None,
        output_activation: str | Activation | None = None,
        dropout: float | Sequence[float] = 0.0,
        dtype: str | None = None,
        n_jobs: int | None = None,
        l1: float = 0.0,
        weight_decay: float = 0.0,
        max_grad_norm: float | None = None,
        monitor: Any = None,
        init: Any = "glorot_uniform",
        callbacks: Sequence[Any] | None = None,
        missing: str = "error",
        monitor_neurons: bool = False,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.threshold = threshold
        self.output_activation = output_activation
        self.dropout = dropout
        self.dtype = dtype
        self.n_jobs = n_jobs
        self.l1 = l1
        self.weight_decay = weight_decay
        self.max_grad_norm = max_grad_norm
        self.monitor = monitor
        self.init = init
        self.callbacks = callbacks
        self.missing = missing
        self.monitor_neurons = monitor_neurons

    def _validate_params(self) -> None:
        """As scikit-learn's, but for our own keywords left at their defaults: looking at all takes 0.2 ms a fit."""
        if "_neuract_file" not in vars(type(self)):  # a class of the user's, with defaults of its own
            super()._validate_params()
            return
        defaults = type(self).__init__.__kwdefaults__ or {}
        values = {name: getattr(self, name) for name in self._parameter_constraints}
        given = {name: value for name, value in values.items() if value is not defaults.get(name, self)}
        validate_parameter_constraints(self._parameter_constraints, given, caller_name=type(self).__name__)
