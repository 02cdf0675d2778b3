# SPDX-License-Identifier: BSD-3-Clause
"""The network against the oracle: predictions, training, refused arguments."""

import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.neural_network import MLPRegressor

import neuract as na
from neuract.training._session import shuffled
from oracle import reference as ref
from oracle.comparisons import assert_same, assert_same_bits
from oracle.twins import loss_object, parameters, twin

# Around the tiles of 6 outputs, the panels of 8 and 16, and the blocks of 8 and 16 rows.
WIDTHS = [1, 2, 5, 6, 7, 12, 13, 15, 16, 17, 33, 70]
ROWS = [1, 2, 7, 8, 15, 16, 17, 33, 200, 1500]
EPS = {"float32": 2.0**-23, "float64": 2.0**-52}
SQUARED = ref.Loss("squared_error")

widths = pytest.mark.parametrize("width", WIDTHS)
dtypes = pytest.mark.parametrize("dtype", EPS)


def seeded(seed=0):
    return np.random.RandomState(seed)


def layers_of_width(width, n_hidden=2):
    """Networks with the width's neighbours as inputs and outputs, so that every size has every role."""
    activations = [*["relu", "tanh", "sigmoid"][:n_hidden], "linear"]
    units = [*[width, width + 1, width][:n_hidden], max(1, width - 1)]
    layers = ref.glorot(width, units, activations, seeded(width))
    if n_hidden:
        layers[0].threshold = 0.1
    if n_hidden > 1:
        layers[1].threshold = np.linspace(-0.5, 0.5, width + 1)
    return layers


# Forward.


@widths
@dtypes
@pytest.mark.parametrize("n_hidden", [0, 1, 3])
def test_forward_and_predict(width, dtype, n_hidden, rng):
    """Protects every remainder: outputs in a tile, inputs in a chunk, rows in a block."""
    layers = layers_of_width(width, n_hidden)
    net = twin(layers, SQUARED, dtype)
    tolerance = 50 * EPS[dtype] * np.sqrt(width)
    for rows in ROWS:
        x = rng.normal(size=(rows, width)).astype(dtype)
        outputs, fired = net.forward(x), net.fired(x)
        # Layer by layer, each from the package's outputs below it: a neuron next to its threshold may fire or not by
        # rounding, which must not affect the comparison of the layers above it.
        for layer, below, y, fires in zip(layers, [x, *outputs], outputs, fired, strict=False):
            desired = layer.f(layer.z(below.astype(float)))
            assert (y.dtype, y.shape, fires.dtype) == (dtype, desired.shape, bool)
            if layer.threshold is None:
                np.testing.assert_array_equal(fires, y != 0)
            else:
                clear = np.abs(desired - layer.threshold) > tolerance
                np.testing.assert_array_equal(fires[clear], layer.passes(desired)[clear])
            np.testing.assert_allclose(y, desired * (fires | (y != 0)), rtol=0, atol=tolerance)
        assert net.predict(x).tobytes() == outputs[-1].tobytes()


@dtypes
def test_wide_layer_has_the_same_bits_and_values(dtype, rng):
    """Protects the chunks of inputs: partial sums of wide layers keep order and bits."""
    layers = ref.glorot(1000, [577, 3], ["relu", "linear"], seeded())
    net, x = twin(layers, SQUARED, dtype), rng.normal(size=(50, 1000)).astype(dtype)
    desired = ref.forward(layers, x.astype(float))[-1]
    np.testing.assert_allclose(net.predict(x), desired, rtol=0, atol=2000 * EPS[dtype])
    for i in (0, 31, 49):
        assert net.predict(x[i : i + 1])[0].tobytes() == net.predict(x)[i].tobytes()


def test_zero_fires_where_the_threshold_allows_it():
    """Protects the definition of firing: y >= threshold, or y != 0 without a threshold."""
    x = np.array([[-1.0], [0.0], [1.0]])
    for threshold, desired in ((None, [0, 0, 1]), (0.0, [1, 1, 1]), (1.0, [0, 0, 1])):
        hidden = ref.Layer(np.eye(1), np.zeros(1), "relu", threshold=threshold)
        output = ref.Layer(np.eye(1), np.zeros(1), "linear", 1.0)
        fired = twin([hidden, output], SQUARED).fired(x)[0]
        np.testing.assert_array_equal(fired.ravel(), np.array(desired, bool))


def test_slopes_counts_and_summary():
    layers = ref.glorot(4, [5, 3, 2], ["prelu", "tanh", "linear"], seeded())
    layers[0].parameter = np.linspace(-0.2, 0.2, 5)
    layers[0].threshold = 0.125
    net = twin(layers, SQUARED)
    np.testing.assert_array_equal(net.slopes[0], layers[0].slopes)
    assert net.slopes[1:] == [None, None]
    assert net.n_parameters == 4 * 5 + 5 + 5 + 5 * 3 + 3 + 3 * 2 + 2
    for word in ("tanh", "0.125", str(net.n_parameters)):
        assert word in str(net.summary()).lower()


# Training.


