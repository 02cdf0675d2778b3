# SPDX-License-Identifier: BSD-3-Clause
"""Callbacks: the package's, with a Network and with the estimators, and scikit-learn's."""

import csv
import pickle
import sys
import types
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import neuract as na
from oracle.comparisons import assert_same_bits
from oracle.marks import shown


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 4))
    return X, X[:, 0] * X[:, 1] + 0.3 * rng.standard_normal(200)


@pytest.fixture(autouse=True)
def unconverged():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def regressor(*callbacks, **settings):
    settings = {"max_iter": 5, "random_state": 0, "hidden_layer_sizes": 8, "learning_rate_init": 0.01} | settings
    return na.MLPRegressor(callbacks=list(callbacks), **settings)


def network(*callbacks, **settings):
    settings = {"epochs": 5, "random_state": 0, "learning_rate": 0.01} | settings
    return na.Network([na.Dense(8), na.Dense(1, "linear")], callbacks=list(callbacks), **settings)


BOTH = pytest.mark.parametrize("make", [network, regressor])


class Recorder:
    def __init__(self, stop_after=None):
        self.calls, self.logs, self.stop_after = [], [], stop_after

    def on_fit_begin(self, network):
        self.calls.append("begin")

    def on_epoch_end(self, network, epoch, logs):
        self.calls.append(epoch)
        self.logs.append(logs)
        return epoch == self.stop_after

    def on_fit_end(self, network):
        self.calls.append("end")


# ---- the estimators' ---------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_estimators_tell_callbacks_which_can_stop_them(data, solver):
    recorder = Recorder(stop_after=1)
    with warnings.catch_warnings(action="error"):
        model = regressor(recorder, solver=solver).fit(*data)
    assert recorder.calls == ["begin", 0, 1, "end"]
    assert model.n_iter_ == 2
    if solver != "lbfgs":
        assert [logs["loss"] for logs in recorder.logs] == model.loss_curve_
    clone(model).set_params(callbacks=[recorder], warm_start=True).fit(*data).fit(*data)
    assert recorder.calls[4:] == ["begin", 0, 1, "end"] * 2


def test_logs_hold_what_is_known(data):
    recorder = Recorder()
    model = regressor(recorder, early_stopping=True, learning_rate="cosine").fit(*data)
    assert [logs["validation_loss"] for logs in recorder.logs] == model.validation_loss_curve_
    assert [logs["validation_score"] for logs in recorder.logs] == model.validation_scores_
    rates = [0.01 * na.schedules.Cosine().share(epoch, 5) for epoch in range(5)]
    assert [logs["learning_rate"] for logs in recorder.logs] == pytest.approx(rates)


def test_callbacks_that_only_look_change_nothing(data):
    recorder = Recorder()
    assert_same_bits(regressor(recorder).fit(*data).coefs_, regressor().fit(*data).coefs_)
    regressor(recorder).partial_fit(*data)
    assert len(recorder.calls) == 7, "partial_fit has no beginning, no end, and tells nobody"


def test_an_error_of_a_callback_leaves_the_model(data):
    def fail(network, epoch, logs):
        raise ZeroDivisionError

    model = regressor().fit(*data)
    before = model.network_
    with pytest.raises(ZeroDivisionError):
        model.set_params(callbacks=[fail]).fit(*data)
    assert model.network_ is before


@pytest.mark.parametrize("bad", [[3], "stop"])
def test_callbacks_that_are_none_are_refused(data, bad):
    with pytest.raises((TypeError, ValueError), match="callback"):
        na.MLPRegressor(callbacks=bad).fit(*data)


# ---- the ready ones ----------------------------------------------------------------------------------


