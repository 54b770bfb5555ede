"""Factor extraction: unrotated loadings and uniquenesses by maximum likelihood, least squares, principal axes or components.

Every method returns an `Extraction`; `solution.finish` fixes the sign and order of factors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from hpp_analysis.core.arrays import Flags, Floats
from hpp_analysis.errors import OptionError

Rule = Literal["largest", "sum"]


_GRADIENT = 1e-9
"""Iteration ends when no free uniqueness has a steeper discrepancy (per unit of its logarithm)."""


_MAX_ITERATIONS = 500


_SUFFICIENT = 1e-4
"""Armijo's constant: the share of the predicted decrease that a step must bring."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """An unrotated factor solution of p variables with k factors.

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

    lambda_: Floats
    psi: Floats
    discrepancy: float
    converged: bool
    n_iterations: int
    flags: tuple[str, ...]


def no_solution(p: int, n_factors: int, reason: str) -> Extraction:
    """NaN for all numbers, and the reason as the flag."""
    return Extraction(np.full((p, n_factors), np.nan), np.full(p, np.nan), np.nan, False, 0, (reason,))


def why_undefined(correlation: Floats, n_factors: int, *, positive: bool = True) -> str:
    """Why there is no solution, or ""; `positive`: whether the method needs a positive definite matrix."""
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


def ml_factors(correlation: Floats, n_factors: int, *, lower: float = 0.005) -> Extraction:
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
        return no_solution(p, n_factors, reason)
    log_psi, converged, n_iterations = minimise(
        lambda x: _Likelihood.at(x, correlation, n_factors),
        np.log(_start(np.linalg.inv(correlation), n_factors)),
        float(np.log(lower)),
        0.0,
    )
    point, psi = _Likelihood.at(log_psi, correlation, n_factors), np.exp(log_psi)
    strength = np.sqrt(np.maximum(point.theta[:n_factors] - 1.0, 0.0))
    lambda_ = np.sqrt(psi)[:, None] * point.omega[:, :n_factors] * strength
    flags = _flags(log_psi <= np.log(lower), converged)
    return Extraction(lambda_, psi, point.discrepancy(), converged, n_iterations, flags)


def uls_factors(correlation: Floats, n_factors: int, *, lower: float = 0.005) -> Extraction:
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
        return no_solution(len(correlation), n_factors, reason)
    p = len(correlation)
    singular = (
        np.linalg.eigvalsh(correlation)[0] <= 1e-8
    )  # what the other variables leave unexplained is not known then
    start = np.full(p, 0.5) if singular else _start(np.linalg.inv(correlation), n_factors)
    psi, converged, steps = minimise(
        lambda x: _Unweighted.at(x, correlation, n_factors), start, lower, 1.0, longest=0.5
    )
    lambda_ = _principal_loadings(correlation - np.diag(psi), n_factors)
    discrepancy = _Unweighted.at(psi, correlation, n_factors).discrepancy()
    return Extraction(lambda_, psi, discrepancy, converged, steps, _flags(psi <= lower, converged))


