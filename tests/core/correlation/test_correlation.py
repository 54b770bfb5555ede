import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hpp_analysis.core.correlation.correlation import (
    correlation_from,
    pairwise_correlation,
    pairwise_covariance,
    smooth,
    spearman,
)
from tests.core.conftest import REFERENCE, Answers, ordinal_answers, read_table, read_values, symmetric

PAIRWISE = read_values("reliability")["pairwise"]
DIGITS = 1e-13  # the file holds 15 digits of values of about 1 to 3; the sums are exact to the last two


def test_covariance_is_that_of_r_with_pairwise_deletion(answers: Answers) -> None:
    pairs = pairwise_covariance(answers("items_missing"))
    np.testing.assert_allclose(pairs.covariance, PAIRWISE["covariance"], rtol=0, atol=DIGITS)
    np.testing.assert_array_equal(pairs.n, PAIRWISE["n"])
    # the neighbour: listwise deletion is something else
    assert np.abs(pairs.covariance - PAIRWISE["listwise"]).max() > 0.1


def test_correlation_uses_the_variances_of_the_matrix(answers: Answers) -> None:
    correlation = correlation_from(pairwise_covariance(answers("items_missing")).covariance)
    np.testing.assert_allclose(correlation, PAIRWISE["correlation"], rtol=0, atol=DIGITS)
    # the neighbour: R's cor() takes the standard deviations of the pair's own rows
    assert np.abs(correlation - PAIRWISE["own_sd_correlation"]).max() > 0.01


def test_complete_data_give_the_ordinary_covariance(answers: Answers) -> None:
    x = answers("items_complete")
    pairs = pairwise_covariance(x)
    # both are sums of 60 products; they differ in the order of adding
    np.testing.assert_allclose(pairs.covariance, np.cov(x.T), rtol=1e-13)
    assert (pairs.n == 60).all()


def test_a_large_offset_costs_no_digits(answers: Answers) -> None:
    x = answers("items_missing")
    # whole numbers are exact at this size, so only the algorithm could lose something
    far = pairwise_covariance(x + 2.0**40).covariance
    np.testing.assert_allclose(far, pairwise_covariance(x).covariance, rtol=0, atol=DIGITS)


def test_a_constant_column_has_no_correlations() -> None:
    x = np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 4.0], [np.nan, 3.0]])
    covariance = pairwise_covariance(x).covariance
    assert covariance[0, 0] == 0.0  # exactly, although the mean of three times 0.1 is not 0.1
    correlation = correlation_from(covariance)
    np.testing.assert_array_equal(np.isnan(correlation), [[True, True], [True, False]])
    assert correlation[1, 1] == 1.0


def test_a_pair_without_two_common_rows_is_undefined() -> None:
    x = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, 3.0], [4.0, 5.0]])
    pairs = pairwise_covariance(x)
    np.testing.assert_array_equal(pairs.n, [[3, 1], [1, 2]])
    np.testing.assert_array_equal(np.isnan(pairs.covariance), [[False, True], [True, False]])


@pytest.mark.parametrize("shape", [(0, 2), (1, 2), (3, 0)])
def test_too_little_data_are_nan_and_no_error(shape: tuple[int, int]) -> None:
    pairs = pairwise_covariance(np.ones(shape))
    assert pairs.covariance.shape == (shape[1], shape[1])
    assert np.isnan(pairs.covariance).all()


def test_a_column_that_nobody_answered_is_nan() -> None:
    x = np.array([[1.0, np.nan], [2.0, np.nan], [4.0, np.nan]])
    pairs = pairwise_covariance(x)
    assert pairs.covariance[0, 0] == pytest.approx(7 / 3)  # rounding of one variance
    assert np.isnan(pairs.covariance[:, 1]).all()


answered = st.integers(1, 10).map(float) | st.just(float("nan"))