@pytest.mark.parametrize("hidden", ["relu", "sigmoid", "prelu"])
@pytest.mark.parametrize("units", [[3], [7, 3], [8, 5, 3]], ids=str)
@dtypes
def test_initial_weights(hidden, units, dtype, rng):
    """Protects the promise that a seed gives scikit-learn's weights: bound, factor and order."""
    x, y = rng.normal(size=(20, 4)), rng.normal(size=(20, 3))
    activations = [hidden] * (len(units) - 1) + ["linear"]
    dense = [na.Dense(n, f) for n, f in zip(units, activations, strict=True)]
    # With a learning rate below every weight's last bit the initial weights remain.
    settings = {"optimizer": na.SGD(), "learning_rate": 1e-30, "epochs": 1, "dtype": dtype}
    net = na.Network(dense, random_state=5, **settings).fit(x, y)
    layers = ref.glorot(4, units, activations, seeded(5))
    for actual, layer in zip(net.weights, layers, strict=True):
        np.testing.assert_array_equal(actual, layer.weights.astype(dtype))
    for actual, layer in zip(net.biases, layers, strict=True):
        np.testing.assert_array_equal(actual, layer.biases.astype(dtype))


@pytest.mark.parametrize("hidden", ["relu", "logistic"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_trains_as_scikit_learn(hidden, optimizer, rng):
    """Protects the whole chain, from seed to trained weight, against another implementation."""
    x, y = rng.normal(size=(50, 4)), rng.normal(size=(50, 2))
    settings = {"alpha": 0.3, "batch_size": 16, "random_state": 3}
    theirs = MLPRegressor(hidden_layer_sizes=(7, 5), activation=hidden, solver=optimizer, max_iter=4, **settings)
    with pytest.warns(ConvergenceWarning):
        theirs.fit(x, y)
    dense = [na.Dense(7, hidden), na.Dense(5, hidden), na.Dense(2, "linear")]
    settings |= {"optimizer": optimizer, "learning_rate": 1e-3, "epochs": 4, "dtype": "float64"}
    ours = na.Network(dense, **settings).fit(x, y)
    assert_same(ours.weights, theirs.coefs_, 1e-10)
    assert_same(ours.biases, theirs.intercepts_, 1e-10)


@pytest.mark.parametrize("bits", [np.random.MT19937, np.random.PCG64])
@pytest.mark.parametrize("rows", [1, 2, 3, 64, 65, 66, 130, 5000])
def test_orders_are_numpys_and_leave_the_generator_where_numpys_would(rows, bits):
    """Protects the batches, scikit-learn's, and the random numbers after them."""
    ours, theirs = (np.random.RandomState(bits(3)) for _ in range(2))
    order, wanted = shuffled(ours, rows), np.arange(rows)
    for _ in range(3):
        order.shuffle()
        theirs.shuffle(wanted)
        np.testing.assert_array_equal(order.numbers, wanted)
    assert ours.random_sample() == theirs.random_sample()


def test_more_rows_than_an_order_can_number_are_refused():
    """Protects against orders that silently omit rows."""
    with pytest.raises(ValueError, match="4,294,967,296 rows can be shuffled, got 4,294,967,297; set shuffle=False"):
        shuffled(seeded(), 2**32 + 1)


def test_epochs_that_the_core_runs_at_once_are_those_that_somebody_hears_of(rng):
    x, y = rng.normal(size=(50, 4)), rng.normal(size=(50, 2))
    at_once, one_by_one = (
        na.Network([na.Dense(9, dropout=0.2), na.Dense(2, "linear")], epochs=7, random_state=0, callbacks=callbacks)
        for callbacks in (None, [lambda network, epoch, logs: None])
    )
    for _ in range(2):
        at_once.fit(x, y).partial_fit(x, y)
        one_by_one.fit(x, y).partial_fit(x, y)
    assert at_once.history_ == one_by_one.history_
    assert len(at_once.history_["loss"]) == 8
    np.testing.assert_equal(at_once.weights, one_by_one.weights)


@pytest.mark.parametrize("optimizer", ref.OPTIMIZERS.values(), ids=ref.OPTIMIZERS)
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    "penalties",
    [{}, {"alpha": 0.5}, {"l1": 0.7}, {"max_grad_norm": 0.3}, {"alpha": 0.2, "l1": 0.4, "max_grad_norm": 1.2}],
    ids=str,
)
@pytest.mark.parametrize("shared", [False, True], ids=["per neuron", "shared"])
@pytest.mark.parametrize("shuffle", [False, True], ids=["in order", "shuffled"])
def test_three_epochs_equal_the_oracles(optimizer, weighted, penalties, shared, shuffle, rng):
    """Protects training as a whole: batches, their order, the short last one, every update."""
    rows, batch_size = 50, 16
    x, y = rng.normal(size=(rows, 4)), rng.normal(size=(rows, 2))
    sample_weight = rng.uniform(0.1, 2, rows) if weighted else None
    activations, thresholds = ["prelu", "tanh", "linear"], [0.05, [-0.5, -0.1, 0, 0.1, 0.3], None]
    random = seeded(7)
    layers = ref.glorot(4, [9, 5, 2], activations, random)
    layers[0].parameter = np.full(1 if shared else 9, -0.125)
    for layer, threshold in zip(layers, thresholds, strict=True):
        layer.threshold = threshold
    dense = [
        na.Dense(9, na.PReLU(-0.125, shared=shared), threshold=thresholds[0]),
        na.Dense(5, "tanh", threshold=thresholds[1]),
        na.Dense(2, "linear"),
    ]
    kind = na.optimizers.OPTIMIZERS[optimizer["name"]]
    net = na.Network(
        dense,
        loss="squared_error",
        optimizer=kind(**{k: v for k, v in optimizer.items() if k != "name"}),
        learning_rate=0.01,
        batch_size=batch_size,
        epochs=3,
        shuffle=shuffle,
        dtype="float64",
        random_state=7,
        **penalties,
    ).fit(x, y, sample_weight)
    stepper, order, losses = ref.Optimizer(**optimizer, learning_rate=0.01), np.arange(rows), []
    for _ in range(3):
        order = order[random.permutation(rows)] if shuffle else order
        arguments = (layers, SQUARED, stepper, x, y, order, batch_size, sample_weight)
        losses.append(ref.epoch(*arguments, **penalties))
    assert_same(net.weights, [layer.weights for layer in layers], 1e-10)
    assert_same(net.biases, [layer.biases for layer in layers], 1e-10)
    assert_same(net.slopes, [layer.slopes for layer in layers], 1e-10)
    np.testing.assert_allclose(net.history_["loss"], losses, rtol=1e-10)


def small(**settings):
    """An unfitted network with every feature that could depend on threads, order or state."""
    dense = [na.Dense(20, "relu", dropout=0.2), na.Dense(17, "prelu", threshold=0.1)]
    defaults = {"random_state": 0, "epochs": 3, "batch_size": 32}
    return na.Network([*dense, na.Dense(2, "linear")], **defaults | settings)


@pytest.fixture
def data(rng):
    x = rng.normal(size=(150, 6))
    return x, np.stack([x[:, 0] * x[:, 1], np.sin(x[:, 2])], axis=1)


@dtypes
def test_a_norm_that_is_never_reached_changes_no_bit(dtype, data):
    """Protects clipping's third phase: gradients summed before the optimizer equal those summed in it."""
    plain = parameters(small(dtype=dtype, alpha=0.1).fit(*data))
    assert_same_bits(parameters(small(dtype=dtype, alpha=0.1, max_grad_norm=1e30).fit(*data)), plain)


@dtypes
def test_the_norm_bounds_a_step(dtype, rng):
    """Protects against gradients whose squares overflow float32, in batches of several chunks."""
    x, y = 1e22 * rng.normal(size=(1500, 6)), rng.normal(size=1500)
    layers = ref.glorot(6, [40, 1], ["relu", "linear"], seeded())
    settings = {"optimizer": na.SGD(0, False), "learning_rate": 1.0, "batch_size": 1500}
    net = twin(layers, ref.Loss("absolute_error"), dtype, max_grad_norm=0.125, **settings)
    before = parameters(net)
    net.partial_fit(x, y)
    moved = sum(((a - b) ** 2).sum() for a, b in zip(parameters(net), before, strict=True) if a is not None)
    assert np.sqrt(moved) == pytest.approx(0.125, rel=1e-5)


def test_l1_makes_useless_weights_small(rng):
    x = rng.normal(size=(100, 20))
    y = x[:, 0] + rng.normal(size=100)
    small_weights = []
    for l1 in (0, 30):
        net = na.Network([na.Dense(1, "linear")], l1=l1, learning_rate=0.01, epochs=500, random_state=0).fit(x, y)
        small_weights.append((np.abs(net.weights[0]) < 0.01).sum())
    assert small_weights[0] < 6
    assert small_weights[1] > 15


def test_fit_starts_afresh_and_a_seed_repeats(data):
    net = small()
    first = parameters(net.fit(*data))
    assert_same_bits(parameters(net.fit(*data)), first)
    assert_same_bits(parameters(small().fit(*data)), first)
    assert not np.array_equal(parameters(small(random_state=1).fit(*data))[0], first[0])
    assert len(net.history_["loss"]) == 3


def test_partial_fit_keeps_state(data):
    """Protects momentum and step counts between passes: three passes equal a fit of 3 epochs."""
    net = small(shuffle=False)
    for _ in range(3):
        assert net.partial_fit(*data) is net
    whole = small(shuffle=False).fit(*data)
    assert_same_bits(parameters(net), parameters(whole))


def test_it_learns(data):
    dense = [na.Dense(32), na.Dense(2, "linear")]
    net = na.Network(dense, epochs=100, learning_rate=0.01, batch_size=32, random_state=0)
    losses = net.fit(*data).history_["loss"]
    assert losses[-1] < 0.25 * losses[0]


def test_loss_is_the_mean_of_what_predict_misses(data):
    x, y = data
    net = small(dtype="float64", alpha=1.0).fit(x, y)
    assert net.loss(x, y) == pytest.approx(((net.predict(x) - y) ** 2).sum() / 2 / len(x), rel=1e-13)


def test_doubled_weight_is_a_doubled_row(data):
    """Protects sample_weight: a row of weight n counts as n rows, and a row of weight 0 does not count."""
    x, y = data[0][:40], data[1][:40]
    weight = np.arange(40) % 3
    repeated = np.repeat(np.arange(40), weight)
    layers = ref.glorot(6, [7, 2], ["tanh", "linear"], seeded())
    weighted, doubled = (twin(layers, SQUARED, shuffle=False, batch_size=n) for n in (40, len(repeated)))
    weighted.partial_fit(x, y, weight)
    doubled.partial_fit(x[repeated], y[repeated])
    assert_same(parameters(weighted), parameters(doubled))


# Dropout.


def test_no_dropout_equals_dropout_zero(data):
    make = lambda **dropout: na.Network(  # noqa: E731
        [na.Dense(9, "relu", **dropout), na.Dense(2, "linear")], random_state=0, epochs=2
    )
    assert_same_bits(parameters(make(dropout=0.0).fit(*data)), parameters(make().fit(*data)))


def test_dropout_drops_its_share_and_scales_the_rest():
    """Protects the mean: y is kept with probability 1 - p, p rounded to a multiple of 2**-16, and divided by it.

    One row x = 1, hidden y = 1, output 0, target -1, learning rate 1: after a step each output
    weight is minus the value that its hidden neuron passed on.
    """
    units, p = 4000, 0.2
    sgd = na.SGD(momentum=0.0, nesterov=False)
    dense = [na.Dense(units, "linear", dropout=p), na.Dense(1, "linear")]
    net = na.Network(dense, optimizer=sgd, learning_rate=1.0, dtype="float64", random_state=0)
    net.set_parameters([np.ones((1, units)), np.zeros((units, 1))], [np.zeros(units), np.zeros(1)])
    net.partial_fit(np.ones((1, 1)), np.array([-1.0]))
    passed_on = -net.weights[1].ravel()
    dropped = np.isclose(passed_on, 0)
    np.testing.assert_allclose(passed_on[~dropped], 1 / (1 - round(p * 2**16) / 2**16), rtol=1e-12)
    four_sigma = 4 * np.sqrt(p * (1 - p) / units)
    assert abs(dropped.mean() - p) < four_sigma
    assert abs(dropped[1:][dropped[:-1]].mean() - p) < four_sigma / np.sqrt(p)


def test_predict_drops_nothing(data):
    net = small(dtype="float64").fit(*data)
    layers = [
        ref.Layer(net.weights[0], net.biases[0], "relu"),
        ref.Layer(net.weights[1], net.biases[1], "prelu", net.slopes[1], threshold=0.1),
        ref.Layer(net.weights[2], net.biases[2], "linear", 1.0),
    ]
    assert_same([net.predict(data[0])], [ref.forward(layers, data[0])[-1]])


# Losses and their outputs.


@pytest.mark.parametrize(
    ("activation", "loss"),
    [
        *((name, "squared_error") for name in ("linear", "tanh", "relu", "leaky_relu", "prelu")),
        *(("sigmoid", "log_loss"), ("softmax", "log_loss"), ("exponential", "poisson")),
    ],
)
def test_default_loss(activation, loss, rng):
    """Protects the default loss, which follows the output."""
    x, y = rng.normal(size=(30, 4)), rng.integers(0, 2, (30, 2))
    y = y[:, 0] if activation == "softmax" else y
    settings = {"random_state": 0, "epochs": 2, "dtype": "float64"}
    dense = [na.Dense(5), na.Dense(2, activation)]
    default = na.Network(dense, **settings).fit(x, y)
    named = na.Network(dense, loss=loss, **settings).fit(x, y)
    assert_same_bits(parameters(default), parameters(named))


@pytest.mark.parametrize("name", ["squared_error", "absolute_error", "huber", "quantile", "poisson"])
def test_loss_names_are_their_objects(name, data):
    x, y = data[0], np.abs(data[1])
    output = "exponential" if name == "poisson" else "linear"
    parameter = {"huber": 1.0, "quantile": 0.5}.get(name)
    by_name, by_object = (
        na.Network([na.Dense(5), na.Dense(2, output)], loss=loss, random_state=0, epochs=2).fit(x, y)
        for loss in (name, loss_object(ref.Loss(name, parameter)))
    )
    assert_same_bits(parameters(by_name), parameters(by_object))


@pytest.mark.parametrize("column", [False, True])
def test_several_quantiles_are_learned_as_each_alone(column, data):
    """Protects the parameter of each output; y has one column for all of them."""
    x, y, q = data[0], data[1][:, :1] if column else data[1][:, 0], (0.1, 0.5, 0.9)

    def trained(loss, units):
        net = na.Network([na.Dense(units, "linear")], loss=loss, shuffle=False, batch_size=10, dtype="float64")
        return net.set_parameters([np.zeros((x.shape[1], units))]).partial_fit(x, y).weights[0]

    together = trained(na.Quantile(q), 3)
    for k in range(3):
        np.testing.assert_allclose(together[:, [k]], trained(na.Quantile(q[k]), 1), rtol=1e-12)


# Refused arguments. Each message names the argument's value and the accepted ones.

REFUSED_NETWORKS = {
    "threshold on output": (
        [na.Dense(3), ("linear", {"threshold": 0.5})],
        {},
        ["threshold", "output"],
    ),
    "softmax inside": ([na.Dense(3, "softmax"), ("linear", {})], {}, ["softmax", "output layer"]),
    "softmax regression": ([("softmax", {})], {"loss": "squared_error"}, ["softmax", "log_loss"]),
    "linear likelihood": ([("linear", {})], {"loss": "log_loss"}, ["linear", "sigmoid", "softmax"]),
    "linear poisson": ([("linear", {})], {"loss": "poisson"}, ["linear", "exponential", "sigmoid"]),
    "linear gamma": ([("linear", {})], {"loss": "gamma"}, ["gamma", "Linear", "exponential"]),
    "sigmoid gamma": ([("sigmoid", {})], {"loss": "gamma"}, ["gamma", "Sigmoid", "exponential"]),
    "linear focal": ([("linear", {})], {"loss": na.Focal(1)}, ["focal", "Linear", "sigmoid", "softmax"]),
    "quantiles without outputs": (
        [("linear", {})],
        {"loss": na.Quantile((0.1, 0.5, 0.9))},
        ["(0.1, 0.5, 0.9)", "3 neurons", "it has 2"],
    ),
    "unknown loss": ([("linear", {})], {"loss": "sqared"}, ["sqared", "squared_error", "quantile"]),
    "unknown optimizer": ([("linear", {})], {"optimizer": "adm"}, ["adm", "adam", "sgd", "adamw"]),
    "no layers": ([], {}, ["layer"]),
    "not a layer": ([5, ("linear", {})], {}, ["5", "Dense"]),
    "dtype": ([("linear", {})], {"dtype": "float16"}, ["float16", "float32", "float64"]),
    "batch_size": ([("linear", {})], {"batch_size": 0}, ["batch_size", "0"]),
    "epochs": ([("linear", {})], {"epochs": -2}, ["epochs", "-2"]),
    "learning_rate": ([("linear", {})], {"learning_rate": -0.5}, ["learning_rate", "-0.5"]),
    "alpha": ([("linear", {})], {"alpha": -0.25}, ["alpha", "-0.25"]),
    "l1": ([("linear", {})], {"l1": -0.25}, ["l1", "-0.25"]),
    "max_grad_norm": ([("linear", {})], {"max_grad_norm": 0}, ["max_grad_norm", "> 0"]),
    "l1 and lbfgs": ([("linear", {})], {"l1": 0.25, "optimizer": "lbfgs"}, ["smooth", "l1=0.25"]),
    "norm and lbfgs": ([("linear", {})], {"max_grad_norm": 1, "optimizer": "lbfgs"}, ["max_grad_norm=1", "lbfgs"]),
    "n_threads": ([("linear", {})], {"n_threads": 0}, ["n_threads", "0"]),
    "rate and lbfgs": ([("linear", {"rate": 0.5})], {"optimizer": "lbfgs"}, ["lbfgs", "learning rate"]),
}


def assert_says(error, words):
    for word in words:
        assert word.lower() in str(error.value).lower()


@pytest.mark.parametrize(("layers", "settings", "words"), REFUSED_NETWORKS.values(), ids=REFUSED_NETWORKS)
def test_refused_networks(layers, settings, words):
    def make_and_fit():
        dense = [na.Dense(2, k[0], **k[1]) if isinstance(k, tuple) else k for k in layers]
        na.Network(dense, **settings).fit(np.ones((4, 3)), np.ones((4, 2)))

    with pytest.raises((ValueError, TypeError)) as error:
        make_and_fit()
    assert_says(error, words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        *((((units,), {}), ["units", str(units)]) for units in (0, -3, 2.5, "7", None)),
        (((3, "rleu"), {}), ["rleu", *na.ACTIVATIONS]),
        *((((3,), {"dropout": p}), ["dropout", str(p)]) for p in (-0.1, 1.0, 1.5)),
        *((((3,), {"rate": r}), ["rate", str(r)]) for r in (-0.5, np.inf, np.nan, None, True)),
        (((3,), {"rate": {"biases": -0.5}}), ["rate['biases']", "-0.5"]),
        (((3,), {"rate": {"bias": 1}}), ["weights, biases, slopes", "{'bias': 1}"]),
        (((3,), {"threshold": "high"}), ["threshold", "numbers"]),
        (((3,), {"threshold": np.nan}), ["threshold", "nan"]),
        (((3,), {"threshold": [0.1, 0.2]}), ["threshold", "3", "2"]),
    ],
)
def test_refused_layers(arguments, words):
    def make_and_fit():
        layers = [na.Dense(*arguments[0], **arguments[1]), na.Dense(2, "linear")]
        na.Network(layers).fit(np.ones((4, 3)), np.ones((4, 2)))

    with pytest.raises((ValueError, TypeError)) as error:
        make_and_fit()
    assert_says(error, words)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: na.Quantile(1.0), ["q must be in (0, 1)", "1.0"]),
        (lambda: na.Quantile((0.1, 1.5)), ["each q must be in (0, 1)", "1.5"]),
        (lambda: na.Quantile((0.9, 0.1)), ["increasing", "(0.9, 0.1)"]),
        (lambda: na.Quantile((0.5, 0.5)), ["increasing", "(0.5, 0.5)"]),
        (lambda: na.Quantile(()), ["increasing", "()"]),
        (lambda: na.Quantile("0.5"), ["q must be a number", "'0.5'"]),
        (lambda: na.Huber(0), ["delta must be > 0", "0"]),
        (lambda: na.LogLoss(1.0), ["label_smoothing must be in [0, 1)", "1.0"]),
        (lambda: na.LogLoss(label_smoothing=-0.1), ["label_smoothing must be in [0, 1)", "-0.1"]),
        (lambda: na.Focal(-1), ["gamma must be >= 0", "-1"]),
        (lambda: na.Focal("2"), ["gamma must be a number", "'2'"]),
    ],
)
def test_refused_losses(make, words):
    with pytest.raises((ValueError, TypeError)) as error:
        make()
    assert_says(error, words)


