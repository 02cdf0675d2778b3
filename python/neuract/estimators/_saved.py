# SPDX-License-Identifier: BSD-3-Clause
"""Estimators in model files and pickles. A pickle is a model file with the values that a file cannot hold."""

from __future__ import annotations

from typing import Any, TypeVar

from neuract.files._estimator import ATTRIBUTES, read_estimator, write_estimator
from neuract.files._format import Contents, pack, unpack
from neuract.files._values import Writer
from neuract.network import Network

Model = TypeVar("Model")


def as_if_ended(model: Model, network: Network) -> Model:
    """Returns a copy of the estimator as if the fit of the network ended now."""
    fitted = object.__new__(type(model))
    fitted.__dict__.update(model.__dict__, network_=network)
    return fitted


def estimator_bytes(model: Any, training: bool) -> bytes:
    """Returns the bytes of the estimator's file."""
    _check_parameters_are_ours(model)
    writer = Writer()
    return pack(model._neuract_file, write_estimator(model._state(), writer, training=training), writer)


def _check_parameters_are_ours(model: Any) -> None:
    """Raises ValueError for a subclass with other parameters, which a file would lose."""
    ours: Any = next(kind for kind in type(model).__mro__ if "_neuract_file" in vars(kind))
    if model._get_param_names() != ours._get_param_names():
        raise ValueError(
            f"a file holds only the parameters of {ours.__name__}, but {type(model).__name__} has others; pickle it, "
            "or save its network_"
        )


def become(model: Any, contents: Contents) -> None:
    """Turns the model into the estimator of these contents, which may be untrusted."""
    state = read_estimator(contents)
    contents.reader.check_all_read()
    if unknown := state["parameters"].keys() - set(model._get_param_names()):
        raise ValueError(f"{type(model).__name__} has no parameters {', '.join(sorted(unknown))}")
    model.__dict__.update(state["parameters"])
    model._validate_params()
    model._set_state(state)


def pickled(model: Any) -> dict[str, Any]:
    """Returns the contents of a pickle: a file, and next to it the values that a file cannot hold."""
    state, writer = model._state(), Writer(lenient=True)
    parts = write_estimator(state, writer, training=True)
    return {"file": pack(model._neuract_file, parts, writer), "beside": writer.beside, "others": state["others"]}


def unpickle(model: Any, state: dict[str, Any]) -> None:
    """Turns the model into the estimator of a pickle."""
    model._set_state(read_estimator(unpack(state["file"], state["beside"])))
    model.__dict__.update(state["others"])


def state_of(model: Any) -> dict[str, Any]:
    own = model.__dict__
    names = set(model._get_param_names()) & own.keys()
    network = own.get("network_")
    return {
        "parameters": {name: own[name] for name in sorted(names)},
        "attributes": {name: own[name] for name in ATTRIBUTES if name in own},
        "network": None if network is None else network._state(),
        "others": {name: value for name, value in own.items() if name not in {*names, *ATTRIBUTES, "network_"}},
    }


def set_state(model: Any, state: dict[str, Any]) -> None:
    model.__dict__.update(state["parameters"], **state["attributes"])
    if state["network"]:
        network = model.__dict__["network_"] = Network.__new__(Network)
        network._set_state(state["network"])
