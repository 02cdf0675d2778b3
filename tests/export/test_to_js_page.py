# SPDX-License-Identifier: BSD-3-Clause
"""The modules of to_js in a headless browser: their self-tests pass, and the answers are those of Node.js."""

import json

import numpy as np
import pytest

import neuract as na
from oracle.cases import OBJECTS, ROWS, hidden_network
from oracle.chromium import chromium, served
from oracle.node import module_answers, needs_node

pytestmark = pytest.mark.filterwarnings("ignore::neuract.TrainingWarning")

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
    with chromium() as browser:
        yield browser


@needs_node
def test_it_answers_like_node(driver, tmp_path, rng):
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
    (tmp_path / "index.html").write_text("<!doctype html><title>modules</title>")
    driver.set_script_timeout(60)
    with served(tmp_path) as address:
        driver.get(f"{address}index.html")
        assert json.loads(driver.execute_async_script(ASK, asked)) == module_answers(tmp_path, asked)
