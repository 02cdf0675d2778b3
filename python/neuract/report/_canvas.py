# SPDX-License-Identifier: BSD-3-Clause
"""Figures of matplotlib as SVG, without pyplot and without a change to rcParams, which all threads share."""

from __future__ import annotations

import codecs
import io
import threading
from typing import Any

from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG
from matplotlib.figure import Figure
from matplotlib.text import Text

NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_drawing = threading.Lock()  # matplotlib's parser of "10^-3" is one object for all threads


def svg(draw: Any) -> str:
    """Returns the SVG file of what draw(figure) draws on an empty figure."""
    figure, stream = Figure(), io.BytesIO()
    _Canvas(figure)
    with _drawing:
        draw(figure)
        for text in figure.findobj(Text):
            text.set(usetex=False, fontfamily="sans-serif")
        figure.savefig(stream, format="svg", transparent=True, bbox_inches="tight", metadata=NO_METADATA)
    return stream.getvalue().decode()


class _Renderer(RendererSVG):
    """Text stays text; matplotlib writes its outlines unless rcParams["svg.fonttype"] is "none"."""

    def _draw_text_as_path(self, *text: Any, **settings: Any) -> None:
        self._draw_text_as_text(*text, **settings)  # type: ignore[no-untyped-call]


class _Canvas(FigureCanvasSVG):
    """The canvas of matplotlib with our renderer."""

    def print_svg(
        self, filename: Any, *, bbox_inches_restore: Any = None, metadata: Any = None, **_of_other_formats: Any
    ) -> None:
        dpi = self.figure.dpi
        self.figure.dpi = 72
        width, height = self.figure.get_size_inches()
        lines = codecs.getwriter("utf-8")(filename)
        vectors = _Renderer(72 * width, 72 * height, lines, image_dpi=dpi, metadata=metadata)  # type: ignore[no-untyped-call]
        place = {"bbox_inches_restore": bbox_inches_restore}
        renderer: Any = MixedModeRenderer(self.figure, width, height, dpi, vectors, **place)  # type: ignore[no-untyped-call]
        self.figure.draw(renderer)
        renderer.finalize()
