from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import optimize

from hpp_analysis.core.factors.extraction import dwls_factors, gls_factors, ml_factors, pa_factors, uls_factors
from hpp_analysis.errors import OptionError
from tests.core.conftest import Answers, read_values

CASES = [
    pytest.param(name, case, id=f"{name}-{case['k']}")
    for name, cases in read_values("reliability")["extraction"].items()
    for case in cases
]


def complete(x: np.ndarray) -> np.ndarray:
    """The correlations of the complete rows."""
    return np.corrcoef(x[~np.isnan(x).any(axis=1)].T)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_extraction_is_factanals(name: str, case: dict[str, Any], answers: Answers) -> None:
    solution = ml_factors(complete(answers(name)), case["k"])
    assert solution.converged
    # factanal stops when its objective stands still, which leaves 1e-7 in the uniquenesses
    np.testing.assert_allclose(solution.psi, case["uniquenesses"], rtol=0, atol=5e-7)
    # at a minimum such differences are squared
    assert solution.discrepancy == pytest.approx(case["discrepancy"], abs=1e-12)
    # what the factors explain does not depend on their order and sign; tolerance as of the uniquenesses
    loadings = np.array(case["loadings"]).reshape(solution.lambda_.shape)
    np.testing.assert_allclose(solution.lambda_ @ solution.lambda_.T, loadings @ loadings.T, rtol=0, atol=5e-7)
    # the neighbour: minres is another criterion
    assert np.abs(solution.psi - case["minres_uniquenesses"]).max() > 0.005


@pytest.mark.parametrize(("name", "case"), CASES)
def test_a_minimum_is_stationary(name: str, case: dict[str, Any], answers: Answers) -> None:
    """An interior solution reproduces the diagonal; one at a bound says so."""
    solution = ml_factors(complete(answers(name)), case["k"])
    implied = solution.lambda_ @ solution.lambda_.T + np.diag(solution.psi)
    interior = solution.psi > 0.005 * (1 + 1e-9)
    # the diagonal of the residuals is the gradient, which ends below 1e-9
    np.testing.assert_allclose(np.diag(implied)[interior], 1.0, rtol=0, atol=1e-8)
    assert solution.flags == (() if interior.all() else ("heywood",))


def test_both_an_interior_and_a_heywood_case_are_among_our_references(answers: Answers) -> None:
    correlation = complete(answers("items_complete"))
    assert ml_factors(correlation, 1).flags == ()
    assert ml_factors(correlation, 2).flags == ("heywood",)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_population_matrix_is_recovered(k: int) -> None:
    rng = np.random.default_rng(k)
    lambda_ = rng.uniform(0.3, 0.8, (12, k)) / np.sqrt(k)
    common = lambda_ @ lambda_.T
    solution = ml_factors(common + np.diag(1 - np.diag(common)), k)
    # the discrepancy is 0 here and as flat as its square: a gradient of 1e-9 leaves about 1e-7
    np.testing.assert_allclose(solution.psi, 1 - np.diag(common), rtol=0, atol=1e-6)
    assert solution.discrepancy == pytest.approx(0.0, abs=1e-12)
    assert solution.flags == ()


@pytest.mark.parametrize("k", [1, 2])
def test_the_discrepancy_is_that_of_the_solution(k: int, answers: Answers) -> None:
    r = complete(answers("items_complete"))
    solution = ml_factors(r, k)
    sigma = solution.lambda_ @ solution.lambda_.T + np.diag(solution.psi)
    direct = np.linalg.slogdet(sigma)[1] + np.trace(r @ np.linalg.inv(sigma)) - np.linalg.slogdet(r)[1] - len(r)
    assert solution.discrepancy == pytest.approx(direct, abs=1e-12)  # rounding of the determinants


