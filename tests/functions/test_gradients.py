# SPDX-License-Identifier: BSD-3-Clause
"""Gradients agree with central differences, with the oracle and with PyTorch's golden vectors."""

import itertools
import json

import numpy as np
import pytest
from sklearn.metrics import mean_gamma_deviance, mean_pinball_loss

import neuract as na
from neuract.layers._inputs import INPUTS
from oracle import reference as ref
from oracle.comparisons import arrays_of, assert_golden_gradients, assert_same, central_differences
from oracle.marks import exhaustive, golden_steps, not_sanitized
from oracle.paths import VECTORS
from oracle.twins import loss_object, parameters, twin

ROWS, N_IN, UNITS = 11, 4, (5, 3)
# Activation and parameter of the hidden layers. One PReLU shares its alpha; some alphas are negative.
HIDDEN = {
    "linear": ("linear", -0.7),
    "sigmoid": ("sigmoid", None),
    "tanh": ("tanh", None),
    "relu": ("relu", None),
    "bounded relu": ("relu", 0.8),
    "leaky relu": ("leaky_relu", 0.2),
    "prelu": ("prelu", lambda units: np.linspace(-0.5, 0.5, units)),
    "shared prelu": ("prelu", lambda units: np.array([-0.25])),
}
# The oracle's other activations.
HIDDEN |= {
    name: (name, f.parameter)
    for name, f in ref.ACTIVATIONS.items()
    if f.slope and name not in {known for known, _ in HIDDEN.values()}
}
LIKELIHOOD = [(*each, None) for each in ref.LIKELIHOOD]
# Every loss with every output activation that it admits.
OUTPUTS = [(loss, *output) for loss in ref.REGRESSION for output in HIDDEN.values()]
OUTPUTS += LIKELIHOOD
# Every loss with one output that it admits.
LOSSES = [(loss, "linear", 1.0) for loss in ref.REGRESSION]
LOSSES += LIKELIHOOD
THRESHOLDS = {
    "no threshold": lambda units: None,
    "threshold": lambda units: 0.125,
    "threshold per neuron": lambda units: np.linspace(-0.25, 0.5, units),
}
EPS = {"float32": 2.0**-23, "float64": 2.0**-52}


def output_id(output):
    loss, activation, parameter = output
    shown = getattr(parameter(2), "tolist", list)() if callable(parameter) else parameter
    name = loss.name if loss.parameter is None else f"{loss.name}({loss.parameter})"
    return f"{name}-{activation}({shown})"


hidden_layers = pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
thresholds = pytest.mark.parametrize("threshold", THRESHOLDS.values(), ids=THRESHOLDS)
losses = pytest.mark.parametrize("output", LOSSES, ids=output_id)
outputs = pytest.mark.parametrize("output", OUTPUTS, ids=output_id)


def distance_to_kinks(layers, loss, x, t):
    """The smallest distance of a pre-activation, output or residual from a jump of a slope."""
    return min((np.abs(b).min() for b in ref.branches(layers, loss, x, t)), default=np.inf)


def draw(hidden, output, threshold, rng):
    """Layers, inputs and targets, of numbers that float32 holds exactly."""
    exact = lambda a: a.astype(np.float32).astype(np.float64)  # noqa: E731
    loss, activation, parameter = output
    layers, n_in = [], N_IN
    kinds = [(*hidden, threshold)] * (len(UNITS) - 1) + [(activation, parameter, THRESHOLDS["no threshold"])]
    for units, (name, constant, theta) in zip(UNITS, kinds, strict=True):
        weights = exact(rng.uniform(-1, 1, (n_in, units)))
        constant = constant(units) if callable(constant) else constant
        constant = exact(np.asarray(constant)) if np.ndim(constant) else constant
        theta = theta(units)
        biases = exact(rng.uniform(-0.5, 0.5, units))
        layers.append(ref.Layer(weights, biases, name, constant, theta))
        n_in = units
    x = exact(rng.normal(size=(ROWS, N_IN)))
    t = exact(rng.normal(size=(ROWS, 1 if isinstance(loss.parameter, tuple) else n_in)))
    if activation == "softmax":
        t = rng.integers(0, n_in, ROWS)
    elif loss.name in ref.TARGETS:
        t = exact(ref.TARGETS[loss.name](rng, (ROWS, n_in)))
    return layers, x, t


def draw_away_from_kinks(hidden, output, threshold):
    """The network of the first seed that has a slope at every point of the differences."""
    for seed in range(3000):
        layers, x, t = draw(hidden, output, threshold, np.random.default_rng(seed))
        # Exponentials of exponentials make losses of 1e9, whose differences have no digits left.
        tame = ref.gradients(layers, output[0], x, t).loss < 20
        if tame and distance_to_kinks(layers, output[0], x, t) > 5e-3:
            return layers, output[0], x, t
    raise AssertionError("no seed is far enough from every kink")


