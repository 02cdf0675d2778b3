# SPDX-License-Identifier: BSD-3-Clause
"""Prediction intervals and prediction sets of an ensemble, and what their files may hold."""

from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuract.outputs._intervals import Intervals
from neuract.outputs._ranks import MOST_KEPT, Ranks
from neuract.outputs._sets import Sets
from oracle.comparisons import assert_same_bits

COVERAGES = (0.5, 0.8, 0.9, 0.95)


def smallest(values, coverage):
    """Returns the ⌈coverage (n + 1)⌉-th smallest value, or the largest."""
    rank = ceil(round(coverage * (len(values) + 1), 9))
    return np.sort(values)[min(rank, len(values)) - 1]


def covered(bounds, y):
    return ((bounds[..., 0] <= y) & (y <= bounds[..., 1])).mean(axis=0)


def uneven(rng, rows):
    """Returns predictions, and y whose noise grows with them."""
    predictions = rng.uniform(0, 3, rows)
    return predictions, predictions + rng.standard_t(4, rows) * np.exp(predictions - 2)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(*[st.integers(-20, 20)] * 2), min_size=1, max_size=40),
    st.integers(1, 5),
    st.floats(0.01, 0.99),
    st.integers(0, 99),
)
def test_few_rows_by_brute_force(rows, n_folds, coverage, seed):
    """Few rows have one scale: the half-width is a residual, times what averaging the folds leaves of it."""
    oof, y = np.array(rows, float).T
    folds = np.random.default_rng(seed).normal(size=(n_folds, 4, 1)) * 3
    bounds = Intervals.learned(oof, y).interval(folds, coverage)
    residuals = np.abs(y - oof)
    square = (residuals**2).mean() or 1
    for i in range(4):
        of_row = folds[:, i, 0]
        variance = ((of_row - of_row.mean()) ** 2).mean()
        half = smallest(residuals, coverage) * np.sqrt(max(square - variance, variance) / square)
        np.testing.assert_allclose(bounds[i], [of_row.mean() - half, of_row.mean() + half], atol=1e-9)


def test_new_rows_are_covered_where_noise_grows(rng):
    intervals, (predictions, y) = Intervals.learned(*uneven(rng, 3000)), uneven(rng, 20000)
    for coverage in COVERAGES:
        bounds = intervals.interval(predictions[np.newaxis, :, np.newaxis], coverage)
        assert covered(bounds, y) == pytest.approx(coverage, abs=0.02)
        quiet = predictions < 1
        assert covered(bounds[quiet], y[quiet]) == pytest.approx(coverage, abs=0.05)
    width = bounds[:, 1] - bounds[:, 0]
    assert width[predictions < 0.5].mean() < width[predictions > 2.5].mean() / 3


def test_averaged_folds_are_covered(rng):
    """Protects against counting twice how much the folds disagree, as CV+ does."""
    truth, noise = rng.normal(size=(2, 6000))
    folds = truth + 0.7 * rng.normal(size=(8, 6000))
    y, old = truth + noise, slice(3000)
    intervals = Intervals.learned(folds[0, old], y[old])
    for coverage in COVERAGES:
        bounds = intervals.interval(folds[:, 3000:, np.newaxis], coverage)
        assert covered(bounds, y[3000:]) == pytest.approx(coverage, abs=0.03)


def test_where_the_folds_disagree_it_is_wider():
    intervals = Intervals.learned(np.zeros(99), np.linspace(-1, 1, 99))
    apart = np.array([[-1.0, -2.0, -4.0], [1.0, 2.0, 4.0]])[..., np.newaxis]
    width = np.diff(intervals.interval(apart, 0.9)).ravel()
    np.testing.assert_allclose(width[1:] / width[:-1], 2)


def test_one_scale_where_it_is_narrower():
    """Protects against a scale that follows noise: the out-of-fold width at 90 % is never above that of one scale."""
    alone = 0
    for seed in range(20):
        oof, noise = np.random.default_rng(seed).normal(size=(2, 400))
        y = oof + noise
        learned = Intervals.learned(oof, y)
        bounds = learned.interval(oof[np.newaxis, :, np.newaxis], 0.9)
        without = 2 * smallest(np.abs(y - oof), 0.9)
        assert (bounds[:, 1] - bounds[:, 0]).mean() <= without * (1 + 1e-9)
        alone += len(np.unique(learned.scales)) == 1
    assert 0 < alone < 20


def test_outputs_are_on_their_own(rng):
    oof, y = np.stack(uneven(rng, 500)), np.stack(uneven(rng, 500))
    folds = rng.uniform(0, 3, (4, 30, 2))
    both = Intervals.learned(oof.T, y.T).interval(folds, 0.9)
    assert both.shape == (30, 2, 2)
    for j in range(2):
        np.testing.assert_array_equal(both[:, j], Intervals.learned(oof[j], y[j]).interval(folds[..., [j]], 0.9))