def test_no_other_minimiser_finds_less() -> None:
    """A quasi-Newton method without our derivatives, on the loadings and uniquenesses together."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(80, 1)) * 0.7 + rng.normal(size=(80, 6))
    r = np.corrcoef(x.T)

    def discrepancy(free: np.ndarray) -> float:
        sigma = np.outer(free[:6], free[:6]) + np.diag(np.exp(free[6:]))
        return float(np.linalg.slogdet(sigma)[1] + np.trace(np.linalg.solve(sigma, r)))

    found = optimize.minimize(discrepancy, np.r_[np.full(6, 0.5), np.full(6, -0.5)])
    expected = found.fun - np.linalg.slogdet(r)[1] - 6
    assert ml_factors(r, 1).discrepancy == pytest.approx(expected, abs=1e-9)  # its stop: gradient 1e-5, squared


def test_lower_bound_is_kept_and_matters(answers: Answers) -> None:
    r = complete(answers("items_complete"))
    default, higher = ml_factors(r, 2), ml_factors(r, 2, lower=0.05)
    assert default.psi.min() == pytest.approx(0.005, rel=1e-12)  # exp(log(0.005))
    assert higher.psi.min() == pytest.approx(0.05, rel=1e-12)
    assert higher.discrepancy > default.discrepancy


@pytest.mark.parametrize(
    ("correlation", "k", "reason"),
    [
        (np.array([[1.0, 0.5], [0.5, 1.0]]), 1, "not_identified"),
        (np.eye(4), 2, "not_identified"),
        (np.ones((3, 3)), 1, "not_positive_definite"),
        (np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]), 1, "not_positive_definite"),
        (np.full((3, 3), np.nan), 1, "undefined_correlation"),
    ],
)
def test_what_has_no_solution_is_nan_with_its_reason(correlation: np.ndarray, k: int, reason: str) -> None:
    solution = ml_factors(correlation, k)
    assert solution.flags == (reason,)
    assert np.isnan(solution.discrepancy)
    assert np.isnan(solution.psi).all()
    assert solution.lambda_.shape == (len(correlation), k)
    assert not solution.converged


def test_uncorrelated_variables_have_nothing_in_common() -> None:
    """All eigenvalues are tied here; one variable may keep a loading, which nothing can settle."""
    solution = ml_factors(np.eye(5), 1)
    common = solution.lambda_ @ solution.lambda_.T
    np.testing.assert_allclose(common - np.diag(np.diag(common)), 0.0, atol=1e-9)  # the end of the iteration
    assert solution.discrepancy == pytest.approx(0.0, abs=1e-12)


def test_hard_matrices_converge() -> None:
    """Few rows, weak factors and too many of them: the bounds are hit and left again."""
    rng = np.random.default_rng(11)
    for _ in range(60):
        p, k = int(rng.integers(6, 20)), int(rng.integers(1, 4))
        x = rng.normal(size=(p + 5, k)) @ rng.normal(size=(k, p)) * rng.uniform() + rng.normal(size=(p + 5, p))
        solution = ml_factors(np.corrcoef(x.T), k)
        assert solution.converged
        assert (solution.psi >= 0.005 * (1 - 1e-12)).all() and (solution.psi <= 1).all()


@pytest.mark.parametrize(("k", "lower"), [(0, 0.005), (1, 0.0), (1, 1.0)])
def test_options_out_of_range_are_refused(k: int, lower: float) -> None:
    with pytest.raises(OptionError):
        ml_factors(np.eye(4), k, lower=lower)


@pytest.mark.parametrize("method", [ml_factors, uls_factors, gls_factors, pa_factors])
def test_a_uniqueness_at_its_bound_is_flagged_by_every_method(method: Callable[..., Any]) -> None:
    # the third item would need a loading above 1: .9 * .8 / .6
    r = np.array([[1.0, 0.6, 0.9, 0.3], [0.6, 1.0, 0.8, 0.3], [0.9, 0.8, 1.0, 0.4], [0.3, 0.3, 0.4, 1.0]])
    assert np.linalg.eigvalsh(r)[0] > 0.0
    assert "heywood" in method(r, 1).flags
    sound = np.full((4, 4), 0.5) + 0.5 * np.eye(4)
    assert "heywood" not in method(sound, 1).flags


def test_weights_by_precision_count_each_correlation() -> None:
    lambda_ = np.array([0.8, 0.7, 0.6, 0.5, 0.6])
    r = np.outer(lambda_, lambda_) + np.diag(1 - lambda_**2)
    r[0, 1] = r[1, 0] = r[0, 1] + 0.1
    weights = np.ones((5, 5))
    weights[0, 1] = weights[1, 0] = 1e-6  # the one that does not fit hardly counts
    found = np.abs(dwls_factors(r, 1, weights).lambda_[:, 0])
    np.testing.assert_allclose(found, lambda_, atol=1e-4)
    assert np.abs(np.abs(dwls_factors(r, 1, np.ones((5, 5))).lambda_[:, 0]) - lambda_).max() > 0.01
