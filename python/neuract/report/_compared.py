# SPDX-License-Identifier: BSD-3-Clause
"""The section on how well the predictions agree with y: scores in sentences, confusion or residuals, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from neuract._typing import Array
from neuract.outputs._kinds import Classes, Labels, Quantiles
from neuract.outputs._scores import d2, r2
from neuract.report._charts import Plot, counts, percent
from neuract.report._quality import Predictions, calibration, comparable, confusion, coverage
from neuract.report._rows import evenly_spread
from neuract.report._words import number

MOST_CLASSES = 12  # of a table with a column each
FEW_CLASSES = 5  # of a table next to another picture
MOST_PAIRS = 10  # of classes, in a list of mistakes
MOST_POINTS = 500
MOST_PLOTS = 4  # of outputs
FEW = 20  # rows of a bin, below which a share says little


def collapse(told: Predictions) -> str:
    """Returns a sentence on a model that predicts the same for all rows; no text for others."""
    if not comparable(told) or not told.are_same:
        return ""
    first = told.values[0]
    if isinstance(told.meaning, Classes):
        k = int(first.argmax())
        what = f"{told.words.outputs[k]}, with probability {first[k]:.4g}"
    else:
        what = ", ".join(number(value, told.words.unit) for value in first)
    return (
        f"The model gives the same prediction for all {len(told.values):,} rows of X: {what}. No input moves it, so "
        "there is nothing to explain. See the diagnosis."
    )


def in_short(told: Predictions) -> str:
    """Returns the score in a sentence; no text without y."""
    if told.truth is None or len(told.values) < 2:
        return ""
    if not comparable(told):
        return "Predictions are not finite for some rows of X"
    rows = f"{len(told.values):,} rows"
    if isinstance(told.meaning, Classes):
        return f"{percent(float((told.chosen == told.truth).mean()))} of {rows} predicted right"
    if isinstance(told.meaning, Labels):
        wrong = float((told.meaning.chosen(told.values) != told.truth).mean())
        return f"{percent(1 - wrong)} of the labels of {rows} predicted right"
    if isinstance(told.meaning, Quantiles):
        score = d2(told.truth[:, 0], told.values, told.meaning.quantiles, None)
        return f"D² {score:.3f} on {rows}".replace("-", "−")
    return f"R² {r2(told.truth, told.values, None):.3f} on {rows}".replace("-", "−")


def compared(told: Predictions) -> str:
    """Returns the section's content: sentences and pictures."""
    if len(told.values) < 2 or not comparable(told):
        text = "One row says little" if len(told.values) < 2 else "Some predictions are not finite numbers"
        return f'<p class="note">{text}, so predictions are not compared with y here.</p>'
    if isinstance(told.meaning, Classes):
        return _of_classes(told)
    if isinstance(told.meaning, Labels):
        return _of_labels(told)
    return _of_quantiles(told) if isinstance(told.meaning, Quantiles) else _of_numbers(told)


# ---- classes and labels ---------------------------------------------------------------------------------


def _of_classes(told: Predictions) -> str:
    assert told.truth is not None
    table, names = confusion(told), told.words.outputs
    most = int(table.sum(axis=1).argmax())
    share = table[most].sum() / table.sum()
    lead = f"{in_short(told)}. The most frequent class, {names[most]}, is {percent(share)} of the rows."
    if len(set(told.chosen.tolist())) == 1 and len(names) > 1:
        lead += f" Every row is predicted as {names[int(told.chosen[0])]}."
    shown = counts(table, names, "Rows of each true class, by predicted class") if len(names) <= MOST_CLASSES else ""
    kind = "card large" if FEW_CLASSES < len(names) <= MOST_CLASSES else "card"
    first = _card(shown or _mistakes(table, names), kind)
    return _lead(lead) + _side_by_side(first, _calibration(told))


