# SPDX-License-Identifier: BSD-3-Clause
"""The report of tabular models: its scripts, run by Node, agree with `predict`; names are text alone."""

import datetime
import html
import json
import re
import shutil
import subprocess

import numpy as np
import pytest

import neuract as na
from neuract.report import _page, _pictures
from oracle.paths import DATA

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(not NODE, reason="needs Node.js")
TOLERANCE = 1e-5
HOSTILE = ['</script><script>alert("1")</script>', "a\\b\n*/ & <b>", "$x_1$ %", "\u202eüñ😀", "${x} $$title"]
PROGRAM = """
const { description, numbers, rows } = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const model = readModel(description, numbers);
const all = rows ? rows.map((row) => ({ row })) : model.starts;
console.log(JSON.stringify(all.map(({ row }) => {
  const each = model.members.map(({ network }) => network.forward(model.numbersOf(row)));
  const outputs = each.map((states) => states.at(-1).passed);
  const { entries, text } = outcomeOf(model, combined(model.combination, outputs));
  const layer = ({ x, z, y }) => ({ x: Array.from(x), z: Array.from(z), y: Array.from(y) });
  return { text, outputs: entries.map(({ value }) => value), spreads: spreadsOf(model, outputs),
    members: each.map((states) => states.map(layer)) };
})));
"""


def frame(rows=60, seed=0):
    rng = np.random.default_rng(seed)
    gaps = lambda values: [None if gap else value for gap, value in zip(rng.random(rows) < 0.15, values, strict=True)]  # noqa: E731
    day = datetime.date(1990, 1, 1)
    return {
        "size": (80 + 20 * rng.standard_normal(rows)).tolist(),
        "rooms": gaps(rng.integers(1, 9, rows).tolist()),
        "lift": (rng.random(rows) < 0.5).tolist(),
        "pets": gaps((rng.random(rows) < 0.5).tolist()),
        "lease": gaps([datetime.timedelta(hours=int(hours)) for hours in rng.integers(1, 40, rows)]),
        "town": gaps(rng.choice(["Ulm", "Bonn", "Köln", HOSTILE[0]], rows).tolist()),
        HOSTILE[1]: rng.choice(HOSTILE, rows, p=[0.4, 0.3, 0.2, 0.05, 0.05]).tolist(),
        "side": rng.choice(["left", "right"], rows).tolist(),
        "id": [f"a{number:03}" for number in rng.integers(0, 400, rows)],
        "built": gaps([day + datetime.timedelta(days=int(days)) for days in rng.integers(0, 9000, rows)]),
        "seen": [
            datetime.datetime(2020, 1, 1) + datetime.timedelta(minutes=int(m)) for m in rng.integers(0, 9**6, rows)
        ],
        "opens": [datetime.time(int(hour), 30) for hour in rng.integers(0, 24, rows)],
        "same": [1] * rows,
    }


def strange_rows():
    """Rows with values that no training row had: unknown and missing ones, extreme ones, of other types."""
    X = {name: column[:4] for name, column in frame(seed=1).items()}
    missing = dict.fromkeys(X)
    huge = {"size": 1e30, "rooms": -1e9, "town": "Mars", "side": "middle", "built": datetime.date(9999, 12, 31)}
    odd = {"rooms": 2.5, "lift": None, "side": "", "town": "3", "seen": datetime.datetime(1, 1, 1, 0, 0, 1)}
    rows = [missing, *({name: change.get(name, X[name][k]) for name in X} for k, change in enumerate([huge, odd, {}]))]
    return {name: [row[name] for row in rows] for name in X}


def amounts(X):
    return [1000 + 10 * size + 200 * lift for size, lift in zip(X["size"], X["lift"], strict=True)]


def label(X):
    return np.array(HOSTILE)[np.digitize(amounts(X), [1700, 1900, 2000])]


SETTINGS = {
    "max_iter": 3,
    "random_state": 0,
    "hidden_layer_sizes": (9, 5),
    "min_rows": 2,
    "members": 2,
    "folds": 2,
    "batch_size": 16,
}
CASES = {
    "classes": lambda X: na.TabularClassifier(**SETTINGS).fit(X, label(X)),
    "two classes": lambda X: na.TabularClassifier(**SETTINGS, scaling="unit").fit(X, X["lift"]),
    "number": lambda X: na.TabularRegressor(**SETTINGS, dtype="float64").fit(X, amounts(X)),
    "not scaled": lambda X: na.TabularRegressor(**SETTINGS, scaling="standard").fit(X, amounts(X)),
    "outputs": lambda X: na.TabularRegressor(**SETTINGS).fit(
        X, np.column_stack([amounts(X), 1e-3 * np.array(amounts(X))])
    ),
    "counts": lambda X: na.TabularRegressor(**SETTINGS, loss="poisson").fit(X, amounts(X)),
    "quantiles": lambda X: na.TabularRegressor(**SETTINGS | {"max_iter": 1}, loss=na.Quantile((0.1, 0.5, 0.9))).fit(
        X, amounts(X)
    ),
}


