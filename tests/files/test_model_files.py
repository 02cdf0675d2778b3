# SPDX-License-Identifier: BSD-3-Clause
"""Files that another `save` wrote, damaged files and malicious files.

A file loads as an equal model, or not at all: a ValueError that names the file and the fault.
"""

import copy
import json
import pickle
import random
from dataclasses import field, make_dataclass

import numpy as np
import pytest
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

import neuract as na
from neuract.files import _bytes, _estimator, _network, _values
from oracle.paths import ROOT, VECTORS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

FORMAT_1 = VECTORS / "format_1"
ANSWERS = json.loads((FORMAT_1 / "answers.json").read_text())
X = np.array(ANSWERS["X"])
MORE = json.loads((FORMAT_1 / "more_answers.json").read_text())
FILES = sorted(FORMAT_1.rglob("*.safetensors"))


# ---- format 1, for ever ------------------------------------------------------------------------


def test_a_network_of_format_1_loads():
    net = na.load(FORMAT_1 / "network.safetensors")
    assert net.layers[0] == na.Dense(4, na.PReLU(0.2), threshold=[-0.5, 0.0, 0.1, 0.2])
    np.testing.assert_allclose(net.predict(X), ANSWERS["network"], rtol=1e-5)
    rows = np.array(ANSWERS["rows"])
    trained = net.partial_fit(rows, rows[:, :2] ** 2).weights[0]
    np.testing.assert_allclose(trained, ANSWERS["network_weights_after"], rtol=1e-4, atol=1e-6)


def test_a_classifier_of_format_1_loads():
    model = na.load(FORMAT_1 / "classifier.safetensors")
    assert model.classes_.tolist() == ANSWERS["classes"]
    assert model.predict(X).tolist() == ANSWERS["labels"]
    np.testing.assert_allclose(model.predict_proba(X), ANSWERS["probabilities"], rtol=1e-9)
    assert model.get_params()["activation"] == ["tanh", na.LeakyReLU(0.1)]


@pytest.mark.parametrize("name", MORE["answers"])
def test_each_kind_of_model_and_each_word_of_format_1_loads(name):
    path = FORMAT_1 / f"{name}.safetensors"
    model = na.load(path if path.exists() else FORMAT_1 / "words" / path.name)
    np.testing.assert_allclose(model.predict(MORE["X"]), MORE["answers"][name], rtol=1e-5, atol=1e-6)


def test_objects_that_0_1_0_has_pickled_load():
    objects = pickle.loads((FORMAT_1 / "objects.pickle").read_bytes())
    for name, value in objects.items():
        if name.startswith("neuract."):
            kind = getattr(na.schedules if "schedules" in name else na, name.split(".")[-1])
            assert type(value) is kind
            assert value == kind()
    assert equal(objects["network"], na.load(FORMAT_1 / "network.safetensors"))
    assert objects["classifier"].predict(X).tolist() == ANSWERS["labels"]
    np.testing.assert_allclose(objects["regressor"].predict(MORE["X"]), MORE["answers"]["regressor"], rtol=1e-6)
    assert "unscaled_inputs" in str([finding.rule for finding in objects["diagnosis"].warnings])
    assert len(objects["gradients"].weights) == 3
    assert repr(objects["callbacks"][0]) == repr(na.callbacks.EarlyStopping(5, monitor="loss"))


def test_a_setting_that_is_new_leaves_older_files_readable(monkeypatch):
    """A made-up setting is added to each class whose objects a file holds, and to networks, layers and estimators."""
    newer = {
        name: make_dataclass(name, [("made_up", float, field(default=0.5))], bases=(kind,), frozen=True)
        for name, kind in _values.OBJECTS.items()
    }
    before = {path: na.load(path) for path in FILES}
    monkeypatch.setattr(_values, "OBJECTS", newer)
    monkeypatch.setitem(_network.FREE, "made_up", float)
    monkeypatch.setattr(_network, "FIXED", (*_network.FIXED, "made_up_too"))
    monkeypatch.setattr(_network, "LAYER_OPTIONAL", (*_network.LAYER_OPTIONAL, "made_up"))
    for kind in (na.MLPClassifier, na.MLPRegressor):
        monkeypatch.setattr(kind, "made_up", 0.5, raising=False)
    found = set()
    for path in FILES:
        model = na.load(path)
        network = getattr(model, "network_", model)
        objects = [*(layer.activation for layer in network.layers), network.loss_function, network.optimizer]
        objects += [getattr(model, "learning_rate", None)]
        found |= {type(value).__name__ for value in objects if getattr(value, "made_up", None) == 0.5}
        assert np.array_equal(model.predict(MORE["X"]), before[path].predict(MORE["X"]))
    assert len(found) == 40  # the classes of 0.1.0; later ones have no golden file


