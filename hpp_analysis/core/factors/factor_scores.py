"""What each respondent scores on the factors: weights for standardised answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.options import ScoreMethod

Matrix = NDArray[np.float64]


def score_weights(correlation: Matrix, lambda_: Matrix, phi: Matrix, psi: Matrix, method: ScoreMethod) -> Matrix:
    """Weights that turn standardised answers into factor scores.

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
        Positive definite.
    lambda_, phi, psi : ndarray, shapes (p, k), (k, k), (p,)
        Loadings, factor correlations, uniquenesses.
    method : {"regression", "bartlett", "tenberge"}
        Thurstone's (1935) least distance from the factors; Bartlett's (1937, doi:10.1111/j.2044-8295.1937.tb00863.x)
        unbiased scores; or those whose correlations are `phi` (ten Berge, Krijnen, Wansbeek & Shapiro 1999,
        doi:10.1016/S0024-3795(97)10007-6).

    Returns
    -------
    ndarray, shape (p, k)
    """
    if method == "regression":
        return np.asarray(np.linalg.solve(correlation, lambda_ @ phi))
    if method == "bartlett":
        scaled = lambda_ / psi[:, None]
        return np.asarray(scaled @ np.linalg.inv(lambda_.T @ scaled))
    root = _power(phi, 0.5)
    inverse_root = _power(correlation, -0.5)
    turned = lambda_ @ root
    middle = _power(turned.T @ np.linalg.solve(correlation, turned), -0.5)
    return np.asarray(inverse_root @ (inverse_root @ turned @ middle) @ root)


def _power(matrix: Matrix, power: float) -> Matrix:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, 1e-12) ** power) @ vectors.T)
