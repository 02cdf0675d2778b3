# SPDX-License-Identifier: BSD-3-Clause
"""Fuzzes `neuract.load`: `python tests/oracle/fuzz_load.py FOLDER`, with atheris installed.

Mutation starts from the files in FOLDER, and files that reach new code are added to it. The mutator knows the format:
it changes the document or the arrays and writes the checksum that belongs to them, without which nothing gets past the
first line. docs/trust.md says what came of it; tests/files/test_fuzzed_files.py loads what a session left in
tests/corpus/.
"""

import copy
import datetime
import json
import random
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest

LENGTH = 8  # bytes of a header's length
MOST_COLUMNS = 10_000  # a file of a network with inputs may name any number of columns of X
EDGES: list[object] = [None, True, False, 0, 1, -1, 2, 7, 2**31, 2**53, 2**63 - 1, 2**64, 10**30]
EDGES += [0.0, -0.0, 0.5, 1e-320, 1e308, -1.5, "", "a", "nan", "generator", "float32", "float64", "U1", "U999999999"]
EDGES += ["object", "bool", [], {}, [[]], {"": 0}]


def load_or_refuse(data: bytes, path: Path, check_saving: bool = True):
    """The model in the file, or None if `load` refuses it; only a ValueError may refuse it.

    A loaded model predicts and, with `check_saving`, predicts the same bits after it is saved and loaded again.
    """
    import neuract as na

    path.write_bytes(data)
    try:
        model = na.load(path)
    except ValueError:
        return None
    before = predicted(model)
    if not check_saving:
        return model
    na.save(model, path, state=True)
    assert same_bits(predicted(na.load(path)), before), "saved again, it is another model"
    return model


def predicted(model):
    """Predictions for three rows, or None for an unfitted model. Refuses numbers that are no levels."""
    network = getattr(model, "network_", model)
    if hasattr(model, "columns_"):
        return model.predict(rows_of(model.columns_))
    known = network._learner.parameters if hasattr(network, "_learner") else None
    if known is None or known.n_inputs > MOST_COLUMNS:
        return None
    rows = np.linspace(-1, 1, 3 * known.n_inputs).reshape(3, -1)
    levels: dict[int, int] = {}
    for each in network.inputs:
        if hasattr(each, "levels"):
            levels[each.column] = min(each.levels, levels.get(each.column, each.levels))
    for column, most in levels.items():
        rows[:, column] = np.minimum([0, 1, most], 2**24)  # beyond, float32 lacks whole numbers
    for column, most in levels.items():
        refuse_levels(network, rows, column, [-1, 0.5, 2.0 * most + 1, 1e30])
    return network.predict(rows) if network is model else model.predict(named(model, rows))


def rows_of(columns):
    """Three rows for the columns of a tabular model: some that it knows, some that it does not, and missing ones."""
    values = {name: [None] * 3 for name in columns.left_out_} | {
        kind.name: VALUES[type(kind).__name__](kind) for kind in columns.kinds_
    }
    names = [f"x{k}" for k in range(columns.n_features_in_)]
    names = getattr(columns, "feature_names_in_", np.array(names)).tolist()
    given = {name: values.get(name, [None] * 3) for name in names}
    if hasattr(columns, "feature_names_in_"):
        return given
    return np.array([given[name] for name in names], object).T


VALUES = {
    "Number": lambda kind: [datetime.timedelta(1), None, None] if kind.form == "duration" else [-1.0, None, 1e30],
    "Category": lambda kind: [*[*kind.levels, *kind.rare, None][:1], "no level", None],
    "Date": lambda kind: [datetime.datetime(2020, 1, 2), None, datetime.datetime(1066, 10, 14)],
}


def refuse_levels(network, rows, column, wrong):
    for level in wrong:
        row = rows[:1].copy()
        row[0, column] = level
        with pytest.raises(ValueError, match=f"column {column} of X must hold whole numbers"):
            network.predict(row)


