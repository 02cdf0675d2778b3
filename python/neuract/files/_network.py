# SPDX-License-Identifier: BSD-3-Clause
"""A Network's state as the document and the arrays of a model file, and back.

The state is a dict: "fixed", the settings that cannot change; "free", the settings that can; "learned": n_inputs,
parameters and history; "training", the optimizer's state; "generator". The last three may be None.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from neuract._checks import boolean, whole_number
from neuract._typing import Array
from neuract.files._format import Contents, pack
from neuract.files._generators import GENERATOR, read_generator, write_generator
from neuract.files._values import Reader, Writer, object_with
from neuract.layers._dense import Dense
from neuract.layers._inputs import Input, checked_inputs
from neuract.layers._parameters import ALL_PARTS, shapes
from neuract.losses._base import Loss
from neuract.training._session import MOMENTS
from neuract.training._settings import FIXED, FREE

Document = dict[str, Any]
State = dict[str, Any]

REQUIRED = ("layers", "loss", "dtype", "learned")
"""The keys that every file has. Other settings may be missing from an older file, and take the default of `Network`."""
LAYER, LAYER_OPTIONAL = ("units", "activation"), ("threshold", "dropout", "rate")
LEARNED, LEARNED_OPTIONAL = ("n_inputs", "history"), ("classes",)
TRAINING = ("steps", "seed")
NAMES = {
    "weights": "layers.{}.weight",
    "biases": "layers.{}.bias",
    "slopes": "layers.{}.slope",
    "inputs": "inputs.{}.learned",
}
"""The names of arrays, by part."""
OF_MOMENTS = {"first_moments": "first_moment", "second_moments": "second_moment"}


def network_bytes(state: State, *, training: bool) -> bytes:
    """Returns the file of a network alone."""
    writer = Writer()
    return pack("Network", {"network": write_network(state, writer, training=training)}, writer)


def network_pickled(state: State) -> dict[str, Any]:
    """Returns what a pickle holds: a file, and beside it what a file cannot hold."""
    writer = Writer(lenient=True)
    parts = {"network": write_network(state, writer, training=True)}
    return {"file": pack("Network", parts, writer), "beside": writer.beside, "others": state["others"]}


def network_of(contents: Contents) -> State:
    """Returns the state of a network that is a file's only part."""
    state = read_network(contents.parts["network"], contents.reader)
    contents.reader.check_all_read()
    return state


# ---- writing -------------------------------------------------------------------------------------


def write_network(state: State, writer: Writer, *, training: bool) -> Document:
    """Returns the document; arrays go to the writer. training: include the state to continue from."""
    settings = {**state["fixed"], **state["free"]}
    layers, inputs, random_state = settings.pop("layers"), settings.pop("inputs"), settings["random_state"]
    generator = state["generator"] if training else None
    if isinstance(random_state, np.random.RandomState):
        if training and generator in (None, random_state):
            generator, settings["random_state"] = random_state, GENERATOR
        elif not writer.lenient:
            settings["random_state"] = None
    return {
        "layers": writer.write_named("network.layers", layers, partial(_write_layers, writer=writer)),
        "inputs": [writer.write(each) for each in inputs],
        **writer.write_all("network", settings),
        "learned": state["learned"] and _write_learned(state["learned"], writer),
        "training": _write_training(state["training"], writer) if training and state["training"] else None,
        "generator": writer.write_named("network.generator", generator, partial(write_generator, writer=writer)),
    }


def _write_layers(layers: tuple[Dense, ...], writer: Writer) -> list[Document]:
    return [_write_layer(layer, number, writer) for number, layer in enumerate(layers)]


def _write_layer(layer: Dense, number: int, writer: Writer) -> Document:
    if layer.threshold is not None:
        writer.arrays[f"layers.{number}.threshold"] = np.array(layer.threshold, dtype=np.float64)
    return {
        "units": layer.units,
        "activation": writer.write(layer.activation),
        "threshold": layer.threshold is not None,
        "dropout": layer.dropout,
        "rate": layer.rate,
    }


def _write_learned(learned: State, writer: Writer) -> Document:
    for part, arrays in learned["parameters"].items():
        for layer, array in enumerate(arrays):
            if array.size:
                writer.arrays[NAMES[part].format(layer)] = array
    classes = None if learned["classes"] is None else learned["classes"].tolist()
    return {"n_inputs": learned["n_inputs"], "history": writer.write(learned["history"]), "classes": classes}


def _write_training(training: State, writer: Writer) -> Document:
    for (moment, part), arrays in training["moments"].items():
        for layer, array in enumerate(arrays):
            if array.size:
                writer.arrays[f"{NAMES[part].format(layer)}.{OF_MOMENTS[moment]}"] = array
    return {"steps": training["steps"], "seed": training["seed"]}


# ---- reading -------------------------------------------------------------------------------------


def optional() -> set[str]:
    """Returns the keys that a file may lack."""
    return {*FIXED, *FREE, "inputs", "training", "generator"} - set(REQUIRED)


