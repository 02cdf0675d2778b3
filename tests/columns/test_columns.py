# SPDX-License-Identifier: BSD-3-Clause
"""Columns: the kinds of a frame's columns, their numbers, and the same bits from every library of frames."""

import datetime
import decimal
import pickle
from fractions import Fraction
from math import cos, pi, sin, sqrt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import neuract as na
from neuract.columns._cycles import sine_and_cosine
from neuract.columns._statistics import mean_and_deviation, quantile
from oracle.comparisons import assert_same_bits

ROWS = 40


def frame_of_all_kinds():
    rng = np.random.default_rng(0)
    gaps = rng.random(ROWS) < 0.2
    towns = rng.choice(["Ulm", "Bonn", "Köln"], ROWS).tolist()
    return pd.DataFrame(
        {
            "size": np.where(gaps, np.nan, rng.normal(50, 10, ROWS)),
            "count": rng.integers(0, 5, ROWS),
            "flag": rng.random(ROWS) < 0.5,
            "town": [None if gap else town for gap, town in zip(gaps, towns, strict=True)],
            "sex": rng.choice(["f", "m"], ROWS),
            "day": pd.date_range("2019-12-30", periods=ROWS, freq="12D").where(~gaps),
            "took": pd.to_timedelta(rng.integers(0, 1000, ROWS), unit="s"),
        }
    )


LIBRARIES = {
    "pandas": lambda frame: frame,
    "pandas object": lambda frame: frame.astype(object),
    "pandas arrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "pandas nullable": lambda frame: frame.convert_dtypes(),
    "pandas category": lambda frame: frame.astype({"town": "category", "sex": "category"}),
    "polars": pl.from_pandas,
    "polars categorical": lambda frame: pl.from_pandas(frame).with_columns(pl.col("town", "sex").cast(pl.Categorical)),
    "pyarrow": pa.Table.from_pandas,
    "dict of lists": lambda frame: frame.to_dict("list"),
    "dict of series": lambda frame: dict(pl.from_pandas(frame).to_dict()),
    "records": lambda frame: frame.to_dict("records"),
    "objects": lambda frame: frame,
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_library_gives_the_same_bits(library):
    frame = frame_of_all_kinds()
    columns = na.Columns().fit(frame)
    other = na.Columns().fit(LIBRARIES[library](frame))
    assert other.rows() == columns.rows()
    assert_same_bits(other.transform(frame), columns.transform(frame))
    assert_same_bits(columns.transform(LIBRARIES[library](frame)), columns.transform(frame))


def test_rows_of_a_frame_are_those_of_each_row():
    frame = frame_of_all_kinds()
    columns = na.Columns().fit(frame)
    whole = columns.transform(frame)
    for number, record in enumerate(frame.to_dict("records")):
        assert_same_bits(columns.transform(record), whole[number : number + 1])
        plain = {name: None if value is pd.NaT or value != value else value for name, value in record.items()}
        del plain["day"], plain["took"]
        short = columns.row(plain | {"day": None, "took": None})
        assert short is None, "durations take the long way"


def test_the_short_way_gives_the_same_bits():
    frame = frame_of_all_kinds().drop(columns=["day", "took"])
    columns = na.Columns().fit(frame)
    whole = columns.transform(frame)
    for number, record in enumerate(frame.to_dict("records")):
        numbers = columns.row(record)
        assert numbers is not None
        assert_same_bits(np.array([numbers], np.float32), whole[number : number + 1])
    row = {**record, "size": "50"}
    assert columns.row(row) is None
    assert columns.row({**record, "size": float("inf")}) is None
    assert columns.row({**record, "size": 10**400}) is None
    assert columns.row({**record, "more": 1}) is None
    assert columns.row({name: value for name, value in record.items() if name != "town"} | {"twn": "Ulm"}) is None


def test_kinds_and_treatments_are_told():
    columns = na.Columns().fit(frame_of_all_kinds())
    assert [(name, kind) for name, kind, _ in columns.rows()] == [
        ("size", "number"),
        ("count", "number"),
        ("flag", "bool"),
        ("town", "category"),
        ("sex", "category"),
        ("day", "date"),
        ("took", "duration"),
    ]
    assert columns.names_ == [
        "size",
        "size is missing",
        "count",
        "flag",
        "town",
        "sex",
        "day",
        "day, sine of the year",
        "day, cosine of the year",
        "day, sine of the week",
        "day, cosine of the week",
        "day is missing",
        "took",
    ]
    smooth, plain, town = columns.inputs_
    assert smooth == na.Periodic((0, 2, 6, 12))
    assert plain == na.Numbers((1, 3, 5, 7, 8, 9, 10, 11))
    assert town == na.OneHot(4, 4)
    assert "town    category  3 levels" in str(columns)
    assert "<td>town</td>" in columns._repr_html_()


# ---- numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scaling", "expected"),
    [
        ("robust", lambda x: (x - 3) / 2 / np.sqrt(1 + ((x - 3) / 6) ** 2)),
        ("standard", lambda x: (x - 22) / np.std([1, 2, 3, 4, 100])),
        ("unit", lambda x: np.clip((x - 1) / 99, 0, 1)),
        (None, lambda x: x),
    ],
)
def test_numbers_are_scaled(scaling, expected):
    columns = na.Columns(scaling=scaling).fit({"x": [1, 2, 3, 4, 100]})
    x = np.array([-7.0, 2.0, 3.0, 1000.0])
    np.testing.assert_allclose(columns.transform({"x": x}, "float64")[:, 0], expected(x), rtol=1e-15)
    given = columns.transform({"x": [None]}, "float64")
    assert given == columns.transform({"x": [22.0 if scaling == "standard" else 3.0]}, "float64")


