"""Samples of units as weights, and the intervals that follow from their statistics."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from hpp_analysis.core.correlation.bootstrap import (
    acceleration,
    bca_levels,
    drawn_weights,
    jackknife_levels,
    left_out_weights,
    percentile_bounds,
    tails,
)


def test_every_draw_has_as_many_as_there_are_units() -> None:
    (weights,) = drawn_weights(np.arange(50), 200, np.random.default_rng(0))
    assert (weights.sum(axis=1) == 50).all()
    assert weights.var() == pytest.approx(
        0.98, abs=0.05
    )  # multinomial: 1 - 1 / 50, within three standard errors of 10,000 counts


def test_a_sample_may_have_another_size() -> None:
    (weights,) = drawn_weights(np.arange(50), 20, np.random.default_rng(0), size=8)
    assert (weights.sum(axis=1) == 8).all()
    (same,) = drawn_weights(np.arange(50), 20, np.random.default_rng(0), size=50)
    np.testing.assert_array_equal(same, next(drawn_weights(np.arange(50), 20, np.random.default_rng(0))))


def test_rows_of_a_unit_are_drawn_together_and_left_out_together() -> None:
    unit = np.array([0, 0, 1, 2, 2, 2])
    for weights in drawn_weights(unit, 20, np.random.default_rng(1)):
        assert (weights[:, 0] == weights[:, 1]).all() and (weights[:, 3] == weights[:, 5]).all()
    np.testing.assert_array_equal(left_out_weights(unit), [[0, 0, 1, 1, 1, 1], [1, 1, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0]])
    assert len(left_out_weights(np.arange(1000))) == 200  # groups of five


def test_bounds_are_quantiles_unless_a_tenth_of_the_samples_has_no_value() -> None:
    values = np.random.default_rng(2).normal(size=(1000, 2))
    levels = np.repeat(tails(0.9)[None], 2, axis=0)
    np.testing.assert_allclose(percentile_bounds(values, levels), np.quantile(values, [0.05, 0.95], axis=0).T)
    values[:101, 1] = np.nan
    assert np.isnan(percentile_bounds(values, levels)).tolist() == [[False, False], [True, True]]


def test_bca_levels_follow_bias_and_skewness() -> None:
    """Efron (1987) in closed form: the level is Phi(z0 + (z0 + z) / (1 - a (z0 + z)))."""
    sample, ends = np.arange(1000.0), tails(0.95)
    bias, z = ndtri(0.6), ndtri(ends)
    for skew in (0.0, 0.05):
        expected = ndtr(bias + (bias + z) / (1 - skew * (bias + z)))
        np.testing.assert_allclose(bca_levels(sample, 599.5, skew, ends), expected, atol=1e-12)
    np.testing.assert_allclose(bca_levels(sample, 499.5, 0.0, ends), ends, atol=1e-12)
    assert np.isnan(bca_levels(np.empty(0), 1.0, 0.0, ends)).all()


def test_the_jackknife_accelerates_by_the_skewness_of_what_it_leaves_out() -> None:
    rng = np.random.default_rng(3)
    x = rng.exponential(size=400)
    left_out = (left_out_weights(np.arange(400)) @ x / 398)[:, None]
    values = (next(drawn_weights(np.arange(400), 2000, rng)) @ x / 400)[:, None]
    levels = jackknife_levels(values, np.array([x.mean()]), left_out)
    influence = x - x.mean()
    expected = acceleration(influence[:, None])[0]
    plain = bca_levels(values[:, 0], float(x.mean()), float(expected), tails(0.95))
    # 200 pairs instead of 400 persons: their skewness is smaller by root two and they are half as many
    np.testing.assert_allclose(levels[0], plain, atol=0.01)
    assert levels[0, 1] > bca_levels(values[:, 0], float(x.mean()), 0.0, tails(0.95))[1] + 0.002