def test_rows_are_on_their_own(rng):
    intervals, folds = Intervals.learned(*uneven(rng, 500)), rng.uniform(-1, 4, (4, 30, 1))
    alone = [intervals.interval(folds[:, i : i + 1], 0.9) for i in range(30)]
    assert_same_bits(np.concatenate(alone), intervals.interval(folds, 0.9))


def test_rows_without_prediction_or_weight_are_left_out(rng):
    oof, y = uneven(rng, 300)
    weights, some = np.ones(300), np.arange(300) % 3 == 0
    weights[1::3] = 0
    oof[2::3] = np.nan
    folds = rng.uniform(0, 3, (4, 30, 1))
    expected = Intervals.learned(oof[some], y[some]).interval(folds, 0.9)
    np.testing.assert_array_equal(Intervals.learned(oof, y, weights).interval(folds, 0.9), expected)
    with pytest.raises(ValueError, match="at least one row"):
        Intervals.learned(np.full(3, np.nan), np.zeros(3))


def test_weights_count(rng):
    """Rows of one half of the predictions weigh 9 times as much: the residuals of that half count."""
    y = rng.normal(size=4000) * np.repeat([1.0, 5.0], 2000)
    for heavy in (0, 1):
        weights = np.repeat([9.0, 1.0] if heavy == 0 else [1.0, 9.0], 2000)
        ranks = Ranks.learned(np.abs(y)[:, np.newaxis], weights)
        share = weights[np.abs(y) <= ranks.covering(0.9)[0]].sum() / weights.sum()
        assert share == pytest.approx(0.9, abs=0.005)
        assert ranks.rows == pytest.approx(4000 * 25 / 41)


@pytest.mark.parametrize("y", [np.zeros(200), np.full(200, 1e9), np.repeat([0.0, 1.0], 100)])
def test_constant_and_exact_predictions(y):
    exact = Intervals.learned(y, y).interval(np.full((3, 2, 1), 7.0), 0.9)
    np.testing.assert_array_equal(exact, 7.0)
    constant = Intervals.learned(np.full(200, y.mean()), y).interval(np.full((3, 2, 1), y.mean()), 0.9)
    assert np.isfinite(constant).all()
    assert covered(constant, y[:2]) == 1


@pytest.mark.parametrize("rows", [MOST_KEPT, MOST_KEPT + 1, 50_000])
def test_many_rows_are_kept_in_part(rng, rows):
    values = rng.normal(size=(rows, 1))
    ranks = Ranks.learned(values, np.ones(rows))
    assert ranks.values.shape[1] <= MOST_KEPT
    for coverage in (0.001, *COVERAGES, 0.999, 0.9999):
        share = (values <= ranks.covering(coverage)[0]).mean()
        exact = min(ceil(round(coverage * (rows + 1), 9)), rows) / rows
        assert exact <= share <= exact + (1 / MOST_KEPT if rows > MOST_KEPT else 0) + 1e-9


def test_whole_ranks_are_not_rounded_up():
    """Protects against 0.9 (n + 1) that is above a whole number in the last bit."""
    for rows in range(1, 300):
        values = np.arange(rows, dtype=float)
        ranks = Ranks.learned(values[:, np.newaxis], np.ones(rows))
        assert [ranks.covering(c)[0] for c in COVERAGES] == [smallest(values, c) for c in COVERAGES]


def probabilities(rng, rows, sharper=1.0):
    """Returns probabilities of 5 classes, at another sharpness than that from which the classes are drawn."""
    z = rng.normal(size=(rows, 5)) * 1.5
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    given = p**sharper / (p**sharper).sum(axis=1, keepdims=True)
    return given, np.array([rng.choice(5, p=row) for row in p])


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 40), st.integers(0, 999), st.floats(0.01, 0.99))
def test_sets_by_brute_force(rows, seed, coverage):
    rng = np.random.default_rng(seed)
    p, y = probabilities(rng, rows)

    def score(row, c):
        return row[row > row[c]].sum() + row[c] / 2

    limit = smallest([score(row, c) for row, c in zip(p, y, strict=True)], coverage)
    new, _ = probabilities(rng, 10)
    expected = [[score(row, c) <= limit + 1e-12 or c == row.argmax() for c in range(5)] for row in new]
    np.testing.assert_array_equal(Sets.learned(p, y).sets(new, coverage), expected)


@pytest.mark.parametrize("sharper", [0.5, 1.0, 3.0])
def test_sets_cover_new_rows(rng, sharper):
    sets, (p, y) = Sets.learned(*probabilities(rng, 3000, sharper)), probabilities(rng, 6000, sharper)
    right = (p.argmax(axis=1) == y).mean()
    for coverage in COVERAGES:
        inside = sets.sets(p, coverage)
        assert inside.any(axis=1).all()
        assert inside[np.arange(6000), y].mean() == pytest.approx(max(coverage, right), abs=0.025)


