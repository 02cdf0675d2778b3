# SPDX-License-Identifier: BSD-3-Clause
"""Searches, calibration and ensembles through skl2onnx: what ONNX Runtime computes is what scikit-learn predicts.

Each case is also tried with scikit-learn's networks, since it must be one that skl2onnx supports.
"""

import subprocess
import sys

import joblib
import numpy as np
import pytest
from sklearn import neural_network
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, RANSACRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import neuract as na

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
skl2onnx = pytest.importorskip("skl2onnx")

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning:sklearn"),
]

ROWS = 60
X = np.random.default_rng(0).normal(size=(ROWS, 4)).astype(np.float32)
THIRD = np.argsort(np.argsort(X[:, 0] + X[:, 1] ** 2)) * 3 // ROWS
LABELS = {
    "two numbers": (THIRD > 0) + 5,
    "three numbers": THIRD + 2,
    "two texts": np.array(["no", "yes", "yes"])[THIRD],
    "three texts": np.array(["a", "b", "c"])[THIRD],
    "bools": THIRD > 0,
}
SEVERAL = np.column_stack([X[:, 0] > 0, X[:, 1] > 0, X[:, 2] > 0]).astype(int)
FORMS = {"arrays": False, "dicts": True, "columns": "columns"}
FEW = {"alpha": [1e-4]}

CLASSIFIERS = {
    "alone": lambda net: net,
    "search": lambda net: GridSearchCV(net, FEW, cv=2),
    "search of a pipeline": lambda net: GridSearchCV(scaled(net), {"mlpclassifier__alpha": [1e-4]}, cv=2),
    "search in a pipeline": lambda net: scaled(GridSearchCV(net, FEW, cv=2)),
    "calibrated": lambda net: CalibratedClassifierCV(net, cv=2),
    "calibrated once": lambda net: CalibratedClassifierCV(net, cv=2, ensemble=False),
    "calibrated pipeline": lambda net: CalibratedClassifierCV(scaled(net), cv=2),
    "calibrated search": lambda net: CalibratedClassifierCV(GridSearchCV(net, FEW, cv=2), cv=2),
    "calibrated in a pipeline": lambda net: scaled(CalibratedClassifierCV(net, cv=2)),
    "one against the rest": OneVsRestClassifier,
    "pipelines against the rest": lambda net: OneVsRestClassifier(scaled(net)),
    "bagging": lambda net: BaggingClassifier(net, n_estimators=2, max_features=0.5, random_state=0),
    "bagging of pipelines": lambda net: BaggingClassifier(scaled(net), n_estimators=2, random_state=0),
    "stacked": lambda net: StackingClassifier([("n", net), ("l", LogisticRegression())], cv=2),
    "stacked pipeline": lambda net: StackingClassifier([("n", scaled(net))], LogisticRegression(), cv=2),
    "on a stack": lambda net: StackingClassifier([("l", LogisticRegression())], net, cv=2, passthrough=True),
    "on a stack of its kind": lambda net: StackingClassifier([("n", net)], net, cv=2),
    "soft voting": lambda net: voting(net, voting="soft"),
    "weighted voting": lambda net: voting(net, voting="soft", weights=np.array([1, 3])),
    "voting of pipelines": lambda net: voting(scaled(net), voting="soft"),
    "hard voting": lambda net: voting(net, voting="hard"),
    "boosted": lambda net: AdaBoostClassifier(net, n_estimators=3, random_state=0),
}
REGRESSORS = {
    "alone": lambda net: net,
    "search": lambda net: GridSearchCV(net, FEW, cv=2),
    "bagging": lambda net: BaggingRegressor(net, n_estimators=2, max_features=0.5, random_state=0),
    "stacked": lambda net: StackingRegressor([("n", net), ("l", LinearRegression())], cv=2),
    "on a stack": lambda net: StackingRegressor([("l", LinearRegression())], net, cv=2),
    "voting": lambda net: VotingRegressor([("n", net), ("l", LinearRegression())]),
    "boosted": lambda net: AdaBoostRegressor(net, n_estimators=2, random_state=0),
    "without outliers": lambda net: RANSACRegressor(net, min_samples=30, random_state=0),
}
every_package = pytest.mark.parametrize("package", [na, neural_network], ids=["neuract", "scikit-learn"])


def scaled(model):
    return make_pipeline(StandardScaler(), model)


def voting(net, **settings):
    return VotingClassifier([("n", net), ("l", LogisticRegression())], flatten_transform=False, **settings)


