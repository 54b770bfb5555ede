"""Tiers hold what they promise: the truly most important predictor is left out in at most 5 % of studies."""

import numpy as np
import pytest

from hpp_analysis.common.interpret import MIN_UNITS_TIERS, importance_is_sound
from hpp_analysis.core.correlation.weighted import resampled_correlations
from hpp_analysis.core.importance.importance import lmg, subset_r2
from hpp_analysis.core.importance.ranks import rank_estimates

POPULATIONS = {  # correlation of the predictors, slopes up to a factor, R2
    "one first": (0.7, [0.40, 0.25, 0.15], 0.5),
    "three alike": (0.6, [1, 1, 1], 0.5),
    "eight": (0.5, [0.4, 0.3, 0.2, 0.1, 0, 0, 0, 0], 0.5),
    "eight alike": (0.5, [1] * 8, 0.5),
    "two alike": (0.5, [1, 1, 0], 0.4),
    "weak": (0.4, [1, 0.5, 0, 0, 0], 0.1),
}


def population(name: str) -> np.ndarray:
    between, slopes, r2 = POPULATIONS[name]
    b = np.array(slopes, dtype=float)
    phi = np.full((b.size, b.size), between)
    np.fill_diagonal(phi, 1.0)
    b *= np.sqrt(r2 / (b @ phi @ b))
    return np.block([[phi, (phi @ b)[:, None]], [phi @ b, np.ones(1)]])


def kept_and_covered(name: str, n: int, runs: int, seed: int) -> tuple[float, float, float]:
    """How often the first tier holds each of the truly most important, intervals the truth, rank intervals the rank."""
    rng = np.random.default_rng(seed)
    r = population(name)
    truth = lmg(subset_r2(r))
    best = np.flatnonzero(truth > truth.max() - 1e-9)
    above = np.array([1 + np.sum(truth > one + 1e-9) for one in truth])
    upto = np.array([np.sum(truth > one - 1e-9) for one in truth])
    kept, covered, ranked = [], [], []
    for _run in range(runs):
        x = rng.normal(size=(n, len(r))) @ np.linalg.cholesky(r).T
        samples = lmg(subset_r2(resampled_correlations(x, 400, rng)))
        found = rank_estimates(lmg(subset_r2(np.corrcoef(x.T))), samples)
        lower, upper = np.quantile(samples, [0.025, 0.975], axis=0)
        kept.append(found.tier[best] == 1)
        covered.append((lower <= truth) & (truth <= upper))
        ranked.append((found.rank_lower <= upto) & (found.rank_upper >= above))
    return tuple(float(np.mean(part, axis=0).min()) for part in (kept, covered, ranked))  # type: ignore[return-value]


@pytest.mark.parametrize("name", ["one first", "three alike"])
def test_the_first_tier_holds_the_first(name: str) -> None:
    kept, covered, ranked = kept_and_covered(name, 150, 60, seed=1)
    # 60 runs of a share of .95 fall below .87 once in a hundred
    assert min(kept, covered, ranked) >= 0.87


def test_a_clear_first_stands_alone_and_ranks_are_counted() -> None:
    rng = np.random.default_rng(0)
    estimate = np.array([0.05, 0.40, 0.20, 0.21])
    found = rank_estimates(estimate, estimate + 0.01 * rng.normal(size=(2000, 4)))
    assert found.rank.tolist() == [4, 1, 3, 2]
    assert found.tier.tolist() == [3, 1, 2, 2]
    assert found.p_first.tolist() == [0.0, 1.0, 0.0, 0.0]
    assert found.rank_lower.tolist() == [4, 1, 2, 2]
    assert found.rank_upper.tolist() == [4, 1, 3, 3]


def test_chances_of_being_first_sum_to_one_also_with_ties() -> None:
    samples = np.array([[1.0, 1.0, 0.0], [0.2, 0.5, 0.5], [0.3, 0.1, np.nan]])
    found = rank_estimates(np.array([0.6, 0.7, 0.2]), samples)
    assert found.p_first.tolist() == [0.25, 0.5, 0.25]  # the sample with NaN is left out


def test_estimates_that_never_meet_are_told_apart_and_equal_ones_are_not() -> None:
    estimate = np.array([0.5, 0.3, 0.3])
    found = rank_estimates(estimate, np.tile(estimate, (100, 1)))
    assert found.tier.tolist() == [1, 2, 2]
    assert rank_estimates(np.array([0.4]), np.full((50, 1), 0.4)).tier.tolist() == [1]


@pytest.mark.slow
@pytest.mark.parametrize("name", POPULATIONS)
@pytest.mark.parametrize("n", [50, 100, 200, 400])
def test_tiers_and_intervals_over_the_domain(name: str, n: int) -> None:
    kept, covered, ranked = kept_and_covered(name, n, 1000, seed=n)
    # the smallest of up to eight shares of 1,000 runs, less 3.5 standard errors: of .95, and with 50 persons of .93
    assert kept >= (0.92 if n > 50 else 0.90)
    assert ranked >= 0.92
    if importance_is_sound(n, len(POPULATIONS[name][1])):
        # the smallest, with a tenth of the variance explained at the bound .91; less 3.5 standard errors
        assert covered >= 0.88


@pytest.mark.slow
@pytest.mark.parametrize(("n_firms", "holds"), [(MIN_UNITS_TIERS, True), (20, False)])
def test_organisations_need_to_be_many_for_tiers(n_firms: int, holds: bool) -> None:
    rng = np.random.default_rng(n_firms)
    r = population("eight alike")
    units = np.repeat(np.arange(n_firms), 12)
    root = np.linalg.cholesky(r).T
    kept = []
    for _run in range(1000):
        firms = rng.normal(size=(n_firms, len(r)))[units]
        x = (np.sqrt(0.8) * rng.normal(size=firms.shape) + np.sqrt(0.2) * firms) @ root
        samples = lmg(subset_r2(resampled_correlations(x, 300, rng, units=units)))
        kept.append(rank_estimates(lmg(subset_r2(np.corrcoef(x.T))), samples).tier == 1)
    assert (np.mean(kept) >= 0.935) == holds
