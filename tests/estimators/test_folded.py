# SPDX-License-Identifier: BSD-3-Clause
"""Pipelines of scikit-learn as models with columns: each transformer with its options against the pipeline itself."""

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

import neuract as na
from oracle.pipelines import AS, NAN, NUMBERS, SETTINGS, TOWNS, UNKNOWN, after, asked, assert_same, frame, target

pd = pytest.importorskip("pandas")
pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:Found unknown categories"),
    pytest.mark.filterwarnings("ignore:Skipping features without any observed"),
]
FILLED = [
    ("mean", [SimpleImputer(), StandardScaler()]),
    ("median, no center", [SimpleImputer(strategy="median"), StandardScaler(with_mean=False)]),
    ("constant, no deviation", [SimpleImputer(strategy="constant", fill_value=-5), StandardScaler(with_std=False)]),
    ("most frequent", [SimpleImputer(strategy="most_frequent"), MinMaxScaler()]),
    ("flagged", [SimpleImputer(add_indicator=True), StandardScaler()]),
    ("filled last", [StandardScaler(), SimpleImputer(strategy="constant", fill_value=0.3)]),
    ("clipped", [SimpleImputer(), MinMaxScaler((-1, 3), clip=True)]),
    ("clipped, then filled outside", [MinMaxScaler(clip=True), SimpleImputer(strategy="constant", fill_value=2.0)]),
    ("clipped, then scaled", [SimpleImputer(add_indicator=True), MinMaxScaler(clip=True), StandardScaler()]),
    ("scaled, then clipped", [SimpleImputer(), StandardScaler(), MinMaxScaler((2, 5), clip=True)]),
    ("clipped twice", [SimpleImputer(), MinMaxScaler((0, 4), clip=True), MinMaxScaler(clip=True)]),
    ("robust", [SimpleImputer(), RobustScaler()]),
    ("robust, no center", [SimpleImputer(), RobustScaler(with_centering=False, quantile_range=(10, 90))]),
    ("robust, no scale", [SimpleImputer(), RobustScaler(with_scaling=False), MaxAbsScaler()]),
    ("largest", [SimpleImputer(), MaxAbsScaler()]),
    ("many", [MinMaxScaler(), StandardScaler(), SimpleImputer(), RobustScaler(), MaxAbsScaler(), MinMaxScaler((3, 4))]),
    ("passed", [SimpleImputer(), MaxAbsScaler(), "passthrough", FunctionTransformer()]),
]


@pytest.mark.parametrize("steps", [steps for _, steps in FILLED], ids=[name for name, _ in FILLED])
def test_numbers(steps):
    assert_same(after(NUMBERS, *steps), asked(unknown=True, gaps=True))


LEVELS = ["town", "two", "rooms", "sold"]
IGNORING = [
    {},
    {"drop": "first"},
    {"drop": "if_binary"},
    {"sparse_output": False, "dtype": np.float32},
    {"min_frequency": 6},
    {"min_frequency": 0.1, "drop": "first"},
    {"max_categories": 3},
    {"max_categories": 2, "drop": "if_binary"},
    {"max_categories": 1},
]


SCALED = [StandardScaler(), MinMaxScaler((1, 3))]


@pytest.mark.parametrize(
    ("unknown", "scaled"), [("ignore", []), ("ignore", SCALED), ("infrequent_if_exist", SCALED), ("error", [])]
)
@pytest.mark.parametrize("options", IGNORING, ids=str)
def test_one_hot(options, unknown, scaled):
    dense = {"sparse_output": False} if scaled else {}
    pipeline = after(LEVELS, OneHotEncoder(handle_unknown=unknown, **{**options, **dense}), *scaled)
    takes = unknown != "error"
    folded = assert_same(pipeline, asked(unknown=takes, gaps=takes))
    assert set(folded.columns_.kinds_[0].levels) == set(TOWNS)


def test_one_hot_of_named_categories_and_a_dropped_one():
    towns = ["Trier", "Ulm", "Köln", "Bonn", 'a "<b>\\\n', "Paris"]
    pipeline = after(["town", "two"], OneHotEncoder(categories=[towns, ["no", "yes"]], drop=["Köln", "no"], **UNKNOWN))
    assert_same(pipeline, asked(unknown=True, gaps=True))