def test_numbers_without_a_box_take_their_extremes():
    columns = na.Columns().fit({"x": [0] * 9 + [4]})
    assert columns.transform({"x": [4]}, "float64") == 2 / sqrt(1 + (2 / 3) ** 2)


def test_statistics_are_exact():
    values = np.array([0.1] * 10 + [1e17, -1e17, 0.3])
    mean = sum(map(Fraction, values)) / len(values)
    assert mean_and_deviation(values)[0] == pytest.approx(float(mean), rel=3e-16)
    deviation = sqrt(sum((Fraction(value) - mean) ** 2 for value in values) / len(values))
    assert mean_and_deviation(values)[1] == pytest.approx(deviation, rel=1e-15)
    assert quantile(np.array([1.0, 2.0, 4.0]), 0.75) == 3
    assert quantile(np.array([-1e308, 1e308]), 0.5) == 0


def test_sine_and_cosine_are_right_to_the_last_bits():
    turns = np.concatenate([np.linspace(-3, 3, 1001), [1e6 + 0.1, -1e9 + 0.3, 0.125, 0.375, 0.5]])
    sine, cosine = sine_and_cosine(turns)
    exact = turns - np.floor(turns)
    np.testing.assert_allclose(sine, [sin(2 * pi * share) for share in exact], rtol=0, atol=1e-15)
    np.testing.assert_allclose(cosine, [cos(2 * pi * share) for share in exact], rtol=0, atol=1e-15)
    assert np.isnan(sine_and_cosine(np.array([np.nan]))).all()


@pytest.mark.parametrize("scaling", ["robust", "standard", "unit"])
def test_numbers_of_any_size(scaling):
    x = [1.7e308, -1.7e308, 5e-324, 0.0, 1.0]
    assert np.isfinite(na.Columns(scaling=scaling).fit_transform({"x": x})).all()


def test_a_number_too_large_for_float32_is_named():
    with pytest.raises(ValueError, match="column 'x' of X has a value too large for float32 in row 1"):
        na.Columns(scaling=None).fit_transform({"x": [1, 1e300]})


# ---- levels ----------------------------------------------------------------------------------------


def test_levels_are_ordered_by_frequency_then_name():
    town = ["b"] * 3 + ["a"] * 3 + ["c"] * 5 + ["rare", "one", None, ""]
    columns = na.Columns(min_rows=2).fit({"town": town})
    (kind,) = columns.kinds_
    assert (kind.levels, kind.rare, kind.missing) == (("c", "a", "b"), ("one", "rare"), True)
    assert kind.level_names == ["(unknown)", "c", "a", "b", "(rare)", "(missing)"]
    given = columns.transform({"town": ["c", "a", "b", "rare", "one", None, "", "new", float("nan"), pd.NA]})
    assert given.ravel().tolist() == [1, 2, 3, 4, 4, 5, 5, 0, 5, 5]


