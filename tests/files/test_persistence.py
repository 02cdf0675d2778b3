# SPDX-License-Identifier: BSD-3-Clause
"""Model files and pickles: models come back bit for bit; what a file cannot hold is refused."""

import copy
import functools
import os
import pickle
import stat
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from scipy.sparse import csr_array

import neuract as na
from neuract.files import _atomic
from oracle.comparisons import assert_same_bits
from oracle.twins import parameters

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

HIDDEN = sorted({kind.__name__: kind for kind in na.ACTIVATIONS.values() if kind is not na.Softmax}.items())


@pytest.fixture
def data(rng):
    X = rng.standard_normal((60, 3))
    return X, X[:, 0] * X[:, 1]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def reloaded(model, path, **settings):
    na.save(model, path, **settings)
    return na.load(path)


def pickled(model, path):
    return pickle.loads(pickle.dumps(model))


def own_loss(y_true, y_pred):
    r = y_pred - y_true
    return (r**4).sum(axis=1), 4 * r**3


def slower(epoch):
    return 0.01 / (epoch + 1)


# ---- networks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", [kind for _, kind in HIDDEN], ids=[name for name, _ in HIDDEN])
def test_every_activation_comes_back(kind, dtype, data, path):
    layers = [na.Dense(5, kind(), threshold=0.1), na.Dense(4, kind(), threshold=[-1, 0, 1, 0.1]), na.Dense(1, "linear")]
    net = na.Network(layers, dtype=dtype, epochs=2, random_state=0).fit(*data)
    twin = reloaded(net, path)
    assert twin.layers == net.layers
    assert_same_bits([twin.predict(data[0]), *parameters(twin)], [net.predict(data[0]), *parameters(net)])


@pytest.mark.parametrize(
    "layer",
    [
        na.Dense(2, na.ReLU(6.0)),
        na.Dense(2, na.PReLU(0.1, shared=True)),
        na.Dense(2, na.GELU("tanh"), dropout=0.5),
        na.Dense(2, "tanh", rate=0.5),
    ],
    ids=["bounded", "shared", "dropout", "rate"],
)
def test_parameters_of_a_layer_come_back(layer, data, path):
    net = na.Network([layer, na.Dense(1, "linear")], epochs=2, random_state=0).fit(*data)
    twin = reloaded(net, path)
    assert twin.layers == net.layers
    assert_same_bits(parameters(twin), parameters(net))


