# SPDX-License-Identifier: BSD-3-Clause
"""neuract.data.predict: the predictions of a source are those of its rows in memory, in a file that is complete."""

import sys
import weakref

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

import neuract as na
from neuract.data import _written
from neuract.files._format import unpack
from neuract.serving import SERVED

ROWS = 300
NUMBERS = ["size", "age"]
FEATURES = [*NUMBERS, "town"]


def frame_of_rows():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": np.arange(ROWS), "age": rng.uniform(0, 90, ROWS), "size": rng.normal(80, 20, ROWS)})
    frame["town"] = rng.choice(["Ulm", "Bonn", "Köln"], ROWS)
    frame["price"] = frame["size"] * 10 + frame["age"]
    frame["sold"] = np.where(frame["price"] > 850, "yes", "no")
    return frame


FRAME = frame_of_rows()


@pytest.fixture
def folder(tmp_path):
    """Three files of 100 rows, in row groups of 30, in the order of their names."""
    for number in range(3):
        table = pa.Table.from_pandas(FRAME[100 * number : 100 * (number + 1)], preserve_index=False)
        pq.write_table(table, tmp_path / f"part{number}.parquet", row_group_size=30)
    return tmp_path


def mlp(columns=NUMBERS):
    return na.MLPClassifier((4,), tol=1.0, random_state=0).fit(FRAME[columns], FRAME["sold"])


@pytest.fixture(scope="module")
def tabular():
    return na.TabularClassifier(effort="quick", members=2, folds=2, max_iter=2, random_state=0).fit(
        FRAME[FEATURES], FRAME["sold"]
    )


@pytest.fixture(scope="module")
def regressor():
    model = na.TabularRegressor(effort="quick", members=2, folds=2, max_iter=2, random_state=0)
    return model.fit(FRAME[FEATURES], FRAME["price"])


def pipeline(last):
    young = FunctionTransformer(lambda frame: frame.assign(age=frame["age"] - 30))  # a method of pandas
    columns = make_column_transformer((StandardScaler(), NUMBERS), (OneHotEncoder(), ["town"]))
    return make_pipeline(young, columns, last).fit(FRAME[FEATURES], FRAME["sold"])


# ---- the predictions -------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_rows", [1, 7, 64, 10_000])
def test_a_file_has_the_predictions_of_the_rows_in_memory(tabular, folder, batch_rows):
    source = na.data.Parquet(folder / "part*.parquet", target="sold", sample_weight="age")
    assert na.data.predict(tabular, source, out=folder / "out.parquet", batch_rows=batch_rows) == ROWS
    found = pd.read_parquet(folder / "out.parquet")
    assert list(found) == ["label", "probability_no", "probability_yes"]
    assert (found["label"].to_numpy() == tabular.predict(FRAME[FEATURES])).all()
    assert (found.iloc[:, 1:].to_numpy() == tabular.predict_proba(FRAME[FEATURES])).all()


def test_columns_are_kept_in_the_order_of_the_rows(tabular, folder):
    source = na.data.Parquet(folder / "part*.parquet", target="sold")
    na.data.predict(tabular, source, out=folder / "out.parquet", keep=["id", "sold", "town"], batch_rows=40)
    found = pd.read_parquet(folder / "out.parquet")
    for name in ("id", "sold", "town"):
        assert found[name].tolist() == FRAME[name].tolist()


def test_an_array_is_what_the_model_predicts(regressor, folder):
    paths = sorted(folder.glob("part*.parquet"))
    want = regressor.predict(FRAME[FEATURES])
    for source in (str(folder / "part*.parquet"), folder, paths, pyarrow.dataset.dataset(folder, format="parquet")):
        assert np.array_equal(na.data.predict(regressor, source), want)
    low_high = na.data.predict(regressor, folder, method="predict_interval")
    assert np.array_equal(low_high, regressor.predict_interval(FRAME[FEATURES]))


def of_polars(frame):
    return pytest.importorskip("polars").DataFrame(frame)


