"""How certain are the estimates? Their covariance matrices, tests and intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from hpp_analysis.core.arrays import Floats, Ints
from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.fiml import Patterns, casewise_scores, find_patterns, saturated_information
from hpp_analysis.core.sem.model import directions
from hpp_analysis.core.sem.moments import Moments
from hpp_analysis.core.sem.objective import expected_of
from hpp_analysis.core.sem.ordinal import as_ordinal, derived_values


@dataclass(frozen=True, slots=True)
class Intervals:
    """Estimates with what is known of them, k each.

    Attributes
    ----------
    estimate, se, z, p, ci_lower, ci_upper : ndarray, shape (k,)
        NaN where a parameter is fixed (its interval is the value itself).
    """

    estimate: Floats
    se: Floats
    z: Floats
    p: Floats
    ci_lower: Floats
    ci_upper: Floats


def bread(found: Estimate, kind: str) -> Floats:
    """Inverse information per respondent along the free directions, shape (q, q).

    Parameters
    ----------
    found : Estimate
    kind : {"expected", "observed"}

    Returns
    -------
    ndarray
        NaN where the information is singular or not positive.
    """
    matrix = found.basis.T @ found.objective.information(found.point, kind) @ found.basis
    scale = 1.0 / np.sqrt(np.maximum(np.abs(np.diag(matrix)), 1e-300))
    try:
        factor = np.linalg.cholesky(matrix * np.outer(scale, scale))
    except np.linalg.LinAlgError:
        return np.full((found.model.n_free,) * 2, np.nan)
    root = np.linalg.solve(factor, (found.basis * scale).T)
    return np.asarray(root.T @ root)


def meat(found: Estimate, *, cluster: Ints | None = None, about_sample: bool = False) -> Floats:
    """Cross-products of the scores per respondent, shape (q, q).

    Parameters
    ----------
    found : Estimate
    cluster : ndarray of int, shape (N,), optional
        Of each respondent, group after group; scores are summed within clusters first.
    about_sample : bool
        As fourth-order moments about the sample's means (Satorra & Bentler), not as scores at the model.
    """
    sums = cluster_sums(found.objective.scores(found.point, about_sample=about_sample), cluster, sizes_of(found))
    return np.asarray(sums.T @ sums / found.objective.n_total)


def sizes_of(found: Estimate) -> list[int]:
    """Respondents of each group."""
    return [part.n for part in found.objective.moments]


def cluster_sums(scores: Floats, cluster: Ints | None, sizes: Sequence[int]) -> Floats:
    """Sum scores within clusters, scaled for the number of clusters; without clusters the scores themselves.

    Scores of a group are multiplied by the root of J / (J - 1), J being its clusters, and summed over groups where a
    cluster has respondents in several.

    Parameters
    ----------
    scores : ndarray, shape (N, k)
        Group after group.
    cluster : ndarray of int, shape (N,), or None
    sizes : sequence of int
        Respondents of each group.
    """
    if cluster is None:
        return scores
    parts = np.split(cluster, np.cumsum(sizes)[:-1])
    count = np.array([len(np.unique(part)) for part in parts], dtype=np.float64)
    return sums_within(scores * np.repeat(np.sqrt(count / (count - 1.0)), sizes)[:, None], cluster)


def sums_within(scores: Floats, cluster: Ints | None) -> Floats:
    """Sum rows of the same cluster."""
    if cluster is None:
        return scores
    _names, code = np.unique(cluster, return_inverse=True)
    sums = np.zeros((int(code.max()) + 1, scores.shape[1]))
    np.add.at(sums, code, scores)
    return sums


def covariance_of_estimates(found: Estimate, *, se: str = "expected", cluster: Ints | None = None) -> Floats:
    r"""Covariance matrix of the free parameters.

    Parameters
    ----------
    found : Estimate
    se : {"expected", "observed", "first_order", "satorra_bentler", "huber_white"}
        The inverse of the expected, the observed or the first-order information; or a sandwich: of the expected
        information and the answers' fourth-order moments (with complete answers), or of the observed information and the scores.
    cluster : ndarray of int, shape (N,), optional
        Sandwiches only: the cluster of each respondent, group after group.

    Returns
    -------
    ndarray, shape (q, q)

    References
    ----------
    Satorra & Bentler (1994), in von Eye & Clogg, Latent Variables Analysis, 399-419; Yuan & Bentler (2000),
    doi:10.1111/0081-1750.00078; Liang & Zeger (1986), doi:10.1093/biomet/73.1.13
    """
    n = found.objective.n_total
    if found.objective.estimator == "ULS" and se == "expected":
        invers = bread(found, "expected")
        return invers @ _normal_meat(found) @ invers / n
    if se in ("expected", "observed"):
        return bread(found, se) / found.objective.scale
    if se == "first_order":
        inner = found.basis.T @ meat(found, cluster=cluster) @ found.basis
        return np.asarray(found.basis @ np.linalg.inv(inner) @ found.basis.T / n)
    invers = bread(found, "expected" if se == "satorra_bentler" else "observed")
    return invers @ meat(found, cluster=cluster, about_sample=se == "satorra_bentler") @ invers / n


def _normal_meat(found: Estimate) -> Floats:
    """The expectation of `meat` for normal answers: for least squares, whose weights are not those of normality."""
    objective = found.objective
    total = np.zeros((found.model.n_free,) * 2)
    for group, (part, at) in enumerate(zip(found.model.groups, found.point.at, strict=True)):
        w = objective.fixed_weight[group]
        own = expected_of(directions(at, part.free_cells), w @ objective.covariance[group] @ w, means=objective.means)
        total += objective.weight[group] * (part.join.T @ own @ part.join)
    return total


def trace_of_model(found: Estimate, kind: str, cluster: Ints | None = None) -> float:
    """Trace of inverse information times cross-products of scores: the free parameters if the model were true and normal."""
    return float((bread(found, kind) * meat(found, cluster=cluster)).sum())


def trace_of_saturated(
    moments: tuple[Moments, ...], *, means: bool, covariates: Ints | None = None, cluster: Ints | None = None
) -> float:
    """The same trace for the saturated model, at its estimates, with the observed information.

    The moments of `covariates` (places among the variables) are known, not estimated.

    References
    ----------
    Yuan & Bentler (2000), doi:10.1111/0081-1750.00078; Asparouhov & Muthén (2005), Proceedings of the FCSM Research
    Conference (the form with unstructured information)
    """
    total, start = 0.0, 0
    for group in moments:
        own = None if cluster is None else cluster[start : start + group.n]
        start += group.n
        if group.answers is None:
            return float("nan")
        p = len(group.mean)
        if own is None and group.is_complete and covariates is None:
            deviations = group.answers - group.mean
            lengths = (deviations @ np.linalg.inv(group.covariance) * deviations).sum(axis=1)
            total += 0.5 * (float(lengths @ lengths) / group.n - p) + (p if means else 0.0)
            continue
        patterns: Patterns = group.patterns if group.patterns is not None else find_patterns(group.answers)
        information = saturated_information(patterns, group.mean, group.covariance) / group.n
        sums = cluster_sums(casewise_scores(patterns, group.mean, group.covariance), own, [group.n])
        i, j = np.triu_indices(p)
        known = np.isin(np.arange(p), [] if covariates is None else covariates)
        estimated = np.concatenate([~known & means, ~(known[i] & known[j])])
        information, products = (
            information[np.ix_(estimated, estimated)],
            (sums.T @ sums)[np.ix_(estimated, estimated)] / group.n,
        )
        total += float(np.trace(np.linalg.solve(information, products)))
    return total


def intervals(estimate: Floats, se: Floats, conf_level: float = 0.95) -> Intervals:
    """Wald tests and intervals; a standard error of 0 or NaN marks what is fixed or undefined.

    Examples
    --------
    >>> intervals(np.array([1.96]), np.array([1.0])).p.round(3)
    array([0.05])
    """
    usable = np.isfinite(se) & (se > 0)
    safe = np.where(usable, se, np.nan)
    z = estimate / safe
    reach = float(ndtri(0.5 + conf_level / 2.0)) * np.where(np.isfinite(se), se, np.nan)
    return Intervals(estimate, se, z, 2.0 * ndtr(-np.abs(z)), estimate - reach, estimate + reach)


def rows_of_table(found: Estimate, covariance: Floats) -> tuple[Floats, Floats]:
    """Estimate and standard error of each row of the parameter table: 0 where fixed, NaN at an active bound."""
    table = found.model.table
    estimate, se = table.value.copy(), np.zeros(len(table))
    for group in found.model.groups:
        estimate[group.rows] = group.value
    if table.ordered:
        for group, at_group in zip(found.model.groups, found.point.at, strict=True):
            estimate[group.rows] = derived_values(as_ordinal(at_group), group.cells, estimate[group.rows])
    free = table.free > 0
    at = table.free[free] - 1
    estimate[free] = found.theta[at]
    variance = np.diag(covariance)[at]
    se[free] = np.sqrt(np.where(variance >= 0.0, variance, np.nan))
    if found.restrictions.active:  # what a bound holds does not vary, but is not known either
        held = np.abs(found.basis).max(axis=1, initial=0.0)[at] < 1e-10
        se[np.flatnonzero(free)[held]] = np.nan
    return estimate, se


def defined_parameters(found: Estimate, covariance: Floats) -> tuple[Floats, Floats]:
    """Values and standard errors (delta method) of what the model defines by `:=`.

    References
    ----------
    Sobel (1982), doi:10.2307/270723
    """
    value, slopes = found.restrictions.values(found.theta, ":=")
    variance = ((slopes @ covariance) * slopes).sum(axis=1)
    return value, np.sqrt(np.where(variance >= 0.0, variance, np.nan))
