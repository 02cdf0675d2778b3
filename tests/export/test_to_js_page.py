# SPDX-License-Identifier: BSD-3-Clause
"""The modules of to_js in a headless browser: their self-tests pass, and the answers are those of Node.js."""

import functools
import http.server
import json
import shutil
import threading

import numpy as np
import pytest

import neuract as na
from oracle.cases import OBJECTS, ROWS, hidden_network
from oracle.node import module_answers, needs_node

pytest.importorskip("selenium", reason="needs selenium: pip install --group browser")
from selenium import webdriver

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Debian's chromium and chromium-driver"),
    pytest.mark.filterwarnings("ignore::neuract.TrainingWarning"),
]

ASK = """
const [files, done] = arguments;
Promise.all(files.map(async ([file, rows]) => {
  await import(`/${file.replace(/[.]mjs$/, ".test.mjs")}`);
  const { predict } = await import(`/${file}`);
  return rows.map(predict);
})).then((answers) => done(JSON.stringify(answers)), (error) => done(`"${error}"`));
"""


@pytest.fixture(scope="module")
def driver():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield browser
    browser.quit()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def served(tmp_path):
    """The address of a folder, since browsers load no modules from files."""
    (tmp_path / "index.html").write_text("<!doctype html><title>modules</title>")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    server.server_close()


@needs_node
def test_it_answers_like_node(driver, served, tmp_path, rng):
    """Every activation, and a model of a frame."""
    x = rng.normal(size=(ROWS, 5)).astype(np.float32).tolist()
    asked = []
    for number, f in enumerate(f for f in OBJECTS if not isinstance(f, na.Softmax)):
        hidden_network(rng, f).to_js(tmp_path / f"net{number}.mjs")
        asked.append((f"net{number}.mjs", x))
    frame = {"size": rng.normal(size=60).tolist(), "town": rng.choice(["Ulm", "Köln", "Bonn"], 60).tolist()}
    model = na.TabularClassifier(members=2, folds=2, max_iter=2, hidden_layer_sizes=(6,), random_state=0)
    model.fit(frame, np.where(np.array(frame["size"]) > 0, "</b>", "ü")).to_js(tmp_path / "frame.mjs")
    asked.append(("frame.mjs", [{"size": 1.5, "town": "Köln"}, {"size": None, "town": "Rom"}]))
    driver.get(served)
    driver.set_script_timeout(60)
    assert json.loads(driver.execute_async_script(ASK, asked)) == module_answers(tmp_path, asked)
