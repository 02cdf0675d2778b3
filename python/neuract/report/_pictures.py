# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of `neuract.plotting` as inline SVG, with colours for the light and the dark theme."""

from __future__ import annotations

import colorsys
import importlib
import re
from collections.abc import Callable
from html import escape
from typing import Any

from neuract._typing import FittedModel
from neuract.columns._asked import level_names
from neuract.inspection._diagnosis import Diagnosis
from neuract.layers._numbers import number_names
from neuract.report._rows import dense, evenly_spread
from neuract.report._subject import Subject

MISSING = '<p class="note">This picture needs matplotlib: <code>pip install "neuract[plot]"</code>.</p>'
TAG = r"<[^>]*>"
COLOUR = r"#[0-9a-f]{6}\b"
N_ROWS = 1000  # of X, for the picture of the network


def history(model: FittedModel) -> str:
    """Returns the picture of the learning curves."""
    draw = lambda plotting, figure: plotting.HistoryDisplay.from_estimator(model, ax=figure)  # noqa: E731
    return _picture("history", draw, "The loss of each epoch")


def diagnosis(diagnosis: Diagnosis) -> str:
    """Returns the picture of firing shares and gradient norms."""
    label = "The share of rows on which each neuron fires, layer by layer"
    return _picture("diagnosis", lambda plotting, figure: plotting.DiagnosisDisplay(diagnosis).plot(figure), label)


def network(about: Subject) -> str:
    """Returns the picture of the network: neurons in columns, weights as edges."""
    network, rows = about.model._fitted_network(), about.model._rows(about.X)
    some = dense(rows, evenly_spread(len(rows), N_ROWS))
    numbers = number_names(network.inputs, about.words.columns, level_names(about.model._frame_columns()))
    outputs = about.words.outputs
    label = "The network: neurons in columns, weights as edges between them"

    def draw(plotting: Any, figure: Any) -> Any:
        names = numbers, plotting._model.output_names(network, outputs)
        return plotting.NetworkDisplay._of_rows(network, some, names, figure)

    return _picture("network", draw, label)


def _picture(name: str, draw: Callable[[Any, Any], Any], label: str) -> str:
    """Returns the picture that draw(neuract.plotting, figure) draws, or a note in its place: the page is written."""
    try:
        plotting: Any = importlib.import_module("neuract.plotting")
        canvas: Any = importlib.import_module("neuract.report._canvas")
    except ImportError:
        return MISSING
    try:
        svg = canvas.svg(lambda figure: draw(plotting, figure))
    except Exception as error:
        return f'<p class="note">matplotlib could not draw this picture: {escape(str(error))}</p>'
    figure = f'<figure role="img" aria-label="{label}">{inlined(svg, name)}</figure>'
    return f'<div class="pictured"><div class="scrolls">{figure}</div></div>'


def inlined(svg: str, name: str) -> str:
    """Returns an SVG file as an element: ids by order, coordinates of two digits, colours for both themes."""
    element = re.sub(r"<style.*?</style>", "", svg[svg.index("<svg") :], flags=re.S)  # it would style the whole page
    tags = "".join(re.findall(TAG, element))
    colours = dict.fromkeys(re.findall(COLOUR, tags))
    numbered = {colour: f"--{name}-{number}" for number, colour in enumerate(colours)}
    ids = {given: f"{name}-{number}" for number, given in enumerate(re.findall(r'\bid="([^"]+)"', tags))}
    element = re.sub(TAG, lambda tag: _tag_of_page(tag[0], ids, numbered), element)
    style = "; ".join(f"{variable}: {_light_dark(colour)}" for colour, variable in numbered.items())
    return element.replace("<svg ", f'<svg style="{style}" ', 1)


def _tag_of_page(tag: str, ids: dict[str, str], numbered: dict[str, str]) -> str:
    """Changes one tag; the text between tags, such as a tick label 0.845, does not change.

    Some ids of matplotlib are random.
    """
    tag = re.sub(r'(\bid="|url\(#|href="#)([^")]+)', lambda match: match[1] + ids[match[2]], tag)
    tag = re.sub(r"\d+\.\d{3,}", lambda match: f"{float(match[0]):.2f}", tag)
    return re.sub(COLOUR, lambda match: f"var({numbered[match[0]]})", tag)


def _light_dark(colour: str) -> str:
    """Returns the colour for the light theme, and the same hue with inverted lightness for the dark theme."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    dark = colorsys.hls_to_rgb(hue, 0.92 - 0.82 * lightness, saturation)
    return f"light-dark({colour}, #{''.join(f'{round(255 * part):02x}' for part in dark)})"
