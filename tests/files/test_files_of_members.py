# SPDX-License-Identifier: BSD-3-Clause
"""Files of tabular estimators with several members: what they hold, and what of them is refused."""

import copy
import random
import sys
import threading

import numpy as np
import pytest
from sklearn.model_selection import KFold

import neuract as na
from neuract.files import _bytes, _fitted, _members
from neuract.files._format import unpack
from neuract.serving import SERVED
from oracle.comparisons import assert_same_bits
from oracle.paths import CORPUS, ROOT

QUICK = {"members": 2, "folds": 2, "max_iter": 2, "hidden_layer_sizes": (4,), "random_state": 0}
ROWS = 40
X = {"size": np.linspace(-1, 1, ROWS).tolist(), "town": ["Ulm", "Bonn", None, "Köln"] * (ROWS // 4)}
Y = np.sin(3 * np.linspace(-1, 1, ROWS))


@pytest.fixture(scope="module")
def models():
    """A classifier and a regressor of two groups."""
    return na.TabularClassifier(**QUICK).fit(X, np.digitize(Y, [-0.5, 0.5])), na.TabularRegressor(**QUICK).fit(X, Y)


@pytest.fixture(scope="module")
def files(models):
    """Their documents and arrays."""
    return [_bytes.unpacked(model._file_bytes(True)) for model in models]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def loaded(path, document, arrays):
    path.write_bytes(_bytes.packed(document, arrays))
    return na.load(path)


# ---- what is there again ---------------------------------------------------------------------------


@pytest.mark.parametrize("state", [False, True])
def test_what_a_fit_has_found_is_there_again(state, models, path):
    for model in models:
        model.save(path, state=state)
        other = na.load(path)
        assert_same_bits(other.predict(X), model.predict(X))
        assert other.settings_ == model.settings_
        assert (other.oof_score_, other.n_iter_) == (model.oof_score_, model.n_iter_)
        assert ("oof_predictions_" in vars(other)) is state
        method = "predict_interval" if model is models[1] else "predict_set"
        assert_same_bits(getattr(other, method)(X), getattr(model, method)(X))
        assert_same_bits(other.predict_spread(X), model.predict_spread(X))
        assert [net.history_ for net in other.networks_] == [net.history_ for net in model.networks_]
        assert other._members().left_out == model._members().left_out
        assert set(vars(model)) - set(vars(other)) == (set() if state else {"oof_predictions_"})


def test_a_group_is_described_once(files):
    for document, arrays in files:
        groups = document["members"]["groups"]
        assert len(groups) == 2
        assert [len(group["histories"]) for group in groups] == [2, 2]
        assert all(arrays[f"groups.{k}.layers.0.weight"].shape[0] == 2 for k in range(2))
        assert document["network"] is None


def test_members_with_other_settings_in_between_keep_their_order(models, path):
    """Their sum would have other bits in another order."""
    model = copy.deepcopy(models[1])
    model.networks_[1].learning_rate = 0.5
    model.networks_[2].verbose = True
    model.save(path)
    other = na.load(path)
    assert [net.learning_rate for net in other.networks_] == [0.07, 0.5, 0.07, 0.07]
    assert_same_bits(other.predict(X), models[1].predict(X))


def test_a_splitter_becomes_the_number_of_its_folds(path):
    model = na.TabularRegressor(**QUICK | {"folds": KFold(3, shuffle=True, random_state=1)}).fit(X, Y)
    model.save(path)
    assert na.load(path).folds == 3
    assert repr(copy.deepcopy(model).folds) == repr(model.folds)


def test_members_are_served(models):
    for model in models:
        served = SERVED[type(model).__name__](unpack(model._file_bytes(False)))
        assert len(served._members()) == 4
        rows = [{name: values[k] for name, values in X.items()} for k in range(3)]
        for row, expected in zip(rows, model.predict(rows), strict=True):
            assert served.predict(row).tolist() == model.predict(row).tolist() == [expected.tolist()]
        assert_same_bits(served.predict(X), model.predict(X))


def test_a_row_of_an_array_has_the_bits_of_all_rows():
    x = np.column_stack([Y, np.arange(ROWS) % 3, np.full(ROWS, 0.5)])
    x[5, 0] = np.nan
    for given in (x, x.astype(np.float32), np.arange(3 * ROWS).reshape(ROWS, 3)):
        model = na.TabularRegressor(**QUICK).fit(given, Y)
        served = SERVED["TabularRegressor"](unpack(model._file_bytes(False)))
        whole = model.predict(given)
        for k in range(ROWS):
            assert model.predict(given[k : k + 1])[0] == served.predict(given[k : k + 1])[0] == whole[k]
        assert_same_bits(np.concatenate([served.predict(given[k : k + 4]) for k in range(0, ROWS, 4)]), whole)
    for wrong in (np.full((1, 3), np.inf), np.zeros((1, 2))):
        with pytest.raises(ValueError, match=r"infinity|infinite|features"):
            model.predict(wrong)


def test_threads_that_ask_one_model_get_their_own_answers(models):
    """Protects against calls that share the core's requests."""
    model, wrong = models[1], []
    rows = [np.repeat(model._rows({name: values[k : k + 1] for name, values in X.items()}), 400, 0) for k in (3, 30)]
    expected = [model._members().predict(x, 1) for x in rows]

    def ask(k):
        for x, y in ((rows[k], expected[k]), (rows[k][:4].copy(), expected[k][:4])) * 150:
            direct = model._members().predict_directly(x)
            answers = model._members().predict(x, 1) if direct is None else direct
            wrong.extend([k] * (answers.tobytes() != y.tobytes()))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [threading.Thread(target=ask, args=(k,)) for k in (0, 1) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(interval)
    assert not wrong


def test_many_rows_are_predicted_in_parts(models, monkeypatch):
    model = models[0]
    x = np.repeat(model._rows(X), 60, 0)
    whole = model._members().predict(x, 1)
    monkeypatch.setattr("neuract.training._members.MOST_AT_ONCE", 1)
    assert_same_bits(model._members().predict(x, 1), whole)


@pytest.mark.parametrize("name", ["tabular", "tabular_regressor"])
def test_a_file_of_one_network_still_loads(name, path):
    model = na.load(CORPUS / f"{name}.safetensors")
    assert len(model.networks_) == len(model._members()) == 1
    assert "early_stopping" not in model.get_params()
    model.save(path)
    assert na.load(path).get_params() == model.get_params()


def test_the_specification_names_the_parts_of_members():
    text = (ROOT / "docs" / "model_format.md").read_text()
    assert not [key for key in (*_members.KEYS, *_members.GROUP) if f"`{key}`" not in text]


# ---- what is refused -------------------------------------------------------------------------------


def members(document):
    return document["members"]


def attributes(document):
    return document["estimator"]["attributes"]


def array_of(document, arrays, name):
    return arrays[members(document)[name]["array"]]


def put(name, values, dtype="f8"):
    def edit(d, a):
        a[members(d)[name]["array"]] = np.array(values, dtype)

    return edit


def state_of(document, name):
    return dict(attributes(document)[name]["dict"])


FIRST = "groups.0.layers.0.weight"
QUARTERS = [0.25] * 4
EDITS = {
    "network and members": (0, lambda d, a: d.update(network={}), "not both"),
    "no group": (0, lambda d, a: members(d).update(groups=[]), "at least one group"),
    "a group less": (0, lambda d, a: members(d)["groups"].pop(), "arrays of unknown groups: 1"),
    "a group twice": (0, lambda d, a: members(d)["groups"].append(members(d)["groups"][1]), "no array"),
    "no array": (0, lambda d, a: a.pop(FIRST), "no array 'layers.0.weight'"),
    "another array": (0, lambda d, a: a.update({"groups.0.more": np.zeros(1)}), "unknown arrays: more"),
    "array without a name": (0, lambda d, a: a.update({"groups.": np.zeros(1)}), "unknown groups"),
    "a network less": (0, lambda d, a: a.update({FIRST: a[FIRST][:1]}), "layers.0.weight must be"),
    "a history less": (0, lambda d, a: members(d)["groups"][0]["histories"].pop(), "must be float32 of shape"),
    "no history": (0, lambda d, a: members(d)["groups"][0].update(histories=[]), "histories must"),
    "other history": (0, lambda d, a: members(d)["groups"][0].update(histories=[1, 2]), "histories must"),
    "wide input": (0, lambda d, a: members(d)["groups"][0].update(n_inputs=10**15), "one n_inputs"),
    "learned": (0, lambda d, a: members(d)["groups"][0]["network"].update(learned={}), "learned lacks"),
    "NaN": (0, lambda d, a: a[FIRST].__setitem__((1, 0, 0), np.nan), "NaN"),
    "other loss": (1, lambda d, a: members(d)["groups"][1]["network"].update(loss={"Huber": {"delta": 1.0}}), "loss"),
    "other output": (
        1,
        lambda d, a: members(d)["groups"][1]["network"]["layers"][-1].update(activation={"Tanh": {}}),
        "one activation",
    ),
    "levels": (
        0,
        lambda d, a: members(d)["groups"][1]["network"]["inputs"][1]["OneHot"].update(levels=3),
        "must be|fit",
    ),
    "negative weight": (0, put("weights", [0.5, 0.5, 0.5, -0.5]), "at least 0, and their sum 1"),
    "weight NaN": (0, put("weights", [0.5, 0.5, np.nan, 0]), "at least 0, and their sum 1"),
    "sum of weights": (0, put("weights", [0.25, 0.25, 0.25, 0.26]), "at least 0, and their sum 1"),
    "fewer weights": (0, put("weights", [0.5, 0.5]), "weights of 4 networks"),
    "weights in float32": (0, put("weights", QUARTERS, "f4"), "weights of 4 networks"),
    "weights as a list": (0, lambda d, a: (members(d).update(weights=QUARTERS), a.pop("arrays.0")), "weights|arrays"),
    "left out": (0, lambda d, a: members(d).update(left_out={"tuple": [0, 1, 0, 2**40]}), "without gaps"),
    "left out twice": (0, lambda d, a: members(d).update(left_out={"tuple": [0, 1, 0]}), "without gaps"),
    "left out below 0": (0, lambda d, a: members(d).update(left_out={"tuple": [0, -1, 0, 1]}), "without gaps"),
    "left out by none": (0, put("weights", [0.5, 0, 0.5, 0]), "whose weight is not 0"),
    "bounds": (1, put("bounds", [[1], [-1]], "f4"), "lower ones first"),
    "infinite bounds": (1, put("bounds", [[-np.inf], [1]], "f4"), "bounds must be finite"),
    "more bounds": (1, put("bounds", [[-1, -1], [1, 1]], "f4"), "bounds must be float32 of shape"),
    "bounds in float64": (1, put("bounds", [[-1], [1]]), "bounds must be float32 of shape"),
    "intervals without folds": (1, lambda d, a: members(d).update(left_out=None), "intervals need"),
    "intervals of a classifier": (
        0,
        lambda d, a: attributes(d).update(intervals=attributes(d).pop("sets")),
        "predictions|no _intervals",
    ),
    "sets of a regressor": (1, lambda d, a: attributes(d).update(sets=attributes(d).pop("intervals")), "sets|arrays"),
    "intervals that fall": (
        1,
        lambda d, a: a[state_of(d, "intervals")["values"]["array"]].__setitem__((0, 0), 1e9),
        "sorted",
    ),
    "no text as a name": (1, lambda d, a: attributes(d)["intervals"]["dict"].append([1, 2]), "expected a dict"),
    "settings": (0, lambda d, a: attributes(d).update(settings=[]), "settings_ must not be"),
    "score": (0, lambda d, a: attributes(d).update(oof_score=None), "oof_score_ must not be"),
    "out of fold": (
        0,
        lambda d, a: a.update({attributes(d)["oof_predictions"]["array"]: np.zeros((ROWS, 2), "f4")}),
        "oof_predictions_ does not fit",
    ),
    "out of fold infinite": (
        1,
        lambda d, a: a.update({attributes(d)["oof_predictions"]["array"]: np.full(ROWS, np.inf)}),
        "oof_predictions_ must not be",
    ),
}


@pytest.mark.parametrize(("number", "edit", "match"), EDITS.values(), ids=EDITS)
def test_a_document_of_members_is_checked(number, edit, match, files, path):
    document, arrays = copy.deepcopy(files[number])
    edit(document, arrays)
    with pytest.raises(ValueError, match=match) as error:
        loaded(path, document, arrays)
    assert str(path) in str(error.value)


def test_a_perceptron_has_nothing_of_an_ensemble(path):
    model = na.MLPRegressor(hidden_layer_sizes=(2,), solver="lbfgs", max_iter=1, tol=1e9).fit(np.eye(3), [1, 2, 3])
    document, arrays = _bytes.unpacked(model._file_bytes(False))
    attributes(document)["oof_score"] = 0.5
    with pytest.raises(ValueError, match="MLPRegressor has no oof_score_"):
        loaded(path, document, arrays)
    assert set(_fitted.OF_ONE_KIND) >= {"_intervals", "_sets"}


ODD = [None, True, 0, -1, 2**31, 0.5, 1e308, "", "x", [], [0], {}, {"float": "nan"}, {"array": "arrays.0"}]
ODD += [{"tuple": []}, {"Tanh": {}}]


def places(document):
    """Every (container, key) in a JSON document."""
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        yield document, key
        if isinstance(value, (dict, list)):
            yield from places(value)


@pytest.mark.parametrize("number", [0, 1])
def test_any_value_anywhere_is_refused_or_harmless(number, files, path):
    """Values in what is particular to members in turn become something else."""
    chosen, tried, found = random.Random(number), 0, 0
    for part in ("members", "estimator"):
        for at in chosen.sample(range(len(list(places(files[number][0][part])))), 60):
            document, arrays = copy.deepcopy(files[number])
            container, key = list(places(document[part]))[at]
            container[key] = chosen.choice(ODD)
            tried += 1
            try:
                loaded(path, document, arrays).predict(X)
            except ValueError as fault:
                found += str(path) in str(fault)
    assert tried == 120
    assert found > tried / 2
