"""Is a correlation matrix fit for factor analysis? Kaiser-Meyer-Olkin and Bartlett."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from hpp_analysis.core.arrays import Floats, Ints

_SINGULAR = 1e-10


@dataclass(frozen=True, slots=True)
class AdequacyMeasures:
    """Kaiser-Meyer-Olkin measures and Bartlett's test of sphericity.

    Attributes
    ----------
    kmo : float
    msa : ndarray, shape (p,)
        Per variable.
    chi2, df, p : float
        Of Bartlett's test.
    dependent : ndarray of int
        Variables that others determine, where the matrix is singular.
    flags : tuple of str
        "undefined_correlation", "singular", "not_positive_definite", "one_item"; the numbers are then NaN.
    """

    kmo: float
    msa: Floats
    chi2: float
    df: float
    p: float
    dependent: Ints
    flags: tuple[str, ...]


def adequacy_measures(r: Floats, n: int) -> AdequacyMeasures:
    r"""Measure sampling adequacy, and test whether all correlations are 0.

    With :math:`q_{ij}` the partial correlations given all other variables, an item's measure is
    :math:`\sum r_{ij}^2 / (\sum r_{ij}^2 + \sum q_{ij}^2)` (Kaiser & Rice 1974). Bartlett's statistic is
    :math:`-(n - 1 - (2p + 5) / 6) \log|R|`.

    Parameters
    ----------
    r : ndarray, shape (p, p)
    n : int
        Observations.

    References
    ----------
    Kaiser & Rice (1974), doi:10.1177/001316447403400115; Bartlett (1951), doi:10.1093/biomet/38.3-4.337

    Examples
    --------
    >>> found = adequacy_measures(np.full((3, 3), 0.5) + np.eye(3) / 2, 100)
    >>> round(found.kmo, 4), found.df
    (0.6923, 3.0)
    """
    r = np.asarray(r, dtype=np.float64)
    p = r.shape[0]
    none = np.empty(0, dtype=np.int64)
    df = p * (p - 1) / 2.0

    def undefined(why: str, dependent: Ints = none) -> AdequacyMeasures:
        return AdequacyMeasures(np.nan, np.full(p, np.nan), np.nan, df, np.nan, dependent, (why,))

    if p < 2:
        return undefined("one_item")
    if not np.isfinite(r).all():
        return undefined("undefined_correlation")
    values, vectors = np.linalg.eigh(r)
    if values[0] < -_SINGULAR:
        return undefined("not_positive_definite")
    if values[0] < _SINGULAR:
        null = vectors[:, values < _SINGULAR]
        return undefined("singular", np.flatnonzero((null**2).sum(axis=1) > 1e-8))
    inverse = np.linalg.inv(r)
    scale = np.sqrt(np.diag(inverse))
    partial = inverse / np.outer(scale, scale)
    off = ~np.eye(p, dtype=bool)
    squared, rest = np.where(off, r**2, 0.0), np.where(off, partial**2, 0.0)
    total, left = squared.sum(axis=0), rest.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        msa = total / (total + left)
        kmo = float(total.sum() / (total.sum() + left.sum()))
    statistic = -(n - 1.0 - (2.0 * p + 5.0) / 6.0) * float(np.linalg.slogdet(r)[1])
    return AdequacyMeasures(kmo, msa, statistic, df, float(chi2.sf(statistic, df)), none, ())
