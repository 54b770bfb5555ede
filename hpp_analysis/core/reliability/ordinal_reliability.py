"""Reliability of a sum of ordered answers under a factor model of the normal variables behind them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

FloatArray = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


def ordinal_omega(lambda_: FloatArray, thresholds: FloatArray, correlation: FloatArray | None = None) -> float:
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


def _covariances(thresholds: FloatArray, rho: FloatArray) -> FloatArray:
    """Covariances of the answers where the normal variables correlate by `rho`, all pairs of thresholds at once.

    The excess of the bivariate normal distribution over independence is an integral over the angle whose sine is the
    correlation (Owen 1956, doi:10.1214/aoms/1177728074), which Gauss and Legendre's rule finds.
    """
    there = np.isfinite(thresholds)
    tau = np.where(there, thresholds, 0.0)
    end = np.arcsin(np.clip(rho, -0.99999, 0.99999))
    angle = end[..., None] * (_NODES + 1.0) / 2.0
    sine, cosine = np.sin(angle)[:, :, None, None, :], np.cos(angle)[:, :, None, None, :]
    a, b = tau[:, None, :, None, None], tau[None, :, None, :, None]
    density = np.exp(-(a**2 + b**2 - 2.0 * a * b * sine) / (2.0 * cosine**2))
    excess = (density @ _WEIGHTS) * end[:, :, None, None] / (4.0 * np.pi)
    counted = there[:, None, :, None] & there[None, :, None, :]
    return np.asarray(np.where(counted, excess, 0.0).sum(axis=(2, 3)))


def _variances(thresholds: FloatArray) -> FloatArray:
    p = np.where(np.isfinite(thresholds), ndtr(thresholds), 0.0)
    both = np.minimum(p[:, :, None], p[:, None, :]) - p[:, :, None] * p[:, None, :]
    return np.asarray(both.sum(axis=(1, 2)))
