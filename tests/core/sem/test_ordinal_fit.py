"""Tests and errors of models of ordered items; the values of lavaan are checked in `tests/models/test_cfa_ordinal.py`."""

import numpy as np
import pytest
from scipy.stats import kstest

from hpp_analysis.core.correlation.categories import categorise
from hpp_analysis.core.sem.chisquare import p_of
from hpp_analysis.core.sem.estimation import Estimate, estimate
from hpp_analysis.core.sem.ordinal_fit import covariance_of_items, errors_of, ordinal_test
from hpp_analysis.core.sem.ordinal_moments import ordinal_moments
from hpp_analysis.core.sem.table import build_table
from tests.core.sem.test_ordinal_moments import sample


def fitted(x: np.ndarray) -> Estimate:
    moments = ordinal_moments(x, categorise(x[:, :3]), np.array([True] * 3 + [False] * 2))
    return estimate(
        build_table("f =~ a + b + c + d + e", ordered={"a": 1, "b": 2, "c": 3}), [moments], estimator="DWLS"
    )


def test_the_scaled_and_shifted_statistic_is_distributed_as_chi_square() -> None:
    rng = np.random.default_rng(9)
    p = []
    for _sample in range(300):
        test = ordinal_test(errors_of(fitted(sample(500, rng, missing=0.1))))
        p.append(p_of(test.chi2_scaled, test.df))
    assert kstest(p, "uniform").pvalue > 0.001  # a fixed seed


def test_errors_and_tests_by_cluster_are_those_of_repeated_samples() -> None:
    """Persons give four ratings each, which share a part: lavaan 0.6-14 leaves `cluster` out beside ordered items."""
    rng = np.random.default_rng(10)
    loadings, clustered, plain, p, p_plain = [], [], [], [], []
    for _sample in range(250):
        person = np.repeat(np.arange(120), 4)
        shared = rng.normal(size=(120, 6))[person]
        factor = 0.8 * shared[:, 5] + 0.6 * rng.normal(size=480)
        z = 0.7 * factor[:, None] + np.sqrt(0.51) * (0.8 * shared[:, :5] + 0.6 * rng.normal(size=(480, 5)))
        x = np.digitize(z, [-0.8, 0.1, 0.9]).astype(float)
        moments = ordinal_moments(x, categorise(x), np.ones(5, dtype=bool))
        table = build_table("f =~ a + b + c + d + e", ordered=dict.fromkeys("abcde", 3), std_lv=True)
        found = estimate(table, [moments], estimator="DWLS")
        loadings.append(found.theta[:5])
        for cluster, into, p_into in ((person, clustered, p), (None, plain, p_plain)):
            errors = errors_of(found, cluster=cluster)
            into.append(np.sqrt(np.diag(covariance_of_items(errors, robust=True))[:5]))
            p_into.append(ordinal_test(errors).p_scaled)
    spread = np.std(loadings, axis=0)
    # the standard deviation of 250 samples is known to 4.5 %; three times that
    np.testing.assert_allclose(np.mean(clustered, axis=0), spread, rtol=0.14)
    assert (np.mean(plain, axis=0) < 0.8 * spread).all()
    # the test rejects true models as often as it says: the share has a standard error of sqrt(.05 * .95 / 250) = .014
    assert abs(np.mean(np.array(p) < 0.05) - 0.05) < 3 * 0.014
    assert np.mean(np.array(p_plain) < 0.05) > 0.05 + 3 * 0.014


def test_only_models_of_ordered_items_have_these_errors() -> None:
    from hpp_analysis.core.sem.moments import moments_of_covariance

    s = np.array([[1.0, 0.56, 0.48], [0.56, 1.0, 0.42], [0.48, 0.42, 1.0]])
    found = estimate(build_table("f =~ a + b + c"), [moments_of_covariance(s, 200)])
    with pytest.raises(TypeError):
        errors_of(found)