def spoiled(a, value, where=(3, 1)):
    a = np.array(a, float)
    a[where] = value
    return a


X, Y = np.linspace(-1, 1, 60).reshape(20, 3), np.linspace(0, 1, 40).reshape(20, 2)
BAD_DATA = {
    "nan in X": (spoiled(X, np.nan), Y, None, ["X", "NaN"]),
    "inf in X": (spoiled(X, np.inf), Y, None, ["X", "inf"]),
    "nan in y": (X, spoiled(Y, np.nan), None, ["y", "NaN"]),
    "inf in y": (X, spoiled(Y, -np.inf), None, ["y", "inf"]),
    "features": (X[:, :2], Y, None, ["2 features", "3"]),
    "outputs": (X, Y[:, :1], None, ["1", "2"]),
    "one-dimensional X": (X[:, 0], Y, None, ["X", "1"]),
    "no rows": (X[:0], Y[:0], None, ["0"]),
    "no features": (X[:, :0], Y, None, ["0"]),
    "strings": (np.full((20, 3), "a"), Y, None, ["X"]),
    "objects": (np.full((20, 3), object()), Y, None, ["X"]),
    "complex": (X + 1j, Y, None, ["X", "complex"]),
    "lengths": (X, Y[:19], None, ["20", "19"]),
    "negative weight": (X, Y, spoiled(np.ones(20), -1, 4), ["sample_weight", "-1"]),
    "nan weight": (X, Y, spoiled(np.ones(20), np.nan, 4), ["sample_weight", "NaN"]),
    "weights of another length": (X, Y, np.ones(19), ["sample_weight", "20", "19"]),
    "no weight at all": (X, Y, np.zeros(20), ["Sample weights", "zeros"]),
}


