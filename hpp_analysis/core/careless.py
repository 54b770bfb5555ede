"""Signs of careless answering, one number a rating: long runs of one answer, hardly any variation, odd combinations.

Each is a sign, not a proof: on a questionnaire with one topic and no reversed items a careful person may well give many
equal answers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hpp_analysis.core.arrays import Floats, Ints
from hpp_analysis.core.correlation.em import normal_moments


def longest_run(x: Floats) -> Ints:
    """The longest run of equal answers in each row, in the order in which the items were asked.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Answers as they were given, reversed items not turned round; NaN is not answered, and a run goes on over it.

    Returns
    -------
    ndarray of int, shape (n,)
        0 where nothing was answered.

    References
    ----------
    Johnson (2005), doi:10.1016/j.jrp.2004.09.009

    Examples
    --------
    >>> longest_run(np.array([[7.0, 7.0, np.nan, 7.0, 5.0], [7.0, 6.0, 7.0, 6.0, 7.0]])).tolist()
    [3, 1]
    """
    x = np.asarray(x, dtype=np.float64)
    longest = np.zeros(len(x), dtype=np.int64)
    run = np.zeros(len(x), dtype=np.int64)
    last = np.full(len(x), np.nan)
    for answers in x.T:
        answered = ~np.isnan(answers)
        run = np.where(answered, np.where(answers == last, run + 1, 1), run)
        last = np.where(answered, answers, last)
        longest = np.maximum(longest, run)
    return longest


def answer_variability(x: Floats) -> Floats:
    """The standard deviation of each row's answers (divisor n - 1): intra-individual response variability.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Answers as they were given; NaN is not answered.

    Returns
    -------
    ndarray, shape (n,)
        NaN with fewer than two answers.

    References
    ----------
    Dunn, Heggestad, Shanock & Theilgard (2018), doi:10.1007/s10869-016-9479-0

    Examples
    --------
    >>> answer_variability(np.array([[7.0, 7.0, np.nan], [6.0, 8.0, 7.0]])).tolist()
    [0.0, 1.0]
    """
    x = np.asarray(x, dtype=np.float64)
    answered = ~np.isnan(x)
    n = answered.sum(axis=1)
    filled = np.where(answered, x, 0.0)
    mean = filled.sum(axis=1) / np.maximum(n, 1)
    squares = np.where(answered, (filled - mean[:, None]) ** 2, 0.0).sum(axis=1)
    return np.where(n > 1, np.sqrt(squares / np.maximum(n - 1, 1)), np.nan)


FEWEST_SCALES = 5
"""Scales of two items or more below which a correlation over them says nothing about a person (our convention)."""


def even_odd_consistency(scales: Sequence[Floats]) -> Floats:
    """How alike each row answers the two halves of each scale: a careful person who scores high on one does on the other.

    The means of the items at odd and at even places of each scale are correlated over the scales, within the row, and the
    correlation is stepped up to the length of the whole scales (Spearman-Brown), at most down to -1.

    Parameters
    ----------
    scales : sequence of ndarray, each of shape (n, items of the scale)
        Reversed items turned round; NaN is not answered. Scales of one item are left out.

    Returns
    -------
    ndarray, shape (n,)
        NaN for rows with fewer than five scales of which both halves have an answer, or no variation over them.

    References
    ----------
    Johnson (2005), doi:10.1016/j.jrp.2004.09.009; Meade & Craig (2012), doi:10.1037/a0028085

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> person = rng.normal(size=(3, 6, 1))
    >>> scales = [person[:, scale] + 0.1 * rng.normal(size=(3, 4)) for scale in range(6)]
    >>> bool((even_odd_consistency(scales) > 0.9).all())
    True
    """
    usable = [np.asarray(scale, dtype=np.float64) for scale in scales if np.shape(scale)[1] > 1]
    n = len(scales[0]) if len(scales) else 0
    if len(usable) < FEWEST_SCALES:
        return np.full(n, np.nan)
    odd, even = (np.column_stack([_row_means(scale[:, start::2]) for scale in usable]) for start in (0, 1))
    both = ~np.isnan(odd) & ~np.isnan(even)
    count = both.sum(axis=1)
    odd, even = (np.where(both, half, 0.0) for half in (odd, even))
    odd, even = (np.where(both, half - (half.sum(axis=1) / np.maximum(count, 1))[:, None], 0.0) for half in (odd, even))
    scale = np.sqrt((odd**2).sum(axis=1) * (even**2).sum(axis=1))
    varies = (count >= FEWEST_SCALES) & (scale > 1e-12)
    r = np.where(varies, (odd * even).sum(axis=1) / np.where(varies, scale, 1.0), np.nan)
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(2 * r / (1 + r), -1.0))


def _row_means(x: Floats) -> Floats:
    """The mean of the answers in each row; NaN without any."""
    answered = ~np.isnan(x)
    n = answered.sum(axis=1)
    return np.where(n > 0, np.where(answered, x, 0.0).sum(axis=1) / np.maximum(n, 1), np.nan)


def odd_distance(x: Floats) -> tuple[Floats, Ints]:
    r"""How far each row lies from all others, as Mahalanobis measures it: on the items that it answered.

    .. math:: D_i^2 = (x_i - \mu)' \Sigma^{-1} (x_i - \mu),

    with mean and covariance by maximum likelihood from all answers, complete or not, and of these the part that
    belongs to the items answered. Of normal answers it is about chi-square with as many degrees of freedom as answers.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        NaN is not answered.

    Returns
    -------
    distance : ndarray, shape (n,)
        Squared. NaN where nothing was answered, and everywhere when the covariances are singular.
    df : ndarray of int, shape (n,)
        Answers.

    References
    ----------
    Mahalanobis (1936); Meade & Craig (2012), doi:10.1037/a0028085

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 3.0], [1.5, np.nan]])
    >>> odd_distance(x)[1].tolist()
    [2, 2, 2, 1]
    """
    x = np.asarray(x, dtype=np.float64)
    answered = ~np.isnan(x)
    df = answered.sum(axis=1)
    distance = np.full(len(x), np.nan)
    moments = normal_moments(x)
    if {"constant", "singular"} & set(moments.flags):
        return distance, df
    patterns, group = np.unique(answered, axis=0, return_inverse=True)
    for place, pattern in enumerate(patterns):
        rows = np.flatnonzero(group.ravel() == place)
        if pattern.any():
            deviation = x[np.ix_(rows, pattern)] - moments.mean[pattern]
            solved = np.linalg.solve(moments.covariance[np.ix_(pattern, pattern)], deviation.T)
            distance[rows] = np.sum(deviation.T * solved, axis=0)
    return distance, df