def test_each_setting_of_a_network_may_be_missing_from_a_file(models, path):
    document = models[0][0]["network"]
    defaults = na.Network(na.load(FORMAT_1 / "network.safetensors").layers)
    for name in sorted(_network.optional() & document.keys()):
        edited(models, 0, path, lambda document, arrays, name=name: document["network"].pop(name))
        if name in ("training", "generator"):  # their arrays are then unknown
            assert refused(path, path.read_bytes(), "unknown arrays")
        else:
            found = getattr(na.load(path), name, None)
            assert found == (getattr(defaults, name, None)), name


def test_the_specification_names_everything_that_is_written():
    attributes = {name.strip("_") for name in _estimator.ATTRIBUTES}
    text = (ROOT / "docs" / "model_format.md").read_text()
    keys = {
        *_network.REQUIRED,
        *_network.optional(),
        *_estimator.KEYS,
        *_estimator.OPTIONAL,
        *_estimator.RATE,
        *_values.READERS,
        *attributes,
    }
    assert not [key for key in keys if f"`{key}`" not in text]


# ---- damage ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small():
    """A small model, and the bytes of its file."""
    net = na.Network([na.Dense(2, na.PReLU(), threshold=0.1), na.Dense(1, "linear")], epochs=1, random_state=0)
    return net.fit(X, X[:, 0]), net._file_bytes(False)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def equal(model, net):
    return model.layers == net.layers and model.predict(X).tobytes() == net.predict(X).tobytes()


def refused(path, data, match=None):
    """Whether a file of these bytes is refused with an error that names it and has this text."""
    path.write_bytes(data)
    with pytest.raises(ValueError, match=match) as error:
        na.load(path)
    return str(path) in str(error.value)


@pytest.mark.parametrize("pattern", [0x01, 0x20, 0xFF], ids=hex)
def test_every_flipped_byte_is_found(pattern, small, path):
    net, data = small
    loaded = 0
    for at in range(len(data)):
        damaged = bytearray(data)
        damaged[at] ^= pattern
        path.write_bytes(damaged)
        model, fault = loaded_or_fault(path)
        loaded += fault is None
        assert equal(model, net) if fault is None else str(path) in fault, at
    assert loaded < 10  # for instance spaces after the header


def loaded_or_fault(path):
    try:
        return na.load(path), None
    except ValueError as fault:
        return None, str(fault)


def test_every_truncation_is_found(small, path):
    _, data = small
    assert all(refused(path, data[:length]) for length in range(len(data)))


@pytest.mark.parametrize("tail", [b"\0", b" ", b"{}", bytes(4096)])
def test_bytes_behind_the_end_are_found(tail, small, path):
    assert refused(path, small[1] + tail)


@pytest.mark.parametrize("length", [2**20 + 1, 2**40, 2**63, 2**64 - 1])
def test_a_header_that_lies_about_its_length_is_not_read(length, small, path):
    assert refused(path, length.to_bytes(8, "little") + small[1][8:], "at most 1,048,576")