def test_two_levels_are_a_sign():
    columns = na.Columns().fit({"sex": ["f", "m", "f"]})
    assert columns.transform({"sex": ["f", "m", None, "x"]}).ravel().tolist() == [-1, 1, 0, 0]
    assert columns.inputs_ == [na.Numbers(0)]


def test_the_least_rows_of_a_level_grow_with_the_rows():
    town = ["a"] * 2994 + ["b"] * 3 + ["c"] * 2 + ["d"]
    (kind,) = na.Columns().fit({"town": town}).kinds_
    assert (kind.levels, kind.rare) == (("a", "b"), ("c", "d"))


def test_many_levels_are_embedded():
    town = [f"town {number % 200}" for number in range(400)]
    assert na.Columns().fit({"town": town}).inputs_ == [na.Embedding(0, 200, 16)]


@pytest.mark.parametrize("categorical", [["zip"], [0], [-2], ("zip",)])
def test_numbers_may_be_levels(categorical):
    frame = {"zip": [1, 2, 3, 1], "x": [0.5, 1, 2, 3]}
    columns = na.Columns(categorical).fit(frame)
    assert columns.kinds_[0].levels == ("1", "2", "3")
    as_numbers = columns.transform({"zip": np.array([3.0, np.nan]), "x": [1, 1]})
    as_text = columns.transform({"zip": ["3", None], "x": [1, 1]})
    assert_same_bits(as_numbers, as_text)


def test_levels_of_categories_are_their_values():
    frame = pd.DataFrame({"zip": pd.Categorical([10, 20, 30, 10]), "yes": pd.Categorical([True, False, True, None])})
    columns = na.Columns().fit(frame)
    assert columns.kinds_[0].levels == ("10", "20", "30")
    assert columns.kinds_[1].levels == ("True", "False")
    assert_same_bits(
        columns.transform(pl.from_pandas(frame.astype(str).where(frame.notna(), None))), columns.transform(frame)
    )


def test_mixed_objects_are_levels():
    columns = na.Columns().fit({"x": ["a", 3, None, 2.5, True, 3.0]})
    assert columns.kinds_[0].levels == ("3", "2.5", "True", "a")


# ---- dates -----------------------------------------------------------------------------------------


def day(text):
    return datetime.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("step", "periods", "cycles"),
    [
        (datetime.timedelta(days=1), 5, ()),
        (datetime.timedelta(days=1), 30, ("week",)),
        (datetime.timedelta(days=7), 30, ()),
        (datetime.timedelta(days=30), 30, ("year", "week")),
        (datetime.timedelta(hours=5), 30, ("day",)),
        (datetime.timedelta(hours=5), 300, ("week", "day")),
    ],
)
def test_cycles_that_the_rows_resolve(step, periods, cycles):
    days = [day("2020-01-01") + k * step for k in range(periods)]
    assert na.Columns().fit({"day": days}).kinds_[0].cycles == cycles


def test_dates_in_numbers():
    days = [day("1970-01-01"), day("1970-12-01T06:00"), None]
    columns = na.Columns(scaling="unit").fit({"day": days})
    first, second, missing = columns.transform({"day": days}, "float64")
    assert columns.names_[1] == "day, sine of the year"
    assert first.tolist() == [0, 0, 1, 0, 1, 0, 1, 0]
    assert second[0] == 1
    np.testing.assert_allclose(second[1:3], [sin(2 * pi * 334.25 / 365.2425), cos(2 * pi * 334.25 / 365.2425)])
    np.testing.assert_allclose(second[5:7], [1, 0], atol=1e-15)
    assert missing.tolist() == [0.5, 0, 0, 0, 0, 0, 0, 1]


