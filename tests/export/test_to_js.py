# SPDX-License-Identifier: BSD-3-Clause
"""to_js: the module gives the answers of predict, in Node.js; test_to_js_page.py asks Chromium."""

import dataclasses
import json
import re
from itertools import pairwise

import numpy as np
import pytest

import neuract as na
from neuract.engine._scripts import module_engine, script
from neuract.layers._inputs import INPUTS
from neuract.outputs._kinds import OfClassifier
from oracle.cases import CLASSES, OBJECTS, REGRESSIONS, ROWS, hidden_network
from oracle.js_frames import NASTY, frame, in_javascript, strange_rows, training_frame
from oracle.node import module_answers, needs_node, self_test


@pytest.fixture(autouse=True)
def without_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)


pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::neuract.TrainingWarning"
)

TOLERANCE = 1e-6
MOST_BYTES = 10_000
EDGES = ((-1.0, -0.2, 0.1, 1.5), (-0.5, 0.0, 2.0))
SMALL = {"members": 2, "folds": 2, "hidden_layer_sizes": (9, 5), "max_iter": 3, "random_state": 0, "min_rows": 2}


def engine_of(text):
    return text[text.index("---- */\n") + 8 : text.index("/* ---- what the members")]


def assert_answers(model, answers, X):
    """The answers are those of the core: numbers to 1e-6 of their size or of the unit of y, labels the same."""
    meaning = model._meaning()
    numbers = np.array([answer.get("probabilities") if isinstance(answer, dict) else answer for answer in answers])
    expected = model.predict_proba(X) if isinstance(meaning, OfClassifier) else model.predict(X)
    scale = np.abs(expected) + (1 if meaning.unit is None else meaning.unit.scales)
    np.testing.assert_array_less(np.abs(numbers.reshape(expected.shape) - expected), TOLERANCE * scale)
    if isinstance(meaning, OfClassifier):
        assert [answer["label"] for answer in answers] == model.predict(X).tolist()


def check(folder, *cases):
    """Each case is a model, rows for JavaScript, and the same rows as Python has them."""
    for number, (model, _, _) in enumerate(cases):
        model.to_js(folder / f"model{number}.mjs")
    found = module_answers(folder, [(f"model{number}.mjs", rows) for number, (_, rows, _) in enumerate(cases)])
    for number, ((model, _, X), answers) in enumerate(zip(cases, found, strict=True)):
        assert_answers(model, answers, X)
        assert len(engine_of((folder / f"model{number}.mjs").read_text()).encode()) < MOST_BYTES


def of_arrays(model, x):
    return model, x.tolist(), x


# ---- networks --------------------------------------------------------------------------------------


@needs_node
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_activation(rng, tmp_path, dtype):
    nets = [hidden_network(rng, f, dtype) for f in OBJECTS if not isinstance(f, na.Softmax)]
    check(tmp_path, *(of_arrays(net, rng.normal(size=(ROWS, 5)).astype(np.float32)) for net in nets))


def random_network(rng):
    """A network of random activations, widths, thresholds, slopes and dtype."""
    hidden = [f for f in OBJECTS if not isinstance(f, (na.Softmax, na.Exponential))]
    draw = lambda: hidden[rng.integers(len(hidden))]  # noqa: E731
    threshold = lambda: None if rng.random() < 0.6 else float(rng.normal(0, 0.5))  # noqa: E731
    layers = [na.Dense(int(rng.integers(1, 30)), draw(), threshold=threshold()) for _ in range(rng.integers(0, 4))]
    n_out = int(rng.integers(1, 5))
    layers.append(na.Dense(n_out, na.Softmax() if n_out > 1 and rng.random() < 0.3 else draw()))
    sizes = [int(rng.integers(1, 20)), *(layer.units for layer in layers)]
    net = na.Network(layers, dtype=str(rng.choice(["float32", "float64"])))
    weights = [rng.normal(size=(n, m)) / np.sqrt(n) for n, m in pairwise(sizes)]
    return net.set_parameters(weights, [rng.normal(size=n) for n in sizes[1:]]), sizes[0]


@needs_node
def test_random_networks(tmp_path):
    drawn = [random_network(np.random.default_rng(seed)) for seed in range(40)]
    rows = [np.random.default_rng(1).normal(size=(20, n_in)).astype(np.float32) for _, n_in in drawn]
    check(tmp_path, *(of_arrays(net, x) for (net, _), x in zip(drawn, rows, strict=True)))


