"""What a model of two levels is judged against, and few clusters: means of their own."""

import numpy as np
import pytest

from hpp_analysis.core.sem.estimation import Estimate, estimate
from hpp_analysis.core.sem.inference import covariance_of_estimates
from hpp_analysis.core.sem.moments import moments_of_covariance
from hpp_analysis.core.sem.syntax import parse_syntax
from hpp_analysis.core.sem.table import build_level_table, build_table
from hpp_analysis.core.sem.two_level import WITHIN, cluster_answers, level_moments
from hpp_analysis.core.sem.two_level_fit import (
    intraclass_correlations,
    level_omegas,
    reference_models,
    two_level_measures,
    without_between,
)

NAMES = ("a", "b", "c", "d")
WITHIN_MODEL = "f =~ a + b + c + d"
MODEL = f"level: 1; {WITHIN_MODEL}; level: 2; g =~ a + k*b + c + d; twice := 2*k"


def found_of(clusters: int, *, diffuse: bool, size: int = 12) -> tuple[Estimate, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    cluster = np.repeat(np.arange(clusters), size)
    u, f = rng.normal(size=clusters), rng.normal(size=len(cluster))
    x = f[:, None] * [1.0, 0.8, 0.9, 0.7] + u[cluster, None] * 0.6 + rng.normal(size=(len(cluster), 4))
    x += 0.3 * rng.normal(size=(clusters, 4))[cluster]
    both = np.ones(4, dtype=bool)
    levels = level_moments(cluster_answers(x, cluster, within=both, between=both), x, cluster)
    syntax = parse_syntax(MODEL, levels=True)
    if diffuse:
        syntax = without_between(syntax, levels, NAMES)
    return estimate(build_level_table(syntax), levels), x, cluster


def test_means_of_their_own_leave_the_differences_within_clusters() -> None:
    found, x, cluster = found_of(4, diffuse=True)
    means = np.array([x[cluster == one].mean(axis=0) for one in range(4)])
    n = len(x) - 4
    pooled = (x - means[cluster]).T @ (x - means[cluster]) / n
    single = estimate(build_table(WITHIN_MODEL), [moments_of_covariance(pooled, n, divisor="n")])
    # a variance of 1e6 between clusters instead of an infinite one leaves 1e-6 / 12 of a cluster's mean in the likelihood
    np.testing.assert_allclose(found.theta, single.theta, rtol=1e-6)
    own, theirs = (np.sqrt(np.diag(covariance_of_estimates(one, se="observed"))) for one in (found, single))
    np.testing.assert_allclose(own, theirs, rtol=1e-6)
    measures = two_level_measures(found, reference_models(found, diffuse=True), diffuse=True)
    assert measures["chi2"] == pytest.approx(2.0 * n * single.point.value, rel=1e-5)
    assert measures["df"] == 2
    assert np.isnan([measures[name] for name in ("loglik", "aic", "bic", "srmr_between", "srmr")]).all()
    total = estimate(build_table(WITHIN_MODEL), [moments_of_covariance(np.cov(x.T), len(x))])
    assert np.abs(total.theta - found.theta).max() > 0.05


def test_constraints_of_the_level_that_is_left_out_go_with_it() -> None:
    found, _x, _cluster = found_of(4, diffuse=True)
    assert found.model.table.constraints == ()
    assert [item.lhs for item in found_of(40, diffuse=False)[0].model.table.constraints] == ["twice"]


def test_fit_rests_on_both_levels() -> None:
    found, _x, _cluster = found_of(40, diffuse=False)
    references = reference_models(found)
    measures = two_level_measures(found, references)
    assert (measures["df"], measures["baseline_df"]) == (4, 12)
    assert references.saturated.objective.loglik(references.saturated.point) == measures["saturated_loglik"]
    assert measures["saturated_loglik"] > measures["loglik"] > measures["saturated_loglik"] - 20.0
    assert measures["srmr"] == measures["srmr_within"] + measures["srmr_between"]
    # a third or so of the variance was put between clusters
    assert all(0.1 < icc < 0.4 for icc in intraclass_correlations(references.saturated).values())


def test_omega_is_that_of_the_level() -> None:
    found, _x, _cluster = found_of(40, diffuse=False)
    at = found.point.at[WITHIN]
    loadings = at.a[:4, 4]
    explained = loadings.sum() ** 2 * at.s[4, 4]
    assert level_omegas(found, 0)["f"] == pytest.approx(explained / (explained + np.diag(at.s)[:4].sum()), rel=1e-12)
    assert level_omegas(found, 1)["g"] != pytest.approx(level_omegas(found, 0)["f"], abs=0.05)