@dtypes
@pytest.mark.parametrize(("x", "y", "sample_weight", "words"), BAD_DATA.values(), ids=BAD_DATA)
def test_bad_data_is_refused_and_changes_nothing(x, y, sample_weight, words, dtype):
    """Protects a trained model from a bad call: its bits do not change."""
    net = na.Network([na.Dense(4), na.Dense(2, "linear")], random_state=0, epochs=1, dtype=dtype)
    net.fit(X, Y)
    before, history = parameters(net), copy.deepcopy(net.history_)
    # A fit starts from new weights, so X may have another number of features.
    for call in [net.partial_fit, net.fit][: 1 if x.shape[1:] == (2,) else 2]:
        with pytest.raises((ValueError, TypeError)) as error:
            call(x, y, sample_weight)
        assert_says(error, words if call == net.partial_fit else [])
        assert_same_bits(parameters(net), before)
        assert net.history_ == history


@pytest.mark.parametrize("what", ["predict", "forward", "fired"])
@pytest.mark.parametrize(
    ("x", "words"), [(b[0], b[3]) for k, b in BAD_DATA.items() if b[0] is not X and k != "no rows"]
)
def test_bad_data_is_refused_by_prediction(what, x, words):
    net = na.Network([na.Dense(4), na.Dense(2, "linear")], random_state=0, epochs=1).fit(X, Y)
    with pytest.raises((ValueError, TypeError)) as error:
        getattr(net, what)(x)
    assert_says(error, words)


