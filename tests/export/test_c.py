# SPDX-License-Identifier: BSD-3-Clause
"""to_c: every installed compiler takes the files without a warning, and the programs give predict's outputs."""

import ctypes
import re
import shutil
import subprocess
from itertools import pairwise

import numpy as np
import pytest

import neuract as na
from oracle import reference as ref
from oracle.c_programs import COMPILERS, STANDARD, WARNINGS, build, library, self_test, there
from oracle.cases import CLASSES, OBJECTS, REGRESSIONS, ROWS, hidden_network, neuron_in_its_tails

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ARM = ("arm-linux-gnueabihf-gcc", *STANDARD, "-O2", "-static")
BARE_METAL = (
    "arm-none-eabi-gcc",
    *STANDARD,
    "-Os",
    "-mcpu=cortex-m4",
    "-mthumb",
    "-mfloat-abi=hard",
    "-mfpu=fpv4-sp-d16",
)
QEMU = ("qemu-arm", "qemu-arm-static")

every_compiler = pytest.mark.parametrize("compiler", COMPILERS)


def predicted(model, x, folder, **settings):
    """The outputs of the compiled model for the rows of x."""
    model.to_c(folder / "model", **settings)
    function, pointer = library(folder).model_predict, np.ctypeslib.ndpointer(np.float32, flags="C")
    function.argtypes, function.restype = [pointer, pointer], None
    (n_out,) = re.findall(r"MODEL_N_OUTPUTS (\d+)", (folder / "model.h").read_text())
    y = np.empty((len(x), int(n_out)), np.float32)
    for source, target in zip(x.astype(np.float32), y, strict=True):
        function(source, target)
    return y


def assert_same_in_c(model, x, expected, folder, **settings):
    y = predicted(model, x, folder, **settings)
    np.testing.assert_allclose(y, expected.reshape(y.shape), rtol=1e-5, atol=1e-5)


# ---- networks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [f for f in OBJECTS if not isinstance(f, na.Softmax)], ids=repr)
def test_every_activation(rng, tmp_path, f):
    net, x = hidden_network(rng, f), rng.normal(size=(ROWS, 5))
    assert_same_in_c(net, x, net.predict(x), tmp_path)


def test_double_networks(rng, tmp_path):
    net, x = hidden_network(rng, "gelu", "float64"), rng.normal(size=(ROWS, 5))
    assert_same_in_c(net, x, net.predict(x), tmp_path)


def test_every_activation_has_a_function():
    from neuract.export.c._activations import FUNCTIONS

    assert set(FUNCTIONS) - {"bounded_relu"} == set(ref.ACTIVATIONS) - {"softmax"}


