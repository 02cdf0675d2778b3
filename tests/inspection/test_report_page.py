# SPDX-License-Identifier: BSD-3-Clause
"""The page that `report` writes, in a headless browser: it computes what the network computes, and reacts."""

import datetime as dt
import json
import warnings

import numpy as np
import pytest

import neuract as na
from neuract.layers._numbers import numbers_at
from neuract.training._members import Members
from oracle.chromium import By, Keys, Select, WebDriverWait, chromium

TOLERANCE = 1e-5
NAMES = [*dict.fromkeys(na.activation(name) for name in na.ACTIVATIONS if name != "softmax")]

# The views change in the next frame.
NEXT_FRAME = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()));"
# As if typed into the fields, and chosen from the lists of levels.
SET_ROW = """
for (const [k, value] of Object.entries(arguments[0])) {
  const control = document.getElementById(`input-${k}`).parentElement.querySelector("input[type=number], select");
  control.value = value;
  control.dispatchEvent(new Event(control.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
}
"""
NEURONS = """
if (arguments.length) document.getElementById(`tab-${arguments[0]}`).click();
return [...document.querySelectorAll("#neurons tr")].map((row) => ({
  numbers: [...row.querySelectorAll("data")].map((data) => Number(data.value)),
  threshold: row.querySelector(".threshold").textContent,
  fires: row.querySelector(".fires").textContent.includes("fires"),
}));
"""


@pytest.fixture(scope="module")
def driver():
    still = "--force-prefers-reduced-motion"
    with chromium("--window-size=1360,1000", still, logs=("browser", "performance")) as browser:
        yield browser


@pytest.fixture
def page(driver, tmp_path):
    """page(model, X, y) opens the model's report; at the end it must have made no request and met no error."""

    def open_report(model, *data, **words):
        path = tmp_path / "report.html"
        model.report(path, *data, **words)
        driver.get_log("performance")
        driver.get(path.as_uri())
        driver.execute_async_script(NEXT_FRAME)
        return Page(driver)

    yield open_report
    assert driver.get_log("browser") == []
    assert all(address.startswith(("file:", "data:")) for address in requests(driver))


def requests(driver):
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    sent = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
    return [params["request"]["url"] for params in sent]


class Page:
    def __init__(self, driver):
        self.driver = driver

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def row(self):
        """The values of the inputs, in their order."""
        items = self.all("#sliders li")
        numbers = [int(item.get_dom_attribute("data-input")) for item in items]
        values = [float(item.get_dom_attribute("data-value")) for item in items]
        return np.array([value for _, value in sorted(zip(numbers, values, strict=True))])

    def set_row(self, row):
        self.set_some(dict(enumerate(row)))

    def set_some(self, values):
        self.driver.execute_script(SET_ROW, {str(k): float(value) for k, value in values.items()})
        self.wait()

    def wait(self):
        self.driver.execute_async_script(NEXT_FRAME)

    def neurons(self, layer):
        """z, y, thresholds as shown, and what fires, of a layer with at most 16 neurons."""
        rows = self.driver.execute_script(NEURONS, layer)
        z, y = np.array([row["numbers"] for row in rows]).T
        return z, y, [row["threshold"] for row in rows], [row["fires"] for row in rows]

    def outputs(self):
        return [float(data.get_dom_attribute("value")) for data in self.all("#outputs data")]

    def prediction(self):
        return self.find("#prediction").text


def assert_close(actual, desired):
    scale = np.maximum(1, np.abs(desired))
    np.testing.assert_allclose(actual / scale, desired / scale, rtol=0, atol=TOLERANCE)


def numbers_of(net, row):
    """What the first layer gets, in float64."""
    x = np.array([row], dtype=net.dtype)
    return numbers_at(net._known(), x, np.arange(len(net.weights[0])), 1)[0].astype(np.float64)


