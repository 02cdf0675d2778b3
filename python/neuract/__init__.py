# SPDX-License-Identifier: BSD-3-Clause
"""Neural networks for tabular data at the speed of the processor, with the scikit-learn interface.

Networks work with NumPy alone; scikit-learn is imported when an estimator is first used, matplotlib when `plotting` is.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

from neuract import callbacks, losses, schedules
from neuract.activations import (
    ACTIVATIONS,
    CELU,
    ELU,
    GELU,
    SELU,
    Activation,
    Exponential,
    HardShrink,
    HardSigmoid,
    HardSwish,
    HardTanh,
    LeakyReLU,
    Linear,
    LogSigmoid,
    Mish,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Sin,
    Softmax,
    Softplus,
    SoftShrink,
    Softsign,
    Squareplus,
    Tanh,
    TanhShrink,
    activation,
)
from neuract.layers import Dense
from neuract.losses import AbsoluteError, Focal, Gamma, Huber, LogLoss, Loss, OwnLoss, Poisson, Quantile, SquaredError
from neuract.network import Network
from neuract.optimizers import LBFGS, SGD, Adam, AdamW
from neuract.persistence import load, save
from neuract.threading import get_num_threads, set_num_threads, simd_info

if TYPE_CHECKING:
    from neuract import plotting  # noqa: F401
    from neuract.estimators import MLPClassifier, MLPRegressor
    from neuract.inspection import Diagnosis, diagnose

    __version__: str

__all__ = [
    "ACTIVATIONS",
    "CELU",
    "ELU",
    "GELU",
    "LBFGS",
    "SELU",
    "SGD",
    "AbsoluteError",
    "Activation",
    "Adam",
    "AdamW",
    "Dense",
    "Diagnosis",
    "Exponential",
    "Focal",
    "Gamma",
    "HardShrink",
    "HardSigmoid",
    "HardSwish",
    "HardTanh",
    "Huber",
    "LeakyReLU",
    "Linear",
    "LogLoss",
    "LogSigmoid",
    "Loss",
    "MLPClassifier",
    "MLPRegressor",
    "Mish",
    "Network",
    "OwnLoss",
    "PReLU",
    "Poisson",
    "Quantile",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Sin",
    "SoftShrink",
    "Softmax",
    "Softplus",
    "Softsign",
    "SquaredError",
    "Squareplus",
    "Tanh",
    "TanhShrink",
    "activation",
    "callbacks",
    "diagnose",
    "get_num_threads",
    "load",
    "losses",
    "save",
    "schedules",
    "set_num_threads",
    "simd_info",
]


def __getattr__(name: str) -> Any:
    if name in ("MLPClassifier", "MLPRegressor"):
        try:
            from neuract import estimators
        except ModuleNotFoundError as error:
            raise ImportError(
                f"{name} needs scikit-learn, which is not whole here ({error}): pip install scikit-learn; "
                "Network needs none, nor does a saved estimator that neuract.load reads"
            ) from error
        return getattr(estimators, name)
    if name in ("Diagnosis", "diagnose"):
        from neuract import inspection

        return getattr(inspection, name)
    if name == "__version__":
        from importlib.metadata import version

        return version("neuract")
    if name == "plotting":
        return _import_module("neuract.plotting")
    raise AttributeError(f"module 'neuract' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "plotting"]  # not in __all__: `from neuract import *` must do without matplotlib
