"""How many persons it takes to tell a mean from a threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from hpp_analysis.core.arrays import Floats

_STEPS = 60
"""Halvings of the interval in which the number lies: its width is then below the last bit of a number."""


def persons_to_settle(
    n: ArrayLike,
    half_width: ArrayLike,
    distance: ArrayLike,
    n_cells: ArrayLike = 1,
    *,
    conf_level: float = 0.95,
    power: float = 0.80,
    most_times: float = 3.0,
) -> Floats:
    r"""The number of persons at which a mean's interval probably leaves a line outside it.

    The mean of n persons in k cells has the half width :math:`h = t_{n-k}\, \sigma / \sqrt n`, which gives
    :math:`\sigma`. With n' persons the interval clears a line at distance d with the probability

    .. math:: P\big(T_{n'-k,\ d \sqrt{n'} / \sigma} > t_{n'-k}\big), \qquad T \text{ noncentral } t,

    if mean and spread stay as they are and the cells grow alike; n' is where it is `power`. With one cell this is the
    sample size of the one-sample t-test.

    Parameters
    ----------
    n : array_like
        Persons now.
    half_width : array_like
        Of the interval now.
    distance : array_like
        Of the mean from the line; its sign does not matter.
    n_cells : array_like
        Means of how many groups of persons are averaged.
    conf_level : float
        Of the interval.
    power : float
        How likely it is to be settled.
    most_times : float
        More than so many times the persons of now is no number to act on.

    Returns
    -------
    ndarray
        Persons in all, not rounded; at least `n`. NaN where it would take more than `most_times` n, or where
        something is undefined.

    References
    ----------
    Cohen (1988), Statistical power analysis for the behavioral sciences, 2nd ed., doi:10.4324/9780203771587

    Examples
    --------
    >>> persons_to_settle(20, 0.5, [0.4, 0.01]).round(1)
    array([57.9,  nan])
    """
    n, h, d, k = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (n, half_width, distance, n_cells))
    )
    tail = (1.0 + conf_level) / 2.0
    with np.errstate(invalid="ignore", divide="ignore"):
        effect = np.abs(d) * special.stdtrit(n - k, tail) / (h * np.sqrt(n))  # the distance in standard deviations

    def chance(persons: Floats, k: Floats, effect: Floats) -> Floats:
        df = persons - k
        # the functions behind scipy.stats, whose checks of their arguments take longer than the numbers
        return np.asarray(1.0 - special.nctdtr(df, effect * np.sqrt(persons), special.stdtrit(df, tail)))

    settled = np.full(n.shape, np.nan)
    defined = (n > k) & (h > 0) & np.isfinite(h) & np.isfinite(d)
    reachable = np.zeros(n.shape, dtype=bool)
    reachable[defined] = chance(most_times * n[defined], k[defined], effect[defined]) >= power
    low, high, k, effect = n[reachable], most_times * n[reachable], k[reachable], effect[reachable]
    for _step in range(_STEPS if low.size else 0):
        middle = (low + high) / 2.0
        enough = chance(middle, k, effect) >= power
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    settled[reachable] = high
    return settled