@pytest.mark.parametrize("options", [{}, {"drop": "first"}, {"min_frequency": 9}, {"max_categories": 2}], ids=str)
def test_one_hot_of_columns_with_missing_values(options):
    """The missing value is a level of its own, or one of the infrequent ones."""
    pipeline = after(["some", "floor"], OneHotEncoder(handle_unknown="infrequent_if_exist", **options))
    assert_same(pipeline, asked(unknown=True, gaps=True))


ORDERED = [
    {"encoded_missing_value": -2, "unknown_value": -1, **AS},
    {"encoded_missing_value": 9, "unknown_value": 99, "min_frequency": 9, **AS},
    {"encoded_missing_value": -2, "unknown_value": -1, "max_categories": 2, **AS},
    {"encoded_missing_value": -1},
]


@pytest.mark.parametrize("options", ORDERED, ids=str)
@pytest.mark.parametrize("steps", [[StandardScaler()], [MinMaxScaler(clip=True)], []], ids=["scaled", "clipped", ""])
def test_ordinal(options, steps):
    takes = "unknown_value" in options
    pipeline = after(["some", "floor", "rooms", "town", "sold"], OrdinalEncoder(**options), *steps)
    assert_same(pipeline, asked(unknown=takes, gaps=takes))


def test_ordinal_whose_gaps_and_unknown_levels_are_filled_later():
    encoder = OrdinalEncoder(unknown_value=NAN, **AS)
    pipeline = after(["some", "floor", "two"], encoder, SimpleImputer(add_indicator=True), StandardScaler())
    assert_same(pipeline, asked(unknown=True, gaps=True))


@pytest.mark.parametrize("encoder", [OneHotEncoder(**UNKNOWN), OrdinalEncoder(unknown_value=-1, **AS)], ids=str)
@pytest.mark.parametrize(
    "imputer",
    [
        SimpleImputer(strategy="most_frequent"),
        SimpleImputer(strategy="most_frequent", add_indicator=True),
        SimpleImputer(strategy="constant", fill_value="none"),
    ],
    ids=str,
)
def test_text_filled_and_encoded(imputer, encoder):
    assert_same(after(["some", "two", "town"], imputer, encoder), asked(unknown=True, gaps=True))


@pytest.mark.parametrize("encoder", [OneHotEncoder(**UNKNOWN), OrdinalEncoder(unknown_value=-1, **AS)], ids=str)
@pytest.mark.parametrize("marked", [False, True])
def test_a_text_that_stands_for_missing_values(marked, encoder):
    imputers = [
        SimpleImputer(strategy="most_frequent", missing_values="Ulm", add_indicator=marked),
        SimpleImputer(strategy="constant", missing_values="Köln", fill_value="Rom", add_indicator=marked),
    ]
    assert_same(after(["town", "two"], *imputers, encoder), asked(unknown=True, gaps=False))


def test_numbers_filled_and_encoded():
    steps = SimpleImputer(strategy="most_frequent", add_indicator=True), OneHotEncoder(**UNKNOWN)
    assert_same(after(["floor", "rooms"], *steps), asked(unknown=True, gaps=True))


def test_levels_encoded_twice():
    encoders = OrdinalEncoder(unknown_value=-1, encoded_missing_value=-2, **AS), OneHotEncoder(drop="first", **UNKNOWN)
    assert_same(after(["some", "floor", "town"], *encoders, StandardScaler(with_mean=False)), asked(True, True))


@pytest.mark.parametrize("keep", [True, False])
def test_columns_without_values(keep):
    steps = SimpleImputer(keep_empty_features=keep, add_indicator=True), StandardScaler()
    folded = assert_same(after(["size", "empty", "gaps"], *steps), asked(False, True))
    assert ("empty" in folded.columns_.names_) == keep or not keep


@pytest.mark.filterwarnings("ignore:(invalid value|All-NaN)")
@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(clip=True), RobustScaler()], ids=str)
def test_columns_without_values_that_count_as_zero(scaler):
    assert_same(after(["size", "empty", "gaps"], scaler, missing="zero"), asked(False, True))