def test_dates_of_every_sort():
    naive = [day("2020-01-01"), day("2020-06-01T12:30"), day("2021-03-04")]
    zone = datetime.timezone(datetime.timedelta(hours=2))
    aware = [moment.replace(tzinfo=datetime.UTC).astimezone(zone) for moment in naive]
    columns = na.Columns().fit({"day": naive})
    expected = columns.transform({"day": naive})
    given = [aware, np.array(naive, "M8[ns]"), pd.Series(aware), pl.Series(naive), pl.Series(aware), pa.array(aware)]
    for days in given:
        column = days if not isinstance(days, pa.Array) else pl.from_arrow(days)
        assert_same_bits(columns.transform({"day": column}), expected)
    dates = na.Columns().fit({"day": [moment.date() for moment in naive]})
    assert_same_bits(
        dates.transform({"day": pl.Series([moment.date() for moment in naive])}),
        dates.transform({"day": [datetime.datetime(m.year, m.month, m.day) for m in naive]}),
    )
    times = na.Columns().fit({"at": [datetime.time(hour) for hour in range(24)]})
    assert times.names_ == ["at", "at, sine of the day", "at, cosine of the day"]


# ---- what is left out, and errors ------------------------------------------------------------------


def test_columns_without_information_are_left_out():
    columns = na.Columns().fit(
        {"x": [1, 2, 3], "same": [1, 1, 1], "none": [None] * 3, "text": ["a"] * 3, "": ["", "", None]}
    )
    assert columns.left_out_ == {
        "same": "it is constant",
        "none": "it has no values",
        "text": "it is constant",
        "": "it has no values",
    }
    assert columns.transform({"x": [2], "same": ["any"], "none": [[1]], "text": [3], "": [0]}).shape == (1, 1)


@pytest.mark.parametrize(
    "value", [1.5, "text", None, datetime.date(2020, 1, 1), datetime.timedelta(1), True], ids=lambda value: str(value)
)
def test_a_frame_without_information_has_one_number(value):
    columns = na.Columns().fit({"x": [value] * 3})
    assert len(columns.names_) >= 1
    assert columns.left_out_ == {}
    assert columns.transform({"x": [value] * 2}).shape[0] == 2


