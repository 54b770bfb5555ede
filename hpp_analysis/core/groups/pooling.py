"""Many small groups at once: partial pooling of means, reliability of differences, similarity of profiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.arrays import Flags, Floats
from hpp_analysis.core.groups.cell_means import CellRatings, run_starts


@dataclass(frozen=True, slots=True)
class Pooled:
    """Estimates drawn towards their common mean.

    Attributes
    ----------
    estimate : ndarray, shape (K,) or (K, p)
        NaN where the estimate or its variance is.
    weight : ndarray, of the same shape
        How much of its own estimate each keeps, 0 to 1.
    mean, tau2 : ndarray, shape () or (p,)
        The mean of the true values, and their variance (0 where chance explains all differences).
    """

    estimate: Floats
    weight: Floats
    mean: Floats
    tau2: Floats


_STEPS, _AT_REST = 200, 1e-10
"""Newton's steps come to rest within a dozen, so all of them are never needed; after a step of such a share of the value the
next one would be lost in rounding."""


def partially_pooled(estimate: Floats, variance: Floats) -> Pooled:
    r"""Shrink estimates towards their mean, the less certain ones more (empirical Bayes).

    .. math:: \hat\theta_k = \mu + \frac{\tau^2}{\tau^2 + v_k} (y_k - \mu)

    with the variance of the true values by Paule and Mandel's estimator, which makes the weighted sum of squares about
    the mean what it should be.

    Parameters
    ----------
    estimate, variance : ndarray, shape (K,) or (K, p)
        Each estimate and its sampling variance; with a last axis, of many variables. Fewer than three known ones are not
        pooled: all is NaN.

    References
    ----------
    Paule & Mandel (1982), doi:10.6028/jres.087.022; Morris (1983), doi:10.2307/2287098

    Examples
    --------
    >>> one = partially_pooled(np.array([6.0, 7.0, 8.0]), np.array([0.2, 0.2, 0.2]))
    >>> one.estimate.round(2), one.tau2.round(3)
    (array([6.2, 7. , 7.8]), np.float64(0.8))
    """
    known = np.isfinite(estimate) & np.isfinite(variance) & (variance >= 0.0)
    n = known.sum(axis=0)
    known &= n >= 3
    y, v = np.where(known, estimate, 0.0), np.where(known, np.maximum(variance, 1e-12), 1.0)
    tau2 = np.zeros(n.shape)
    mean, excess, slope = _about(y, v, known, tau2)
    varies = excess > 0.0  # else chance explains all differences
    for _step in range(_STEPS):
        # Newton's steps for the inverse of the sum of squares, which is nearly a line, however small the variances are
        much = (excess + (n - 1)) / np.maximum(n - 1, 1)
        step = np.where(varies, much * excess / np.where(slope > 0.0, slope, 1.0), 0.0)
        before, tau2 = tau2, np.maximum(tau2 + step, 0.0)
        mean, excess, slope = _about(y, v, known, tau2)
        if not np.any(np.abs(tau2 - before) > _AT_REST * tau2):
            break
    weight = np.where(known, tau2 / (tau2 + v), np.nan)
    enough = n >= 3
    return Pooled(
        mean + weight * (np.where(known, y, np.nan) - mean),
        weight,
        np.where(enough, mean, np.nan)[()],
        np.where(enough, tau2, np.nan)[()],
    )


def _about(y: Floats, v: Floats, known: Flags, tau2: Floats) -> tuple[Floats, Floats, Floats]:
    """The weighted mean, by how much the sum of squares about it exceeds what it should be, and how fast that falls."""
    w = np.where(known, 1.0 / (v + tau2), 0.0)
    total = w.sum(axis=0)
    mean = np.sum(w * y, axis=0) / np.where(total > 0.0, total, 1.0)
    squares = w * (y - mean) ** 2
    return mean, squares.sum(axis=0) - (known.sum(axis=0) - 1), np.sum(w * squares, axis=0)


@dataclass(frozen=True, slots=True)
class Differences:
    """Differences between the two members of pairs.

    Attributes
    ----------
    estimate, variance : ndarray, shape (K, p)
        Each pair's difference, NaN where it has no weight, and its sampling variance from its own answers (NaN with one
        person on a side).
    noise : ndarray, shape (p,)
        What chance adds to the variance between the pairs; NaN where some pair's variance is.
    """

    estimate: Floats
    variance: Floats
    noise: Floats

    @property
    def reliability(self) -> Floats:
        """The share of the variance between pairs that is not chance, shape (p,).

        With each side's reliability and the correlation between the sides this is the classical formula of a difference
        score (Rogosa & Willett, 1983, doi:10.1111/j.1745-3984.1983.tb00211.x). Negative where chance explains more than
        there is.
        """
        known = ~np.isnan(self.estimate)
        n = known.sum(axis=0)
        centred = self.estimate - np.where(known, self.estimate, 0.0).sum(axis=0) / np.maximum(n, 1)
        total = np.where(known, centred**2, 0.0).sum(axis=0) / np.maximum(n - 1, 1)
        return np.where(total > 0.0, 1.0 - self.noise / np.where(total > 0.0, total, 1.0), np.nan)


def paired_differences(
    y: Floats, cell: NDArray[np.int_], person: NDArray[np.int_], pair: NDArray[np.int_], weights: Floats
) -> Differences:
    r"""The difference of each pair and what is chance in it, of many variables.

    The parts :math:`u_{ik}` that persons have in the variance of each difference are those of `contrast_means`. A person
    who rates in several pairs moves them together, which is no noise between them:

    .. math:: \text{noise} = \frac{1}{K - 1} \sum_i \sum_k (u_{ik} - \bar u_i)^2

    Parameters
    ----------
    y : ndarray, shape (n, p)
        Ratings; NaN is not answered. Several ratings by one person in one cell are averaged first.
    cell, person : ndarray of int, shape (n,)
    pair : ndarray of int, shape (C,)
        The pair (0 to K - 1) of each cell, or -1.
    weights : ndarray, shape (C, p)
        Positive for the cells of a pair's first member, negative for those of its second. Cells with a weight have an
        answer; a pair without weights does not count.

    Examples
    --------
    >>> y = np.array([7.0, 8, 6, 6, 9, 9, 5, 6])[:, None]
    >>> weights = np.array([1.0, -1, 1, -1])[:, None]
    >>> pairs = paired_differences(y, np.repeat(np.arange(4), 2), np.arange(8), np.array([0, 0, 1, 1]), weights)
    >>> pairs.estimate.ravel(), pairs.variance.ravel(), pairs.noise.round(2)
    (array([1.5, 3.5]), array([0.25, 0.25]), array([0.25]))
    """
    ratings = CellRatings.of(y, cell, person, pair.size)
    n = ratings.n.astype(np.float64)
    in_pair = pair >= 0

    def of_pairs(values: Floats, places: NDArray[np.int_]) -> Floats:
        """Sums of rows by pair."""
        sums = np.zeros((int(pair.max(initial=-1)) + 1, y.shape[1]))
        np.add.at(sums, places, values)
        return sums

    weighed = weights != 0.0
    present = of_pairs(weighed[in_pair], pair[in_pair]) > 0
    alone = of_pairs((weighed & (n == 1))[in_pair], pair[in_pair]) > 0
    estimate = of_pairs(np.where(weighed, weights * ratings.mean, 0.0)[in_pair], pair[in_pair])
    scale = np.where(n > 1, weights / np.sqrt(np.where(n > 1, n * (n - 1.0), 1.0)), 0.0)
    rows = np.flatnonzero(in_pair[ratings.cell])
    rows = rows[np.lexsort((pair[ratings.cell[rows]], ratings.person[rows]))]
    place, who = pair[ratings.cell[rows]], ratings.person[rows]
    starts = np.flatnonzero(run_starts(place) | run_starts(who))
    u = np.add.reduceat((scale[ratings.cell] * ratings.deviation)[rows], starts, axis=0) if rows.size else y[:0]
    place, who = place[starts], who[starts]
    variance = of_pairs(u**2, place)

    count = present.sum(axis=0)
    rated = present[place]
    first, number = np.flatnonzero(run_starts(who)), np.cumsum(run_starts(who)) - 1
    centre = np.add.reduceat(u, first, axis=0) / np.maximum(count, 1) if rows.size else u
    n_rated = np.add.reduceat(rated, first, axis=0, dtype=np.int64) if rows.size else u
    within = np.where(rated, (u - centre[number]) ** 2, 0.0).sum(axis=0)
    elsewhere = ((count - n_rated) * centre**2).sum(axis=0)  # pairs in which a person has no part
    noise = (within + elsewhere) / np.where(count > 1, count - 1, 1)
    return Differences(
        np.where(present, estimate, np.nan),
        np.where(present & ~alone, variance, np.nan),
        np.where((count > 1) & ~alone.any(axis=0), noise, np.nan),
    )


@dataclass(frozen=True, slots=True)
class Similarity:
    """How alike two profiles over the same variables are.

    Attributes
    ----------
    n : int
        Variables that both profiles have.
    elevation : float
        The first's mean minus the second's.
    d2 : float
        The mean squared difference (Cronbach & Gleser's D squared, divided by n).
    correlation : float
        Of shape alone: blind to elevation and scatter.
    double_entry : float
        The intraclass correlation of the profiles, each entered in both places: of elevation, scatter and shape together.
    """

    n: int
    elevation: float
    d2: float
    correlation: float
    double_entry: float


def profile_similarity(first: Floats, second: Floats) -> Similarity:
    """Compare two profiles.

    References
    ----------
    Cronbach & Gleser (1953), doi:10.1037/h0057173; McCrae (2008), doi:10.1080/00223890701845104 (double entry)

    Examples
    --------
    >>> one = profile_similarity(np.array([6.0, 7.0, 8.0]), np.array([7.0, 8.0, 9.0]))
    >>> one.elevation, one.d2, round(one.correlation, 2), round(one.double_entry, 2)
    (-1.0, 1.0, 1.0, 0.45)
    """
    known = np.isfinite(first) & np.isfinite(second)
    x, y = first[known], second[known]
    if x.size < 2:
        nan = float("nan")
        return Similarity(int(x.size), nan, nan, nan, nan)
    return Similarity(
        n=int(x.size),
        elevation=float(np.mean(x - y)),
        d2=float(np.mean((x - y) ** 2)),
        correlation=_correlation(x, y),
        double_entry=_correlation(np.r_[x, y], np.r_[y, x]),
    )


def _correlation(x: Floats, y: Floats) -> float:
    x, y = x - x.mean(), y - y.mean()
    scale = np.sqrt(np.sum(x**2) * np.sum(y**2))
    return float(np.sum(x * y) / scale) if scale > 1e-12 * max(x.size, 1) else float("nan")