def check_differences(layers, loss, x, t):
    net = twin(layers, loss)
    g = net.gradients(x, t)
    assert g.loss == net.loss(x, t)
    numeric = central_differences(net, x, t)
    for analytic, desired in zip(parameters(g), numeric, strict=True):
        if desired is None:
            assert analytic is None
            continue
        # The rounding of the loss, divided by h, is about 1e-10.
        np.testing.assert_allclose(analytic, desired, rtol=1e-7, atol=1e-10)


def check_oracle(layers, loss, x, t, dtype):
    """float64 to rounding; float32 within 64 eps of the float64 oracle's largest gradient."""
    g = twin(layers, loss, dtype).gradients(x, t)
    desired = ref.gradients(layers, loss, x, t)
    largest = max(np.abs(d).max() for d in parameters(desired) if d is not None)
    assert g.loss == pytest.approx(desired.loss, rel=64 * EPS[dtype])
    for analytic, d in zip(parameters(g), parameters(desired), strict=True):
        assert (analytic is None) == (d is None)
        if d is not None:
            assert analytic.dtype == dtype
            np.testing.assert_allclose(analytic, d, rtol=0, atol=64 * EPS[dtype] * largest)


def all_pairs_first():
    """Every activation, loss and threshold; `pytest` runs a third of them, with every pair of activation and loss."""
    for (i, hidden), (j, output), (k, threshold) in itertools.product(*map(enumerate, (HIDDEN, LOSSES, THRESHOLDS))):
        marks = () if (i + j) % len(THRESHOLDS) == k else exhaustive
        name = f"{threshold}-{output_id(output)}-{hidden}"
        yield pytest.param(HIDDEN[hidden], output, THRESHOLDS[threshold], marks=marks, id=name)


# Each case asks the core many times for what it gives the tests against the oracle.
not_again_sanitized = not_sanitized("tests against the oracle suffice, which ask for the same gradients")


@not_again_sanitized
@pytest.mark.parametrize(("hidden", "output", "threshold"), list(all_pairs_first()))
def test_hidden_layer_against_differences(hidden, output, threshold):
    """Protects the backward pass through every activation, loss and threshold."""
    check_differences(*draw_away_from_kinks(hidden, output, threshold))


@not_again_sanitized
@outputs
def test_output_layer_against_differences(output):
    """Protects the chain rule at the output, for every pair of loss and activation."""
    case = draw_away_from_kinks(HIDDEN["tanh"], output, THRESHOLDS["no threshold"])
    check_differences(*case)


@hidden_layers
@losses
@thresholds
@pytest.mark.parametrize("dtype", EPS)
def test_hidden_layer_against_oracle(hidden, output, threshold, dtype):
    check_oracle(*draw_away_from_kinks(hidden, output, threshold), dtype)


@outputs
@pytest.mark.parametrize("dtype", EPS)
def test_output_layer_against_oracle(output, dtype):
    case = draw_away_from_kinks(HIDDEN["tanh"], output, THRESHOLDS["no threshold"])
    check_oracle(*case, dtype)


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 16, 17, 200])
@pytest.mark.parametrize("dtype", EPS)
def test_rows_beyond_one_block(rows, dtype, rng):
    """Protects the sums over rows: the padding of the last block must not enter any gradient."""
    layers = ref.glorot(9, [17, 8, 2], ["relu", "sigmoid", "linear"], np.random.RandomState(0))
    x, t = rng.normal(size=(rows, 9)), rng.normal(size=(rows, 2))
    check_oracle(layers, ref.REGRESSION[0], x, t, dtype)


def test_class_indices_and_one_hot_are_the_same_targets(rng):
    layers = ref.glorot(4, [3], ["softmax"], np.random.RandomState(0))
    x, t = rng.normal(size=(20, 4)), rng.integers(0, 3, 20)
    net = twin(layers, ref.Loss("log_loss"))
    by_index = net.gradients(x, t)
    for same in (t[:, None], np.eye(3)[t], t.astype(float)):
        g = net.gradients(x, same)
        assert g.loss == by_index.loss
        np.testing.assert_array_equal(g.weights[0], by_index.weights[0])


def test_residual_zero_has_gradient_zero():
    """Protects the kink of |r|: the subgradient 0, so that a perfect fit stays where it is."""
    layers = [ref.Layer(np.zeros((2, 1)), np.zeros(1), "linear", 1.0)]
    g = twin(layers, ref.Loss("absolute_error")).gradients(np.ones((3, 2)), np.zeros(3))
    np.testing.assert_array_equal(g.weights[0], 0)


@pytest.mark.parametrize(("activation", "output"), [("sigmoid", [[800.0]]), ("softmax", [[800.0, 0.0]])])
def test_log_loss_is_computed_from_z(activation, output):
    """Protects against clipped probabilities: a certain, wrong answer costs |z|, not 36."""
    layers = [ref.Layer(np.array(output), np.zeros(len(output[0])), activation)]
    net = twin(layers, ref.Loss("log_loss"))
    wrong = 0 if activation == "sigmoid" else 1
    assert net.loss(np.ones((1, 1)), np.array([wrong])) == 800.0
    assert net.loss(np.ones((1, 1)), np.array([1 - wrong])) == 0.0


