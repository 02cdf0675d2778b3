# SPDX-License-Identifier: BSD-3-Clause
"""DaskMLPClassifier and DaskMLPRegressor: a local estimator, fitted on the shards of a cluster.

A Dask estimator has the parameters of its local estimator, and holds a fitted one, whose attributes are its own.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any, ClassVar, Self, TypeVar

from distributed import Client
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted

from neuract._checks import whole_number
from neuract._typing import FilePath
from neuract.dask._cluster import MOST_SHARDS, Cluster, client_of, one_fit_at_a_time
from neuract.dask._collections import asked, checked, form_of, partitions
from neuract.dask._fitting import fit
from neuract.dask._scores import score
from neuract.estimators._classifier import MLPClassifier
from neuract.estimators._parameters import dtype_of
from neuract.estimators._regressor import MLPRegressor
from neuract.training._guard import DivergedError

Kind = TypeVar("Kind", bound=type)
OWN = ("client", "n_shards", "local_steps")
REFUSED = {
    "early_stopping": "no rows are held out from shards; callbacks may end a fit",
    "warm_start": "a fit starts anew; to_local() gives an estimator with partial_fit",
    "monitor_neurons": "neurons are not watched on workers; neuract.diagnose(model.to_local(), X, y) looks at them",
}
"""Parameters of the local estimators that must be False, each with the reason."""

OF_ALL = """\
client : distributed.Client or None, default=None
    The client of the cluster that trains; None: the default client. It is no part of the model: copies, clones and
    pickles are without it.
n_shards : int or None, default=None
    The number of shards, into which the partitions of X are divided in their order. The model depends on it. None:
    the number of partitions, at most 16. All shards train at the same time, if there are workers for them.