@needs_node
def test_an_output_at_its_threshold_is_passed_on(tmp_path):
    net = na.Network([na.Dense(1, "linear", threshold=0.25), na.Dense(1, "linear")])
    net.set_parameters([[[1.0]], [[1.0]]])
    check(tmp_path, of_arrays(net, np.array([[0.25], [0.2], [0.3]], np.float32)))


@needs_node
def test_every_kind_of_input(rng, tmp_path):
    """Also levels, and numbers that are none where they count as missing."""
    kinds = {
        "periodic": [na.Periodic((0, 2)), na.Numbers((1, 3)), na.OneHot(4, 3), na.Embedding(5, 4, 2), na.Scale()],
        "intervals": [na.PiecewiseLinear((3, 0), EDGES), na.OneHot(4, 3), na.OneHot(5, 4), na.Scale()],
    }
    x = rng.normal(size=(ROWS, 6)).astype(np.float32)
    x[:, 4], x[:, 5] = rng.integers(0, 4, ROWS), rng.integers(0, 5, ROWS)
    nets = [
        na.Network([na.Dense(7, "gelu"), na.Dense(2, "linear")], inputs=inputs, epochs=2, random_state=0, dtype=dtype)
        for inputs in kinds.values()
        for dtype in ("float32", "float64")
    ]
    angles = [na.Periodic((0,), 5, 2, sigma=2000.0), na.Numbers((1, 2, 3, 4, 5))]  # rounded as in the core
    nets.append(na.Network([na.Dense(2, "linear")], inputs=angles, epochs=2, random_state=0))
    check(tmp_path, *(of_arrays(net.fit(x, x[:, :2]), x) for net in nets))


# ---- estimators ------------------------------------------------------------------------------------


@needs_node
def test_classifiers(tmp_path):
    X = np.random.default_rng(1).normal(size=(ROWS, 4)).astype(np.float32)
    labels = [np.asarray(each) for each in CLASSES.values()]
    labels += [np.array([2**60, 2**60 + 1, -(2**61)]), np.array([NASTY, "b"])]
    targets = [each[np.arange(ROWS) % len(each)] for each in labels]
    models = [na.MLPClassifier((5,), max_iter=3, random_state=0).fit(X, y) for y in [*targets, (X > 0.2).astype(int)]]
    check(tmp_path, *(of_arrays(model, X) for model in models))


@needs_node
def test_regressors(tmp_path):
    X = np.random.default_rng(1).normal(size=(ROWS, 4))
    models = [
        na.MLPRegressor(hidden_layer_sizes=(5,), loss=loss, max_iter=5, random_state=0).fit(X, target(X))
        for loss, target in REGRESSIONS.values()
    ]
    check(tmp_path, *(of_arrays(model, X) for model in models))


@needs_node
def test_missing_values_of_arrays(rng, tmp_path):
    X = rng.normal(size=(ROWS, 3)).astype(np.float32)
    model = na.MLPRegressor(hidden_layer_sizes=(4,), max_iter=3, missing="zero", random_state=0).fit(X, X[:, 0])
    holes = X.astype(object)
    holes[::3, 1] = None
    check(tmp_path, (model, holes.tolist(), np.where(np.equal(holes, None), np.nan, X).astype(np.float32)))


@needs_node
def test_names_of_columns(rng, tmp_path):
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(rng.normal(size=(ROWS, 3)).astype(np.float32), columns=["b", "__proto__", NASTY])
    model = na.MLPRegressor(hidden_layer_sizes=(4,), max_iter=3, random_state=0).fit(X, X["b"])
    records = [json.loads(json.dumps(row | {"more": 1})) for row in X.to_dict("records")]
    check(tmp_path, (model, records, X))


# ---- frames ----------------------------------------------------------------------------------------


def of_frame(model, X, named=True):
    return model, in_javascript(X, model, named), X


def amounts(X):
    return 1000 + 10 * np.array(X["size"]) + 200 * (np.array(X["side"]) == "left")


def label(X):
    return np.array(["a", NASTY, "c"])[np.digitize(amounts(X), [1750, 1950])]


def in_two_units(X):
    return np.column_stack([amounts(X), 1e-6 * amounts(X)])


