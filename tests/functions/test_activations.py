# SPDX-License-Identifier: BSD-3-Clause
"""Activation objects: the oracle's values within a few ULP, on any array, with value semantics."""

import itertools
import math
import re

import numpy as np
import pytest

import neuract as na
from oracle import reference as ref
from oracle.cases import OBJECTS
from oracle.marks import shown

ELEMENTWISE = [f for f in OBJECTS if not isinstance(f, na.Softmax)]
DTYPES = [np.float32, np.float64]
# The error of the float64 oracle itself, in units in the last place, from the rounding of its argument.
ULPS = {("gelu", np.float64): 10, ("gelu_tanh", np.float64): 2000, ("mish", np.float64): 8}
# Where 1 - y, or the two terms of the derivative of z·g(z), cancel.
CANCEL = (na.Sigmoid, na.Tanh, na.GELU, na.SiLU, na.Mish)

every = pytest.mark.parametrize("f", OBJECTS, ids=repr)
elementwise = pytest.mark.parametrize("f", ELEMENTWISE, ids=repr)
both_dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=["float32", "float64"])


def oracle(f, z, what="f"):
    """The oracle's value in float64, from z and parameter as the package rounds them."""
    parameter = np.float64(z.dtype.type(f.parameter))
    z = z.astype(np.float64)
    with np.errstate(all="ignore"):
        return getattr(ref.ACTIVATIONS[f.core_name], what)(z, parameter)


def points(dtype):
    """Dense around 0, then every power of two whose exponential is a normal number."""
    near = np.linspace(-30, 30, 4003)
    powers = 2.0 ** np.arange(-20, 6.3, 0.1)
    return np.concatenate([near, powers, -powers]).astype(dtype)


def assert_within_ulps(actual, desired, ulps, dtype, atol=0.0):
    assert actual.dtype == dtype
    ulp = np.spacing(np.abs(desired).astype(dtype)).astype(np.float64)
    # The core flushes subnormals, so below the smallest normal number only that much is promised.
    allowed = ulps * ulp + np.finfo(dtype).tiny + atol
    off = ~(np.abs(actual.astype(np.float64) - desired) <= allowed)
    assert not off.any(), (actual[off][:5], desired[off][:5])


def test_registry_is_covered():
    """Protects against an activation that is added without its definition."""
    assert {na.activation(name).core_name for name in na.ACTIVATIONS} == set(ref.ACTIVATIONS)
    assert {f.core_name for f in OBJECTS} == set(ref.ACTIVATIONS)


@both_dtypes
@elementwise
def test_value(f, dtype):
    """Protects the accuracy that vecmath.h promises, in the tails too, with room for NumPy's own errors."""
    z = points(dtype)
    assert_within_ulps(f(z), oracle(f, z), ULPS.get((f.core_name, dtype), 4), dtype)


@both_dtypes
@elementwise
def test_derivative(f, dtype):
    """Protects backward's slopes, those at the kinks included."""
    kinks = ref.ACTIVATIONS[f.core_name].kinks(dtype(f.parameter))
    z = np.append(points(dtype), np.array([0, *kinks], dtype))
    atol = 4 * np.finfo(dtype).eps if isinstance(f, CANCEL) else 0.0
    assert_within_ulps(f.derivative(z), oracle(f, z, "slope"), ULPS.get((f.core_name, dtype), 5), dtype, atol)


FAR = np.concatenate([np.linspace(-30, 30, 60_001), 10.0 ** np.arange(2, 7), -(10.0 ** np.arange(2, 7))])


@pytest.mark.parametrize("f", [f for f in ELEMENTWISE if f.parameter >= 0 or not isinstance(f, na.PReLU)], ids=repr)
def test_bounds(f):
    """Protects against bounds that y exceeds, or never approaches."""
    y, (low, high) = f(FAR), f.bounds
    assert low <= y.min() <= (low + 1e-3 if np.isfinite(low) else -100)
    assert high >= y.max() >= (high - 1e-3 if np.isfinite(high) else 100)


@elementwise
def test_saturates_where_it_is_flat(f):
    """Protects the limits: f has them where it is flat far out on both sides, and is nearly flat beyond them."""
    far_out = np.array([1e3, 12345.0, 1e6])
    flat = (np.abs(f.derivative(np.append(far_out, -far_out))) < 1e-5).all()
    low, high = f.saturates_at
    assert np.isfinite([low, high]).all() == np.isfinite([low, high]).any() == flat
    if flat:
        y, slopes = f(FAR), f.derivative(FAR)
        beyond = (y <= low) | (y >= high)
        assert slopes[beyond].max() <= (0.05 if f.margin else 0) * slopes.max()
        assert slopes[~beyond].min() >= 1e-4


