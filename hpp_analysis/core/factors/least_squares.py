"""Factors by least squares: unweighted (minres), generalised, and weighted by the precision of each correlation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from hpp_analysis.core.factors.extraction import Extraction, nothing, why_undefined
from hpp_analysis.core.factors.newton import minimise

Matrix = NDArray[np.float64]

_SLOPE = 1e-9


def uls_factors(correlation: Matrix, n_factors: int, *, lower: float = 0.005) -> Extraction:
    r"""Extract factors by unweighted least squares, which is minres.

    Half the squared residuals are minimised over the uniquenesses, for which the best loadings follow from the
    eigenvectors of :math:`R - \Psi` (Jöreskog 1977; Harman & Jones 1966, doi:10.1007/BF02289468). Newton's method
    uses the exact second derivatives. The matrix need not be positive definite.

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
    n_factors : int
    lower : float
        The smallest uniqueness allowed; the largest is 1.

    Returns
    -------
    Extraction
        `psi` minimises the criterion; at a bound it differs from 1 minus the communality.

    Examples
    --------
    >>> lambda_ = np.array([0.8, 0.7, 0.6, 0.5])
    >>> solution = uls_factors(np.outer(lambda_, lambda_) + np.diag(1 - lambda_**2), 1)
    >>> bool(np.allclose(solution.psi, 1 - lambda_**2))
    True
    """
    reason = why_undefined(correlation, n_factors, positive=False)
    if reason:
        return nothing(len(correlation), n_factors, reason)
    start = _smc_start(correlation, n_factors)
    psi, converged, steps = minimise(
        lambda x: _Unweighted.at(x, correlation, n_factors), start, lower, 1.0, slope=_SLOPE, longest=0.5
    )
    theta, omega = _descending(correlation - np.diag(psi))
    lambda_ = omega[:, :n_factors] * np.sqrt(np.maximum(theta[:n_factors], 0.0))
    value = _Unweighted.at(psi, correlation, n_factors).discrepancy()
    return Extraction(lambda_, psi, value, converged, steps, _flags(psi, lower, converged))


def gls_factors(correlation: Matrix, n_factors: int, *, lower: float = 0.005) -> Extraction:
    r"""Extract factors by generalised least squares (Jöreskog & Goldberger 1972, doi:10.1007/BF02306782).

    :math:`\frac12 \mathrm{tr}[(I - R^{-1}\Sigma)^2]` is minimised over the logarithms of the uniquenesses with the
    exact second derivatives.

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
        Positive definite.
    n_factors : int
    lower : float
        The smallest uniqueness allowed; the largest is 1.

    Returns
    -------
    Extraction
    """
    reason = why_undefined(correlation, n_factors)
    if reason:
        return nothing(len(correlation), n_factors, reason)
    inverse = np.asarray(np.linalg.inv(correlation), dtype=np.float64)
    start = np.log((1.0 - n_factors / (2.0 * len(correlation))) / np.diag(inverse))
    x, converged, steps = minimise(
        lambda x: _Generalised.at(x, inverse, n_factors), start, float(np.log(lower)), 0.0, slope=_SLOPE
    )
    point, psi = _Generalised.at(x, inverse, n_factors), np.exp(x)
    strength = np.sqrt(np.maximum(1.0 / point.gamma[:n_factors] - 1.0, 0.0))
    lambda_ = np.sqrt(psi)[:, None] * point.omega[:, :n_factors] * strength
    return Extraction(lambda_, psi, point.discrepancy(), converged, steps, _flags(psi, lower, converged))


def dwls_factors(correlation: Matrix, n_factors: int, weights: Matrix) -> Extraction:
    """Extract factors by least squares that weighs each correlation by its precision.

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
    n_factors : int
    weights : ndarray, shape (p, p)
        One over the variance of each correlation; only their ratios matter. The diagonal is not used.

    Returns
    -------
    Extraction
        In the canonical form of unweighted least squares: `lambda_.T @ lambda_` is diagonal.

    Notes
    -----
    Muthén, du Toit & Spisic (1997) for the use of a diagonal weight matrix with polychoric correlations. The loadings
    are found by a quasi-Newton method with the analytic gradient from the minres solution on.
    """
    start = uls_factors(correlation, n_factors)
    if np.isnan(start.discrepancy):
        return start
    p = len(correlation)
    w = weights / np.mean(weights[~np.eye(p, dtype=bool)])
    np.fill_diagonal(w, 0.0)

    def loss(flat: Matrix) -> tuple[float, Matrix]:
        lambda_ = flat.reshape(p, n_factors)
        away = w * (lambda_ @ lambda_.T - correlation)
        half = float(np.sum(away * (lambda_ @ lambda_.T - correlation))) / 4.0
        return half, (away @ lambda_).ravel()

    found = optimize.minimize(
        loss, start.lambda_.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-8}
    )
    u, strength, _ = np.linalg.svd(found.x.reshape(p, n_factors), full_matrices=False)
    lambda_ = u * strength
    psi = 1.0 - np.sum(lambda_**2, axis=1)
    converged = bool(np.max(np.abs(loss(found.x)[1])) < 1e-5)
    return Extraction(lambda_, psi, float(found.fun), converged, int(found.nit), _flags(psi, 0.0, converged))


def _flags(psi: Matrix, lower: float, converged: bool) -> tuple[str, ...]:
    heywood = ("heywood",) if bool(np.any(psi <= lower)) else ()
    return heywood if converged else (*heywood, "not_converged")


def _smc_start(correlation: Matrix, n_factors: int) -> Matrix:
    """A little below the variance that the other variables leave unexplained; a half where that is unknown."""
    p = len(correlation)
    if np.linalg.eigvalsh(correlation)[0] <= 1e-8:
        return np.full(p, 0.5)
    return np.asarray((1.0 - n_factors / (2.0 * p)) / np.diag(np.linalg.inv(correlation)))


def _descending(matrix: Matrix) -> tuple[Matrix, Matrix]:
    theta, omega = np.linalg.eigh(matrix)
    return theta[::-1], omega[:, ::-1]


def _cross(omega: Matrix, omega_k: Matrix, weight: Matrix) -> Matrix:
    """The sums over m and n of weight[m, n] omega[i, m] omega[l, m] omega_k[i, n] omega_k[l, n]."""
    p = len(omega)
    products = (omega[:, None, :] * omega[None, :, :]).reshape(p * p, -1)
    products_k = (omega_k[:, None, :] * omega_k[None, :, :]).reshape(p * p, -1)
    return np.asarray(np.sum((products @ weight) * products_k, axis=1).reshape(p, p))


@dataclass(frozen=True, slots=True)
class _Unweighted:
    """The eigenstructure of the correlations less the uniquenesses, the largest eigenvalue first."""

    theta: Matrix
    omega: Matrix
    common: NDArray[np.bool_]

    @classmethod
    def at(cls, psi: Matrix, correlation: Matrix, k: int) -> _Unweighted:
        theta, omega = _descending(correlation - np.diag(psi))
        return cls(theta, omega, (np.arange(theta.size) < k) & (theta > 0.0))

    def discrepancy(self) -> float:
        return float(np.sum(self.theta[~self.common] ** 2)) / 2.0

    def gradient(self) -> Matrix:
        return np.asarray(-(self.omega[:, ~self.common] ** 2) @ self.theta[~self.common])

    def hessian(self) -> Matrix:
        theta, omega = self.theta[~self.common], self.omega[:, ~self.common]
        theta_k, omega_k = self.theta[self.common], self.omega[:, self.common]
        within = (omega @ omega.T) ** 2
        if theta_k.size == 0:
            return np.asarray(within)
        # tied eigenvalues have no derivative: a large one there makes for a short step
        apart = np.maximum(theta_k - theta[:, None], 1e-8 * theta_k)
        return np.asarray(within - 2.0 * _cross(omega, omega_k, theta[:, None] / apart))


@dataclass(frozen=True, slots=True)
class _Generalised:
    """The eigenstructure of the scaled inverse of the correlations, the smallest eigenvalue first."""

    gamma: Matrix
    omega: Matrix
    common: NDArray[np.bool_]

    @classmethod
    def at(cls, log_psi: Matrix, inverse: Matrix, k: int) -> _Generalised:
        scale = np.exp(log_psi / 2.0)
        gamma, omega = np.linalg.eigh(inverse * np.outer(scale, scale))
        return cls(gamma, omega, (np.arange(gamma.size) < k) & (gamma < 1.0))

    def discrepancy(self) -> float:
        return float(np.sum((self.gamma[~self.common] - 1.0) ** 2)) / 2.0

    def gradient(self) -> Matrix:
        gamma = self.gamma[~self.common]
        return np.asarray(self.omega[:, ~self.common] ** 2 @ (gamma**2 - gamma))

    def hessian(self) -> Matrix:
        gamma, omega = self.gamma[~self.common], self.omega[:, ~self.common]
        gamma_k, omega_k = self.gamma[self.common], self.omega[:, self.common]
        zeroth, first, second = (((omega * gamma**power) @ omega.T) for power in (0, 1, 2))
        within = second * zeroth + first * first - first * zeroth
        if gamma_k.size == 0:
            return np.asarray(within)
        apart = np.maximum(gamma[:, None] - gamma_k, 1e-8 * gamma[:, None])
        weight = (gamma**2 - gamma)[:, None] * (gamma[:, None] + gamma_k) / apart
        return np.asarray(within + _cross(omega, omega_k, weight))
