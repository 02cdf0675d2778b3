# SPDX-License-Identifier: BSD-3-Clause
"""TrainingWarning: a fit whose network has collapsed says so once, with the remedy; any other is silent."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import sklearn
from scipy import sparse
from sklearn import datasets
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler, scale

import neuract as na
from neuract.inspection import _alarms
from oracle.comparisons import assert_same_bits
from oracle.paths import ROOT

SETS = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def told(fit):
    """Returns the texts of the TrainingWarnings of a fit; each points to the line that called it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit()
    ours = [each for each in caught if each.category is na.TrainingWarning]
    assert all(each.filename == __file__ for each in ours)
    return [str(each.message) for each in ours]


def numbers(rng, rows=400):
    X = rng.normal(size=(rows, 3))
    return X, X @ [1.0, 2.0, 3.0]


def classes(rng, rows=400):
    X = rng.normal(size=(rows, 4))
    return X, X[:, :3].argmax(axis=1)


def iris():
    X, y = datasets.load_iris(return_X_y=True)
    return X[:, 2:], y


# ---- collapsed networks ------------------------------------------------------------------------------


def regressor(**settings):
    return na.MLPRegressor(random_state=0, **settings)


def classifier(hidden, **settings):
    return na.MLPClassifier(hidden, random_state=0, **settings)


def network(*layers, **settings):
    return na.Network(list(layers), random_state=0, **settings)


def of_numbers(rng, column=1.0, target=(0.0, 1.0)):
    X, y = numbers(rng)
    return X * [1, column, 1], target[0] + target[1] * y


COLLAPSED = {
    "a dead layer": (
        lambda rng: (classifier((8, 5), solver="lbfgs"), *iris()),
        ["hidden 2: 5 of 5 neurons", "the prediction is the same for all 150 rows", "scale X", "'leaky_relu'"],
    ),
    "a large column": (
        lambda rng: (regressor(), *of_numbers(rng, column=1e4)),
        ["1 of 3 columns of X", "column 1 from", "StandardScaler"],
    ),
    "a large column in a Network": (
        lambda rng: (network(na.Dense(8), na.Dense(1)), *of_numbers(rng, column=1e4)),
        ["1 of 3 columns of X", "column 1 from", "StandardScaler"],
    ),
    "a large sparse column": (
        lambda rng: (regressor(), sparse.csr_array(of_numbers(rng, column=1e4)[0]), of_numbers(rng)[1]),
        ["1 of 3 columns of X", "StandardScaler"],
    ),
    "targets above a sigmoid": (
        lambda rng: (
            network(na.Dense(8), na.Dense(1, "sigmoid"), loss="squared_error"),
            *of_numbers(rng, target=(50, 10)),
        ),
        ["Sigmoid of the output layer only gives 0 to 1", "'identity'"],
    ),
    "targets below a relu": (
        lambda rng: (regressor(output_activation="relu"), *of_numbers(rng, target=(-50, 1))),
        ["of the output layer only gives 0 to inf", "the prediction is the same", "'identity'"],
    ),
    "too high a rate": (
        lambda rng: (classifier((32, 32), solver="sgd", learning_rate_init=10.0), *classes(rng)),
        ["hidden 2: 32 of 32 neurons", "Lower the learning rate"],
    ),
    "too high a rate in a Network": (
        lambda rng: (
            network(na.Dense(32), na.Dense(32), na.Dense(3, "softmax"), optimizer="sgd", learning_rate=3.0),
            *classes(rng),
        ),
        ["hidden 2: 32 of 32 neurons", "Lower the learning rate"],
    ),
    "numbers that diverge": (
        lambda rng: (
            regressor(hidden_layer_sizes=(32, 32), activation="tanh", solver="sgd", learning_rate_init=1.0),
            *numbers(rng),
        ),
        ["times as widely as y", "The training has diverged", "max_grad_norm=1"],
    ),
    "probabilities that diverge": (
        lambda rng: (classifier((100,), solver="sgd", learning_rate_init=10.0), scale(iris()[0]), iris()[1]),
        ["sure of wrong answers", "The training has diverged"],
    ),
    "too strong a penalty": (
        lambda rng: (classifier((8,), alpha=1e4, solver="lbfgs"), *classes(rng)),
        ["the prediction is the same for all 400 rows", "Lower alpha (10000)"],
    ),
    "sigmoids on sigmoids": (
        lambda rng: (network(*[na.Dense(32, "sigmoid")] * 11, na.Dense(3, "softmax"), epochs=30), *classes(rng)),
        ["the gradient shrinks", "the prediction is the same", "'relu', 'silu' instead of 'sigmoid'"],
    ),
}


