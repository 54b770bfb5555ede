"""Statistics of ordered items: influences that add up to what repeated samples show."""

import numpy as np

from hpp_analysis.core.correlation.categories import categorise
from hpp_analysis.core.correlation.polychoric import polychoric, polychoric_covariance
from hpp_analysis.core.sem.ordinal_moments import OrdinalMoments, ordinal_moments

CUTS = (np.array([-0.5]), np.array([-0.8, 0.4]), np.array([-1.0, 0.0, 1.2]))


def sample(n: int, rng: np.random.Generator, missing: float = 0.0) -> np.ndarray:
    """Three items and two numbers of one factor."""
    factor = rng.normal(size=n)
    z = 0.7 * factor[:, None] + np.sqrt(1 - 0.49) * rng.normal(size=(n, 5))
    x = np.column_stack(
        [*(np.searchsorted(cut, z[:, k]).astype(float) for k, cut in enumerate(CUTS)), 5 + 2 * z[:, 3:]]
    )
    return np.where(rng.random(x.shape) < missing, np.nan, x)


def moments(x: np.ndarray) -> OrdinalMoments:
    return ordinal_moments(x, categorise(x[:, :3]), np.array([True, True, True, False, False]))


def test_complete_items_have_the_covariance_matrix_of_polychorics() -> None:
    x = sample(500, np.random.default_rng(1))[:, :3]
    items = categorise(x)
    expected = polychoric_covariance(items, polychoric(items).r).gamma
    found = ordinal_moments(x, items, np.ones(3, dtype=bool))
    # the same sums in another order
    np.testing.assert_allclose(found.gamma(), expected, rtol=1e-8, atol=1e-10)


def test_influences_have_no_mean() -> None:
    found = moments(sample(400, np.random.default_rng(2), missing=0.2))
    # the statistics solve these equations: to 1e-9, polychorics and polyserials to the last Newton step, 1e-5 of it
    assert np.abs(found.influence.mean(axis=1)).max() < 1e-4


def test_standard_errors_are_those_of_repeated_samples() -> None:
    rng = np.random.default_rng(3)
    repeated = [moments(sample(400, rng, missing=0.15)) for _sample in range(400)]
    spread = np.std([one.statistics for one in repeated], axis=0)
    errors = np.sqrt(np.mean([np.diag(one.gamma()) / one.n for one in repeated], axis=0))
    # the standard deviation of 400 samples is known to 3.5 %; four times that
    np.testing.assert_allclose(errors, spread, rtol=0.14)
    truth = np.concatenate([*CUTS, [5.0, 5.0, 4.0, 4.0]])
    mean = np.mean([one.statistics for one in repeated], axis=0)[: len(truth)]
    np.testing.assert_allclose(mean, truth, atol=4 * spread[: len(truth)].max() / 20)


def test_numbers_alone_have_their_usual_moments() -> None:
    x = sample(300, np.random.default_rng(4))
    found = moments(x)
    np.testing.assert_allclose(found.covariance[3:, 3:], np.cov(x[:, 3:].T, bias=True), rtol=1e-8)
    np.testing.assert_allclose(found.mean[3:], x[:, 3:].mean(axis=0), rtol=1e-12)