def test_a_text_of_which_only_the_gaps_are_left():
    imputer = SimpleImputer(strategy="most_frequent", add_indicator=True)
    flag = ColumnTransformer([("flag", "passthrough", [1])])
    folded = assert_same(after(["some"], imputer, flag), asked(True, True))
    assert [kind.told()[0] for kind in folded.columns_.kinds_] == ["category"]


def test_bools_and_numbers_are_the_same_levels():
    pipeline = after(["sold", "size"], SimpleImputer(), OrdinalEncoder(unknown_value=-1, **AS))
    assert_same(pipeline, asked(False, False))
    X = asked(False, False).assign(sold=lambda X: X["sold"].astype(int))
    assert_same(after(["sold"], OneHotEncoder()), X)


@pytest.mark.parametrize(("weight", "flags"), [(0.3, [" is missing"]), (0.0, [])])
def test_one_column_goes_several_ways(weight, flags):
    """Lines over one column share its number; levels share one column of levels; gaps have one flag."""
    X, third = frame(), SimpleImputer(strategy="constant", fill_value=-3)
    prepare = ColumnTransformer(
        [
            ("scaled", make_pipeline(SimpleImputer(), StandardScaler()), ["size", "gaps"]),
            ("unit", make_pipeline(MinMaxScaler(), third), ["gaps", "size"]),
            ("hot", OneHotEncoder(max_categories=3, handle_unknown="infrequent_if_exist"), ["town", "rooms"]),
            ("order", OrdinalEncoder(unknown_value=-1, **AS), ["rooms", "town"]),
        ],
        transformer_weights={"unit": 2.5, "hot": 0.5, "scaled": weight},
    )
    folded = assert_same(make_pipeline(prepare, na.MLPRegressor(**SETTINGS)).fit(X, target(X)), asked(True, True))
    numbers = [name + end for name in ("size", "gaps") for end in ["", *flags]]
    assert folded.columns_.names_ == [*numbers, "town", "rooms"]


# ---- which columns -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "columns",
    [
        ["size", "rooms"],
        [0, 7],
        [-2, 0],
        slice(7, 10),
        slice("rooms", "sold"),
        [name in ("size", "rooms") for name in frame().columns],
        make_column_selector(dtype_include="int"),
        lambda X: ["rooms", "size"],
    ],
    ids=["names", "numbers", "negative", "slice", "slice of names", "mask", "selector", "function"],
)
@pytest.mark.parametrize("remainder", ["drop", "passthrough", MinMaxScaler()], ids=str)
def test_selections(columns, remainder):
    X = frame()
    names = ["gaps", "empty", "town", "some", "two", "floor"]
    drop = ("none", "drop", names) if remainder != "drop" else ("none", StandardScaler(), [])
    prepare = ColumnTransformer(
        [("its", SimpleImputer(add_indicator=True), columns), drop, ("also", "passthrough", ["constant"])],
        remainder=remainder,
    )
    if remainder == "drop":
        prepare.set_output(transform="pandas")
    folded = assert_same(make_pipeline(prepare, na.MLPRegressor(**SETTINGS)).fit(X, target(X)), asked(False, False))
    assert set(names) - {"floor"} <= folded.columns_.left_out_.keys()
    assert folded.feature_names_in_.tolist() == X.columns.tolist()


def test_arrays_and_nested_pipelines():
    X = frame()[["size", "town", "rooms", "gaps"]].to_numpy(object)
    inner = ColumnTransformer([("order", OrdinalEncoder(unknown_value=-1, **AS), [1])], remainder="passthrough")
    outer = ColumnTransformer(
        [
            ("number", make_pipeline(SimpleImputer(), StandardScaler()), slice(1, None)),
            ("level", OneHotEncoder(**UNKNOWN), [0]),
        ]
    )
    pipeline = make_pipeline(
        "passthrough", Pipeline([("inner", inner), ("none", None)]), outer, na.MLPRegressor(**SETTINGS)
    )
    pipeline.fit(X, target(frame()))
    folded = assert_same(pipeline, asked(True, True)[["size", "town", "rooms", "gaps"]].to_numpy(object))
    assert folded.columns_.names_ == ["x0", "x1", "x2", "x3"]