@pytest.mark.parametrize("kind", [pd.DataFrame, of_polars, pa.Table.from_pandas])
def test_batches_are_frames_of_any_kind(tabular, tmp_path, kind):
    batches = [FRAME[:90], FRAME[90:90], FRAME[90:]]
    source = na.data.Batches(lambda: map(kind, batches), target="sold")
    na.data.predict(tabular, source, out=tmp_path / "out.parquet", keep=["id"], batch_rows=50)
    found = pd.read_parquet(tmp_path / "out.parquet")
    assert found["id"].tolist() == FRAME["id"].tolist()
    assert (found["label"].to_numpy() == tabular.predict(FRAME[FEATURES])).all()


def test_arrays_and_pairs_need_no_names():
    x = FRAME[NUMBERS].to_numpy()
    net = na.Network([na.Dense(3), na.Dense(2)], epochs=1, random_state=0).fit(x, x)
    sources = na.data.Arrays(x, FRAME["sold"]), na.data.Batches(lambda: [(x[:7], x[:7]), (x[7:], x[7:])])
    for source in sources:
        assert np.array_equal(na.data.predict(net, source, batch_rows=64), net.predict(x))


@pytest.mark.parametrize("kind", [pd.DataFrame, of_polars, pa.Table.from_pandas])
def test_pairs_of_frames_that_fit_takes_are_predicted(tabular, tmp_path, kind):
    """X may have other columns, and y and weights are not used, whatever they are."""
    parts = [FRAME[:90], FRAME[90:90], FRAME[90:]]
    of_fit = na.data.Batches(lambda: [(kind(part[FEATURES]), part["sold"], part["age"]) for part in parts])
    others = [(parts[0], parts[0]["sold"]), (parts[1], None), (parts[2], parts[2]["price"], parts[2]["age"])]
    of_others = na.data.Batches(lambda: [(kind(X), *rest) for X, *rest in others])
    want = tabular.predict(FRAME[FEATURES])
    for source in (of_fit, of_others):
        assert (na.data.predict(tabular, source, batch_rows=50) == want).all()
    assert na.data.predict(tabular, of_others, out=tmp_path / "out.parquet", keep=["id", "town"]) == ROWS
    found = pd.read_parquet(tmp_path / "out.parquet")
    assert found["id"].tolist() == FRAME["id"].tolist()
    assert (found["label"].to_numpy() == want).all()


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_arrays_and_pairs_of_them_serve_a_model_that_knows_names():
    model, x = mlp(), FRAME[NUMBERS].to_numpy()
    sources = na.data.Batches(lambda: [(x[:7], FRAME["sold"][:7]), (x[7:], FRAME["sold"][7:])]), na.data.Arrays(x)
    for source in (*sources, na.data.Batches(lambda: [x[:7], x[7:]])):
        assert (na.data.predict(model, source) == model.predict(FRAME[NUMBERS])).all()


def test_a_model_without_names_gets_all_columns_but_target_weights_and_kept_ones(folder):
    net = na.Network([na.Dense(1)], epochs=1, random_state=0).fit(FRAME[["age", "size"]].to_numpy(), FRAME["price"])
    want = net.predict(FRAME[["age", "size"]].to_numpy())[:, 0]
    source = na.data.Parquet(folder / "part*.parquet", target=["sold", "price"], sample_weight="town")
    na.data.predict(net, source, out=folder / "out.parquet", keep=["id"])
    assert (pd.read_parquet(folder / "out.parquet")["prediction"] == want).all()
    chosen = na.data.Parquet(folder / "part*.parquet", columns=["age", "size"])
    na.data.predict(net, chosen, out=folder / "out.parquet", keep=["id", "age"])
    found = pd.read_parquet(folder / "out.parquet")
    assert (found["prediction"] == want).all()
    assert (found["age"] == FRAME["age"]).all()


