# SPDX-License-Identifier: BSD-3-Clause
"""Estimators in model files and in pickles, which are model files with what those cannot hold beside them."""

from __future__ import annotations

import os
from typing import Any, ClassVar, Self

from neuract.estimators._parameters import Parameters
from neuract.files._estimator import ATTRIBUTES, read_estimator, write_estimator
from neuract.files._format import Contents, pack, save_bytes, unpack
from neuract.files._values import Writer
from neuract.network import Network


class SavedEstimator(Parameters):
    """An estimator that can be saved, pickled and copied."""

    _neuract_file: ClassVar[str]  # the kind of model, as the file names it

    def save(self, path: str | os.PathLike[str], *, state: bool = False) -> None:
        """Writes the model to a file, from which `neuract.load` makes the same model.

        Parameters
        ----------
        path, state
            As for `neuract.save`.
        """
        self._validate_params()  # `load` refuses what `fit` would
        save_bytes(path, self._file_bytes(state))

    def _file_bytes(self, training: bool) -> bytes:
        self._check_parameters_are_ours()
        writer = Writer()
        return pack(self._neuract_file, write_estimator(self._state(), writer, training=training), writer)

    def _check_parameters_are_ours(self) -> None:
        """ValueError of a subclass with others, which a file would lose."""
        ours: Any = next(kind for kind in type(self).__mro__ if "_neuract_file" in vars(kind))
        if self._get_param_names() != ours._get_param_names():
            raise ValueError(
                f"a file holds the parameters of {ours.__name__}, and {type(self).__name__} has others; pickle it, or "
                "save its network_"
            )

    def _as_if_ended(self, network: Network) -> Self:
        """This estimator as it would be if the fit of the network ended now."""
        fitted = object.__new__(type(self))
        fitted.__dict__.update(self.__dict__, network_=network)
        return fitted

    def __getstate__(self) -> dict[str, Any]:
        state, writer = self._state(), Writer(lenient=True)
        parts = write_estimator(state, writer, training=True)
        return {"file": pack(self._neuract_file, parts, writer), "beside": writer.beside, "others": state["others"]}

    def __setstate__(self, pickled: dict[str, Any]) -> None:
        self._set_state(read_estimator(unpack(pickled["file"], pickled["beside"])))
        self.__dict__.update(pickled["others"])

    def _become(self, contents: Contents) -> None:
        """Becomes the estimator of these contents, which may be a stranger's."""
        state = read_estimator(contents)
        contents.reader.check_all_read()
        if unknown := state["parameters"].keys() - set(self._get_param_names()):
            raise ValueError(f"{type(self).__name__} has no parameters {', '.join(sorted(unknown))}")
        self._set_state(state)
        self._validate_params()

    def _state(self) -> dict[str, Any]:
        own = self.__dict__
        names = set(self._get_param_names()) & own.keys()
        network = own.get("network_")
        return {
            "parameters": {name: own[name] for name in sorted(names)},
            "attributes": {name: own[name] for name in ATTRIBUTES if name in own},
            "network": None if network is None else network._state(),
            "others": {name: value for name, value in own.items() if name not in {*names, *ATTRIBUTES, "network_"}},
        }

    def _set_state(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state["parameters"], **state["attributes"])
        if state["network"]:
            network = self.__dict__["network_"] = Network.__new__(Network)
            network._set_state(state["network"])