CASES = {
    "classes": lambda X: na.TabularClassifier(**SMALL).fit(X, label(X)),
    "two classes": lambda X: na.TabularClassifier(**SMALL, scaling="unit").fit(X, X["side"]),
    "number": lambda X: na.TabularRegressor(**SMALL, dtype="float64").fit(X, amounts(X)),
    "outputs": lambda X: na.TabularRegressor(**SMALL, scaling="standard").fit(X, in_two_units(X)),
    "counts": lambda X: na.TabularRegressor(**SMALL, loss="poisson").fit(X, amounts(X)),
    "quantiles": lambda X: na.TabularRegressor(**SMALL, loss=na.Quantile((0.1, 0.5, 0.9))).fit(X, amounts(X)),
}


@needs_node
def test_frames(tmp_path):
    """Every task of tabular models, with the temperature of its probabilities, and every kind of column."""
    models = [case(training_frame()) for case in CASES.values()]
    X = frame(seed=2)
    check(tmp_path, *(of_frame(model, X, named) for model in models for named in (False, True)))


@pytest.fixture(scope="module")
def tabular():
    return CASES["two classes"](training_frame())


@pytest.fixture(scope="module")
def rents():
    return CASES["number"](training_frame())


@needs_node
def test_missing_unknown_and_extreme_values(tabular, rents, tmp_path):
    check(tmp_path, *(of_frame(model, strange_rows(), named) for model in (tabular, rents) for named in (False, True)))


@needs_node
def test_forms_of_values(rents, tmp_path):
    """What JavaScript may give in place of a value, and what it stands for."""
    (row,) = in_javascript({name: column[:1] for name, column in frame().items()}, rents, True)
    forms = [
        {"built": "2001-02-03"},
        {"built": "2001-02-03T00:00:00.000Z"},
        {"built": "2001-02-03 02:30+02:30"},
        {"built": 11356},
        {"seen": "2020-05-06T07:08"},
        {"seen": "2020-05-06 07:08:00.000000"},
        {"opens": "07:30"},
        {"opens": 7.5 / 24},
        {"rooms": None},
        {"rooms": ""},
        {"lift": True},
        {"lift": 1},
        {"side": ""},
        {"side": None},
        {"same": 5},
        {"more": [1]},
    ]
    rents.to_js(tmp_path / "rents.mjs")
    (answers,) = module_answers(tmp_path, [("rents.mjs", [row | form for form in forms])])
    pairs = [(0, 1), (0, 2), (0, 3), (4, 5), (6, 7), (8, 9), (10, 11), (12, 13), (14, 15)]
    assert [answers[a] == answers[b] for a, b in pairs] == [True] * len(pairs)
    assert len({answers[a] for a, _ in pairs}) > 5


DATES = 'built must be a Date, text such as "2026-01-31T10:30", or days since 1970; got '
REFUSED = [
    ({"size": "5"}, 'size must be a finite number; got "5"'),
    ({"built": "3 May 2001"}, DATES + '"3 May 2001"'),
    ({"built": True}, f"{DATES}true"),
    ({"side": [1]}, "side must be a finite number; got 1"),
]


@needs_node
def test_what_it_refuses(rents, rng, tmp_path):
    (row,) = in_javascript({name: column[:1] for name, column in frame().items()}, rents, True)
    rents.to_js(tmp_path / "rents.mjs")
    x = rng.normal(size=(ROWS, 2)).astype(np.float32)
    na.MLPRegressor(hidden_layer_sizes=(2,), max_iter=1).fit(x, x[:, 0]).to_js(tmp_path / "plain.mjs")
    levels = na.Network([na.Dense(1, "linear")], inputs=[na.Embedding(0, 3, 2), na.Numbers(1)], epochs=1)
    levels.fit([[1, 0.5], [2, 1]], [0, 1]).to_js(tmp_path / "levels.mjs")
    without = {name: value for name, value in row.items() if name != "rooms"}
    asked = {
        "rents.mjs": [*(row | change for change, _ in REFUSED), without, [1, 2], None],
        "plain.mjs": [[1, None], [1, 1e39], {"x0": 1}],
        "levels.mjs": [[4, 1], [1.5, 1]],
    }
    messages = [
        *(message for _, message in REFUSED),
        "rooms must be in the row; got undefined",
        "a row must have 12 values; got 2",
        "size must be in the row; got undefined",
        "x1 must not be missing; got null",
        "a row must be smaller; got 1e+39",
        "x1 must be in the row; got undefined",
        "x0 must be a whole number from 0 to 3; got 4",
        "x0 must be a whole number from 0 to 3; got 1.5",
    ]
    found = [answer["refused"] for answers in module_answers(tmp_path, asked.items()) for answer in answers]
    assert found == [f"TypeError: {message}" for message in messages]


