"""The bootstrap of a model: estimates of samples that are drawn from the respondents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from hpp_analysis.core.arrays import Flags, Floats, Ints
from hpp_analysis.core.sem.estimation import Estimate, estimate
from hpp_analysis.core.sem.fiml import casewise_loglik, find_patterns
from hpp_analysis.core.sem.inference import bread, sums_within
from hpp_analysis.core.sem.moments import Moments

Statistic = Callable[[Estimate], Floats]


@dataclass(frozen=True, slots=True)
class Samples:
    """Statistics of a model in each of b samples.

    Attributes
    ----------
    values : ndarray, shape (b, k)
        The statistics; NaN where a sample has no solution.
    usable : ndarray of bool, shape (b,)
        Whether it has one: estimation converged, and the parameters are identified.
    improper : ndarray of bool, shape (b,)
        Whether it has a solution with a negative variance, or covariances that no variables can have.
    """

    values: Floats
    usable: Flags
    improper: Flags


def bootstrap_estimates(
    found: Estimate,
    statistic: Statistic,
    *,
    n: int,
    rng: np.random.Generator,
    cluster: Ints | None = None,
    run: Callable[..., Any] = map,
) -> Samples:
    """Estimate the model again in samples of its respondents.

    Units are respondents, or clusters with all of their respondents. They are drawn with replacement within each group;
    over all groups together where a cluster has respondents in several. Each estimation starts from the estimates.

    Parameters
    ----------
    found : Estimate
        Its answers must be known.
    statistic : callable
        From an estimate to k numbers.
    n : int
        Samples.
    rng : Generator
    cluster : ndarray of int, shape (N,), optional
        Of each respondent, group after group.
    run : callable
        Like `map`; may spread the samples over processes.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap; Field & Welsh (2007), doi:10.1111/j.1467-9868.2007.00593.x

    Examples
    --------
    >>> from hpp_analysis.core.sem.moments import sample_moments
    >>> from hpp_analysis.core.sem.table import build_table
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(200, 1)) + rng.normal(size=(200, 3))
    >>> found = estimate(build_table("f =~ a + b + c", std_lv=True), [sample_moments(x, fiml=False)])
    >>> samples = bootstrap_estimates(found, lambda one: one.theta, n=20, rng=rng)
    >>> samples.values.shape, int(samples.usable.sum())
    ((20, 6), 20)
    """
    size = len(statistic(found))
    logliks = [
        casewise_loglik(part.patterns, at.mu, at.sigma) if part.patterns is not None else None
        for part, at in zip(found.objective.moments, found.point.at, strict=True)
    ]
    one = partial(_sample, found, statistic, logliks, size)
    parts = list(run(one, _draws(found, cluster, n, rng)))
    return Samples(
        values=np.array([part[0] for part in parts]).reshape(-1, size),
        usable=np.array([part[1] for part in parts], dtype=np.bool_),
        improper=np.array([part[2] for part in parts], dtype=np.bool_),
    )


def strata_of(found: Estimate, cluster: Ints | None) -> tuple[Ints, Ints]:
    """The unit of each respondent, group after group, and the stratum of each unit, both from 0."""
    sizes = [part.n for part in found.objective.moments]
    group = np.repeat(np.arange(len(sizes)), sizes)
    if cluster is None:
        return np.arange(len(group)), group
    unit = np.unique(cluster, return_inverse=True)[1].ravel()
    stratum = np.zeros(int(unit.max()) + 1, dtype=np.int64)
    np.maximum.at(stratum, unit, group)
    nested = bool((stratum[unit] == group).all())
    return unit, stratum if nested else np.zeros_like(stratum)


def _draws(found: Estimate, cluster: Ints | None, n: int, rng: np.random.Generator) -> Iterator[list[Ints]]:
    """How often each respondent of each group occurs in a sample."""
    unit, stratum = strata_of(found, cluster)
    strata = [np.flatnonzero(stratum == value) for value in np.unique(stratum)]
    ends = np.cumsum([part.n for part in found.objective.moments])[:-1]
    for _time in range(n):
        times = np.zeros(len(stratum), dtype=np.int64)
        for members in strata:
            times[members] = np.bincount(rng.integers(members.size, size=members.size), minlength=members.size)
        yield np.split(times[unit], ends)


def _sample(
    found: Estimate, statistic: Statistic, logliks: Sequence[Floats | None], size: int, times: Sequence[Ints]
) -> tuple[Floats, bool, bool]:
    nothing = np.full(size, np.nan), False, False
    parts = []
    for moments, often, loglik in zip(found.objective.moments, times, logliks, strict=True):
        part = _resampled(moments, often, loglik)
        if part is None:
            return nothing
        parts.append(part)
    try:
        again = estimate(found.model.table, parts, estimator=found.objective.estimator, start=found.theta)
    except np.linalg.LinAlgError:  # the covariances of the sample have no inverse
        return nothing
    if not again.converged or "not_identified" in again.flags:
        return nothing
    return statistic(again), True, bool(again.flags)


def _resampled(moments: Moments, times: Ints, loglik: Floats | None) -> Moments | None:
    """The moments of a sample; None where a variable does not vary in it."""
    n = int(times.sum())
    if moments.answers is None or n < 2:
        return None
    answers = moments.answers
    if loglik is None:
        weight = times.astype(np.float64)
        centred = answers - moments.mean
        weighted = centred * weight[:, None]
        shift = weighted.sum(axis=0) / n
        covariance = weighted.T @ centred / n - np.outer(shift, shift)
        if not (np.diag(covariance) > 1e-10 * np.diag(moments.covariance)).all():
            return None
        return replace(moments, n=n, mean=moments.mean + shift, covariance=covariance, answers=None)
    drawn = np.repeat(answers, times, axis=0)
    shown = ~np.isnan(drawn)
    counts = shown.sum(axis=0)
    if (counts < 2).any():
        return None
    mean = np.nanmean(drawn, axis=0)
    centred, seen = np.where(shown, drawn - mean, 0.0), shown.astype(np.float64)
    if not ((centred**2).sum(axis=0) > 1e-10 * counts * np.diag(moments.covariance)).all():
        return None
    # the discrepancy needs the moments of complete variables alone: of covariates, and where no answer is missing
    covariance = centred.T @ centred / np.maximum(seen.T @ seen, 1.0)
    return replace(
        moments,
        n=n,
        mean=mean,
        covariance=covariance,
        loglik=float(loglik @ times),  # any constant does; this one keeps the discrepancy near zero
        answers=drawn,
        patterns=None if shown.all() else find_patterns(drawn),
    )


def influence(found: Estimate, slopes: Floats, cluster: Ints | None = None) -> Floats:
    """How much each unit of a bootstrap moves functions of the estimates, centred within strata.

    Parameters
    ----------
    found : Estimate
        Its answers must be known.
    slopes : ndarray, shape (k, q)
        Of the functions, by the free parameters.
    cluster : ndarray of int, shape (N,), optional

    Returns
    -------
    ndarray, shape (units, k)

    References
    ----------
    Davison & Hinkley (1997), doi:10.1017/CBO9780511802843, section 2.7
    """
    invers = bread(found, "observed")
    if not np.isfinite(invers).all():
        invers = bread(found, "expected")
    moves = found.objective.scores(found.point) @ invers @ slopes.T / found.objective.n_total
    unit, stratum = strata_of(found, cluster)
    moves = sums_within(moves, unit)
    count = np.bincount(stratum)
    return np.asarray(moves - (sums_within(moves, stratum) / count[:, None])[stratum])