SETTINGS = {
    "all": {"learning_rate": 0.5, "alpha": 0.1, "l1": 0.2, "max_grad_norm": 3.0, "batch_size": 7, "epochs": 4}
    | {"shuffle": False, "init": "he_normal", "random_state": 5, "n_threads": 2, "verbose": True},
    "sgd": {"optimizer": na.SGD(0.5, nesterov=False)},
    "adamw": {"optimizer": na.AdamW(weight_decay=0.5)},
    "lbfgs": {"optimizer": na.LBFGS(tol=0.1), "epochs": 3},
    "huber": {"loss": na.Huber(0.5)},
    "quantile": {"loss": na.Quantile(0.25)},
    "gamma": {"loss": "gamma"},
    "arrays": {"init": ([np.ones((3, 1))], [np.zeros(1)])},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_settings_come_back(settings, data, path, capsys):
    X, y = data
    net = na.Network([na.Dense(1, "exponential")], **{"random_state": 0} | settings).fit(X, np.abs(y) + 1)
    twin = reloaded(net, path)
    assert repr(twin) == repr(net)
    for name in inspectable(net) - {"init"}:
        assert getattr(twin, name) == getattr(net, name), name
    assert str(twin.init) == str(net.init)
    assert_same_bits(parameters(twin.fit(X, np.abs(y) + 1)), parameters(net))


def inspectable(net):
    return {name for name in vars(net) if not name.startswith("_")}


def test_a_network_that_is_not_fitted_comes_back(data, path):
    net = na.Network([na.Dense(4), na.Dense(1, "linear")], epochs=2, random_state=0)
    twin = reloaded(net, path, state=True)
    with pytest.raises(AttributeError, match="not fitted"):
        twin.predict(data[0])
    assert_same_bits(parameters(twin.fit(*data)), parameters(net.fit(*data)))


# ---- going on ----------------------------------------------------------------------------------

WAYS = {"file": functools.partial(reloaded, state=True), "pickle": pickled, "deepcopy": lambda m, _: copy.deepcopy(m)}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("optimizer", ["adam", "adamw", na.SGD(0.9)], ids=["adam", "adamw", "sgd"])
@pytest.mark.parametrize("seed", [lambda: 0, lambda: np.random.RandomState(0)], ids=["int", "RandomState"])
def test_training_goes_on_as_if_uninterrupted(way, optimizer, seed, data, path):
    layers = [na.Dense(6, na.PReLU(), threshold=0.1, dropout=0.2, rate={"biases": 0.1}), na.Dense(1, "linear")]
    settings = {"optimizer": optimizer, "batch_size": 16, "epochs": 2}
    net = na.Network(layers, random_state=seed(), **settings).fit(*data)
    twin = way(net, path)
    for train in (
        twin.partial_fit,
        twin.partial_fit,
        twin.fit,
    ):  # the last draws from the same generator, if there is one
        twin_again, again = train(*data), getattr(net, train.__name__)(*data)
        assert_same_bits(parameters(twin_again), parameters(again))
        assert twin.history_ == net.history_


def test_without_state_a_file_has_no_more_than_the_model(data, path):
    net = na.Network([na.Dense(4), na.Dense(1, "linear")], random_state=np.random.RandomState(0), epochs=2).fit(*data)
    twin = reloaded(net, path)
    assert twin.random_state is None
    with safe_open(path, "np") as file:
        assert set(file.keys()) == {"sha256", *(f"layers.{i}.{part}" for i in (0, 1) for part in ("weight", "bias"))}
        np.testing.assert_array_equal(file.get_tensor("layers.0.weight"), net.weights[0], strict=True)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(
    "settings",
    [
        {"solver": "sgd", "learning_rate": "adaptive", "n_iter_no_change": 1, "tol": 1e9},
        {"solver": "sgd", "learning_rate": "invscaling"},
        {"learning_rate": na.schedules.WarmUp(3, then="cosine"), "random_state": None},
        {"early_stopping": True, "dropout": 0.1},
    ],
    ids=["adaptive", "invscaling", "schedule", "early"],
)
def test_partial_fit_of_an_estimator_goes_on(way, settings, data, path):
    X, y = data
    rows = {"X_val": X, "y_val": y} if "early_stopping" in settings else {}
    random_state = {"random_state": np.random.RandomState(1)}
    model = na.MLPRegressor(hidden_layer_sizes=(5,), max_iter=7, batch_size=16, **{**random_state, **settings})
    model.set_params(random_state=model.random_state or 3)
    for _ in range(3):
        model.partial_fit(X, y, **rows)
    twin = way(model, path)
    for _ in range(3):
        twin.partial_fit(X, y, **rows)
        model.partial_fit(X, y, **rows)
        assert_same_bits(twin.coefs_, model.coefs_)
    for name in ("loss_curve_", "validation_scores_", "best_loss_", "t_", "n_iter_", "_rate"):
        assert getattr(twin, name) == getattr(model, name), name


# ---- estimators --------------------------------------------------------------------------------

LABELS = {
    "int": np.array([0, 1, 2]),
    "int8": np.array([-1, 0, 1], np.int8),
    "uint64": np.array([0, 1, 2**63], np.uint64),
    "bool": np.array([False, True]),
    "float32": np.array([0.0, 1.0, 2.0], np.float32),
    "str": np.array(["no", "straße", "\N{SNOWMAN}"]),
    "wide str": np.array(["a", "b"], "U7"),
    "object": np.array(["a", "bc", "d"], object),
    "one": np.array([7]),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_classes_come_back_with_their_type(labels, data, path):
    X, y = data
    chosen = labels[np.arange(len(y)) % len(labels)]
    model = na.MLPClassifier((5,), max_iter=3, random_state=0).fit(X, chosen)
    twin = reloaded(model, path)
    assert twin.classes_.dtype == model.classes_.dtype
    assert twin.classes_.tolist() == model.classes_.tolist()
    assert twin.predict(X).dtype == model.predict(X).dtype
    assert twin.predict(X).tolist() == model.predict(X).tolist()
    assert_same_bits([twin.predict_proba(X)], [model.predict_proba(X)])


MODELS = {
    "multilabel": lambda X, y: na.MLPClassifier((5,), max_iter=3).fit(X, np.column_stack([y > 0, y > 1, y < 0])),
    "sparse labels": lambda X, y: na.MLPClassifier((5,), max_iter=3).fit(
        X, csr_array(np.column_stack([y > 0, y > 1]) * 1)
    ),
    "sparse": lambda X, y: na.MLPRegressor(hidden_layer_sizes=(5,), max_iter=3).fit(
        csr_array(np.where(X > 0, X, 0)), y
    ),
    "outputs": lambda X, y: na.MLPRegressor(hidden_layer_sizes=(5,), max_iter=3).fit(X, np.column_stack([y, 2 * y])),
    "quantiles": lambda X, y: na.MLPRegressor(na.Quantile((0.1, 0.5, 0.9)), (5,), max_iter=3).fit(X, y),
    "linear": lambda X, y: na.MLPRegressor("poisson", (), max_iter=3, missing="zero").fit(X, y**2),
    "float32": lambda X, y: na.MLPRegressor(hidden_layer_sizes=[4, 3], max_iter=3).fit(X.astype(np.float32), y),
    "lbfgs": lambda X, y: na.MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", max_iter=5).fit(X, y),
    "early": lambda X, y: na.MLPClassifier((4,), early_stopping=True, max_iter=30, n_iter_no_change=np.inf).fit(
        X, y > 0
    ),
}


@pytest.mark.parametrize("way", [reloaded, pickled], ids=["file", "pickle"])
@pytest.mark.parametrize("made", MODELS.values(), ids=MODELS)
def test_estimators_come_back(made, way, data, path):
    model = made(*data)
    twin = way(model, path)
    assert type(twin) is type(model)
    assert twin.get_params() == model.get_params()
    fitted, expected = (
        {k: v for k, v in vars(m).items() if k.endswith("_") and k != "network_"} for m in (twin, model)
    )
    assert fitted.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(fitted[name], value, err_msg=name)
        assert type(fitted[name]) is type(value)
    asked, answered = (m.predict(data[0]) for m in (twin, model))
    assert type(asked) is type(answered)
    asked, answered = ([getattr(y, "toarray", lambda y=y: y)()] for y in (asked, answered))
    assert_same_bits(asked, answered)


PARAMETERS = {
    "activation": [na.LeakyReLU(0.2), "tanh"],
    "hidden_layer_sizes": np.array([3, 2]),
    "threshold": [None, np.array([0.1, 0.2], np.float32)],
    "class_weight": {np.int64(0): 1.0, np.int64(1): np.float64(2.5)},
    "learning_rate": na.schedules.WarmUp(3, then=na.schedules.Cosine()),
    "n_iter_no_change": float("inf"),
    "alpha": np.float64(0.25),
    "solver": np.str_("sgd"),
    "n_jobs": -1,
    "init": ([np.ones((3, 3)), np.ones((3, 2)), np.ones((2, 1))], [np.zeros(3), np.zeros(2), np.zeros(1)]),
    "loss": na.LogLoss(label_smoothing=0.1),
    "monitor": "roc_auc",
    "early_stopping": True,
}


def test_parameters_of_every_kind_come_back(data, path):
    X, y = data
    model = na.MLPClassifier(max_iter=2, **PARAMETERS).fit(X, np.where(y > 0, 1, 0))
    found = reloaded(model, path).get_params()
    for name, value in model.get_params().items():
        assert type(found[name]) is type(value) or isinstance(value, np.str_)
        assert repr(found[name]) == repr(value).replace("np.str_('sgd')", "'sgd'")


def test_feature_names_come_back(data, path):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(data[0], columns=["größe", "b", "c"])
    model = na.MLPRegressor(hidden_layer_sizes=(5,), max_iter=2).fit(frame, data[1])
    twin = reloaded(model, path)
    assert_same_bits([twin.predict(frame)], [model.predict(frame)])
    with pytest.raises(ValueError, match="feature names"):
        twin.predict(frame[["b", "c", "größe"]])


def test_an_estimator_that_is_not_fitted_comes_back(path):
    model = na.MLPClassifier(alpha=3)
    twin = reloaded(model, path)
    assert twin.get_params() == model.get_params()
    assert not twin.__sklearn_is_fitted__() if hasattr(twin, "__sklearn_is_fitted__") else not hasattr(twin, "classes_")


# ---- values that a file cannot hold ------------------------------------------------------------

UNWRITABLE = {
    "loss": lambda: na.MLPRegressor(own_loss, random_state=0),
    "learning_rate": lambda: na.MLPRegressor(learning_rate=slower, random_state=0),
    "monitor": lambda: na.MLPRegressor(monitor=own_loss),
    "network": lambda: na.Network([na.Dense(1, "linear")], loss=own_loss),
    "layers": lambda: na.Network([na.Dense(1, OwnActivation())]),
}


class OwnActivation(na.ReLU):
    """A loss that files cannot hold."""


@pytest.mark.parametrize("name", UNWRITABLE)
def test_what_is_code_is_refused(name, path):
    path.write_text("before")
    with pytest.raises(ValueError, match=rf"{name}.* cannot be saved to a model file"):
        na.save(UNWRITABLE[name](), path)
    assert path.read_text() == "before"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.filterwarnings("ignore:the fit has ended:neuract.TrainingWarning")  # an output that is never negative
@pytest.mark.parametrize("name", ["loss", "learning_rate", "network", "layers"])
def test_and_stays_picklable(name, data, path):
    model = UNWRITABLE[name]().fit(*data)
    twin = pickled(model, path)
    assert_same_bits([twin.predict(data[0])], [model.predict(data[0])])
    twin.partial_fit(*data), model.partial_fit(*data)
    assert_same_bits([twin.predict(data[0])], [model.predict(data[0])])


def test_attributes_of_the_user_are_in_pickles(data, path):
    for model in (na.Network([na.Dense(1, "linear")]), na.MLPRegressor(max_iter=2)):
        model.fit(*data).note = {"by": "me"}
        for way in (pickled, lambda m, _: copy.deepcopy(m), lambda m, _: copy.copy(m)):
            assert way(model, path).note == {"by": "me"}
        assert not hasattr(reloaded(model, path), "note")


def test_callbacks_are_left_out_of_files_alone(data, path):
    model = na.MLPRegressor(max_iter=2, callbacks=[na.callbacks.EarlyStopping()]).fit(*data)
    assert reloaded(model, path).callbacks is None
    assert len(pickled(model, path).callbacks) == 1


class Subclass(na.MLPRegressor):
    def __init__(self, hidden_layer_sizes=(3,), own=None):
        super().__init__(hidden_layer_sizes=hidden_layer_sizes, max_iter=2)
        self.own = own


def test_subclasses_are_pickled(data, path):
    model = Subclass(own=own_loss).fit(*data)
    twin = pickled(model, path)
    assert type(twin) is Subclass
    assert twin.own is own_loss
    assert_same_bits([twin.predict(data[0])], [model.predict(data[0])])


def test_subclasses_with_other_parameters_are_not_saved(data, path):
    with pytest.raises(ValueError, match="the parameters of MLPRegressor, but Subclass has others; pickle it"):
        na.save(Subclass().fit(*data), path)
    assert not path.exists()


def test_only_models_are_saved(path):
    with pytest.raises(TypeError, match="must be a Network or an estimator of neuract, got 3"):
        na.save(3, path)


def test_what_is_too_large_for_a_header_is_refused(path):
    model = na.MLPClassifier((1,), max_iter=1).fit(np.eye(2), [0, 1])
    model.feature_names_in_ = np.array(["x" * 600_000, "y" * 600_000], object)
    with pytest.raises(ValueError, match="at most 1,048,576 bytes"):
        na.save(model, path)
    assert not path.exists()
    assert pickled(model, path).feature_names_in_[0] == model.feature_names_in_[0]


# ---- writing -----------------------------------------------------------------------------------

NET = na.Network([na.Dense(1, "linear")]).set_parameters([[[1.0]]])


def test_the_same_model_is_the_same_bytes(path):
    NET.save(path)
    first = path.read_bytes()
    for _ in range(5):
        NET.save(path)
        assert path.read_bytes() == first


@pytest.mark.skipif(os.name != "posix", reason="permissions and links are POSIX's")
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path):
    """0600, say: a report holds rows of X."""
    path, net = tmp_path / "model", na.Network([na.Dense(1)]).set_parameters([[[1.0]]])
    net.save(path)
    path.chmod(0o600)
    net.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="permissions and links are POSIX's")
