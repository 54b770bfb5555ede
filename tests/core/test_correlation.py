import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hpp_analysis.core.correlation import correlation_from, pairwise_covariance
from tests.core.conftest import Answers, read_values

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