def one_output(activation, loss, z):
    """A network with z as its input."""
    width = 1 if activation != "softmax" else 2
    net = na.Network([na.Dense(width, activation)], loss=loss, dtype="float64")
    return net.set_parameters([np.eye(1, width)]), [[z]]


@pytest.mark.parametrize("z", [-1e3, -50.0, -1.0, 0.0, 1.0, 50.0, 1e3])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_focal_has_no_limits(z, gamma, activation):
    """Protects both tails, where 1 - p or p has no digits left, and gamma 0, where 0^0 is 1."""
    net, x = one_output(activation, na.Focal(gamma), z)
    happened = 1 if activation == "sigmoid" else 0
    g = net.gradients(x, [happened])
    log_p, log_rest = -np.logaddexp(0, -z), -np.logaddexp(0, z)
    assert g.loss == pytest.approx(-np.exp(gamma * log_rest) * log_p, rel=1e-12)
    slope = -np.exp(gamma * log_rest) * (np.exp(log_rest) - gamma * np.exp(log_p) * log_p)
    assert g.biases[0][0] == pytest.approx(slope, rel=1e-12, abs=1e-300)
    if gamma == 0:
        plain = one_output(activation, na.LogLoss(), z)[0].gradients(x, [happened])
        assert g.loss == pytest.approx(plain.loss, rel=1e-12)
        np.testing.assert_allclose(g.biases[0], plain.biases[0], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("z", [-690.0, -50.0, 0.0, 50.0, 1e3])
def test_gamma_is_half_scikit_learns_deviance(z):
    """Protects constants and tails: y / ŷ may overflow only where the loss does."""
    net, x = one_output("exponential", na.Gamma(), z)
    y = 1e-5 if z == -690 else 3.0
    assert net.loss(x, [y]) == pytest.approx(y * np.exp(-z) + z - np.log(y) - 1, rel=1e-12)
    assert net.gradients(x, [y]).biases[0][0] == pytest.approx(1 - y * np.exp(-z), rel=1e-12)
    if abs(z) <= 50:
        assert net.loss(x, [y]) == pytest.approx(mean_gamma_deviance([y], net.predict(x).ravel()) / 2, rel=1e-12)
    assert one_output("exponential", na.Gamma(), 0.0)[0].loss([[0.0]], [1.0]) == 0


def test_quantile_is_scikit_learns_pinball_loss(rng):
    x, t, q = rng.normal(size=(40, 3)), rng.normal(size=40), (0.1, 0.5, 0.8)
    net = twin(ref.glorot(3, [3], ["linear"], np.random.RandomState(0)), ref.Loss("quantile", q))
    each = [mean_pinball_loss(t, y, alpha=alpha) for y, alpha in zip(net.predict(x).T, q, strict=True)]
    assert net.loss(x, t) == pytest.approx(sum(each), rel=1e-12)


# Golden vectors made with PyTorch.

GOLDEN_OPTIMIZERS = {
    "sgd": na.SGD(momentum=0.0, nesterov=False),
    "momentum": na.SGD(momentum=0.9, nesterov=False),
    "nesterov": na.SGD(momentum=0.9, nesterov=True),
    "adam": na.Adam(),
    "adamw": na.AdamW(weight_decay=0.05),
}


def test_golden_forward_and_gradients(golden):
    """Protects against an error that package and oracle share: PyTorch computed these."""
    net = twin(golden["layers"], golden["loss"], inputs=golden["inputs"])
    assert_same(net.forward(golden["x"]), golden["forward"])
    assert_golden_gradients(net.gradients(golden["x"], golden["t"], golden["sample_weight"]), golden)


@golden_steps
def test_golden_steps(golden, name, steps):
    """Protects each optimizer together with L2, sample weights, thresholds, learned slopes and inputs."""
    rows = len(golden["x"])
    settings = {"optimizer": GOLDEN_OPTIMIZERS[name], "learning_rate": 0.01}
    settings |= {"alpha": golden["alpha"], "batch_size": rows, "shuffle": False}
    net = twin(golden["layers"], golden["loss"], inputs=golden["inputs"], **settings)
    for _ in range(steps):
        net.partial_fit(golden["x"], golden["t"], golden["sample_weight"])
    after = golden["after_one_step" if steps == 1 else "after_three_steps"][name]
    for kind, desired in after.items():
        assert_same(arrays_of(kind, net.input_parameters if kind == "inputs" else getattr(net, kind)), desired)


def test_golden_inputs_are_of_every_kind():
    kinds = {each["kind"] for path in VECTORS.glob("*.json") for each in json.loads(path.read_text()).get("inputs", [])}
    assert kinds == set(INPUTS)


def test_losses_are_covered_and_compare_by_value():
    """Protects against a loss that is added without its definition and its tests."""
    assert {loss.name for loss, *_ in LOSSES} == set(na.losses.LOSSES)
    for loss, *_ in LOSSES:
        assert loss_object(loss) == loss_object(loss)
        assert eval(repr(loss_object(loss)), {"na": na, **vars(na.losses)}) == loss_object(loss)
