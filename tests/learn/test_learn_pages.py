# SPDX-License-Identifier: BSD-3-Clause
"""The pages "Learn" in headless Chromium: what a reader moves works by mouse and keyboard, and fits a phone."""

import re
import runpy

import numpy as np
import pytest

import neuract as na
from oracle.chromium import By, Keys, WebDriverWait, chromium
from oracle.paths import ROOT

LEARN = ROOT / "docs" / "learn"
PAGES = sorted(path.stem for path in LEARN.glob("*.md"))
WIDGET = re.compile(r"<div data-learn=.*")
# Numbers are shown in full, and window.drawn has the last points of each line and of each set of spots, by its class.
EXACT = """numeral = String; window.drawn = {};
for (const kind of ["line", "spots"]) {
  const make = Plot.prototype[kind];
  Plot.prototype[kind] = function (name) {
    const draw = make.call(this, name);
    return (points) => { drawn[`${kind} ${name}`] = points; draw(points); };
  };
}
"""


@pytest.fixture(scope="module")
def driver():
    with chromium("--window-size=1280,1600") as browser:
        yield browser


@pytest.fixture
def opened(driver, tmp_path):
    """Opens the widget of a page, without the site around it."""

    def open_page(name, width=1280, exact=False):
        style, script = (LEARN / "learn.css").read_text(), runpy.run_path(str(LEARN / "script.py"))["whole"]()
        if exact:
            script = script.replace("const WIDGETS", f"{EXACT}const WIDGETS")
        widgets = "\n".join(WIDGET.findall((LEARN / f"{name}.md").read_text()))
        head = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        )
        page = f'{head}<style>{style}</style><body data-theme="light">{widgets}<script>{script}</script>'
        (tmp_path / "page.html").write_text(page, encoding="utf-8")
        size = {"width": width, "height": 1600, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        driver.get((tmp_path / "page.html").as_uri())
        assert driver.find_elements(By.CSS_SELECTOR, "[data-learn] svg")
        return driver

    yield open_page
    assert driver.get_log("browser") == []


def text(driver, selector):
    return driver.find_element(By.CSS_SELECTOR, selector).text


def shown(driver):
    """The numbers of a page, such as epoch, loss and score of the playground."""
    return [each.text for each in driver.find_elements(By.CSS_SELECTOR, ".figures strong")]


def choose(driver, name, value):
    """Chooses from the list, or moves the slider, with a label that begins with a name."""
    program = """const [name, value] = arguments;
      const labels = [...document.querySelectorAll("label")];
      const control = labels.find((each) => each.textContent.startsWith(name)).querySelector("select, input");
      control.value = value;
      control.dispatchEvent(new Event(control.tagName === "SELECT" ? "change" : "input"));"""
    driver.execute_script(program, name, value)


def press(driver, name, times=1):
    buttons = driver.find_elements(By.CSS_SELECTOR, "[data-learn] button")
    for _ in range(times):
        next(each for each in buttons if each.text == name).send_keys(Keys.ENTER)


def drawn(driver, name):
    """The points (x, y) of a line or of spots."""
    return np.array(driver.execute_script("return window.drawn[arguments[0]]", name))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [1280, 390])
def test_what_a_page_shows_fits_and_changes_when_moved(opened, name, width):
    driver = opened(name, width)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    pictures = 'return [...document.querySelectorAll("[data-learn] svg")].map((each) => each.outerHTML)'
    before = driver.execute_script(pictures)
    slider = driver.find_element(By.CSS_SELECTOR, "[data-learn] input[type=range]")
    slider.send_keys(Keys.ARROW_RIGHT)
    assert driver.execute_script(pictures) != before
    unnamed = """return [...document.querySelectorAll("button, input, select")]
      .filter((each) => !(each.textContent || each.ariaLabel || each.labels?.length)).length"""
    assert driver.execute_script(unnamed) == 0


# ---- layers ----------------------------------------------------------------------------------------


def curvature(driver):
    """By how much the slope of the network's line changes at each point."""
    return np.abs(np.diff(drawn(driver, "line y")[:, 1], 2))


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_linear_layers_are_one_line(opened, depth):
    driver = opened("layers", exact=True)
    choose(driver, "Activation", "linear")
    choose(driver, "Hidden layers", depth)
    for change in (lambda: None, lambda: choose(driver, "Its value", 2), lambda: press(driver, "Train")):
        before = drawn(driver, "line y")
        change()
        assert curvature(driver).max() < 1e-9
        pieces, neuron, loss = shown(driver)
        w, b = (float(each.split(" = ")[1]) for each in neuron.split(", "))
        x, y = drawn(driver, "line y").T
        np.testing.assert_allclose(w * x + b, y, rtol=1e-9, atol=1e-9)
        assert pieces == "1"
    assert np.ptp(y - before[:, 1]) > 1e-3  # training has turned it
    assert float(loss) < 1


