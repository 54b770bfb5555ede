"""The likelihood of incomplete answers against a row-by-row sum and numerical derivatives."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import multivariate_normal

from hpp_analysis.core.sem.fiml import (
    casewise_loglik,
    casewise_scores,
    find_patterns,
    likelihood,
    precisions,
    saturated_information,
)
from hpp_analysis.core.sem.moments import group_moments, moments_of_covariance, sample_moments

P, N = 4, 60
ROW, COLUMN = np.triu_indices(P)


@pytest.fixture(scope="module")
def x() -> NDArray[np.float64]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(N, P)) @ rng.normal(size=(P, P)) + 2
    x[rng.random((N, P)) < 0.25] = np.nan
    x[3] = np.nan
    return x


MU = np.array([2.0, 1.9, 2.1, 2.2])
SIGMA = np.array([[3.0, 0.5, 0.2, -0.8], [0.5, 2.0, 0.3, 0.1], [0.2, 0.3, 4.0, 1.0], [-0.8, 0.1, 1.0, 2.5]])
THETA = np.r_[MU, SIGMA[ROW, COLUMN]]


def unpacked(theta: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    sigma = np.zeros((P, P))
    sigma[ROW, COLUMN] = sigma[COLUMN, ROW] = theta[P:]
    return theta[:P], sigma


def gradient(x: NDArray[np.float64], theta: NDArray[np.float64]) -> NDArray[np.float64]:
    value = likelihood(find_patterns(x), *unpacked(theta))
    return np.asarray(np.r_[value.by_mu, value.by_sigma[ROW, COLUMN] * np.where(ROW == COLUMN, 1, 2)])


def test_likelihood_is_the_sum_over_rows(x: NDArray[np.float64]) -> None:
    rows = []
    for row in x:
        seen = ~np.isnan(row)
        if seen.any():
            rows.append(multivariate_normal(MU[seen], SIGMA[np.ix_(seen, seen)]).logpdf(row[seen]))
    patterns = find_patterns(x)
    assert patterns.x.shape[0] == N - 1  # the row without an answer says nothing
    np.testing.assert_allclose(casewise_loglik(patterns, MU, SIGMA), rows, rtol=1e-12)
    assert likelihood(patterns, MU, SIGMA).loglik == pytest.approx(sum(rows), rel=1e-12)


def test_gradient_and_scores_are_derivatives(x: NDArray[np.float64]) -> None:
    patterns = find_patterns(x)
    step = 1e-5
    numerical = [
        (likelihood(patterns, *unpacked(THETA + d)).loglik - likelihood(patterns, *unpacked(THETA - d)).loglik)
        / (2 * step)
        for d in step * np.eye(THETA.size)
    ]
    # central differences of step 1e-5: errors of 1e-9 here
    np.testing.assert_allclose(gradient(x, THETA), numerical, atol=1e-6)
    np.testing.assert_allclose(casewise_scores(patterns, MU, SIGMA).sum(axis=0), numerical, atol=1e-6)


def test_observed_information_is_minus_the_second_derivative(x: NDArray[np.float64]) -> None:
    patterns = find_patterns(x)
    step = 1e-5
    numerical = [-(gradient(x, THETA + d) - gradient(x, THETA - d)) / (2 * step) for d in step * np.eye(THETA.size)]
    np.testing.assert_allclose(saturated_information(patterns, MU, SIGMA), numerical, atol=1e-5)


def test_expected_information_is_the_mean_of_the_observed(x: NDArray[np.float64]) -> None:
    patterns = find_patterns(x)
    expected = saturated_information(patterns, MU, SIGMA, kind="expected")
    rng, factor = np.random.default_rng(2), np.linalg.cholesky(SIGMA)
    total = np.zeros_like(expected)
    for _ in range(300):
        y = rng.normal(size=patterns.x.shape) @ factor.T + MU
        y[np.isnan(patterns.x)] = np.nan
        total += saturated_information(find_patterns(y), MU, SIGMA)
    # Monte Carlo error of 300 samples; the observed information of these data is off by more than three times this
    scale = np.abs(expected).max()
    assert np.abs(total / 300 - expected).max() < 0.06 * scale
    assert np.abs(saturated_information(patterns, MU, SIGMA) - expected).max() > 0.18 * scale


def test_complete_answers_give_the_known_formulas() -> None:
    x = np.random.default_rng(3).normal(size=(50, P))
    patterns = find_patterns(x)
    moments = sample_moments(x, fiml=True)
    value = likelihood(patterns, moments.mean, moments.covariance)
    np.testing.assert_allclose(value.by_mu, 0, atol=1e-9)
    np.testing.assert_allclose(value.by_sigma, 0, atol=1e-9)
    assert value.loglik == pytest.approx(moments.loglik, rel=1e-12)
    observed = saturated_information(patterns, moments.mean, moments.covariance)
    expected = saturated_information(patterns, moments.mean, moments.covariance, kind="expected")
    np.testing.assert_allclose(observed, expected, atol=1e-8)  # at the maximum of complete answers they are one


def test_saturated_estimates_are_where_the_gradient_vanishes(x: NDArray[np.float64]) -> None:
    moments = sample_moments(x, fiml=True)
    assert moments.patterns is not None
    value = likelihood(moments.patterns, moments.mean, moments.covariance)
    assert np.abs(value.by_mu).max() < 1e-6
    assert np.abs(value.by_sigma).max() < 1e-6
    assert value.loglik == pytest.approx(moments.loglik)


def test_first_order_information_is_of_the_scores(x: NDArray[np.float64]) -> None:
    patterns = find_patterns(x)
    scores = casewise_scores(patterns, MU, SIGMA)
    first = saturated_information(patterns, MU, SIGMA, kind="first_order")
    np.testing.assert_allclose(first, scores.T @ scores)
    assert np.abs(first - saturated_information(patterns, MU, SIGMA)).max() > 1


def test_a_sigma_that_is_no_covariance_matrix_has_no_likelihood(x: NDArray[np.float64]) -> None:
    patterns = find_patterns(x)
    assert np.isnan(likelihood(patterns, MU, -SIGMA).loglik)
    with pytest.raises(np.linalg.LinAlgError):
        precisions(patterns, -SIGMA)


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
