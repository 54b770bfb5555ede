"""Small groups of which only mean and size are known: their spread is taken from larger groups, pooled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.arrays import Flags, Floats
from hpp_analysis.core.groups.cell_means import Contrasts, person_pairs, t_intervals

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
    prior_df : float
        What the pooled variance is worth beside the variance of one of the larger groups (`moderated_spread.SpreadPrior`).
    """

    variance: float
    df: float
    rho: float = float("nan")
    prior_df: float = 0.0


def add_pooled_spread(
    found: Contrasts,
    pooled: Sequence[PooledSpread | None],
    *,
    y: Floats,
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
        From `contrast_means_many`.
    pooled : sequence of PooledSpread or None
        Of each variable; where it is None, equal ratings are taken as answered.
    y, cell, person, weights, conf_level
        As given to `contrast_means_many`.

    Returns
    -------
    Contrasts
        With se, df, intervals and p-values for what is known; reason "no_spread" where there is no larger group.

    References
    ----------
    Satterthwaite (1946), doi:10.2307/3002019

    Examples
    --------
    >>> from hpp_analysis.core.groups.cell_means import contrast_means_many
    >>> ratings = {"y": np.full((5, 1), 7.0), "cell": np.zeros(5, dtype=int), "person": np.arange(5), "weights": np.eye(1)}
    >>> known = contrast_means_many(**ratings)
    >>> add_pooled_spread(known, [PooledSpread(2.0, 40.0)], **ratings).se.round(3)
    array([[0.632]])
    """
    lent = np.array([spread is not None for spread in pooled], dtype=bool)
    unknown = (found.cell_n > 0) & (found.cell_sd == 0.0) & lent
    weights = np.broadcast_to(weights[:, :, None], (*weights.shape, len(lent))) if weights.ndim == 2 else weights
    concerned = ((weights != 0.0) & unknown).any(axis=1)
    if not concerned.any():
        return found
    variance, pooled_df, rho = (
        np.array([np.nan if spread is None else getattr(spread, name) for spread in pooled])
        for name in ("variance", "df", "rho")
    )
    known_variance = np.where(variance > 0.0, variance, np.nan)
    sd = np.where(unknown, np.sqrt(known_variance), found.cell_sd)
    rho = np.where(np.isfinite(rho), np.clip(rho, 0.0, 1.0), 1.0)
    one, other, shared = _shared_persons(cell, person, ~np.isnan(y))
    touches = unknown[one] | unknown[other]
    added = np.zeros(concerned.shape)
    for row, a in enumerate(weights):
        scaled = np.where(a != 0.0, a * sd / np.maximum(found.cell_n, 1), 0.0)
        together = scaled[one] * scaled[other] * shared
        own = np.where(unknown, scaled**2 * found.cell_n, 0.0)
        added[row] = own.sum(axis=0) + rho * np.sum(np.where(touches & (together > 0.0), together, 0.0), axis=0)
    lends = concerned.any(axis=0)
    concerned &= ~np.isnan(found.se)
    defined = concerned & ~np.isnan(added)
    with np.errstate(divide="ignore", invalid="ignore"):
        before = found.se**2
        squares = added**2 / pooled_df + np.where(before > 0.0, before**2 / found.df, 0.0)
        df = np.where(concerned, np.where(defined, (before + added) ** 2 / squares, np.nan), found.df)
        se = np.where(concerned, np.where(defined, np.sqrt(before + added), np.nan), found.se)
    reason = np.where(concerned, np.where(defined, "", NO_SPREAD), found.reason)
    ci_lower, ci_upper, p_value = t_intervals(found.estimate, se, df, conf_level)
    return replace(
        found,
        se=se,
        df=df,
        ci_lower=ci_lower,
        ci_upper=ci_upper,
        p_value=p_value,
        cell_sd=np.where(lends, sd, found.cell_sd),
        reason=reason,
        flags=tuple(sorted(set(reason.ravel().tolist()) - {""})),
    )


def _shared_persons(
    cell: NDArray[np.int_], person: NDArray[np.int_], valid: Flags
) -> tuple[NDArray[np.int_], NDArray[np.int_], Floats]:
    """The pairs of cells (in both orders) that share persons, and how many by variable, shape (K, p)."""
    size = int(cell.max(initial=0)) + 1
    codes, place = np.unique(person.astype(np.int64) * size + cell, return_inverse=True)
    rated = np.zeros((codes.size, valid.shape[1]), dtype=bool)
    np.logical_or.at(rated, place.ravel(), valid)
    who, cells = np.divmod(codes, size)
    first, second = person_pairs(who)
    kinds, kind = np.unique(cells[first] * size + cells[second], return_inverse=True)
    shared = np.zeros((kinds.size, valid.shape[1]))
    np.add.at(shared, kind.ravel(), rated[first] & rated[second])
    return kinds // size, kinds % size, shared
