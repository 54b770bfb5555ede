"""Adjustment of p-values for the number of comparisons."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hpp_analysis.core.arrays import Floats


def holm(p_values: ArrayLike) -> Floats:
    """Adjust p-values for the number of comparisons.

    Parameters
    ----------
    p_values : array_like, shape (m,)
        NaN is no comparison and does not count.

    Returns
    -------
    ndarray, shape (m,)
        NaN stays NaN.

    References
    ----------
    Holm (1979), https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> holm([0.01, np.nan, 0.04, 0.03])
    array([0.03,  nan, 0.06, 0.06])
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)  # NaN comes last
    m = int(np.sum(~np.isnan(p)))
    steps = p[order[:m]] * np.arange(m, 0, -1)
    adjusted = np.full(p.shape, np.nan)
    adjusted[order[:m]] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