def assert_same_neurons(page, net, row):
    """Every neuron's z, y and firing equal the network's for the inputs on the page."""
    x = numbers_of(net, row)
    layers = zip(net.layers, net.weights, net.biases, net.forward([row]), net.fired([row]), strict=True)
    for number, (layer, weights, biases, passed, fired) in enumerate(layers):
        z, y, _, fires = page.neurons(number)
        assert_close(z, x @ weights + biases)
        assert fires == fired[0].tolist()
        assert_close(np.where(fires, y, 0), passed[0])
        if layer.threshold is None:
            assert_close(y, passed[0])
        x = passed[0].astype(np.float64)


def network(activation, dtype="float32", **settings):
    layers = [na.Dense(7, activation, **settings), na.Dense(2, "linear")]
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=(3, 7)), rng.normal(size=(7, 2))]
    return na.Network(layers, dtype=dtype).set_parameters(weights, [rng.normal(size=7), [0.5, -1]])


@pytest.mark.parametrize("activation", NAMES, ids=repr)
def test_every_activation(page, activation):
    net = network(activation)
    opened = page(net)
    for row in ([0, 0, 0], [0.5, -2, 1], [3, 3, -3], [-9, 4, 0.01], [1e-3, -40, 7]):
        opened.set_row(row)
        assert_same_neurons(opened, net, row)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_thresholds_and_learned_slopes(page, rng, dtype):
    layers = [
        na.Dense(6, na.PReLU(), threshold=[-1, -0.1, 0, 0.1, 0.5, 2]),
        na.Dense(5, na.PReLU(shared=True), threshold=0.25),
        na.Dense(4, "softmax"),
    ]
    x = rng.standard_normal((60, 3))
    net = na.Network(layers, epochs=30, learning_rate=0.02, dtype=dtype, random_state=0)
    net.fit(x, (x[:, 0] > 0) + 2 * (x[:, 1] > 0))
    assert len({*net.slopes[0].tolist()}) > 1
    opened = page(net, x)
    for row in x[:8]:
        opened.set_row(row)
        assert_same_neurons(opened, net, row)
        assert_close(opened.outputs(), net.predict([row])[0])
    assert opened.neurons(0)[2] == ["−1.000", "−0.100", "0", "0.100", "0.500", "2.000"]
    assert opened.neurons(2)[2] == ["none"] * 4


def fitted(kind, x, y, **settings):
    return kind(hidden_layer_sizes=(5,), solver="lbfgs", max_iter=15, tol=1, random_state=0, **settings).fit(x, y)


def test_classes(page, rng):
    x = rng.standard_normal((80, 3)).astype(np.float32)
    y = np.array(["</script>", "b & 'c'", 'quoted "d"'])[np.digitize(x[:, 0], [-0.5, 0.5])]
    model = fitted(na.MLPClassifier, x, y)
    opened = page(model, x, y)
    for row in x[:6]:
        opened.set_row(row)
        assert_close(opened.outputs(), model.predict_proba([row])[0])
        assert opened.prediction().startswith(f"{model.predict([row])[0]}, with probability")


def test_two_classes(page, rng):
    x = rng.standard_normal((80, 3))
    model = fitted(na.MLPClassifier, x, np.where(x[:, 0] + x[:, 1] > 0, "yes", "no"))
    opened = page(model, x)
    for row in x[:6]:
        opened.set_row(row)
        assert_close(opened.outputs(), model.predict_proba([row])[0])
        assert opened.prediction().startswith(str(model.predict([row])[0]))


def test_labels(page, rng):
    x = rng.standard_normal((80, 3))
    model = fitted(na.MLPClassifier, x, (x > 0.2).astype(int))
    opened = page(model, x)
    for row in [*x[:6], [-1.0, -1.0, -1.0]]:
        opened.set_row(row)
        assert_close(opened.outputs(), model.predict_proba([row])[0])
        chosen = np.flatnonzero(model.predict([row])[0])
        assert opened.prediction() == (f"labels {', '.join(map(str, chosen))}" if len(chosen) else "no label")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("loss", ["squared_error", na.Quantile((0.1, 0.5, 0.9))], ids=["mean", "quantiles"])
