from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.core.correlation.em import normal_moments
from tests.core.conftest import Answers, ordinal_answers, read_table, read_values, symmetric

VALUES = read_values("correlation")


def gaps(n: int, p: int, share: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 1)) + rng.normal(size=(n, p))
    x[rng.random(x.shape) < share] = np.nan
    return x


def check(x: np.ndarray, values: dict) -> None:
    moments = normal_moments(x)
    wanted = symmetric(values["covariance"], values["variance"])
    # lavaan's EM stops at a change of 1e-14 of the log-likelihood, which leaves about 1e-9 in the moments
    np.testing.assert_allclose(moments.covariance, wanted, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(moments.mean, values["mean"], rtol=1e-8)
    assert moments.converged
    assert moments.flags == ()
    # the neighbour: the complete rows alone say something else
    listwise = symmetric(values["listwise"], np.nan)
    assert np.nanmax(np.abs(moments.covariance - listwise)) > 1e-3
    if "loglik" in values:
        # lavaan's comes from an iteration of its own, flat to 1e-7 around the maximum
        assert moments.loglik == pytest.approx(values["loglik"], abs=1e-6)


def test_moments_are_those_of_lavaan(answers: Answers) -> None:
    check(answers("items_missing"), VALUES["items_missing"]["em"])
    check(ordinal_answers()[1], VALUES["ordinal"]["em"])


def test_moments_of_bfi_are_those_of_lavaan(shared_data: Path) -> None:
    check(read_table(shared_data / "psychTools" / "bfi.csv")[1][:, 1:26], VALUES["bfi"]["em"])


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 6), st.integers(0, 10**6))
def test_complete_answers_give_the_sample_moments(p: int, seed: int) -> None:
    x = gaps(40, p, 0.0, seed)
    moments = normal_moments(x)
    # sums of 40 products in another order
    np.testing.assert_allclose(moments.covariance, np.cov(x.T, bias=True), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(moments.mean, x.mean(axis=0), rtol=1e-12, atol=1e-13)
    assert moments.n_iterations == 0


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_order_and_unit_change_nothing_else(seed: int) -> None:
    x = gaps(80, 4, 0.25, seed)
    moments = normal_moments(x)
    rng = np.random.default_rng(seed)
    columns, rows = rng.permutation(4), rng.permutation(80)
    factor = np.array([10.0, -1.0, 0.1, 2.0])
    other = normal_moments(x[np.ix_(rows, columns)] * factor + 5.0)
    wanted = moments.covariance[np.ix_(columns, columns)] * np.outer(factor, factor)
    # both stop when a step moves less than 1e-10; with a slow rate that leaves up to 1e-8
    np.testing.assert_allclose(other.covariance, wanted, rtol=1e-6, atol=1e-7)


def test_estimates_are_a_maximum_also_where_much_is_missing() -> None:
    x = gaps(300, 6, 0.6, 4)
    moments = normal_moments(x)
    assert moments.converged
    best = loglik(x, moments.mean, moments.covariance)
    assert moments.loglik == pytest.approx(best, abs=1e-8)  # the same sum, row by row
    rng = np.random.default_rng(1)
    for _again in range(5):
        step = rng.normal(size=(6, 6)) * 1e-3
        assert loglik(x, moments.mean + step[0], moments.covariance + step + step.T) < best


def loglik(x: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> float:
    """The plain definition, one row at a time."""
    total = 0.0
    for row in x:
        there = ~np.isnan(row)
        if there.any():
            block = covariance[np.ix_(there, there)]
            d = row[there] - mean[there]
            total -= 0.5 * (
                there.sum() * np.log(2 * np.pi) + np.linalg.slogdet(block)[1] + d @ np.linalg.solve(block, d)
            )
    return total


def test_truth_is_recovered_where_missingness_depends_on_what_was_seen() -> None:
    rng = np.random.default_rng(8)
    x = rng.multivariate_normal([0.0, 0.0], [[1.0, 0.6], [0.6, 1.0]], size=40_000)
    x[x[:, 0] > 0.5, 1] = np.nan
    # three standard errors of a mean of about 28,000
    assert normal_moments(x).mean[1] == pytest.approx(0.0, abs=0.02)
    assert np.nanmean(x[:, 1]) < -0.2  # the neighbour: the mean of what is there


def test_what_cannot_be_estimated_is_flagged() -> None:
    x = gaps(50, 4, 0.1, 2)
    constant = x.copy()
    constant[:, 2] = 3.0
    moments = normal_moments(constant)
    assert moments.flags == ("constant",)
    assert np.isnan(moments.covariance[2]).all()
    assert np.isfinite(np.delete(np.delete(moments.covariance, 2, 0), 2, 1)).all()

    apart = x.copy()
    apart[:25, 0], apart[25:, 1] = np.nan, np.nan
    moments = normal_moments(apart)
    assert "never_together" in moments.flags
    assert moments.never_together.tolist() == [[0, 1]]

    dependent = x.copy()
    dependent[:, 3] = x[:, 0] + x[:, 1]
    assert "singular" in normal_moments(dependent).flags
    assert "singular" in normal_moments(gaps(6, 9, 0.1, 1)).flags


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 2), (5, 3)])
def test_nothing_answered_is_no_error(shape: tuple[int, int]) -> None:
    moments = normal_moments(np.full(shape, np.nan))
    assert moments.n_used == 0
    assert np.isnan(moments.covariance).all()
    assert np.isnan(moments.loglik)
