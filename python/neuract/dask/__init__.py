# SPDX-License-Identifier: BSD-3-Clause
"""Estimators on Dask's collections: the rows lie on the workers of a cluster, which train the network together.

The rows are divided into shards by partition. Every shard trains for a round, then parameters and moments are averaged.
The model has the same bits whatever the number of workers and of their threads.
"""

try:
    import dask.array  # noqa: F401
    import distributed  # noqa: F401
except ModuleNotFoundError as error:
    raise ImportError(
        f'neuract.dask needs Dask, which could not be imported ({error}): pip install "neuract[dask]"'
    ) from error

from neuract.dask._estimators import DaskMLPClassifier, DaskMLPRegressor
from neuract.dask._tabular import DaskTabularClassifier, DaskTabularRegressor

__all__ = ["DaskMLPClassifier", "DaskMLPRegressor", "DaskTabularClassifier", "DaskTabularRegressor"]