def test_columns_of_pandas_may_have_numbers_as_names(tmp_path):
    frame = pd.DataFrame(FRAME[NUMBERS].to_numpy()).assign(price=FRAME["price"])
    source = na.data.Batches(lambda: [frame[:100], frame[100:]], target="price")
    model = na.MLPRegressor(hidden_layer_sizes=(3,), tol=1e9, random_state=0).fit(source)
    assert na.data.predict(model, source, out=tmp_path / "out.parquet", keep=["price"]) == ROWS
    found = pd.read_parquet(tmp_path / "out.parquet")
    assert (found["prediction"] == model.predict(frame[[0, 1]].to_numpy())).all()


def test_only_the_columns_of_the_model_are_read(folder, monkeypatch):
    seen, pieces = [], na.data.Parquet.pieces
    monkeypatch.setattr(na.data.Parquet, "pieces", lambda self, first=0: (seen.append(self.columns), pieces(self))[1])
    na.data.predict(mlp(), folder, out=folder.parent / "out.parquet", keep=["id"])
    assert seen == [["size", "age", "id"]]


def test_names_that_lightgbm_gives_to_arrays_are_no_names(folder):
    model = DummyClassifier().fit(FRAME[["age"]].to_numpy(), FRAME["sold"])
    model.feature_names_in_ = np.array(["Column_0"])
    source = na.data.Parquet(folder / "part*.parquet", columns=None, target=["id", "size", "town", "price", "sold"])
    assert len(na.data.predict(model, source)) == ROWS


@pytest.mark.parametrize("index", [None, "id", ["id", "town"]])
def test_the_index_of_a_frame_of_pandas_is_no_column_of_x(index, tmp_path):
    shuffled = FRAME.sample(frac=1, random_state=0)
    (shuffled if index is None else shuffled.set_index(index)).to_parquet(tmp_path / "in.parquet")
    source = na.data.Parquet(tmp_path / "in.parquet", target="price")
    columns = [name for name in FRAME if name != "price" and name not in (index or ())]
    assert [piece.X.column_names for piece in source.pieces()] == [columns]
    na.data.predict(mlp(), source, out=tmp_path / "out.parquet", keep=["id"])
    assert pd.read_parquet(tmp_path / "out.parquet")["id"].tolist() == shuffled["id"].tolist()
    of_index = na.data.Parquet(tmp_path / "in.parquet", target="id")
    assert next(of_index.pieces()).y.tolist() == shuffled["id"].tolist()


# ---- the columns of the file -----------------------------------------------------------------------


def multilabel():
    y = np.column_stack([FRAME["price"] > 800, FRAME["age"] > 40]).astype(int)
    model = na.MLPClassifier((3,), tol=1.0, random_state=0).fit(FRAME[NUMBERS], y)
    model.network_.set_parameters(
        weights=[w / 10 for w in model.network_.weights], biases=[np.zeros(3), np.array([-0.25, 0.1])]
    )  # probabilities near a half
    return model


def two_numbers():
    return na.MLPRegressor(hidden_layer_sizes=(3,), tol=1e9, random_state=0).fit(
        FRAME[NUMBERS], FRAME[["price", "age"]]
    )


def quantiles():
    loss = na.Quantile([0.1, 0.9])
    return na.MLPRegressor(loss, (3,), tol=1e9, random_state=0).fit(FRAME[NUMBERS], FRAME["price"])


def network(*output, y):
    return na.Network([na.Dense(3), na.Dense(*output)], epochs=1, random_state=0).fit(FRAME[NUMBERS], y)


def of_words():
    return network(3, "softmax", y=FRAME["town"])


def of_two_numbers():
    return network(2, y=FRAME[["price", "age"]].to_numpy())


def of_one_number():
    return network(1, y=FRAME["price"])


def svc():
    return LinearSVC().fit(FRAME[NUMBERS], FRAME["sold"])


YES_NO = ["label", "probability_no", "probability_yes"]
WRITTEN = {
    mlp: YES_NO,
    multilabel: ["label_0", "label_1", "probability_0", "probability_1"],
    two_numbers: ["prediction_0", "prediction_1"],
    quantiles: ["quantile_0.1", "quantile_0.9"],
    of_words: ["label", "probability_Bonn", "probability_Köln", "probability_Ulm"],
    of_two_numbers: ["output_0", "output_1"],
    of_one_number: ["prediction"],
    svc: ["label"],
}


