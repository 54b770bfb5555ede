"""A general factor over correlated factors: Schmid and Leiman's solution, and the omegas of a whole instrument."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.extraction import ml_factors

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Loadings on a general factor and on what is left of the group factors, all uncorrelated.

    Attributes
    ----------
    general : ndarray, shape (p,)
    group : ndarray, shape (p, k)
    gamma : ndarray, shape (k,)
        Loadings of the factors on the general one.
    flags : tuple of str
        With NaN: "one_factor" (no hierarchy), "negative_correlation" (two factors that correlate negatively),
        "undefined_correlation", "not_positive_definite". With numbers: "equal_constraint" (two factors: their
        general loadings are not identified and were set equal), "heywood", "not_converged".
    """

    general: FloatArray
    group: FloatArray
    gamma: FloatArray
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InstrumentOmega:
    """Omegas of the sum of all items.

    Attributes
    ----------
    hierarchical : float
        The share of the sum's variance that comes from the general factor.
    total : float
        The share that comes from all common factors, of this hierarchical model; not the one-factor omega.
    hierarchy : Hierarchy
    """

    hierarchical: float
    total: float
    hierarchy: Hierarchy


def schmid_leiman(lambda_: FloatArray, phi: FloatArray) -> Hierarchy:
    """Split correlated factors into a general factor and group factors.

    Parameters
    ----------
    lambda_ : ndarray, shape (p, k)
        Pattern loadings.
    phi : ndarray, shape (k, k)
        Correlations of the factors. One factor is fitted to them by maximum likelihood; with three factors it fits
        exactly, with two it is identified only with equal loadings, which the flags say.

    Returns
    -------
    Hierarchy

    References
    ----------
    Schmid & Leiman (1957), doi:10.1007/BF02289209

    Examples
    --------
    >>> phi = np.full((3, 3), 0.49) + 0.51 * np.eye(3)
    >>> schmid_leiman(np.eye(3), phi).general.round(4).tolist()
    [0.7, 0.7, 0.7]
    """
    lambda_, phi = np.asarray(lambda_, dtype=np.float64), np.asarray(phi, dtype=np.float64)
    k = lambda_.shape[1]
    gamma, flags = _general_loadings(phi, k)
    if k > 2:
        gamma = -gamma if np.sum(gamma) < 0.0 else gamma
    return Hierarchy(lambda_ @ gamma, lambda_ * np.sqrt(1.0 - gamma**2), gamma, flags)


def _general_loadings(phi: FloatArray, k: int) -> tuple[FloatArray, tuple[str, ...]]:
    if k < 2:
        return np.full(k, np.nan), ("one_factor",)
    if not np.isfinite(phi).all():
        return np.full(k, np.nan), ("undefined_correlation",)
    if k == 2:
        if phi[0, 1] < 0.0:
            return np.full(k, np.nan), ("negative_correlation",)
        return np.full(k, np.sqrt(phi[0, 1])), ("equal_constraint",)
    solution = ml_factors(phi, 1)
    return solution.lambda_[:, 0], solution.flags


def instrument_omega(correlation: FloatArray, lambda_: FloatArray, phi: FloatArray) -> InstrumentOmega:
    """Hierarchical and total omega of the sum of standardised items.

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
        Of the items; the variance of their sum is the observed one.
    lambda_ : ndarray, shape (p, k)
        Pattern loadings. Items that run against the general factor should be reversed first.
    phi : ndarray, shape (k, k)

    Returns
    -------
    InstrumentOmega

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
    hierarchy = schmid_leiman(lambda_, phi)
    variance = float(np.sum(correlation))
    communality = np.einsum("ij,jk,ik->i", lambda_, phi, lambda_)
    if np.isnan(hierarchy.gamma).any() or not variance > 0.0:
        return InstrumentOmega(float("nan"), float("nan"), hierarchy)
    unique = float(np.sum(np.diag(correlation) - communality))
    return InstrumentOmega(
        float(np.sum(hierarchy.general) ** 2 / variance), 1.0 - unique / variance, hierarchy
    )
