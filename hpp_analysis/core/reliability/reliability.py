"""Reliability of a sum or mean of items, from their covariances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hpp_analysis.core.correlation.correlation import correlation_from
from hpp_analysis.core.factors.extraction import ml_factors


class Interval(NamedTuple):
    """The ends of a confidence interval; NaN where there is none."""

    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Omega:
    """McDonald's omega of one factor.

    Attributes
    ----------
    omega : float
        NaN where undefined; `flags` says why.
    lambda_ : ndarray, shape (k,)
        Loadings in the units of the items; their sum is not negative.
    theta : ndarray, shape (k,)
        Residual variances.
    flags : tuple of str
        With omega NaN: "no_items", "one_item", "two_items" (one factor is not identified), "undefined_covariance"
        (a pair that too few answered), "constant_item", "not_positive_definite". With omega given: "heywood" (a
        residual variance at its bound), "not_converged", "negative_loading" (an item runs against the others:
        the number is not the reliability of anything one would sum).
    """

    omega: float
    lambda_: NDArray[np.float64]
    theta: NDArray[np.float64]
    flags: tuple[str, ...]


def alpha_flags(covariance: NDArray[np.float64]) -> tuple[str, ...]:
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


def cronbach_alpha(covariance: NDArray[np.float64]) -> float:
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


def standardised_alpha(covariance: NDArray[np.float64]) -> float:
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


def congeneric_omega(covariance: NDArray[np.float64]) -> Omega:
    """McDonald's omega of one factor (congeneric reliability), by maximum likelihood.

    The share of the model's variance of the sum that the factor brings: `(sum lambda)^2 / ((sum lambda)^2 + sum
    theta)`. It needs no equal loadings, unlike alpha, and does need one factor: look at the fit first. This is not
    the "omega total" of a model with several factors.

    Parameters
    ----------
    covariance : ndarray, shape (k, k)
        Of three items or more. The model is fitted to the correlations and rescaled by the standard deviations,
        which maximum likelihood allows.

    Returns
    -------
    Omega

    References
    ----------
    McDonald (1999), Test Theory: A Unified Treatment, chapter 6; Jöreskog (1971), doi:10.1007/BF02291393

    Examples
    --------
    >>> lambda_ = np.array([1.0, 2.0, 1.5])
    >>> omega = congeneric_omega(np.outer(lambda_, lambda_) + np.eye(3))
    >>> bool(np.isclose(omega.omega, 4.5**2 / (4.5**2 + 3)))
    True
    """
    covariance = np.asarray(covariance, dtype=np.float64)
    reason = _why_no_omega(covariance)
    if reason:
        return _undefined(covariance.shape[0], reason)
    solution = ml_factors(correlation_from(covariance), 1)
    if np.isnan(solution.discrepancy):
        return _undefined(covariance.shape[0], solution.flags[0])
    variance = np.diag(covariance)
    loadings = solution.lambda_[:, 0] * np.sqrt(variance)
    lambda_ = -loadings if np.sum(loadings) < 0.0 else loadings
    theta = solution.psi * variance
    common = np.sum(lambda_) ** 2
    flags = solution.flags + (("negative_loading",) if np.any(lambda_ < 0.0) else ())
    return Omega(float(common / (common + np.sum(theta))), lambda_, theta, flags)


def _why_no_omega(covariance: NDArray[np.float64]) -> str:
    k = covariance.shape[0]
    if k < 3:
        return ("no_items", "one_item", "two_items")[k]
    if not np.all(np.isfinite(covariance)):
        return "undefined_covariance"
    return "constant_item" if np.any(np.diag(covariance) <= 0.0) else ""


def _undefined(k: int, reason: str) -> Omega:
    return Omega(float("nan"), np.full(k, np.nan), np.full(k, np.nan), (reason,))


def item_rest(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
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


def alpha_if_dropped(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
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


def _split(covariance: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Per item: its variance, its covariance with the sum of the others, and the variance of that sum."""
    variance = np.diag(covariance)
    rows = np.sum(covariance, axis=1)
    with_rest = rows - variance
    rest = np.sum(covariance) - rows - with_rest
    # rounding of sums that cancel is no variance
    noise = np.sum(np.abs(covariance)) * np.finfo(np.float64).eps * max(variance.size, 1)
    return variance, with_rest, np.where(rest > noise, rest, 0.0)
