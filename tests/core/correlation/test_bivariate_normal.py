"""The bivariate normal distribution over thresholds against scipy's integration."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from hpp_analysis.core.correlation.bivariate_normal import Corners, bordered

A, B = np.array([-1.2, 0.3, 1.5]), np.array([-0.4, 0.9])


def corners(*rho: float) -> Corners:
    found = Corners(np.repeat(A[:, None], len(rho), axis=1), np.repeat(B[:, None], len(rho), axis=1))
    found.move(np.arcsin(np.array(rho)))
    return found


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.0, 0.6, 0.99])
def test_the_distribution_is_that_of_scipy(rho: float) -> None:
    expected = [[multivariate_normal.cdf([a, b], cov=[[1, rho], [rho, 1]]) for b in B] for a in A]
    # scipy's own integration has about eight digits
    np.testing.assert_allclose(corners(rho).distribution[:, :, 0], expected, atol=1e-7)
    assert np.abs(corners(rho - 0.05).distribution[:, :, 0] - expected).max() > 1e-5


def test_a_way_in_steps_ends_where_one_step_does() -> None:
    stepwise = corners(0.2, -0.5)
    for rho in ([0.4, -0.1], [0.7, 0.3]):
        stepwise.move(np.arcsin(np.array(rho)))
    np.testing.assert_allclose(stepwise.distribution, corners(0.7, 0.3).distribution, atol=1e-10)
    alone = stepwise.take(np.array([1]))
    np.testing.assert_array_equal(alone.cells()[:, :, 0], stepwise.cells()[:, :, 1])


def test_cells_sum_to_one_and_their_derivatives_to_zero() -> None:
    found = corners(0.5)
    assert found.cells().sum() == pytest.approx(1.0, abs=1e-12)
    slopes = bordered(found.density(found.theta)[0]) / (2.0 * np.pi)
    assert slopes.sum() == pytest.approx(0.0, abs=1e-12)
    up, down = (Corners(A[:, None], B[:, None]) for _side in range(2))
    up.move(found.theta + 1e-5)
    down.move(found.theta - 1e-5)
    # central differences of step 1e-5
    np.testing.assert_allclose(slopes, (up.cells() - down.cells()) / 2e-5, atol=1e-7)
