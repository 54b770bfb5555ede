import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.core.correlation.correlation import correlation_from, pairwise_covariance
from hpp_analysis.core.reliability.alpha import (
    alpha_flags,
    alpha_if_dropped,
    alpha_interval,
    bonett_interval,
    cronbach_alpha,
    item_rest,
    standardised_alpha,
)
from hpp_analysis.core.reliability.omega import congeneric_omega
from tests.core.conftest import Answers, read_values

REFERENCE = read_values("reliability")


ALPHA = REFERENCE["alpha"]


CLOSED = 1e-12  # closed forms of numbers below 1, printed with 15 digits: rounding only


@pytest.mark.parametrize("case", ALPHA)
def test_alpha_is_psychs(case: str, answers: Answers) -> None:
    covariance, expected = pairwise_covariance(answers(case)).covariance, ALPHA[case]
    assert cronbach_alpha(covariance) == pytest.approx(expected["raw"], abs=CLOSED)
    assert standardised_alpha(covariance) == pytest.approx(expected["standardised"], abs=CLOSED)
    # the neighbour: raw and standardised differ by far more than the tolerance
    assert abs(expected["raw"] - expected["standardised"]) > 1e-5


@pytest.mark.parametrize("case", ALPHA)
def test_alpha_uses_all_answers(case: str, answers: Answers) -> None:
    x = answers(case)
    alpha = cronbach_alpha(pairwise_covariance(x).covariance)
    if np.isnan(x).any():
        assert abs(alpha - ALPHA[case]["listwise"]) > 1e-4
    else:
        assert alpha == pytest.approx(ALPHA[case]["listwise"], abs=CLOSED)


@pytest.mark.parametrize("case", ALPHA)
def test_interval_is_feldts(case: str, answers: Answers) -> None:
    pairs, expected = pairwise_covariance(answers(case)), ALPHA[case]
    assert pairs.n.min() == expected["feldt_n"]
    alpha, k = cronbach_alpha(pairs.covariance), len(pairs.n)
    interval = alpha_interval(alpha, k, expected["feldt_n"])
    # quantiles of F by two libraries agree to 1e-12 relatively
    assert interval == pytest.approx(expected["feldt"], abs=1e-10)
    wider = alpha_interval(alpha, k, expected["feldt_n"], 0.99)
    assert wider.lower < interval.lower < alpha < interval.upper < wider.upper
    # the neighbour: the n before deletion
    if np.isnan(answers(case)).any():
        assert abs(alpha_interval(alpha, k, len(answers(case))).lower - interval.lower) > 1e-5


@pytest.mark.parametrize("case", ALPHA)
def test_item_statistics_are_psychs(case: str, answers: Answers) -> None:
    covariance, expected = pairwise_covariance(answers(case)).covariance, ALPHA[case]
    np.testing.assert_allclose(item_rest(covariance), expected["r_drop"], rtol=0, atol=CLOSED)
    np.testing.assert_allclose(alpha_if_dropped(covariance), expected["alpha_drop"], rtol=0, atol=CLOSED)
    # the neighbour: the correlation with the total that holds the item itself
    assert np.abs(item_rest(covariance) - expected["r_total"]).min() > 0.02


THREE = np.full((3, 3), 0.5) + 0.5 * np.eye(3)


CONSTANT = THREE * np.array([1.0, 1.0, 0.0]) * np.array([[1.0], [1.0], [0.0]])


@pytest.mark.parametrize(
    ("covariance", "reason"),
    [
        (np.empty((0, 0)), "no_items"),
        (np.array([[1.0]]), "one_item"),
        (np.array([[1.0, np.nan], [np.nan, 1.0]]), "undefined_covariance"),
        (np.zeros((3, 3)), "no_variance"),
        (np.array([[1.0, -1.0], [-1.0, 1.0]]), "no_variance"),  # the items cancel
        (np.array([[0.1, -0.1], [-0.1, 0.1]]) * 3, "no_variance"),
    ],
)
def test_alpha_that_is_undefined_says_why(covariance: np.ndarray, reason: str) -> None:
    assert alpha_flags(covariance) == (reason,)
    assert np.isnan(cronbach_alpha(covariance))


def test_alpha_bears_what_omega_does_not() -> None:
    assert cronbach_alpha(THREE[:2, :2]) == pytest.approx(2 / 3, abs=CLOSED)
    assert cronbach_alpha(CONSTANT) == pytest.approx(0.5, abs=CLOSED)  # 3 / 2 (1 - 2 / 3)
    assert np.isnan(standardised_alpha(CONSTANT))
    # two items that correlate -.5: 2 (1 - 2 / 1)
    assert cronbach_alpha(np.array([[1.0, -0.5], [-0.5, 1.0]])) == pytest.approx(-2.0, abs=CLOSED)


