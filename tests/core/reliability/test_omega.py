import numpy as np
import pytest

from hpp_analysis.core.reliability.alpha import cronbach_alpha
from hpp_analysis.core.reliability.omega import (
    congeneric_omega,
    instrument_omega,
    omega_interval,
    omega_standard_error,
    ordinal_omega,
)
from tests.core.conftest import Answers, read_values

REFERENCE = read_values("reliability")


OMEGA = REFERENCE["omega"]


CLOSED = 1e-12  # closed forms of numbers below 1, printed with 15 digits: rounding only


ITERATED = 1e-5  # lavaan stops at relative changes of 1e-10 in its criterion: 1e-6 in omega, 4e-6 in a residual


@pytest.mark.parametrize("case", OMEGA)
def test_omega_is_that_of_lavaans_one_factor(case: str, answers: Answers) -> None:
    x, expected = answers(case), OMEGA[case]
    x = x[~np.isnan(x).any(axis=1)]
    assert len(x) == expected["n"]
    result = congeneric_omega(np.cov(x.T, ddof=0))  # lavaan's divisor is n
    if min(expected["theta"]) < 0:
        # lavaan lets a variance be negative; ours stops at the bound and says so
        assert result.flags == ("heywood",)
        assert (result.theta > 0).all()
        return
    assert result.flags == ()
    assert result.omega == pytest.approx(expected["omega"], abs=ITERATED)
    np.testing.assert_allclose(result.lambda_, expected["lambda"], rtol=0, atol=ITERATED)
    np.testing.assert_allclose(result.theta, expected["theta"], rtol=0, atol=ITERATED)
    # the neighbours: alpha, and omega over the observed variance (the same where three items fit exactly)
    assert abs(result.omega - cronbach_alpha(np.cov(x.T))) > 10 * ITERATED
    if x.shape[1] > 3:
        assert abs(result.omega - expected["omega_observed_total"]) > 10 * ITERATED


def test_a_heywood_case_is_among_the_references(answers: Answers) -> None:
    answers("mobi_CUSL")  # skips where the public data are absent
    assert any(min(expected["theta"]) < 0 for expected in OMEGA.values())


def test_omega_does_not_depend_on_the_divisor(answers: Answers) -> None:
    x = answers("items_complete")
    by_n, by_n_1 = congeneric_omega(np.cov(x.T, ddof=0)), congeneric_omega(np.cov(x.T))
    assert by_n.omega == pytest.approx(by_n_1.omega, abs=CLOSED)


def test_equal_loadings_make_omega_alpha() -> None:
    covariance = np.full((5, 5), 2.0) + np.diag([1.0, 2.0, 3.0, 4.0, 5.0])
    # the fit is perfect, so what is left is the end of the iteration (gradient 1e-9)
    assert congeneric_omega(covariance).omega == pytest.approx(cronbach_alpha(covariance), abs=1e-8)
    unequal = np.outer([1, 2, 3], [1, 2, 3]) + np.eye(3)
    assert congeneric_omega(unequal).omega > cronbach_alpha(unequal) + 0.05


def test_omegas_loadings_point_the_way_of_the_sum() -> None:
    covariance = np.outer([2.0, 1.5, 1.0, -0.5], [2.0, 1.5, 1.0, -0.5]) + np.eye(4)
    result = congeneric_omega(covariance)
    np.testing.assert_allclose(result.lambda_, [2.0, 1.5, 1.0, -0.5], atol=1e-6)  # the end of the iteration
    assert result.flags == ("negative_loading",)


THREE = np.full((3, 3), 0.5) + 0.5 * np.eye(3)


CONSTANT = THREE * np.array([1.0, 1.0, 0.0]) * np.array([[1.0], [1.0], [0.0]])


@pytest.mark.parametrize(
    ("covariance", "reason"),
    [
        (np.empty((0, 0)), "no_items"),
        (np.array([[1.0]]), "one_item"),
        (THREE[:2, :2], "two_items"),
        (np.where(np.eye(3) > 0, 1.0, np.nan), "undefined_covariance"),
        (CONSTANT, "constant_item"),
        (np.ones((3, 3)), "not_positive_definite"),
    ],
)
def test_omega_that_is_undefined_says_why(covariance: np.ndarray, reason: str) -> None:
    result = congeneric_omega(covariance)
    assert np.isnan(result.omega)
    assert result.flags == (reason,)
    assert result.lambda_.shape == result.theta.shape == (len(covariance),)
    assert np.isnan(result.lambda_).all()


MORE = read_values("reliability_more")


def test_standard_error_of_omega_is_lavaans(answers: Answers) -> None:
    x = answers("items_complete")
    omega = congeneric_omega(np.cov(x.T, ddof=0))
    # lavaan's iteration ends at about 1e-6 in omega
    assert omega_standard_error(omega, len(x)) == pytest.approx(MORE["omega_se"], abs=1e-5)
    # the neighbour: half as many observations
    assert abs(omega_standard_error(omega, len(x) // 2) - MORE["omega_se"]) > 1e-3


def test_omegas_of_an_instrument_are_psychs() -> None:
    case = MORE["thurstone"]
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


def test_no_interval_of_an_undefined_omega() -> None:
    assert np.isnan(omega_interval(congeneric_omega(np.eye(2)), 50)).all()


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


GREEN_YANG = read_values("green_yang")


LAMBDA, THRESHOLDS, POLYCHORIC = (np.array(GREEN_YANG[name]) for name in ("lambda", "thresholds", "polychoric"))


def test_ordinal_omega_is_semtools() -> None:
    # bivariate probabilities of two libraries: semTools' have about seven digits
    assert ordinal_omega(LAMBDA, THRESHOLDS, POLYCHORIC) == pytest.approx(GREEN_YANG["omega_observed"], abs=1e-6)
    # the neighbour: omega of the normal variables behind the answers
    assert abs(GREEN_YANG["omega_latent"] - GREEN_YANG["omega_observed"]) > 0.01


def test_ordinal_omega_is_the_reliability_of_the_sum_that_a_simulation_shows() -> None:
    rng = np.random.default_rng(2)
    factor = rng.normal(size=200_000)
    halves = []
    for _ in range(2):
        y = factor[:, None] * LAMBDA + rng.normal(size=(200_000, 5)) * np.sqrt(1 - LAMBDA**2)
        halves.append(sum((y[:, [j]] > THRESHOLDS[j]).sum(axis=1) for j in range(5)))
    # parallel sums: 200,000 pairs give a standard error of about .001
    assert ordinal_omega(LAMBDA, THRESHOLDS) == pytest.approx(np.corrcoef(halves)[0, 1], abs=4e-3)


def test_items_of_different_numbers_of_categories() -> None:
    ragged = np.array([[0.0, np.nan], [0.0, np.nan], [-0.5, 0.5]])
    value = ordinal_omega(np.full(3, 0.7), ragged)
    assert 0 < value < 1
    assert value == pytest.approx(ordinal_omega(np.full(3, 0.7), np.pad(ragged, ((0, 0), (0, 1)), constant_values=np.nan)), abs=1e-14)  # fmt: skip


def test_undefined_ordinal_omega_is_nan() -> None:
    assert np.isnan(ordinal_omega(np.array([0.5, np.nan]), np.zeros((2, 1))))
    assert np.isnan(ordinal_omega(np.array([0.5, 1.2]), np.zeros((2, 1))))
    assert np.isnan(ordinal_omega(np.full(2, 0.5), np.full((2, 1), np.nan)))