REFUSED = {
    "lists": ([[1], [2]], "column 'x' of X has lists or other collections"),
    "dicts": ([{1: 2}, {}], "column 'x' of X has lists or other collections"),
    "bytes": ([b"a", b"b"], "column 'x' of X has values of type bytes"),
    "structs": (pl.Series([{"a": 1}, {"a": 2}]), "column 'x' of X has structs"),
    "polars lists": (pl.Series([[1], [2]]), "column 'x' of X has lists"),
    "polars bytes": (pl.Series([b"a", b"b"]), "column 'x' of X has bytes"),
    "objects": ([object(), object()], "column 'x' of X has values of type object"),
    "complex": ([1j, 2j], "column 'x' of X has values of type complex"),
    "dates and numbers": ([datetime.date(2020, 1, 1), 3], "values of different kinds, such as dates next to numbers"),
    "infinity": ([1, float("inf")], "X contains infinity .first in row 1 of column 'x'"),
    "whole numbers": ([10**400, 1], "a whole number that is too large for float64"),
    "prose": ([f"a text of several words, number {k}" for k in range(30)], "column 'x' of X has prose"),
    "periods": (pd.period_range("2020", periods=3), "column 'x' of X has values of type Period"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_columns_that_are_refused(name):
    values, message = REFUSED[name]
    with pytest.raises((ValueError, TypeError), match=message):
        na.Columns().fit({"x": values if not isinstance(values, pd.PeriodIndex) else list(values)})


FRAMES = {
    "nothing": (None, "X must be a frame of pandas"),
    "text": ("abc", "X must be a frame of pandas"),
    "a series": (pd.Series([1, 2]), "X must have 2 dimensions"),
    "one dimension": (np.arange(3), "X must have 2 dimensions .* Reshape your data"),
    "lazy": (pl.LazyFrame({"x": [1]}), "give X.collect()"),
    "two names": (pd.DataFrame([[1, 2]], columns=["a", "a"]), "X has 2 columns named 'a'"),
    "two numbers": (pd.DataFrame([[1, 2]], columns=[7, 7]), "two columns of the same name"),
    "mixed names": (pd.DataFrame([[1, 2]], columns=["a", 7]), "only supported if all input features have string names"),
    "no rows": (pd.DataFrame({"a": []}), "at least one row"),
    "no columns": (pd.DataFrame(index=range(3)), "X must have a column"),
    "lengths": ({"a": [1], "b": [1, 2]}, "the same length, got 1 for 'a', 2 for 'b'"),
    "value and column": ({"a": [1], "b": 1}, "'b' has a single value"),
    "records": ([{"a": 1}, {"b": 1}], "row 1 differs from row 0"),
    "ragged": ([[1, 2], [3]], "different lengths"),
    "names of a dict": ({1: [1]}, "the names of X's columns must be text"),
    "empty": ({}, "at least one row|a column"),
    "masked": (np.ma.masked_array([[1.0]], mask=[[True]]), "masked values"),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_that_are_refused(name):
    X, message = FRAMES[name]
    with pytest.raises((ValueError, TypeError), match=message):
        na.Columns().fit(X)


def test_a_dask_frame_is_pointed_elsewhere(monkeypatch):
    class Lookalike:
        pass

    monkeypatch.setattr(Lookalike, "__module__", "dask.dataframe.dask_expr")
    with pytest.raises(TypeError, match=r"neuract\.dask"):
        na.Columns().fit(Lookalike())


def test_identifiers_are_warned_of():
    with pytest.warns(na.TrainingWarning, match="column 'key' of X has a different level in each row: it looks like"):
        na.Columns().fit({"key": [f"k{number}" for number in range(200)]})
    with pytest.warns(na.TrainingWarning, match="column 'key' of X has 10,001 levels: it looks like an identifier"):
        na.Columns().fit({"key": [f"k{number % 10001}" for number in range(20002)]})
    with pytest.warns(na.TrainingWarning, match="column 'x' of X has numbers as text, which count as 25 levels"):
        na.Columns().fit({"x": [f"{number % 25}.5" for number in range(100)]})
    na.Columns(["key"]).fit({"key": [f"k{number}" for number in range(200)]})


DAYS = [str(np.datetime64("1985-06-01") + number) for number in range(200)]


@pytest.mark.parametrize(
    "texts",
    [DAYS, DAYS * 3, [f"{day}T10:30" for day in DAYS], [f"{day} 10:30:00+02:00" for day in DAYS], [*DAYS, None, ""]],
    ids=["a day per row", "days", "times", "with a zone", "with gaps"],
)
def test_dates_as_text_are_warned_of(texts):
    message = "column 'sold' of X has dates as text, which count as 200 levels; convert it, for example by pandas"
    with pytest.warns(na.TrainingWarning, match=message) as warned:
        na.Columns().fit({"sold": texts})
    assert len(warned) == 1, "dates are no identifiers"
    na.Columns(["sold"]).fit({"sold": texts})
    pd.to_datetime(pd.Series(texts), format="ISO8601")


@pytest.mark.parametrize(
    "texts",
    [
        DAYS[:19],  # as few levels as numbers may have
        [*DAYS, "unknown"],
        [f"2024-W{week:02}" for week in range(1, 53)],
        [f"2024-W{week:02}-1" for week in range(1, 53)],
        [f"{year}-{month:02}" for year in (2023, 2024) for month in range(1, 13)],
        [f"06-{day:02}" for day in range(1, 31)],
        [f"12:{minute:02}:00" for minute in range(60)],
        [f"2024-{number:02}-99" for number in range(60)],
        [f"2024-01-{day:02}x" for day in range(1, 32)],
    ],
    ids=["few", "not all", "weeks", "days of weeks", "months", "days", "times", "codes", "more"],
)
def test_other_text_is_not_taken_for_dates(texts):
    na.Columns().fit({"sold": texts * 2})


@pytest.mark.parametrize("day", ["20240101", "2024"])
def test_digits_alone_are_numbers_as_text(day):
    with pytest.warns(na.TrainingWarning, match="numbers as text") as warned:
        na.Columns().fit({"sold": [str(int(day) + number) for number in range(25)] * 2})
    assert len(warned) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"categorical": ["town"]},
            "categorical must have names or numbers of X's columns; got 'town', X has 1 columns",
        ),
        ({"categorical": [1]}, "categorical must have names or numbers"),
        ({"categorical": "x"}, "unknown categorical 'x'"),
        ({"scaling": "robusto"}, "Did you mean 'robust'"),
        ({"min_rows": 0}, "min_rows must be a whole number >= 1"),
    ],
)
def test_settings_that_are_refused(settings, message):
    with pytest.raises((ValueError, TypeError), match=message):
        na.Columns(**settings).fit({"x": [1, 2]})


