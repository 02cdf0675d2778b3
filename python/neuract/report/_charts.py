# SPDX-License-Identifier: BSD-3-Clause
"""Small pictures of the page as tables and SVG, without matplotlib; page.css has their colours for both themes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from neuract._typing import Array

WIDTH, HEIGHT = 380, 270
LEFT, RIGHT, TOP, BOTTOM = 68, 12, 12, 46  # margins
MOST_TICKS = 6


def bars(rows: Sequence[tuple[str, float, str]], caption: str) -> str:
    """Returns a table with a bar for each row of name, value and value as text; the longest value has a whole bar."""
    largest = max((abs(value) for _, value, _ in rows), default=0) or 1.0
    body = "".join(
        f'<tr><th scope="row" title="{escape(name)}">{escape(name)}</th><td>{_bar(value / largest)}</td>'
        f"<td>{escape(text)}</td></tr>"
        for name, value, text in rows
    )
    return f'<table class="bars"><caption>{escape(caption)}</caption><tbody>{body}</tbody></table>'


def _bar(share: float) -> str:
    sign = "negative" if share < 0 else "positive"
    return f'<span class="bar {sign}" aria-hidden="true"><span style="--share: {abs(share):.4f}"></span></span>'


def counts(table: Array, names: Sequence[str], caption: str) -> str:
    """Returns a table of counts, true classes by rows and predicted ones by columns, shaded by the share of its row."""
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(_row_of_counts(row, k, names[k]) for k, row in enumerate(table))
    return (
        f'<div class="scrolls"><table class="confusion"><caption>{escape(caption)}</caption>'
        f'<thead><tr><td>true ↓<br>predicted →</td>{heads}<th scope="col">right</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row_of_counts(row: Array, own: int, name: str) -> str:
    total = int(row.sum())
    cells = "".join(
        f'<td class="{"right" if k == own else "wrong"}" style="--share: {n / total if total else 0:.3f}">{n:,}</td>'
        for k, n in enumerate(row.tolist())
    )
    right = percent(row[own] / total) if total else "–"
    return f'<tr><th scope="row">{escape(name)}</th>{cells}<td>{right}</td></tr>'


def percent(share: float) -> str:
    """Returns a share as text, with one digit."""
    return f"{100 * share:.1f} %"


class Plot:
    """A picture with two axes, as SVG.

    Parameters
    ----------
    x, y : pair of float
        The ends of the axes.
    names : pair of str
    label : str
        What a reader who does not see the picture is told.
    """

    def __init__(self, x: tuple[float, float], y: tuple[float, float], names: tuple[str, str], label: str) -> None:
        self._x, self._y = _wider(x), _wider(y)
        self._label = label
        self._parts = [self._axes(*names)]

    def points(self, x: Array, y: Array) -> None:
        """Adds a point for each pair."""
        marks = "".join(f'<circle cx="{a}" cy="{b}" r="2.6"/>' for a, b in self._places(x, y))
        self._parts.append(f'<g class="dots">{marks}</g>')

    def path(self, x: Array, y: Array, kind: str) -> None:
        """Adds a line through the pairs; kind: its class in page.css."""
        d = "L".join(f"{a} {b}" for a, b in self._places(x, y))
        self._parts.append(f'<path class="{kind}" d="M{d}"/>')

    def rings(self, x: Array, y: Array, titles: Sequence[str]) -> None:
        """Adds large points, each with a title."""
        marks = (
            f'<circle cx="{a}" cy="{b}" r="5"><title>{escape(title)}</title></circle>'
            for (a, b), title in zip(self._places(x, y), titles, strict=True)
        )
        self._parts.append(f'<g class="rings">{"".join(marks)}</g>')

    def svg(self) -> str:
        """Returns the element."""
        head = f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self._label)}">'
        return f"{head}{''.join(self._parts)}</svg>"

    def _places(self, x: Array, y: Array) -> list[tuple[float, float]]:
        return [(round(self._across(a), 1), round(self._up(b), 1)) for a, b in zip(x.tolist(), y.tolist(), strict=True)]

    def _across(self, x: float) -> float:
        return LEFT + (x - self._x[0]) / (self._x[1] - self._x[0]) * (WIDTH - LEFT - RIGHT)

    def _up(self, y: float) -> float:
        return HEIGHT - BOTTOM - (y - self._y[0]) / (self._y[1] - self._y[0]) * (HEIGHT - TOP - BOTTOM)

    def _axes(self, across: str, up: str) -> str:
        lines = [
            f'<path class="grid" d="M{LEFT} {self._up(y):.1f}H{WIDTH - RIGHT}"/>'
            f'<text class="end" x="{LEFT - 6}" y="{self._up(y) + 4:.1f}">{text}</text>'
            for y, text in ticks(*self._y)
        ]
        lines += [
            f'<text class="mid" x="{self._across(x):.1f}" y="{HEIGHT - BOTTOM + 17}">{text}</text>'
            for x, text in ticks(*self._x)
        ]
        middle = (TOP + HEIGHT - BOTTOM) / 2
        names = (
            f'<text class="mid name" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}">{escape(across)}</text>'
            f'<text class="mid name" transform="translate(13 {middle}) rotate(-90)">{escape(up)}</text>'
        )
        return "".join(lines) + names


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Returns round numbers from low to high, at most MOST_TICKS, and their text: thousands as 20k, millions as 3M."""
    rough = (high - low) / (MOST_TICKS - 1)
    power = 10.0 ** np.floor(np.log10(rough))
    step = float(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9)))
    places = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    numbers = np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) * step
    largest = max(abs(low), abs(high))
    return [(float(x), _tick(float(x) + 0.0, places, largest).replace("-", "−")) for x in numbers]


def _tick(x: float, places: int, largest: float) -> str:
    """Returns a number as text; largest: of its axis, which decides the form of all."""
    if largest >= 1e9 or places > 5:
        return f"{x:.1e}" if x else "0"
    if largest >= 1e4 and x:
        return f"{x / 1e6:g}M" if largest >= 1e6 else f"{x / 1e3:g}k"
    return f"{x:,.{places}f}"


def _wider(ends: tuple[float, float]) -> tuple[float, float]:
    """Returns ends that are apart."""
    low, high = ends
    least = 1e-9 * max(abs(low), abs(high), 1e-30)
    return ends if high - low > least else (low - 1, high + 1) if least < 1 else (low - 1e9 * least, high + 1e9 * least)