@BOTH
def test_early_stopping_keeps_the_best_epoch(data, make):
    """A growing rate makes the loss fall and then rise."""
    grow = lambda net, epoch, logs: setattr(net, "learning_rate", 0.01 * 2.0**epoch)  # noqa: E731
    length = {"epochs": 40} if make is network else {"max_iter": 40}
    weights, losses = [], []

    def record(net, epoch, logs):
        weights.append(net.weights)
        losses.append(logs["loss"])

    stop = na.callbacks.EarlyStopping(patience=3)
    model = make(record, grow, stop, **length).fit(*data)
    best = int(np.argmin(losses))
    assert 0 < best == len(losses) - 4 < 30
    assert_same_bits(getattr(model, "network_", model).weights, weights[best])
    last = make(grow, na.callbacks.EarlyStopping(3, restore_best=False), **length).fit(*data)
    assert_same_bits(getattr(last, "network_", last).weights, weights[-1])


def test_early_stopping_by_a_score_wants_more(data):
    recorder = Recorder()
    stop = na.callbacks.EarlyStopping(patience=2, monitor="validation_score", min_delta=0.05)
    regressor(recorder, stop, early_stopping=True, max_iter=100, n_iter_no_change=100).fit(*data)
    scores = [logs["validation_score"] for logs in recorder.logs]
    best, waited = -np.inf, []
    for score in scores:
        waited.append(0 if score > best + 0.05 else waited[-1] + 1)
        best = max(best, score) if waited[-1] == 0 else best
    assert waited[-1] == 2
    assert max(waited[:-1]) == 1
    assert 5 < len(scores) < 100


