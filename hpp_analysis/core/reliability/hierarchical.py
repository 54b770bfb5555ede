"""The omegas of a whole instrument: what a general factor above its factors accounts for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.factors.schmid_leiman import SchmidLeiman, schmid_leiman

FloatArray = NDArray[np.float64]


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
    lambda_, phi = np.asarray(lambda_, dtype=np.float64), np.asarray(phi, dtype=np.float64)
    solution = _solution(lambda_, phi)
    variance = float(np.sum(correlation))
    if np.isnan(solution.second_order).any() or not variance > 0.0:
        return InstrumentOmega(float("nan"), float("nan"), solution)
    communality = np.einsum("ij,jk,ik->i", lambda_, phi, lambda_)
    unique = float(np.sum(np.diag(correlation) - communality))
    return InstrumentOmega(float(np.sum(solution.general) ** 2 / variance), 1.0 - unique / variance, solution)


def _solution(lambda_: FloatArray, phi: FloatArray) -> SchmidLeiman:
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
