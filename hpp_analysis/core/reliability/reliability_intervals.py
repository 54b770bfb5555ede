"""Confidence intervals of alpha and omega beyond Feldt's: Bonett's, the delta method, the bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hpp_analysis.core.correlation.resampling import (
    drawn_weights,
    jackknife_levels,
    left_out_weights,
    percentile_bounds,
    tails,
)
from hpp_analysis.core.reliability.reliability import Interval, Omega

FloatArray = NDArray[np.float64]

_NONE = Interval(float("nan"), float("nan"))


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
        return _NONE
    log = np.log(n_obs / (n_obs - 1.0))
    centre = np.log(1.0 - alpha) - log
    se = np.sqrt(2.0 * n_items / ((n_items - 1.0) * (n_obs - 2.0)))
    z = stats.norm.ppf(0.5 + conf_level / 2.0)
    return Interval(float(1.0 - np.exp(centre + z * se)), float(1.0 - np.exp(centre - z * se)))


def omega_standard_error(omega: Omega, n_obs: int) -> float:
    """Delta-method standard error of one-factor omega, from the expected information of the normal likelihood.

    Parameters
    ----------
    omega : Omega
        With loadings and residual variances in the units of the covariance matrix.
    n_obs : int
        Independent observations.

    Returns
    -------
    float
        NaN where omega is undefined, a residual variance lies at its bound, or the information is singular.

    References
    ----------
    Raykov (2002), doi:10.1207/S15327906MBR3701_04

    Examples
    --------
    >>> from hpp_analysis.core.reliability.reliability import congeneric_omega
    >>> omega = congeneric_omega(np.full((4, 4), 0.5) + 0.5 * np.eye(4))
    >>> omega_standard_error(omega, 400) < omega_standard_error(omega, 100) < 0.05
    True
    """
    lambda_, theta = omega.lambda_, omega.theta
    if np.isnan(omega.omega) or {"heywood", "not_converged"} & set(omega.flags) or n_obs < 2:
        return float("nan")
    k = lambda_.size
    inverse = np.linalg.inv(np.outer(lambda_, lambda_) + np.diag(theta))
    derivatives = np.zeros((2 * k, k, k))
    for place in range(k):
        derivatives[place, place, :] += lambda_
        derivatives[place, :, place] += lambda_
        derivatives[k + place, place, place] = 1.0
    turned = inverse @ derivatives
    information = 0.5 * n_obs * np.einsum("aij,bji->ab", turned, turned)
    if np.linalg.cond(information) > 1e14:
        return float("nan")
    common, unique = np.sum(lambda_), np.sum(theta)
    total = common**2 + unique
    gradient = np.concatenate([np.full(k, 2.0 * common * unique / total**2), np.full(k, -(common**2) / total**2)])
    return float(np.sqrt(gradient @ np.linalg.solve(information, gradient)))


def omega_interval(omega: Omega, n_obs: int, conf_level: float = 0.95) -> Interval:
    """Confidence interval of one-factor omega by the delta method, on the logit scale, so that it stays below 1.

    Parameters
    ----------
    omega : Omega
    n_obs : int
        Independent observations.
    conf_level : float

    Returns
    -------
    Interval
        NaN where there is no standard error.

    References
    ----------
    Raykov & Marcoulides (2011), Introduction to Psychometric Theory, chapter 7

    Examples
    --------
    >>> from hpp_analysis.core.reliability.reliability import congeneric_omega
    >>> low, high = omega_interval(congeneric_omega(np.full((4, 4), 0.5) + 0.5 * np.eye(4)), 100)
    >>> low < 0.8 < high
    True
    """
    se = omega_standard_error(omega, n_obs)
    if np.isnan(se) or not 0.0 < omega.omega < 1.0:
        return _NONE
    logit = np.log(omega.omega / (1.0 - omega.omega))
    half = stats.norm.ppf(0.5 + conf_level / 2.0) * se / (omega.omega * (1.0 - omega.omega))
    low, high = 1.0 / (1.0 + np.exp(-(logit + np.array([-half, half]))))
    return Interval(float(low), float(high))


def weighted_covariances(x: FloatArray, weights: FloatArray) -> FloatArray:
    """Pairwise covariances of many weightings of the same rows, all at once.

    Parameters
    ----------
    x : ndarray, shape (n, k)
        NaN is not answered.
    weights : ndarray, shape (b, n)
        How often each row occurs in each sample.

    Returns
    -------
    ndarray, shape (b, k, k)
        NaN where a pair has fewer than two rows.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 4.0]])
    >>> bool(np.allclose(weighted_covariances(x, np.ones((1, 3)))[0], np.cov(x.T)))
    True
    """
    answered = ~np.isnan(x)
    counts = np.maximum(answered.sum(axis=0), 1)
    centred = np.where(answered, x - np.where(answered, x, 0.0).sum(axis=0) / counts, 0.0)
    mask = answered.astype(np.float64)

    def sums(left: FloatArray, right: FloatArray) -> FloatArray:
        products = (left[:, :, None] * right[:, None, :]).reshape(len(x), -1)
        return (weights @ products).reshape(len(weights), x.shape[1], x.shape[1])

    n, one = sums(mask, mask), sums(centred, mask)
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = (sums(centred, centred) - one * one.transpose(0, 2, 1) / n) / (n - 1.0)
    return np.asarray(np.where(n >= 2.0, covariance, np.nan))


def bootstrap_intervals(
    x: FloatArray,
    statistic: Callable[[FloatArray], FloatArray],
    *,
    rng: np.random.Generator,
    units: NDArray[np.intp] | None = None,
    n_boot: int = 1000,
    conf_level: float = 0.95,
    method: Literal["percentile", "bca"] = "percentile",
) -> list[Interval]:
    """Bootstrap intervals of statistics of a covariance matrix.

    Parameters
    ----------
    x : ndarray, shape (n, k)
        NaN is not answered; covariances are pairwise.
    statistic : callable
        Covariances (b, k, k) in, statistics (b, m) out.
    rng : Generator
    units : ndarray of int, shape (n,), optional
        Whom each row comes from: units are drawn, with all of their rows. By default each row is its own.
    n_boot : int
    conf_level : float
    method : {"percentile", "bca"}
        The second corrects for bias and skewness.

    Returns
    -------
    list of Interval
        One for each statistic; NaN where more than a tenth of the samples have no value.

    References
    ----------
    Efron (1987), doi:10.1080/01621459.1987.10478410

    Examples
    --------
    >>> from hpp_analysis.core.reliability.reliability import cronbach_alpha
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(50, 1)) + rng.normal(size=(50, 4))
    >>> alphas = lambda s: np.array([[cronbach_alpha(one)] for one in s])
    >>> [(low, high)] = bootstrap_intervals(x, alphas, rng=rng, n_boot=200)
    >>> low < cronbach_alpha(np.cov(x.T)) < high
    True
    """
    _, unit = np.unique(np.arange(len(x)) if units is None else units, return_inverse=True)
    n_units = int(unit.max()) + 1 if unit.size else 0
    m = statistic(weighted_covariances(x, np.ones((1, len(x))))).shape[1]
    if n_units < 3:
        return [_NONE] * m

    drawn = drawn_weights(unit, n_boot, rng, width=x.shape[1] ** 2)
    values = np.concatenate([statistic(weighted_covariances(x, weights)) for weights in drawn])
    levels = np.repeat(tails(conf_level)[None, :], m, axis=0)
    if method == "bca":
        estimate = statistic(weighted_covariances(x, np.ones((1, len(x)))))[0]
        left_out = statistic(weighted_covariances(x, left_out_weights(unit)))
        levels = jackknife_levels(values, estimate, left_out, conf_level)
    return [Interval(float(low), float(high)) for low, high in percentile_bounds(values, levels)]