BAD_TARGETS = {
    "class too large": ("softmax", "log_loss", np.arange(20) % 4, ["3"]),
    "class negative": ("softmax", "log_loss", np.arange(20) % 3 - 1, ["-1"]),
    "class not whole": ("softmax", "log_loss", np.arange(20) % 3 / 2, ["0.5"]),
    "not one-hot": ("softmax", "log_loss", np.full((20, 3), 0.7), ["3 columns"]),
    "columns for quantiles": ("linear", na.Quantile((0.1, 0.5, 0.9)), np.ones((20, 3)), ["(20,)", "(20, 3)"]),
    "negative count": ("exponential", "poisson", spoiled(np.ones((20, 3)), -2), ["-2"]),
    "zero amount": ("exponential", "gamma", spoiled(np.ones((20, 3)), 0), ["y > 0", "0.0", "poisson"]),
    "share for focal": ("sigmoid", "focal", spoiled(np.ones((20, 3)), 0.5), ["0 or 1", "0.5"]),
    "class too large for focal": ("softmax", "focal", np.arange(20) % 4, ["3"]),
    "above 1": ("sigmoid", "log_loss", spoiled(np.ones((20, 3)), 1.5), ["1.5"]),
    "below 0": ("sigmoid", "log_loss", spoiled(np.ones((20, 3)), -0.5), ["-0.5"]),
}