@pytest.mark.parametrize("case", COLLAPSED)
def test_a_collapsed_network_is_told_once(case, rng):
    """Protects the finding, its remedy, the line of the user's that it points to, and one warning a fit."""
    make, parts = COLLAPSED[case]
    model, X, y = make(rng)
    (text,) = told(lambda: model.fit(X, y))
    for part in parts:
        assert part in text
    assert text.endswith(". See na.diagnose(model, X, y)")
    found = na.diagnose(model, X, y).warnings
    assert [each.message in text for each in found] == [each.fatal for each in found]


def test_columns_have_their_names(rng):
    pd = pytest.importorskip("pandas")
    X, y = of_numbers(rng, column=1e4)
    frame = pd.DataFrame(X, columns=["age", "pay", "size"])
    model = regressor()
    (text,) = told(lambda: model.fit(frame, y))
    assert "column 'pay' from" in text
    assert "column 'pay' from" in na.diagnose(model, frame, y).warnings[0].message


def test_the_category_is_a_filter(rng):
    X, y = of_numbers(rng, column=1e4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", na.TrainingWarning)
        fitted = regressor(max_iter=20).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error", na.TrainingWarning)
        with pytest.raises(na.TrainingWarning):
            fitted.fit(X[:, :2], y)
    assert fitted.n_features_in_ == 3  # as before a fit that raises


# ---- healthy networks --------------------------------------------------------------------------------


def test_rows_without_weight_do_not_count(rng):
    """Protects rows that are masked by a weight of 0, whatever they hold."""
    X, y = numbers(rng)
    masked, weights = rng.random(len(X)) < 0.5, np.ones(len(X))
    X[masked], y[masked], weights[masked] = 1e6, -999, 0
    net = network(na.Dense(8), na.Dense(1, "relu"), loss="squared_error")
    assert told(lambda: net.fit(X, np.abs(y), weights)) == []


def test_rare_counts_are_no_sign(rng, monkeypatch):
    """Protects the time of fits whose look at y sees zeros alone."""
    X, y = rng.normal(size=(4000, 3)), np.arange(4000) % 1000 == 7
    monkeypatch.setattr(_alarms, "diagnosed", None)
    regressor(loss="poisson", max_iter=5).fit(X, y)
    classifier((8,), max_iter=5).fit(X, y)


@pytest.mark.parametrize("rows", [200, 10_000])
def test_all_rows_confirm_what_a_few_show(rows, rng):
    """Protects a layer that fires only on rows that the look leaves out."""
    X = np.zeros((rows, 2))
    X[1] = 1
    net = network(na.Dense(1), na.Dense(1, "linear"), dtype="float64")
    net.set_parameters([[[1.0], [1.0]], [[1.0]]], [[-1.0], [0.0]])
    data = net._data(X, X[:, 0])
    assert _alarms._has_a_sign(net, _alarms._some(data, 32), data.targets)
    assert told(lambda: _alarms.warn_if_collapsed(net, data, 100)) == []
    X[1] = 0.1
    (text,) = told(lambda: _alarms.warn_if_collapsed(net, net._data(X, X[:, 0]), 100))
    assert f"fire on none of the {rows:,} rows" in text
    X[1], weights = 1, np.ones(rows, net.dtype)
    weights[1] = 0
    weighted = replace(net._data(X, np.arange(rows) % 7), sample_weight=weights)
    (text,) = told(lambda: _alarms.warn_if_collapsed(net, weighted, 100))
    assert f"fire on none of the {rows - 1:,} rows" in text  # those with weight


def test_constant_targets_have_no_fault(rng):
    X = rng.normal(size=(200, 3))
    assert told(lambda: regressor(alpha=1e5).fit(X, np.ones(200))) == []


def test_partial_fit_is_silent(rng):
    """Protects streams, whose batches say little about all rows."""
    X, y = of_numbers(rng, column=1e4)
    assert told(lambda: regressor().partial_fit(X, y)) == []
    assert told(lambda: network(na.Dense(8), na.Dense(1)).partial_fit(X, y)) == []


@pytest.mark.parametrize("make", [classifier, lambda hidden, **s: network(na.Dense(8), na.Dense(3, "softmax"), **s)])
def test_the_look_changes_nothing(make, rng, monkeypatch):
    """Protects the same bits, and the generator of the user's."""
    X, y = classes(rng)
    models, states = [], []
    for look in (_alarms.warn_if_collapsed, lambda *_: None):
        monkeypatch.setattr("neuract.network.warn_if_collapsed", look)
        monkeypatch.setattr("neuract.estimators._perceptron.warn_if_collapsed", look)
        generator = np.random.RandomState(3)
        model = make((8,)).set_params(random_state=generator) if make is classifier else make((8,))
        models.append(model.fit(X, y))
        states.append(generator.randint(2**31))
    assert_same_bits(*[each._fitted_network().weights for each in models])
    assert states[0] == states[1]


def scaled_sets():
    """Yields name, model class, X and y of scikit-learn's sets: real ones, drawn ones, and noise."""
    for name in ("iris", "wine", "breast_cancer", "digits"):
        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        yield name, na.MLPClassifier, scale(X), y
        yield f"{name} in [0, 1]", na.MLPClassifier, MinMaxScaler().fit_transform(X), y
    X, y = datasets.load_diabetes(return_X_y=True)
    yield "diabetes", na.MLPRegressor, X, y  # y between 25 and 346
    X, y = datasets.load_linnerud(return_X_y=True)
    yield "linnerud", na.MLPRegressor, scale(X), scale(y)
    draws = np.random.default_rng(0)
    X = draws.normal(size=(300, 10))
    yield "noise, numbers", na.MLPRegressor, X, draws.normal(size=300)
    yield "noise, classes", na.MLPClassifier, X, draws.integers(2, size=300)
    yield "a rare class", na.MLPClassifier, np.vstack([X] * 7), (np.arange(2100) % 300 == 7).astype(int)
    yield "rare counts", na.MLPRegressor, X, (np.arange(300) % 100 == 7).astype(float)
    yield "classification", na.MLPClassifier, *datasets.make_classification(400, random_state=0)
    yield "moons", na.MLPClassifier, *datasets.make_moons(200, noise=0.2, random_state=0)
    yield "circles", na.MLPClassifier, *datasets.make_circles(200, noise=0.1, factor=0.5, random_state=0)
    yield "regression", na.MLPRegressor, *datasets.make_regression(300, 20, random_state=0)
    yield "friedman", na.MLPRegressor, *datasets.make_friedman1(300, random_state=0)
    X, y = datasets.make_multilabel_classification(300, random_state=0)
    yield "labels", na.MLPClassifier, scale(X), y


def assert_silent(settings, *sets):
    """No TrainingWarning, neither of an estimator nor of a Network with the same layers."""
    alarms = {}
    for name, kind, X, y in sets:
        model = kind(**settings)
        alarms[name] = told(lambda model=model, X=X, y=y: model.fit(X, y))
        if "solver" not in settings:
            output = model.network_.layers[-1]
            net = network(*model.network_.layers[:-1], output, loss=model.network_.loss_function, epochs=20)
            targets = model._data(X, y).targets
            alarms[f"{name}, Network"] = told(lambda net=net, X=X, targets=targets: net.fit(X, targets))
    assert not {name: texts for name, texts in alarms.items() if texts}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"max_iter": 1},
        {"solver": "lbfgs"},
        {"solver": "sgd", "early_stopping": True},
        {"activation": "tanh", "hidden_layer_sizes": (20, 20)},
        {"dtype": "float32", "hidden_layer_sizes": (20, 20, 20)},
    ],
    ids=str,
)
def test_healthy_networks_are_silent(settings):
    """Protects against false alarms."""
    assert_silent({"random_state": 0, "max_iter": 50} | settings, *scaled_sets())


