# SPDX-License-Identifier: BSD-3-Clause
"""explain: what columns contribute adds up, and is the integral of the gradients, which are right too."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import sparse

import neuract as na
from oracle.explanations import EXACT, network, scale_of

HIDDEN = sorted(set(na.ACTIVATIONS) - {"softmax"})
JUMPING = "hard_shrink"
KINKED = {"relu", "relu6", "leaky_relu", "prelu", "selu", "hard_sigmoid", "hard_tanh", "soft_shrink", JUMPING}
BOUNDED = sorted(set(HIDDEN) - {"exponential", "exp"})  # exponentials of exponentials drown all sums
OUTPUTS = [("linear", 2), ("softmax", 3), ("softmax", 2), ("sigmoid", 1), ("exponential", 1)]


def integrated(net, X, baseline, places=4000):
    """The oracle: the mean of gradients at evenly spaced places of the path, times the change."""
    shares = (np.arange(places) + 0.5) / places
    means = [net.input_gradients(baseline + shares[:, None] * (row - baseline)).mean(axis=0) for row in X]
    return np.array(means) * (X - baseline)[:, :, None]


# ---- gradients -------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", HIDDEN)
@pytest.mark.parametrize(("output", "units"), [("softmax", 3), ("tanh", 2)])
def test_input_gradients_are_central_differences(activation, output, units, rng):
    net = network([na.Dense(7, activation), na.Dense(5, activation), na.Dense(units, output)])
    X, step = rng.standard_normal((11, 4)), 1e-6
    moves = step * np.eye(4)
    expected = np.stack([(net.predict(X + move) - net.predict(X - move)) / (2 * step) for move in moves], axis=1)
    gradients = net.input_gradients(X)
    assert gradients.shape == (11, 4, units)
    np.testing.assert_allclose(gradients, expected, atol=1e-7)


def test_input_gradients_are_those_of_the_network_dtype(rng):
    wide, narrow = (network([na.Dense(9, "gelu"), na.Dense(2, "softmax")], dtype=f"float{bits}") for bits in (64, 32))
    X = rng.standard_normal((20, 4)).astype(np.float32)
    assert narrow.input_gradients(X).dtype == np.float32
    np.testing.assert_allclose(narrow.input_gradients(X), wide.input_gradients(X), rtol=2e-4, atol=1e-6)


def test_input_gradients_of_inputs_are_those_by_their_numbers(rng):
    layers, inputs = [na.Dense(3, "tanh"), na.Dense(1)], [na.Numbers(0), na.OneHot(1, levels=3)]
    net = network(layers, n_inputs=4, inputs=inputs)
    bare = na.Network(layers, dtype="float64").set_parameters(net.weights, net.biases)
    X = np.column_stack([rng.standard_normal(6), [0, 1, 2, 3, 2, 1]])
    numbers = np.column_stack([X[:, 0], *(X[:, 1] == level for level in (1, 2, 3))])
    np.testing.assert_array_equal(net.input_gradients(X), bare.input_gradients(numbers))


@pytest.mark.parametrize("loss", ["log_loss", "own"])
def test_gradients_of_the_loss_by_inputs(loss, rng):
    def own(y_true, y_pred):
        return ((y_pred - y_true) ** 2).sum(axis=1), 2 * (y_pred - y_true)

    parameters = {"loss": own} if loss == "own" else {}
    net = network([na.Dense(6, "tanh", threshold=-0.9), na.Dense(2, "sigmoid")], batch_size=10, **parameters)
    X, y = rng.standard_normal((37, 4)), rng.integers(2, size=(37, 2))
    weights = rng.uniform(0, 2, 37)
    weights[5] = 0
    found, step = net.gradients(X, y, weights, inputs=True), 1e-6
    assert found.loss == net.loss(X, y, weights)
    assert net.gradients(X, y, weights).numbers is None
    np.testing.assert_array_equal(found.weights[0], net.gradients(X, y, weights).weights[0])
    for row, column in [(0, 0), (5, 1), (17, 2), (36, 3)]:
        moved = [X.copy(), X.copy()]
        moved[0][row, column] += step
        moved[1][row, column] -= step
        slope = (net.loss(moved[0], y, weights) - net.loss(moved[1], y, weights)) / (2 * step)
        assert found.numbers[row, column] == pytest.approx(slope, abs=1e-9)


def test_gradients_of_a_sparse_x_by_inputs(rng):
    net = network([na.Dense(6), na.Dense(1)])
    X = sparse.random(15, 4, 0.5, format="csr", random_state=0)
    dense = net.gradients(X.toarray(), np.ones(15), inputs=True)
    np.testing.assert_array_equal(net.gradients(X, np.ones(15), inputs=True).numbers, dense.numbers)


def is_moderate(explanation):
    """Whether the sums on the way of an exponential's answers are sure not to overflow."""
    return max(np.abs(explanation.predictions).max(), np.abs(explanation.base_values).max()) < 1e6