@pytest.mark.parametrize("make", WRITTEN, ids=lambda make: make.__name__)
def test_columns_are_named_by_the_kind_of_model(make, tmp_path):
    model = make()
    source = na.data.Batches(lambda: [FRAME[:200], FRAME[200:]], columns=NUMBERS)
    na.data.predict(model, source, out=tmp_path / "out.csv")
    found = pd.read_csv(tmp_path / "out.csv", dtype={"label": str})
    assert list(found) == WRITTEN[make]
    plain = model.predict(FRAME[NUMBERS])
    if "label" in found and make is not of_words:
        assert found["label"].tolist() == plain.tolist()
    else:
        first = found.filter(regex="^label_|^prediction|^quantile|^output|^probability")
        assert np.array_equal(first.to_numpy()[:, : np.size(plain[0])], plain.reshape(ROWS, -1))


@pytest.mark.parametrize(
    "last", [LogisticRegression(), na.MLPClassifier((4,), tol=1.0, random_state=0)], ids=lambda m: type(m).__name__
)
def test_pipelines_get_frames_of_pandas(last, folder):
    model = pipeline(last)
    na.data.predict(model, folder / "part*.parquet", out=folder / "out.parquet")
    found = pd.read_parquet(folder / "out.parquet")
    assert list(found) == YES_NO
    assert (found["label"].to_numpy() == model.predict(FRAME[FEATURES])).all()
    np.testing.assert_allclose(found.iloc[:, 1:], model.predict_proba(FRAME[FEATURES]), rtol=1e-6)


def test_a_label_is_what_predict_says_not_what_is_most_probable(folder):
    model = FixedThresholdClassifier(mlp(), threshold=0.9, pos_label="yes").fit(FRAME[NUMBERS], FRAME["sold"])
    na.data.predict(model, folder / "part*.parquet", out=folder / "out.parquet")
    found = pd.read_parquet(folder / "out.parquet")["label"].to_numpy()
    probable = model.predict_proba(FRAME[NUMBERS]).argmax(axis=1)
    assert (found == model.predict(FRAME[NUMBERS])).all()
    assert (found != np.array(["no", "yes"])[probable]).any()


def test_a_served_model_predicts_the_same_file(tabular, folder):
    served = SERVED["TabularClassifier"](unpack(tabular._file_bytes(False)))
    for model, name in ((tabular, "a.parquet"), (served, "b.parquet")):
        na.data.predict(model, sorted(folder.glob("part*.parquet")), out=folder / name, keep=["id"])
    assert (folder / "a.parquet").read_bytes() == (folder / "b.parquet").read_bytes()


def test_several_methods_make_columns_of_one_file(regressor, tabular, folder):
    out, source = folder / "out.parquet", sorted(folder.glob("part*.parquet"))
    na.data.predict(regressor, source, out=out, method=["predict", "predict_interval", "predict_spread"])
    assert list(pd.read_parquet(out)) == ["prediction", "interval_0", "interval_1", "spread"]
    na.data.predict(tabular, source, out=out, method=["predict", "predict_set"])
    assert list(pd.read_parquet(out)) == ["label", "set_no", "set_yes"]


# ---- the file --------------------------------------------------------------------------------------


