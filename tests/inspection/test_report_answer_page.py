# SPDX-License-Identifier: BSD-3-Clause
"""The report's answer in a headless browser: its words and unit, why it is so, and the page on a phone."""

import numpy as np
import pytest
import test_report_page as in_browser
from sklearn.preprocessing import StandardScaler
from test_report_page import assert_close

import neuract as na
from oracle.chromium import By, Keys, Select, WebDriverWait

driver, page = in_browser.driver, in_browser.page
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
REASONS = """
return [...document.querySelectorAll("#why tr")].map((row) => ({
  name: row.querySelector("th").textContent,
  value: Number(row.querySelector("data").value),
  text: row.querySelector("data").textContent,
}));
"""

# As if a person chose from a list.
CHOOSE = """
const [list, name] = arguments;
list.selectedIndex = [...list.options].findIndex(({ text }) => text === name);
list.dispatchEvent(new Event("change", { bubbles: true }));
"""


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch):
    monkeypatch.setattr("neuract.report._pictures._picture", lambda *_: "")  # they cost most of the time


def reasons(opened, prediction):
    """The rows of the table, once they are those of a prediction."""
    last = "return Number(document.querySelector('#why tr:last-child data')?.value)"
    close = lambda driver: abs(driver.execute_script(last) - prediction) <= 1e-4 * max(1, abs(prediction))  # noqa: E731
    WebDriverWait(opened.driver, 10).until(close)
    return opened.driver.execute_script(REASONS)


def assert_complete(rows, prediction, baseline, *, jumps=False):
    """The parts add up to prediction - baseline, as they are shown; jumps: of thresholds, which no input has."""
    first, *parts, last = rows
    prediction, baseline = float(prediction), float(baseline)
    assert (first["name"], last["name"]) == ("typical row", "this row")
    scale = max(1, abs(prediction), abs(baseline))
    assert first["value"] == pytest.approx(baseline, abs=1e-4 * scale)
    assert last["value"] == pytest.approx(prediction, abs=1e-4 * scale)
    assert first["value"] + sum(row["value"] for row in parts) == pytest.approx(last["value"], abs=2e-3 * scale)
    assert ("not attributed" in [row["name"] for row in parts]) == jumps
    sizes = [abs(row["value"]) for row in parts if " = " in row["name"]]
    assert sizes == sorted(sizes, reverse=True)


def fitted(x, y, kind=na.MLPRegressor, **settings):
    settings = {"hidden_layer_sizes": (6,), "solver": "lbfgs", "max_iter": 20, "tol": 1, "random_state": 0} | settings
    return kind(**settings).fit(x, y)


def test_the_answer_has_its_name_and_unit(page, rng):
    x = rng.standard_normal((60, 3))
    model = fitted(x, 20_000 + 9000 * x[:, 0])
    opened = page(model, x, 20_000 + 9000 * x[:, 0], target_name="price", unit="$", feature_names=["a", "b", "c"])
    assert opened.find("h1").text == "Prediction of price"
    assert opened.find("#output-title").text == "Prediction: price"
    answer = model.predict(x[:1])[0]
    assert opened.prediction() == f"{answer:,.1f} $".replace(".0 ", " ")
    spoken = opened.find("#spoken")
    told = f"price: {opened.prediction()}"
    WebDriverWait(opened.driver, 5).until(lambda _: spoken.get_attribute("textContent") == told)
    assert {label.text for label in opened.all("#sliders label")} == {"a", "b", "c"}
    rows = reasons(opened, answer)
    assert all(row["text"].endswith(" $") for row in rows)
    assert_complete(rows, answer, model.predict(x.mean(axis=0, keepdims=True))[0])


def test_a_linear_model_is_explained_exactly(page, rng):
    x = rng.standard_normal((50, 3))
    weights = np.array([[2.0], [-3.0], [0.5]])
    net = na.Network([na.Dense(1, "linear")], dtype="float64").set_parameters([weights], [[1.0]])
    opened = page(net, x)
    for row in (x[0], [4, 0, -2]):
        opened.set_row(row)
        parts = {each["name"]: each["value"] for each in reasons(opened, net.predict([row])[0, 0])}
        for k in range(3):
            found = next(value for name, value in parts.items() if name.startswith(f"x{k} = "))
            assert found == pytest.approx(weights[k, 0] * (row[k] - x[:, k].mean()), abs=2e-3)