def test_numbers(page, rng, loss):
    x = rng.standard_normal((80, 3))
    model = na.MLPRegressor(loss=loss, hidden_layer_sizes=(5,), max_iter=3, random_state=0).fit(x, 100 * x[:, 0])
    opened = page(model, x)
    for row in x[:6]:
        opened.set_row(row)
        assert_close(opened.outputs(), np.ravel(model.predict([row])))


@pytest.mark.parametrize("factor", [np.nan, np.inf, 1e30])
@pytest.mark.parametrize("output", ["softmax", "linear"])
def test_models_that_diverged(page, factor, output):
    net = na.Network([na.Dense(4, "tanh"), na.Dense(3, output)])
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=(2, 4)).astype(np.float32), rng.normal(size=(4, 3)).astype(np.float32)]
    net.set_parameters(weights)
    for number, array in enumerate(weights):
        net._known().core.set(number, "weights", array * np.float32(factor))  # `set_parameters` refuses NaN
    opened = page(net)
    opened.set_row([1, -1])
    np.testing.assert_array_equal(np.isnan(opened.outputs()), np.isnan(net.predict([[1.0, -1.0]])[0]))
    assert "undefined" not in opened.find("body").text
    for layer in range(2):
        opened.neurons(layer)
        opened.find("#neurons button").click()


def test_it_starts_from_rows_of_x(page, rng):
    x = rng.standard_normal((40, 3))
    x[:, 2] = np.rint(3 * x[:, 2])
    net = na.Network([na.Dense(2), na.Dense(1, "linear")], epochs=1, random_state=0).fit(x, x[:, 0])
    opened = page(net, x, x[:, 0])
    np.testing.assert_array_equal(opened.row().astype(np.float32), x[0].astype(np.float32))
    start = Select(opened.find("#start"))
    assert start.options[-1].text == "the mean of every input"
    assert start.options[1].text.startswith("row 3, y = ")
    start.select_by_index(11)
    np.testing.assert_array_equal(opened.row().astype(np.float32), x[39].astype(np.float32))
    opened.set_row([9, 9, 9])
    opened.find("#reset").click()
    np.testing.assert_array_equal(opened.row().astype(np.float32), x[39].astype(np.float32))
    slider = opened.find("#input-2")
    assert float(slider.get_dom_attribute("min")) == x[:, 2].min()
    assert float(slider.get_dom_attribute("max")) == x[:, 2].max()
    assert slider.get_dom_attribute("step") == "1"


def test_the_keyboard_alone(page):
    net = network("tanh", threshold=0.1)
    opened = page(net)
    slider = opened.find("#input-1")
    slider.send_keys(Keys.ARROW_RIGHT * 5 + Keys.PAGE_UP)
    opened.wait()
    row = opened.row()
    assert row[1] > 0
    assert row[[0, 2]].tolist() == [0, 0]
    assert_close(opened.outputs(), net.predict([row])[0])
    opened.find("#tab-0").send_keys(Keys.ARROW_RIGHT)
    assert opened.driver.switch_to.active_element.get_dom_attribute("id") == "tab-1"
    assert opened.find("#tab-1").get_attribute("aria-selected") == "true"
    opened.find("#neurons button").send_keys(Keys.ARROW_DOWN)
    assert opened.find("#about").text == "output, neuron 1"
    tab_stops = [button for button in opened.all("#neurons button") if button.get_attribute("tabIndex") == "0"]
    assert len(tab_stops) == 1


def test_what_a_z_is_made_of(page):
    net = network("relu")
    opened = page(net)
    opened.set_row([1, -2, 0.5])
    opened.find("#tab-0").click()
    terms = [float(data.get_dom_attribute("value")) for data in opened.all("#terms data")]
    assert len(terms) == 5
    assert sum(terms[:-1]) == pytest.approx(terms[-1], abs=TOLERANCE)
    assert terms[-1] == pytest.approx(opened.neurons(0)[0][0], abs=TOLERANCE)