def test_a_relu_neuron_bends_the_line_once_and_tanh_everywhere(opened):
    driver = opened("layers", exact=True)
    choose(driver, "Neurons in each", 4)
    choose(driver, "Its value", 1.5)
    bends = curvature(driver) > 1e-9
    assert curvature(driver).max() > 1e-3
    assert 1 <= len(drawn(driver, "spots y")) <= 4
    assert bends.sum() <= 8  # a bend between two points is seen at both
    assert shown(driver)[:2] == [str(len(drawn(driver, "spots y")) + 1), "none"]
    before = drawn(driver, "line y")
    choose(driver, "Its value", -1.5)
    assert np.abs(drawn(driver, "line y") - before).max() > 1e-2
    choose(driver, "Activation", "tanh")
    assert np.median(curvature(driver)) > 1e-9


def test_training_brings_the_bends_to_the_wave(opened):
    driver = opened("layers", exact=True)
    choose(driver, "Neurons in each", 6)
    before = float(shown(driver)[2])
    press(driver, "Train", 5)
    assert float(shown(driver)[2]) < 0.1 * before


# ---- gradient descent ------------------------------------------------------------------------------


def fitted(driver):
    """Weight, bias and their gradient."""
    return np.array([float(shown(driver)[k]) for k in (1, 2, 4, 5)])


def neuron_of(w, b, **settings):
    return na.Network([na.Dense(1, "linear")], dtype="float64", **settings).set_parameters([[[w]]], [[b]])


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.8])
def test_a_step_is_the_gradient_of_the_core_times_the_rate(opened, rate):
    driver = opened("gradient_descent", exact=True)
    choose(driver, "Learning rate", rate)
    x, t = drawn(driver, "spots slope").T
    for _ in range(3):
        w, b, dw, db = fitted(driver)
        found = neuron_of(w, b).gradients(x[:, np.newaxis], t)
        gradient = [found.weights[0].item(), found.biases[0].item()]
        assert [dw, db] == pytest.approx(gradient, rel=1e-6)
        assert float(shown(driver)[3]) == pytest.approx(found.loss, rel=1e-6)
        goal = [w - rate * gradient[0], b - rate * gradient[1]]
        assert drawn(driver, "line slope")[1] == pytest.approx(goal, rel=1e-6)
        press(driver, "Step")
        assert fitted(driver)[:2] == pytest.approx(goal, rel=1e-6)


@pytest.mark.parametrize(("method", "optimizer"), [("plain", na.SGD(momentum=0)), ("sgd", "sgd"), ("adam", "adam")])
def test_methods_of_descent_are_those_of_the_core(opened, method, optimizer):
    driver = opened("gradient_descent", exact=True)
    choose(driver, "Method", method)
    x, t = drawn(driver, "spots slope").T
    start = ([[[-1.5]]], [[2.5]])
    settings = {"optimizer": optimizer, "learning_rate": 0.3, "batch_size": 12, "init": start, "dtype": "float64"}
    net = na.Network([na.Dense(1, "linear")], epochs=20, **settings).fit(x[:, np.newaxis], t)
    press(driver, "20 steps")
    assert shown(driver)[0] == "20"
    assert fitted(driver)[:2] == pytest.approx([net.weights[0].item(), net.biases[0].item()], rel=1e-6)


def test_steps_with_one_row_take_each_row_once_per_epoch(opened):
    driver = opened("gradient_descent", exact=True)
    choose(driver, "Rows per step", 1)
    x, t = drawn(driver, "spots slope").T
    taken = []
    for _ in range(len(x)):
        w, b, dw, db = fitted(driver)
        errors = w * x + b - t
        row = int(np.abs(errors - db).argmin())
        assert [dw, db] == pytest.approx([errors[row] * x[row], errors[row]], rel=1e-6)
        taken.append(row)
        press(driver, "Step")
    assert sorted(taken) == list(range(len(x)))


def test_it_says_that_the_rate_is_too_large(opened):
    driver = opened("gradient_descent")
    choose(driver, "Learning rate", 1)
    assert driver.find_element(By.CSS_SELECTOR, ".said").get_attribute("textContent") == ""
    press(driver, "20 steps", 30)
    assert text(driver, ".said") == "The loss grows: the learning rate is too large."
    assert "not a number" not in shown(driver)
    press(driver, "Reset")
    assert shown(driver)[:3] == ["0", "−1.5", "2.5"]
    assert driver.find_element(By.CSS_SELECTOR, ".said").get_attribute("textContent") == ""


# ---- outputs ---------------------------------------------------------------------------------------

PAIRS = {
    "softmax": ("softmax", "log_loss", [0, 0, 1]),
    "sigmoid": ("sigmoid", "log_loss", [1, 0, 1]),
    "flat": ("sigmoid", "squared_error", [0, 1, 0]),
    "linear": ("linear", "squared_error", [-2, 0.5, 3]),
    "exponential": ("exponential", "poisson", [3, 0, 7]),
}
ANSWERS = {
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "linear": lambda z: z,
    "exponential": np.exp,
}