@pytest.fixture(scope="module")
def X():
    return frame()


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch):
    monkeypatch.setattr(_pictures, "_picture", lambda *_: "")  # they cost most of the time


def written(model, tmp_path, *data):
    model.report(tmp_path / "report.html", *data)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def element(text, name):
    return re.search(rf'<script type="[\w/]+" id="{name}">(.*?)</script>', text, re.S)[1]


def description_of(text):
    return json.loads(element(text, "description"))


def computed(text, rows=None):
    """What the page computes for rows of values, or for those that it starts from."""
    given = {"description": description_of(text), "numbers": element(text, "numbers-of-the-network"), "rows": rows}
    program = "\n".join(['"use strict";', *_page.scripts()[:-1], PROGRAM])
    done = subprocess.run([NODE, "-e", program], input=json.dumps(given), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def assert_close(actual, desired):
    scale = np.maximum(1, np.abs(desired))
    np.testing.assert_allclose(actual / scale, desired / scale, rtol=0, atol=TOLERANCE)


def assert_agrees(model, X, states):
    """Every neuron's z and y in all members, the outputs, and their spread are those of the model for the rows of X."""
    matrix = model._rows(X)
    assert {len(state["members"]) for state in states} == {len(model.networks_)}
    for member, network in enumerate(model.networks_):
        for number, (weights, biases, passed) in enumerate(
            zip(network.weights, network.biases, network.forward(matrix), strict=True)
        ):
            x, z, y = (np.array([state["members"][member][number][name] for state in states]) for name in "xzy")
            assert_close(z, x @ weights + biases)
            assert_close(y, passed)
    answers = model.predict_proba(X) if isinstance(model, na.TabularClassifier) else model.predict(X)
    scale = np.maximum(1, np.abs(answers.reshape(len(states), -1)))
    assert_close(np.array([state["outputs"] for state in states]), answers.reshape(len(states), -1))
    spreads, expected = np.array([state["spreads"] for state in states]), model.predict_spread(X)
    assert_close(spreads / scale, expected.reshape(len(states), -1) / scale)


@needs_node
@pytest.mark.parametrize("case", CASES)
def test_the_page_computes_what_the_model_does(X, tmp_path, case):
    model = CASES[case](X)
    some = {name: column[:9] for name, column in X.items()}
    states = computed(written(model, tmp_path, some))
    assert_agrees(model, some, states[:-1])
    if case == "two classes":
        assert states[0]["text"].startswith(f"{model.predict(some)[0]}, with probability")


@needs_node
def test_quantiles_out_of_order(X, tmp_path):
    model, some = CASES["quantiles"](X), {name: column[:9] for name, column in X.items()}
    network = model.network_
    backward = [*network.weights[:-1], network.weights[-1][:, ::-1]], [*network.biases[:-1], [0.5, 0.2, -0.5]]
    network.set_parameters(*backward)
    assert (np.diff(network.predict(model._rows(some))) < 0).any()
    assert_agrees(model, some, computed(written(model, tmp_path, some))[:-1])


def test_it_says_in_which_unit_the_network_learns(X, tmp_path):
    text = written(CASES["number"](X), tmp_path, X, amounts(X))
    assert "<dt>training loss, standardised y</dt>" in text
    assert "<dt>loss on X, standardised y</dt>" in text
    assert re.search(r"Predictions are in the unit of y: the network&#x27;s output × [\d.]+ \+ 1,\d{3}", text)
    assert "standardised" not in written(CASES["classes"](X), tmp_path, X, label(X))
    assert "in a unit of its own" in written(CASES["outputs"](X), tmp_path)


def test_centers_have_their_digits(tmp_path):
    X = {"n": [180556, 180557, 180558] * 4}
    assert "center 180557" in written(na.TabularRegressor(max_iter=1).fit(X, X["n"]), tmp_path)


@needs_node
@pytest.mark.parametrize("case", ["classes", "two classes", "number"])
def test_missing_unknown_and_extreme_values(X, tmp_path, case):
    model, rows = CASES[case](X), strange_rows()
    text = written(model, tmp_path, rows)
    assert_agrees(model, rows, computed(text)[:-1])


@needs_node
def test_it_starts_from_rows_of_the_user(X, tmp_path):
    model = CASES["number"](X)
    description = description_of(written(model, tmp_path, X, amounts(X)))
    names = [column["name"] for column in description["columns"]]
    assert names == [name for name in X if name != "same"]
    first = dict(zip(names, description["starts"][0]["row"], strict=True))
    assert first["size"] == X["size"][0]
    assert first["rooms"] == X["rooms"][0]
    assert first["lift"] == X["lift"][0]
    assert first["lease"] * 24 == X["lease"][0] / datetime.timedelta(hours=1)
    assert first["seen"] == (X["seen"][0] - datetime.datetime(1970, 1, 1)) / datetime.timedelta(days=1)
    levels = {column["name"]: column.get("names") for column in description["columns"]}
    assert levels["side"] == ["(unknown)", *sorted({"left", "right"}, key=lambda side: -X["side"].count(side))]
    assert levels["side"][int(first["side"])] == X["side"][0]
    assert description["starts"][0]["name"] == f"row 0, y = {amounts(X)[0]:,.0f}"
    assert description["starts"][-1]["name"] == "medians, and the most frequent levels"
    gaps = [name for name in ("rooms", "pets", "town", "built") if X[name][0] is None]
    assert all(first[name] is None or levels[name][int(first[name])] == "(missing)" for name in gaps)


@needs_node
def test_without_rows_it_starts_from_the_centers(X, tmp_path):
    model = CASES["number"](X)
    text = written(model, tmp_path)
    (start,) = description_of(text)["starts"]
    values = dict(zip([column["name"] for column in description_of(text)["columns"]], start["row"], strict=True))
    assert values["size"] == pytest.approx(np.median(X["size"]))
    assert values["town"] == 1
    assert np.isfinite(computed(text)[0]["outputs"]).all()


def test_the_table_of_columns_is_text_alone(X, tmp_path):
    model = CASES["classes"](X)
    text = written(model, tmp_path, X, label(X))
    section = text[text.index('<section id="columns"') : text.index('<section id="summary"')]
    cells = re.findall(r"<t[hd](?: scope=\"row\"| data-label=\"[^\"]+\")?>(.*?)</t[hd]>", section, re.S)
    assert [html.unescape(cell) for cell in cells] == [cell for row in model.columns_.rows() for cell in row]
    assert "it is constant" in section
    assert HOSTILE[0] not in text
    assert len(re.findall("<script", text)) == len(re.findall("</script", text)) == 3


def test_a_report_of_numbers_has_no_columns(tmp_path, rng):
    x = rng.standard_normal((30, 2))
    net = na.Network([na.Dense(1, "linear")], epochs=1, random_state=0).fit(x, x[:, 0])
    assert "#columns" not in written(net, tmp_path, x)


def test_names_of_numbers(X, tmp_path):
    model = CASES["classes"](X)
    names = description_of(written(model, tmp_path))["numbers"]
    assert {
        "size",
        "size, periodic 1",
        "rooms is missing",
        "town = Köln",
        "town = (missing)",
        "built, sine of the year",
    } <= {*names}
    assert f"{HOSTILE[1]} = {HOSTILE[0]}" in names


def test_lone_surrogates_do_not_break_the_file(tmp_path):
    X = {"\ud800": ["\udfff", "b"] * 5, "n": list(range(10))}
    model = na.TabularRegressor(max_iter=1).fit(X, X["n"])
    assert "\\ud800" in written(model, tmp_path, X, X["n"])


SETS = {
    "adult": ("income", na.TabularClassifier),
    "ames": ("Sale_Price", na.TabularRegressor),
    "telco_churn": ("churn", na.TabularClassifier),
    "bank_marketing": ("y", na.TabularClassifier),
}


@needs_node
@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize("name", SETS)
def test_real_sets(name, tmp_path):
    pd = pytest.importorskip("pandas")
    target, kind = SETS[name]
    every = pd.read_csv(DATA / f"{name}.csv.gz", keep_default_na=False, na_values=["", "NA"], nrows=1400)
    train, X = every.head(1000), every.tail(400).drop(columns=target)
    model = kind(max_iter=2, random_state=0).fit(train.drop(columns=target), train[target])
    text = written(model, tmp_path, X)
    chosen = X.iloc[np.linspace(0, len(X) - 1, 12).astype(int)]
    assert_agrees(model, chosen, computed(text)[:-1])
    assert len(text.encode()) < 20e6
