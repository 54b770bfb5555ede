"""Principal axes and principal components."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.factors.extraction import Extraction, nothing, why_undefined

Matrix = NDArray[np.float64]
Rule = Literal["largest", "sum"]


def pa_factors(
    correlation: Matrix,
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
        return nothing(len(correlation), n_factors, reason)
    communality = _smc(correlation)
    reduced = correlation.copy()
    lambda_, converged, step = np.zeros((len(correlation), n_factors)), False, 0
    for step in range(1, max_iterations + 1):  # noqa: B007 - its last value is reported
        np.fill_diagonal(reduced, communality)
        theta, omega = np.linalg.eigh(reduced)
        lambda_ = omega[:, : -n_factors - 1 : -1] * np.sqrt(np.maximum(theta[: -n_factors - 1 : -1], 0.0))
        found = np.sum(lambda_**2, axis=1)
        change = np.max(np.abs(found - communality)) if rule == "largest" else abs(float(np.sum(found - communality)))
        communality = found
        if change < tolerance:
            converged = True
            break
    residual = correlation - lambda_ @ lambda_.T
    np.fill_diagonal(residual, 0.0)
    flags = ("heywood",) if bool(np.any(communality >= 1.0)) else ()
    return Extraction(
        lambda_,
        1.0 - communality,
        float(np.sum(residual**2)) / 2.0,
        converged,
        step,
        flags if converged else (*flags, "not_converged"),
    )


def components(correlation: Matrix, n_factors: int) -> Extraction:
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
        return nothing(p, n_factors, "not_identified" if n_factors > p else "undefined_correlation")
    theta, omega = np.linalg.eigh(correlation)
    lambda_ = omega[:, : -n_factors - 1 : -1] * np.sqrt(np.maximum(theta[: -n_factors - 1 : -1], 0.0))
    residual = correlation - lambda_ @ lambda_.T
    np.fill_diagonal(residual, 0.0)
    psi = 1.0 - np.sum(lambda_**2, axis=1)
    return Extraction(lambda_, psi, float(np.sum(residual**2)) / 2.0, True, 0, ())


def _smc(correlation: Matrix) -> Matrix:
    """Squared multiple correlations; the largest correlation of a row where the matrix has no inverse."""
    if np.linalg.eigvalsh(correlation)[0] > 1e-8:
        return np.asarray(1.0 - 1.0 / np.diag(np.linalg.inv(correlation)))
    off = np.abs(correlation - np.diag(np.diag(correlation)))
    return np.asarray(np.max(off, axis=1))