NEW = {
    "missing column": ({"size": [1]}, "seen at fit time, yet now missing:\n- town"),
    "extra column": ({"size": [1], "town": ["a"], "z": [1]}, "unseen at fit time:\n- z"),
    "text for numbers": (
        {"size": ["big"], "town": ["a"]},
        "column 'size' of X must hold numbers, as in fit; got text, 'big'",
    ),
    "dates for numbers": ({"size": [day("2020-01-01")], "town": ["a"]}, "must hold numbers, as in fit; got date"),
    "dates for levels": (
        {"size": [1], "town": [day("2020-01-01")]},
        "must hold text or categories, as in fit; got date",
    ),
    "order": (pd.DataFrame({"town": ["a"], "size": [1]}), "must be in the same order"),
}


@pytest.mark.parametrize("name", NEW)
def test_other_columns_than_in_fit_are_named(name):
    columns = na.Columns().fit({"size": [1, 2, 3], "town": ["a", "b", "c"]})
    X, message = NEW[name]
    with pytest.raises((ValueError, TypeError), match=message):
        columns.transform(X)


def test_a_dict_may_have_its_columns_in_any_order():
    columns = na.Columns().fit({"size": [1, 2, 3], "town": ["a", "b", "c"]})
    assert_same_bits(
        columns.transform({"town": ["b"], "size": [2]}), columns.transform(pd.DataFrame({"size": [2], "town": ["b"]}))
    )


def test_arrays_have_no_names():
    columns = na.Columns().fit(np.array([[1, "a"], [2, "b"], [None, "a"]], object))
    assert columns.names_ == ["x0", "x0 is missing", "x1"]
    assert not hasattr(columns, "feature_names_in_")
    with pytest.raises(ValueError, match="X has 3 features, but Columns is expecting 2 features"):
        columns.transform(np.zeros((1, 3)))
    with pytest.warns(UserWarning, match="X has feature names, but Columns was fitted without"):
        columns.transform(pd.DataFrame({"a": [1.0], "b": ["a"]}))


def test_decimals_are_numbers():
    columns = na.Columns(scaling=None).fit({"x": [decimal.Decimal("1.5"), None, decimal.Decimal(3)]})
    assert columns.transform({"x": [decimal.Decimal("2.25")]}).tolist() == [[2.25, 0]]


def test_columns_can_be_pickled():
    frame = frame_of_all_kinds()
    columns = na.Columns(["count"], scaling="unit", min_rows=2).fit(frame)
    copy = pickle.loads(pickle.dumps(columns))
    assert repr(copy) == repr(columns) == "Columns(categorical=['count'], scaling='unit', min_rows=2)"
    assert_same_bits(copy.transform(frame), columns.transform(frame))
    assert copy.row({"size": 1}) is None
    with pytest.raises(ValueError, match="not fitted"):
        na.Columns().transform(frame)


def test_a_network_takes_the_matrix_and_the_inputs():
    frame = frame_of_all_kinds()
    columns = na.Columns().fit(frame)
    x = columns.transform(frame)
    net = na.Network([na.Dense(8), na.Dense(1)], inputs=columns.inputs_, epochs=3, random_state=0).fit(
        x, frame["count"]
    )
    assert net.weights[0].shape[0] == sum(each.numbers for each in columns.inputs_)


def test_levels_of_any_size_fit_into_a_file(tmp_path):
    town = [f"{number % 20000:0100d}" for number in range(40000)]
    model = na.TabularRegressor(categorical=["town"], hidden_layer_sizes=(2,), max_iter=1, min_rows=1)
    model.fit({"town": town}, np.arange(40000.0))
    model.save(tmp_path / "model")
    assert na.load(tmp_path / "model").columns_.kinds_ == model.columns_.kinds_


@pytest.mark.parametrize("scaling", ["robust", "standard", "unit"])
def test_the_smallest_numbers(scaling):
    assert np.isfinite(na.Columns(scaling=scaling).fit_transform({"x": [0.0, 1e-308, 5e-324]})).all()


def test_dates_are_no_levels():
    with pytest.raises(ValueError, match="column 'day' of X has dates, which are no levels"):
        na.Columns(["day"]).fit({"day": [day("2020-01-01"), day("2020-01-02")]})
