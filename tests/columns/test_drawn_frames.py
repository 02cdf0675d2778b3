# SPDX-License-Identifier: BSD-3-Clause
"""Frames that Hypothesis draws: whatever they hold, a named error or a right answer comes back, never another."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import neuract as na
from oracle.comparisons import assert_same_bits

ODD_TEXT = st.sampled_from(
    ["", " ", "$x^2$", "a\nb", '"', "'", "<b>", "\\", "NaN", "None", "1", "1.0", "é", "😀", "\x00", "a" * 300]
)
TEXT = ODD_TEXT | st.text(max_size=5)
NUMBERS = st.floats(allow_nan=True, allow_infinity=False) | st.integers(-(2**70), 2**70)
MOMENTS = st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1))
SORTS = {
    "numbers": NUMBERS,
    "small numbers": st.integers(-3, 3),
    "bools": st.booleans(),
    "text": TEXT,
    "dates": MOMENTS,
    "days": st.dates(datetime.date(1700, 1, 1), datetime.date(2200, 1, 1)),
    "spans": st.timedeltas(datetime.timedelta(-10000), datetime.timedelta(10000)),
    "mixed": st.one_of(NUMBERS, TEXT, st.booleans()),
    "nothing": st.none(),
    "anything": st.one_of(
        NUMBERS, TEXT, MOMENTS, st.binary(max_size=3), st.lists(st.integers(), max_size=2), st.just(1j)
    ),
    "infinite": st.sampled_from([1.0, float("inf"), None]),
}
QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def columns_of_values(draw, rows):
    sort = draw(st.sampled_from(sorted(SORTS)))
    return draw(st.lists(st.none() | SORTS[sort], min_size=rows, max_size=rows))


@st.composite
def frames(draw, low=0):
    rows = draw(st.integers(low, 12))
    names = draw(st.lists(TEXT, min_size=1, max_size=4, unique=True))
    return {name: draw(columns_of_values(rows)) for name in names}


FORMS = {
    "dict": lambda frame: frame,
    "records": lambda frame: [dict(zip(frame, row, strict=True)) for row in zip(*frame.values(), strict=True)],
    "pandas": lambda frame: pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in frame.items()}),
    "polars": lambda frame: pl.DataFrame(
        {name: pl.Series(values, dtype=pl.Object, strict=False) for name, values in frame.items()}
    ),
    "objects": lambda frame: np.array(list(frame.values()), dtype=object).T,
}


def check_names_what_is_wrong(error):
    words = str(error)
    assert any(word in words for word in ("X ", "column ", "Feature names", "rows")), words
    assert "narwhals" not in words.lower(), words


def fitted_or_refused(frame, **parameters):
    """The fitted columns and the matrix, or None: only an error that names what is wrong may refuse it."""
    columns = na.Columns(**parameters)
    try:
        return columns, columns.fit_transform(frame)
    except (ValueError, TypeError) as error:
        check_names_what_is_wrong(error)
        return None


@QUICK
@given(frames(), st.sampled_from(["robust", "standard", "unit"]))
@pytest.mark.filterwarnings("ignore:column:neuract.TrainingWarning")
def test_a_frame_is_refused_by_name_or_becomes_finite_numbers(frame, scaling):
    found = fitted_or_refused(frame, scaling=scaling)
    if found is None:
        return
    columns, matrix = found
    rows = len(next(iter(frame.values())))
    assert matrix.shape == (rows, len(columns.names_))
    assert np.isfinite(matrix).all()
    assert_same_bits(columns.transform(frame), matrix)
    assert len(columns.rows()) == len(frame)
    str(columns), columns._repr_html_()
    for row in range(rows):
        assert_same_bits(
            columns.transform({name: values[row] for name, values in frame.items()}), matrix[row : row + 1]
        )


@QUICK
@given(frames(low=1), st.sampled_from(sorted(FORMS)))
@pytest.mark.filterwarnings("ignore:column:neuract.TrainingWarning")
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_every_form_of_a_frame_has_the_same_answer(frame, form):
    found = fitted_or_refused(frame)
    other = fitted_or_refused(FORMS[form](frame))
    assert (found is None) == (other is None)
    if found is not None:
        assert_same_bits(other[1], found[1])


@QUICK
@given(frames(low=1), frames(low=1))
@pytest.mark.filterwarnings("ignore:column:neuract.TrainingWarning")
def test_other_values_are_refused_by_name_or_become_finite_numbers(frame, other):
    found = fitted_or_refused(frame)
    if found is None:
        return
    columns, _ = found
    values = list(other.values())
    new = {name: values[k % len(values)] for k, name in enumerate(frame)}
    try:
        matrix = columns.transform(new)
    except (ValueError, TypeError) as error:
        check_names_what_is_wrong(error)
        return
    assert np.isfinite(matrix).all()
    for kind, place in zip(
        columns.kinds_, np.cumsum([0, *(len(kind.names) for kind in columns.kinds_[:-1])]), strict=True
    ):
        for levels in kind.levels_as(0):
            assert 0 <= matrix[:, place].min() <= matrix[:, place].max() <= levels.levels


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frames(low=6), st.booleans())
@pytest.mark.filterwarnings("ignore::neuract.TrainingWarning")
def test_a_model_of_a_drawn_frame_survives_its_file(tmp_path_factory, frame, classify):
    rows = len(next(iter(frame.values())))
    kind, y = (na.TabularClassifier, ["a", "b"]) if classify else (na.TabularRegressor, [1.0, 2.0])
    model = kind(hidden_layer_sizes=(3,), max_iter=2, random_state=0)
    try:
        model.fit(frame, (y * rows)[:rows])
    except (ValueError, TypeError) as error:
        check_names_what_is_wrong(error)
        return
    path = tmp_path_factory.getbasetemp() / "drawn.safetensors"
    model.save(path)
    assert_same_bits(na.load(path).predict(frame), model.predict(frame))
