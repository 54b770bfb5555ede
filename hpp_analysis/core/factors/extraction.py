"""Factor extraction: unrotated loadings and uniquenesses of a correlation matrix.

Each method returns the same raw pieces (`Extraction`); the sign and order of factors are left to whoever finishes
the solution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.factors.newton import minimise
from hpp_analysis.errors import OptionError

_GRADIENT = 1e-9
"""Iteration ends when no free uniqueness has a steeper discrepancy (per unit of its logarithm)."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """Raw pieces of a factor solution of p variables with k factors.

    Attributes
    ----------
    lambda_ : ndarray, shape (p, k)
        Unrotated loadings, in the canonical form: `lambda_.T @ inv(diag(psi)) @ lambda_` is diagonal. The sign of
        a column is arbitrary.
    psi : ndarray, shape (p,)
        Uniquenesses.
    discrepancy : float
        The minimum of the fit function.
    converged : bool
    n_iterations : int
    flags : tuple of str
        "heywood": a uniqueness lies at its lower bound; "not_converged"; and, with NaN for all numbers,
        "undefined_correlation", "not_positive_definite" or "not_identified" (more unknowns than correlations).
    """

    lambda_: NDArray[np.float64]
    psi: NDArray[np.float64]
    discrepancy: float
    converged: bool
    n_iterations: int
    flags: tuple[str, ...]


def ml_factors(correlation: NDArray[np.float64], n_factors: int, *, lower: float = 0.005) -> Extraction:
    r"""Extract factors by maximum likelihood.

    The discrepancy :math:`F = \log|\Sigma| + \mathrm{tr}(R\Sigma^{-1}) - \log|R| - p` with
    :math:`\Sigma = \Lambda\Lambda' + \Psi` is minimised over the uniquenesses alone: given those, the best loadings
    follow from the eigenvectors of :math:`\Psi^{-1/2} R \Psi^{-1/2}` (Jöreskog 1967). The minimum is found by
    Newton's method with the exact second derivatives (Clarke 1970) on :math:`\log\psi`, kept within the bounds.

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
        Positive definite. The estimates of a covariance matrix are those of its correlations, rescaled.
    n_factors : int
        k, at least 1.
    lower : float
        The smallest uniqueness allowed; the largest is 1.

    Returns
    -------
    Extraction

    Raises
    ------
    OptionError
        When fewer than one factor is asked for, or `lower` is not between 0 and 1.

    Notes
    -----
    With weak factors the discrepancy can have several minima; the one found is that nearest to Jöreskog's start,
    which most programs use.

    References
    ----------
    Jöreskog (1967), doi:10.1007/BF02289658; Clarke (1970), British Journal of Mathematical and
    Statistical Psychology 23, 43-52

    Examples
    --------
    >>> lambda_ = np.array([0.8, 0.7, 0.6, 0.5])
    >>> correlation = np.outer(lambda_, lambda_) + np.diag(1 - lambda_**2)
    >>> solution = ml_factors(correlation, 1)
    >>> bool(np.allclose(solution.psi, 1 - lambda_**2)), solution.converged
    (True, True)
    """
    if n_factors < 1:
        raise OptionError(f"`n_factors` must be at least 1. Given: {n_factors}. Ask for one factor or more.")
    if not 0.0 < lower < 1.0:
        raise OptionError(f"`lower` must lie between 0 and 1. Given: {lower}. The usual value is 0.005.")
    correlation = np.asarray(correlation, dtype=np.float64)
    p = correlation.shape[0]
    reason = why_undefined(correlation, n_factors)
    if reason:
        return nothing(p, n_factors, reason)
    # Jöreskog's start: a little below the variance that the other variables leave unexplained
    start = (1.0 - n_factors / (2.0 * p)) / np.diag(np.linalg.inv(correlation))
    log_psi, converged, n_iterations = minimise(
        lambda x: _Point.at(x, correlation, n_factors), np.log(start), float(np.log(lower)), 0.0, slope=_GRADIENT
    )
    at = _Point.at(log_psi, correlation, n_factors)
    psi = np.exp(log_psi)
    flags = []
    if bool(np.any(log_psi <= np.log(lower))):
        flags.append("heywood")
    if not converged:
        flags.append("not_converged")
    return Extraction(at.loadings(psi, n_factors), psi, at.discrepancy(), converged, n_iterations, tuple(flags))


def nothing(p: int, n_factors: int, reason: str) -> Extraction:
    """The solution of what has none: NaN, and the reason as its flag."""
    return Extraction(np.full((p, n_factors), np.nan), np.full(p, np.nan), np.nan, False, 0, (reason,))


def why_undefined(correlation: NDArray[np.float64], n_factors: int, *, positive: bool = True) -> str:
    """The reason why there is no solution, or nothing; `positive`: whether the method needs a positive definite matrix."""
    p = correlation.shape[0]
    # degrees of freedom: correlations minus free loadings, k (k - 1) / 2 of which rotation takes up
    if (p - n_factors) ** 2 < p + n_factors or n_factors >= p:
        return "not_identified"
    if not np.all(np.isfinite(correlation)):
        return "undefined_correlation"
    if not positive:
        return ""
    smallest = np.linalg.eigvalsh(correlation)[0]
    # below this an eigenvalue is rounding error of a singular matrix, and its logarithm means nothing
    return "not_positive_definite" if smallest <= p * np.finfo(np.float64).eps * 10 else ""


@dataclass(frozen=True, slots=True)
class _Point:
    """The eigenstructure of the scaled correlations at one set of uniquenesses.

    Attributes
    ----------
    theta : ndarray, shape (p,)
        Eigenvalues, the largest first.
    omega : ndarray, shape (p, p)
        Unit eigenvectors in columns.
    common : ndarray of bool, shape (p,)
        The eigenvalues that factors account for: of the k largest those above 1 (a factor cannot have a negative
        variance).
    """

    theta: NDArray[np.float64]
    omega: NDArray[np.float64]
    common: NDArray[np.bool_]

    @classmethod
    def at(cls, log_psi: NDArray[np.float64], correlation: NDArray[np.float64], k: int) -> _Point:
        scale = np.exp(-log_psi / 2.0)
        theta, omega = np.linalg.eigh(correlation * np.outer(scale, scale))
        theta, omega = theta[::-1], omega[:, ::-1]
        return cls(theta, omega, (np.arange(theta.size) < k) & (theta > 1.0))

    def discrepancy(self) -> float:
        theta = self.theta[~self.common]
        return float(np.sum(theta - 1.0 - np.log(theta)))

    def gradient(self) -> NDArray[np.float64]:
        theta, omega = self.theta[~self.common], self.omega[:, ~self.common]
        return np.asarray(omega**2 @ (1.0 - theta))

    def hessian(self) -> NDArray[np.float64]:
        """The second derivatives; pairs of eigenvectors of the residual space need no differences of eigenvalues."""
        theta, omega = self.theta[~self.common], self.omega[:, ~self.common]
        theta_k, omega_k = self.theta[self.common], self.omega[:, self.common]
        within = (omega @ omega.T) * ((omega * theta) @ omega.T)
        if theta_k.size == 0:
            return np.asarray(within)
        # tied eigenvalues have no derivative: a large one there makes for a short step
        apart = np.maximum(theta_k - theta[:, None], 1e-8 * theta_k)
        weight = (1.0 - theta[:, None]) * (theta_k + theta[:, None]) / apart
        products = omega[:, None, :] * omega[None, :, :]
        products_k = omega_k[:, None, :] * omega_k[None, :, :]
        return np.asarray(within + np.einsum("ijm,mn,ijn->ij", products, weight, products_k, optimize=True))

    def loadings(self, psi: NDArray[np.float64], k: int) -> NDArray[np.float64]:
        strength = np.sqrt(np.maximum(self.theta[:k] - 1.0, 0.0))
        return np.asarray(np.sqrt(psi)[:, None] * self.omega[:, :k] * strength)
