import numpy as np
import pytest
from numpy.typing import NDArray

from hpp_analysis.core.sem.moments import group_moments, moments_of_covariance, sample_moments
from tests.core.sem.conftest import N


def test_moments_count_what_they_use(x: NDArray[np.float64]) -> None:
    whole, complete = sample_moments(x, fiml=True), sample_moments(x, fiml=False)
    assert (whole.n, whole.n_given) == (N - 1, N)
    assert complete.n == int((~np.isnan(x)).all(axis=1).sum())
    assert complete.is_complete
    assert not whole.is_complete
    assert np.abs(whole.mean - complete.mean).max() > 0.01
    groups = group_moments(x, np.arange(N) % 2, n_groups=2, fiml=True)
    assert groups[1].rows[:2].tolist() == [1, 5]  # row 3 has no answer
    assert sample_moments(np.full((5, 2), np.nan), fiml=True).flags[-1] == "no_rows"
    assert "constant" in sample_moments(np.c_[np.ones(9), np.arange(9.0)], fiml=True).flags


def test_moments_of_a_covariance_matrix_take_the_divisor_n() -> None:
    x = np.random.default_rng(4).normal(size=(40, 3))
    ours, given = sample_moments(x, fiml=False), moments_of_covariance(np.cov(x.T), 40)
    np.testing.assert_allclose(ours.covariance, given.covariance)
    assert ours.loglik == pytest.approx(given.loglik)
    assert np.abs(moments_of_covariance(np.cov(x.T), 40, divisor="n").covariance - given.covariance).max() > 0.01
    assert "singular" in moments_of_covariance(np.ones((2, 2)), 40).flags
