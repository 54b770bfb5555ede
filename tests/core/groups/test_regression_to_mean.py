"""Means that were chosen for being low rise by what is expected, when nothing changes."""

from __future__ import annotations

import numpy as np
import pytest

from hpp_analysis.core.groups.regression_to_mean import Ratings, chance_change, expected_change

N_SETS = 1500


def test_the_lowest_of_equal_sets_rise_by_what_is_expected() -> None:
    """The closed form alone: true values normal, errors equal, the lowest k of m, whatever k."""
    rng = np.random.default_rng(1)
    for m, k, tau in ((6, 1, 0.5), (6, 3, 0.5), (19, 3, 0.3)):
        true = rng.normal(0.0, tau, (4 * N_SETS, m))
        first, second = (true + rng.normal(0.0, 0.3, true.shape) for _wave in range(2))
        left = []
        for x, y in zip(first, second, strict=True):
            lowest = np.argsort(x)[:k]
            deviation = x - x.mean()
            expected = chance_change(deviation, np.full(m, 0.09 * (m - 1) / m), np.zeros(m), m - 1)
            left.append((y - x)[lowest].mean() - expected[lowest].mean())
        # three Monte Carlo standard errors; of six means the share is sometimes cut at 1, which leaves less than one more
        assert abs(np.mean(left)) < 4 * np.std(left) / np.sqrt(len(left)), (m, k, tau)


def simulated(
    rng: np.random.Generator, *, n_cells: int, m: int, n: int, tau: float, between: float, returning: float
) -> tuple[Ratings, Ratings]:
    """Two waves without any true change: persons differ as a whole and on each variable; some answer twice."""
    true = 7.0 + rng.normal(0.0, tau, (n_cells, m)) + rng.normal(0.0, between, (n_cells, 1))
    cell = np.repeat(np.arange(n_cells), n)
    total = len(cell)
    again = rng.random(total) < returning
    whole, single = rng.normal(0.0, 1.0, (total, 1)), rng.normal(0.0, 1.2, (total, m))
    first = Ratings(true[cell] + whole + single, cell, np.arange(total))
    kept = again[:, None]
    whole = np.where(
        kept, 0.7 * whole + np.sqrt(1 - 0.49) * rng.normal(0.0, 1.0, (total, 1)), rng.normal(0.0, 1.0, (total, 1))
    )
    single = np.where(
        kept, 0.5 * single + np.sqrt(0.75) * rng.normal(0.0, 1.2, (total, m)), rng.normal(0.0, 1.2, (total, m))
    )
    return first, Ratings(
        true[cell] + whole + single, cell, np.where(again, np.arange(total), np.arange(total) + total)
    )


CASES = [  # cells, variables, persons, spread of true values within and between cells, share that answers twice, chosen
    (8, 19, 20, 0.5, 0.4, 0.0, 3),
    (8, 19, 20, 0.5, 0.4, 0.5, 3),
    (4, 3, 20, 0.4, 0.4, 0.0, 1),
    (1, 19, 20, 0.5, 0.0, 0.0, 3),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_lowest_of_a_study_rise_by_what_is_expected(case: tuple[float, ...]) -> None:
    n_cells, m, n, tau, between, returning, k = case
    rng = np.random.default_rng(2)
    risen, left = [], []
    for _study in range(400):
        first, second = simulated(rng, n_cells=n_cells, m=m, n=n, tau=tau, between=between, returning=returning)
        expected, _counted = expected_change(first, second, np.eye(n_cells, dtype=bool), np.zeros(n_cells, dtype=int))
        x, y = (wave.y.reshape(n_cells, n, m).mean(axis=1).ravel() for wave in (first, second))
        lowest = np.argsort(x)[:k]
        risen.append((y - x)[lowest].mean())
        left.append(risen[-1] - expected.ravel()[lowest].mean())
    error = np.std(left) / np.sqrt(len(left))
    assert abs(np.mean(left)) < 3 * error, "no more than three Monte Carlo standard errors, or chance is not counted"
    assert np.mean(risen) > 5 * error, "without the correction the rise would pass for a change"


def test_persons_who_answer_twice_bring_chance_along() -> None:
    """With everybody back, and all that sets them apart, nothing is expected to rise."""
    first, _second = simulated(np.random.default_rng(3), n_cells=4, m=5, n=12, tau=0.3, between=0.3, returning=1.0)
    groups, strata = np.eye(4, dtype=bool), np.zeros(4, dtype=int)
    same, _counted = expected_change(first, first, groups, strata)
    other, _counted = expected_change(first, Ratings(first.y, first.cell, first.person + 100), groups, strata)
    np.testing.assert_allclose(same, 0.0, atol=1e-12)  # but for rounding
    assert np.abs(other).max() > 0.1


def test_what_cannot_be_estimated_is_missing() -> None:
    first, second = simulated(np.random.default_rng(4), n_cells=2, m=2, n=8, tau=0.3, between=0.3, returning=0.0)
    expected, counted = expected_change(first, second, np.eye(2, dtype=bool), np.zeros(2, dtype=int))
    assert np.isnan(expected).all(), "two means in each of two cells have two degrees of freedom"
    assert not counted.any()
    one, _counted = expected_change(
        Ratings(first.y[:1], first.cell[:1], first.person[:1]),
        second,
        np.ones((1, 2), dtype=bool),
        np.zeros(1, dtype=int),
    )
    assert np.isnan(one).all()
    assert np.isnan(chance_change(np.zeros(3), np.full(3, np.nan), np.zeros(3), 5)).all()


def test_a_cell_of_which_only_the_mean_is_known_takes_its_spread_from_the_others() -> None:
    first, second = simulated(np.random.default_rng(5), n_cells=6, m=8, n=15, tau=0.5, between=0.4, returning=0.0)
    groups, strata = np.eye(6, dtype=bool), np.zeros(6, dtype=int)
    before, _counted = expected_change(first, second, groups, strata)
    y = first.y.copy()
    y[first.cell == 0] = y[first.cell == 0].mean(axis=0)
    after, _counted = expected_change(Ratings(y, first.cell, first.person), second, groups, strata)
    # the spread is that of five cells in the place of six
    np.testing.assert_allclose(after, before, atol=0.25 * np.abs(before).max())
    assert np.isfinite(after).all()
