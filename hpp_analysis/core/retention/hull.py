"""The Hull method: the elbow of fit against degrees of freedom."""

from __future__ import annotations

import numpy as np

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.retention.verdict import Verdict


def hull(fit: Floats, df: Floats) -> Verdict:
    r"""Find the solution after which fit stops to improve.

    Solutions that fit worse than a smaller one are left out, and those on or below the line between their
    neighbours, until the rest form the upper boundary of the convex hull. On it the elbow has the largest
    :math:`st_i = \frac{f_i - f_{i-1}}{d_{i-1} - d_i} / \frac{f_{i+1} - f_i}{d_i - d_{i+1}}`.

    Parameters
    ----------
    fit : ndarray, shape (solutions,)
        From 0 factors on; more is better.
    df : ndarray, shape (solutions,)
        Degrees of freedom, falling.

    Returns
    -------
    Verdict
        Neither the first nor the last solution can be the elbow. NaN ("no_elbow") where fewer than three solutions
        lie on the hull.

    References
    ----------
    Lorenzo-Seva, Timmerman & Kiers (2011), doi:10.1080/00273171.2011.564527

    Examples
    --------
    >>> hull(np.array([0.0, 0.5, 0.9, 0.92, 0.93]), np.array([45.0, 35.0, 26.0, 18.0, 11.0])).n_factors
    2
    """
    values = {"fit": fit, "df": df}
    boundary = [k for k in range(fit.size) if np.isfinite(fit[k]) and np.all(fit[:k][np.isfinite(fit[:k])] <= fit[k])]
    while len(boundary) > 2:
        inner = [
            (fit[b] - fit[a]) * (df[a] - df[c]) > (fit[c] - fit[a]) * (df[a] - df[b])
            for a, b, c in zip(boundary, boundary[1:], boundary[2:], strict=False)
        ]
        if all(inner):
            break
        # one at a time: its neighbours may lie on the hull once it is gone
        del boundary[1 + inner.index(False)]
    steepness = np.full(fit.size, np.nan)
    for a, b, c in zip(boundary, boundary[1:], boundary[2:], strict=False):
        gain, next_gain = (fit[b] - fit[a]) / (df[a] - df[b]), (fit[c] - fit[b]) / (df[b] - df[c])
        # a perfect fit, as a CFI of 1, cannot improve: whatever reached it is the elbow
        steepness[b] = gain / next_gain if next_gain > 0.0 else np.inf
    values["st"] = steepness
    if np.isnan(steepness).all():
        return Verdict(np.nan, "no_elbow", values)
    return Verdict(int(np.nanargmax(steepness)), values=values)