def test_csv_has_all_digits(regressor, folder):
    na.data.predict(regressor, folder / "part*.parquet", out=folder / "out.csv", keep=["town"], batch_rows=64)
    lines = (folder / "out.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "town,prediction"
    cells = [line.split(",") for line in lines[1:]]
    assert [town for town, _ in cells] == FRAME["town"].tolist()
    assert np.array_equal([float(number) for _, number in cells], regressor.predict(FRAME[FEATURES]))


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


class Stopped(BaseException):
    """Like Ctrl-C."""


@pytest.mark.parametrize("error", [Stopped, ValueError, OSError])
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_an_error_leaves_the_old_file_and_no_other(error, suffix, tmp_path):
    def batches():
        yield FRAME
        raise error("in the middle")

    out = tmp_path / f"out{suffix}"
    out.write_text("the old one")
    with pytest.raises(error, match="in the middle"):
        na.data.predict(mlp(), na.data.Batches(batches), out=out)
    assert names_in(tmp_path) == [out.name]
    assert out.read_text() == "the old one"


def test_the_new_file_appears_when_it_is_complete(tmp_path):
    out, seen = tmp_path / "out.parquet", []

    def batches():
        for _ in range(3):
            yield FRAME
            seen.append(names_in(tmp_path))

    (tmp_path / "out.parquet.part").write_text("of a run that was killed")
    assert na.data.predict(mlp(), na.data.Batches(batches), out=out) == 3 * ROWS
    assert seen == [["out.parquet.part"]] * 3
    assert names_in(tmp_path) == ["out.parquet"]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_full_disk_is_an_error_that_names_the_file(suffix, tmp_path):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    model, source = mlp(), na.data.Batches(lambda: [FRAME] * 40)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, hard))
    try:
        with pytest.raises(OSError, match=f"out{suffix}.part"):
            na.data.predict(model, source, out=tmp_path / f"out{suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not names_in(tmp_path)


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "out.csv")
    na.data.predict(mlp(), na.data.Batches(lambda: [FRAME]), out=tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert len((tmp_path / "out.csv").read_text().splitlines()) == ROWS + 1


def test_small_batches_make_large_row_groups(tmp_path, monkeypatch):
    source = na.data.Batches(lambda: [FRAME] * 10)
    na.data.predict(mlp(), source, out=tmp_path / "out.parquet", batch_rows=50)
    assert pq.read_metadata(tmp_path / "out.parquet").num_row_groups == 1
    monkeypatch.setattr(_written, "GROUP_BYTES", 20_000)
    na.data.predict(mlp(), source, out=tmp_path / "out.parquet", batch_rows=50)
    assert pq.read_metadata(tmp_path / "out.parquet").num_row_groups > 1


def test_memory_holds_few_batches(tmp_path):
    alive, most = [], 0

    def batches():
        nonlocal most
        for _ in range(50):
            batch = FRAME.copy()
            alive.append(weakref.ref(batch))
            most = max(most, sum(each() is not None for each in alive))
            yield batch

    na.data.predict(mlp(), na.data.Batches(batches), out=tmp_path / "out.parquet")
    assert most <= 2


def test_the_progress_bar_counts_rows(folder, capsys):
    pytest.importorskip("tqdm")
    na.data.predict(mlp(), folder, out=folder.parent / "out.csv", progress=True)
    assert "300/300" in capsys.readouterr().err
    na.data.predict(mlp(), folder, out=folder.parent / "out.csv")  # stderr is no terminal
    assert not capsys.readouterr().err


# ---- mistakes --------------------------------------------------------------------------------------


def test_an_error_names_file_and_row(folder):
    table = FRAME[200:].astype({"age": float}).reset_index(drop=True)
    table.loc[77, "age"] = np.nan
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), folder / "part2.parquet", row_group_size=30)
    with pytest.raises(ValueError, match=r"part2.parquet: X contains NaN \(first in row 77, column 'age'\)"):
        na.data.predict(mlp(), folder, out=folder.parent / "out.csv", batch_rows=16)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"out": "part0.parquet"}, ValueError, "is a file of the source"),
        ({"out": "out.arrow"}, ValueError, "must end in .parquet or .csv"),
        ({"out": "no/out.csv"}, FileNotFoundError, "out.csv.part"),
        ({"out": "folder.csv"}, IsADirectoryError, "is a folder"),
        ({"keep": "id"}, TypeError, r"give \['id'\]"),
        ({"keep": ["floor"]}, ValueError, "no column 'floor'"),
        ({"keep": ["id"], "out": None}, ValueError, "which out= names"),
        ({"method": ["predict", "predict_proba"], "out": None}, ValueError, "which out= names"),
        ({"method": "predict_interval"}, TypeError, "a fitted model with predict_interval"),
        ({"model": 3}, TypeError, "a fitted model with predict, got int"),
        ({"model": na.MLPClassifier()}, NotFittedError, "not fitted"),
        ({"model": LogisticRegression()}, NotFittedError, "not fitted"),
        ({"source": FRAME}, TypeError, r"got DataFrame. Give rows in memory to model.predict\(X\)"),
        ({"source": na.data.Batches(lambda: [])}, ValueError, "no rows"),
        ({"source": na.data.Arrays(FRAME[NUMBERS].to_numpy()), "keep": ["id"]}, ValueError, "are an array"),
        ({"source": na.data.Batches(lambda: [FRAME, FRAME[["age"]]])}, ValueError, "batch 1 .*no column 'size'"),
        ({"source": na.data.Batches(lambda: [(FRAME[["age"]], [0] * ROWS)])}, ValueError, "batch 0 .*no column 'size'"),
        ({"source": na.data.Batches(lambda: [(FRAME, 0)], columns=NUMBERS)}, ValueError, "columns names columns of fr"),
        ({"source": na.data.Batches(lambda: [(FRAME, 0)], target="sold")}, ValueError, "target names columns of fr"),
        ({"batch_rows": 0}, ValueError, "batch_rows"),
    ],
)
def test_mistakes_are_named(given, error, message, folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "folder.csv").mkdir()
    before = names_in(folder)
    model = mlp()
    if isinstance(given.get("source"), na.data.Arrays):
        model = na.MLPClassifier((4,), tol=1.0, random_state=0).fit(FRAME[NUMBERS].to_numpy(), FRAME["sold"])
    with pytest.raises(error, match=message):
        na.data.predict(**{"model": model, "source": "part*.parquet", "out": "out.parquet", **given})
    assert names_in(folder) == before