def gls_factors(correlation: Floats, n_factors: int, *, lower: float = 0.005) -> Extraction:
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
    """
    reason = why_undefined(correlation, n_factors)
    if reason:
        return no_solution(len(correlation), n_factors, reason)
    inverse = np.asarray(np.linalg.inv(correlation), dtype=np.float64)
    x, converged, steps = minimise(
        lambda x: _Generalised.at(x, inverse, n_factors), np.log(_start(inverse, n_factors)), float(np.log(lower)), 0.0
    )
    point, psi = _Generalised.at(x, inverse, n_factors), np.exp(x)
    strength = np.sqrt(np.maximum(1.0 / point.theta[:n_factors] - 1.0, 0.0))
    lambda_ = np.sqrt(psi)[:, None] * point.omega[:, :n_factors] * strength
    # on the scale of the iteration: the exponential of the bound's logarithm need not be the bound
    flags = _flags(x <= np.log(lower), converged)
    return Extraction(lambda_, psi, point.discrepancy(), converged, steps, flags)


def dwls_factors(correlation: Floats, n_factors: int, weights: Floats) -> Extraction:
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

    def loss(flat: Floats) -> tuple[float, Floats]:
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
    return Extraction(lambda_, psi, float(found.fun), converged, int(found.nit), _flags(psi <= 0.0, converged))


def pa_factors(
    correlation: Floats,
    n_factors: int,
    *,
    tolerance: float = 1e-9,
    rule: Rule = "largest",
    max_iterations: int = 20_000,
) -> Extraction:
    """Extract factors by iterated principal axes (Thurstone; Harman 1976, ISBN 0226316521).

    Communalities start as squared multiple correlations, and are those of the loadings of the last round from then on.
    Iterated to the end it finds the solution of minres, where that lies inside the bounds.

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
    n_factors : int
    tolerance : float
        Iteration ends when communalities change by less.
    rule : {"largest", "sum"}
        Which change is meant: the largest of any communality (as SPSS has it), or that of their sum (as psych has it).
    max_iterations : int

    Returns
    -------
    Extraction
        `discrepancy` is half the sum of squared residuals off the diagonal, twice counted.
    """
    reason = why_undefined(correlation, n_factors, positive=False)
    if reason:
        return no_solution(len(correlation), n_factors, reason)
    communality, lambda_ = _smc(correlation), np.zeros((len(correlation), n_factors))
    reduced, converged, step = correlation.copy(), False, 0
    while step < max_iterations and not converged:
        step += 1
        np.fill_diagonal(reduced, communality)
        lambda_ = _principal_loadings(reduced, n_factors)
        change = np.sum(lambda_**2, axis=1) - communality
        communality = communality + change
        converged = bool(np.max(np.abs(change)) < tolerance if rule == "largest" else abs(np.sum(change)) < tolerance)
    discrepancy = _half_squared_residuals(correlation, lambda_)
    return Extraction(lambda_, 1.0 - communality, discrepancy, converged, step, _flags(communality >= 1.0, converged))


def components(correlation: Floats, n_factors: int) -> Extraction:
    """Extract principal components: not factors, for they hold the items' own variance too (Hotelling 1933).

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
    n_factors : int
        Components, at most p.

    Returns
    -------
    Extraction
        `psi` is the variance that the components leave.
    """
    p = len(correlation)
    if not np.all(np.isfinite(correlation)) or n_factors > p:
        return no_solution(p, n_factors, "not_identified" if n_factors > p else "undefined_correlation")
    lambda_ = _principal_loadings(correlation, n_factors)
    psi = 1.0 - np.sum(lambda_**2, axis=1)
    return Extraction(lambda_, psi, _half_squared_residuals(correlation, lambda_), True, 0, ())


def _flags(at_bound: Flags, converged: bool) -> tuple[str, ...]:
    heywood = ("heywood",) if bool(at_bound.any()) else ()
    return heywood if converged else (*heywood, "not_converged")


def _start(inverse: NDArray[np.floating[Any]], n_factors: int) -> Floats:
    """Jöreskog's start: a little below the variance of each variable that the others leave unexplained."""
    return np.asarray((1.0 - n_factors / (2.0 * len(inverse))) / np.diag(inverse))


def _smc(correlation: Floats) -> Floats:
    """Squared multiple correlations; the largest correlation of a row where the matrix has no inverse."""
    if np.linalg.eigvalsh(correlation)[0] > 1e-8:
        return np.asarray(1.0 - 1.0 / np.diag(np.linalg.inv(correlation)))
    off = np.abs(correlation - np.diag(np.diag(correlation)))
    return np.asarray(np.max(off, axis=1))


def _principal_loadings(matrix: Floats, n_factors: int) -> Floats:
    """Loadings on the largest eigenvectors, each as long as the root of its eigenvalue (0 where that is negative)."""
    theta, omega = np.linalg.eigh(matrix)
    return np.asarray(omega[:, : -n_factors - 1 : -1] * np.sqrt(np.maximum(theta[: -n_factors - 1 : -1], 0.0)))


def _half_squared_residuals(correlation: Floats, lambda_: Floats) -> float:
    residual = correlation - lambda_ @ lambda_.T
    np.fill_diagonal(residual, 0.0)
    return float(np.sum(residual**2)) / 2.0


