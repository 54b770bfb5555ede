"""Small groups of which only mean and size are known: their spread is taken from larger groups, pooled."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.arrays import Flags, Floats, Ints
from hpp_analysis.core.groups.cell_means import Contrasts, t_intervals

NO_SPREAD = "no_spread"


@dataclass(frozen=True, slots=True)
class PooledSpread:
    """The spread within larger groups, of one variable.

    Attributes
    ----------
    variance, df : float
        Pooled over the larger groups, with its degrees of freedom; NaN and 0 where there is no such group.
    rho : float
        Correlation between ratings of one person in different larger groups; NaN where too few persons rated in two.
    """

    variance: float
    df: float
    rho: float = float("nan")


def add_pooled_spread(
    found: Contrasts,
    pooled: PooledSpread,
    *,
    cell: NDArray[np.int_],
    person: NDArray[np.int_],
    weights: Floats,
    conf_level: float = 0.95,
) -> Contrasts:
    r"""Add the variance of cells whose ratings all stand for their mean to that of combinations.

    A cell of which all ratings are equal is taken for one whose answers are not known. It contributes
    :math:`a_c^2 s^2 / n_c` with the pooled variance :math:`s^2`; where persons rated in it and in another cell with weights of
    the same sign, also their covariance, with the pooled correlation, or 1 where that is not known. A covariance that would
    make the variance smaller is left out: the interval is rather too wide. Degrees of freedom are Satterthwaite's.

    Parameters
    ----------
    found : Contrasts
        Of one variable, from `contrast_means`.
    pooled : PooledSpread
        Of the same variable.
    cell, person : ndarray of int, shape (n,)
        The cell and the person of each rating with an answer.
    weights : ndarray, shape (q, C)
        As given to `contrast_means`.
    conf_level : float
        Of the intervals.

    Returns
    -------
    Contrasts
        With se, df, intervals and p-values for what is known; reason "no_spread" where there is no larger group.

    References
    ----------
    Satterthwaite (1946), doi:10.2307/3002019

    Examples
    --------
    >>> from hpp_analysis.core.groups.cell_means import contrast_means
    >>> y, cell, person = np.array([7.0, 7.0, 7.0, 7.0, 7.0]), np.zeros(5, dtype=int), np.arange(5)
    >>> one = np.array([[1.0]])
    >>> known = contrast_means(y, cell, person, one)
    >>> add_pooled_spread(known, PooledSpread(2.0, 40.0), cell=cell, person=person, weights=one).se.round(3)
    array([0.632])
    """
    unknown = (found.cell_n > 0) & (found.cell_sd == 0.0)
    used = (weights != 0.0) & unknown
    if not used.any():
        return found
    spread = float(np.sqrt(pooled.variance)) if pooled.variance > 0.0 else float("nan")
    sd = np.where(unknown, spread, found.cell_sd)
    shared = _shared_persons(cell, person, len(unknown))
    se, df = found.se.copy(), found.df.copy()
    reason = found.reason.astype(object)
    for row in np.flatnonzero(used.any(axis=1) & ~np.isnan(found.se)):
        added = _variance(weights[row], unknown, sd, found.cell_n, shared, pooled.rho)
        if np.isnan(added):
            se[row], df[row], reason[row] = np.nan, np.nan, NO_SPREAD
            continue
        own = found.se[row] ** 2
        squares = added**2 / pooled.df + (own**2 / found.df[row] if own > 0.0 else 0.0)
        se[row], df[row] = np.sqrt(own + added), (own + added) ** 2 / squares
        reason[row] = ""
    ci_lower, ci_upper, p_value = t_intervals(found.estimate, se, df, conf_level)
    reasons = reason.astype(str)
    return replace(
        found,
        se=se,
        df=df,
        ci_lower=ci_lower,
        ci_upper=ci_upper,
        p_value=p_value,
        cell_sd=sd,
        reason=reasons,
        flags=tuple(sorted(set(reasons.tolist()) - {""})),
    )


def _shared_persons(cell: NDArray[np.int_], person: NDArray[np.int_], n_cells: int) -> Ints:
    """The number of persons that any two cells share."""
    rated = np.zeros((int(person.max(initial=-1)) + 1, n_cells), dtype=np.int64)
    rated[person, cell] = 1
    return np.asarray(rated.T @ rated)


def _variance(a: Floats, unknown: Flags, sd: Floats, n: Ints, shared: Ints, rho: float) -> float:
    """Sum the variances of cells of unknown spread, and their covariances with cells that share persons with them."""
    used = np.flatnonzero(a)
    scaled = (a * sd / np.maximum(n, 1))[used]
    products = np.outer(scaled, scaled) * shared[np.ix_(used, used)]
    known = np.isfinite(rho)
    products = np.where(products > 0.0, products * (min(max(rho, 0.0), 1.0) if known else 1.0), 0.0)
    np.fill_diagonal(products, scaled**2 * n[used])
    concerned = unknown[used][:, None] | unknown[used][None, :]
    if np.isnan(sd[used][unknown[used]]).any():
        return float("nan")
    return float(np.nansum(np.where(concerned, products, 0.0)))
