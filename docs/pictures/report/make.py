# SPDX-License-Identifier: BSD-3-Clause
"""Makes the pictures of the report in docs/seeing_inside.md: runs the page and photographs its report.html in Chromium.

python docs/pictures/report/make.py, with selenium and Debian's chromium and chromium-driver
"""

import contextlib
import io
import runpy
import tempfile
from pathlib import Path

from PIL import Image
from selenium import webdriver

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT = 1120, 704
CHOOSE = """
const start = document.getElementById("start");
start.selectedIndex = [...start.options].findIndex(({ text }) => text.includes("virginica"));
start.dispatchEvent(new Event("change"));
setTimeout(() => {
  const { top } = document.querySelector(".bench").getBoundingClientRect();
  scrollTo({ top: scrollY + top - 16, behavior: "instant" });
  arguments[0]();
}, 500);
"""


def photograph(report: Path, theme: str) -> Image.Image:
    """What one sees of the page's moving part, of a row whose class is not that of the typical row.

    theme: "light" or "dark".
    """
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"):
        options.add_argument(argument)
    with webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver")) as browser:
        metrics = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 2, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", scheme)
        browser.get(report.as_uri())
        browser.execute_async_script(CHOOSE)
        return Image.open(io.BytesIO(browser.get_screenshot_as_png()))


if __name__ == "__main__":
    pictures = runpy.run_path(str(HERE.parent / "make.py"))
    with tempfile.TemporaryDirectory() as elsewhere, contextlib.chdir(elsewhere):
        pictures["make"](Path.cwd())
        for theme, name in {"light": "page.png", "dark": "page_dark.png"}.items():
            photograph(Path("report.html").resolve(), theme).convert("RGB").save(HERE / name, optimize=True)
