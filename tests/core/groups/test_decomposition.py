"""The parts of a difference of means: equal to R, and to a difference in all cases."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.core.groups.decomposition import composition, likely_noise, person_weights

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "decomposition.json").read_text())


def test_the_mix_equals_the_regression_decomposition_of_r() -> None:
    y, weight, first, category = (np.array(REFERENCE[name]) for name in ("y", "weight", "first", "category"))
    parts = composition(y, weight, first, category, 3)
    assert parts.mix == pytest.approx(REFERENCE["mix"], abs=1e-12)  # least squares against means: rounding only
    assert parts.mix + parts.within == pytest.approx(REFERENCE["gap"], abs=1e-12)
    assert abs(REFERENCE["mix_first"] - parts.mix) > 0.01  # neither side is the standard


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), k=st.integers(2, 4), shift=st.floats(-3, 3))
def test_the_parts_sum_and_turn_round(seed: int, k: int, shift: float) -> None:
    """They sum to the difference; the sides' exchange turns every sign; a constant on one side is all within."""
    rng = np.random.default_rng(seed)
    category = np.concatenate([np.arange(k), rng.integers(0, k, 20), np.arange(k), rng.integers(0, k, 15)])
    first = np.arange(len(category)) < k + 20
    y, weight = rng.normal(7, 1, len(category)), rng.uniform(0.1, 2, len(category))
    parts = composition(y, weight, first, category, k)
    gap = np.average(y[first], weights=weight[first]) - np.average(y[~first], weights=weight[~first])
    assert parts.mix + parts.within == pytest.approx(gap, abs=1e-10)
    turned = composition(y, weight, ~first, category, k)
    assert (turned.mix, turned.within) == pytest.approx((-parts.mix, -parts.within), abs=1e-10)
    moved = composition(y + shift * first, weight, first, category, k)
    assert (moved.mix, moved.within) == pytest.approx((parts.mix, parts.within + shift), abs=1e-9)


@pytest.mark.parametrize("n", [3, 5, 12])
def test_the_bootstrap_has_the_usual_standard_error(n: int) -> None:
    rng = np.random.default_rng(8)
    y = rng.normal(size=n)
    weights = person_weights(np.arange(n), np.zeros(n, dtype=int), 20_000, rng)
    spread = (weights @ y / weights.sum(axis=1)).std()
    # 20,000 draws: the standard error of a standard deviation is half a percent
    assert spread == pytest.approx(y.std(ddof=1) / np.sqrt(n), rel=0.02)


def test_ratings_of_a_person_share_their_weight() -> None:
    person, cell = np.array([0, 1, 0, 2]), np.array([0, 0, 1, 1])
    weights = person_weights(person, cell, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(weights[:, 0], weights[:, 2])
    assert (weights > 0).all()


@given(st.floats(-5, 5), st.floats(0, 5))
def test_noise_is_between_nothing_and_all(difference: float, se: float) -> None:
    noise = likely_noise(difference, se)
    assert abs(noise) <= abs(difference) and noise * difference >= 0
    if abs(difference) <= se:
        assert noise == difference


def test_noise_is_right_on_average() -> None:
    """Of the square of measured differences, the part of noise is what measuring added to the true squares."""
    rng = np.random.default_rng(2)
    true = rng.choice([-1.0, 1.0], 40_000) * 1.5
    measured = true + rng.normal(0, 0.4, len(true))
    noise = np.array([likely_noise(value, 0.4) for value in measured])
    added = np.mean(measured**2) - np.mean(true**2)
    assert np.mean(noise * measured) == pytest.approx(added, abs=0.02)  # three standard errors of the mean square
