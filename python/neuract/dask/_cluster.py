# SPDX-License-Identifier: BSD-3-Clause
"""The cluster of a fit: the shards as futures, and rounds as named graphs whose shape depends on their number alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dask
from distributed import Client, Lock, default_client

from neuract.dask._rounds import Part, State, given, mean, summed
from neuract.dask._shards import Facts, Form, facts, gathered, targeted, total_weight

AT_ONCE = 4  # parts that a task of the tree adds
MOST_SHARDS = 16  # by default


def client_of(client: Client | None) -> Client:
    """Returns the client, or the default one; ValueError if there is none that a fit can use."""
    try:
        found = client or default_client()
    except ValueError:
        raise ValueError(
            "there is no Dask client: make one with distributed.Client(...), or give one as client"
        ) from None
    if not isinstance(found, Client):
        raise TypeError(f"client must be a distributed.Client, got {found!r}")
    if found.asynchronous:
        raise ValueError("an asynchronous client is not supported: give one made with asynchronous=False")
    if found.status != "running":
        raise ConnectionError(_gone(found))
    return found


@contextmanager
def one_fit_at_a_time(client: Client) -> Iterator[None]:
    """Lets fits on one cluster follow one another: two at once would hold twice the memory and wait for each other.

    The scheduler takes the lock from a client that dies, unlike a MultiLock.
    """
    with Lock("neuract-fit", scheduler_rpc=client.scheduler, loop=client.loop):
        yield


class Cluster:
    """The shards of a fit, on the workers of a client.

    Parameters
    ----------
    client : distributed.Client
    partitions : sequence of tuples
        X, y and sample weights or None of each partition, as delayed objects.
    n_shards : int
        At most the number of partitions.
    """

    def __init__(self, client: Client, partitions: Sequence[tuple[Any, Any, Any]], n_shards: int) -> None:
        self._client, self._partitions, self.n_shards = client, partitions, n_shards
        self._token, self._round = uuid.uuid4().hex, 0
        self._shards: list[Any] = []  # futures

    def collect(self, function: Callable[..., Any], *shared: Any) -> None:
        """Keeps what `function(*shared, shard, first partition, partitions)` makes of each shard's partitions."""
        n, rows = len(self._partitions), []
        for shard in range(self.n_shards):
            first, last = (n * number // self.n_shards for number in (shard, shard + 1))
            parts = [list(partition) for partition in self._partitions[first:last]]
            rows.append(self._task(function, f"rows-{shard}")(*shared, shard, first, parts))
        self._hold(rows)
        del self._partitions

    def each(self, function: Callable[..., Any], name: str, *given: Sequence[Any]) -> list[Any]:
        """Returns what `function(shard, *given)` gives; of each of `given` a shard gets its own."""
        tasks = [
            self._task(function, f"{name}-{number}")(shard, *(each[number] for each in given))
            for number, shard in enumerate(self._shards)
        ]
        return self._results(tasks)

    def gather(self, form: Form) -> list[Facts]:
        """Brings the rows of each shard together on a worker. Returns the facts of the shards."""
        self.collect(gathered, form)
        return self.each(facts, "facts", [form.labels] * self.n_shards)

    def target(self, *arguments: Any) -> float:
        """Makes data for the core of the rows. Returns their total weight. arguments: of `targeted`."""
        self._hold([self._task(targeted, f"shard-{i}")(*arguments, rows) for i, rows in enumerate(self._shards)])
        return float(sum(self.each(total_weight, "weight")))

    def replace(self, function: Callable[..., Any], name: str, shared: Any, *given: Sequence[Any]) -> None:
        """Keeps what `function(shared, *given, shard)` makes of each shard in place of it."""
        shared = self._task(_itself, f"{name}-argument")(shared)
        tasks = [
            self._task(function, f"{name}-{number}")(shared, *(each[number] for each in given), shard)
            for number, shard in enumerate(self._shards)
        ]
        self._hold(tasks)

    def mean(self, work: Callable[..., Part], arguments: Sequence[Any], state: State, dtype: str) -> Part:
        """Returns the weighted mean of what `work(*arguments, shard number, data, state)` finds on each shard."""
        return self.means(work, [arguments], [state], dtype)[0]

    def means(
        self, work: Callable[..., Part], arguments: Sequence[Sequence[Any]], states: Sequence[State], dtype: str
    ) -> list[Part]:
        """Returns the same for each of several arguments with a state, all at once."""
        name = f"round-{self._round}"
        names = [name] if len(states) == 1 else [f"{name}-member-{number}" for number in range(len(states))]
        self._round += 1
        every = zip(names, arguments, states, strict=True)
        return self._results([self._mean_of(name, work, shared, state, dtype) for name, shared, state in every])

    def _mean_of(self, name: str, work: Callable[..., Part], arguments: Sequence[Any], state: State, dtype: str) -> Any:
        """Returns the graph of a mean: a tree of tasks, whose shape depends on the number of shards alone."""
        root = self._task(given, f"{name}-state")(state)
        shared = [self._task(_itself, f"{name}-argument-{i}")(argument) for i, argument in enumerate(arguments)]
        parts = [self._task(work, f"{name}-shard-{i}")(*shared, i, data, root) for i, data in enumerate(self._shards)]
        level = 0
        while len(parts) > 1:
            starts = range(0, len(parts), AT_ONCE)
            parts = [self._task(summed, f"{name}-sum-{level}-{i}")(parts[i : i + AT_ONCE]) for i in starts]
            level += 1
        return self._task(mean, f"{name}-mean")(parts[0], dtype)

    def release(self) -> None:
        """Gives the memory of the workers back."""
        if self._client.status == "running":
            self._client.cancel(self._shards)
        self._shards = []

    def _task(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        key = f"neuract-{name}-{self._token}"
        return lambda *arguments: dask.delayed(function, pure=False)(*arguments, dask_key_name=key)

    def _hold(self, tasks: Sequence[Any]) -> None:
        """Computes the tasks and keeps their results on the workers, in place of those that were kept before."""
        with self._computing(tasks) as futures:
            for future in futures:
                if future.exception() is not None:
                    future.result()  # raises it
        self._shards = futures

    def _results(self, tasks: Sequence[Any]) -> list[Any]:
        with self._computing(tasks) as futures:
            results: list[Any] = self._client.gather(futures)
        return results

    @contextmanager
    def _computing(self, tasks: Sequence[Any]) -> Iterator[list[Any]]:
        """Cancels the tasks if waiting for them fails; ConnectionError if the scheduler is gone."""
        # The state of a large network belongs to the graph, from which a lost task is computed again.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "2GB"}):
            futures = self._client.compute(tasks, optimize_graph=False)
        try:
            yield futures
        except BaseException as error:
            if self._client.status == "running":
                self._client.cancel(futures)
            elif isinstance(error, Exception):
                raise ConnectionError(_gone(self._client)) from error
            raise


def _itself(value: Any) -> Any:
    return value


def _gone(client: Client) -> str:
    return f"the Dask client is {client.status}: its scheduler cannot be reached"
