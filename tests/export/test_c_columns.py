# SPDX-License-Identifier: BSD-3-Clause
"""to_c of models with columns: the lookups give every level's code, and the programs give predict's outputs."""

import ctypes
import datetime
import re
import subprocess

import numpy as np
import pytest

import neuract as na
from neuract.columns._category import Category
from neuract.columns._frame import table
from neuract.export.c._names import commented, identifiers
from oracle.c_programs import COMPILERS, build, library, self_test
from oracle.paths import ROOT

SETS = ROOT.parent / "shared" / "data"
ROWS = 60
STRICT = ("-Wconversion", "-Wshadow")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g")
SMALL = {"members": 2, "folds": 2, "hidden_layer_sizes": (6,), "max_iter": 2, "random_state": 0}

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::neuract.TrainingWarning"
)


def some_frame(rows=ROWS, seed=1):
    """A dict of columns of every kind, most of them with gaps."""
    rng = np.random.default_rng(seed)
    start = datetime.datetime(2019, 2, 3, 4, 5, 6)
    gaps = rng.random((rows, 3)) < 0.2
    dates = [start + datetime.timedelta(hours=float(hours)) for hours in rng.integers(0, 20_000, rows)]
    return {
        "size": rng.normal(80, 30, rows).tolist(),
        "sold": [None if gap else float(value) for gap, value in zip(gaps[:, 0], rng.gamma(2, 9, rows), strict=True)],
        "balcony": (rng.random(rows) < 0.5).tolist(),
        "town": rng.choice(["Ulm", "Bonn"], rows).tolist(),
        "built": [None if gap else date for gap, date in zip(gaps[:, 1], dates, strict=True)],
        "lease": [datetime.timedelta(days=int(days)) for days in rng.integers(0, 900, rows)],
        "heating": [
            None if gap else word
            for gap, word in zip(gaps[:, 2], rng.choice(["gas", "oil", "wood"], rows, p=[0.6, 0.3, 0.1]), strict=True)
        ],
        "since": [date.date() for date in dates],
        "rooms": rng.integers(1, 5, rows).tolist(),
    }


def row_arrays(model, frame, compiled, header):
    """Numbers and codes of levels of the frame's rows, as a program in C would set them."""
    columns, rows = table(frame), len(next(iter(frame.values()))) if isinstance(frame, dict) else len(frame)
    lookups = re.findall(r"^int (\w+_level_\w+)\(", header, re.M)
    numbers, codes = [], []
    for kind, place in zip(model.columns_.kinds_, model.columns_._places, strict=True):
        values = columns.values(place)
        if isinstance(kind, Category):
            look_up = getattr(compiled, lookups[len(codes)])
            codes.append([look_up(None if text is None else text.encode()) for text in known_texts(values)])
        else:
            numbers.append(values.values)
    return np.array(numbers, float).reshape(-1, rows).T.copy(), np.array(codes, np.int32).reshape(-1, rows).T.copy()


def known_texts(values):
    return [None] * len(values) if values.form == "empty" else values.texts()


def predicted(model, frame, folder, **settings):
    """The outputs of the compiled model for the rows of a frame."""
    model.to_c(folder / "model", **settings)
    compiled, header = library(folder, *STRICT, "-O1"), (folder / "model.h").read_text()
    numbers, codes = row_arrays(model, frame, compiled, header)
    y = np.empty((len(numbers), int(re.search(r"MODEL_N_OUTPUTS (\d+)", header)[1])), np.float32)
    for row in range(len(y)):
        compiled.model_predict(*(array[row].ctypes.data_as(ctypes.c_void_p) for array in (numbers, codes, y)))
    return y


def assert_same_in_c(model, frame, folder, **settings):
    """Assert that C gives the model's answers: to 1e-5, of regressors 1e-5 of the outputs' spread, but for floats."""
    y = predicted(model, frame, folder, **settings)
    classifier = hasattr(model, "predict_proba")
    expected = (model.predict_proba(frame) if classifier else model.predict(frame)).reshape(y.shape)
    spread = 1.0 if classifier or model._unit is None else model._unit.scales
    assert np.all(np.abs(y - expected) <= 1e-5 * spread + 1e-6 * np.abs(expected))