def test_a_part_that_rounds_to_zero_has_no_sign(page, rng):
    x = rng.standard_normal((50, 3))
    net = na.Network([na.Dense(1, "linear")], dtype="float64").set_parameters([[[2.0], [1e-6], [-1e-6]]], [[1.0]])
    opened = page(net, x)
    opened.set_row([1, 1, 1])
    texts = [row["text"] for row in reasons(opened, net.predict([[1, 1, 1]])[0, 0])]
    assert texts[2:4] == ["≈ 0.0000", "≈ 0.0000"]
    assert texts[1].startswith("+")


def test_the_confusion_of_few_classes_fits_beside_the_calibration(page, rng):
    x = rng.standard_normal((150, 2))
    model = fitted(x, np.array(["setosa", "versicolor", "virginica"])[np.digitize(x[:, 0], [-1, 1])], na.MLPClassifier)
    desktop = {"width": 1240, "height": 1010, "deviceScaleFactor": 1, "mobile": False}
    driver = page(model, x, model.predict(x)).driver
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", desktop)
    try:
        box = driver.find_element(By.CSS_SELECTOR, ".scrolls:has(.confusion)")
        assert driver.execute_script("return arguments[0].scrollWidth <= arguments[0].clientWidth", box)
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_moving_a_slider_moves_the_bars(page, rng):
    x = rng.standard_normal((60, 2))
    model = fitted(x, 5 * x[:, 0] - x[:, 1])
    opened = page(model, x)
    bar = lambda name: opened.find(f"#why tr:has(th[title^='{name}']) .bar").get_attribute("class")  # noqa: E731
    for value, sign in ((2.0, "positive"), (-2.0, "negative")):
        opened.set_some({0: value})
        row = [value, opened.row()[1]]
        assert_complete(
            reasons(opened, model.predict([row])[0]), model.predict([row])[0], model.predict([x.mean(axis=0)])[0]
        )
        assert sign in bar("x0")
        assert f"x0 = {value:g}".replace("-", "−") in opened.find("#why").text
    opened.find("#input-0").send_keys(Keys.END)
    opened.wait()
    row = opened.row()
    assert_complete(
        reasons(opened, model.predict([row])[0]), model.predict([row])[0], model.predict([x.mean(axis=0)])[0]
    )


@pytest.mark.parametrize("classes", [2, 3])
def test_the_class_to_explain_can_be_chosen(page, rng, classes):
    x = rng.standard_normal((90, 3))
    model = fitted(x, np.array(["a", "b", "c"])[np.digitize(x[:, 0], [-0.3, 0.6][: classes - 1])], na.MLPClassifier)
    opened = page(model, x)
    center, answers = model.predict_proba([x.mean(axis=0)])[0], model.predict_proba(x[:1])[0]
    assert_complete(reasons(opened, answers.max()), answers.max(), center[answers.argmax()])
    names = [option.text for option in Select(opened.find("#why-of")).options]
    assert names == ["the predicted class", *model.classes_]
    for k, name in enumerate(model.classes_):
        Select(opened.find("#why-of")).select_by_visible_text(name)
        assert_complete(reasons(opened, answers[k]), answers[k], center[k])


def test_thresholds_leave_a_rest(page, rng):
    x = rng.standard_normal((40, 2))
    net = na.Network([na.Dense(3, "linear", threshold=0.5), na.Dense(1, "linear")])
    net.set_parameters([[[1.0, 0.3, -1.0], [0.2, 1.0, 0.4]], [[1.0], [2.0], [-1.0]]])
    opened = page(net, x)
    opened.set_row([2.0, 1.0])
    rows = reasons(opened, net.predict([[2.0, 1.0]])[0, 0])
    assert_complete(rows, net.predict([[2.0, 1.0]])[0, 0], net.predict([x.mean(axis=0)])[0, 0], jumps=True)
    assert "thresholds" in opened.find("#why-rest").text


