# SPDX-License-Identifier: BSD-3-Clause
"""What each transformer of scikit-learn makes of the parts; a subclass may do something else, and is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from neuract.columns._values import is_missing, text_of
from neuract.pipelines._parts import Code, Part, Unfoldable, affine, clipped, encoded, filled, marked

FOLDABLE = (
    "columns can do the work of ColumnTransformer, Pipeline, StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler, "
    "SimpleImputer, OneHotEncoder, OrdinalEncoder, 'passthrough' and 'drop', with neuract's MLPClassifier or "
    "MLPRegressor as the last step"
)
TWO: tuple[tuple[str, str], ...] = (("0", "False"), ("1", "True"))


ALONE = ". The last step alone is a model too, for X as the steps before it transform it"


def refused(name: str, step: Any, why: object) -> ValueError:
    """Returns the error for a step; name: that of the step, after those of the pipelines around it."""
    advice = FOLDABLE + ALONE * hasattr(step, "transform")
    return ValueError(
        f"step {name!r} of the pipeline ({type(step).__name__}) cannot be folded into columns: {why}; {advice}"
    )


def after(name: str, step: Any, parts: list[Part]) -> list[Part]:
    """Returns the parts after a step."""
    if step is None or step == "passthrough":
        return parts
    if isinstance(step, Pipeline):
        for own, each in step.steps:
            parts = after(f"{name}__{own}", each, parts)
        return parts
    if type(step) is ColumnTransformer:
        return _after_columns(name, step, parts)
    if type(step) not in RULES:
        raise refused(name, step, "only its own code knows what it does")
    try:
        return RULES[type(step)](step, parts)
    except Unfoldable as why:
        raise refused(name, step, why) from None


def _after_columns(name: str, step: ColumnTransformer, parts: Sequence[Part]) -> list[Part]:
    found: list[Part] = []
    for own, each, _ in step.transformers_:
        chosen = [parts[place] for place in step._transformer_to_input_indices[own]]
        if (isinstance(each, str) and each == "drop") or not chosen:
            continue
        weight = (step.transformer_weights or {}).get(own)
        given = after(f"{name}__{own}", each, chosen)
        try:
            found += given if weight is None else [affine(part, 0.0, float(weight)) for part in given]
        except Unfoldable as why:
            raise refused(name, step, why) from None
    return found


# ---- numbers ---------------------------------------------------------------------------------------


def _standard(step: StandardScaler, parts: Sequence[Part]) -> list[Part]:
    return _scaled(parts, step.mean_ if step.with_mean else None, step.scale_)


def _robust(step: RobustScaler, parts: Sequence[Part]) -> list[Part]:
    return _scaled(parts, step.center_ if step.with_centering else None, step.scale_ if step.with_scaling else None)


def _scaled(parts: Sequence[Part], centers: Any, lengths: Any) -> list[Part]:
    centers = np.zeros(len(parts)) if centers is None else centers
    lengths = np.ones(len(parts)) if lengths is None else lengths
    return [affine(part, float(c), 1 / float(s)) for part, c, s in zip(parts, centers, lengths, strict=True)]


def _min_max(step: MinMaxScaler, parts: Sequence[Part]) -> list[Part]:
    low, high = map(float, step.feature_range)
    pairs = zip(parts, step.data_min_, step.scale_, strict=True)
    scaled = [affine(part, float(least), float(scale), low) for part, least, scale in pairs]
    return [clipped(part, low, high) for part in scaled] if step.clip else scaled


def _max_abs(step: MaxAbsScaler, parts: Sequence[Part]) -> list[Part]:
    scaled = _scaled(parts, None, step.scale_)
    return [clipped(part, -1.0, 1.0) for part in scaled] if getattr(step, "clip", False) else scaled


def _imputer(step: SimpleImputer, parts: Sequence[Part]) -> list[Part]:
    fills, gap = step.statistics_.tolist(), step.missing_values
    kept = [step.keep_empty_features or not _is_nan(fill) for fill in fills]
    found = [filled(part, gap, fill) for part, fill, keep in zip(parts, fills, kept, strict=True) if keep]
    if step.add_indicator:
        found += [marked(parts[place], gap) for place in step.indicator_.features_]
    return found


def _is_nan(value: Any) -> bool:
    return value is not None and is_missing(value)


def _same(step: FunctionTransformer, parts: list[Part]) -> list[Part]:
    if step.func is not None:
        raise Unfoldable("only its own code knows what it does")
    return parts


# ---- levels ----------------------------------------------------------------------------------------


def _one_hot(step: OneHotEncoder, parts: Sequence[Part]) -> list[Part]:
    found: list[Part] = []
    for place, part in enumerate(parts):
        categories = step.categories_[place].tolist()
        groups = _groups(categories, _rare(step, place))
        first = None if step.drop_idx_ is None else step.drop_idx_[place]
        left = sorted(set(groups) - ({groups[first]} if first is not None else set()))
        units = {group: {number: 1.0} for number, group in enumerate(left)}
        other: Mapping[int, float] = {}
        if step.handle_unknown in ("infrequent_if_exist", "warn") and _rare(step, place) is not None:
            other = units.get(max(groups), {})
        values = _named(step.categories_[place], [units.get(group, {}) for group in groups])
        found += encoded(part, Code(len(left), values, other))
    return found


def _ordinal(step: OrdinalEncoder, parts: Sequence[Part]) -> list[Part]:
    found: list[Part] = []
    for place, part in enumerate(parts):
        categories = step.categories_[place].tolist()
        known = [each for each in categories if not _is_nan(each)]
        codes = [float(code) for code in _groups(known, _rare(step, place))]
        codes += [float(step.encoded_missing_value)] * (len(categories) - len(known))  # NaN is the last category
        other = float(np.mean(codes[: len(known)])) if known else 0.0
        if step.handle_unknown == "use_encoded_value":
            other = float(step.unknown_value)
        values = _named(step.categories_[place], [{0: code} for code in codes])
        found += encoded(part, Code(1, values, {0: other}))
    return found


def _rare(step: Any, place: int) -> Any:
    """Returns the infrequent categories of a column, or None."""
    rare = getattr(step, "infrequent_categories_", None)
    return None if rare is None else rare[place]


def _groups(categories: list[Any], rare: Any) -> list[int]:
    """Returns the number of each category; infrequent ones share the last number."""
    if rare is None:
        return list(range(len(categories)))
    texts = set(map(text_of, rare.tolist()))
    usual = [each for each in categories if text_of(each) not in texts]
    numbers = {text_of(each): number for number, each in enumerate(usual)}
    return [numbers.get(text_of(each), len(usual)) for each in categories]


def _named(categories: Any, values: Sequence[Mapping[int, float]]) -> dict[str | None, Mapping[int, float]]:
    """Returns the values of categories by their text; Unfoldable if two have one text."""
    named: dict[str | None, Mapping[int, float]] = {}
    for category, value in zip(categories.tolist(), values, strict=True):
        if not is_missing(category) and not isinstance(category, (str, bool, int, float)):
            raise Unfoldable(f"{category!r} is not the name of a level, such as text or a number")
        text = text_of(category)
        if text in named and named[text] != value:
            raise Unfoldable(f"it tells apart levels that columns take as one, {text or 'None and NaN'!r}")
        named[text] = value
    if categories.dtype.kind not in "US" and named.keys() <= {text for pair in TWO for text in pair}:
        for pair in TWO:  # a bool may come as a number, and a number as a bool
            named |= {text: named[own] for text in pair for own in pair if own in named}
    return named


RULES: Mapping[type[Any], Callable[[Any, list[Part]], list[Part]]] = MappingProxyType(
    {
        StandardScaler: _standard,
        RobustScaler: _robust,
        MinMaxScaler: _min_max,
        MaxAbsScaler: _max_abs,
        SimpleImputer: _imputer,
        FunctionTransformer: _same,
        OneHotEncoder: _one_hot,
        OrdinalEncoder: _ordinal,
    }
)
"""Transformer -> what it makes of the parts."""
