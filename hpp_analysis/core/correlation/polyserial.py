"""Polyserial correlations: of a continuous variable with the normal variable that ordered answers cut."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from hpp_analysis.core.arrays import Flags, Floats
from hpp_analysis.core.correlation.correlation import centred_answers
from hpp_analysis.core.correlation.polychoric import CAP, bracketed_step

FAR = 40.0
"""Beyond so many standard deviations the normal distribution is 0 or 1, also in floating point."""

_CONVERGED = 2e-5
_MAX_ITERATIONS = 60
_FLOOR = 1e-300
"""The smallest probability of a category, near the smallest number there is: logarithms and quotients stay finite."""

_ROWS_TIMES_PAIRS = 500_000


def probability_between(lower: Floats, upper: Floats) -> Floats:
    """Probability that a standard normal variable lies between two values; never 0.

    In the upper tail the complements are subtracted, which keeps the digits.

    Examples
    --------
    >>> probability_between(np.array([-1.0, 9.0]), np.array([1.0, 10.0]))
    array([6.82689492e-01, 1.12851221e-19])
    """
    tail = lower > 0.0
    probability = ndtr(np.where(tail, -lower, upper)) - ndtr(np.where(tail, -upper, lower))
    return np.asarray(np.maximum(probability, _FLOOR))


def polyserial(x: Floats, codes: NDArray[np.int16], thresholds: tuple[Floats, ...]) -> Floats:
    """Estimate polyserial correlations of continuous variables with items by two-step maximum likelihood.

    Means and variances of the continuous variables, and the thresholds of the items, come from all their own answers;
    given those, each correlation maximises the likelihood of the codes given the values.

    Parameters
    ----------
    x : ndarray, shape (n, c)
        Continuous variables; NaN is not answered.
    codes : ndarray of int16, shape (n, p)
        Categories from 0 upwards, -1 where not answered.
    thresholds : tuple of ndarray
        Of the items.

    Returns
    -------
    ndarray, shape (c, p)
        NaN where a variable does not vary, an item has one category, or fewer than two rows answer both.

    References
    ----------
    Olsson, Drasgow & Dorans (1982), doi:10.1007/BF02294164

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> z = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], size=5000)
    >>> codes = np.searchsorted([-1.0, 0.5], z[:, 1:]).astype(np.int16)
    >>> polyserial(z[:, :1], codes, (np.array([-1.0, 0.5]),)).round(1)
    array([[0.5]])
    """
    c, p = x.shape[1], codes.shape[1]
    found = np.full((c, p), np.nan)
    if not x.size or not codes.size:
        return found
    answered = ~np.isnan(x)
    deviations = centred_answers(x, answered)
    sd = np.sqrt((deviations**2).sum(axis=0) / np.maximum(answered.sum(axis=0), 1))
    z = deviations / np.where(sd > 0.0, sd, 1.0)
    both = answered.T.astype(np.float64) @ (codes >= 0).astype(np.float64)
    many = np.array([threshold.size > 0 for threshold in thresholds])
    constant = np.array([np.ptp(x[column, i]) == 0.0 if column.any() else True for i, column in enumerate(answered.T)])
    first, second = np.nonzero((both >= 2) & many & ~constant[:, None])
    width = max(1, _ROWS_TIMES_PAIRS // x.shape[0])
    for begin in range(0, first.size, width):
        i, j = first[begin : begin + width], second[begin : begin + width]
        found[i, j] = _solve(z[:, i], answered[:, i] & (codes[:, j] >= 0), codes[:, j], [thresholds[k] for k in j])
    return found


def _solve(z: Floats, used: Flags, codes: NDArray[np.int16], thresholds: list[Floats]) -> Floats:
    """Estimate the pairs in the columns together."""
    cuts = np.full((max(threshold.size for threshold in thresholds) + 2, len(thresholds)), FAR)
    cuts[0] = -FAR
    for pair, threshold in enumerate(thresholds):
        cuts[1 : threshold.size + 1, pair] = threshold
    place = np.maximum(codes, 0).astype(np.intp)
    lower = np.take_along_axis(cuts, place, axis=0)
    upper = np.take_along_axis(cuts, place + 1, axis=0)
    return polyserial_within(z, used, lower, upper, _start(z, used, codes, thresholds))


def polyserial_within(z: Floats, used: Flags, lower: Floats, upper: Floats, theta: Floats) -> Floats:
    """Correlate standard normal variables with others that are known to lie between two values, by maximum likelihood.

    Parameters
    ----------
    z, lower, upper : ndarray, shape (n, pairs)
        Finite; beyond `FAR` stands for infinite.
    used : ndarray of bool, shape (n, pairs)
    theta : ndarray, shape (pairs,)
        Where to start: the arcsine of a correlation.
    """
    limit = np.arcsin(CAP)
    low, high = np.full(theta.size, -limit), np.full(theta.size, limit)
    for _iteration in range(_MAX_ITERATIONS):
        sine, cosine = np.sin(theta), np.cos(theta)
        edges = []
        for tau in (upper, lower):
            u = (tau - z * sine) / cosine
            slope = (tau * sine - z) / cosine**2
            density = np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi)
            bend = tau / cosine + 2.0 * slope * np.tan(theta) - u * slope**2
            edges.append((u, density * slope, density * bend))
        (above, rise, turn), (below, fall, turn_below) = edges
        cells = probability_between(below, above)
        relative = np.where(used, (rise - fall) / cells, 0.0)
        second = np.where(used, (turn - turn_below) / cells, 0.0)
        squared = (relative**2).sum(axis=0)
        derivatives = (relative.sum(axis=0), squared - second.sum(axis=0), squared)
        moved, low, high = bracketed_step(theta, derivatives, low, high)
        step = np.abs(moved - theta)
        theta = moved
        if np.all(step < _CONVERGED):
            break
    return np.where(np.abs(theta) >= limit, np.copysign(CAP, theta), np.sin(theta))


def _start(z: Floats, used: Flags, codes: NDArray[np.int16], thresholds: list[Floats]) -> Floats:
    """The correlation with the codes, corrected for their coarseness."""
    n = used.sum(axis=0)
    a = np.where(used, z, 0.0)
    a = np.where(used, a - a.sum(axis=0) / n, 0.0)
    b = np.where(used, codes, 0).astype(np.float64)
    b = np.where(used, b - b.sum(axis=0) / n, 0.0)
    density = np.array([np.exp(-0.5 * threshold**2).sum() for threshold in thresholds]) / np.sqrt(2.0 * np.pi)
    spread = np.sqrt((a**2).sum(axis=0) / n)
    rho = (a * b).sum(axis=0) / n / np.where(spread > 0.0, spread, 1.0) / density
    return np.asarray(np.arcsin(np.clip(rho, -0.95, 0.95)))