def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path):
    before = os.umask(0o027)
    try:
        NET.save(tmp_path / "model")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "model").stat().st_mode) == 0o640


@pytest.mark.skipif(os.name != "posix", reason="permissions and links are POSIX's")
def test_a_link_stays_one(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder/model")
    NET.save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert na.load(tmp_path / "folder" / "model").predict([[2.0]]) == 2


@pytest.mark.parametrize("broken", ["fsync", "replace", "write"])
def test_a_failed_save_leaves_the_old_file_and_nothing_else(broken, path, monkeypatch):
    NET.save(path)
    before = path.read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    target = {"fsync": (os, "fsync"), "replace": (Path, "replace"), "write": (_atomic, "_write_through")}[broken]
    with monkeypatch.context() as patch:
        patch.setattr(*target, fail)
        with pytest.raises(OSError, match="No space"):
            NET.save(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_what_is_no_file_is_not_replaced(tmp_path):
    with pytest.raises(OSError, match="is not a regular file"):
        NET.save(tmp_path)
    with pytest.raises(OSError, match="is not a regular file"):
        NET.save("/dev/null")
    with pytest.raises(FileNotFoundError, match=r"no such folder: '.*nowhere'"):
        NET.save(tmp_path / "nowhere" / "model")


def test_parameters_that_load_would_refuse_are_not_saved(tmp_path):
    with pytest.raises(ValueError, match="alpha"):
        na.MLPRegressor(alpha=-1).save(tmp_path / "model.safetensors")
    assert not list(tmp_path.iterdir())