@pytest.mark.parametrize("kind", PAIRS)
def test_outputs_losses_and_gradients_are_those_of_numpy_and_of_the_core(opened, kind):
    activation, loss, t = PAIRS[kind]
    driver = opened("outputs", exact=True)
    choose(driver, "Output and loss", kind)
    z = np.array([2.3, -1.7, 0.4])
    for k, sign in enumerate("₁₂₃"):
        choose(driver, f"z{sign}", z[k])
        if activation != "softmax":
            choose(driver, f"t{sign}", t[k])
    if activation == "softmax":
        choose(driver, "True class", t.index(1))
    numbers = np.array(shown(driver), dtype=float)
    y = ANSWERS[activation](z)
    np.testing.assert_allclose(numbers[:3], y, rtol=1e-12)
    np.testing.assert_allclose(numbers[3:6], (y - t) * (y * (1 - y) if kind == "flat" else 1), rtol=1e-9)
    net = na.Network([na.Dense(3, activation)], loss=loss, dtype="float64").set_parameters([np.zeros((1, 3))], [z])
    found = net.gradients([[0.0]], [t.index(1)] if activation == "softmax" else [t])
    np.testing.assert_allclose(numbers[3:6], found.biases[0], rtol=1e-6)
    assert numbers[6] == pytest.approx(found.loss, rel=1e-6)
    for _ in range(9):
        press(driver, "Step")
    assert float(shown(driver)[6]) < found.loss


# ---- playground ------------------------------------------------------------------------------------


def test_the_playground_works_by_keyboard(opened):
    driver = opened("playground")
    play, step, reset = driver.find_elements(By.CSS_SELECTOR, ".buttons button")
    first = shown(driver)
    assert first[0] == "0"
    assert float(first[1]) > 0.5
    step.send_keys(Keys.ENTER)
    assert shown(driver)[0] == "1"
    play.send_keys(Keys.SPACE)
    assert play.text == "Pause"
    WebDriverWait(driver, 20).until(lambda _: shown(driver)[2] == "100.0 % right")
    play.send_keys(Keys.SPACE)
    assert play.text == "Play"
    reset.send_keys(Keys.ENTER)
    assert shown(driver) == first
    tile = driver.find_element(By.CSS_SELECTOR, "[aria-label='Neuron 2 of layer 1']")
    tile.send_keys(Keys.ENTER)
    assert text(driver, "figcaption").startswith("Neuron 2 of layer 1:")


def test_its_program_trains_the_same_network(opened, tmp_path, monkeypatch):
    driver = opened("playground")
    for _ in range(3):
        driver.find_elements(By.CSS_SELECTOR, ".buttons button")[1].click()
    loss = shown(driver)[1]
    points = driver.execute_script(
        "return decodeURIComponent(document.querySelector('a[download]').href.split(',').slice(1))"
    )
    (tmp_path / "points.csv").write_text(points)
    monkeypatch.chdir(tmp_path)
    program = driver.find_element(By.CSS_SELECTOR, "pre").get_attribute("textContent")
    names = {}
    exec(program, names)
    assert names["net"].history_["loss"][-1] == pytest.approx(float(loss), rel=1e-3)


FILES = {
    "height;weight;kind\n1;2;a\n2;1;b\n3;3;c\n1.2;2.2;a\n": "The colour of the ground",
    "time,level\n0,1\n1,2\n2,4\n": "The line is the predicted level over time.",
    "1,2,0.5\n2,1,7\n3,3,4\n4,2,1.5\n5,5,5\n": "Blue: the predicted x3 is above the mean",
    "1\t2\tno\n2\t1\tyes\n": "Blue: yes is more probable, orange: no.",
}
REFUSED = {
    "a,b,c\n1,2,x\n1,zwei,y\n": 'Line 3: b must be a number; it is "zwei".',
    "1\n2\n": "The file has 1 columns, not two or three.",
    "1,2\n": "The file has fewer than two rows.",
    "1,2\n3\n": "Line 2 has 1 values, not 2.",
    "".join(
        f"{k},1,{name}\n" for k, name in enumerate("vwxyz")
    ): "x3 must have 2 to 4 labels, or numbers; it has 5 values.",
}


def load(driver, path, content):
    path.write_text(content)
    driver.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(str(path))


def test_it_takes_files_of_a_reader(opened, tmp_path):
    driver = opened("playground")
    choose(driver, "Points", "csv")
    for number, (content, said) in enumerate((FILES | REFUSED).items()):
        load(driver, tmp_path / f"{number}.csv", content)
        where = ".said" if content in REFUSED else "figcaption"
        WebDriverWait(driver, 5).until(lambda _, where=where, said=said: said in text(driver, where))


def test_it_says_that_training_diverged(opened, tmp_path):
    driver = opened("playground")
    for name, value in (("Points", "csv"), ("Activation", "linear"), ("Optimizer", "sgd"), ("Learning rate", "1")):
        choose(driver, name, value)
    load(driver, tmp_path / "points.csv", "".join(f"{k},{k}\n" for k in range(40)))
    WebDriverWait(driver, 5).until(lambda _: "line" in text(driver, "figcaption"))
    driver.find_element(By.CSS_SELECTOR, ".play").click()
    WebDriverWait(driver, 10).until(lambda _: "diverged" in text(driver, ".said"))
    assert text(driver, ".play") == "Play"