# From z to where the last normal number is, in float32 and float64.
TAILS = {
    na.GELU(): [(-8, -13.1), (-30, -37.4)],
    na.GELU("tanh"): [(-8, -10), (-18, -21.1)],
    na.SiLU(): [(-80, -91.8), (-690, -714)],
    na.Mish(): [(-80, -91.8), (-690, -714)],
    na.Softplus(): [(-80, -87.3), (-690, -708)],
    na.LogSigmoid(): [(80, 87.3), (690, 708)],
    na.Squareplus(): [(-1e18, -8e37), (-1e154, -4e307)],
}


@both_dtypes
@pytest.mark.parametrize("f", TAILS, ids=repr)
def test_tails(f, dtype):
    """Protects all digits down to the smallest normal number, which PyTorch (1 + erf and such) rounds to 0."""
    z = np.linspace(*TAILS[f][DTYPES.index(dtype)], 2001).astype(dtype)
    y, ulps = f(z), ULPS.get((f.core_name, dtype), 4)
    assert (y != 0).all()
    assert_within_ulps(y, oracle(f, z), ulps, dtype)
    # There the derivative does not cancel.
    assert_within_ulps(f.derivative(z), oracle(f, z, "slope"), 2 * ulps, dtype)


LIMITS = {  # values at -inf and inf, derivatives at both
    "elu": (-1, np.inf, 0, 1),
    "selu": (-1.7580993408473768, np.inf, 0, 1.0507009873554805),
    "celu": (-1, np.inf, 0, 1),
    "gelu": (0, np.inf, 0, 1),
    "gelu_tanh": (0, np.inf, 0, 1),
    "silu": (0, np.inf, 0, 1),
    "mish": (0, np.inf, 0, 1),
    "softplus": (0, np.inf, 0, 1),
    "log_sigmoid": (-np.inf, 0, 1, 0),
    "squareplus": (0, np.inf, 0, 1),
    "softsign": (-1, 1, 0, 0),
    "tanh_shrink": (-np.inf, np.inf, 1, 1),
    "hard_sigmoid": (0, 1, 0, 0),
    "hard_swish": (0, np.inf, 0, 1),
    "hard_tanh": (-1, 1, 0, 0),
    "hard_shrink": (-np.inf, np.inf, 1, 1),
    "soft_shrink": (-np.inf, np.inf, 1, 1),
    "sin": (np.nan, np.nan, np.nan, np.nan),
}


@both_dtypes
@pytest.mark.parametrize("name", LIMITS)
def test_limits(name, dtype):
    """Protects value and slope at infinity and at the largest number, where inf·0 and inf/inf threaten."""
    f, wanted = na.activation(name), np.array(LIMITS[name], dtype)
    at = lambda end: np.concatenate([f([-end, end]), f.derivative([-end, end])])  # noqa: E731
    np.testing.assert_array_equal(at(dtype(np.inf)), wanted)
    largest = at(np.finfo(dtype).max)
    np.testing.assert_array_equal(largest[np.isfinite(wanted)], wanted[np.isfinite(wanted)])
    assert (np.abs(largest[np.isinf(wanted)]) >= np.finfo(dtype).max).all()


@both_dtypes
def test_sin_where_neighbours_are_far_apart(dtype):
    """Protects the documented bound: accurate below it, 0 beyond it, always in [-1, 1]."""
    bound = dtype(2.0**16 if dtype == np.float32 else 2.0**45)
    f, near = na.Sin(), np.nextafter(bound, dtype(0)) - np.arange(1000, dtype=dtype)
    tolerance = 4 * np.finfo(dtype).eps if na.simd_info()["chosen"] != "sse2" else 1 / 64
    np.testing.assert_allclose(f(near), np.sin(near.astype(np.float64)), rtol=0, atol=tolerance)
    np.testing.assert_allclose(f.derivative(near), np.cos(near.astype(np.float64)), rtol=0, atol=tolerance)
    beyond = np.array([np.nextafter(bound, dtype(np.inf)), 1e30, np.finfo(dtype).max], dtype)
    np.testing.assert_array_equal([f(beyond), f(-beyond), f.derivative(beyond)], 0)


@pytest.mark.parametrize("name", ["z * Phi", "tanh"])
def test_gelu_is_what_its_formula_says(name):
    """Protects against swapping gelu and its approximation, and the docstring's figures."""
    z = np.linspace(-6, 6, 10001)
    exact, approximate = na.GELU()(z), na.GELU(approximate="tanh")(z)
    if name == "tanh":
        by_formula = z / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
        np.testing.assert_allclose(approximate, by_formula, rtol=0, atol=1e-14)
        assert 0.0004 < np.abs(exact - approximate).max() < 0.0005
    else:
        by_formula = z * np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in z])
        np.testing.assert_allclose(exact, by_formula, rtol=1e-14, atol=1e-16)