def test_early_stopping_says_what_there_is(data):
    with pytest.raises(ValueError, match=r"monitor='accuracy'\): this fit logs only loss, learning_rate"):
        regressor(na.callbacks.EarlyStopping(monitor="accuracy")).fit(*data)
    for wrong in ({"patience": 0}, {"min_delta": -1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            na.callbacks.EarlyStopping(**wrong)


@BOTH
def test_csv_logger(data, make, tmp_path):
    recorder, path = Recorder(), tmp_path / "log.csv"
    logger = na.callbacks.CSVLogger(path)
    model = make(recorder, logger)
    for _ in range(2):
        model.fit(*data)
        names, *lines = list(csv.reader(path.read_text().splitlines()))
        assert names == ["epoch", *recorder.logs[0]]
        expected = [[epoch, *logs.values()] for epoch, logs in enumerate(recorder.logs[-5:])]
        assert [list(map(float, line)) for line in lines] == expected
    make(na.callbacks.CSVLogger(str(path), append=True)).fit(*data)
    lines = path.read_text().splitlines()
    assert len(lines) == 11
    assert lines[1:6] == lines[6:]


@BOTH
@pytest.mark.parametrize("schedule", ["cosine", na.schedules.WarmUp(3), lambda epoch: 0.03 / (epoch + 1)], ids=shown)
def test_learning_rate_schedule(data, make, schedule):
    model = make(na.callbacks.LearningRateSchedule(schedule)).fit(*data)
    scheduled = regressor(learning_rate=schedule).fit(*data)
    if make is regressor:
        assert_same_bits(model.coefs_, scheduled.coefs_)
        return
    assert model.learning_rate == 0.01
    by_hand, rates = network(shuffle=False), []
    recorder = lambda net, epoch, logs: rates.append(net.learning_rate)  # noqa: E731
    model = network(na.callbacks.LearningRateSchedule(schedule), recorder, shuffle=False).fit(*data)
    first = schedule(0) if callable(schedule) else 0.01 * na.schedules.schedule(schedule).share(0, 5)
    for rate in [first, *rates[:-1]]:
        by_hand.learning_rate = rate
        by_hand.partial_fit(*data)
    assert_same_bits(by_hand.weights, model.weights)


@pytest.mark.parametrize("bad", [3, "adaptive"])
def test_learning_rate_schedules_that_are_refused(bad):
    with pytest.raises((TypeError, ValueError), match="schedule"):
        na.callbacks.LearningRateSchedule(bad)


@BOTH
def test_progress_bar(data, make, monkeypatch):
    shown = []

    class Bar:
        def __init__(self, total, unit):
            shown.append((total, unit))

        def set_postfix(self, numbers, refresh):
            shown.append(numbers["loss"])

        def update(self, n):
            shown.append(n)

        def close(self):
            shown.append("closed")

    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", types.SimpleNamespace(tqdm=Bar))
    bar, recorder = na.callbacks.ProgressBar(), Recorder()
    make(bar, recorder).fit(*data)
    steps = [part for logs in recorder.logs for part in (f"{logs['loss']:.4g}", 1)]
    assert shown == [(5, "epoch"), *steps, "closed"]
    pickle.loads(pickle.dumps(bar))
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match="pip install tqdm"):
        make(bar).fit(*data)


def test_a_fit_that_fails_closes_its_progress_bar_which_can_be_copied(data, monkeypatch):
    class Bar:
        def __init__(self, total, unit):
            self.stream = sys.stderr  # it cannot be copied

        def set_postfix(self, numbers, refresh):
            raise OSError("the terminal is gone")

        def close(self):
            closed.append(self)

    closed = []
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", types.SimpleNamespace(tqdm=Bar))
    model = regressor(na.callbacks.ProgressBar())
    with pytest.raises(OSError, match="terminal"):
        model.fit(*data)
    assert len(closed) == 1
    assert repr(clone(model).callbacks) == repr(pickle.loads(pickle.dumps(model)).callbacks) == "[ProgressBar()]"


# ---- scikit-learn's --------------------------------------------------------------------------------


class Listener:
    """Follows scikit-learn's protocol."""

    def __init__(self, stop_after=None):
        self.calls, self.stop_after, self.scores, self.fitted = [], stop_after, [], []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
        self.calls.append(("end", context.task_name, context.task_id))
        self.fitted.append(fitted_estimator)
        self.scores.append(fitted_estimator.score(X, y, **(metadata or {})))
        return context.task_id == self.stop_after


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_scikit_learns_callbacks_hear_of_every_epoch(data, solver):
    pytest.importorskip("sklearn.callback", reason="came with scikit-learn 1.9")
    listener, weights = Listener(stop_after=2), np.linspace(0.5, 2, 200)
    model = regressor(solver=solver, max_iter=20).set_callbacks(listener).fit(*data, weights)
    epochs = [(when, "epoch", number) for number in range(3) for when in ("begin", "end")]
    assert listener.calls == ["setup", ("begin", "fit", 0), *epochs, ("end", "fit", 0), "teardown"]
    assert model.n_iter_ == 3
    assert len(set(listener.scores)) == 3
    assert listener.scores == [fitted.score(*data, weights) for fitted in listener.fitted], (
        "what it kept went on learning"
    )
    assert listener.scores[-1] == listener.scores[-2] == model.score(*data, weights)


def test_scikit_learns_callbacks_are_torn_down_after_an_error(data):
    pytest.importorskip("sklearn.callback", reason="came with scikit-learn 1.9")
    listener = Listener()
    model = regressor().set_callbacks(listener)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full((3, 2), np.nan), np.zeros(3))
    assert listener.calls == ["setup", ("begin", "fit", 0), "teardown"]
    assert model.fit(*data).n_iter_ == 5
    calls = len(listener.calls)
    model.partial_fit(*data)
    assert len(listener.calls) == calls


