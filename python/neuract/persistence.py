# SPDX-License-Identifier: BSD-3-Clause
"""Models in files: one `.safetensors` file a model, safe to load, specified in docs/model_format.md."""

from __future__ import annotations

import os
from typing import Any

from neuract.files._format import Contents, faults_of, load_bytes, unpack
from neuract.network import Network


def save(model: Any, path: str | os.PathLike[str], *, state: bool = False) -> None:
    """Writes a Network, MLPClassifier or MLPRegressor to a file, from which `load` makes the same model.

    Parameters
    ----------
    model : Network, MLPClassifier or MLPRegressor
    path : str or path-like
        The file, ``"model.safetensors"`` say. What it had before stays until all of the new is on disk.
    state : bool, default=False
        Keep the optimizer's state and the random generator's too, so that training goes on from the file
        bit for bit as if it had never stopped; the file is then about three times as large.

    Raises
    ------
    ValueError
        If the model has what no file can hold, such as a loss function of one's own.
    OSError
        If the file cannot be written; what was there before is left.

    Notes
    -----
    Callbacks are left out, and so is a `random_state` that is a RandomState, unless with `state`.

    Examples
    --------
    >>> import neuract as na
    >>> net = na.Network([na.Dense(1, "sigmoid")]).set_parameters([[[1.0], [-1.0]]])
    >>> na.save(net, "model.safetensors")
    >>> na.load("model.safetensors").predict([[1.0, 1.0]])
    array([[0.5]], dtype=float32)
    """
    if not hasattr(type(model), "_neuract_file"):
        raise TypeError(f"model must be a Network, MLPClassifier or MLPRegressor, got {model!r}")
    model.save(path, state=state)


def load(path: str | os.PathLike[str]) -> Any:
    """Reads a model that `save` wrote.

    It runs nothing that is in the file and follows no path in it, so a file of a stranger can be loaded.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    Network, MLPClassifier or MLPRegressor
        Whose predictions are those of the model that was saved, bit for bit. Where there is no scikit-learn, a
        `neuract.serving.ServedClassifier` or `ServedRegressor` in place of an estimator, which only predicts.

    Raises
    ------
    ValueError
        If the file is damaged, no model file, or of a newer version; the message names the file and the fault.
    OSError
        If it cannot be read.
    """
    with faults_of(path):
        contents = unpack(load_bytes(path))
    with faults_of(path, contents):
        return _model_of(contents)


def _model_of(contents: Contents) -> Any:
    if contents.kind == "Network":
        network = Network.__new__(Network)
        network._become(contents)
        return network
    if not _has_sklearn():
        from neuract.serving import SERVED

        return SERVED[contents.kind](contents)
    from neuract import estimators

    model = getattr(estimators, contents.kind)()
    model._become(contents)
    return model


def _has_sklearn() -> bool:
    try:
        import sklearn  # noqa: F401
    except ImportError:
        return False
    return True