@both_dtypes
def test_derivative_at_the_edge_of_a_bounded_relu(dtype):
    """Protects 0 < z < max: the slope is 0 at both edges."""
    z = np.array([-1, 0, 0.5, 1, 2], dtype)
    np.testing.assert_array_equal(na.ReLU(max_value=1)(z), np.array([0, 0, 0.5, 1, 1], dtype))
    np.testing.assert_array_equal(na.ReLU(max_value=1).derivative(z), [0, 0, 1, 0, 0])


@both_dtypes
@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 17), (1,), (4, 1), (2, 0)])
def test_softmax(shape, dtype, rng):
    """Protects the axis: the last one sums to 1, for any number of axes."""
    z = rng.normal(scale=5, size=shape).astype(dtype)
    y = na.Softmax()(z)
    assert (y.shape, y.dtype) == (shape, dtype)
    if z.size:
        desired = ref.softmax(z.astype(np.float64))
        # The rounding of z - max alone is worth |z - max| ULP.
        np.testing.assert_allclose(y, desired, rtol=64 * np.finfo(dtype).eps)


def test_softmax_of_huge_inputs():
    """Protects against overflow: softmax computes exp(z - max)."""
    np.testing.assert_array_equal(na.Softmax()([1e4, 0.0, -1e4]), [1, 0, 0])
    np.testing.assert_array_equal(na.Softmax()([-1e4, -1e4]), [0.5, 0.5])


def test_softmax_has_no_elementwise_derivative():
    with pytest.raises(ValueError, match="Jacobian"):
        na.Softmax().derivative(np.zeros(3))


@both_dtypes
@elementwise
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (3, 0), (1,), (17,), (3, 5), (2, 3, 4)])
def test_shape_and_dtype_are_kept(f, shape, dtype, rng):
    """Protects every shape, 0-d and empty included; the input does not change."""
    z = np.asarray(rng.normal(size=shape), dtype)
    before = z.copy()
    for result, what in ((f(z), "f"), (f.derivative(z), "slope")):
        result = np.asarray(result)
        assert (result.shape, result.dtype) == (shape, dtype)
        # A value must not depend on the shape of its array.
        assert_within_ulps(result, np.asarray(oracle(f, z, what)), 4, dtype, np.finfo(dtype).eps)
    np.testing.assert_array_equal(z, before)


LAYOUTS = {
    "strided": lambda z: np.repeat(z, 2, axis=1)[:, ::2],
    "negative strides": lambda z: z[::-1, ::-1].copy()[::-1, ::-1],
    "Fortran": np.asfortranarray,
    "broadcast": lambda z: np.broadcast_to(z[:1], z.shape),
    "big-endian": lambda z: z.astype(z.dtype.newbyteorder(">")),
    "unaligned": lambda z: np.frombuffer(b"\0" + z.tobytes(), z.dtype, offset=1).reshape(z.shape),
}


@both_dtypes
@every
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_layout_changes_no_bit(f, layout, dtype, rng):
    """Protects against reading strided, unaligned or byte-swapped memory as if it were plain."""
    z = layout(rng.normal(size=(7, 9)).astype(dtype))
    plain = np.array(z, dtype, order="C")
    z.flags.writeable = False
    assert f(z).dtype == dtype
    assert f(z).tobytes() == f(plain).tobytes()


@every
@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64, bool, np.float16])
def test_other_dtypes_become_float64(f, dtype):
    z = np.array([[0, 1, 1], [1, 0, 1]], dtype)
    assert f(z).dtype == np.float64
    np.testing.assert_array_equal(f(z), f(z.astype(np.float64)))
    np.testing.assert_array_equal(f(z.tolist()), f(z.astype(np.float64)))


@every
@pytest.mark.parametrize("bad", ["abc", ["a", "b"], None, [1j], [object()]], ids=shown)
def test_what_is_no_number_is_refused(f, bad):
    with pytest.raises((TypeError, ValueError)):
        f(bad)


@both_dtypes
@elementwise
def test_nan_stays_nan(f, dtype):
    """Protects against min, max and clamps that swallow a NaN; 33 puts it in every kind of lane."""
    for i in range(33):
        z = np.zeros(33, dtype)
        z[i] = np.nan
        np.testing.assert_array_equal(np.isnan(f(z)), np.isnan(z))


