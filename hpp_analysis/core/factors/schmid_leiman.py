"""A general factor above correlated ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.factors.extraction import pa_factors, uls_factors


@dataclass(frozen=True, slots=True)
class SchmidLeiman:
    """Loadings on a general factor and on group factors that are uncorrelated with it and each other.

    Attributes
    ----------
    general : ndarray, shape (p,)
    groups : ndarray, shape (p, k)
    second_order : ndarray, shape (k,)
        Loadings of the correlated factors on the general one.
    flags : tuple of str
        "too_few_factors": the correlations of fewer than three factors do not identify the general one (NaN);
        and those of the second-order solution ("heywood", "not_converged").
    """

    general: Floats
    groups: Floats
    second_order: Floats
    flags: tuple[str, ...]


def schmid_leiman(lambda_: Floats, phi: Floats, *, method: str = "minres") -> SchmidLeiman:
    """Transform an oblique solution (Schmid & Leiman 1957, doi:10.1007/BF02289209).

    Parameters
    ----------
    lambda_ : ndarray, shape (p, k)
    phi : ndarray, shape (k, k)
    method : {"minres", "pa"}
        How the second-order loadings are extracted.

    Examples
    --------
    >>> phi = np.array([[1.0, 0.42, 0.48], [0.42, 1.0, 0.56], [0.48, 0.56, 1.0]])
    >>> schmid_leiman(np.kron(np.eye(3), [[0.8], [0.6]]), phi).second_order.round(6)
    array([0.6, 0.7, 0.8])
    """
    p, k = lambda_.shape
    if k < 3:
        return SchmidLeiman(np.full(p, np.nan), np.full((p, k), np.nan), np.full(k, np.nan), ("too_few_factors",))
    found = pa_factors(phi, 1, tolerance=1e-12) if method == "pa" else uls_factors(phi, 1)
    loadings = found.lambda_[:, 0] * (1.0 if found.lambda_.sum() >= 0 else -1.0)
    rest = np.sqrt(np.maximum(1.0 - loadings**2, 0.0))
    return SchmidLeiman(lambda_ @ loadings, lambda_ * rest, loadings, found.flags)