def real_sets():
    """Yields name, model class, X and y of ../shared/data, at most 4,000 rows, scaled and one-hot."""
    pd = pytest.importorskip("pandas")
    targets = {
        "adult": "income", "bank_marketing": "y", "mammography": "class", "higgs_lightgbm": "signal",
        "telco_churn": "churn", "credit_g": "class", "covertype_93k": "Cover_Type", "letter": "lettr",
        "satimage": "classes", "diamonds": "price", "california_housing": "median_house_value",
        "wine_quality": "quality", "abalone": "rings", "ames": "Sale_Price", "energy_efficiency": ["Y1", "Y2"],
    }  # fmt: skip
    regression = list(targets)[9:]
    for name, target in targets.items():
        frame = pd.read_csv(SETS / f"{name}.csv.gz", keep_default_na=False, na_values=["", "NA"], low_memory=False)
        frame = frame.sample(min(len(frame), 4000), random_state=0)
        y, X = frame[target], prepared(frame.drop(columns=target))
        if name in regression:
            yield name, na.MLPRegressor, X, scale(y.to_numpy(float))
        else:
            yield name, na.MLPClassifier, X, y.astype(str).to_numpy()
    claims = pd.read_csv(SETS / "be_mtpl97.csv.gz").sample(4000, random_state=0)
    X = prepared(claims.drop(columns=["nclaims", "claim", "amount", "average"]))
    yield "claims", na.MLPRegressor, X, claims["nclaims"].to_numpy(float)
    genes = pd.read_csv(SETS / "yeast_ml.csv.gz").to_numpy(float)
    yield "yeast", na.MLPClassifier, scale(genes[:, :-14]), genes[:, -14:].astype(int)
    with np.load(SETS / "mnist.npz") as images:
        yield "mnist", na.MLPClassifier, images["X"][::25].reshape(-1, 784) / 255, images["y"][::25]


