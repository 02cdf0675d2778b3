# SPDX-License-Identifier: BSD-3-Clause
"""The pages "Learn" in headless Chromium: what a reader moves works by mouse and keyboard, and fits a phone."""

import re
import runpy
import shutil

import pytest

from oracle.paths import ROOT

pytest.importorskip("selenium", reason="needs selenium: pip install --group browser")
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

LEARN = ROOT / "docs" / "learn"
PAGES = sorted(path.stem for path in LEARN.glob("*.md"))
WIDGET = re.compile(r"<div data-learn=.*")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Debian's chromium and chromium-driver")


@pytest.fixture(scope="module")
def driver():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--window-size=1280,1600"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield browser
    browser.quit()


@pytest.fixture
def opened(driver, tmp_path):
    """Opens the widget of a page, without the site around it."""

    def open_page(name, width=1280):
        style, script = (LEARN / "learn.css").read_text(), runpy.run_path(str(LEARN / "script.py"))["whole"]()
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
    """Epoch, loss and score of the playground."""
    return [each.text for each in driver.find_elements(By.CSS_SELECTOR, ".figures strong")]


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


def choose(driver, name, value):
    """Chooses from the list with a label that begins with a name."""
    program = """const [name, value] = arguments;
      const labels = [...document.querySelectorAll("label")];
      const select = labels.find((each) => each.textContent.startsWith(name)).querySelector("select");
      select.value = value; select.dispatchEvent(new Event("change"));"""
    driver.execute_script(program, name, value)


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
