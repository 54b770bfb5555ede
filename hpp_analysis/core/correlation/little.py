"""Are answers missing completely at random? Little's test compares the means of rows with different gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from hpp_analysis.core.correlation.em import normal_moments


@dataclass(frozen=True, slots=True)
class LittleTest:
    """Little's test of missing completely at random.

    Attributes
    ----------
    statistic : float
        Chi-square distributed where answers are normal and missing completely at random; NaN where it is not defined.
    df : int
    p : float
    n_patterns : int
        Different sets of answered items, among rows with an answer.
    n_used : int
        Rows with an answer.
    flags : tuple of str
        "complete" (nothing is missing, so there is nothing to test), and those of `normal_moments`.
    """

    statistic: float
    df: int
    p: float
    n_patterns: int
    n_used: int
    flags: tuple[str, ...]


def little_test(x: NDArray[np.float64]) -> LittleTest:
    r"""Test whether the means of the answered items differ between rows with different gaps.

    .. math:: d^2 = \sum_j n_j (\bar x_j - \hat\mu_j)' \tilde\Sigma_j^{-1} (\bar x_j - \hat\mu_j),

    over the patterns j of answered items, with the maximum-likelihood mean and, for :math:`\tilde\Sigma`, the
    maximum-likelihood covariance times n / (n - 1), each for the items of the pattern; its degrees of freedom are the
    numbers of items over all patterns less the number of items.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        NaN is not answered.

    References
    ----------
    Little (1988), doi:10.1080/01621459.1988.10478722

    Examples
    --------
    >>> x = np.array([[1, 2], [2, 2], [3, 5], [4, 4], [5, np.nan], [6, np.nan], [np.nan, 1.0]])
    >>> test = little_test(x)
    >>> test.df, test.n_patterns
    (2, 3)
    """
    x = np.asarray(x, dtype=np.float64)
    answered = ~np.isnan(x)
    used = answered.any(axis=1)
    x, answered = x[used], answered[used]
    patterns, which = np.unique(answered, axis=0, return_inverse=True)
    n, p = x.shape
    if len(patterns) < 2:
        return LittleTest(np.nan, 0, np.nan, len(patterns), n, ("complete",))
    moments = normal_moments(x)
    df = int(patterns.sum()) - p
    if set(moments.flags) & {"constant", "singular", "not_converged"} or df < 1:
        return LittleTest(np.nan, df, np.nan, len(patterns), n, moments.flags)
    covariance = moments.covariance * n / (n - 1)
    statistic = 0.0
    for place, pattern in enumerate(patterns):
        rows = x[which.ravel() == place][:, pattern]
        deviation = rows.mean(axis=0) - moments.mean[pattern]
        statistic += len(rows) * float(deviation @ np.linalg.solve(covariance[np.ix_(pattern, pattern)], deviation))
    return LittleTest(statistic, df, float(chi2.sf(statistic, df)), len(patterns), n, moments.flags)