def prepared(frame):
    known, words = frame.select_dtypes("number"), frame.select_dtypes(exclude="number")
    known = StandardScaler().fit_transform(known.fillna(known.median()))
    one_hot = OneHotEncoder(sparse_output=False, max_categories=20)
    return np.hstack([known, one_hot.fit_transform(words.astype(str))]) if words.shape[1] else known


@pytest.mark.exhaustive
@pytest.mark.skipif(not SETS.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "settings", [{}, {"solver": "sgd"}, {"solver": "lbfgs"}, {"activation": "tanh"}, {"max_iter": 1}], ids=str
)
def test_real_sets_are_silent(settings, seed):
    """Protects against false alarms on every set of ../shared/data."""
    assert_silent({"random_state": seed, "max_iter": 30} | settings, *real_sets())


# ---- validation rows -----------------------------------------------------------------------------------


@pytest.fixture
def far(rng):
    """Rows whose second and third columns are far from 0, validation rows of the same kind, and labels of both."""
    X, V = (rng.normal(size=(n, 3)) * [1, 100, 2] + [0, 1000, 60] for n in (400, 100))
    return X, V, *((each[:, 0] + (each[:, 1] - 1000) / 100 > 0).astype(int) for each in (X, V))


def test_validation_rows_that_a_pipeline_does_not_transform_are_told(far):
    pd = pytest.importorskip("pandas")
    X, V, y, v = far
    pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), classifier((8,), early_stopping=True))
    X, V = (pd.DataFrame(each, columns=["a", "b", "c"]) for each in (X, V))
    with pytest.warns(na.TrainingWarning) as caught:
        pipeline.fit(X, y, mlpclassifier__X_val=V, mlpclassifier__y_val=v)
    (text,) = [str(each.message) for each in caught if each.category is na.TrainingWarning]
    assert text.startswith("X_val lies far outside X in columns 'b', 'c': column 'b' goes from -")
    assert "transform_input=['X_val']" in text


@pytest.mark.parametrize(
    "make", [classifier, lambda hidden, **s: network(na.Dense(8), na.Dense(1, "sigmoid"), **s)], ids=["MLP", "Network"]
)
def test_validation_rows_far_outside_are_told_at_the_beginning(make, far):
    X, V, y, v = far
    X = StandardScaler().fit_transform(X)
    (text,) = told(lambda: make((8,)).fit(X, y, X_val=V, y_val=v))
    assert "X_val lies far outside X in columns 1, 2: column 1 goes from" in text
    few = V[:7]
    for given, labels in [(X[:50] * 1.5, y[:50]), (few, v[:7])]:
        assert told(lambda given=given, labels=labels: make((8,)).fit(X, y, X_val=given, y_val=labels)) == []
    rare = np.column_stack([X, np.zeros(len(X)), np.arange(len(X))])  # a column that is 0 in X; time goes on
    rare = np.column_stack([rare, -rare[:, 4]])
    later = np.column_stack([X, np.ones(len(X)), len(X) + np.arange(len(X)), -len(X) - np.arange(len(X))])
    assert told(lambda: make((8,)).fit(rare, y, X_val=later, y_val=y)) == []
    model = make((8,))
    assert told(lambda: model.fit(sparse.csr_array(X), y, X_val=sparse.csr_array(V), y_val=v)) == []


def test_a_pipeline_can_transform_validation_rows(far):
    """Protects the remedy that the warning names."""
    X, V, y, v = far
    with sklearn.config_context(enable_metadata_routing=True):
        model = classifier((8,), early_stopping=True).set_fit_request(X_val=True, y_val=True)
        steps = [("scaler", StandardScaler()), ("model", model)]
        pipeline = Pipeline(steps, transform_input=["X_val"])
        assert told(lambda: pipeline.fit(X, y, X_val=V, y_val=v)) == []
        assert pipeline[-1].best_validation_score_ == pytest.approx(pipeline.score(V, v), abs=0.1)
