# SPDX-License-Identifier: BSD-3-Clause
"""Rows that come in buffers: windows of a source in random order, some of them in memory together.

While the core trains on one buffer, a thread reads the next.
"""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

import numpy as np

from neuract._typing import Array
from neuract.data._windows import Windows, part
from neuract.inputs._data import Data


class Stream:
    """The rows of a training that come in buffers.

    Attributes
    ----------
    some : Data
        Rows in memory, for what looks at a few.
    """

    def __init__(self, windows: Windows, some: Data) -> None:
        self.windows, self.some = windows, some
        self._room: list[Data] = []

    @property
    def rows(self) -> int:
        return self.windows.rows

    def order(self, random: np.random.RandomState | None) -> list[Array]:
        """Returns the numbers of the windows of each buffer of a pass; None: in the order of the source."""
        numbers = np.flatnonzero(self.windows.counts)
        if random is not None:
            random.shuffle(numbers)
        at_once = self.windows.at_once
        return [numbers[at : at + at_once] for at in range(0, len(numbers), at_once)]

    def sizes(self, order: list[Array]) -> list[int]:
        """Returns the rows of each buffer."""
        return [int(self.windows.counts[numbers].sum()) for numbers in order]

    def buffers(self, order: list[Array]) -> Generator[Data]:
        """Yields the rows of each buffer, in memory that the next but one uses again."""
        most = max(self.sizes(order), default=0)
        if not self._room or self._room[0].rows < most:
            self._room = [self.windows.shape.room(most) for _ in range(2)]
        with ThreadPoolExecutor(1) as reader:
            coming = reader.submit(self._read, order[0], self._room[0])
            for at in range(1, len(order) + 1):
                data = coming.result()
                if at < len(order):
                    coming = reader.submit(self._read, order[at], self._room[at % 2])
                yield data

    def _read(self, numbers: Array, room: Data) -> Data:
        done = 0
        for number in numbers.tolist():
            rows = int(self.windows.counts[number])
            self.windows.read(number, part(room, done, done + rows))
            done += rows
        return part(room, 0, done)

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._room = []
        self.windows.close()


def some_of(rows: Data | Stream) -> Data:
    """Returns rows in memory: all, or those that a stream keeps."""
    return rows.some if isinstance(rows, Stream) else rows
