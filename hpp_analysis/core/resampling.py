"""Intervals from samples drawn anew: which quantiles of them to take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri


def bca_levels(
    sample: NDArray[np.float64], estimate: float, skew: float, tails: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The quantiles that take the place of the tails, corrected for bias and skewness.

    Parameters
    ----------
    sample : ndarray, shape (b,)
        The statistic in each sample, all finite.
    estimate : float
        The statistic of the data.
    skew : float
        The acceleration: a sixth of the skewness of the influence that each unit has on the statistic. 0 corrects for
        bias alone.
    tails : ndarray, shape (t,)
        Such as .025 and .975.

    Returns
    -------
    ndarray, shape (t,)
        NaN where nothing is known.

    References
    ----------
    Efron (1987), doi:10.1080/01621459.1987.10478410

    Examples
    --------
    >>> bca_levels(np.array([1.0, 2.0, 3.0, 4.0]), 2.5, 0.0, np.array([0.025, 0.975])).round(3)
    array([0.025, 0.975])
    """
    if not sample.size or not np.isfinite(estimate) or not np.isfinite(skew):
        return np.full(len(tails), np.nan)
    below = (np.sum(sample < estimate) + np.sum(sample == estimate) / 2.0) / sample.size
    bias = ndtri(np.clip(below, 0.5 / sample.size, 1.0 - 0.5 / sample.size))
    z = bias + ndtri(tails)
    return np.asarray(ndtr(bias + z / (1.0 - skew * z)))


def acceleration(influence: NDArray[np.float64]) -> NDArray[np.float64]:
    """A sixth of the skewness of the influence of each unit on statistics; 0 where there is no influence.

    Parameters
    ----------
    influence : ndarray, shape (n, k)
        How much each unit moves each of k statistics, centred (within strata, where units are drawn within them).

    Returns
    -------
    ndarray, shape (k,)

    References
    ----------
    Davison & Hinkley (1997), doi:10.1017/CBO9780511802843, sections 5.3 and 5.6

    Examples
    --------
    >>> acceleration(np.array([[-1.0], [-1.0], [2.0]])).round(4)
    array([0.068])
    """
    squares = (influence**2).sum(axis=0)
    cubes = (influence**3).sum(axis=0)
    size = np.where(squares == 0.0, 1.0, squares)  # NaN stays NaN
    return np.asarray(cubes / (6.0 * size**1.5))