@pytest.mark.parametrize(("alpha", "n_items", "n_obs"), [(np.nan, 5, 50), (0.8, 1, 50), (0.8, 5, 1)])
def test_no_interval_where_there_is_nothing_to_estimate(alpha: float, n_items: int, n_obs: int) -> None:
    assert np.isnan(alpha_interval(alpha, n_items, n_obs)).all()


def test_item_statistics_at_the_edges() -> None:
    assert item_rest(np.empty((0, 0))).shape == (0,)
    assert np.isnan(item_rest(np.array([[2.0]]))).all()
    np.testing.assert_array_equal(np.isnan(item_rest(CONSTANT)), [False, False, True])
    assert np.isnan(alpha_if_dropped(THREE[:2, :2])).all()
    np.testing.assert_allclose(alpha_if_dropped(CONSTANT), [0.0, 0.0, 2 / 3], atol=CLOSED)
    undefined = np.where(np.eye(3) > 0, 1.0, np.nan)
    assert np.isnan(item_rest(undefined)).all() and np.isnan(alpha_if_dropped(undefined)).all()


def test_item_statistics_are_what_they_say(answers: Answers) -> None:
    x = answers("items_complete")
    covariance = np.cov(x.T)
    for j in range(6):
        rest = np.delete(x, j, axis=1)
        assert item_rest(covariance)[j] == pytest.approx(np.corrcoef(x[:, j], rest.sum(axis=1))[0, 1], abs=CLOSED)
        assert alpha_if_dropped(covariance)[j] == pytest.approx(cronbach_alpha(np.cov(rest.T)), abs=CLOSED)


def test_feldts_interval_covers() -> None:
    """Parallel normal items, 1,000 samples: coverage of the 95 % interval between .926 and .974."""
    rng = np.random.default_rng(3)
    for n_obs, k in [(10, 4), (30, 7)]:
        x = rng.normal(size=(1000, n_obs, 1)) + rng.normal(size=(1000, n_obs, k))
        centred = x - x.mean(axis=1, keepdims=True)
        covariances = np.einsum("rni,rnj->rij", centred, centred) / (n_obs - 1)
        intervals = [alpha_interval(cronbach_alpha(c), k, n_obs) for c in covariances]
        truth = k / (k + 1)
        assert 0.926 <= np.mean([low <= truth <= high for low, high in intervals]) <= 0.974


@settings(deadline=None, database=None, max_examples=40)
@given(st.permutations(range(6)), st.floats(-3, 3).filter(lambda b: abs(b) > 0.01), st.floats(-100, 100))
def test_order_and_units_of_all_items_do_not_matter(order: list[int], slope: float, shift: float) -> None:
    x = np.random.default_rng(8).normal(size=(40, 1)) + np.random.default_rng(9).normal(size=(40, 6))
    before = pairwise_covariance(x).covariance
    after = pairwise_covariance((shift + slope * x)[:, order]).covariance
    # a shift of 100 beside a spread of .01 costs four digits of sixteen
    assert cronbach_alpha(after) == pytest.approx(cronbach_alpha(before), abs=1e-9)
    assert standardised_alpha(after) == pytest.approx(standardised_alpha(before), abs=1e-9)
    np.testing.assert_allclose(item_rest(after), item_rest(before)[order], atol=1e-9)
    np.testing.assert_allclose(alpha_if_dropped(after), alpha_if_dropped(before)[order], atol=1e-9)
    # and the end of an iteration
    assert congeneric_omega(after).omega == pytest.approx(congeneric_omega(before).omega, abs=1e-7)


def test_standardised_alpha_alone_ignores_the_units_of_one_item(answers: Answers) -> None:
    covariance = np.cov(answers("items_complete").T)
    scale = np.diag([5.0, 1, 1, 1, 1, 1])
    stretched = scale @ covariance @ scale
    assert standardised_alpha(stretched) == pytest.approx(standardised_alpha(covariance), abs=CLOSED)
    assert abs(cronbach_alpha(stretched) - cronbach_alpha(covariance)) > 0.05
    np.testing.assert_allclose(correlation_from(stretched), correlation_from(covariance), atol=CLOSED)


MORE = read_values("reliability_more")


PRINTED = 1e-9  # the reference has ten decimals


def test_bonetts_interval() -> None:
    found = bonett_interval(MORE["alpha"], 6, MORE["n"])
    assert found == pytest.approx(MORE["bonett"], abs=PRINTED)
    # the neighbour: Feldt's
    assert np.abs(np.subtract(MORE["bonett"], MORE["feldt"])).max() > 1e-3
    assert alpha_interval(MORE["alpha"], 6, MORE["n"]) == pytest.approx(MORE["feldt"], abs=PRINTED)


def test_no_interval_of_bonett_where_there_is_nothing() -> None:
    assert np.isnan(bonett_interval(float("nan"), 5, 50)).all()
    assert np.isnan(bonett_interval(0.8, 5, 2)).all()