@both_dtypes
@pytest.mark.parametrize("f", [f for f in ELEMENTWISE if f != na.Sin()], ids=repr)  # it is not defined so far out
def test_infinite_and_huge(f, dtype):
    """Protects the limits: saturation or infinity, never NaN."""
    huge = np.finfo(dtype).max
    z = np.array([np.inf, -np.inf, huge, -huge, 1e30, -1e30], dtype)
    with np.errstate(over="ignore"):
        desired = oracle(f, z).astype(dtype)
    np.testing.assert_allclose(f(z), desired, rtol=4 * np.finfo(dtype).eps, atol=np.finfo(dtype).tiny)


@both_dtypes
@elementwise
def test_subnormal(f, dtype):
    """Protects values next to 0: a subnormal may be flushed to 0 and nothing else."""
    z = np.array([1, -1, 2**10, -(2**10)], dtype) * np.finfo(dtype).smallest_subnormal
    tiny = np.finfo(dtype).tiny
    np.testing.assert_allclose(f(z), oracle(f, z), rtol=4 * np.finfo(dtype).eps, atol=3 * tiny)


@both_dtypes
def test_callers_floating_point_state_stays(dtype):
    """Protects the caller from the core's flush-to-zero: subnormals survive a call."""
    na.Sigmoid()(np.zeros(1000, dtype))
    small = np.full(3, np.finfo(dtype).smallest_subnormal) * dtype(3)
    assert (small > 0).all()


@every
def test_repr_can_be_pasted(f):
    assert eval(repr(f), vars(na.activations)) == f


def test_equal_by_value():
    """Protects dictionary keys and scikit-learn's clone: objects are equal if kind and values are."""
    for (i, f), (j, g) in itertools.product(enumerate(OBJECTS), repeat=2):
        same = eval(repr(g), {"na": na, **vars(na)})
        assert (f == same) == (i == j), (f, same)
        assert (f != same) == (i != j), (f, same)
        if i == j:
            assert hash(f) == hash(same)
    assert na.ReLU() != "relu"
    assert na.ReLU(max_value=1) == na.ReLU(max_value=1.0)


def test_names():
    aliases = {"identity": "linear", "logistic": "sigmoid", "exp": "exponential"}
    aliases |= {"swish": "silu", "hard_silu": "hard_swish"}
    for alias, name in aliases.items():
        assert na.activation(alias) == na.activation(name)
    assert na.activation("linear") == na.Linear(slope=1.0)
    assert na.activation("relu") == na.ReLU(max_value=None)
    assert na.activation("leaky_relu") == na.LeakyReLU(alpha=0.01)
    assert na.activation("prelu") == na.PReLU(alpha=0.25, shared=False)
    assert na.activation("relu6") == na.ReLU(max_value=6)
    assert na.activation("gelu") == na.GELU(approximate="none")
    assert na.activation("gelu_tanh") == na.GELU(approximate="tanh")
    assert na.activation("hard_shrink") == na.HardShrink(lambd=0.5)
    assert na.activation("squareplus") == na.Squareplus(b=4)
    for f in OBJECTS:
        assert na.activation(f) == f


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: na.ELU(alpha=0), "alpha must be > 0, got 0"),
        (lambda: na.ELU(alpha=np.inf), "alpha must be > 0, got inf"),
        (lambda: na.CELU(alpha=-1), "alpha must be in [1e-30, 1e+30], got -1"),
        (lambda: na.HardShrink(lambd=-0.5), "lambd must be >= 0, got -0.5"),
        (lambda: na.SoftShrink(lambd=np.nan), "lambd must be >= 0, got nan"),
        (lambda: na.Squareplus(b=0), "b must be in [1e-30, 1e+30], got 0"),
        (lambda: na.GELU(approximate="erf"), "unknown approximate 'erf'; expected one of 'none', 'tanh'"),
    ],
)
def test_parameters_out_of_range(make, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make()


@pytest.mark.parametrize("make", [na.ELU, na.CELU, na.HardShrink, na.SoftShrink, na.Squareplus, na.GELU])
def test_parameters_of_the_wrong_kind(make):
    with pytest.raises(TypeError, match=r"must be (a number|one of 'none', 'tanh'), got \[\]"):
        make([])


@pytest.mark.parametrize("unknown", ["rleu", "", "ReLU6"])
def test_unknown_name_lists_the_names(unknown):
    with pytest.raises(ValueError, match=f"{unknown!r}") as error:
        na.activation(unknown)
    for name in na.ACTIVATIONS:
        assert name in str(error.value)


@pytest.mark.parametrize("wrong", [3, None, na.ReLU, ["relu"]], ids=repr)
def test_what_is_no_activation_is_refused(wrong):
    with pytest.raises((TypeError, ValueError), match=r"(?i)relu"):
        na.activation(wrong)