def test_sets_leave_out_rows_without_prediction_or_weight(rng):
    p, y = probabilities(rng, 90)
    holed, weights = p.copy(), np.ones(90)
    holed[::3, 1], weights[1::3] = np.nan, 0
    new, _ = probabilities(rng, 50)
    expected = Sets.learned(p[2::3], y[2::3]).sets(new, 0.8)
    np.testing.assert_array_equal(Sets.learned(holed, y, weights).sets(new, 0.8), expected)
    with pytest.raises(ValueError, match="at least one row"):
        Sets.learned(p, y, np.zeros(90))


def test_equal_predictions_have_a_state(rng):
    """Protects against bins whose means differ in the last bit, out of order."""
    for constant in (0.1, 0.3, 1 / 3, 1e9 / 7):
        learned = Intervals.learned(np.full(1000, constant), rng.normal(size=1000), rng.uniform(0.1, 3, 1000))
        Intervals.from_state(learned.state())


def test_states_make_the_same(rng):
    intervals, folds = Intervals.learned(*uneven(rng, 500)), rng.uniform(-1, 4, (4, 30, 1))
    assert_same_bits(Intervals.from_state(intervals.state()).interval(folds, 0.9), intervals.interval(folds, 0.9))
    p, y = probabilities(rng, 90)
    sets = Sets.learned(p, y)
    assert_same_bits(Sets.from_state(sets.state()).sets(p, 0.9), sets.sets(p, 0.9))


def with_number(array, place, number):
    changed = array.copy()
    changed[0, place] = number
    return changed


DAMAGE = {
    "no array": lambda array: array.tolist(),
    "whole numbers": lambda array: array.astype(int),
    "flat": lambda array: array[0],
    "empty": lambda array: array[:, :0],
    "no rows": lambda array: array[:0],
    "NaN": lambda array: with_number(array, 0, np.nan),
    "infinite": lambda array: with_number(array, -1, np.inf),
    "negative": lambda array: with_number(array, 0, -1e300),
    "shorter": lambda array: array[:, 1:],
    "wider": lambda array: np.repeat(array, 50, axis=1),
    "twice": lambda array: np.repeat(array, 2, axis=0),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("part", ["values", "shares", "predictions", "scales", "deviations"])
def test_impossible_states_are_refused(rng, part, damage):
    if (part, damage) == ("predictions", "negative"):
        return  # is possible
    state = Intervals.learned(*uneven(rng, 200)).state()
    with pytest.raises(ValueError, match=r"must|there are"):
        Intervals.from_state(state | {part: DAMAGE[damage](state[part])})
    if part in ("values", "shares"):
        state = Sets.learned(*probabilities(rng, 90)).state()
        with pytest.raises(ValueError, match="must"):
            Sets.from_state(state | {part: DAMAGE[damage](state[part])})


@pytest.mark.parametrize("damage", ["flat", "empty", "no rows", "wider", "twice"])
@pytest.mark.parametrize("parts", [("values", "shares"), ("predictions", "scales", "deviations")])
def test_impossible_shapes_are_refused(rng, parts, damage):
    """Protects against parts that fit each other and nothing else."""
    state = Intervals.learned(*uneven(rng, 200)).state()
    with pytest.raises(ValueError, match=r"must|there are"):
        Intervals.from_state(state | {part: DAMAGE[damage](state[part]) for part in parts})


def test_sets_of_several_columns_are_refused(rng):
    state = Sets.learned(*probabilities(rng, 90)).state()
    with pytest.raises(ValueError, match="one row of scores"):
        Sets.from_state(state | {part: np.repeat(state[part], 2, axis=0) for part in ("values", "shares")})


@pytest.mark.parametrize("part", ["values", "shares", "predictions", "scales", "deviations", "rows"])
def test_missing_parts_are_refused(rng, part):
    state = Intervals.learned(*uneven(rng, 200)).state()
    del state[part]
    with pytest.raises(ValueError, match=part):
        Intervals.from_state(state)


@pytest.mark.parametrize("part", ["values", "shares", "predictions"])
def test_unsorted_states_are_refused(rng, part):
    state = Intervals.learned(*uneven(rng, 200)).state()
    with pytest.raises(ValueError, match="sorted"):
        Intervals.from_state(state | {part: np.ascontiguousarray(state[part][:, ::-1])})


@pytest.mark.parametrize("rows", [0, -1, True, "9", None, float("nan"), float("inf")])
def test_impossible_numbers_of_rows_are_refused(rng, rows):
    state = Intervals.learned(*uneven(rng, 200)).state() | {"rows": rows}
    with pytest.raises(ValueError, match="rows must be a number of at least 1"):
        Intervals.from_state(state)


@pytest.mark.parametrize("shares", [[0.0, 1.0], [0.5, 0.9], [0.5, 1.1]])
def test_impossible_shares_are_refused(shares):
    with pytest.raises(ValueError, match="shares must rise"):
        Ranks.from_state({"values": np.array([[1.0, 2.0]]), "shares": np.array([shares]), "rows": 2.0})