# ---- contributions ---------------------------------------------------------------------------------


@settings(max_examples=120, deadline=None)
@given(
    activations=st.lists(st.sampled_from(BOUNDED), max_size=3),
    output=st.sampled_from(OUTPUTS),
    units=st.integers(1, 12),
    n_inputs=st.integers(1, 9),
    rows=st.integers(1, 20),
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([0.1, 1.0, 5.0]),
)
def test_contributions_add_up(activations, output, units, n_inputs, rows, seed, scale):
    layers = [na.Dense(units, name) for name in activations] + [na.Dense(output[1], output[0])]
    net = network(layers, n_inputs, seed, scale)
    rng = np.random.default_rng(seed)
    X, baseline = rng.standard_normal((rows, n_inputs)), rng.standard_normal(n_inputs)
    explanation = na.explain(net, X, baseline, tolerance=1e-3)
    assume(is_moderate(explanation))
    lost = EXACT * scale_of(explanation) + 1e-12  # sums on the way may be larger than at its end
    assert (np.abs(explanation.predictions - net.predict(X)) <= lost).all()
    assert (np.abs(explanation.base_values - net.predict(baseline[None])) <= lost).all()
    if JUMPING not in activations:
        assert (np.abs(explanation.rest) <= lost).all()


@settings(max_examples=60, deadline=None)
@given(
    activation=st.sampled_from(HIDDEN),
    threshold=st.floats(-0.5, 1.0),
    output=st.sampled_from(OUTPUTS),
    seed=st.integers(0, 2**32 - 1),
)
def test_what_is_missing_are_the_jumps_of_thresholds(activation, threshold, output, seed):
    """Of one hidden layer: along the path each neuron that passes its threshold jumps, and the others do not."""
    net = network([na.Dense(6, activation, threshold=threshold), na.Dense(output[1], output[0])], 3, seed)
    rng = np.random.default_rng(seed)
    X, baseline = rng.standard_normal((5, 3)), rng.standard_normal(3)
    explanation = na.explain(net, X, baseline, tolerance=1e-3)
    assume(is_moderate(explanation))
    path = baseline + np.linspace(0, 1, 2001)[:, None, None] * (X - baseline)
    fired = net.fired(path.reshape(-1, 3))[0].reshape(2001, 5, 6)
    jumped = (fired[1:] != fired[:-1]).any(axis=(0, 2))
    lost = (np.abs(explanation.rest) > 1e-9 * scale_of(explanation)).any(axis=1)
    if activation != JUMPING:
        assert not (lost & ~jumped).any()
    assert explanation.rest == pytest.approx(
        explanation.predictions - explanation.base_values - explanation.values.sum(axis=1), abs=0
    )


def test_the_rest_is_the_jump():
    net = na.Network([na.Dense(1, "linear", threshold=2.0), na.Dense(1, "linear")], dtype="float64")
    net.set_parameters([[[1.0], [1.0]], [[10.0]]], [[0.0], [1.0]])
    explanation = na.explain(net, [[3.0, 1.0], [0.5, 0.5]], [0.0, 0.0])
    np.testing.assert_allclose(explanation.values[:, :, 0], [[15.0, 5.0], [0.0, 0.0]])  # from z = 2 to z = 4
    np.testing.assert_allclose(explanation.rest[:, 0], [20.0, 0.0], atol=1e-14)
    assert "+20.0 by jumps of neurons, which belongs to no column" in str(explanation[0])
    assert "jump" not in str(explanation[1])


