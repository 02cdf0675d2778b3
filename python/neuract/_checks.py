# SPDX-License-Identifier: BSD-3-Clause
"""Checks of arguments. Each error names the argument, the value that was given and the values that are accepted."""

from __future__ import annotations

import numbers
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

Kind = TypeVar("Kind")

ELSEWHERE = {
    "squared_error": ("mse", "mse_loss", "mean_squared_error", "l2"),
    "absolute_error": ("mae", "l1_loss", "mean_absolute_error"),
    "huber": ("smooth_l1", "smooth_l1_loss", "huber_loss"),
    "quantile": ("pinball", "pinball_loss"),
    "log_loss": ("bce", "cross_entropy", "binary_crossentropy", "categorical_crossentropy", "crossentropy", "nll"),
    "log_sigmoid": ("logsigmoid",),
    "lbfgs": ("l_bfgs", "l-bfgs", "bfgs", "l-bfgs-b", "l_bfgs_b"),
    "glorot_uniform": ("xavier", "xavier_uniform", "xavier_uniform_", "glorot"),
    "he_normal": ("kaiming", "kaiming_normal", "kaiming_normal_", "he"),
    "he_uniform": ("kaiming_uniform", "kaiming_uniform_"),
    "lecun_normal": ("lecun",),
    "cosine": ("cosine_decay", "cosine_annealing", "cosineannealinglr", "cosinedecay"),
    "one_cycle": ("onecyclelr",),
    "adaptive": ("reduce_on_plateau", "reducelronplateau", "plateau"),
    "float32": ("f4", "single", "float"),
    "float64": ("f8", "double"),
    "accuracy": ("acc",),
    "roc_auc": ("auc",),
    "loss": ("val_loss", "validation_loss", "criterion", "loss_fn", "objective"),
    "neg_mean_squared_error": ("mse",),
    "neg_root_mean_squared_error": ("rmse",),
    "neg_mean_absolute_error": ("mae",),
    "learning_rate": ("lr", "eta", "learning_rate_init"),
    "epochs": ("max_iter", "n_epochs", "num_epochs", "nb_epoch"),
    "alpha": ("l2",),
    "optimizer": ("solver",),
    "n_threads": ("n_jobs", "num_threads"),
    "random_state": ("seed", "random_seed"),
    "init": ("initializer", "kernel_initializer"),
    "max_grad_norm": ("clipnorm", "clip_norm", "grad_clip"),
}
"""Our names, and what Keras, PyTorch and scikit-learn call the same."""

INSTEAD = {
    "adam": ("rmsprop", "adagrad", "adadelta", "adamax", "nadam", "radam", "amsgrad", "adafactor", "lion"),
    "sgd": ("momentum", "nesterov", "nag", "asgd", "rprop", "ftrl"),
    "he_normal": ("normal", "random_normal", "truncated_normal"),
    "he_uniform": ("uniform", "random_uniform"),
}
"""Our names, each with the names in Keras and PyTorch to which it is the nearest, since neuract lacks them."""


def real_number(
    value: object,
    name: str,
    *,
    low: float = -np.inf,
    high: float = np.inf,
    open_low: bool = False,
    open_high: bool = False,
) -> float:
    """Returns `value` as a float between `low` and `high`, ends included unless open."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    number = float(value)
    inside = (low < number if open_low else low <= number) and (number < high if open_high else number <= high)
    if not inside:  # also refuses NaN
        raise ValueError(f"{name} must be {_range(low, high, open_low, open_high)}, got {value!r}")
    return number


def _range(low: float, high: float, open_low: bool, open_high: bool) -> str:
    if low == -np.inf and high == np.inf:
        return "a finite number"
    if high == np.inf:
        return f"{'>' if open_low else '>='} {low:g}"
    return f"in {'(' if open_low else '['}{low:g}, {high:g}{')' if open_high else ']'}"


def whole_number(value: object, name: str, *, low: int) -> int:
    """Returns `value` as an int of at least `low`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be a whole number >= {low}, got {value!r}")
    if value < low:
        raise ValueError(f"{name} must be a whole number >= {low}, got {value!r}")
    return int(value)