@pytest.mark.parametrize(("activation", "loss", "y", "words"), BAD_TARGETS.values(), ids=BAD_TARGETS)
@pytest.mark.parametrize("what", ["fit", "partial_fit", "loss", "gradients"])
def test_targets_that_do_not_fit_the_loss(activation, loss, y, words, what):
    net = na.Network([na.Dense(3, activation)], loss=loss, random_state=0, epochs=1)
    net.fit(X, {"softmax": np.arange(20) % 3, "linear": np.ones(20)}.get(activation, np.ones((20, 3))))
    before = parameters(net)
    with pytest.raises(ValueError, match="y ") as error:
        getattr(net, what)(X, y)
    assert_says(error, words)
    assert_same_bits(parameters(net), before)


@pytest.mark.parametrize("what", ["predict", "forward", "fired", "loss", "gradients"])
def test_before_fit(what):
    net = small()
    with pytest.raises(NotFittedError, match="fit"):
        getattr(net, what)(*((X, Y) if what in ("loss", "gradients") else (X,)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": [np.ones((3, 4))]},
        {"weights": [np.ones((3, 5)), np.ones((5, 2))]},
        {"biases": [np.ones(4), np.ones(3)]},
        {"slopes": [np.ones(4), None]},
        {"weights": [np.ones((3, 4)), np.ones((4, 2))], "biases": [np.ones(4), np.ones(1)]},
    ],
)
def test_wrong_parameters_are_refused_and_change_nothing(wrong):
    net = na.Network([na.Dense(4), na.Dense(2, "linear")], random_state=0, epochs=1).fit(X, Y)
    before = parameters(net)
    with pytest.raises(ValueError, match=[*wrong][-1]):
        net.set_parameters(**wrong)
    assert_same_bits(parameters(net), before)