@needs_node
@pytest.mark.parametrize("shares", [None, (0.2, 0.8), (None, 0.6)])
def test_members_count_by_their_weights_within_their_bounds(tmp_path, shares):
    model, X = na.TabularRegressor(**SMALL).fit(training_frame(), amounts(frame())), frame(seed=3)
    each = model._ensemble.each(model._rows(X), 1)
    ends = None if shares is None else [[-np.inf if share is None else np.quantile(each, share)] for share in shares]
    bounds = None if ends is None else np.array(ends)
    model._ensemble = dataclasses.replace(model._ensemble, weights=np.array([0.4, 0.3, 0.2, 0.1]), bounds=bounds)
    check(tmp_path, of_frame(model, X))


# ---- files -----------------------------------------------------------------------------------------


@needs_node
def test_the_self_test(tabular, rents, rng, tmp_path):
    models = {"a b%#.js": tabular, "rents": rents, "net.mjs": hidden_network(rng, "gelu")}
    for name, model in models.items():
        model.to_js(tmp_path / name)
    written = [stem + end for stem in ("a b%#", "rents") for end in (".d.ts", ".js", ".test.mjs")]
    written += ["net.d.mts", "net.mjs", "net.test.mjs"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(written)
    for name in ("a b%#", "rents", "net"):
        done = self_test(tmp_path / f"{name}.test.mjs")
        assert (done.returncode, done.stdout) == (0, "3 rows give what neuract gave\n"), done.stderr
    module = tmp_path / "rents.js"
    module.write_text(module.read_text().replace('"fill": ', '"fill": 1'))
    assert self_test(tmp_path / "rents.test.mjs").returncode == 1


def test_it_says_what_goes_in_and_comes_out(tabular, rents, tmp_path):
    tabular.to_js(tmp_path / "tabular.mjs")
    text = (tmp_path / "tabular.mjs").read_text()
    assert '{"name": "lease", "kind": "duration"},' in text
    assert 'export const classes = ["left", "right"];' in text
    assert '"members": 4' in text
    assert text.isascii()
    assert "<" not in text[: text.index("/* ---- the engine")]
    assert not re.search(r"\b(document|window|require|process|fetch)\b", text)
    declared = (tmp_path / "tabular.d.mts").read_text()
    assert '"built": Date | string | number | null;' in declared
    assert 'export declare const classes: readonly ["left", "right"];' in declared
    assert "label: (typeof classes)[number]; probabilities: number[] }" in declared
    rents.to_js(tmp_path / "rents.mjs")
    assert "export type Answer = number;" in (tmp_path / "rents.d.mts").read_text()
    assert 'export const outputs = ["y"];' in (tmp_path / "rents.mjs").read_text()


def test_only_what_is_used_is_written():
    text = module_engine({"mish", "linear", "plain"})
    assert set(re.findall(r"^(?:const|function|class) (\w+)", text, re.M)) >= {"ACTIVATIONS", "softplus", "Network"}
    for unused in ("gelu", "normalTail", "softmax(", "periodic", "daysOf", "scaled", "/*", "SINE_END"):
        assert unused not in text


def test_every_activation_and_input_is_in_the_engine():
    tables = script("activations") + script("encodings")
    kinds = {na.activation(name).core_name for name in na.ACTIVATIONS} | set(INPUTS) - {"scale"}
    assert [kind for kind in kinds if not re.search(rf"^  {kind}\b", tables, re.M)] == []


def test_the_engine_is_small():
    """Also with every kind of column and of input, and every activation."""
    every = {"number", "date", "category", "numbers", "periodic", "piecewise_linear", "one_hot", "embedding", "scale"}
    for name in {na.activation(name).core_name for name in na.ACTIVATIONS}:
        assert len(module_engine(every | {name, "linear", "softmax"}).encode()) < MOST_BYTES, name


def test_it_needs_a_fitted_model(tmp_path):
    for model in (na.Network([na.Dense(1, "linear")]), na.MLPClassifier(), na.TabularRegressor()):
        with pytest.raises(ValueError, match="not fitted"):
            model.to_js(tmp_path / "model")
    assert not list(tmp_path.iterdir())