# ---- every kind of column ----------------------------------------------------------------------------


@pytest.mark.parametrize("scaling", ["robust", "standard", "unit", None])
def test_every_kind_of_column(rng, tmp_path, scaling):
    frame = some_frame()
    y = rng.normal(3e5, 8e4, ROWS)
    model = na.TabularRegressor(scaling=scaling, categorical=["rooms"], **SMALL).fit(frame, y)
    other = some_frame(seed=2) | {"size": [200.0, -50.0, *[None] * (ROWS - 2)], "town": ["Rom", None, ""] * (ROWS // 3)}
    assert_same_in_c(model, frame, tmp_path)
    assert_same_in_c(model, other, tmp_path)
    assert self_test(tmp_path, (*COMPILERS["gcc"], *STRICT, *SANITIZERS)) == 0


def test_numbers_of_any_size_are_held(tmp_path, rng):
    frame = {"x": rng.normal(size=ROWS).tolist()}
    model = na.TabularRegressor(**SMALL).fit(frame, frame["x"])
    assert_same_in_c(model, {"x": [1e300, -1e300, 1.7e308, -1.7e308, 1e-310, 0.0]}, tmp_path)


def test_dates_before_1970_and_far_from_training(tmp_path, rng):
    frame = {"t": [datetime.datetime(1950, 1, 1) + datetime.timedelta(hours=37 * k) for k in range(ROWS * 8)]}
    model = na.TabularRegressor(**SMALL).fit(frame, rng.normal(size=ROWS * 8))
    assert model.columns_.kinds_[0].cycles == ("year", "week", "day")
    assert_same_in_c(model, frame, tmp_path)
    assert_same_in_c(model, {"t": [datetime.datetime(1600, 2, 3, 4), None, datetime.datetime(2900, 5, 6)]}, tmp_path)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_no_warning_and_a_self_test(tmp_path, compiler):
    model = na.TabularClassifier(**SMALL).fit(some_frame(), ["yes", "no", "perhaps"] * (ROWS // 3))
    model.to_c(tmp_path / "model", static_memory=compiler in ("clang", "g++"))
    assert self_test(tmp_path, (*COMPILERS[compiler], *STRICT)) == 0


@pytest.mark.parametrize("names", [["size", "sold"], ["town"], ["heating", "town"]], ids=str)
def test_columns_of_one_kind_alone(tmp_path, names):
    frame = {name: some_frame()[name] for name in names}
    model = na.TabularClassifier(**SMALL).fit(frame, ["a", "b"] * (ROWS // 2))
    assert_same_in_c(model, frame, tmp_path)
    assert self_test(tmp_path, (*COMPILERS["g++"], *STRICT)) == 0


def test_columns_without_names(tmp_path):
    X = np.random.default_rng(0).normal(size=(ROWS, 3))
    model = na.TabularRegressor(**SMALL).fit(X, X[:, 0])
    assert_same_in_c(model, X, tmp_path)
    assert "MODEL_NUMBER_X2 2 " in (tmp_path / "model.h").read_text()


def test_rare_missing_and_unknown_levels(tmp_path):
    texts = ["a"] * 20 + ["b"] * 20 + ["c"] * 10 + ["d", "e", "", None, *["f"] * 6]
    model = na.TabularRegressor(min_rows=10, **SMALL).fit({"x": texts}, np.arange(len(texts)))
    model.to_c(tmp_path / "model")
    code = library(tmp_path).model_level_x
    assert [code(text) for text in (b"a", b"b", b"c", b"d", b"e", b"f", b"", None)] == [1, 2, 3, 4, 4, 4, 5, 5]
    assert [code(text) for text in (b"g", b"A", b"aa", b"a ", b" ", b"\xff", b"\x01")] == [0] * 7
    assert_same_in_c(model, {"x": [*texts, "g", "a "]}, tmp_path)


def test_missing_is_unknown_where_training_had_none(tmp_path):
    model = na.TabularRegressor(**SMALL).fit({"x": ["a", "b"] * 20}, np.arange(40))
    model.to_c(tmp_path / "model")
    code = library(tmp_path).model_level_x
    assert [code(text) for text in (None, b"", b"c", b"a", b"b")] == [0, 0, 0, 1, 2]
    assert_same_in_c(model, {"x": ["a", "b", "c", None, ""]}, tmp_path)


@pytest.mark.parametrize("value", ["a", None, 3, True, datetime.date(2020, 1, 2), datetime.timedelta(2)], ids=str)
def test_a_frame_without_information(tmp_path, value):
    """Also a lookup without texts."""
    frame = {"x": [value] * ROWS}
    model = na.TabularRegressor(**SMALL).fit(frame, np.arange(ROWS))
    assert_same_in_c(model, frame, tmp_path)
    assert self_test(tmp_path, (*COMPILERS["gcc"], *STRICT)) == 0


def test_no_code_out_of_range_is_read(tmp_path):
    """Under sanitizers: one-hot, embedded and signed levels, with any code."""
    many = [f"level {k}" for k in range(150)]
    frame = {"two": ["a", "b"] * 150, "three": ["a", "b", "c"] * 100, "many": many * 2}
    model = na.TabularRegressor(min_rows=1, **SMALL).fit(frame, np.arange(300))
    model.to_c(tmp_path / "model")
    (tmp_path / "main.c").write_text("""\
#include "model.h"
#include <limits.h>
int main(void)
{
    const int wrong[] = {-1, 3, 4, 151, 152, INT_MAX, INT_MIN}, first[] = {2, 3, 150};
    float expected[1], y[1];
    for (int column = 0; column < MODEL_N_LEVELS; column++) {
        for (int k = 0; k < 7; k++) {
            int levels[MODEL_N_LEVELS] = {1, 1, 1};
            levels[column] = 0;
            model_predict(0, levels, expected);
            levels[column] = wrong[k] > 0 && wrong[k] <= first[column] ? -1 : wrong[k];
            model_predict(0, levels, y);
            if (y[0] != expected[0]) return 1;
            levels[column] = 1;
            model_predict(0, levels, y);
            if (y[0] == expected[0]) return 2;
        }
    }
    return 0;
}
""")
    build(tmp_path, *COMPILERS["gcc"], *STRICT, *SANITIZERS, "main.c", "model.c", "-o", "main", "-lm")
    assert subprocess.run([tmp_path / "main"]).returncode == 0


# ---- outputs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [["a", "b"], ["a", "b", "c"], [1, 2, 3], [True, False]], ids=str)
def test_classes(tmp_path, classes):
    frame, y = some_frame(), np.resize(classes, ROWS)
    model = na.TabularClassifier(**SMALL).fit(frame, y)
    assert_same_in_c(model, frame, tmp_path)
    assert self_test(tmp_path, COMPILERS["gcc"]) == 0


def test_several_labels(tmp_path):
    frame = some_frame()
    y = np.column_stack([frame["balcony"], np.array(frame["size"]) > 80]).astype(int)
    assert_same_in_c(na.TabularClassifier(**SMALL).fit(frame, y), frame, tmp_path)


LOSSES = {
    "quantiles": na.Quantile((0.1, 0.5, 0.9)),
    "one quantile": na.Quantile(0.3),
    "poisson": "poisson",
    "squares": "squared_error",
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("unit", [1e-6, 1e5])
def test_the_unit_of_the_targets(tmp_path, loss, unit):
    frame = some_frame()
    y = (np.array(frame["size"]) ** 2 + 1) * unit
    model = na.TabularRegressor(loss=LOSSES[loss], **SMALL).fit(frame, y)
    assert_same_in_c(model, frame, tmp_path)
    assert self_test(tmp_path, (*COMPILERS["gcc"], *STRICT)) == 0


def test_several_outputs_have_units_of_their_own(tmp_path):
    frame = some_frame()
    y = np.column_stack([np.array(frame["size"]) * 1e6, np.array(frame["rooms"]) * 1e-6, frame["balcony"]])
    assert_same_in_c(na.TabularRegressor(**SMALL).fit(frame, y), frame, tmp_path)
    assert self_test(tmp_path, (*COMPILERS["g++"], *STRICT)) == 0


@pytest.mark.parametrize("what", ["numbers", "levels", "unit"])
def test_the_self_test_can_fail(tmp_path, what):
    """Also for small targets, whose errors a tolerance of 1e-5 would hide."""
    frame = some_frame()
    na.TabularRegressor(**SMALL).fit(frame, np.array(frame["size"]) * 1e-7).to_c(tmp_path / "model")
    source = (tmp_path / "model.c").read_text()
    wrong = {
        "numbers": re.sub(r"(test_numbers\[\d+\] = \{\s*-?)", r"\g<1>1", source),
        "levels": re.sub(r"(codes_1\[\d+\] = \{\s*)\d, \d, \d", r"\g<1>4, 4, 4", source),
        "unit": re.sub(r"\(double\)y\[j\] \* (\S+)", r"(double)y[j] * 1.1 * \1", source),
    }[what]
    assert wrong != source
    (tmp_path / "model.c").write_text(wrong)
    assert self_test(tmp_path, COMPILERS["gcc"]) == 1


def test_the_self_test_has_missing_and_unknown_values(tmp_path):
    na.TabularRegressor(**SMALL).fit(some_frame(), np.arange(ROWS)).to_c(tmp_path / "model")
    text = (tmp_path / "model.c").read_text()
    assert "NAN" in re.search(r"test_numbers\[\d+\] = \{(.*?)\}", text, re.S)[1]
    texts = re.search(r"test_texts\[\d+\] = \{(.*?)\}", text, re.S)[1].split()
    assert {'"unknown",', "0,"} <= set(texts)


# ---- hostile names and levels ------------------------------------------------------------------------

one_of_each = pytest.mark.parametrize("compiler", ["gcc", "clang++"])  # of both makers, of both languages
HOSTILE = [
    "*/ int evil; /*", "/* open", "a\\", "a\\\nb", "??/", "a??/\nb", '"', "<b>", "\n#error", "\r", "größe", "漢字", "𝄞",
    "\u202e\u2066evil", "\u2028", "%s{0}{x}", "$", "1st", "2", "", " ", "_", "__", "int", "a b", "a-b", "A B", "a_b",
    "a_b_2",    "x" * 300, "x" * 300 + "y", "\x7f", "\ufeff", "'", "*", "/", "*" * 9 + "/", "predict", "\ud800", "\0",
]  # fmt: skip
LEVELS = [
    *(text for text in HOSTILE if text and "\0" not in text and text != "\ud800"),
    "\\x41", "\\0", "\x01" "23", "é9", "é",
    "e\u0301", "??=", "?", "z" * 1999, "z" * 2000, "z" * 2001, "é " * 3000, "z" * 70_000, "\x80", "\xff", "~", " a",
    "a ", "a\t", "unknown",
]  # fmt: skip


@one_of_each
def test_hostile_names(tmp_path, rng, compiler):
    frame = {
        name: rng.normal(size=ROWS).tolist() if number % 2 else ["a", "b", "c"] * (ROWS // 3)
        for number, name in enumerate(HOSTILE)
    }
    na.TabularRegressor(**SMALL).fit(frame, np.arange(ROWS)).to_c(tmp_path / "model")
    assert self_test(tmp_path, (*COMPILERS[compiler], *STRICT)) == 0


@one_of_each
def test_hostile_levels(tmp_path, compiler):
    model = na.TabularRegressor(**SMALL).fit({"x": LEVELS * 2}, np.arange(2 * len(LEVELS)))
    model.to_c(tmp_path / "model")
    code = library(tmp_path, *STRICT, compiler=compiler).model_level_x
    assert len(set(LEVELS)) == len(LEVELS)
    assert [code(level.encode()) for level in model.columns_.kinds_[0].levels] == list(range(1, len(LEVELS) + 1))
    assert [code(text.encode()) for text in ("zz", "é" * 3001, "é " * 2999, "\\", "unknown?", "Z")] == [0] * 6
    assert self_test(tmp_path, (*COMPILERS[compiler], *STRICT)) == 0


def test_identifiers_are_different_even_in_capitals():
    found = identifiers(HOSTILE)
    assert len({identifier.upper() for identifier in found}) == len(HOSTILE)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,60}", identifier) for identifier in found)
    assert not any("__" in identifier for identifier in found)
    assert identifiers(["Größe m²", "a b", "A.B", "a_b_2", "1st", "漢"]) == [
        "Gro_e_m2", "a_b", "A_B_2", "a_b_2_2", "column_1st", "column",
    ]  # fmt: skip
    assert len(set(identifiers("漢字"[k % 2] * k for k in range(1, 5000)))) == 4999


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_names_stay_in_their_comments(name):
    text = commented(name)
    assert text[0] == '"'
    assert text.isprintable()
    assert not re.search(r"\*/|/\*|\?\?|[\n\r]|\\$", text)
    text.encode()


@pytest.mark.parametrize("text", ["a\0b", "\0", "a\ud800"], ids=ascii)
def test_levels_that_c_cannot_have_are_named(tmp_path, text):
    model = na.TabularRegressor(**SMALL).fit({"so it is": ["a", text, "b"] * 20}, np.arange(60))
    with pytest.raises(ValueError, match=r"column 'so it is' has the level .* which text in C cannot have"):
        model.to_c(tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_ten_thousand_levels(tmp_path):
    texts = [f"{number:x}" for number in np.random.default_rng(0).permutation(2**40 // 10_000 * np.arange(10_000))]
    model = na.TabularRegressor(**SMALL | {"min_rows": 1, "max_iter": 1})
    model.fit({"x": texts}, np.arange(10_000))
    model.to_c(tmp_path / "model")
    code = library(tmp_path).model_level_x
    assert [code(text.encode()) for text in model.columns_.kinds_[0].levels] == list(range(1, 10_001))
    assert not any(code(f"{text} ".encode()) for text in texts)


# ---- what stays ----------------------------------------------------------------------------------------


def test_models_without_columns_keep_their_signature(tmp_path, rng):
    x = rng.normal(size=(20, 2))
    na.MLPRegressor(hidden_layer_sizes=(2,), max_iter=1).fit(x, x[:, 0]).to_c(tmp_path / "model")
    header = (tmp_path / "model.h").read_text()
    assert "void model_predict(const float *x, float *y);" in header
    assert "#define MODEL_N_INPUTS 2\n" in header
    assert not re.search("double|level", header)


def test_a_column_is_not_changed_by_the_export(tmp_path):
    frame = some_frame()
    model = na.TabularRegressor(**SMALL).fit(frame, np.arange(ROWS))
    before = model.predict(frame).tobytes()
    model.to_c(tmp_path / "model")
    assert model.predict(frame).tobytes() == before


def test_the_header_counts_the_constants(tmp_path):
    frame = {"x": ["ab", "c", "ä"] * 10}
    model = na.TabularRegressor(**SMALL).fit(frame, np.arange(30))
    model.to_c(tmp_path / "model")
    header = (tmp_path / "model.h").read_text()
    floats, members = 3 + 3 * 6 + 6 + 6 * 1 + 1, len(model.networks_)
    assert f"the weighted mean of {members} neural networks, 1-6-1," in header
    assert f"constants:       {members * 4 * floats + (3 + 2 + 3) + 3 * 4} bytes and 3 pointers" in header
    assert f"working memory:  {4 * (1 + 3 + 6) + 8} bytes, on the stack" in header


# ---- data sets -----------------------------------------------------------------------------------------


@pytest.mark.skipif(not SETS.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize(
    ("name", "target"),
    [("adult", "income"), ("ames", "Sale_Price"), ("telco_churn", "churn"), ("bank_marketing", "y")],
)
def test_data_sets(tmp_path, name, target):
    pd = pytest.importorskip("pandas")
    frame = pd.read_csv(SETS / f"{name}.csv.gz", keep_default_na=False, na_values=["", "NA"], nrows=1300)
    y, X = frame[target], frame.drop(columns=target)
    kind = na.TabularRegressor if name == "ames" else na.TabularClassifier
    model = kind(members=2, folds=2, max_iter=2, random_state=0).fit(X[:1000], y[:1000])
    assert_same_in_c(model, X, tmp_path)
    assert self_test(tmp_path, (*COMPILERS["gcc"], *STRICT)) == 0