def test_set_parameters_round_trip(data):
    """Protects copying a model by its public attributes, panel order and dtype included."""
    net = small().fit(*data)
    other = small()
    other.set_parameters(net.weights, net.biases, net.slopes)
    assert_same_bits(parameters(other), parameters(net))
    assert other.predict(data[0]).tobytes() == net.predict(data[0]).tobytes()


# Accepted arguments.


def memory_mapped(a, path):
    np.save(path / "a.npy", a)
    return np.load(path / "a.npy", mmap_mode="r")


def read_only(a, _):
    a = a.copy()
    a.flags.writeable = False
    return a


FORMS = {
    "read-only": read_only,
    "Fortran": lambda a, _: np.asfortranarray(a),
    "strided": lambda a, _: np.repeat(np.repeat(a, 2, axis=0), 3, axis=1)[::2, ::3],
    "negative strides": lambda a, _: a[::-1, ::-1].copy()[::-1, ::-1],
    "memory-mapped": memory_mapped,
    "big-endian": lambda a, _: a.astype(a.dtype.newbyteorder(">")),
    "unaligned": lambda a, _: np.frombuffer(b"\0" + a.tobytes(), a.dtype, offset=1).reshape(a.shape),
    "lists": lambda a, _: a.tolist(),
    "frame": lambda a, _: pd.DataFrame(a),
    "int64": lambda a, _: a.astype(np.int64),
    "int8": lambda a, _: a.astype(np.int8),
    "float32": lambda a, _: a.astype(np.float32),
    "float16": lambda a, _: a.astype(np.float16),
}


@dtypes
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_accepted_arrays(form, dtype, tmp_path, rng):
    """Protects against assumptions about memory: every layout of the numbers gives the same bits."""
    x, y = (rng.integers(-9, 9, size).astype(float) for size in ((50, 6), (50, 2)))
    desired = small(dtype=dtype).fit(x, y)
    (tmp_path / "x").mkdir()
    (tmp_path / "y").mkdir()
    x_form, y_form = form(x, tmp_path / "x"), form(y, tmp_path / "y")
    net = small(dtype=dtype).fit(x_form, y_form)
    assert_same_bits(parameters(net), parameters(desired))
    assert net.predict(x_form).tobytes() == desired.predict(x).tobytes()
    np.testing.assert_array_equal(np.asarray(x_form), x)


def test_bool_data_and_series(rng):
    x, y = rng.integers(0, 2, (40, 3)).astype(bool), rng.integers(0, 2, 40)
    dense = [na.Dense(5), na.Dense(1, "sigmoid")]
    desired = parameters(na.Network(dense, random_state=0, epochs=2).fit(x.astype(float), y))
    for targets in (y.astype(bool), y[:, None], pd.Series(y), y.tolist()):
        net = na.Network(dense, random_state=0, epochs=2).fit(x, targets)
        assert_same_bits(parameters(net), desired)


def test_callers_floating_point_state_stays(data):
    """Protects the caller from the core's flush-to-zero: subnormals survive training."""
    small(n_threads=2).fit(*data)
    assert np.float64(5e-324) * np.float64(3) > 0


# ---- default activations -------------------------------------------------------------------------


def test_the_output_layer_is_linear_by_default():
    """A regression reaches targets below 0; a ReLU there, as in hidden layers, would give none."""
    X = np.linspace(-1, 1, 200).reshape(-1, 1)
    net = na.Network([na.Dense(8), na.Dense(1)], learning_rate=0.02, random_state=0).fit(X, -2 - X[:, 0])
    assert net.predict(X).max() < -0.8
    np.testing.assert_allclose(net.predict(X)[:, 0], -2 - X[:, 0], atol=0.1)


def test_layers_show_the_activations_of_their_places():
    layer = na.Dense(3, threshold=0.0, dropout=0.5)
    assert repr(layer) == "Dense(3, threshold=0.0, dropout=0.5)"
    net = na.Network([layer, layer, na.Dense(1)])
    assert [each.activation for each in net.layers] == [na.ReLU(), na.ReLU(), na.Linear()]
    assert net.layers[0] == na.Dense(3, "relu", threshold=0.0, dropout=0.5)
    assert "Dense(1, activation=Linear(" in repr(net)
    assert [line.split()[-3] for line in net.summary().splitlines()[1:4]] == ["ReLU"] * 2 + ["Linear"]
    assert na.Network([na.Dense(1, "relu")]).layers[0].activation == na.ReLU()
    assert layer.activation is None, "it is not changed"