@pytest.mark.parametrize("f", OBJECTS, ids=repr)
def test_tails(tmp_path, f):
    net, z = neuron_in_its_tails(f)
    np.testing.assert_allclose(predicted(net, z, tmp_path), net.predict(z), rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("sizes", [(1, 1), (3, 15, 16, 17, 2), (5, 100, 2), (2, 63, 64, 65, 129, 1)], ids=str)
@pytest.mark.parametrize("static_memory", [False, True])
def test_every_width(rng, tmp_path, sizes, static_memory):
    """Protects the division into tiles."""
    net = na.Network([*(na.Dense(n, "tanh") for n in sizes[1:-1]), na.Dense(sizes[-1], "linear")])
    weights = [rng.normal(size=pair) / np.sqrt(pair[0]) for pair in pairwise(sizes)]
    net.set_parameters(weights, [rng.normal(size=n) for n in sizes[1:]])
    x = rng.normal(size=(ROWS, sizes[0]))
    assert_same_in_c(net, x, net.predict(x), tmp_path, static_memory=static_memory)


@pytest.mark.parametrize("threshold", [0.3, [-1.0, 0.0, 0.1, 0.2, 0.3, 5.0, np.pi]])
@pytest.mark.parametrize("activation", ["tanh", "linear"])
def test_thresholds(rng, tmp_path, threshold, activation):
    net, x = hidden_network(rng, activation, threshold=threshold), rng.normal(size=(ROWS, 5))
    assert_same_in_c(net, x, net.predict(x), tmp_path)


@pytest.mark.parametrize("shared", [True, False])
def test_learned_slopes(rng, tmp_path, shared):
    net, x = hidden_network(rng, na.PReLU(shared=shared)), rng.normal(size=(ROWS, 5))
    net.set_parameters(slopes=[None if slopes is None else rng.normal(size=slopes.shape) for slopes in net.slopes])
    assert_same_in_c(net, x, net.predict(x), tmp_path)


def test_constants_are_the_same_floats(rng, tmp_path):
    hidden_network(rng, "relu").to_c(tmp_path / "model")
    text = re.search(r"weights_1\[5 \* 7\] = \{(.*?)\}", (tmp_path / "model.c").read_text(), re.S)[1]
    numbers = np.array([number.strip(" \nf") for number in text.split(",")], np.float32)
    np.testing.assert_array_equal(numbers, hidden_network(np.random.default_rng(0), "relu").weights[0].ravel())


def test_only_what_is_used_is_written(rng, tmp_path):
    hidden_network(rng, "mish").to_c(tmp_path / "model")
    functions = re.findall(r"^static float (\w+)\(", (tmp_path / "model.c").read_text(), re.M)
    assert functions == ["activation_softplus", "activation_tanh", "activation_mish"]


# ---- compilers and machines ------------------------------------------------------------------------


@pytest.fixture
def everything(rng):
    """A network that uses as many parts of the C code as possible."""
    layers = [na.Dense(3, f, threshold=-5.0) for f in OBJECTS if not isinstance(f, (na.Softmax, na.Exponential))]
    net = na.Network([*layers, na.Dense(3, "softmax")])
    return net.set_parameters([rng.normal(size=(4 if layer == 0 else 3, 3)) * 0.3 for layer in range(len(layers) + 1)])


@every_compiler
def test_no_warning_and_a_self_test(everything, tmp_path, compiler):
    everything.to_c(tmp_path / "model")
    assert self_test(tmp_path, COMPILERS[compiler]) == 0


@pytest.mark.parametrize("compiler", ["gcc", "g++"])
@pytest.mark.parametrize("classes", CLASSES)
def test_no_warning_for_any_labels(tmp_path, compiler, classes):
    labels = np.asarray(CLASSES[classes])
    X = np.random.default_rng(1).normal(size=(ROWS, 4))
    model = na.MLPClassifier((3,), max_iter=2, missing="zero").fit(X, labels[np.arange(ROWS) % len(labels)])
    model.to_c(tmp_path / "model", static_memory=True)
    assert self_test(tmp_path, COMPILERS[compiler]) == 0


def test_on_arm(everything, tmp_path):
    runner = next(filter(shutil.which, QEMU), None) or pytest.skip(f"no {' or '.join(QEMU)} on this machine")
    everything.to_c(tmp_path / "model")
    assert self_test(tmp_path, ARM, [runner]) == 0


def test_for_bare_metal(everything, tmp_path):
    everything.to_c(tmp_path / "model", static_memory=True)
    build(tmp_path, *BARE_METAL, "-c", "model.c", "-o", "model.o")


def test_the_self_test_can_fail(rng, tmp_path):
    hidden_network(rng, "relu").to_c(tmp_path / "model")
    source = tmp_path / "model.c"
    source.write_text(re.sub(r"(biases_3\[2\] = \{\s*-?)", r"\g<1>1", source.read_text()))
    assert self_test(tmp_path, COMPILERS["gcc"]) == 1


def test_c_plus_plus_may_include_it(rng, tmp_path):
    hidden_network(rng, "relu").to_c(tmp_path / "model")
    build(tmp_path, "gcc", *STANDARD, "-c", "model.c", "-o", "model.o")
    call = "float x[MODEL_N_INPUTS] = {}, y[2]; model_predict(x, y); return y[0] == y[1];"
    (tmp_path / "main.cpp").write_text(f'#include "model.h"\nint main() {{ {call} }}')
    build(tmp_path, "g++", *WARNINGS, "main.cpp", "model.o", "-o", "main", "-lm")


# ---- memory ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("static_memory", "where"), [(False, "on the stack"), (True, "static")])
def test_the_header_tells_the_memory(rng, tmp_path, static_memory, where):
    hidden_network(rng, na.PReLU()).to_c(tmp_path / "model", static_memory=static_memory)
    text = (tmp_path / "model.h").read_text()
    constants = 4 * (5 * 7 + 7 + 7 * 6 + 6 + 6 * 2 + 2)
    assert f"constants:       {constants:,} bytes" in text
    assert f"working memory:  {4 * (7 + 6)} bytes, {where}" in text
    assert ("One thread at a time" in text) == static_memory


def test_static_memory_is_where_the_header_says(rng, tmp_path):
    sizes = {}
    for static_memory in (False, True):
        hidden_network(rng, "relu").to_c(tmp_path / "model", static_memory=static_memory)
        build(tmp_path, "gcc", *STANDARD, "-O2", "-c", "model.c", "-o", "model.o")
        report = subprocess.run([there("size"), tmp_path / "model.o"], capture_output=True, text=True).stdout
        sizes[static_memory] = int(report.split()[8])  # bss
    assert sizes[False] == 0
    assert 4 * (7 + 6) <= sizes[True] <= 4 * (7 + 6) + 64


def test_no_allocation_and_math_h_alone(everything, tmp_path):
    everything.to_c(tmp_path / "model")
    text = (tmp_path / "model.c").read_text()
    assert re.findall(r"#include (\S+)", text) == ['"model.h"', "<math.h>"]
    assert "alloc" not in text


# ---- estimators ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(1).normal(size=(ROWS, 4))


C_TYPES = {"strings": ctypes.c_char_p, "whole numbers": ctypes.c_longlong, "floats": ctypes.c_double}
C_TYPES |= {"two strings": ctypes.c_char_p, "bools": ctypes.c_long, "one": ctypes.c_char_p}


@pytest.mark.parametrize("classes", C_TYPES)
def test_classifiers(X, tmp_path, classes):
    labels = np.asarray(CLASSES[classes])
    model = na.MLPClassifier((6,), max_iter=20, random_state=0).fit(X, labels[np.arange(ROWS) % len(labels)])
    y = predicted(model, X, tmp_path)
    np.testing.assert_allclose(y, model.predict_proba(X), rtol=0, atol=1e-5)
    compiled = library(tmp_path)
    known = (C_TYPES[classes] * len(labels)).in_dll(compiled, "model_classes")
    numbers = [compiled.model_label(row.ctypes.data_as(ctypes.c_void_p)) for row in y]
    told = [known[number] for number in numbers]
    told = [label.decode() if isinstance(label, bytes) else label for label in told]
    np.testing.assert_array_equal(np.array(told).astype(labels.dtype), model.predict(X))


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (np.array([1, 2**63, 2**64 - 1], np.uint64), ctypes.c_ulonglong),
        (np.array([-(2**63), 0, 2**63 - 1]), ctypes.c_longlong),
    ],
    ids=["unsigned", "signed"],
)
def test_whole_numbers_up_to_the_largest_are_labels(X, tmp_path, labels, kind):
    model = na.MLPClassifier((2,), max_iter=1).fit(X, labels[np.arange(ROWS) % len(labels)])
    model.to_c(tmp_path / "model")
    for compiler in ("gcc", "g++"):
        assert self_test(tmp_path, COMPILERS[compiler]) == 0
    known = (kind * len(labels)).in_dll(library(tmp_path), "model_classes")
    assert list(known) == labels.tolist()


