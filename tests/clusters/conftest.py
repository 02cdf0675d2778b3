# SPDX-License-Identifier: BSD-3-Clause
"""Real clusters on 127.0.0.1: four processes, two, and threads of this process."""

import os
import sys
from contextlib import contextmanager

import numpy as np
import pytest

try:
    import dask
    import distributed
except ModuleNotFoundError:
    dask = distributed = None  # the tests that need them are skipped

FORKED = {"distributed.worker.multiprocessing-method": "forkserver"}
PRELOADED = ["distributed", "distributed.nanny", "neuract.dask"]


@pytest.fixture(scope="session")
def forked():
    """Lets workers be forked from a process that has imported all: each starts in 0.2 s in place of 5 s."""
    if sys.platform == "win32":
        yield
        return
    with dask.config.set(FORKED):
        distributed.utils.get_mp_context().set_forkserver_preload(PRELOADED)
        yield


@contextmanager
def same_environment():
    """Undoes what a nanny, which runs in this process, sets for its workers: one thread for OpenMP and BLAS."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(autouse=True)
def unchanged_environment():
    """For tests in which a nanny starts a worker anew."""
    with same_environment():
        yield


def cluster(workers, **options):
    """Returns a cluster of that many processes, each with a thread."""
    options = {"threads_per_worker": 1, "dashboard_address": ":0", **options}
    with same_environment():
        return distributed.LocalCluster(n_workers=workers, **options)


@pytest.fixture(scope="module")  # since idle workers take time too
def four(forked):
    """A client of four processes."""
    with cluster(4) as workers, distributed.Client(workers, set_as_default=False) as client:
        yield client


@pytest.fixture(scope="module")  # since idle workers take time too
def two(forked):
    """A client of two processes, each with two threads."""
    with cluster(2, threads_per_worker=2) as workers, distributed.Client(workers, set_as_default=False) as client:
        yield client


@pytest.fixture(scope="module")  # since idle workers take time too
def threads():
    """A client of this process, with two threads."""
    with (
        cluster(1, processes=False, threads_per_worker=2) as workers,
        distributed.Client(workers, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture(scope="session")
def rows():
    """X, y and sample weights: two classes that a line does not divide."""
    random = np.random.default_rng(1)
    x = random.normal(size=(600, 4))
    y = (x[:, 0] * x[:, 1] + 0.3 * x[:, 2] > 0).astype(int)
    return x, y, random.uniform(0.5, 2, 600)
