"""Samples of respondents: their estimates, strata and influence; lavaan's samples are in tests/models."""

import numpy as np
import pytest

from hpp_analysis.core.sem.bootstrap import bootstrap_estimates, influence, strata_of
from hpp_analysis.core.sem.estimation import Estimate, estimate
from hpp_analysis.core.sem.moments import group_moments, sample_moments
from hpp_analysis.core.sem.table import build_table

TABLE = build_table("f =~ a + b + c + d", std_lv=True, meanstructure=True)
RNG = np.random.default_rng(5)
X = RNG.normal(size=(80, 1)) + RNG.normal(size=(80, 4))


def fitted(x: np.ndarray) -> Estimate:
    return estimate(TABLE, [sample_moments(x, fiml=True)])


@pytest.mark.parametrize("gaps", [False, True])
def test_a_sample_is_the_estimate_of_its_rows(gaps: bool) -> None:
    x = X.copy()
    if gaps:
        x[np.random.default_rng(6).random(x.shape) < 0.1] = np.nan
        x = x[~np.isnan(x).all(axis=1)]
    samples = bootstrap_estimates(fitted(x), lambda one: one.theta, n=4, rng=np.random.default_rng(7))
    draws = np.random.default_rng(7)
    assert samples.usable.all()
    for theta in samples.values:
        again = fitted(x[draws.integers(len(x), size=len(x))])
        # both iterations end at a decrement of 1e-14
        np.testing.assert_allclose(theta, again.theta, atol=1e-6)
    assert samples.values.std(axis=0).min() > 1e-3


def test_units_are_drawn_within_groups_unless_clusters_cross_them() -> None:
    table = build_table("f =~ a + b + c + d", n_groups=2, meanstructure=True)
    found = estimate(table, group_moments(X, np.repeat([0, 1], [50, 30]), n_groups=2, fiml=True))
    assert np.bincount(strata_of(found, None)[1]).tolist() == [50, 30]
    assert np.unique(strata_of(found, np.repeat(np.arange(40), 2))[1]).tolist() == [0, 1]
    assert np.unique(strata_of(found, np.arange(80) % 40)[1]).tolist() == [0]


def test_influence_is_what_leaving_a_respondent_out_changes() -> None:
    found = fitted(X)
    moves = influence(found, np.eye(found.model.n_free))
    np.testing.assert_allclose(moves.sum(axis=0), 0.0, atol=1e-10)
    for k in (0, 33):
        without = fitted(np.delete(X, k, axis=0)).theta
        # a difference against a slope: they part by terms of the order 1 / n
        np.testing.assert_allclose(found.theta - without, moves[k], atol=0.15 * np.abs(moves[k]).max())
