"""Velicer's minimum average partial."""

from __future__ import annotations

import numpy as np

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.retention.verdict import Verdict, no_verdict


def average_partials(r: Floats, power: int = 2) -> Floats:
    """Averages of powers of the correlations that are left when components are partialled out.

    Parameters
    ----------
    r : ndarray, shape (p, p)
    power : {2, 4}
        Squares (Velicer 1976), or fourth powers (Velicer, Eaton & Fava 2000).

    Returns
    -------
    ndarray, shape (p,)
        With 0 to p - 1 components partialled out; NaN where they leave an item nothing.
    """
    p = len(r)
    theta, omega = np.linalg.eigh(r)
    loadings = (omega * np.sqrt(np.maximum(theta, 0.0)))[:, ::-1]
    average = np.full(p, np.nan)
    left = np.array(r, dtype=np.float64)
    for m in range(p):
        if m:
            left -= np.outer(loadings[:, m - 1], loadings[:, m - 1])
        rest = np.diag(left)
        if rest.min() < 1e-10:  # what rounding leaves of nothing
            break
        partial = left**2 / np.outer(rest, rest)
        average[m] = (np.sum(partial ** (power / 2)) - p) / (p * (p - 1))
    return average


def minimum_average_partial(r: Floats, power: int = 2) -> Verdict:
    """Partial out components until what items still share is specific to pairs.

    Parameters
    ----------
    r : ndarray, shape (p, p)
    power : {2, 4}

    Returns
    -------
    Verdict
        The number of components with the smallest average.

    References
    ----------
    Velicer (1976), doi:10.1007/BF02293557; Velicer, Eaton & Fava (2000), doi:10.1007/978-1-4615-4397-8_3

    Examples
    --------
    >>> block = np.full((4, 4), 0.6) + np.diag([0.4] * 4)
    >>> r = np.block([[block, np.full((4, 4), 0.1)], [np.full((4, 4), 0.1), block]])
    >>> minimum_average_partial(r).n_factors
    2
    """
    if not np.isfinite(r).all():
        return no_verdict("undefined_correlation")
    if len(r) < 3:
        return no_verdict("too_few_items")
    average = average_partials(r, power)
    return Verdict(int(np.nanargmin(average)), values={"average_partial": average}, first=0)
