"""The eigenvalues that criteria look at: of components, and of what items share."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.factors.least_squares import uls_factors

Matrix = NDArray[np.float64]
Spectrum = Literal["pca", "smc", "factor"]

_SINGULAR = 1e-10


def eigenvalues(r: Matrix, kind: Spectrum = "pca") -> Matrix:
    r"""Eigenvalues of correlation matrices, the largest first.

    Parameters
    ----------
    r : ndarray, shape (..., p, p)
    kind : {"pca", "smc", "factor"}
        "pca" leaves the unit diagonal. "smc" puts there the squared multiple correlation of each item with all others
        (Guttman 1956, doi:10.1007/BF02289116), "factor" its communality in a minres solution with one factor.

    Returns
    -------
    ndarray, shape (..., p)
        NaN where a matrix has undefined entries, is singular ("smc"), or has fewer than three items ("factor").

    Examples
    --------
    >>> r = np.full((3, 3), 0.5) + np.diag([0.5] * 3)
    >>> eigenvalues(r).round(3), eigenvalues(r, "smc").round(3)
    (array([2. , 0.5, 0.5]), array([ 1.333, -0.167, -0.167]))
    """
    r = np.asarray(r, dtype=np.float64)
    p = r.shape[-1]
    flat = r.reshape(-1, p, p)
    found = np.full((len(flat), p), np.nan)
    defined: NDArray[np.bool_] = np.asarray(np.isfinite(flat).all(axis=(1, 2)))
    if kind == "factor":
        defined &= p >= 3
    elif kind == "smc":
        defined[defined] = np.linalg.eigvalsh(flat[defined])[:, 0] > _SINGULAR
    if defined.any():
        reduced = flat[defined]
        if kind != "pca":
            reduced = reduced.copy()
            place = np.arange(p)
            reduced[:, place, place] = _shared(reduced, kind)
        found[defined] = np.linalg.eigvalsh(reduced)[:, ::-1]
    return found.reshape(r.shape[:-1])


def _shared(r: Matrix, kind: Spectrum) -> Matrix:
    """The variance of each item that others share, shape (matrices, p)."""
    if kind == "smc":
        return np.asarray(1.0 - 1.0 / np.diagonal(np.linalg.inv(r), axis1=1, axis2=2))
    return np.array([1.0 - uls_factors(one, 1).psi for one in r])
