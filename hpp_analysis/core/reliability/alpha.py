"""Cronbach's alpha with its intervals, and what each item contributes to it."""

from __future__ import annotations

import numpy as np
from scipy import stats

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.correlation.correlation import correlation_from
from hpp_analysis.core.reliability.intervals import UNDEFINED, Interval


def alpha_flags(covariance: Floats) -> tuple[str, ...]:
    """Why alpha is undefined.

    Parameters
    ----------
    covariance : ndarray, shape (k, k)

    Returns
    -------
    tuple of str
        Empty where alpha is defined; otherwise one of "no_items", "one_item", "undefined_covariance",
        "no_variance" (the sum of the items does not vary).

    Examples
    --------
    >>> alpha_flags(np.array([[1.0]])), alpha_flags(np.array([[1.0, 0.5], [0.5, 1.0]]))
    (('one_item',), ())
    """
    covariance = np.asarray(covariance, dtype=np.float64)
    k = covariance.shape[0]
    if k < 2:
        return ("no_items",) if k == 0 else ("one_item",)
    if not np.all(np.isfinite(covariance)):
        return ("undefined_covariance",)
    # a total within the rounding of its terms is no variance (items that cancel, or do not vary)
    if np.sum(covariance) <= np.sum(np.abs(covariance)) * np.finfo(np.float64).eps * k:
        return ("no_variance",)
    return ()


def cronbach_alpha(covariance: Floats) -> float:
    """Cronbach's raw alpha.

    The reliability of the sum of the items if they are essentially tau-equivalent, otherwise a lower bound; it can
    be negative, and stays so. It says nothing about whether the items measure one thing.

    Parameters
    ----------
    covariance : ndarray, shape (k, k)

    Returns
    -------
    float
        NaN where undefined; `alpha_flags` says why.

    References
    ----------
    Cronbach (1951), doi:10.1007/BF02310555

    Examples
    --------
    >>> bool(np.isclose(cronbach_alpha(np.array([[2.0, 1.0], [1.0, 2.0]])), 2 / 3))
    True
    """
    covariance = np.asarray(covariance, dtype=np.float64)
    if alpha_flags(covariance):
        return float("nan")
    k = covariance.shape[0]
    return float(k / (k - 1) * (1.0 - np.trace(covariance) / np.sum(covariance)))


def standardised_alpha(covariance: Floats) -> float:
    """Alpha of the standardised items: the reliability of a sum of z-scores, not of the scale as it is scored.

    Parameters
    ----------
    covariance : ndarray, shape (k, k)

    Returns
    -------
    float
        NaN where raw alpha is undefined or an item does not vary.

    Examples
    --------
    >>> bool(np.isclose(standardised_alpha(np.array([[4.0, 1.0], [1.0, 1.0]])), 2 / 3))
    True
    """
    return cronbach_alpha(correlation_from(covariance))


def alpha_interval(alpha: float, n_items: int, n_obs: int, conf_level: float = 0.95) -> Interval:
    """Feldt's confidence interval of alpha.

    `(1 - alpha) / (1 - estimate)` follows F with n - 1 and (n - 1)(k - 1) degrees of freedom, exactly so for normal
    items with equal variances and covariances.

    Parameters
    ----------
    alpha : float
        The estimate.
    n_items, n_obs : int
        Items and independent observations behind it, counted after whatever was deleted.
    conf_level : float

    Returns
    -------
    Interval
        NaN where alpha is, or with fewer than two items or observations.

    References
    ----------
    Feldt (1965), doi:10.1007/BF02289499

    Examples
    --------
    >>> low, high = alpha_interval(0.8, n_items=8, n_obs=50)
    >>> low < 0.8 < high
    True
    """
    if np.isnan(alpha) or n_items < 2 or n_obs < 2:
        return Interval(float("nan"), float("nan"))
    tail = (1.0 - conf_level) / 2.0
    df1, df2 = n_obs - 1, (n_obs - 1) * (n_items - 1)
    upper_f, lower_f = stats.f.ppf([1.0 - tail, tail], df1, df2)
    return Interval(float(1.0 - (1.0 - alpha) * upper_f), float(1.0 - (1.0 - alpha) * lower_f))


def bonett_interval(alpha: float, n_items: int, n_obs: int, conf_level: float = 0.95) -> Interval:
    """Bonett's confidence interval of alpha: of log(1 - alpha), which is nearly normal.

    Parameters
    ----------
    alpha : float
    n_items, n_obs : int
        Items, and independent observations after whatever was deleted.
    conf_level : float

    Returns
    -------
    Interval
        NaN where alpha is NaN or 1, or with fewer than two items or three observations.

    References
    ----------
    Bonett (2002), doi:10.3102/10769986027004335

    Examples
    --------
    >>> low, high = bonett_interval(0.8, n_items=8, n_obs=50)
    >>> low < 0.8 < high
    True
    """
    if np.isnan(alpha) or alpha >= 1.0 or n_items < 2 or n_obs < 3:
        return UNDEFINED
    log = np.log(n_obs / (n_obs - 1.0))
    centre = np.log(1.0 - alpha) - log
    se = np.sqrt(2.0 * n_items / ((n_items - 1.0) * (n_obs - 2.0)))
    z = stats.norm.ppf(0.5 + conf_level / 2.0)
    return Interval(float(1.0 - np.exp(centre + z * se)), float(1.0 - np.exp(centre - z * se)))


def item_rest(covariance: Floats) -> Floats:
    """Correlate each item with the sum of the others (corrected item-total correlation).

    Parameters
    ----------
    covariance : ndarray, shape (k, k)

    Returns
    -------
    ndarray, shape (k,)
        NaN where the item or the rest does not vary, and where there is no rest.

    Examples
    --------
    >>> item_rest(np.array([[1.0, 0.5], [0.5, 1.0]]))
    array([0.5, 0.5])
    """
    covariance = np.asarray(covariance, dtype=np.float64)
    variance, with_rest, rest = _split(covariance)
    product = variance * rest
    return np.where(product > 0.0, with_rest / np.sqrt(np.where(product > 0.0, product, 1.0)), np.nan)


def alpha_if_dropped(covariance: Floats) -> Floats:
    """Alpha of the other items, for each item.

    Parameters
    ----------
    covariance : ndarray, shape (k, k)

    Returns
    -------
    ndarray, shape (k,)
        NaN where fewer than two items are left or their sum does not vary.

    Examples
    --------
    >>> bool(np.allclose(alpha_if_dropped(np.full((3, 3), 0.5) + 0.5 * np.eye(3)), 2 / 3))
    True
    """
    covariance = np.asarray(covariance, dtype=np.float64)
    k = covariance.shape[0]
    if k < 3:
        return np.full(k, np.nan)
    variance, _, rest = _split(covariance)
    defined = rest > 0.0
    share = (np.sum(variance) - variance) / np.where(defined, rest, 1.0)
    return np.where(defined, (k - 1) / (k - 2) * (1.0 - share), np.nan)


def _split(covariance: Floats) -> tuple[Floats, Floats, Floats]:
    """Per item: its variance, its covariance with the sum of the others, and the variance of that sum."""
    variance = np.diag(covariance)
    rows = np.sum(covariance, axis=1)
    with_rest = rows - variance
    rest = np.sum(covariance) - rows - with_rest
    # rounding of sums that cancel is no variance
    noise = np.sum(np.abs(covariance)) * np.finfo(np.float64).eps * max(variance.size, 1)
    return variance, with_rest, np.where(rest > noise, rest, 0.0)