def test_many_inputs_and_neurons(page, rng):
    x = rng.random((30, 100))
    net = na.Network([na.Dense(40), na.Dense(20, "softmax")], epochs=1, random_state=0).fit(x, np.arange(30) % 20)
    opened = page(net, x)
    assert len(opened.all("#sliders li")) == 12
    opened.find("#more").click()
    assert len(opened.all("#sliders li")) == 24
    opened.find("#search").send_keys("X7")
    assert {label.text for label in opened.all("#sliders label")} == {"x7", *(f"x7{digit}" for digit in range(10))}
    opened.find("#input-77").send_keys(Keys.END)
    opened.wait()
    row = x[0].copy()
    row[77] = float(opened.find("#input-77").get_attribute("value"))
    opened.find("#tab-0").click()
    assert len(opened.all("#neurons tr")) == 16
    opened.find("#rest").click()
    shown = opened.driver.execute_script(NEURONS)
    np.testing.assert_array_equal([neuron["fires"] for neuron in shown], net.fired([row])[0][0])
    assert sum(item.is_displayed() for item in opened.all("#outputs li")) == 10


def test_screen_readers_are_told_once_the_sliders_rest(page):
    opened = page(network("relu"))
    opened.set_row([1, 1, 1])
    spoken = opened.find("#spoken")
    WebDriverWait(opened.driver, 5).until(lambda _: spoken.get_attribute("textContent") == opened.prediction())
    assert spoken.get_dom_attribute("aria-live") == "polite"
    controls = [control for control in opened.all("input, select, button") if control.is_displayed()]
    assert len(controls) > 8
    assert [control.get_attribute("outerHTML") for control in controls if not control.accessible_name] == []


def test_light_and_dark(page):
    opened = page(network("relu"))
    ground = lambda: opened.find("body").value_of_css_property("background-color")  # noqa: E731
    before = ground()
    opened.find("#theme").click()
    assert ground() != before
    opened.find("#theme").click()
    assert ground() == before


def test_narrow_screens_do_not_scroll_sideways(page):
    opened = page(network("relu"))
    opened.driver.set_window_size(500, 800)
    try:
        assert opened.driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    finally:
        opened.driver.set_window_size(1360, 1000)


# ---- inputs --------------------------------------------------------------------------------------

EDGES = [-1.5, -0.5, 0.25, 1.0]
KINDS = {
    "numbers": [na.Numbers([1, 0])],
    "periodic": [na.Periodic([0, 1], frequencies=5, size=3, sigma=1.0)],
    "piecewise_linear": [na.PiecewiseLinear([0, 1], [EDGES, [0.0, 2.0]])],
    "embedding": [na.Embedding(2, levels=4, size=3)],
    "one_hot": [na.OneHot(2, levels=4), na.Numbers(0)],
    "scale": [na.Numbers([0, 1]), na.OneHot(3, levels=300), na.Scale()],
}
KINDS["all"] = [each for kind in KINDS.values() for each in kind[:2] if not isinstance(each, na.Scale)] + [na.Scale()]


def rows_of_x(rng, rows=60):
    return np.column_stack([2 * rng.standard_normal((rows, 2)), rng.integers(0, 5, rows), rng.integers(0, 301, rows)])


def with_inputs(rng, inputs, dtype="float32"):
    """A network whose inputs have learned something, and rows of X: the last has numbers beyond the edges."""
    x = rows_of_x(rng)
    x[-1] = [-30, 40, 0, 0]
    layers = [na.Dense(6, "tanh"), na.Dense(2, "linear")]
    net = na.Network(layers, inputs=inputs, epochs=2, learning_rate=0.05, dtype=dtype, random_state=0)
    return net.fit(x[:-1], x[:-1, :2]), x