@pytest.mark.parametrize("activation", HIDDEN)
@pytest.mark.parametrize(("output", "units"), [("softmax", 3), ("linear", 1)])
def test_contributions_are_the_integral_of_the_gradients(activation, output, units, rng):
    net = network([na.Dense(8, activation), na.Dense(6, activation), na.Dense(units, output)])
    X, baseline = rng.standard_normal((3, 4)), rng.standard_normal(4)
    explanation, expected = na.explain(net, X, baseline, tolerance=1e-6), integrated(net, X, baseline)
    size = np.abs(expected).sum(axis=1, keepdims=True)
    assert (np.abs(explanation.values - expected) / size).max() < (
        5e-3 if activation in KINKED else 1e-5
    )  # of the oracle


def test_the_tolerance_is_that_of_the_values(rng):
    net = network([na.Dense(20, "relu"), na.Dense(20, "relu"), na.Dense(3, "softmax")])
    X, baseline = rng.standard_normal((30, 4)), np.zeros(4)
    exact = na.explain(net, X, baseline, tolerance=1e-8).values
    errors = [np.abs(na.explain(net, X, baseline, tolerance=t).values - exact).max() for t in (1e-2, 1e-4, 1e-6)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[1] < 1e-3
    assert errors[2] < 1e-5


def test_a_linear_model_has_the_products(rng):
    net = network([na.Dense(2, "linear")])
    X, baseline = rng.standard_normal((40, 4)), rng.standard_normal(4)
    explanation = na.explain(net, X, baseline)
    np.testing.assert_allclose(explanation.values, (X - baseline)[:, :, None] * net.weights[0], atol=1e-14)


def test_many_outputs(rng):
    net = network([na.Dense(9, "tanh"), na.Dense(37, "softmax")])
    X = rng.standard_normal((10, 4))
    explanation = na.explain(net, X, np.zeros(4))
    assert np.abs(explanation.rest).max() < EXACT
    np.testing.assert_allclose(explanation.values.sum(axis=2), 0, atol=1e-15)
    np.testing.assert_allclose(explanation.values, integrated(net, X, np.zeros(4)), atol=1e-5)


def test_float32_networks_are_explained_in_float64(rng):
    net = network([na.Dense(30), na.Dense(30), na.Dense(2, "softmax")], dtype="float32")
    X = rng.standard_normal((50, 4)).astype(np.float32)
    explanation = na.explain(net, X)
    assert explanation.values.dtype == np.float64
    assert np.abs(explanation.rest).max() < EXACT
    np.testing.assert_allclose(explanation.predictions, net.predict(X), atol=1e-6)
    places, arrays = np.arange(4), [np.empty(shape, np.float32) for shape in ((50, 4, 2), (50, 2), 2)]
    with pytest.raises(ValueError, match="float64 network"):
        net._known().core.explain(50, X, X[:1], places, 4, None, 0.01, *arrays, 1)


def test_the_same_bits_for_any_threads_and_rows(rng):
    X = rng.standard_normal((3000, 4))
    nets = [network([na.Dense(40), na.Dense(3, "softmax")], n_threads=threads) for threads in (1, 2)]
    one, two = (na.explain(net, X, np.zeros(4)).values for net in nets)
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one[70:75], na.explain(nets[0], X[70:75], np.zeros(4)).values)
    np.testing.assert_array_equal(*(net.input_gradients(X) for net in nets))
    y = np.zeros(3000, int)
    np.testing.assert_array_equal(*(net.gradients(X, y, inputs=True).numbers for net in nets))


# ---- baselines -------------------------------------------------------------------------------------


def test_the_default_baseline_is_the_mean_of_x(rng):
    net, X = network([na.Dense(5, "tanh"), na.Dense(1)]), rng.standard_normal((9, 4))
    default = na.explain(net, X)
    assert default.baseline == "the mean of the rows"
    np.testing.assert_array_equal(default.values, na.explain(net, X, X.mean(axis=0)).values)