def boolean(value: object, name: str) -> bool:
    """Returns `value` if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def one_of(value: object, name: str, accepted: Iterable[str]) -> str:
    """Returns `value` if it is one of the names."""
    names = list(accepted)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {', '.join(map(repr, names))}, got {value!r}")
    if value not in names:
        listed = ", ".join(map(repr, names))
        raise ValueError(f"unknown {name} {value!r}; expected one of {listed}{suggestion(value, names)}")
    return value


def dtype_name(value: object, name: str, *, accepted: Iterable[str]) -> str:
    """Returns the name of a dtype, given by name or as NumPy's type or dtype."""
    if isinstance(value, (type, np.dtype)) and np.dtype(value).name in accepted:
        return np.dtype(value).name
    return one_of(value, name, accepted)


def named_classes(*classes: type[Kind]) -> Mapping[str, type[Kind]]:
    """Maps every name of these classes, presets included, to its class."""
    return MappingProxyType(
        {name: kind for kind in classes for name in (*kind.names, *getattr(kind, "presets", ()))}  # type: ignore[attr-defined]
    )


def class_named(name: object, what: str, objects: str, classes: Mapping[str, type[Kind]]) -> type[Kind]:
    """Returns the class of that name; errors list the names. what: such as "loss". objects: also accepted, in words."""
    accepted = ", ".join(classes)
    if isinstance(name, type) and name in classes.values():
        raise TypeError(f"{what} must be {objects} or a name; got the class {name.__name__}, write {name.__name__}()")
    if not isinstance(name, str):
        raise TypeError(f"{what} must be {objects} or one of {accepted}; got {name!r}")
    if name not in classes:
        raise ValueError(f"unknown {what} {name!r}; expected one of {accepted}{suggestion(name, classes)}")
    return classes[name]


def suggestion(name: str, names: Collection[str]) -> str:
    """Returns a sentence with the name that was probably meant, or nothing."""
    word = name.lower().replace(" ", "_")
    for ours, theirs in ELSEWHERE.items():
        if ours in names and word in theirs:
            return f". {name!r} is called {ours!r} here"
    for ours, theirs in INSTEAD.items():
        if ours in names and word in theirs:
            return f". neuract has no {name!r}; {ours!r} is the nearest"
    if word == "adamw" and "adam" in names and word not in names:  # of the estimators
        return f". {name!r} is solver='adam' with weight_decay"
    close = get_close_matches(word, names, 1)
    return f". Did you mean {close[0]!r}?" if close else ""


def random_state(value: Any) -> Any:
    """Returns `value` if `random_generator` accepts it; costs less than making the generator."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool) and 0 <= int(value) < 2**32
    if not (value is None or whole or isinstance(value, np.random.RandomState)):
        raise ValueError(
            f"random_state must be None, an int from 0 to 2**32 - 1, or a numpy.random.RandomState; got {value!r}"
        )
    return value


def random_generator(value: Any) -> np.random.RandomState:
    """Makes a generator: from None with a fresh seed, from an int with that seed; a RandomState is returned itself."""
    random_state(value)
    if isinstance(value, np.random.RandomState):
        return value
    return np.random.RandomState(None if value is None else int(value))


def not_fitted(name: str) -> Exception:
    """Returns scikit-learn's NotFittedError; without scikit-learn an error with the same bases."""
    message = f"This {name} instance is not fitted yet. Call 'fit' first"
    try:
        from sklearn.exceptions import NotFittedError
    except ImportError:
        return _NotFittedError(message)
    error: Exception = NotFittedError(message)
    return error


class _NotFittedError(ValueError, AttributeError):
    pass
