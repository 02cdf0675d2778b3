# SPDX-License-Identifier: BSD-3-Clause
"""Neural networks for tabular data at the speed of the processor, with the scikit-learn interface.

Networks need only NumPy. The first use of an estimator imports scikit-learn, the first use of `plotting` matplotlib.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

from neuract import activations as _activations
from neuract import callbacks, data, losses, schedules
from neuract import optimizers as _optimizers
from neuract._warnings import TrainingWarning
from neuract.activations import *  # noqa: F403
from neuract.files._moved import find_moved_modules as _find_moved_modules
from neuract.layers import Dense
from neuract.layers import _inputs as _inputs
from neuract.layers._inputs import *  # noqa: F403
from neuract.losses import Loss, OwnLoss
from neuract.losses import _numbers as _losses_of_numbers
from neuract.losses import _probabilities as _losses_of_probabilities
from neuract.losses._numbers import *  # noqa: F403
from neuract.losses._probabilities import *  # noqa: F403
from neuract.network import Network
from neuract.optimizers import *  # noqa: F403
from neuract.persistence import load, save
from neuract.threading import get_num_threads, set_num_threads, simd_info
from neuract.training import DivergedError

_find_moved_modules()

if TYPE_CHECKING:
    from neuract import plotting  # noqa: F401
    from neuract.columns import Columns
    from neuract.estimators import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor
    from neuract.inspection import Diagnosis, Explanation, Importance, diagnose, explain, importance
    from neuract.pipelines import folded

    __version__: str

__all__ = [
    "Columns",
    "Dense",
    "Diagnosis",
    "DivergedError",
    "Explanation",
    "Importance",
    "Loss",
    "MLPClassifier",
    "MLPRegressor",
    "Network",
    "OwnLoss",
    "TabularClassifier",
    "TabularRegressor",
    "TrainingWarning",
    "callbacks",
    "data",
    "diagnose",
    "explain",
    "folded",
    "get_num_threads",
    "importance",
    "load",
    "losses",
    "save",
    "schedules",
    "set_num_threads",
    "simd_info",
]
__all__ += _inputs.__all__
__all__ += _activations.__all__
__all__ += _losses_of_numbers.__all__
__all__ += _losses_of_probabilities.__all__
__all__ += _optimizers.__all__


def __getattr__(name: str) -> Any:
    if name in ("MLPClassifier", "MLPRegressor", "TabularClassifier", "TabularRegressor", "folded"):
        try:
            from neuract import estimators, pipelines
        except ModuleNotFoundError as error:
            raise ImportError(
                f"{name} needs scikit-learn, which could not be imported ({error}): pip install scikit-learn. "
                "Network works without it, and so does neuract.load with a saved estimator"
            ) from error
        return getattr(pipelines if name == "folded" else estimators, name)
    if name == "Columns":
        from neuract import columns

        return columns.Columns
    if name in ("Diagnosis", "Explanation", "Importance", "diagnose", "explain", "importance"):
        from neuract import inspection

        return getattr(inspection, name)
    if name == "__version__":
        from importlib.metadata import version

        return version("neuract")
    if name == "plotting":
        return _import_module("neuract.plotting")
    raise AttributeError(f"module 'neuract' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "plotting"]  # not in __all__: `from neuract import *` must work without matplotlib