def test_background_rows_are_averaged(rng):
    net, X, background = network([na.Dense(5), na.Dense(2)]), rng.standard_normal((9, 4)), rng.standard_normal((6, 4))
    explanation = na.explain(net, X, background)
    assert explanation.baseline == "6 background rows"
    each = np.mean([na.explain(net, X, row).values for row in background], axis=0)
    np.testing.assert_allclose(explanation.values, each, atol=1e-14)
    np.testing.assert_allclose(explanation.base_values, net.predict(background).mean(axis=0))
    assert np.abs(explanation.rest).max() < EXACT * 10


def test_a_baseline_in_any_form(rng):
    net, X = network([na.Dense(5), na.Dense(2)]), rng.standard_normal((3, 4))
    row = X[0]
    expected = na.explain(net, X, row[None]).values
    for form in (row, row.tolist(), tuple(row), [row.tolist()]):
        np.testing.assert_array_equal(na.explain(net, X, form).values, expected)


def test_levels_have_the_most_frequent_one_as_baseline():
    net = network([na.Dense(3, "tanh"), na.Dense(1)], n_inputs=4, inputs=[na.Numbers(0), na.OneHot(1, levels=3)])
    X = np.array([[1.0, 2], [3.0, 2], [5.0, 1]])
    explanation = na.explain(net, X)
    np.testing.assert_array_equal(explanation.values, na.explain(net, X, [3.0, 2]).values)
    assert explanation.values.shape == (3, 2, 1)
    assert explanation.values[2, 1, 0] != 0 == explanation.values[0, 1, 0]


@pytest.mark.parametrize("kind", ["periodic", "piecewise", "embedding", "scale"])
def test_every_kind_of_input_adds_up(kind, rng):
    of_kind = {
        "periodic": [na.Periodic([0, 1]), na.Numbers(2)],
        "piecewise": [na.PiecewiseLinear(0, [-1, 0, 0.5, 2]), na.Numbers([1, 2])],
        "embedding": [na.Embedding(2, levels=3, size=5), na.Numbers([0, 1])],
        "scale": [na.Numbers([0, 1, 2]), na.Scale()],
    }
    X = np.column_stack([rng.standard_normal((40, 2)), rng.integers(4, size=40)])
    net = na.Network([na.Dense(8), na.Dense(1)], inputs=of_kind[kind], epochs=5, random_state=0).fit(X, X[:, 0])
    explanation = na.explain(net, X, X[3])
    assert explanation.values.shape == (40, 3, 1)
    assert (np.abs(explanation.rest) <= EXACT * scale_of(explanation)).all()
    assert not explanation.values[3].any()


# ---- errors ----------------------------------------------------------------------------------------


def test_mistakes(rng):
    net, X = network([na.Dense(5), na.Dense(2)]), rng.standard_normal((3, 4))
    with pytest.raises(TypeError, match="explain takes a Network"):
        na.explain("net", X)
    with pytest.raises(TypeError, match="baseline must be a row, rows or None, got 'mean'"):
        na.explain(net, X, baseline="mean")
    with pytest.raises(ValueError, match="a single row needs a baseline"):
        na.explain(net, X[:1])
    for ask in (net.input_gradients, lambda x: na.explain(net, x)):
        with pytest.raises(ValueError, match=r"needs a dense X; X\.toarray"):
            ask(sparse.csr_matrix(X))
    with pytest.raises(ValueError, match="unknown method 'shap'"):
        na.explain(net, X, method="shap")
    with pytest.raises(ValueError, match="tolerance must be"):
        na.explain(net, X, tolerance=0)
    with pytest.raises(ValueError, match="3 features"):
        na.explain(net, X, X[0, :3])
    with pytest.raises(ValueError, match="feature_names must have 4 names"):
        na.explain(net, X, feature_names=["a"])
    with pytest.raises(ValueError, match="output must be one of 0, 1"):
        na.explain(net, X).of_output("third")
    with pytest.raises(Exception, match="not fitted"):
        na.explain(na.Network([na.Dense(1)]), X)