def _mistakes(table: Array, names: list[str]) -> str:
    """Returns the most frequent mistakes as a table."""
    wrong = table.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_PAIRS]
    pairs = [(int(k) // len(names), int(k) % len(names)) for k in order if wrong.flat[k]]
    if not pairs:
        return '<p class="good">✓ No row is predicted wrong.</p>'
    rows = [(names[a], names[b], f"{wrong[a, b]:,}", percent(wrong[a, b] / table[a].sum())) for a, b in pairs]
    head = ("true class", "predicted as", "rows", "of the class")
    return _table(head, rows, "The most frequent mistakes")


def _calibration(told: Predictions) -> str:
    if told.values.shape[1] == 1:
        return ""
    bins = calibration(told)
    stated, right, rows = bins.T
    gap = float((np.abs(stated - right) * rows).sum() / rows.sum())
    second = told.words.outputs[1] if told.values.shape[1] == 2 else ""
    what, which = (f"of {second}", second) if second else ("of the predicted class", "right")
    label = f"Calibration curve: the share of rows that are right, for ten ranges of the stated probability {what}"
    names = f"stated probability {_short(what)}", _short(f"share of rows that are {which}")
    plot = Plot((0, 1), (0, 1), names, label)
    plot.path(np.array([0.0, 1.0]), np.array([0.0, 1.0]), "ideal")
    plot.path(stated, right, "curve")
    plot.rings(stated, right, [f"stated {percent(s)}, {percent(share)} of {int(n):,} rows" for s, share, n in bins])
    few = int((rows < FEW).sum())
    told_few = f" Fewer than {FEW} rows are behind {few} of the {len(rows)} points." if few else ""
    text = (
        f"On the dashed line a stated probability is the share that comes true. The mean distance from it is "
        f"{100 * gap:.1f} percentage points.{told_few}"
    )
    return _figure(f"Calibration: probability {what}", plot.svg(), text)


def _of_labels(told: Predictions) -> str:
    assert told.truth is not None
    chosen = told.values > 0.5
    rows = []
    for k, name in enumerate(told.words.outputs):
        truth, predicted = told.truth[:, k], chosen[:, k]
        both = int((truth & predicted).sum())
        precision = percent(both / predicted.sum()) if predicted.any() else "–"
        recall = percent(both / truth.sum()) if truth.any() else "–"
        rows.append((name, f"{int(truth.sum()):,}", f"{int(predicted.sum()):,}", f"{both:,}", precision, recall))
    head = ("label", "rows that have it", "predicted", "both", "of predicted", "of those that have it")
    return _lead(f"{in_short(told)}.") + _card(_table(head, rows, "Labels, true and predicted"))


# ---- numbers and quantiles ------------------------------------------------------------------------------


def _of_numbers(told: Predictions) -> str:
    assert told.truth is not None
    several = told.values.shape[1] > 1
    plots = [_residuals(told, k, several) for k in range(min(told.values.shape[1], MOST_PLOTS))]
    rest = told.values.shape[1] - len(plots)
    more = f" {rest} more outputs are not drawn." if rest else ""
    lead = f"{in_short(told)}. R² is the share of the variance of y that the model explains.{more}"
    return _lead(lead) + _side_by_side(*plots)


def _residuals(told: Predictions, k: int, several: bool) -> str:
    assert told.truth is not None
    truth, predicted, unit = told.truth[:, k], told.values[:, k], told.words.unit
    errors = truth - predicted
    half, most = np.quantile(np.abs(errors), [0.5, 0.9])
    name = told.words.outputs[k] if several else told.words.target
    of = f" of {name}" if name else ""
    in_unit = f", {unit}" if unit else ""
    some = evenly_spread(len(errors), MOST_POINTS)
    ends = _ends(predicted)
    label = f"Residuals{of}: true minus predicted, over the prediction; half of them within {number(half, unit)}"
    plot = Plot(ends, _ends(errors[some]), (f"predicted{in_unit}", f"true − predicted{in_unit}"), label)
    plot.path(np.array(ends), np.zeros(2), "ideal")
    plot.points(predicted[some], errors[some])
    drawn = f" {len(some)} of {len(errors):,} rows are drawn." if len(some) < len(errors) else ""
    text = (
        f"The prediction of half of the rows is off by less than {number(half, unit)}, of 90 % by less than "
        f"{number(most, unit)}. Points above the dashed line are predicted too low.{drawn}"
    )
    return _figure(f"Residuals{of}", plot.svg(), text)


def _ends(x: Array) -> tuple[float, float]:
    low, high = float(x.min()), float(x.max())
    return low - 0.03 * (high - low), high + 0.03 * (high - low)


def _of_quantiles(told: Predictions) -> str:
    rows = [(f"{quantile:g}", percent(share)) for quantile, share in coverage(told)]
    lead = f"{in_short(told)}. D² is 1 − loss / loss of the best constant. The quantile 0.9 should be above 90 % of y."
    return _lead(lead) + _card(
        _table(("quantile", "rows with y at or below it"), rows, "Quantiles, and what lies below")
    )


# ---- parts ----------------------------------------------------------------------------------------------


def _lead(text: str) -> str:
    return f'<p class="lead">{escape(text)}</p>'


def _figure(title: str, picture: str, text: str) -> str:
    return f'<figure class="card"><h3>{escape(title)}</h3>{picture}<figcaption>{escape(text)}</figcaption></figure>'


def _card(content: str, kind: str = "card") -> str:
    return f'<div class="{kind}">{content}</div>'


def _side_by_side(*parts: str) -> str:
    return f'<div class="pair">{"".join(parts)}</div>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scrolls"><table class="compared"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _short(text: str, most: int = 34) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