HEADERS = {
    "nothing": "",
    "no object": "[]",
    "nested": "[" * 100_000,
    "nested objects": '{"a":' * 100_000,
    "twice": '{"__metadata__":{"neuract":"{}"},"__metadata__":{"neuract":"{}"}}',
    "NaN": '{"__metadata__":{"neuract":NaN}}',
    "digits": '{"a":' + "9" * 10_000 + "}",
    "other": '{"__metadata__":{"format":"pt"}}',
    "no metadata": "{}",
    "no UTF-8": b'{"\xff":1}',
    "more metadata": '{"__metadata__":{"neuract":"{}","more":"x"}}',
    "huge array": '{"__metadata__":{"neuract":"{}"},"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4]}}',
    "overflow": '{"a":{"dtype":"F32","shape":[8589934592,8589934592],"data_offsets":[0,0]}}',
    "type": '{"__metadata__":{"neuract":"{}"},"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}',
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_headers_that_are_unsound_are_refused(header, path):
    header = header if isinstance(header, bytes) else header.encode()
    assert refused(path, len(header).to_bytes(8, "little") + header + bytes(4))


# ---- with a right checksum, but not what `save` writes -----------------------------------------


@pytest.fixture(scope="module")
def models():
    """Models of every kind: documents and arrays."""
    net = na.Network([na.Dense(2, na.PReLU(), threshold=[0.1, 0.2], dropout=0.1), na.Dense(1, "linear")], epochs=20)
    names = np.array(["a", "b", "c"], object)
    made = [net.fit(X, X[:, 0])]
    for kind, y in ((na.MLPClassifier, ["x", "y", "z", "x", "y"]), (na.MLPRegressor, X[:, 0])):
        model = kind(hidden_layer_sizes=(2,), solver="sgd", max_iter=20, random_state=np.random.RandomState(0))
        made.append(
            model.partial_fit(X, y, classes=["x", "y", "z"]) if kind is na.MLPClassifier else model.partial_fit(X, y)
        )
        model.feature_names_in_ = names
    return [_bytes.unpacked(model._file_bytes(True)) for model in made]


def edited(models, number, path, edit):
    """Write the model's file with document and arrays changed by `edit`."""
    document, arrays = copy.deepcopy(models[number])
    edit(document, arrays)
    path.write_bytes(_bytes.packed(document, arrays))


def classes(document):
    return document["estimator"]["attributes"]["classes"]["objects"]


def names(document):
    return document["estimator"]["attributes"]["feature_names_in"]["objects"]


EDITS = {
    "format 2": (0, lambda d, a: d.update(format=2, neuract="9.0"), r"format 2, written by neuract 9\.0"),
    "no format": (0, lambda d, a: d.pop("format"), "format None"),
    "kind": (0, lambda d, a: d.update(kind="os.system"), "unknown kind of model 'os.system'"),
    "another kind": (0, lambda d, a: d.update(kind="MLPRegressor"), "lacks estimator"),
    "unknown part": (0, lambda d, a: d.update(more=1), "unknown more"),
    "unknown setting": (0, lambda d, a: d["network"].update(more=1), "unknown more"),
    "no dtype": (0, lambda d, a: d["network"].pop("dtype"), "lacks dtype"),
    "unknown word": (0, lambda d, a: d["network"].update(loss={"OwnLoss": {}}), "unknown word 'OwnLoss'"),
    "unknown parameter": (0, lambda d, a: d["network"].update(loss={"Huber": {"q": 1}}), "Huber"),
    "bad value": (0, lambda d, a: d["network"].update(alpha=-1), "alpha must be >= 0"),
    "bad loss": (0, lambda d, a: d["network"].update(loss={"ReLU": {"max_value": None}}), "loss must be"),
    "no layers": (0, lambda d, a: d["network"].update(layers=[]), "at least one layer"),
    "wide layers": (0, lambda d, a: d["network"]["layers"][0].update(units=10**15), "must be float"),
    "wide input": (0, lambda d, a: d["network"]["learned"].update(n_inputs=10**15), "layers.0.weight must be"),
    "steps": (0, lambda d, a: d["network"]["training"].update(steps=-1), "steps must be"),
    "position": (0, lambda d, a: d["network"]["generator"].update(position=10**6), "position"),
    "version": (0, lambda d, a: (d.update(neuract="7.1"), d["network"].update(l1="x")), r"written by neuract 7\.1"),
    "no array": (0, lambda d, a: a.pop("layers.0.weight"), "no array 'layers.0.weight'"),
    "another array": (0, lambda d, a: a.update(more=np.zeros(1)), "unknown arrays: more"),
    "other shape": (0, lambda d, a: a.update({"layers.0.bias": np.zeros(3, np.float32)}), r"layers.0.bias must be"),
    "other type": (0, lambda d, a: a.update({"layers.0.bias": np.zeros(2)}), "layers.0.bias must be float32"),
    "NaN": (0, lambda d, a: a["layers.0.weight"].__setitem__(0, np.nan), "NaN"),
    "infinity": (0, lambda d, a: a["layers.0.bias"].__setitem__(0, np.inf), "infinity"),
    "classes": (1, lambda d, a: classes(d).update(shape=[1, 3]), "classes"),
    "fewer classes": (
        1,
        lambda d, a: d["estimator"]["attributes"].update(
            classes={"objects": {"dtype": "U1", "shape": [2], "values": ["x", "y"]}}
        ),
        "classes_ does not fit",
    ),
    "wide text": (
        1,
        lambda d, a: classes(d).update(dtype="U999999999"),
        "objects",
    ),
    "no classes": (1, lambda d, a: d["estimator"]["attributes"].pop("classes"), "must have classes_"),
    "names": (
        2,
        lambda d, a: names(d).update(shape=[3, 1]),
        "feature",
    ),
    "attribute": (2, lambda d, a: d["estimator"]["attributes"].update(__class__=1), "unknown attributes __class__"),
    "parameter": (2, lambda d, a: d["estimator"]["parameters"].update(more=1), "no parameters more"),
    "bad parameter": (2, lambda d, a: d["estimator"]["parameters"].update(alpha="x"), "alpha"),
    "deep": (0, lambda d, a: d["network"].update(init=nested(300)), None),
}


def nested(depth):
    return {"tuple": [nested(depth - 1)]} if depth else 0


@pytest.mark.parametrize(("number", "edit", "match"), EDITS.values(), ids=EDITS)
def test_a_document_is_checked(number, edit, match, models, path):
    edited(models, number, path, edit)
    assert refused(path, path.read_bytes(), match)


ODD = [None, True, 0, -1, 1, 2**31, 10**20, 0.5, -0.0, 1e308, "", "x", "relu", [], [0], {}, {"float": "nan"}]
ODD += [{"array": "layers.0.weight"}, {"floats": "arrays.0"}, {"tuple": []}, {"number": ["float16", 1]}, {"Tanh": {}}]


def places(document):
    """Every (container, key) in a JSON document."""
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        yield document, key
        if isinstance(value, (dict, list)):
            yield from places(value)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_any_value_anywhere_is_refused_or_harmless(number, models, path):
    """Each value of each document in turn becomes something else."""
    chosen, tried, found = random.Random(number), 0, 0
    for at in range(len(list(places(models[number][0])))):
        for odd in chosen.sample(ODD, 4):

            def edit(document, arrays, at=at, odd=odd):
                container, key = list(places(document))[at]
                container[key] = odd

            edited(models, number, path, edit)
            tried += 1
            model, fault = loaded_or_fault(path)
            if fault is None:
                getattr(model, "network_", model).predict(X)
            found += fault is not None and str(path) in fault
    assert tried > 100
    assert found > tried / 2


def test_arrays_twice_are_refused(small, path):
    """safetensors' reader would accept one of the two."""
    _, data = small
    length = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + length].decode().rstrip()
    entry = header[header.index('"layers.0.bias"') :].split("}", 1)[0] + "}"
    header = header[:-1] + "," + entry + "}"
    header += " " * (-len(header) % 8)
    assert refused(path, len(header).to_bytes(8, "little") + header.encode() + data[8 + length :], "twice")


def test_arrays_may_lie_in_any_order_and_the_header_may_be_written_otherwise(small, path):
    """Writers in other languages may format numbers differently; the checksum is of their values."""
    net, data = small
    document, arrays = _bytes.unpacked(data)
    text = json.dumps(document, indent=1, ensure_ascii=False)
    tensors = dict(reversed(list(arrays.items())))
    path.write_bytes(save_tensors(tensors | {"sha256": _bytes.checksum(text, tensors)}, {"neuract": text}))
    assert equal(na.load(path), net)
    assert load_tensors(data)["sha256"].nbytes == 32


def test_what_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        na.load(tmp_path / "nothing")
    with pytest.raises(OSError):  # noqa: PT011 (its words are the system's)
        na.load(tmp_path)