def network(kind):
    return kind(hidden_layer_sizes=(6,), max_iter=15, learning_rate_init=0.02, random_state=0)


def converted(model, x=X, options=None, full_check=True):
    """Returns the outputs of the converted model, by name."""
    proto = skl2onnx.to_onnx(model, x[:1], options=options)
    onnx.checker.check_model(proto, full_check=full_check)
    session = runtime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return dict(zip([output.name for output in session.get_outputs()], session.run(None, {"X": x}), strict=True))


def as_array(probabilities):
    """Returns the outputs after the label as one array, whichever of FORMS they have."""
    if len(probabilities) > 1:
        return np.column_stack(probabilities)
    if isinstance(probabilities[0], list):
        return np.array([list(row.values()) for row in probabilities[0]])
    return probabilities[0]


# skl2onnx does not convert an AdaBoostClassifier of bools.
CASES = [(case, labels) for case in CLASSIFIERS for labels in LABELS if (case, labels) != ("boosted", "bools")]


@every_package
@pytest.mark.parametrize(("case", "labels"), CASES)
def test_classifiers(case, labels, package):
    model = CLASSIFIERS[case](network(package.MLPClassifier)).fit(X, LABELS[labels])
    for form in FORMS if package is na else ["arrays"]:
        label, *probabilities = converted(model, options={"zipmap": FORMS[form]}).values()
        np.testing.assert_array_equal(label, model.predict(X), err_msg=form)
        if case != "hard voting":
            expected = model.predict_proba(X)
            np.testing.assert_allclose(as_array(probabilities), expected, rtol=0, atol=1e-5, err_msg=form)


@every_package
@pytest.mark.parametrize("dtype", ["float64", "int64"])
@pytest.mark.parametrize("case", ["alone", "calibrated", "soft voting"])
def test_other_numbers_in_x(case, dtype, package):
    x = (3 * X).astype(dtype)
    model = CLASSIFIERS[case](network(package.MLPClassifier)).fit(x, LABELS["two texts"])
    label, probabilities = converted(model, x, options={"zipmap": False}).values()
    np.testing.assert_array_equal(label, model.predict(x))
    np.testing.assert_allclose(probabilities, model.predict_proba(x), rtol=0, atol=1e-5)


@every_package
@pytest.mark.parametrize("labels", LABELS)
def test_isotonic_calibration(labels, package):
    """skl2onnx takes the calibrator's nearest point where scikit-learn interpolates."""
    net = network(package.MLPClassifier)
    model = CalibratedClassifierCV(net, cv=2, method="isotonic").fit(X, LABELS[labels])
    _, probabilities = converted(model, options={"zipmap": False}).values()
    np.testing.assert_allclose(probabilities, model.predict_proba(X), rtol=0, atol=0.2)


@every_package
@pytest.mark.parametrize("n_classes", [2, 3])
def test_one_against_one(n_classes, package):
    """skl2onnx gives the numbers of the classes, as a column."""
    model = OneVsOneClassifier(network(package.MLPClassifier)).fit(X, THIRD % n_classes)
    label = converted(model, options={"zipmap": False}, full_check=False)["label"]
    np.testing.assert_array_equal(label.ravel(), model.predict(X))


@every_package
@pytest.mark.parametrize("texts", [False, True], ids=["numbers", "texts"])
def test_one_classifier_for_each_column_of_y(texts, package):
    y = np.array(["no", "yes"])[SEVERAL] if texts else SEVERAL
    model = MultiOutputClassifier(network(package.MLPClassifier)).fit(X, y)
    label, probabilities = converted(model, options={"zipmap": False}).values()
    np.testing.assert_array_equal(label, model.predict(X))
    np.testing.assert_allclose(probabilities, model.predict_proba(X), rtol=0, atol=1e-5)


@every_package
@pytest.mark.parametrize("case", ["search", "one against the rest"])
def test_several_labels(case, package):
    model = CLASSIFIERS[case](network(package.MLPClassifier)).fit(X, SEVERAL)
    outputs = converted(model, options={"zipmap": False}, full_check=package is na)
    np.testing.assert_array_equal(outputs["label"], model.predict(X))
    np.testing.assert_allclose(outputs["probabilities"], model.predict_proba(X), rtol=0, atol=1e-5)


@every_package
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", REGRESSORS)
def test_regressors(case, dtype, package):
    x = X.astype(dtype)
    model = REGRESSORS[case](network(package.MLPRegressor)).fit(x, X[:, 0] ** 2)
    (y,) = converted(model, x).values()
    np.testing.assert_allclose(y.ravel(), model.predict(x), rtol=0, atol=1e-5)


