"""Gaps filled from a normal distribution, and Rubin's rules against mice."""

import json
from pathlib import Path

import numpy as np
import pytest

from hpp_analysis.core.correlation.em import normal_moments
from hpp_analysis.core.imputation import impute_normal, pool_imputations, predict_normal
from hpp_analysis.errors import NotIdentifiedError

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "imputation.json").read_text())["cases"]


def with_gaps(n: int = 500, share: float = 0.25) -> np.ndarray:
    """Three variables; the lower the first, the more often the second is missing: at random, given the first."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(n, 1)) + rng.normal(scale=0.6, size=(n, 3)) + 5
    x[rng.random(n) < 2 * share * (x[:, 0] < 5), 1] = np.nan
    x[rng.random(n) < 0.05, 2] = np.nan
    return x


@pytest.mark.parametrize("case", REFERENCE, ids=lambda case: str(case["df"]))
def test_pooled_as_mice_pools(case: dict) -> None:
    """The same formulas: only rounding."""
    pooled = pool_imputations(case["estimate"], case["se"], case["df"])
    assert (float(pooled.estimate), float(pooled.se), float(pooled.df)) == pytest.approx(
        (case["pooled"], case["pooled_se"], case["pooled_df"]), rel=1e-12
    )
    assert float(pooled.df) < 0.9 * case["rubin_1987_df"]  # the older rule knows no small samples
    endless = pool_imputations(case["estimate"], case["se"], np.inf)
    assert float(endless.df) == pytest.approx(case["rubin_1987_df"], rel=1e-12)


def test_imputations_that_agree_change_nothing() -> None:
    pooled = pool_imputations([2.0, 2.0, 2.0], [0.3, 0.3, 0.3], 12)
    assert (float(pooled.estimate), float(pooled.se), float(pooled.df)) == pytest.approx((2.0, 0.3, 12))


def test_the_mean_over_draws_is_that_of_maximum_likelihood() -> None:
    """Bootstrapped means spread by about a twentieth; of 400 draws their mean is known to 0.01 (four standard errors)."""
    x = with_gaps()
    expected = normal_moments(x).mean
    filled = impute_normal(x, draws=400, person=np.arange(len(x)), rng=np.random.default_rng(1))
    assert filled.mean(axis=(0, 1)) == pytest.approx(expected, abs=0.01)
    assert predict_normal(x).mean(axis=0) == pytest.approx(expected, abs=1e-8)  # where EM stops
    assert abs(np.nanmean(x[:, 1]) - expected[1]) > 0.1  # what is answered is too high


def test_answers_stay_and_draws_spread_as_much_as_answers() -> None:
    x = with_gaps()
    filled = impute_normal(x, draws=50, person=np.arange(len(x)), rng=np.random.default_rng(1))
    known = ~np.isnan(x)
    assert (filled[:, known] == x[known]).all()
    assert not np.isnan(filled).any()
    moments = normal_moments(x)
    # a variance of 500 rows has a standard error of 6 %; expected values alone would lose a fifth of it
    assert filled[:, :, 1].var(axis=1).mean() == pytest.approx(moments.covariance[1, 1], rel=0.06)
    assert predict_normal(x)[:, 1].var() < 0.93 * moments.covariance[1, 1]


def test_rows_without_answers_and_constants() -> None:
    x = with_gaps(100)
    x[0] = np.nan
    x = np.column_stack([x, np.where(np.arange(100) % 2, 7.0, np.nan)])
    filled = impute_normal(x, draws=3, person=np.arange(100), rng=np.random.default_rng(1))
    assert np.isnan(filled[:, 0]).all()
    assert (filled[:, 1:, 3] == 7.0).all()


def test_complete_answers_are_returned() -> None:
    x = np.arange(6.0).reshape(3, 2)
    assert (impute_normal(x, draws=2, person=np.arange(3), rng=np.random.default_rng(1)) == x).all()
    assert (predict_normal(x) == x).all()


def test_too_few_rows_are_an_error() -> None:
    x = with_gaps(40)[:4]
    x[0, 1] = np.nan
    with pytest.raises(NotIdentifiedError):
        impute_normal(x, draws=2, person=np.arange(4), rng=np.random.default_rng(1))
    with pytest.raises(NotIdentifiedError):
        predict_normal(x[:2])
