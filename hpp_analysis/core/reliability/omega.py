"""McDonald's omegas: of one factor, of the sum of ordered answers, and of an instrument with a general factor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import ndtr

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.correlation.correlation import correlation_from
from hpp_analysis.core.factors.extraction import ml_factors
from hpp_analysis.core.factors.schmid_leiman import SchmidLeiman, schmid_leiman
from hpp_analysis.core.reliability.intervals import UNDEFINED, Interval

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


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
    lambda_: Floats
    theta: Floats
    flags: tuple[str, ...]


def congeneric_omega(covariance: Floats) -> Omega:
    """McDonald's omega of one factor (congeneric reliability), by maximum likelihood.

    The share of the model's variance of the sum that the factor brings: `(sum lambda)^2 / ((sum lambda)^2 + sum
    theta)`. It needs no equal loadings, unlike alpha, and does need one factor: look at the fit first. This is not
    the "omega total" of a model with several factors.

    Parameters
    ----------
    covariance : ndarray, shape (k, k)
        Of three items or more. The model is fitted to the correlations and rescaled by the standard deviations,
        which maximum likelihood allows.

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


def _why_no_omega(covariance: Floats) -> str:
    k = covariance.shape[0]
    if k < 3:
        return ("no_items", "one_item", "two_items")[k]
    if not np.all(np.isfinite(covariance)):
        return "undefined_covariance"
    return "constant_item" if np.any(np.diag(covariance) <= 0.0) else ""


def _undefined(k: int, reason: str) -> Omega:
    return Omega(float("nan"), np.full(k, np.nan), np.full(k, np.nan), (reason,))


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
    >>> from hpp_analysis.core.reliability.omega import congeneric_omega
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
    >>> from hpp_analysis.core.reliability.omega import congeneric_omega
    >>> low, high = omega_interval(congeneric_omega(np.full((4, 4), 0.5) + 0.5 * np.eye(4)), 100)
    >>> low < 0.8 < high
    True
    """
    se = omega_standard_error(omega, n_obs)
    if np.isnan(se) or not 0.0 < omega.omega < 1.0:
        return UNDEFINED
    logit = np.log(omega.omega / (1.0 - omega.omega))
    half = stats.norm.ppf(0.5 + conf_level / 2.0) * se / (omega.omega * (1.0 - omega.omega))
    low, high = 1.0 / (1.0 + np.exp(-(logit + np.array([-half, half]))))
    return Interval(float(low), float(high))


def ordinal_omega(lambda_: Floats, thresholds: Floats, correlation: Floats | None = None) -> float:
    """Green and Yang's omega: of the sum of the answers as given, not of the normal variables behind them.

    Parameters
    ----------
    lambda_ : ndarray, shape (k,)
        Standardised loadings of one factor.
    thresholds : ndarray, shape (k, c)
        Rising in each row; a row with fewer than c ends in NaN.
    correlation : ndarray, shape (k, k), optional
        Polychoric correlations, for the observed variance of the sum; without them the one that the model implies.

    Returns
    -------
    float
        NaN where a loading is NaN or beyond 1, or the sum does not vary.

    References
    ----------
    Green & Yang (2009), doi:10.1007/s11336-008-9098-4

    Examples
    --------
    >>> median = np.zeros((3, 1))
    >>> round(ordinal_omega(np.full(3, np.sqrt(0.5)), median), 6)  # r .5 of halves is 1/3 of zeros and ones
    0.6
    """
    lambda_, thresholds = np.asarray(lambda_, dtype=np.float64), np.asarray(thresholds, dtype=np.float64)
    if not (np.abs(lambda_) <= 1.0).all() or lambda_.size == 0:
        return float("nan")
    common = np.outer(lambda_, lambda_)
    true = _covariances(thresholds, common)
    observed = true.copy() if correlation is None else _covariances(thresholds, correlation)
    np.fill_diagonal(observed, _variances(thresholds))
    total = float(np.sum(observed))
    return float(np.sum(true) / total) if total > 0.0 else float("nan")


def _covariances(thresholds: Floats, rho: Floats) -> Floats:
    """Covariances of the answers where the normal variables correlate by `rho`, all pairs of thresholds at once.

    The excess of the bivariate normal distribution over independence is an integral over the angle whose sine is the
    correlation (Owen 1956, doi:10.1214/aoms/1177728074), which Gauss and Legendre's rule finds.
    """
    defined = np.isfinite(thresholds)
    tau = np.where(defined, thresholds, 0.0)
    end = np.arcsin(np.clip(rho, -0.99999, 0.99999))
    angle = end[..., None] * (_NODES + 1.0) / 2.0
    sine, cosine = np.sin(angle)[:, :, None, None, :], np.cos(angle)[:, :, None, None, :]
    a, b = tau[:, None, :, None, None], tau[None, :, None, :, None]
    density = np.exp(-(a**2 + b**2 - 2.0 * a * b * sine) / (2.0 * cosine**2))
    excess = (density @ _WEIGHTS) * end[:, :, None, None] / (4.0 * np.pi)
    counted = defined[:, None, :, None] & defined[None, :, None, :]
    return np.asarray(np.where(counted, excess, 0.0).sum(axis=(2, 3)))


def _variances(thresholds: Floats) -> Floats:
    p = np.where(np.isfinite(thresholds), ndtr(thresholds), 0.0)
    both = np.minimum(p[:, :, None], p[:, None, :]) - p[:, :, None] * p[:, None, :]
    return np.asarray(both.sum(axis=(1, 2)))


@dataclass(frozen=True, slots=True)
class InstrumentOmega:
    """Omegas of the sum of all items.

    Attributes
    ----------
    hierarchical : float
        The share of the sum's variance that comes from the general factor.
    total : float
        The share that comes from all common factors, of this hierarchical model; not the one-factor omega.
    solution : SchmidLeiman
        What they rest on. Its flags say, with NaN, "one_factor" (no hierarchy), "negative_correlation" (two factors
        that correlate negatively) or "undefined_correlation"; with numbers "equal_constraint" (two factors: their
        loadings on the general one are not identified and were set equal), "heywood" or "not_converged".
    """

    hierarchical: float
    total: float
    solution: SchmidLeiman


def instrument_omega(correlation: Floats, lambda_: Floats, phi: Floats) -> InstrumentOmega:
    """Hierarchical and total omega of the sum of standardised items.

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
        Of the items; the variance of their sum is the observed one.
    lambda_ : ndarray, shape (p, k)
        Pattern loadings. Items that run against the general factor should be reversed first.
    phi : ndarray, shape (k, k)

    References
    ----------
    Zinbarg, Revelle, Yovel & Li (2005), doi:10.1007/s11336-003-0974-7

    Examples
    --------
    >>> lambda_ = np.kron(np.eye(3), np.full((3, 1), 0.8))
    >>> phi = np.full((3, 3), 0.49) + 0.51 * np.eye(3)
    >>> r = lambda_ @ phi @ lambda_.T
    >>> np.fill_diagonal(r, 1)
    >>> omega = instrument_omega(r, lambda_, phi)
    >>> round(omega.hierarchical, 3), round(omega.total, 3)
    (0.678, 0.913)
    """
    lambda_, phi = np.asarray(lambda_, dtype=np.float64), np.asarray(phi, dtype=np.float64)
    solution = _solution(lambda_, phi)
    variance = float(np.sum(correlation))
    if np.isnan(solution.second_order).any() or not variance > 0.0:
        return InstrumentOmega(float("nan"), float("nan"), solution)
    communality = np.einsum("ij,jk,ik->i", lambda_, phi, lambda_)
    unique = float(np.sum(np.diag(correlation) - communality))
    return InstrumentOmega(float(np.sum(solution.general) ** 2 / variance), 1.0 - unique / variance, solution)


def _solution(lambda_: Floats, phi: Floats) -> SchmidLeiman:
    """Schmid and Leiman's solution, of two factors under the constraint that both load equally."""
    p, k = lambda_.shape
    reason = ""
    if k < 2:
        reason = "one_factor"
    elif not np.isfinite(phi).all():
        reason = "undefined_correlation"
    elif k == 2 and phi[0, 1] < 0.0:
        reason = "negative_correlation"
    if reason:
        return SchmidLeiman(np.full(p, np.nan), np.full((p, k), np.nan), np.full(k, np.nan), (reason,))
    if k > 2:
        return schmid_leiman(lambda_, phi)
    gamma = np.full(2, np.sqrt(phi[0, 1]))
    return SchmidLeiman(lambda_ @ gamma, lambda_ * np.sqrt(1.0 - gamma**2), gamma, ("equal_constraint",))