# ---- settings that change around a training --------------------------------------------------------


def test_partial_fit_prints_and_callbacks_may_change_settings(capsys):
    X = np.eye(4)
    net = na.Network([na.Dense(1)], verbose=True, random_state=0).partial_fit(X, X[:, 0])
    assert capsys.readouterr().out.startswith("Iteration 1, loss = ")

    class Silent:
        def on_fit_begin(self, network):
            network.verbose, network.callbacks = False, []

        def on_epoch_end(self, network, epoch, logs):
            raise AssertionError("it has taken itself off")

    net.callbacks, net.epochs = [Silent()], 2
    net.fit(X, X[:, 0])
    assert capsys.readouterr().out == ""


def test_partial_fit_that_runs_out_of_memory_leaves_no_trace():
    def loss(y_true, y_pred):
        raise MemoryError

    net = na.Network([na.Dense(3, dropout=0.5), na.Dense(1)], loss=loss, random_state=0)
    net.set_parameters([np.ones((2, 3)), np.ones((3, 1))])
    with pytest.raises(MemoryError):
        net.partial_fit(np.eye(2), [0.0, 1.0])
    assert net._state()["training"] is None
    assert net._state()["generator"] is None


def test_a_rate_that_is_set_during_a_fit_holds():
    """By another thread, say; a loss of one's own is the place here where it can be done."""
    X, rates = np.ones((4, 1)), []

    def loss(y_true, y_pred):
        rates.append(net.learning_rate)
        net.learning_rate = 1e-5
        return np.zeros(len(y_pred), y_pred.dtype), np.zeros_like(y_pred)

    net = na.Network([na.Dense(1)], loss=loss, epochs=3, callbacks=[lambda *_: None], random_state=0)
    net.fit(X, X[:, 0])
    assert rates == [1e-3, 1e-5, 1e-5]


def test_history_can_be_set():
    net = na.Network([na.Dense(1)]).set_parameters([[[1.0]]])
    net.history_ = {"loss": [1.0]}
    assert net.history_ == {"loss": [1.0]}


# ---- numbers in objects ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Float64", "Int64"])
def test_na_of_pandas_is_nan(kind):
    frame = pd.DataFrame({"a": pd.array([1, 0, 1], dtype=kind), "b": pd.array([1, pd.NA, 0], dtype=kind)})
    net = na.Network([na.Dense(1, "sigmoid")])
    with pytest.raises(ValueError, match=r"X contains NaN \(first in row 1, column 'b'\)"):
        net.fit(frame, [0, 1, 0])
    net.fit(frame.fillna(0), [0, 1, 0])


def test_a_whole_number_that_is_too_large_is_an_error_of_ours():
    with pytest.raises(ValueError, match="X contains a whole number that is too large for float64"):
        na.Network([na.Dense(1)]).fit([[10**400, 1], [1, 2]], [0, 1])


# ---- learning rates of layers ----------------------------------------------------------------------


def test_the_rate_of_a_layer_is_for_all_of_its_parts_or_for_some():
    assert na.Dense(3).rate == 1
    assert na.Dense(3, rate=0.5) == na.Dense(3, rate={"weights": 0.5, "biases": 0.5, "slopes": 0.5})
    layer = na.Dense(3, "prelu", rate={"biases": 0.1, "slopes": 1})
    assert layer.rate == {"biases": 0.1}
    assert layer != na.Dense(3, "prelu")
    assert repr(layer).endswith("rate={'biases': 0.1})")
    assert na.Network([na.Dense(3, rate=0.5), na.Dense(1)]).layers[0].rate == 0.5


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_a_rate_of_0_keeps_a_part_as_it_is(data, optimizer):
    rates = {"weights": 0}, {"biases": 0, "slopes": 0}, 0
    layers = [na.Dense(5, "prelu", rate=rate) for rate in rates] + [na.Dense(2, "linear")]
    net = na.Network(layers, optimizer=optimizer if optimizer != "adamw" else na.AdamW(weight_decay=0), random_state=0)
    net.epochs = 1
    before = net.partial_fit(*data) and (net.weights, net.biases, net.slopes)
    net.partial_fit(*data)
    kept = [
        [np.array_equal(old[layer], new[layer]) for layer in range(3)]
        for old, new in zip(before, (net.weights, net.biases, net.slopes), strict=True)
    ]
    assert kept == [[True, False, True], [False, True, True], [False, True, True]]


def test_rates_of_a_network_multiply_those_of_its_layers(data):
    """With sgd a rate of 2 in every layer is twice the learning rate, bit for bit: 2 is a power of 2."""
    settings = {"optimizer": na.SGD(momentum=0), "random_state": 0, "epochs": 3}
    twice = na.Network([na.Dense(5, "tanh", rate=2), na.Dense(2, rate=2)], learning_rate=0.01, **settings)
    same = na.Network([na.Dense(5, "tanh"), na.Dense(2)], learning_rate=0.02, **settings)
    for ours, theirs in zip(twice.fit(*data).weights, same.fit(*data).weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