@settings(deadline=None, database=None, max_examples=60)
@given(arrays(float, (9, 4), elements=answered))
def test_each_pair_is_computed_from_its_own_complete_rows(x: np.ndarray) -> None:
    pairs = pairwise_covariance(x)
    for i in range(4):
        for j in range(4):
            rows = x[~np.isnan(x[:, i]) & ~np.isnan(x[:, j])]
            assert pairs.n[i, j] == len(rows)
            if len(rows) > 1:
                expected = np.cov(rows[:, i], rows[:, j])[0, 1]
                # covariances of 1-10 answers are below 21, and a handful of additions err by less than this
                assert pairs.covariance[i, j] == pytest.approx(expected, abs=1e-12)
            else:
                assert np.isnan(pairs.covariance[i, j])


ORDINAL = read_values("correlation")["ordinal"]


def test_pairwise_spearman_and_listwise_are_those_of_r() -> None:
    x = ordinal_answers()[1]
    pearson, ranks = pairwise_correlation(x), spearman(x)
    exact = {"rtol": 0, "atol": 1e-11}  # the file holds 12 digits
    np.testing.assert_allclose(pearson.r, symmetric(ORDINAL["pearson"]), **exact)
    np.testing.assert_allclose(ranks.r, symmetric(ORDINAL["spearman"]), **exact)
    np.testing.assert_array_equal(np.triu(pearson.n, 1), np.triu(symmetric(ORDINAL["n"]), 1))
    np.testing.assert_array_equal(ranks.n, pearson.n)
    complete = x[~np.isnan(x).any(axis=1)]
    np.testing.assert_allclose(pairwise_correlation(complete).r, symmetric(ORDINAL["listwise"]), **exact)
    np.testing.assert_allclose(spearman(complete).r, spearman(np.exp(complete / 9)).r, rtol=0, atol=1e-14)
    # the neighbours are apart
    assert np.abs(pearson.r - ranks.r).max() > 0.02
    assert np.abs(pearson.r - correlation_from(pairwise_covariance(x).covariance)).max() > 1e-3


def test_pooled_within_groups_is_that_of_r() -> None:
    x = ordinal_answers()[1]
    groups = read_table(REFERENCE / "data" / "ordinal.csv")[1][:, 8].astype(int)
    complete = ~np.isnan(x).any(axis=1)
    within = pairwise_correlation(x[complete], groups[complete])
    # the file holds 12 digits
    np.testing.assert_allclose(within.r, symmetric(ORDINAL["within"]["r"]), rtol=0, atol=1e-11)
    assert np.abs(within.r - symmetric(ORDINAL["within"]["total"])).max() > 1e-3
    # a shift of a whole group changes nothing within
    shifted = pairwise_correlation(x + groups[:, None] * 5.0, groups)
    np.testing.assert_allclose(shifted.r, pairwise_correlation(x, groups).r, rtol=0, atol=1e-12)


def test_smoothing_gives_a_positive_definite_matrix_and_says_what_it_did() -> None:
    r = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    found = smooth(r)
    assert found.smallest_before == pytest.approx(-0.8)
    assert 0 < found.smallest_after < 1e-5
    np.testing.assert_array_equal(np.diag(found.r), 1.0)
    assert np.linalg.eigvalsh(found.r)[0] == found.smallest_after
    assert found.largest_change == pytest.approx(0.4, abs=1e-3)  # .9 becomes .5: the three lie in a plane


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_order_and_reversal_only_move_and_turn_correlations(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.round(2 * (rng.normal(size=(40, 4)) + rng.normal(size=(40, 1))))
    x[rng.random(x.shape) < 0.1] = np.nan
    order, sign = rng.permutation(4), np.array([1.0, -1.0, 1.0, 1.0])
    for way in (pairwise_correlation, spearman):
        r = way(x).r
        np.testing.assert_array_equal(r, r.T)
        np.testing.assert_array_equal(np.diag(r), 1.0)
        # the same sums in another order
        np.testing.assert_allclose(way(x[:, order]).r, r[np.ix_(order, order)], rtol=0, atol=1e-12)
        np.testing.assert_allclose(way(x * sign).r, r * np.outer(sign, sign), rtol=0, atol=1e-12)
