"""Intervals of a proportion, and of the difference of two, that hold for small shares and few persons."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from hpp_analysis.core.arrays import Floats


def wilson(share: ArrayLike, n: ArrayLike, *, conf_level: float = 0.95) -> tuple[Floats, Floats]:
    """The score interval of a proportion.

    Parameters
    ----------
    share : array_like
        Between 0 and 1.
    n : array_like
        Of persons, of the same shape; for a share that weighs groups, the number that gives the same variance. It need
        not be whole. 0 gives NaN.
    conf_level : float
        Of the interval.

    Returns
    -------
    lower, upper : ndarray

    References
    ----------
    Wilson (1927), doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> [round(float(end), 4) for end in wilson(81 / 263, 263)]
    [0.2553, 0.3662]
    """
    p, size = np.asarray(share, dtype=np.float64), np.asarray(n, dtype=np.float64)
    z2 = stats.norm.ppf((1.0 + conf_level) / 2.0) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = (p + z2 / (2.0 * size)) / (1.0 + z2 / size)
        half = np.sqrt(z2 * (p * (1.0 - p) / size + z2 / (4.0 * size**2))) / (1.0 + z2 / size)
        return centre - half, centre + half


def newcombe(
    first: ArrayLike, n_first: ArrayLike, second: ArrayLike, n_second: ArrayLike, *, conf_level: float = 0.95
) -> tuple[Floats, Floats]:
    """The interval of the difference of two independent proportions, the first minus the second.

    Parameters
    ----------
    first, second : array_like
        The proportions.
    n_first, n_second : array_like
        As in `wilson`.
    conf_level : float
        Of the interval.

    Returns
    -------
    lower, upper : ndarray

    References
    ----------
    Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, method 10

    Examples
    --------
    >>> [round(float(end), 4) for end in newcombe(56 / 70, 70, 48 / 80, 80)]
    [0.0524, 0.3339]
    """
    p, q = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    (p_low, p_high), (q_low, q_high) = (
        wilson(share, n, conf_level=conf_level) for share, n in ((p, n_first), (q, n_second))
    )
    lower = p - q - np.sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    upper = p - q + np.sqrt((p_high - p) ** 2 + (q - q_low) ** 2)
    return lower, upper