def test_scikit_learns_scoring_monitor(data):
    callback = pytest.importorskip("sklearn.callback", reason="came with scikit-learn 1.9")
    monitor = callback.ScoringMonitor(scoring="r2")
    X, y = data
    pipeline = make_pipeline(StandardScaler(), regressor().set_callbacks(monitor)).fit(X, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert [row["task_id"] for row in rows] == [0, 1, 2, 3, 4]
    assert rows[-1]["r2"] == pytest.approx(pipeline.score(X, y))


def test_scikit_learns_progress_bar(data, capsys):
    callback = pytest.importorskip("sklearn.callback", reason="came with scikit-learn 1.9")
    pytest.importorskip("rich")
    regressor().set_callbacks(callback.ProgressBar()).fit(*data)
    assert "MLPRegressor" in capsys.readouterr().out


def test_estimators_do_without_scikit_learns_callbacks(data, monkeypatch):
    """As with scikit-learn 1.6 to 1.8: the same model, and warnings that point to the user's line."""
    expected = regressor().fit(*data).coefs_
    modules = [name for name in sys.modules if name.split(".")[0] == "neuract" and "core" not in name]
    for name in modules:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn.callback", None)
    monkeypatch.setitem(sys.modules, "skl2onnx", None)  # whose tables would keep these second classes
    monkeypatch.setattr(sys, "meta_path", sys.meta_path.copy())
    from neuract.estimators import MLPRegressor

    model = MLPRegressor(**regressor().get_params())
    assert not hasattr(model, "set_callbacks")
    with pytest.warns(ConvergenceWarning) as caught:
        model.fit(*data)
    assert caught[0].filename == __file__
    assert_same_bits(model.coefs_, expected)


# ---- Checkpoint --------------------------------------------------------------------------------


def test_checkpoint_of_a_network_is_its_last_epoch(data, tmp_path):
    path, kept = tmp_path / "model.safetensors", []
    keep = na.callbacks.Checkpoint(path, every=2, state=True)
    record = lambda net, epoch, logs: kept.append(net.predict(data[0]))  # noqa: E731
    net = na.Network([na.Dense(4), na.Dense(1, "linear")], epochs=5, random_state=0, callbacks=[keep, record])
    net.fit(*data)
    saved = na.load(path)
    assert isinstance(saved, na.Network)
    assert len(saved.history_["loss"]) == 4
    np.testing.assert_array_equal(saved.predict(data[0]), kept[3])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}, {"solver": "lbfgs"}], ids=str)
def test_checkpoint_of_an_estimator_is_the_estimator(settings, data, tmp_path):
    path, scores = tmp_path / "model.safetensors", []
    X, y = data

    def score(network, epoch, logs):
        scores.append(na.load(path).score(X, y))

    keep = na.callbacks.Checkpoint(path)
    model = na.MLPRegressor(max_iter=4, random_state=0, callbacks=[keep, score], **settings).fit(X, y)
    saved = na.load(path)
    assert isinstance(saved, na.MLPRegressor)
    assert saved.n_iter_ == model.n_iter_ == len(scores)
    assert scores[-1] == saved.score(X, y) != scores[0]
    assert saved.get_params() == {**model.get_params(), "callbacks": None}
    if not settings:
        assert saved.loss_curve_ == model.loss_curve_
    assert model.network_._learner.model_in_training() is None, "the fit is over"


def test_checkpoint_keeps_the_best(data, tmp_path):
    path, losses = tmp_path / "model.safetensors", iter([3.0, 1.0, 2.0, 0.5])
    keep = na.callbacks.Checkpoint(path, save_best_only=True, monitor="loss")
    net = na.Network([na.Dense(1, "linear")], epochs=1, random_state=0).fit(*data)
    keep.on_fit_begin(net)
    written = []
    for loss in losses:
        path.unlink(missing_ok=True)
        keep.on_epoch_end(net, 0, {"loss": loss})
        written.append(path.exists())
    assert written == [True, True, False, True]
    keep.on_fit_begin(net)
    keep.on_epoch_end(net, 0, {"loss": 9.0})  # a new fit, a new best
    with pytest.raises(ValueError, match=r"Checkpoint\(monitor='loss'\): this fit logs only score"):
        keep.on_epoch_end(net, 0, {"score": 9.0})


def test_checkpoint_says_at_once_what_it_cannot_save(data, tmp_path):
    def own(y_true, y_pred):
        raise AssertionError("training has begun")

    keep = na.callbacks.Checkpoint(tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="cannot be saved to a model file"):
        na.Network([na.Dense(1, "linear")], loss=own, callbacks=[keep]).fit(*data)


