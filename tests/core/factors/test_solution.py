"""What a finished factor solution holds: order and sign, fit, scores."""

import numpy as np
import pytest

from hpp_analysis.core.factors.rotation import Rotation
from hpp_analysis.core.factors.solution import finish, fit_of, residuals, rmsea_of, score_weights

LAMBDA = np.array([[0.1, 0.8], [0.0, 0.7], [0.2, 0.9], [-0.6, 0.1], [-0.5, 0.0], [-0.7, 0.1]])
PHI = np.array([[1.0, 0.3], [0.3, 1.0]])
T = np.linalg.cholesky(PHI).T
FOUND = Rotation(LAMBDA, PHI, T, 0.0, True, 1, 1)
CORRELATION = LAMBDA @ PHI @ LAMBDA.T
np.fill_diagonal(CORRELATION, 1.0)


def test_loadings_correlations_and_rotation_are_turned_together() -> None:
    solution = finish(FOUND)
    np.testing.assert_allclose(solution.lambda_, LAMBDA[:, ::-1] * [1.0, -1.0])
    np.testing.assert_allclose(solution.phi, [[1.0, -0.3], [-0.3, 1.0]])
    np.testing.assert_allclose(solution.t.T @ solution.t, solution.phi)
    np.testing.assert_allclose(solution.communality, 1.0 - np.diag(residuals(CORRELATION, solution)))
    assert solution.variance.sum() == pytest.approx(solution.communality.sum())
    assert solution.variance[0] > solution.variance[1]


def test_a_factor_keeps_its_place_where_that_means_something() -> None:
    solution = finish(FOUND, reorder=False)
    np.testing.assert_allclose(solution.lambda_, LAMBDA * [-1.0, 1.0])


def test_a_population_fits_and_one_factor_less_does_not() -> None:
    solution = finish(FOUND)
    fit = fit_of(CORRELATION, residuals(CORRELATION, solution), 2, 300)
    assert fit.chi2 == pytest.approx(0.0, abs=1e-8)  # rounding of a discrepancy of 0 times 300
    assert (fit.df, fit.df_null, fit.rmsea) == (4.0, 15.0, 0.0)
    one = CORRELATION - np.outer(solution.lambda_[:, 0], solution.lambda_[:, 0])
    assert fit_of(CORRELATION, one, 1, 300).p < 0.001
    assert np.isnan(fit_of(CORRELATION, one, 1, np.nan).chi2)


@pytest.mark.parametrize(("chi2", "df"), [(10.0, 20.0), (0.0, 3.0)])
def test_rmsea_is_not_negative(chi2: float, df: float) -> None:
    point, lower, upper = rmsea_of(chi2, df, 200)
    assert point == lower == 0.0
    assert upper >= 0.0
    assert np.isnan(rmsea_of(chi2, 0.0, 200)).all()


def test_scores_have_the_properties_of_their_methods() -> None:
    solution = finish(FOUND)
    psi = 1.0 - solution.communality
    weights = {
        method: score_weights(CORRELATION, solution.lambda_, solution.phi, psi, method)
        for method in ("regression", "bartlett", "tenberge")
    }
    # the covariance of scores with factors is W' L Phi
    np.testing.assert_allclose(weights["bartlett"].T @ solution.lambda_, np.eye(2), atol=1e-12)  # unbiased
    np.testing.assert_allclose(weights["tenberge"].T @ CORRELATION @ weights["tenberge"], solution.phi, atol=1e-10)
    np.testing.assert_allclose(CORRELATION @ weights["regression"], solution.structure, atol=1e-12)
