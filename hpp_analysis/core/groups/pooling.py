"""Many small groups at once: partial pooling of means, reliability of differences, similarity of profiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from hpp_analysis.core.arrays import Floats


@dataclass(frozen=True, slots=True)
class Pooled:
    """Estimates drawn towards their common mean.

    Attributes
    ----------
    estimate : ndarray, shape (K,)
        NaN where the estimate or its variance is.
    weight : ndarray, shape (K,)
        How much of its own estimate each keeps, 0 to 1.
    mean, tau2 : float
        The mean of the true values, and their variance (0 where chance explains all differences).
    """

    estimate: Floats
    weight: Floats
    mean: float
    tau2: float


def partially_pooled(estimate: Floats, variance: Floats) -> Pooled:
    r"""Shrink estimates towards their mean, the less certain ones more (empirical Bayes).

    .. math:: \hat\theta_k = \mu + \frac{\tau^2}{\tau^2 + v_k} (y_k - \mu)

    with the variance of the true values by Paule and Mandel's estimator, which makes the weighted sum of squares about
    the mean what it should be.

    Parameters
    ----------
    estimate, variance : ndarray, shape (K,)
        Each estimate and its sampling variance. Fewer than three known ones are not pooled: all is NaN.

    References
    ----------
    Paule & Mandel (1982), doi:10.6028/jres.087.022; Morris (1983), doi:10.2307/2287098

    Examples
    --------
    >>> one = partially_pooled(np.array([6.0, 7.0, 8.0]), np.array([0.2, 0.2, 0.2]))
    >>> one.estimate.round(2), round(one.tau2, 3)
    (array([6.2, 7. , 7.8]), 0.8)
    """
    known = np.isfinite(estimate) & np.isfinite(variance) & (variance >= 0.0)
    nothing = np.full(estimate.shape, np.nan)
    if known.sum() < 3:
        return Pooled(nothing, nothing, float("nan"), float("nan"))
    y, v = estimate[known], np.maximum(variance[known], 1e-12)

    def about(tau2: float) -> tuple[float, float]:
        w = 1.0 / (v + tau2)
        mean = float(np.sum(w * y) / np.sum(w))
        return mean, float(np.sum(w * (y - mean) ** 2)) - (y.size - 1)

    tau2 = 0.0
    if about(0.0)[1] > 0.0:
        upper = float(np.sum((y - y.mean()) ** 2)) + 1.0
        tau2 = float(optimize.brentq(lambda value: about(value)[1], 0.0, upper, xtol=1e-13))
    mean = about(tau2)[0]
    pooled, weight = nothing.copy(), nothing.copy()
    weight[known] = tau2 / (tau2 + v)
    pooled[known] = mean + weight[known] * (y - mean)
    return Pooled(pooled, weight, mean, tau2)


@dataclass(frozen=True, slots=True)
class Differences:
    """Differences between the two members of pairs.

    Attributes
    ----------
    estimate, variance : ndarray, shape (K,)
        Each pair's difference, and its sampling variance from its own answers (NaN with one person on a side).
    noise : float
        What chance adds to the variance between the pairs; NaN where some pair's variance is.
    """

    estimate: Floats
    variance: Floats
    noise: float

    @property
    def reliability(self) -> float:
        """The share of the variance between pairs that is not chance.

        With each side's reliability and the correlation between the sides this is the classical formula of a difference
        score (Rogosa & Willett, 1983, doi:10.1111/j.1745-3984.1983.tb00211.x). Negative where chance explains more than
        there is.
        """
        total = float(np.var(self.estimate, ddof=1)) if self.estimate.size > 1 else 0.0
        return 1.0 - self.noise / total if total > 0.0 else float("nan")


def paired_differences(y: Floats, cell: NDArray[np.int_], person: NDArray[np.int_], weights: Floats) -> Differences:
    r"""The difference of each pair and what is chance in it.

    The parts :math:`u_{ik}` that persons have in the variance of each difference are those of `contrast_means`. A person
    who rates in several pairs moves them together, which is no noise between them:

    .. math:: \text{noise} = \frac{1}{K - 1} \sum_i \sum_k (u_{ik} - \bar u_i)^2

    Parameters
    ----------
    y : ndarray, shape (n,)
        Ratings; NaN is not answered. Several ratings by one person in one cell are averaged first.
    cell, person : ndarray of int, shape (n,)
    weights : ndarray, shape (K, C)
        Per pair: positive for the cells of its first member, negative for those of its second. Cells with a weight have
        an answer.

    Examples
    --------
    >>> y = np.array([7.0, 8, 6, 6, 9, 9, 5, 6])
    >>> pairs = paired_differences(y, np.repeat(np.arange(4), 2), np.arange(8), np.array([[1.0, -1, 0, 0], [0, 0, 1, -1]]))
    >>> pairs.estimate, pairs.variance, round(pairs.noise, 2)
    (array([1.5, 3.5]), array([0.25, 0.25]), 0.25)
    """
    valid = ~np.isnan(y)
    y, cell, person = _one_a_cell(y[valid], cell[valid], person[valid])
    n = np.bincount(cell, minlength=weights.shape[1]).astype(float)
    mean = np.bincount(cell, weights=y, minlength=weights.shape[1]) / np.maximum(n, 1.0)
    with np.errstate(divide="ignore"):
        scale = np.where(n > 1, 1.0 / np.sqrt(n * np.maximum(n - 1.0, 0.0)), 0.0)
    u = np.zeros((int(person.max(initial=-1)) + 1, weights.shape[0]))
    np.add.at(u, person, weights[:, cell].T * (scale[cell] * (y - mean[cell]))[:, None])
    unknown = (weights != 0.0) @ (n == 1)
    variance = np.where(unknown, np.nan, np.sum(u**2, axis=0))
    k = weights.shape[0]
    noise = float(np.sum((u - u.mean(axis=1, keepdims=True)) ** 2) / (k - 1)) if k > 1 else float("nan")
    return Differences(weights @ mean, variance, float("nan") if unknown.any() else noise)


def _one_a_cell(
    y: Floats, cell: NDArray[np.int_], person: NDArray[np.int_]
) -> tuple[Floats, NDArray[np.int_], NDArray[np.int_]]:
    """The mean of a person's ratings in each cell."""
    keys, place = np.unique(np.stack([person, cell]), axis=1, return_inverse=True)
    place = place.reshape(-1)
    count = np.bincount(place, minlength=keys.shape[1])
    return np.bincount(place, weights=y, minlength=keys.shape[1]) / np.maximum(count, 1), keys[1], keys[0]


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
