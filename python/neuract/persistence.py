# SPDX-License-Identifier: BSD-3-Clause
"""Saving and loading of models: one `.safetensors` file per model, which is safe to load."""

from __future__ import annotations

from typing import Any

from neuract._typing import FilePath, FittedModel, SavedModel
from neuract.files._format import Contents, faults_of, load_bytes, unpack
from neuract.inspection._pipelines import without_pipeline
from neuract.network import Network


def save(model: FittedModel, path: FilePath, *, state: bool = False) -> None:
    """Writes a Network or an estimator to a file, which `load` reads.

    Parameters
    ----------
    model : Network, MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor or Pipeline
        A fitted Pipeline of scikit-learn is saved as what `folded` makes of it.
    path : str, bytes or path-like
        The file, for example ``"model.safetensors"``. An existing file is replaced when the new one is complete.
    state : bool, default=False
        Also write the states of the optimizer and the random generator, so that training continues from the file
        with the same bits as without the interruption. The file is then about three times as large. Of a tabular
        estimator, whose training does not continue: its `oof_predictions_`.

    Raises
    ------
    ValueError
        If a file cannot hold a part of the model, such as your own loss function, or a step of the pipeline.
    OSError
        If the file cannot be written; an existing file stays as it was.

    Notes
    -----
    Callbacks are not saved, and of a splitter in `folds` only the number of its folds. A `random_state` that is a
    RandomState is saved only with `state`.

    Examples
    --------
    >>> import neuract as na
    >>> net = na.Network([na.Dense(1, "sigmoid")]).set_parameters([[[1.0], [-1.0]]])
    >>> na.save(net, "model.safetensors")
    >>> na.load("model.safetensors").predict([[1.0, 1.0]])
    array([[0.5]], dtype=float32)
    """
    model = without_pipeline(model)
    if not isinstance(model, FittedModel):
        raise TypeError(f"model must be a Network or an estimator of neuract, got {model!r}")
    model.save(path, state=state)


def load(path: FilePath) -> Any:
    """Reads a model that `save` wrote.

    Loading runs no code from the file and opens no other file, so files from strangers are safe to load.

    Parameters
    ----------
    path : str, bytes or path-like
        The file.

    Returns
    -------
    Network or estimator
        It predicts the same bits as the saved model. Without scikit-learn, an estimator is loaded as a
        `neuract.serving.ServedClassifier` or `ServedRegressor`, which only predicts.

    Raises
    ------
    ValueError
        If the file is damaged, not a model file, or of a newer version; the message names the file and the fault.
    OSError
        If the file cannot be read.
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

    model: SavedModel = getattr(estimators, contents.kind)()
    model._become(contents)
    return model


def _has_sklearn() -> bool:
    try:
        import sklearn  # noqa: F401
    except ImportError:
        return False
    return True