@pytest.mark.parametrize("inputs", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_kind_of_input(page, rng, inputs, dtype):
    net, x = with_inputs(rng, inputs, dtype)
    opened = page(net, x)
    taken = sorted({column for each in inputs for column in each.columns})
    for row in [*x[:4], x[-1]]:
        opened.set_some({k: row[k] for k in taken})
        assert_close(opened.row(), row[taken])
        assert_same_neurons(opened, net, row)
        assert_close(opened.outputs(), net.predict([row])[0])


def test_levels_have_a_list_or_many_a_field(page, rng):
    net, x = with_inputs(rng, KINDS["all"])
    opened = page(net, x)
    levels = Select(opened.find("#input-2"))
    assert [option.text for option in levels.options] == ["0, unknown", "1", "2", "3", "4"]
    levels.select_by_visible_text("2")
    opened.wait()
    assert opened.row()[2] == 2
    field = opened.find("#input-3")
    assert [field.get_dom_attribute(name) for name in ("type", "min", "max")] == ["number", "0", "300"]
    for typed, level in {"17.6": 18, "9999": 300, "-4": 0, "": 0}.items():  # nothing but levels comes out, and no NaN
        field.clear()
        field.send_keys(typed, Keys.TAB)
        opened.wait()
        assert opened.row()[3] == level
        assert_close(opened.outputs(), net.predict([opened.row()])[0])


def test_it_names_the_numbers_of_the_first_layer(page, rng):
    net, x = with_inputs(rng, [na.Periodic(0, size=1), na.OneHot(2, levels=4), na.PiecewiseLinear(1, EDGES)])
    opened = page(net, x)
    names = {"x0", "x0, periodic 1", *(f"x2 = {k}" for k in range(1, 5))}
    names |= {"x1, -1.5 to -0.5", "x1, -0.5 to 0.25", "x1, 0.25 to 1"}
    drawn = opened.all("#diagram .name.left title")
    assert {title.get_attribute("textContent") for title in drawn} == names
    opened.find("#tab-0").click()
    terms = {head.get_attribute("title") for head in opened.all("#terms th")}
    assert len(names & terms) == 8
    assert terms - names == {"1 others", "bias", "z, the sum"}
    assert len(opened.all("#sliders li")) == 3  # the network does not take x3


def test_it_starts_from_the_most_frequent_levels(page, rng):
    net, x = with_inputs(rng, KINDS["all"])
    x[:40, 2:] = [3, 250]
    opened = page(net, x)
    start = Select(opened.find("#start"))
    assert start.options[-1].text == "means, and the most frequent levels"
    start.select_by_index(len(start.options) - 1)
    opened.wait()
    np.testing.assert_allclose(opened.row(), [*x[:, :2].mean(axis=0), 3, 250], rtol=1e-3)


def test_inputs_that_diverged(page, rng):
    """A vector of NaN counts for its level alone."""
    net, _ = with_inputs(rng, [na.Numbers(0), na.Embedding(2, levels=4, size=2)])
    vectors = net.input_parameters[1]["vectors"].copy()
    vectors[3] = np.nan
    net._known().core.set_input(1, vectors.ravel())
    opened = page(net)
    for level in range(5):
        opened.set_some({0: 0.5, 2: level})
        np.testing.assert_allclose(opened.outputs(), net.predict([[0.5, 0, level, 0]])[0], atol=TOLERANCE)
    assert np.isnan(net.predict([[0.5, 0, 3, 0]])).all()


# ---- columns of frames ---------------------------------------------------------------------------

# As if a person typed into a field, or chose from a list.
TYPE = """
const [control, value] = arguments;
control.value = value;
control.dispatchEvent(new Event("input", { bubbles: true }));
control.dispatchEvent(new Event("change", { bubbles: true }));
"""
TOWN = "</script> & 'Ulm'"


def frame_and_model():
    """A frame with every kind of control, and a regressor of it."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(80, 20, 60).tolist()
    day = dt.date(2000, 1, 1)
    frame = {
        "size": [None, *numbers[1:]],
        "lift": [True, None, False] * 20,
        "lease": [dt.timedelta(hours=k) for k in range(1, 21)] * 3,
        "town": [TOWN, "Bonn", "Köln", "Bonn", "Köln", None] * 10,
        "side": ["left", "right"] * 30,
        "built": [day + dt.timedelta(days=60 * k) for k in range(60)],
        "seen": [dt.datetime(2000, 1, 1, 12) + dt.timedelta(hours=7 * k) for k in range(60)],
        "opens": [dt.time(k % 24, 30) for k in range(60)],
    }
    frame = {name: column * 8 for name, column in frame.items()}
    frame["id"] = [f"a{k // 2}" if k < 440 else f"r{k}" for k in range(479)] + [None]  # too many for a list; rare ones
    settings = {"hidden_layer_sizes": (6,), "max_iter": 2, "min_rows": 2, "members": 2, "folds": 2, "random_state": 0}
    y = np.where(np.isnan(np.array(frame["size"], float)), 0, np.array(frame["size"], float))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a column that looks like an identifier
        return frame, na.TabularRegressor(**settings).fit(frame, 1e4 * y)


@pytest.fixture(scope="module")
def tabular():
    return frame_and_model()


MOVES = {
    "a number": ("size", "91.5", 91.5),
    "no number": ("size", "", None),
    "no bool": ("lift", "missing", None),
    "a bool": ("lift", "True", True),
    "a duration": ("lease, hours", "30.5", dt.timedelta(hours=30.5)),
    "a level": ("town", TOWN, TOWN),
    "no level": ("town", "(missing)", None),
    "an unknown level": ("town", "(unknown)", "Mars"),
    "one of two": ("side", "right", "right"),
    "none of two": ("side", "(unknown)", "middle"),
    "one of many": ("id", "a17", "a17"),
    "an unknown one of many": ("id", "b", "b"),
    "a rare one of many": ("id", "r450", "r450"),
    "none of many": ("id", "", ""),
    "a date": ("built", "2003-02-28", dt.date(2003, 2, 28)),
    "no date": ("built", "", None),
    "a date before 1970": ("built", "1850-12-31", dt.date(1850, 12, 31)),
    "a moment": ("seen", "2000-01-05T17:45:30", dt.datetime(2000, 1, 5, 17, 45, 30)),
    "a time of day": ("opens", "23:15", dt.time(23, 15)),
}


@pytest.fixture(scope="module")
def tabular_page(driver, tabular, tmp_path_factory):
    frame, model = tabular
    path = tmp_path_factory.mktemp("tabular") / "report.html"
    model.report(path, frame, [0] * 480)
    driver.get(path.as_uri())
    return Page(driver)


@pytest.mark.parametrize("move", MOVES)
def test_every_control_of_a_column(tabular_page, tabular, move):
    """What a person types or chooses counts as it does for `predict`, and stays as typed."""
    (frame, model), opened = tabular, tabular_page
    opened.find("#reset").click()
    label, typed, value = MOVES[move]
    control = opened.find(f"#sliders li:has(label[title='{label}']) :is(select, input:not([type=range]))")
    if control.tag_name == "select":
        Select(control).select_by_visible_text(typed)
    else:
        opened.driver.execute_script(TYPE, control, typed)
    opened.wait()
    row = {name: column[0] for name, column in frame.items()} | {label.split(",")[0]: value}
    answer = model.predict(row)[0]
    z, _, _, _ = opened.neurons(1)
    assert_close(z, model.network_.predict(model._rows({name: [cell] for name, cell in row.items()}))[0])
    shown = float(opened.prediction().replace(",", "").replace("−", "-"))
    assert shown == pytest.approx(answer, rel=1e-3)
    if control.tag_name != "select":
        names = {"b": "(unknown)", "r450": "(rare)"} | ({"": "(missing)"} if label == "id" else {})
        assert control.get_attribute("value") == names.get(typed, typed)
    assert opened.driver.get_log("browser") == []


def test_a_slider_of_a_missing_number(tabular_page):
    opened = tabular_page
    opened.find("#reset").click()
    item = opened.find("#sliders li:has(label[title='size'])")
    assert item.get_dom_attribute("data-value") == ""
    field = item.find_element(By.CSS_SELECTOR, "[type=number]")
    assert (field.get_attribute("value"), field.get_attribute("placeholder")) == ("", "missing")
    item.find_element(By.CSS_SELECTOR, "[type=range]").send_keys(Keys.ARROW_RIGHT)
    opened.wait()
    assert float(item.get_dom_attribute("data-value")) > 0
    assert [each.text for each in opened.all("#columns tbody th")] == [
        *("size", "lift", "lease", "town", "side", "built", "seen", "opens", "id")
    ]


# ---- members ---------------------------------------------------------------------------------------

CHOOSE_MEMBER = """
const list = document.getElementById("member");
list.selectedIndex = arguments[0];
list.dispatchEvent(new Event("change", { bubbles: true }));
"""


@pytest.mark.parametrize("row", [0, 7])
def test_it_predicts_with_all_members_and_shows_one(page, tabular, row):
    frame, model = tabular
    opened = page(model, frame, [0] * 480)
    Select(opened.find("#start")).select_by_index(row)
    opened.wait()
    number = np.linspace(0, 479, 12).astype(int)[row]
    some = {name: [column[number]] for name, column in frame.items()}
    answer, spread, x = model.predict(some)[0], model.predict_spread(some)[0], model._rows(some)
    for member in (0, 2, 1):
        opened.driver.execute_script(CHOOSE_MEMBER, member)
        shown = float(opened.prediction().replace(",", "").replace("−", "-"))
        assert shown == pytest.approx(answer, rel=1e-3)
        told = opened.find("#spread")
        assert float(told.get_dom_attribute("data-value")) == pytest.approx(spread, rel=1e-3)
        assert f"over 4 members. Member {member} alone: " in told.text
        z, _, _, _ = opened.neurons(1)
        assert_close(z, model.networks_[member].predict(x)[0])
        assert len(opened.all("#diagram svg")) == 1


def test_members_with_different_layers(page, rng):
    """The tabs, the diagram and the chosen neuron follow the member."""
    X = {"a": rng.standard_normal(90), "b": rng.standard_normal(90)}
    y = np.where(X["a"] > 0, "yes", np.where(X["b"] > 0, "no", "perhaps"))
    settings = {"members": 1, "folds": 2, "max_iter": 2, "encodings": "numbers", "random_state": 0}
    model = na.TabularClassifier(hidden_layer_sizes=(6, 4), **settings).fit(X, y)
    other = na.TabularClassifier(hidden_layer_sizes=(3,), **settings).fit(X, y)
    model._ensemble = Members((model.network_, other.network_), np.array([0.75, 0.25]), (0, 1))
    opened = page(model, X, y)
    some = {name: column[:1] for name, column in X.items()}
    opened.find("#tab-1").click()
    opened.find("#neurons tr:last-child button").click()
    for member, tabs in ((1, 2), (0, 3), (1, 2)):
        opened.driver.execute_script(CHOOSE_MEMBER, member)
        assert_close(opened.outputs(), model.predict_proba(some)[0])
        spreads = [float(each.get_dom_attribute("data-value")) for each in opened.all("#outputs .around")]
        assert_close(spreads, model.predict_spread(some)[0])
        assert len(opened.all("#tabs button")) == tabs
        assert_close(opened.neurons(tabs - 1)[1], (other if member else model).network_.predict(model._rows(some))[0])
    assert opened.find("#about").text.startswith("output, neuron")
    opened.find("#tab-0").click()
    for member, neurons in ((0, 6), (1, 3)):  # in the layer that was shown before
        opened.driver.execute_script(CHOOSE_MEMBER, member)
        assert len(opened.all("#neurons tr")) == neurons


def test_one_network_has_no_members(page, rng):
    x = rng.standard_normal((40, 3))
    opened = page(network("relu"), x)
    assert opened.all("#member") == []
    assert not opened.find("#spread").is_displayed()
    assert opened.all(".around") == []
    assert "member" not in opened.find("main").text.lower()