@every_package
def test_one_regressor_for_each_column_of_y(package):
    model = MultiOutputRegressor(network(package.MLPRegressor)).fit(X, X[:, :2] ** 2)
    np.testing.assert_allclose(converted(model)["variable"], model.predict(X), rtol=0, atol=1e-5)


@every_package
@pytest.mark.parametrize("labels", ["three numbers", "three texts"])
def test_labels_of_the_classes_as_an_output(labels, package):
    model = network(package.MLPClassifier).fit(X, LABELS[labels])
    outputs = converted(model, options={"zipmap": False, "output_class_labels": True})
    np.testing.assert_array_equal(outputs["class_labels"], model.classes_)


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("zipmap", [False, True])
def test_numbers_in_place_of_classes(zipmap, labels):
    """skl2onnx's option nocl; with scikit-learn's networks it leaves the labels as they are."""
    model = network(na.MLPClassifier).fit(X, LABELS[labels])
    label, probabilities = converted(model, options={"zipmap": zipmap, "nocl": True}).values()
    np.testing.assert_array_equal(label, np.searchsorted(model.classes_, model.predict(X)))
    if zipmap:
        assert list(probabilities[0]) == list(range(len(model.classes_)))


# ---- classes that skl2onnx must know -----------------------------------------------------------------

ENSEMBLE = """
import numpy as np
from sklearn.ensemble import VotingClassifier
X = np.eye(4, dtype=np.float32)
def vote(kind):
    members = [(name, kind(hidden_layer_sizes=(2,), solver="lbfgs", max_iter=500)) for name in "ab"]
    return VotingClassifier(members, voting="soft", flatten_transform=False).fit(X, list("nnyy"))
"""
CONVERSION = """
import onnxruntime
file = skl2onnx.to_onnx(model, X[:1], options={"zipmap": False}).SerializeToString()
session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
assert list(session.run(["label"], {"X": X})[0]) == list(model.predict(X))
"""
IN_A_NEW_PROCESS = {
    "skl2onnx first": "import skl2onnx\nimport neuract as na\nmodel = vote(na.MLPClassifier)",
    "skl2onnx last": "import neuract as na\nclass Mine(na.MLPClassifier): pass\nmodel = vote(Mine)\nimport skl2onnx",
    "pickled, skl2onnx first": "import joblib, skl2onnx\nmodel = joblib.load({path!r})",
    "pickled, a part of skl2onnx last": "import joblib\nmodel = joblib.load({path!r})\n"
    "from skl2onnx.common.data_types import FloatTensorType\nimport skl2onnx",
}


def in_a_new_process(script):
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)


@pytest.mark.parametrize("order", IN_A_NEW_PROCESS)
def test_ensembles_in_a_new_process(tmp_path, order):
    path = str(tmp_path / "ensemble.joblib")
    joblib.dump(voting(network(na.MLPClassifier), voting="soft").fit(X, LABELS["two texts"]), path)
    result = in_a_new_process(ENSEMBLE + IN_A_NEW_PROCESS[order].format(path=path) + CONVERSION)
    assert result.returncode == 0, result.stderr


def test_a_class_that_is_defined_late():
    class Mine(na.MLPClassifier):
        pass

    model = voting(network(Mine), voting="soft").fit(X, LABELS["three texts"])
    np.testing.assert_array_equal(converted(model, options={"zipmap": False})["label"], model.predict(X))


def test_the_import_system_is_as_before():
    """neuract imports no skl2onnx; what waits for it lets a failure pass, and is gone once skl2onnx is there.

    A loader that was found before may then run again.
    """
    script = """
import importlib.util, sys
import neuract as na
before = list(sys.meta_path)
na.MLPClassifier
assert "skl2onnx" not in sys.modules
path = list(sys.path)
sys.path.clear()
try:
    import skl2onnx
except ModuleNotFoundError as error:
    assert error.name == "skl2onnx"
else:
    raise AssertionError("found skl2onnx")
sys.path[:] = path
found = importlib.util.find_spec("skl2onnx")
assert found.name == "skl2onnx"
import skl2onnx
assert sys.meta_path == before
found.loader.exec_module(skl2onnx)
"""
    result = in_a_new_process(script)
    assert result.returncode == 0, result.stderr


def test_skl2onnx_may_be_blocked():
    result = in_a_new_process('import sys; sys.modules["skl2onnx"] = None\nimport neuract as na; na.MLPClassifier')
    assert result.returncode == 0, result.stderr