def read_network(document: Any, reader: Reader) -> State:
    """Returns the state; ValueError or TypeError if the document or an array is not valid."""
    document = object_with(document, REQUIRED, "network", optional())
    written = document.get("generator")
    generator = reader.read_named("network.generator", written, partial(read_generator, reader=reader))
    layers = reader.read_named("network.layers", document["layers"], partial(_read_layers, reader=reader))
    fixed, free = (
        {name: reader.read_named(f"network.{name}", document[name]) for name in names if name in document}
        for names in (("loss", *FIXED), FREE)
    )
    if not isinstance(fixed["loss"], Loss):  # a Network would also accept a function
        raise ValueError(f"loss must be a loss of neuract, got {fixed['loss']!r}")
    inputs = _read_inputs(document.get("inputs", []), reader)
    learned, training = document["learned"], document.get("training")
    if learned is not None:
        learned = _read_learned(learned, layers, inputs, fixed["dtype"], reader)
    if training is not None:
        if learned is None:
            raise ValueError("the file has a state of training, but no parameters")
        training = _read_training(training, layers, inputs, learned["n_inputs"], fixed["dtype"], reader)
    return {
        "fixed": {"layers": layers, "inputs": inputs, **fixed},
        "free": _checked_free(free, generator),
        "learned": learned,
        "training": training,
        "generator": generator,
    }


def _read_layers(document: Any, reader: Reader) -> list[Dense]:
    if not isinstance(document, list) or not document:
        raise ValueError(f"layers must be a list with at least one layer, got {document!r}")
    return [_read_layer(layer, number, reader) for number, layer in enumerate(document)]


def _read_layer(document: Any, number: int, reader: Reader) -> Dense:
    layer = object_with(document, LAYER, "layer", LAYER_OPTIONAL)
    units, threshold = whole_number(layer["units"], "units", low=1), None
    if boolean(layer.get("threshold", False), "threshold"):
        name = f"layers.{number}.threshold"
        single = reader.shape(name) == ()
        threshold = reader.take(name, () if single else (units,), "float64")
    others = {name: layer[name] for name in LAYER_OPTIONAL if name in layer and name != "threshold"}
    return Dense(units, reader.read(layer["activation"]), threshold=threshold, **others)


def _checked_free(free: State, generator: np.random.RandomState | None) -> State:
    """Returns the settings, with those checked that no constructor checks."""
    if free.get("random_state") == GENERATOR:
        free["random_state"] = generator
    for name in ("shuffle", "verbose"):
        boolean(free.get(name, False), name)
    return {name: FREE[name](value) for name, value in free.items()}


def _read_inputs(document: Any, reader: Reader) -> tuple[Input, ...]:
    if not isinstance(document, list):
        raise ValueError(f"inputs must be a list, got {document!r}")
    return checked_inputs([reader.read(each) for each in document])


def _read_learned(document: Any, layers: list[Dense], inputs: tuple[Input, ...], dtype: str, reader: Reader) -> State:
    learned = object_with(document, LEARNED, "learned", LEARNED_OPTIONAL)
    n_inputs = whole_number(learned["n_inputs"], "n_inputs", low=1)
    history = reader.read(learned["history"])
    if not isinstance(history, dict) or not all(isinstance(values, list) for values in history.values()):
        raise ValueError("history must be a dict of lists")
    classes = learned.get("classes")
    classes = None if classes is None else _read_classes(classes, layers[-1].units)
    parameters = _read_parts(layers, inputs, n_inputs, dtype, "", reader)
    return {"n_inputs": n_inputs, "history": history, "classes": classes, "parameters": parameters}


def _read_classes(classes: Any, n_outputs: int) -> Array:
    if not isinstance(classes, list) or not all(isinstance(label, str) for label in classes):
        raise ValueError("classes must be a list of text")
    if len(classes) != max(2, n_outputs) or sorted(set(classes)) != classes:
        raise ValueError(f"classes must be {max(2, n_outputs)} different labels in alphabetical order")
    return np.array(classes)


def _read_training(
    document: Any, layers: list[Dense], inputs: tuple[Input, ...], n_inputs: int, dtype: str, reader: Reader
) -> State:
    training = object_with(document, TRAINING, "training")
    steps, seed = (whole_number(training[name], name, low=0) for name in ("steps", "seed"))
    if max(steps, seed) >= 2**63:
        raise ValueError("steps and seed must be less than 2**63")
    moments = {
        (moment, part): arrays
        for moment in MOMENTS
        for part, arrays in _read_parts(layers, inputs, n_inputs, dtype, f".{OF_MOMENTS[moment]}", reader).items()
    }
    return {"steps": steps, "seed": seed, "moments": moments}


def _read_parts(
    layers: list[Dense], inputs: tuple[Input, ...], n_inputs: int, dtype: str, suffix: str, reader: Reader
) -> dict[str, list[Array]]:
    """Weights, biases, slopes and what inputs learn, or what there is of an optimizer for each of them."""
    return {
        part: [
            reader.take(NAMES[part].format(number) + suffix, shape, dtype) if shape[-1] else np.empty(0, dtype)
            for number, shape in enumerate(shapes(layers, inputs, n_inputs, part))
        ]
        for part in ALL_PARTS
    }
