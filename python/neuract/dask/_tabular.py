# SPDX-License-Identifier: BSD-3-Clause
"""DaskTabularClassifier and DaskTabularRegressor: frames of Dask as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.base import ClassifierMixin, RegressorMixin

from neuract.dask._cluster import Cluster
from neuract.dask._collections import asked
from neuract.dask._estimators import OF_ALL, DaskEstimator, DaskMLPClassifier, of
from neuract.dask._members import fit_tabular
from neuract.estimators._tabular_classifier import TabularClassifier
from neuract.estimators._tabular_regressor import TabularRegressor
from neuract.training._guard import DivergedError

TABULAR_DOCUMENTED = f"""\
{OF_ALL}local_steps : int or None, default=None
    The most steps that a shard makes in a round, before each member's parameters are averaged. None: an eighth of an
    epoch of the shard."""


class DaskTabular(DaskEstimator):
    """A local tabular estimator of neuract's, fitted on Dask's collections."""

    def _work(self, local: Any, X: Any, y: Any, local_steps: int | None) -> Callable[[Cluster], DivergedError | None]:
        return lambda cluster: fit_tabular(cluster, local, local_steps)

    def predict_spread(self, X: Any) -> Any:
        """Returns how far the members disagree for each row, as the local estimator does; computed when asked for."""
        return asked(self.to_local(), "predict_spread", X)


@of(TabularClassifier, TABULAR_DOCUMENTED)
class DaskTabularClassifier(ClassifierMixin, DaskTabular):  # type: ignore[misc]
    """TabularClassifier on Dask's collections: frames as they are, with text, categories, dates and missing values.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    local_ : TabularClassifier
        The fitted local estimator, whose fitted attributes are attributes of the Dask estimator too.
    client_ : distributed.Client
        The client that trains.

    See Also
    --------
    neuract.TabularClassifier : For rows in the memory of one machine, or a source of `neuract.data` on one.

    Notes
    -----
    The client gets a sample of about 100,000 rows, those whose numbers have the smallest hashes. Columns, levels and
    folds are learned from it, and its rows that a member leaves out choose the epoch and calibrate. The shards train
    all members on the other rows: they make `local_steps` steps, then each member's parameters and moments are
    averaged, weighted by rows, as for `DaskMLPClassifier`. Rows that the sample holds whole are fitted on the client.

    The seed, the data and `n_shards` settle every bit of the model.
    """

    score = DaskEstimator.score
    predict_proba = DaskMLPClassifier.predict_proba


@of(TabularRegressor, TABULAR_DOCUMENTED)
class DaskTabularRegressor(RegressorMixin, DaskTabular):  # type: ignore[misc]
    """TabularRegressor on Dask's collections: frames as they are, with text, categories, dates and missing values.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    local_ : TabularRegressor
        The fitted local estimator, whose fitted attributes are attributes of the Dask estimator too.
    client_ : distributed.Client
        The client that trains.

    See Also
    --------
    DaskTabularClassifier : Its notes on training hold here too.
    neuract.TabularRegressor : For rows in the memory of one machine, or a source of `neuract.data` on one.
    """

    score = DaskEstimator.score

    def predict_interval(self, X: Any, coverage: float = 0.9) -> Any:
        """Returns the bounds between which y lies with this probability, as the local estimator does.

        Parameters
        ----------
        X : dask Array or DataFrame of shape (rows, columns)
        coverage : float, default=0.9

        Returns
        -------
        dask Array or DataFrame of shape (rows, 2)
            Computed when it is asked for.
        """
        return asked(self.to_local(), "predict_interval", X, coverage=coverage)