def test_labels_that_c_must_not_misread(X, tmp_path):
    labels = np.array(['"', "\\", "??=", "\n", "%s", "ä€𝄞", "1a", "*/"])
    model = na.MLPClassifier((2,), max_iter=1).fit(X, labels[np.arange(ROWS) % len(labels)])
    model.to_c(tmp_path / "model")
    for compiler in ("gcc", "g++"):
        known = (ctypes.c_char_p * len(labels)).in_dll(library(tmp_path, compiler=compiler), "model_classes")
        assert [label.decode() for label in known] == model.classes_.tolist()


def test_several_labels_a_row(X, tmp_path):
    y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0.5]).astype(int)
    model = na.MLPClassifier((6,), max_iter=20, random_state=0).fit(X, y)
    assert_same_in_c(model, X, model.predict_proba(X), tmp_path)
    assert "model_label" not in (tmp_path / "model.h").read_text()


@pytest.mark.parametrize("task", REGRESSIONS)
def test_regressors(X, tmp_path, task):
    loss, target = REGRESSIONS[task]
    model = na.MLPRegressor(loss, (6,), max_iter=3, random_state=0).fit(X, target(X))
    assert_same_in_c(model, X, model.predict(X), tmp_path)


def test_missing_values_count_as_0(X, tmp_path):
    holes = np.where(X > 1, np.nan, X)
    model = na.MLPClassifier((6,), missing="zero", max_iter=20, random_state=0).fit(holes, X[:, 0] > 0)
    assert_same_in_c(model, holes, model.predict_proba(holes), tmp_path)


# ---- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["wine", "wine.c"])
def test_the_name_is_the_file_name(rng, tmp_path, path):
    hidden_network(rng, "relu").to_c(str(tmp_path / path))
    assert {file.name for file in tmp_path.iterdir()} == {"wine.c", "wine.h"}
    assert "void wine_predict(const float *x, float *y);" in (tmp_path / "wine.h").read_text()
    assert self_test(tmp_path, COMPILERS["gcc"], name="wine") == 0


@pytest.mark.parametrize("name", ["2nd", "my model", "model.h", "wine-red", "_wine", "größe", "a.b.c"])
def test_other_names_are_refused(rng, tmp_path, name):
    with pytest.raises(ValueError, match="names in C begin with"):
        hidden_network(rng, "relu").to_c(f"{tmp_path}/{name}")


@pytest.mark.parametrize("model", [na.Network([na.Dense(1)]), na.MLPClassifier(), na.MLPRegressor()])
def test_models_must_be_fitted(tmp_path, model):
    with pytest.raises(Exception, match="not fitted"):
        model.to_c(tmp_path / "model")