def test_columns_of_a_frame_and_members(page):
    """Text, dates, missing values and a mean of members: each column has one part."""
    frame, model = in_browser.frame_and_model()
    opened = page(model, frame, unit="$")
    some = {name: column[:1] for name, column in frame.items()}
    rows = reasons(opened, model.predict(some)[0])
    start = rows[0]["value"]
    assert_complete(rows, model.predict(some)[0], start)
    opened.driver.execute_script(CHOOSE, opened.find("#sliders li:has(label[title='town']) select"), "Köln")
    other = model.predict(some | {"town": ["Köln"]})[0]
    rows = reasons(opened, other)
    assert_complete(rows, other, start)
    names = [row["name"].split(" = ")[0] for row in rows[1:-1]]
    assert len(names) == len({*names})
    assert {*names} <= {*frame, "lease, hours"}
    typical = opened.find("#start option:last-child")
    opened.driver.execute_script(CHOOSE, opened.find("#start"), typical.text)
    assert [row["value"] for row in reasons(opened, start)] == pytest.approx([start, start], rel=1e-6)
    assert "nothing to explain" in opened.find("#why-told").text


def test_a_scaler_has_sliders_in_original_units(page, rng):
    original = np.column_stack([rng.integers(18, 80, 120), rng.uniform(0, 5000, 120)])
    scaler = StandardScaler().fit(original)
    x = scaler.transform(original)
    net = na.Network([na.Dense(5, "tanh"), na.Dense(1, "linear")], epochs=3, random_state=0).fit(x, x[:, 0])
    opened = page(net, x, x[:, 0], feature_names=["age", "income"], scaler=scaler)
    np.testing.assert_allclose(opened.row(), original[0], rtol=1e-5)
    slider = opened.find("#input-0")
    assert [slider.get_dom_attribute(name) for name in ("min", "max", "step")] == ["18", "79", "1"]
    opened.set_row([39, 2500])
    answer = net.predict(scaler.transform([[39, 2500]]))[0, 0]
    assert_close(np.array([float(opened.prediction().replace("−", "-"))]), np.array([answer]).round(4))
    rows = reasons(opened, answer)
    assert {row["name"] for row in rows[1:-1]} == {"age = 39", "income = 2500"}
    assert_complete(rows, answer, net.predict([x.mean(axis=0)])[0, 0])


def test_a_phone(page, rng):
    """Nothing is wider than the page, all columns of the diagram can be reached, and controls are large enough."""
    x = rng.standard_normal((80, 5))
    y = np.digitize(x[:, 0], np.linspace(-1, 1, 9))
    model = fitted(x, y, na.MLPClassifier, hidden_layer_sizes=(8, 8, 8))
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    driver = page(model, x, y).driver
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        driver.refresh()
        driver.execute_async_script(in_browser.NEXT_FRAME)
        assert driver.execute_script("return document.documentElement.scrollWidth") == 390
        diagram = driver.find_element(By.ID, "diagram")
        assert driver.execute_script(
            "const [d] = arguments; d.scrollLeft = 1e6; const r = (n) => n.getBoundingClientRect();"
            "return r([...d.querySelectorAll('.node')].at(-1)).right <= r(d).right",
            diagram,
        )
        hint = driver.find_element(By.CSS_SELECTOR, ".card:has(> #diagram) .sideways")
        assert hint.text == "Scroll sideways to see all of it →"
        assert diagram.get_attribute("tabIndex") == "0"
        small = driver.execute_script(
            "return [...document.querySelectorAll('button, select, input, nav a')]"
            ".map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])"
            ".filter(([, { width, height }]) => width && height < 44)"
        )
        assert small == []
        cells = driver.find_elements(By.CSS_SELECTOR, ".layers td, .diagnosed td")
        assert all(cell.rect["x"] + cell.rect["width"] <= 390 for cell in cells)
        total = driver.find_element(By.CSS_SELECTOR, ".layers tr:last-child td:last-child")
        assert (total.get_dom_attribute("data-label"), total.text) == ("parameters", "282")
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