def _cross(omega: Floats, omega_k: Floats, weight: Floats) -> Floats:
    """Sum weight[m, n] omega[i, m] omega[l, m] omega_k[i, n] omega_k[l, n] over m and n."""
    inner = (omega * weight.T[:, None, :]) @ omega.T
    return np.asarray(np.add.reduce(inner * (omega_k.T[:, :, None] * omega_k.T[:, None, :]), axis=0))


@dataclass(frozen=True, slots=True)
class _Eigenstructure:
    """The eigenstructure that a discrepancy follows from, at one set of uniquenesses.

    Attributes
    ----------
    theta : ndarray, shape (p,)
        Eigenvalues, those of factors first.
    omega : ndarray, shape (p, p)
        Unit eigenvectors in columns.
    common : ndarray of bool, shape (p,)
        The eigenvalues that factors account for: at most k, for a factor cannot have a negative variance.
    """

    theta: Floats
    omega: Floats
    common: Flags

    @property
    def residual(self) -> tuple[Floats, Floats]:
        """Eigenvalues and eigenvectors of the residual space."""
        return self.theta[~self.common], self.omega[:, ~self.common]

    @property
    def factors(self) -> tuple[Floats, Floats]:
        """Eigenvalues and eigenvectors of the factors."""
        return self.theta[self.common], self.omega[:, self.common]


class _Likelihood(_Eigenstructure):
    """The discrepancy of maximum likelihood; the eigenstructure is that of the correlations scaled by the uniquenesses."""

    @classmethod
    def at(cls, log_psi: Floats, correlation: Floats, k: int) -> _Likelihood:
        scale = np.exp(-log_psi / 2.0)
        theta, omega = np.linalg.eigh(correlation * np.outer(scale, scale))
        theta, omega = theta[::-1], omega[:, ::-1]
        return cls(theta, omega, (np.arange(theta.size) < k) & (theta > 1.0))

    def discrepancy(self) -> float:
        theta, _omega = self.residual
        return float(np.sum(theta - 1.0 - np.log(theta)))

    def gradient(self) -> Floats:
        theta, omega = self.residual
        return np.asarray(omega**2 @ (1.0 - theta))

    def hessian(self) -> Floats:
        """The second derivatives; pairs of eigenvectors of the residual space need no differences of eigenvalues."""
        (theta, omega), (theta_k, omega_k) = self.residual, self.factors
        within = (omega @ omega.T) * ((omega * theta) @ omega.T)
        if theta_k.size == 0:
            return np.asarray(within)
        # tied eigenvalues have no derivative: a large one there makes for a short step
        apart = np.maximum(theta_k - theta[:, None], 1e-8 * theta_k)
        return np.asarray(within + _cross(omega, omega_k, (1.0 - theta[:, None]) * (theta_k + theta[:, None]) / apart))


class _Unweighted(_Eigenstructure):
    """The discrepancy of unweighted least squares; the eigenstructure is that of the correlations less the uniquenesses."""

    @classmethod
    def at(cls, psi: Floats, correlation: Floats, k: int) -> _Unweighted:
        theta, omega = np.linalg.eigh(correlation - np.diag(psi))
        theta, omega = theta[::-1], omega[:, ::-1]
        return cls(theta, omega, (np.arange(theta.size) < k) & (theta > 0.0))

    def discrepancy(self) -> float:
        return float(np.sum(self.residual[0] ** 2)) / 2.0

    def gradient(self) -> Floats:
        theta, omega = self.residual
        return np.asarray(-(omega**2) @ theta)

    def hessian(self) -> Floats:
        (theta, omega), (theta_k, omega_k) = self.residual, self.factors
        within = (omega @ omega.T) ** 2
        if theta_k.size == 0:
            return np.asarray(within)
        apart = np.maximum(theta_k - theta[:, None], 1e-8 * theta_k)
        return np.asarray(within - 2.0 * _cross(omega, omega_k, theta[:, None] / apart))


