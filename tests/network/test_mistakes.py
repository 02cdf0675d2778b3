# SPDX-License-Identifier: BSD-3-Clause
"""Mistakes in the description of a Network: the message names the thing and the remedy."""

import numpy as np
import pytest

import neuract as na

X = np.random.default_rng(0).normal(size=(20, 3))
Y = np.arange(20) % 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: na.Network(64, 32),
            r"one list, got 2 positional arguments; write Network\(\[Dense\(64\), Dense\(32\)\]\)",
        ),
        (lambda: na.Network(na.Dense(3), na.Dense(1)), r"write Network\(\[Dense\(3\), Dense\(1\)\]\)"),
        (lambda: na.Network([64, np.int64(2)]), r"write Network\(\[Dense\(64\), Dense\(2\)\]\)"),
        (lambda: na.Network(64), r"got 64; write Network\(\[Dense\(64\)\]\)"),
        (lambda: na.Network([na.Dense(1)], "log_loss"), "one list, got 2 positional arguments$"),
        (lambda: na.Network([na.Dense(1)], lr=0.1), "no parameter 'lr'; .*'lr' is called 'learning_rate' here"),
        (lambda: na.Network([na.Dense(1)], max_iter=3), "is called 'epochs' here"),
        (lambda: na.Network([na.Dense(1)], epoch=3), "Did you mean 'epochs'"),
        (lambda: na.Network([na.Dense(1, "softmax")]), r"always 1; use Dense\(1, 'sigmoid'\)"),
        (lambda: na.Network([na.Dense(1)], optimizer="rmsprop"), "neuract has no 'rmsprop'; 'adam' is the nearest"),
        (lambda: na.Network([na.Dense(1)], optimizer="AdamW"), "Did you mean 'adamw'"),
        (lambda: na.Network([na.Dense(1)], init="kaiming_normal"), "is called 'he_normal' here"),
        (lambda: na.Network([na.Dense(1)], dtype="f4"), "is called 'float32' here"),
        (lambda: na.Network([na.Dense(1)], dtype=int), "dtype must be one of 'float32', 'float64'"),
        (lambda: na.Network([na.Dense(1)], learning_rate="cosine"), r"callbacks=LearningRateSchedule\(…\)"),
        (lambda: na.Network([na.Dense(1)], verbose="yes"), "verbose must be True or False"),
        (lambda: na.Network([na.Dense(1)], shuffle="no"), "shuffle must be True or False"),
        (lambda: na.Network([na.Dense(1)], callbacks=na.callbacks.ProgressBar), r"write ProgressBar\(\)"),
        (lambda: na.Network([na.Dense(1)]).fit(X, None), "y must be given, got None"),
    ],
)
def test_the_message_says_what_to_write(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


@pytest.mark.parametrize("dtype", [np.float32, np.dtype("float32"), np.float64, np.dtype("float64")], ids=repr)
def test_a_dtype_of_numpy_is_accepted(dtype, tmp_path):
    net = na.Network([na.Dense(1)], dtype=dtype, epochs=1).fit(X, Y)
    net.save(tmp_path / "net")
    assert na.load(tmp_path / "net").dtype == net.dtype == np.dtype(dtype).name


def test_whole_numbers_of_numpy_are_accepted(tmp_path):
    whole = {name: np.int64(2) for name in ("batch_size", "epochs", "n_threads", "random_state")}
    net = na.Network([na.Dense(np.int8(4)), na.Dense(np.uint64(1))], verbose=np.False_, **whole).fit(X, Y)
    net.save(tmp_path / "net", state=True)
    np.testing.assert_array_equal(na.load(tmp_path / "net").predict(X), net.predict(X))


def test_one_callback_needs_no_list():
    heard = []
    net = na.Network([na.Dense(1)], epochs=2, callbacks=lambda network, epoch, logs: heard.append(epoch)).fit(X, Y)
    assert heard == [0, 1]
    net.callbacks = na.callbacks.EarlyStopping()
    assert len(net.fit(X, Y).history_["loss"]) == 2


@pytest.mark.parametrize(
    "labels", [["a", "b", None] * 2, ["a", "b", np.nan] * 2, np.array(["a", "b", 3.5] * 2, object)]
)
def test_labels_next_to_text_are_named(labels):
    with pytest.raises(ValueError, match=r"a label in each row; got .* in row 2, next to text"):
        na.Network([na.Dense(1, "sigmoid")]).fit(X[:6], labels)
