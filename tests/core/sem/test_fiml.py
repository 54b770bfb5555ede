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
from hpp_analysis.core.sem.moments import sample_moments
from tests.core.sem.conftest import N, P

ROW, COLUMN = np.triu_indices(P)


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
