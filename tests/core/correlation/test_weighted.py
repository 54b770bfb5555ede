"""Correlations and covariances of weighted rows against the plain way."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.core.correlation.bootstrap import drawn_weights
from hpp_analysis.core.correlation.correlation import pairwise_covariance
from hpp_analysis.core.correlation.weighted import WeightedCorrelations, resampled_correlations, weighted_covariances
from tests.core.conftest import Answers


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    rng = np.random.default_rng(4)
    return 7.0 + rng.normal(size=(120, 4)) + rng.normal(size=(120, 1))


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("units", [None, np.repeat(np.arange(40), 3)])
def test_a_sample_is_the_correlation_of_the_rows_drawn(x: np.ndarray, units: np.ndarray | None, missing: bool) -> None:
    x = x.copy()
    if missing:
        x[np.random.default_rng(0).random(x.shape) < 0.15] = np.nan
    found = resampled_correlations(x, 5, np.random.default_rng(9), units=units)
    unit = np.arange(120) if units is None else units
    (weights,) = drawn_weights(unit, 5, np.random.default_rng(9))
    for one, count in zip(found, weights.astype(int), strict=True):
        rows = np.repeat(np.arange(120), count)
        # pandas takes each correlation over the rows that answered both
        assert one == pytest.approx(pd.DataFrame(x[rows]).corr().to_numpy(), abs=1e-10)


def test_units_are_drawn_whole(x: np.ndarray) -> None:
    units = np.repeat(np.arange(40), 3)
    whole = resampled_correlations(np.repeat(x[:40], 3, axis=0), 400, np.random.default_rng(0), units=units)
    alone = resampled_correlations(np.repeat(x[:40], 3, axis=0), 400, np.random.default_rng(0))
    assert whole[:, 0, 1].std() > 1.4 * alone[:, 0, 1].std()  # threefold copies tell no more: sqrt(3) is expected


def test_a_constant_variable_has_no_correlation(x: np.ndarray) -> None:
    x = np.column_stack([x[:, :2], np.full(len(x), 5.0)])
    found = WeightedCorrelations(x)(np.ones((1, len(x))))[0]
    assert np.isnan(found[0, 2])
    assert found[0, 1] == pytest.approx(np.corrcoef(x[:, :2].T)[0, 1], abs=1e-12)


def test_correlations_spread_as_theory_says() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(400, 2)) @ np.array([[1.0, 0.5], [0.0, 0.8]])
    r = float(np.corrcoef(x.T)[0, 1])
    stack = resampled_correlations(x, 500, rng)
    # the standard error of a correlation of normal variables; 500 samples estimate it within 10 %
    assert stack[:, 0, 1].std() == pytest.approx((1 - r**2) / np.sqrt(400), rel=0.15)
    np.testing.assert_allclose(stack[:, 0, 0], 1)
    x[:40, 0] = np.nan
    gaps = resampled_correlations(x, 500, np.random.default_rng(5))
    assert gaps[:, 0, 1].mean() == pytest.approx(np.corrcoef(x[40:].T)[0, 1], abs=0.01)


def test_weighted_covariances_are_those_of_repeated_rows(answers: Answers) -> None:
    x = answers("items_missing")
    weights = np.random.default_rng(4).multinomial(len(x), np.full(len(x), 1 / len(x)), size=3)
    for one, found in zip(weights, weighted_covariances(x, weights.astype(float)), strict=True):
        # rounding of sums only
        np.testing.assert_allclose(found, pairwise_covariance(np.repeat(x, one, axis=0)).covariance, atol=1e-10)