def named(model, rows):
    """The rows, as a frame if the model has names of features."""
    if not hasattr(model, "feature_names_in_"):
        return rows
    import pandas as pd

    return pd.DataFrame(rows, columns=model.feature_names_in_)


def same_bits(a, b):
    if a is None or b is None:
        return a is b
    return a.dtype == b.dtype and a.shape == b.shape and (a.dtype == object or a.tobytes() == b.tobytes())


# ---- mutation ------------------------------------------------------------------------------------


def parsed(data: bytes):
    """Document and arrays of a file, unchecked; any exception if the file has none."""
    from safetensors.numpy import load

    length = int.from_bytes(data[:LENGTH], "little")
    header = json.loads(data[LENGTH : LENGTH + length])
    arrays = load(data)
    arrays.pop("sha256", None)  # `packed` writes a new one
    return json.loads(header["__metadata__"]["neuract"]), arrays


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The file with changed contents and a valid checksum."""
    from neuract.files._bytes import packed

    document, arrays = parsed(data)
    for _ in range(rng.randint(1, 3)):
        if arrays and rng.random() < 0.2:
            mutate_array(arrays, rng)
        else:
            mutate_document(document, rng)
    return packed(document, arrays)


def entry(document, rng):
    """A random (container, key) of the document; None if it is empty."""
    found = None
    while document and isinstance(document, (dict, list)):
        container = document
        key = rng.choice(list(container)) if isinstance(container, dict) else rng.randrange(len(container))
        found, document = (container, key), container[key]
        if rng.random() < 0.2:
            break
    return found


def mutate_document(document, rng):
    if not document:
        return
    (container, key), (other, other_key) = entry(document, rng), entry(document, rng)
    value = container[key]
    match rng.randrange(8):
        case 0:
            del container[key]
        case 1:
            container[key] = copy.deepcopy(other[other_key])
        case 2:
            container[key] = [value] * rng.randint(1, 20)
        case 3:
            container[key] = {str(other_key): value}
        case 4 if isinstance(container, dict):
            container[str(rng.choice(["", other_key, f"{key}_"]))] = container.pop(key)
        case 5 if isinstance(value, (int, float)):
            container[key] = rng.choice([value + 1, value - 1, value * 2, -value, float(value)])
        case 6 if isinstance(container, list):
            container.insert(rng.randint(0, len(container)), copy.deepcopy(other[other_key]))
        case _:
            container[key] = rng.choice(EDGES)


def mutate_array(arrays, rng):
    name = rng.choice(sorted(arrays))
    array = arrays[name].copy()
    match rng.randrange(6):
        case 0:
            del arrays[name]
        case 1:
            arrays[rng.choice([*arrays, name + "0"])] = arrays.pop(name)
        case 2:
            arrays[name] = array.astype(rng.choice(["float32", "float64", "int64", "bool", "uint8", "float16"]))
        case 3:
            arrays[name] = array.reshape(rng.choice([(-1,), (1, *array.shape), (*array.shape, 1), array.shape[::-1]]))
        case 4:
            arrays[name] = array.ravel()[: rng.randint(0, array.size)]
        case 5 if array.size:
            array.flat[rng.randrange(array.size)] = rng.choice([0, 1, -1, np.nan, np.inf, 1e30])
            arrays[name] = array


# ---- the session ---------------------------------------------------------------------------------


def main():
    import atheris

    with atheris.instrument_imports(include=["neuract"]):
        import neuract.estimators
        import neuract.persistence  # noqa: F401

    folder = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
    path = Path(folder.name) / "model.safetensors"

    def mutate(data, max_size, seed):
        rng = random.Random(seed)
        if rng.random() < 0.25:
            return atheris.Mutate(data, max_size)
        try:
            return mutated(data, rng)[:max_size]
        except Exception:  # data is no longer a model file
            return atheris.Mutate(data, max_size)

    def check(data):
        load_or_refuse(data, path, check_saving=zlib.crc32(data) % 8 == 0)

    np.seterr(all="ignore")
    atheris.Setup(sys.argv, check, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