def test_a_kept_column_must_not_hide_a_prediction(folder):
    source = na.data.Batches(lambda: [FRAME.assign(label=1)])
    with pytest.raises(ValueError, match="'label', which is also a column of the predictions"):
        na.data.predict(mlp(), source, out=folder / "out.csv", keep=["label"])


def test_a_column_must_keep_its_type(tmp_path):
    source = na.data.Batches(lambda: [FRAME, FRAME.astype({"id": str})])
    with pytest.raises(ValueError, match=r"column 'id' is text, but numbers in batch 0"):
        na.data.predict(mlp(), source, out=tmp_path / "out.parquet", keep=["id"])


def test_packages_are_needed_only_for_what_they_do(tmp_path, monkeypatch):
    source, model = na.data.Arrays(FRAME[NUMBERS].to_numpy()), of_one_number()
    for name in ("pyarrow", "pyarrow.parquet", "tqdm.auto"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"neuract\[parquet\]"):
        na.data.predict(model, source, out=tmp_path / "out.parquet")
    with pytest.raises(ImportError, match="pip install tqdm"):
        na.data.predict(model, source, out=tmp_path / "out.csv", progress=True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert na.data.predict(model, source, out=tmp_path / "out.csv") == ROWS


METHODS = ("predict", "predict_proba", "predict_spread", "predict_interval", "forward", "score", "loss")


@pytest.mark.parametrize("make", [mlp, two_numbers, of_one_number, "tabular", "regressor"])
def test_methods_that_need_rows_in_memory_say_what_predicts_a_source(make, request):
    model = request.getfixturevalue(make) if isinstance(make, str) else make()
    source = na.data.Arrays(FRAME[NUMBERS].to_numpy())
    for method in (name for name in METHODS if callable(getattr(model, name, None))):
        with pytest.raises(TypeError, match=r"na.data.predict\(model, source\)"):
            getattr(model, method)(source, *([FRAME["price"]] if method in ("score", "loss") else []))
