"""Intervals in which small groups count with their mean, and larger groups lend them their spread."""

from dataclasses import fields, replace

import numpy as np
import pytest
from scipy import stats

from hpp_analysis.core.groups.cell_means import Contrasts, contrast_means, contrast_means_many
from hpp_analysis.core.groups.pooled_spread import NO_SPREAD, PooledSpread, add_pooled_spread

NUMBERS = [field.name for field in fields(Contrasts) if field.name != "flags"]


def known(sizes, values, *, person=None):
    """Cells of given sizes: `values` holds the mean of a small cell, or the answers of a large one."""
    y = np.concatenate([np.full(n, v) if np.isscalar(v) else v for n, v in zip(sizes, values, strict=True)])
    cell = np.repeat(np.arange(len(sizes)), sizes)
    who = np.arange(len(y)) if person is None else person
    return y, cell, who


def lent(y, cell, who, weights, spread):
    ratings = {"y": y[:, None], "cell": cell, "person": who, "weights": weights}
    found = add_pooled_spread(contrast_means_many(**ratings), [spread], **ratings)
    return replace(found, **{name: getattr(found, name)[..., 0] for name in NUMBERS})


def test_a_small_cell_counts_with_the_lent_variance():
    rng = np.random.default_rng(1)
    large = rng.normal(7, 2, 20)
    y, cell, who = known([20, 6], [large, 6.5])
    weights = np.array([[0.5, 0.5], [1.0, -1.0]])
    found = lent(y, cell, who, weights, PooledSpread(3.0, 50.0))
    own = large.var(ddof=1) / 20
    for row, a in enumerate(weights):
        one, two = a[0] ** 2 * own, a[1] ** 2 * 3.0 / 6
        df = (one + two) ** 2 / (one**2 / 19 + two**2 / 50)
        half = stats.t.ppf(0.975, df) * np.sqrt(one + two)
        assert found.se[row] == pytest.approx(np.sqrt(one + two), rel=1e-12)
        assert found.df[row] == pytest.approx(df, rel=1e-12)
        assert found.ci_upper[row] - found.estimate[row] == pytest.approx(half, rel=1e-12)
    plain = contrast_means(y, cell, who, weights)
    assert (plain.se < found.se).all()  # without it the small cell would count as known exactly
    assert found.cell_sd[1] == pytest.approx(np.sqrt(3.0))


def test_ratings_of_the_same_persons_are_alike_and_never_narrow_an_interval():
    y, cell, who = known([7, 7], [6.0, 7.0], person=np.tile(np.arange(7), 2))
    weights = np.array([[0.5, 0.5], [1.0, -1.0]])
    apart = lent(*known([7, 7], [6.0, 7.0]), weights, PooledSpread(2.0, 40.0, 0.5)).se ** 2
    same = lent(y, cell, who, weights, PooledSpread(2.0, 40.0, 0.5)).se ** 2
    unknown = lent(y, cell, who, weights, PooledSpread(2.0, 40.0)).se ** 2
    assert same[0] == pytest.approx(1.5 * apart[0]) and unknown[0] == pytest.approx(2 * apart[0])
    assert same[1] == apart[1] == unknown[1]


def test_without_a_larger_group_there_is_no_interval():
    y, cell, who = known([7], [6.0])
    found = lent(y, cell, who, np.array([[1.0]]), PooledSpread(np.nan, 0.0))
    assert found.estimate[0] == 6.0 and np.isnan(found.ci_lower[0]) and found.reason[0] == NO_SPREAD


def test_answers_that_differ_are_left_alone():
    rng = np.random.default_rng(2)
    y, cell, who = known([12, 15], [rng.normal(6, 1, 12), rng.normal(7, 1, 15)])
    weights = np.array([[1.0, -1.0]])
    plain = contrast_means(y, cell, who, weights)
    assert lent(y, cell, who, weights, PooledSpread(9.0, 99.0)) is not None
    np.testing.assert_array_equal(lent(y, cell, who, weights, PooledSpread(9.0, 99.0)).se, plain.se)


def test_each_variable_has_its_own_spread_and_cells():
    rng = np.random.default_rng(3)
    answers = np.round(rng.normal(7, 2, (20, 2)), 1)
    y, cell, who = known([20, 6, 6], [answers[:, 0], 6.5, 7.5], person=np.r_[:20, :6, 3:9])
    y = np.column_stack([y, np.r_[answers[:, 1], np.full(6, np.nan), np.full(6, 8.0)], y])
    weights = np.zeros((2, 3, 3))
    weights[:, :, [0, 2]] = np.array([[0.5, 0.2, 0.3], [1.0, -0.5, -0.5]])[:, :, None]
    weights[:, :, 1] = [[0.4, 0.0, 0.6], [1.0, 0.0, -1.0]]
    spreads = [PooledSpread(3.0, 50.0, 0.4), PooledSpread(2.0, 40.0), None]
    ratings = {"y": y, "cell": cell, "person": who, "weights": weights}
    plain = contrast_means_many(**ratings)
    many = add_pooled_spread(plain, spreads, **ratings)
    for place in (0, 1):
        there = ~np.isnan(y[:, place])
        one = lent(y[there, place], cell[there], who[there], weights[:, :, place], spreads[place])
        for name in ("se", "df", "ci_lower", "p_value"):  # sums in another order: only rounding may differ
            np.testing.assert_allclose(getattr(many, name)[:, place], getattr(one, name), rtol=1e-13, err_msg=name)
    np.testing.assert_array_equal(many.se[:, 2], plain.se[:, 2])  # nothing is lent to it
    assert (many.se[:, 0] > plain.se[:, 0]).all()


def test_the_intervals_cover():
    """4,000 studies: one side of parts of 6, 8 and 25 persons, the spread lent by 25 and by 40 elsewhere.

    The bounds are those of all intervals of the package (.926 to .974); Monte Carlo error is .0035.
    """
    rng = np.random.default_rng(20240501)
    hit = 0
    runs = 4000
    sizes, truth = [6, 8, 25], np.array([6.5, 7.5, 7.0])
    weights = np.full((1, 3), 1 / 3)
    for _run in range(runs):
        answers = [np.clip(np.rint(rng.normal(m, 1.8, n)), 1, 10) for n, m in zip(sizes, truth, strict=True)]
        other = np.clip(np.rint(rng.normal(7.0, 1.8, 40)), 1, 10)
        lender = [answers[2], other]
        df = sum(len(one) - 1 for one in lender)
        spread = PooledSpread(sum((len(one) - 1) * one.var(ddof=1) for one in lender) / df, df)
        y, cell, who = known(sizes, [round(answers[0].mean(), 1), round(answers[1].mean(), 1), answers[2]])
        found = lent(y, cell, who, weights, spread)
        hit += found.ci_lower[0] <= _true_mean(truth) <= found.ci_upper[0]
    assert 0.926 <= hit / runs <= 0.974


def _true_mean(truth):
    """The mean of rounded and cut normal answers, averaged over the parts."""
    points = np.arange(1, 11)
    edges = np.array([-np.inf, *(points[:-1] + 0.5), np.inf])
    return float(np.mean([points @ np.diff(stats.norm.cdf(edges, m, 1.8)) for m in truth]))
