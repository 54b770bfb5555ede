"""Statistics of ordered items given covariates: equal to those without where covariates say nothing, and to repeated samples."""

import numpy as np
import pytest

from hpp_analysis.core.correlation.categories import categorise
from hpp_analysis.core.sem.conditional_moments import conditional_moments
from hpp_analysis.core.sem.ordinal_moments import OrdinalMoments, ordinal_moments

CUTS = (np.array([-0.5]), np.array([-0.8, 0.4]), np.array([-1.0, 0.0, 1.2]))

SLOPES = np.array([[0.5, 0.0], [-0.3, 0.4], [0.2, 0.6], [0.4, 0.0], [0.0, -0.5]])

ORDERED = np.array([True, True, True, False, False])


def sample(n: int, rng: np.random.Generator, missing: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Three items and two numbers of one factor, and two covariates."""
    covariates = np.column_stack([rng.integers(0, 2, n), 0.5 + rng.normal(size=n)])
    factor = rng.normal(size=n)
    z = 0.7 * factor[:, None] + np.sqrt(1 - 0.49) * rng.normal(size=(n, 5)) + covariates @ SLOPES.T
    x = np.column_stack(
        [*(np.searchsorted(cut, z[:, k]).astype(float) for k, cut in enumerate(CUTS)), 5 + 2 * z[:, 3:]]
    )
    return np.where(rng.random(x.shape) < missing, np.nan, x), covariates


def moments(x: np.ndarray, covariates: np.ndarray) -> OrdinalMoments:
    return conditional_moments(x, categorise(x[:, :3]), ORDERED, covariates)


def test_a_covariate_that_says_nothing_changes_nothing() -> None:
    """Orthogonal to all answers by construction: each respondent twice, with plus and minus one."""
    x, _covariates = sample(300, np.random.default_rng(1))
    twice, sign = np.vstack([x, x]), np.repeat([1.0, -1.0], 300)[:, None]
    found, plain = moments(twice, sign), ordinal_moments(twice, categorise(twice[:, :3]), ORDERED)
    slopes = slice(6 + 2, 6 + 2 + 5)  # behind thresholds and means
    np.testing.assert_allclose(found.statistics[slopes], 0.0, atol=1e-10)
    keep = np.delete(np.arange(len(found.statistics)), np.arange(len(found.statistics))[slopes])
    # both stop where a Newton step is below 2e-5, which leaves about 1e-9
    np.testing.assert_allclose(found.statistics[keep], plain.statistics, atol=1e-7)
    np.testing.assert_allclose(found.gamma()[np.ix_(keep, keep)], plain.gamma(), rtol=1e-4, atol=1e-4)


def test_influences_have_no_mean() -> None:
    found = moments(*sample(400, np.random.default_rng(2), missing=0.2))
    # the statistics solve these equations: correlations to the last Newton step, 1e-5 of it
    assert np.abs(found.influence.mean(axis=1)).max() < 1e-4


def test_standard_errors_are_those_of_repeated_samples() -> None:
    rng = np.random.default_rng(3)
    repeated = [moments(*sample(400, rng, missing=0.15)) for _sample in range(300)]
    spread = np.std([one.statistics for one in repeated], axis=0)
    errors = np.sqrt(np.mean([np.diag(one.gamma()) / one.n for one in repeated], axis=0))
    # the standard deviation of 300 samples is known to 4.1 %; four times that
    np.testing.assert_allclose(errors, spread, rtol=0.165)
    of_numbers = np.where(ORDERED, 1.0, 2.0)
    truth = np.concatenate(
        [
            *CUTS,
            [5.0, 5.0],
            (of_numbers[:, None] * SLOPES).ravel(),
            [4.0, 4.0],
            0.49 * np.outer(of_numbers, of_numbers)[np.triu_indices(5, 1)],
        ]
    )
    mean = np.mean([one.statistics for one in repeated], axis=0)
    # four standard errors of the mean of 300, and the bias of 400 respondents
    np.testing.assert_array_less(np.abs(mean - truth), 4 * spread / np.sqrt(300) + 0.02)


def test_covariates_count_in_any_unit() -> None:
    x, covariates = sample(300, np.random.default_rng(4))
    found, moved = moments(x, covariates), moments(x, 100.0 + 10.0 * covariates)
    slopes = slice(8, 18)
    # solved in standardised covariates, so that only rounding is left
    np.testing.assert_allclose(found.statistics[slopes], 10.0 * moved.statistics[slopes], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found.statistics[18:], moved.statistics[18:], rtol=1e-6)
    np.testing.assert_allclose(np.diag(found.gamma())[slopes], 100.0 * np.diag(moved.gamma())[slopes], rtol=1e-6)


@pytest.mark.parametrize("cut", [0.5, 1.5])
def test_covariates_that_tell_categories_apart_are_flagged(cut: float) -> None:
    x, covariates = sample(300, np.random.default_rng(5))
    covariates[:, 0] = x[:, 2] > cut
    assert moments(x, covariates).flags == ("separated:2",)
