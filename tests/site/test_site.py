# SPDX-License-Identifier: BSD-3-Clause
"""The built site in headless Chromium: nothing is cut, axe-core finds nothing, the search finds what people look for.

`nox -s docs` builds it and says where it is: NEURACT_SITE is its folder, NEURACT_AXE the file axe.min.js.
"""

import os
from pathlib import Path

import pytest

from oracle.chromium import WebDriverWait, chromium, served

SITE, AXE = os.environ.get("NEURACT_SITE"), os.environ.get("NEURACT_AXE")
if not (SITE and AXE):
    pytest.skip("needs the built site and axe-core", allow_module_level=True)

# Pages of one class are alike: of them only these are looked at.
OF_CLASSES = [f"api/generated/neuract.{name}.html" for name in ("MLPClassifier", "Network", "ReLU", "explain")]
PAGES = sorted(path.relative_to(SITE).as_posix() for path in Path(SITE).rglob("*.html"))
PAGES = [page for page in PAGES if not page.startswith(("_", "api/generated/"))] + OF_CLASSES
# A word that people search for, and the page that must be among the first three results.
SEARCHED = {
    "pandas": "howto/frames",
    "categorical": "howto/frames",
    "missing": "howto/frames",
    "GPU": "faq",
    "imbalance": "howto/imbalance",
    "quantile": "howto/intervals",
    "save": "howto/save",
    "deploy": "howto/fastapi",
    "reproducible": "howto/reproducible",
    "overfitting": "howto/overfitting",
    "learning rate": "howto/learning_rate",
    "dropout": "howto/overfitting",
    "nesterovs_momentum": "api/generated/neuract.MLPClassifier",
}
CUT = """return {
  sideways: Math.max(0, document.documentElement.scrollWidth - innerWidth),
  pictures: [...document.images].filter((one) => one.offsetParent && !one.naturalWidth).map((one) => one.src),
};"""
FAULTS = """const done = arguments[0];
axe.run({ resultTypes: ["violations"] }).then(({ violations }) =>
  done(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 150)).join(" ")}`)));"""


@pytest.fixture(scope="module")
def address():
    with served(SITE) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with chromium("--disable-background-networking") as browser:
        yield browser


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=["1280 light", "390 dark"], scope="module")
def view(request, browser):
    width, theme = request.param
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", scheme)
    return browser


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_and_accessible(view, address, page):
    view.get(address + page)
    assert view.execute_script(CUT) == {"sideways": 0, "pictures": []}
    view.execute_script(Path(AXE).read_text())
    assert view.execute_async_script(FAULTS) == []
    assert [entry for entry in view.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.parametrize(("words", "page"), SEARCHED.items())
def test_the_search_finds_the_page(browser, address, words, page):
    browser.get(f"{address}search.html?q={words}")
    links = "return [...document.querySelectorAll('#search-results .search li > a')].map((one) => one.pathname)"
    done = "return document.querySelector('.search-summary')?.textContent.includes('found')"
    WebDriverWait(browser, 20).until(lambda browser: browser.execute_script(done))
    assert f"/{page}.html" in browser.execute_script(links)[:3]