class _Generalised(_Eigenstructure):
    """The discrepancy of generalised least squares; the eigenstructure is that of the scaled inverse, smallest values first."""

    @classmethod
    def at(cls, log_psi: Floats, inverse: Floats, k: int) -> _Generalised:
        scale = np.exp(log_psi / 2.0)
        theta, omega = np.linalg.eigh(inverse * np.outer(scale, scale))
        return cls(theta, omega, (np.arange(theta.size) < k) & (theta < 1.0))

    def discrepancy(self) -> float:
        return float(np.sum((self.residual[0] - 1.0) ** 2)) / 2.0

    def gradient(self) -> Floats:
        theta, omega = self.residual
        return np.asarray(omega**2 @ (theta**2 - theta))

    def hessian(self) -> Floats:
        (theta, omega), (theta_k, omega_k) = self.residual, self.factors
        zeroth, first, second = (((omega * theta**power) @ omega.T) for power in (0, 1, 2))
        within = second * zeroth + first * first - first * zeroth
        if theta_k.size == 0:
            return np.asarray(within)
        apart = np.maximum(theta[:, None] - theta_k, 1e-8 * theta[:, None])
        weight = (theta**2 - theta)[:, None] * (theta[:, None] + theta_k) / apart
        return np.asarray(within + _cross(omega, omega_k, weight))


class Point(Protocol):
    """A discrepancy at one place."""

    def discrepancy(self) -> float:
        """The value."""
        ...

    def gradient(self) -> Floats:
        """The first derivatives, shape (p,)."""
        ...

    def hessian(self) -> Floats:
        """The second derivatives, shape (p, p)."""
        ...


AnyPoint = TypeVar("AnyPoint", bound=Point)


class Minimum(NamedTuple):
    """Where the search ended: the place, whether it is a minimum, and the number of steps."""

    x: Floats
    converged: bool
    n_iterations: int


def minimise(
    at: Callable[[Floats], AnyPoint], start: Floats, lower: float, upper: float, *, longest: float = 2.0
) -> Minimum:
    """Projected Newton steps between `lower` and `upper` (Bertsekas 1982, doi:10.1137/0320018).

    Parameters
    ----------
    at : callable
        The discrepancy at a place.
    start : ndarray, shape (p,)
    lower, upper : float
        Bounds of every coordinate.
    longest : float
        Longest step in any coordinate.
    """
    x = np.clip(start, lower, upper)
    point = at(x)
    for iteration in range(_MAX_ITERATIONS):
        gradient = point.gradient()
        # at a bound, and the discrepancy would fall only beyond it
        held = ((x <= lower) & (gradient > 0.0)) | ((x >= upper) & (gradient < 0.0))
        free = ~held
        if np.max(np.abs(gradient[free]), initial=0.0) < _GRADIENT:
            return Minimum(x, True, iteration)
        step = np.zeros_like(x)
        step[free] = _newton_step(point.hessian()[np.ix_(free, free)], gradient[free], longest)
        moved = _search(at, x, point, step, gradient, (lower, upper))
        if moved is None:
            return Minimum(x, False, iteration)
        x, point = moved
    return Minimum(x, False, _MAX_ITERATIONS)


def _newton_step(hessian: Floats, gradient: Floats, longest: float) -> Floats:
    """A descent direction: negative curvature counts by its size, and no curvature as a little."""
    curvature, axes = np.linalg.eigh(hessian)
    curvature = np.maximum(np.abs(curvature), 1e-8)
    step: Floats = -axes @ ((axes.T @ gradient) / curvature)
    length = float(np.max(np.abs(step)))
    return step if length <= longest else step * (longest / length)


def _search(
    at: Callable[[Floats], AnyPoint],
    x: Floats,
    point: AnyPoint,
    step: Floats,
    gradient: Floats,
    bounds: tuple[float, float],
) -> tuple[Floats, AnyPoint] | None:
    """Halve the step until the discrepancy falls enough; None where rounding leaves nothing to gain."""
    before = point.discrepancy()
    # decreases below the rounding of the discrepancy itself cannot be seen
    rounding = 1e-14 * (1.0 + before + x.size)
    for halving in range(40):
        moved = np.clip(x + step * 0.5**halving, *bounds)
        trial = at(moved)
        predicted = float(gradient @ (moved - x))
        if trial.discrepancy() <= before + _SUFFICIENT * predicted + rounding:
            return moved, trial
    return None
