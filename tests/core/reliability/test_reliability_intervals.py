import numpy as np
import pytest

from hpp_analysis.core.correlation.correlation import pairwise_covariance
from hpp_analysis.core.correlation.weighted import weighted_covariances
from hpp_analysis.core.reliability.alpha import alpha_interval, bonett_interval, cronbach_alpha
from hpp_analysis.core.reliability.intervals import bootstrap_intervals
from hpp_analysis.core.reliability.omega import congeneric_omega, instrument_omega, omega_interval, omega_standard_error
from tests.core.conftest import Answers, read_values

REFERENCE = read_values("reliability_more")
PRINTED = 1e-9  # the reference has ten decimals


def alphas(covariances: np.ndarray) -> np.ndarray:
    return np.array([[cronbach_alpha(one)] for one in covariances])


def test_bonetts_interval() -> None:
    found = bonett_interval(REFERENCE["alpha"], 6, REFERENCE["n"])
    assert found == pytest.approx(REFERENCE["bonett"], abs=PRINTED)
    # the neighbour: Feldt's
    assert np.abs(np.subtract(REFERENCE["bonett"], REFERENCE["feldt"])).max() > 1e-3
    assert alpha_interval(REFERENCE["alpha"], 6, REFERENCE["n"]) == pytest.approx(REFERENCE["feldt"], abs=PRINTED)


def test_standard_error_of_omega_is_lavaans(answers: Answers) -> None:
    x = answers("items_complete")
    omega = congeneric_omega(np.cov(x.T, ddof=0))
    # lavaan's iteration ends at about 1e-6 in omega
    assert omega_standard_error(omega, len(x)) == pytest.approx(REFERENCE["omega_se"], abs=1e-5)
    # the neighbour: half as many observations
    assert abs(omega_standard_error(omega, len(x) // 2) - REFERENCE["omega_se"]) > 1e-3


def test_omegas_of_an_instrument_are_psychs() -> None:
    case = REFERENCE["thurstone"]
    r, lambda_, phi = (np.array(case[name]) for name in ("r", "lambda", "phi"))
    omega = instrument_omega(r, lambda_, phi)
    # psych fits its second-order factor by minres, which stops at about 1e-4 of an exact fit
    np.testing.assert_allclose(omega.solution.general, case["general"], atol=1e-3)
    assert omega.hierarchical == pytest.approx(case["omega_h"], abs=1e-3)
    assert omega.total == pytest.approx(case["omega_t"], abs=1e-3)
    assert case["omega_t"] - case["omega_h"] > 0.1  # the neighbour


def test_two_group_factors_need_a_constraint_and_one_has_no_hierarchy() -> None:
    phi = np.array([[1.0, 0.36], [0.36, 1.0]])
    two = instrument_omega(np.eye(4), np.kron(np.eye(2), np.full((2, 1), 0.7)), phi).solution
    assert two.flags == ("equal_constraint",)
    np.testing.assert_allclose(two.second_order, 0.6)
    assert instrument_omega(np.eye(2), np.eye(2), 2 * np.eye(2) - phi).solution.flags == ("negative_correlation",)
    one = instrument_omega(np.eye(3), np.full((3, 1), 0.5), np.eye(1))
    assert np.isnan(one.hierarchical) and one.solution.flags == ("one_factor",)


def test_weighted_covariances_are_those_of_repeated_rows(answers: Answers) -> None:
    x = answers("items_missing")
    weights = np.random.default_rng(4).multinomial(len(x), np.full(len(x), 1 / len(x)), size=3)
    for one, found in zip(weights, weighted_covariances(x, weights.astype(float)), strict=True):
        # rounding of sums only
        np.testing.assert_allclose(found, pairwise_covariance(np.repeat(x, one, axis=0)).covariance, atol=1e-10)


def test_bootstrap_repeats_by_seed_and_draws_persons(answers: Answers) -> None:
    x = answers("items_complete")
    interval = lambda **more: bootstrap_intervals(x, alphas, rng=np.random.default_rng(1), **more)[0]  # noqa: E731
    assert interval(n_boot=300) == interval(n_boot=300)
    assert interval(n_boot=300) != interval(n_boot=300, method="bca")
    width = lambda found: found.upper - found.lower  # noqa: E731
    doubled = np.tile(x, (2, 1))
    by_row = bootstrap_intervals(doubled, alphas, rng=np.random.default_rng(1), n_boot=300)[0]
    persons = np.tile(np.arange(len(x)), 2)
    by_person = bootstrap_intervals(doubled, alphas, rng=np.random.default_rng(1), units=persons, n_boot=300)
    assert width(by_row) < 0.9 * width(by_person[0])


def test_no_interval_where_there_is_nothing() -> None:
    assert np.isnan(bonett_interval(float("nan"), 5, 50)).all()
    assert np.isnan(bonett_interval(0.8, 5, 2)).all()
    nothing = congeneric_omega(np.eye(2))
    assert np.isnan(omega_interval(nothing, 50)).all()
    rng = np.random.default_rng(0)
    assert np.isnan(bootstrap_intervals(np.ones((2, 3)), alphas, rng=rng)[0]).all()
    assert np.isnan(bootstrap_intervals(np.ones((9, 3)), alphas, rng=rng, n_boot=50)[0]).all()
    assert np.isnan(bootstrap_intervals(np.full((9, 3), np.nan), alphas, rng=rng, n_boot=50)[0]).all()


@pytest.mark.slow
def test_intervals_cover() -> None:
    """Congeneric normal items, 1,000 samples of 100: coverage between .926 and .974 (trap of 95 % at 1,000 runs)."""
    rng = np.random.default_rng(5)
    lambda_ = np.array([0.8, 0.7, 0.6, 0.5, 0.7])
    theta = 1 - lambda_**2
    truth = lambda_.sum() ** 2 / (lambda_.sum() ** 2 + theta.sum())
    hits = []
    for _ in range(1000):
        x = rng.normal(size=(100, 1)) * lambda_ + rng.normal(size=(100, 5)) * np.sqrt(theta)
        low, high = omega_interval(congeneric_omega(np.cov(x.T)), 100)
        hits.append(low <= truth <= high)
    assert 0.926 <= np.mean(hits) <= 0.974