@pytest.mark.parametrize("settings", [{"every": 0}, {"every": 1.5}, {"state": 1}, {"save_best_only": "yes"}])
def test_checkpoint_refuses_wrong_settings(settings):
    with pytest.raises((TypeError, ValueError), match=next(iter(settings))):
        na.callbacks.Checkpoint("model", **settings)


def test_shown_as_they_are_made():
    shown = "EarlyStopping(patience=3, min_delta=0.1, monitor='validation_loss', restore_best=False)"
    assert repr(eval(shown, vars(na.callbacks))) == shown
    assert repr(na.callbacks.ProgressBar()) == "ProgressBar()"


# ---- fits that fail ------------------------------------------------------------------------------


def test_callbacks_hear_of_the_end_of_a_fit_that_fails(data):
    recorder = Recorder()
    schedule = na.callbacks.LearningRateSchedule(lambda epoch: 0.1 if epoch < 2 else 1e30)
    net = na.Network([na.Dense(1)], optimizer="sgd", learning_rate=0.1, epochs=10, random_state=0)
    net.callbacks = [schedule, recorder]
    with pytest.raises(na.DivergedError):
        net.fit(*data)
    assert net.learning_rate == 0.1
    assert recorder.calls[-1] == "end"


def test_only_callbacks_that_heard_of_the_begin_hear_of_the_end(data):
    class Broken:
        def on_fit_begin(self, network):
            raise KeyError("broken")

    first, third = Recorder(), Recorder()
    with pytest.raises(KeyError):
        na.Network([na.Dense(1)], callbacks=[first, Broken(), third]).fit(*data)
    assert first.calls == ["begin", "end"]
    assert third.calls == []


@pytest.mark.parametrize("numbers", [[np.nan] * 3, [-np.inf, np.nan, -np.inf]])
def test_early_stopping_takes_no_number_that_is_not_finite_for_the_best(numbers):
    stop, net = na.callbacks.EarlyStopping(patience=3, monitor="score"), na.Network([na.Dense(1)])
    stop.on_fit_begin(net)
    assert [stop.on_epoch_end(net, 0, {"score": number}) for number in numbers] == [False, False, True]
    stop.on_fit_end(net)  # it has nothing to restore


def test_checkpoint_saves_no_best_where_the_number_is_not_finite(data, tmp_path):
    keep = na.callbacks.Checkpoint(tmp_path / "model.safetensors", save_best_only=True, monitor="score")
    keep.on_epoch_end(na.Network([na.Dense(1)]), 0, {"score": np.nan})
    assert not keep.path.exists()


def test_checkpoint_looks_for_its_folder_when_the_fit_begins(data):
    keep = na.callbacks.Checkpoint("no/such/model.safetensors", every=50)
    with pytest.raises(FileNotFoundError, match="no such folder: 'no/such'"):
        regressor(keep).fit(*data)


def test_checkpoint_that_fails_later_warns_and_training_goes_on(data, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("neuract.files._format.write_atomically", full)
    with pytest.warns(na.TrainingWarning, match="could not save epoch .; training continues: .*No space left"):
        net = na.Network([na.Dense(1)], epochs=2, callbacks=[na.callbacks.Checkpoint(tmp_path / "model")]).fit(*data)
    assert len(net.history_["loss"]) == 2


def test_csv_logger_adds_no_rows_of_other_columns(data, tmp_path):
    log = na.callbacks.CSVLogger(tmp_path / "log.csv", append=True)
    net = na.Network([na.Dense(1)], epochs=1, callbacks=[log]).fit(*data)
    net.fit(*data)
    before = log.path.read_text()
    assert before.splitlines()[0] == "epoch,loss"
    assert len(before.splitlines()) == 3
    with pytest.raises(ValueError, match="has the columns epoch, loss, but this fit logs epoch, loss, learning_rate"):
        regressor(log).fit(*data)
    assert log.path.read_text() == before