"""
DOCUMENTED = f"""\
{OF_ALL}local_steps : int or None, default=None
    The most steps that a shard makes in a round, before the parameters are averaged. None: an epoch of the shard.
    In each case the first 10 rounds of a fit have one step."""


def of(local: type, documented: str = DOCUMENTED) -> Callable[[Kind], Kind]:
    """Returns a decorator that gives a Dask estimator the parameters of the local one, and their description."""

    def complete(estimator: Kind) -> Kind:
        own = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in OWN]
        parameters = [*inspect.signature(local).parameters.values(), *own]
        kind: Any = estimator

        def __init__(self: Any, *given: Any, **parameters: Any) -> None:
            self._take(given, parameters)

        itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        __init__.__signature__ = inspect.Signature([itself, *parameters])  # type: ignore[attr-defined] # for scikit-learn
        kind.__init__ = __init__
        kind.__signature__ = inspect.Signature(parameters)
        kind._local = local
        if estimator.__doc__ is not None:  # None under python -OO
            found = re.search(r"Parameters\n-+\n(.*?)\n\nAttributes", inspect.cleandoc(local.__doc__ or ""), re.S)
            assert found is not None
            text = inspect.cleandoc(estimator.__doc__)
            estimator.__doc__ = text.replace("{parameters}", f"{found[1]}\n{documented}")
        return estimator

    return complete


class DaskEstimator(BaseEstimator):  # type: ignore[misc]
    """A local estimator of neuract's, fitted on Dask's collections."""

    client: Client | None
    n_shards: int | None
    local_steps: int | None
    local_: Any
    _local: ClassVar[type]
    __signature__: ClassVar[inspect.Signature]

    def _take(self, given: tuple[Any, ...], parameters: dict[str, Any]) -> None:
        """Sets the parameters of a constructor, from its positional ones and from the others."""
        bound = self.__signature__.bind(*given, **parameters)
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            setattr(self, name, value)

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learns from X and y at once, on the workers of the client.

        Parameters
        ----------
        X : dask Array or DataFrame of shape (rows, features)
            Finite numbers, in columns of numbers or bools. All partitions must have the columns of X, in the same order
            and with the same kinds of dtype. A partition may have no rows, a shard must have some.
        y : dask Array, Series or DataFrame of shape (rows,) or (rows, outputs)
            In partitions like those of X. The rows are matched by their place, not by an index. A partition need not
            have every class.
        sample_weight : dask Array, Series or None, default=None
            Weight of each row, >= 0.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError
            For a partition that does not fit the others, or holds NaN: its number, row and column are named.
        """
        local, client = self._checked_local(), self.client_
        X = checked(X)
        parts = partitions(X, y, sample_weight)
        n_shards = self._checked_shards(len(parts))
        local_steps = None if self.local_steps is None else whole_number(self.local_steps, "local_steps", low=1)
        work = self._work(local, X, y, local_steps)
        cluster = Cluster(client, parts, n_shards)
        with one_fit_at_a_time(client):
            try:
                failure = work(cluster)
            finally:
                cluster.release()
        self.local_ = local
        if failure is not None:
            raise failure
        return self

    def _work(self, local: Any, X: Any, y: Any, local_steps: int | None) -> Callable[[Cluster], DivergedError | None]:
        """Returns what fits a local estimator to a cluster; X is checked."""
        labels, missing = issubclass(self._local, MLPClassifier), local.missing == "zero"
        form = form_of(X, y, dtype_of(local), labels=labels, missing_is_zero=missing)
        return lambda cluster: fit(cluster, local, form, local_steps)

    def _checked_local(self) -> Any:
        """Returns a new local estimator with these parameters, checked."""
        given = {name: value for name, value in self.get_params(deep=False).items() if name not in OWN}
        local: Any = self._local(**given)
        local._validate_params()
        for name, reason in REFUSED.items():
            if getattr(local, name, False):
                raise ValueError(f"{type(self).__name__} does not support {name}=True: {reason}")
        return local

    def _checked_shards(self, n_partitions: int) -> int:
        if self.n_shards is None:
            return min(n_partitions, MOST_SHARDS)
        n_shards = whole_number(self.n_shards, "n_shards", low=1)
        if n_shards > n_partitions:
            raise ValueError(
                f"n_shards={n_shards}, but X has only {n_partitions} partitions, of which each shard takes some; "
                "repartition X and y, or lower n_shards"
            )
        return n_shards

    def predict(self, X: Any) -> Any:
        """Returns what the local estimator's `predict` gives for each row, computed when it is asked for.

        Parameters
        ----------
        X : dask Array or DataFrame of shape (rows, features)

        Returns
        -------
        dask Array, Series or DataFrame
            An Array for an Array; for a frame a Series, or a DataFrame of several columns, with the index of X.
        """
        return asked(self.to_local(), "predict", X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Returns the accuracy of a classifier, R² of a regressor; computed at once, partition by partition.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        float
        """
        return score(self.client_, self.to_local(), X, y, sample_weight)

    def to_local(self) -> Any:
        """Returns a copy of the fitted local estimator, which needs no Dask."""
        check_is_fitted(self)
        local = object.__new__(type(self.local_))
        local.__setstate__(self.local_.__getstate__())
        return local

    def save(self, path: FilePath, *, state: bool = False) -> None:
        """Writes the local estimator to a file, from which `neuract.load` reads it; see `neuract.save`."""
        self.to_local().save(path, state=state)

    @property
    def client_(self) -> Client:
        """The client that trains: `client`, or the default one."""
        return client_of(self.client)

    def __sklearn_is_fitted__(self) -> bool:
        return "local_" in self.__dict__

    def __getattr__(self, name: str) -> Any:
        """Returns a fitted attribute of the local estimator."""
        if name.endswith("_") and not name.startswith("_") and "local_" in self.__dict__:
            return getattr(self.__dict__["local_"], name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __sklearn_clone__(self) -> Self:
        parameters = {name: clone(value, safe=False) for name, value in self._parameters().items()}
        return type(self)(**parameters, client=None)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "client": None}

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copied = object.__new__(type(self))
        copied.__dict__.update(deepcopy({**self.__dict__, "client": None}, memo))
        return copied

    def _parameters(self) -> dict[str, Any]:
        """Returns the parameters without the client."""
        return {name: value for name, value in self.get_params(deep=False).items() if name != "client"}


@of(MLPClassifier)
class DaskMLPClassifier(ClassifierMixin, DaskEstimator):  # type: ignore[misc]
    """MLPClassifier on Dask's collections: the workers of a cluster train one network together.

    The parameters are those of `neuract.MLPClassifier` and three more. early_stopping, warm_start and monitor_neurons
    must be False. max_iter counts epochs, in each of which every shard passes once over its rows. batch_size is that of
    a shard. learning_rate_init is the rate on one machine: shards take n_shards times that, at most 16 times.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    local_ : MLPClassifier
        The fitted local estimator. All its fitted attributes, such as `classes_`, `loss_curve_` and `network_`, are
        attributes of the Dask estimator too.
    client_ : distributed.Client
        The client that trains.

    See Also
    --------
    neuract.MLPClassifier : For rows in the memory of one machine.

    Notes
    -----
    The rows of a shard stay on one worker, as one array of the network's dtype. In a round each shard makes
    `local_steps` steps from the same state; then parameters and moments of the optimizer are averaged, weighted by
    rows, with float64 sums in the order of the shards. This is local SGD (McMahan et al. 2017, arXiv:1602.05629; with
    one step a round at first: Lin et al. 2018, arXiv:1808.07217), at rates in proportion to the number of shards (Goyal
    et al. 2017, arXiv:1706.02677). With one shard there is nothing to average. With ``solver="lbfgs"`` the gradient is
    summed over the shards, so that the model is the local one to rounding.

    The seed, the data and `n_shards` settle every bit of the model, however many workers and threads there are, and if
    workers are lost.

    Examples
    --------
    >>> import dask.array as da
    >>> from distributed import Client
    >>> from neuract.dask import DaskMLPClassifier
    >>> from sklearn.datasets import load_iris
    >>> X, y = (da.from_array(array, chunks=50) for array in load_iris(return_X_y=True))
    >>> with Client(processes=False, dashboard_address=":0") as client:
    ...     model = DaskMLPClassifier((2,), solver="lbfgs", alpha=0.01, random_state=0).fit(X, y)
    ...     model.predict(X).compute()[::50]
    array([0, 1, 2])
    """

    score = DaskEstimator.score

    def predict_proba(self, X: Any) -> Any:
        """Returns the probability of each class for each row, computed when it is asked for.

        Parameters
        ----------
        X : dask Array or DataFrame of shape (rows, features)

        Returns
        -------
        dask Array or DataFrame of shape (rows, classes)
            The columns of a DataFrame are `classes_`.
        """
        return asked(self.to_local(), "predict_proba", X)

    def predict_log_proba(self, X: Any) -> Any:
        """Returns the logarithms of `predict_proba`."""
        return asked(self.to_local(), "predict_log_proba", X)


@of(MLPRegressor)
class DaskMLPRegressor(RegressorMixin, DaskEstimator):  # type: ignore[misc]
    """MLPRegressor on Dask's collections: the workers of a cluster train one network together.

    The parameters are those of `neuract.MLPRegressor` and three more; see `DaskMLPClassifier`.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    local_ : MLPRegressor
        The fitted local estimator, whose fitted attributes are attributes of the Dask estimator too.
    client_ : distributed.Client
        The client that trains.

    See Also
    --------
    DaskMLPClassifier : Its notes on training hold here too.
    neuract.MLPRegressor : For rows in the memory of one machine.
    """

    score = DaskEstimator.score
