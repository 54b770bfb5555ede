import numpy as np
import pytest
from scipy.special import ndtr

from hpp_analysis.core.correlation.categories import Categories, categorise
from hpp_analysis.core.correlation.polyserial import polyserial
from tests.core.conftest import ordinal_answers, read_values, symmetric

MIXED = read_values("correlation")["ordinal"]["mixed"]


def likelihood(x: np.ndarray, categories: Categories, item: int, rho: float) -> float:
    """The plain definition."""
    z = (x - np.nanmean(x)) / np.nanstd(x)
    code = categories.codes[:, item]
    used = ~np.isnan(z) & (code >= 0)
    cuts = np.concatenate([[-np.inf], categories.thresholds[item], [np.inf]])
    z, code = z[used], code[used]
    upper, lower = ((cuts[code + k] - rho * z) / np.sqrt(1 - rho**2) for k in (1, 0))
    return float(np.log(ndtr(upper) - ndtr(lower)).sum())


def test_correlations_are_those_of_lavaan_or_more_likely() -> None:
    x = ordinal_answers()[1]
    categories = categorise(x[:, :6])
    ours = polyserial(x[:, 6:], categories.codes, categories.thresholds)
    theirs = symmetric(MIXED["r"])[6:, :6]
    # lavaan's optimiser stops within 1e-7 of the maximum for the normal variable
    np.testing.assert_allclose(ours[0], theirs[0], rtol=0, atol=5e-7)
    assert np.abs(ours[0] - symmetric(MIXED["pearson"])[6, :6]).max() > 0.05  # the neighbour
    # with a value seven deviations out lavaan ends away from the maximum
    for item in range(6):
        best = likelihood(x[:, 7], categories, item, ours[1, item])
        assert best > likelihood(x[:, 7], categories, item, theirs[1, item])
        for near in (-1e-3, 1e-3):
            assert best > likelihood(x[:, 7], categories, item, ours[1, item] + near)


def test_sign_and_unit() -> None:
    x = ordinal_answers()[1]
    categories = categorise(x[:, :6])
    ours = polyserial(x[:, 6:], categories.codes, categories.thresholds)
    turned = polyserial(-3.0 * x[:, 6:] + 5.0, categories.codes, categories.thresholds)
    np.testing.assert_allclose(turned, -ours, rtol=0, atol=1e-8)  # the square of the last step


def test_truth_is_recovered() -> None:
    rng = np.random.default_rng(6)
    z = rng.multivariate_normal([0, 0], [[1, -0.7], [-0.7, 1]], size=20_000)
    categories = categorise(np.round(z[:, 1:]))
    # about three standard errors
    assert polyserial(z[:, :1], categories.codes, categories.thresholds)[0, 0] == pytest.approx(-0.7, abs=0.015)


def test_what_has_no_correlation_is_nan() -> None:
    x = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0], [np.nan, 5.0]])
    codes = np.array([[0, 0, -1], [1, 0, -1], [1, 0, -1], [0, 0, 0]], dtype=np.int16)
    cut = np.array([0.0])
    found = polyserial(x, codes, (cut, np.array([]), cut))
    assert np.isnan(found[1]).all()  # does not vary
    assert np.isnan(found[0, 1:]).all()  # one category; never together
    assert np.isfinite(found[0, 0])
