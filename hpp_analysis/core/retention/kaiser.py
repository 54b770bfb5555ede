"""Eigenvalues above one, and the empirical Kaiser criterion, which allows for chance."""

from __future__ import annotations

import numpy as np

from hpp_analysis.core.retention.spectrum import Matrix
from hpp_analysis.core.retention.verdict import Verdict, leading, nothing


def eigenvalues_above_one(observed: Matrix) -> Verdict:
    """Count the components that hold more than one item does (Guttman 1954; Kaiser 1960).

    References
    ----------
    Guttman (1954), doi:10.1007/BF02289162; Kaiser (1960), doi:10.1177/001316446002000116

    Examples
    --------
    >>> eigenvalues_above_one(np.array([2.1, 1.01, 0.5, 0.39])).n_factors
    2
    """
    if np.isnan(observed).any():
        return nothing("undefined_correlation")
    return Verdict(
        leading(observed > 1.0), values={"eigenvalue": observed, "reference": np.ones(observed.size)}, first=1
    )


def empirical_reference(observed: Matrix, n: float) -> Matrix:
    r"""The reference of the empirical Kaiser criterion.

    For the j-th eigenvalue :math:`\max\{\frac{p - \sum_{i<j} l_i}{p - j + 1}(1 + \sqrt{p / n})^2, 1\}`: the largest
    eigenvalue that chance gives (Marchenko & Pastur 1967), scaled to the variance that the earlier ones leave.
    """
    p = observed.size
    left = p - np.concatenate([[0.0], np.cumsum(observed)[:-1]])
    return np.asarray(np.maximum(left / (p - np.arange(p)) * (1.0 + np.sqrt(p / n)) ** 2, 1.0))


def empirical_kaiser(observed: Matrix, n: float) -> Verdict:
    """Count the eigenvalues above what chance gives after the earlier ones, up to the first that is not.

    Parameters
    ----------
    observed : ndarray, shape (p,)
        Eigenvalues of the correlations, the largest first.
    n : float
        Observations.

    References
    ----------
    Braeken & van Assen (2017), doi:10.1037/met0000074

    Examples
    --------
    >>> empirical_kaiser(np.array([2.1, 1.01, 0.5, 0.39]), 30).n_factors
    1
    """
    if np.isnan(observed).any():
        return nothing("undefined_correlation")
    if not n > 0:
        return nothing("n_unknown")
    reference = empirical_reference(observed, n)
    return Verdict(leading(observed > reference), values={"eigenvalue": observed, "reference": reference}, first=1)
