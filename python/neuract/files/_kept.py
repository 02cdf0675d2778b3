# SPDX-License-Identifier: BSD-3-Clause
"""The methods of a Network for files, pickles and copies, all of which hold its state."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Self

from neuract._typing import FilePath
from neuract.files._format import Contents, save_bytes, unpack
from neuract.files._network import network_bytes, network_of, network_pickled


class Kept:
    """The methods."""

    callbacks: Any

    def _state(self) -> dict[str, Any]:
        """Returns everything but the callbacks, as `files._network` describes it."""
        raise NotImplementedError

    def _set_state(self, state: Mapping[str, Any]) -> None:
        """Becomes the network of that state."""
        raise NotImplementedError

    def save(self, path: FilePath, *, state: bool = False) -> None:
        """Writes the network to a file, from which `neuract.load` reads the same network; see `neuract.save`."""
        save_bytes(path, self._file_bytes(state))

    def _file_bytes(self, training: bool) -> bytes:
        return network_bytes(self._state(), training=training)

    def __getstate__(self) -> dict[str, Any]:
        """Returns the bytes of a model file, and next to them values that it cannot hold; without callbacks."""
        return network_pickled(self._state())

    def __setstate__(self, pickled: dict[str, Any]) -> None:
        self._become(unpack(pickled["file"], pickled["beside"]))
        self.__dict__.update(pickled["others"])

    def _become(self, contents: Contents) -> None:
        """Becomes the network of these contents."""
        self._set_state(network_of(contents))

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # a network shares nothing

    def __sklearn_clone__(self) -> Self:
        """Returns a network with the same settings that is not fitted, for `sklearn.base.clone`."""
        twin = type(self).__new__(type(self))
        settings = {name: part for name, part in self._state().items() if name in ("fixed", "free")}
        twin._set_state({**copy.deepcopy(settings), "learned": None, "training": None, "generator": None})
        twin.__dict__["callbacks"] = copy.deepcopy(self.callbacks)
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        state = copy.deepcopy(self._state(), memo)
        twin._set_state(state)
        twin.__dict__.update(state["others"])
        return twin
