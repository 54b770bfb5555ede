"""Cells whose spread is too small to believe: intervals that also hold where variances are drawn to those of all cells."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hpp_analysis.core.arrays import Flags, Floats
from hpp_analysis.core.groups.cell_means import CellRatings, Contrasts, contrast_ratings, t_intervals

_BEYOND_CHANCE = 1.0
"""Standard errors by which variances must differ more than by chance before cells count as of different spread. Our own
rule, from simulations (docs/verdict.md): with 0 many studies of cells that spread alike hardly pool."""


@dataclass(frozen=True, slots=True)
class SpreadPrior:
    """What the cells of a study together say of the variance within one of them, an entry per variable.

    Attributes
    ----------
    variance : ndarray, shape (p,)
        Pooled within cells.
    df : ndarray, shape (p,)
        How many degrees of freedom it is worth beside those of a cell: many where cells spread alike, few where they
        differ, 0 where nothing is known.
    pooled_df : ndarray, shape (p,)
        Degrees of freedom of all cells together; `df` is at most that.
    """

    variance: Floats
    df: Floats
    pooled_df: Floats


def spread_prior(n: Floats, variance: Floats) -> SpreadPrior:
    r"""Estimate the common variance of cells, and how much it says of a single one.

    Variances of cells are taken for scaled inverse chi-square draws of :math:`d_0` degrees of freedom (Smyth, 2004). With
    :math:`s^2` the pooled variance, :math:`d_c = n_c - 1`, :math:`D = \sum d_c` and :math:`\tau^2` the squared coefficient
    of variation of the true variances,

    .. math:: E \sum_c d_c (s_c^2 / s^2 - 1)^2 \approx 2 (1 + \tau^2)(C - 1) + \tau^2 (D - \textstyle\sum d_c^2 / D),

    which gives :math:`\tau^2`, after one standard error of the sum under equal variances is taken off, and
    :math:`d_0 = 2 (1 + \tau^2) / \tau^2`, at most D: the weight that a linear (credibility) estimate gives. Moments in the
    place of Smyth's logarithms stand cells in which all answers are equal.

    Parameters
    ----------
    n, variance : ndarray, shape (C, p)
        Persons in each cell, and the variance within it (divisor n - 1); cells of fewer than two persons do not count.

    References
    ----------
    Smyth (2004), doi:10.2202/1544-6115.1027; Bühlmann & Gisler (2005), doi:10.1007/3-540-29273-X

    Examples
    --------
    >>> alike = spread_prior(np.full((4, 1), 10), np.array([[1.0], [1.1], [0.9], [1.0]]))
    >>> apart = spread_prior(np.full((4, 1), 10), np.array([[0.2], [4.0], [0.5], [3.0]]))
    >>> alike.df, apart.df.round(1)
    (array([36.]), array([7.2]))
    """
    counts = (n > 1) & np.isfinite(variance)
    d = np.where(counts, n - 1.0, 0.0)
    s2 = np.where(counts, variance, 0.0)
    n_cells, total = counts.sum(axis=0), d.sum(axis=0)
    usable = (n_cells > 1) & (total > 0.0)
    divisor = np.where(usable, total, 1.0)
    pooled = np.sum(d * s2, axis=0) / divisor
    usable &= pooled > 0.0
    apart = np.sum(d * (s2 / np.where(usable, pooled, 1.0) - 1.0) ** 2, axis=0)
    chance = 2.0 * (n_cells - 1.0)
    inverse = np.sum(np.where(counts, 1.0 / np.where(counts, d, 1.0), 0.0), axis=0)
    error = np.sqrt(8.0 * np.maximum(n_cells - 1.0, 0.0) + 48.0 * inverse)
    slope = chance + total - np.sum(d**2, axis=0) / divisor
    tau2 = np.maximum(apart - chance - _BEYOND_CHANCE * error, 0.0) / np.where(usable, slope, 1.0)
    worth = 2.0 * (1.0 + tau2) / np.where(tau2 > 0.0, tau2, 1.0)
    df = np.where(tau2 > 0.0, np.minimum(worth, total), total)
    return SpreadPrior(np.where(usable, pooled, np.nan), np.where(usable, df, 0.0), np.where(usable, total, 0.0))


def moderated_variance(n: Floats, variance: Floats, prior: SpreadPrior) -> tuple[Floats, Floats]:
    r"""Draw the variances of cells to that of all, :math:`(d_0 s_0^2 + d_c s_c^2) / (d_0 + d_c)`.

    Returns
    -------
    variance, df : ndarray, shape (C, p)
        With the degrees of freedom :math:`d_0 + d_c`, at most those of all cells together.

    References
    ----------
    Smyth (2004), doi:10.2202/1544-6115.1027

    Examples
    --------
    >>> prior = SpreadPrior(np.array([2.0]), np.array([12.0]), np.array([40.0]))
    >>> moderated_variance(np.array([[5.0]]), np.array([[1.0]]), prior)
    (array([[1.75]]), array([[16.]]))
    """
    d = np.maximum(n - 1.0, 0.0)
    both = prior.df + d
    known = (prior.df > 0.0) & np.isfinite(variance)
    drawn = (prior.df * prior.variance + d * variance) / np.where(known, both, 1.0)
    return np.where(known, drawn, variance), np.where(known, np.minimum(both, np.maximum(prior.pooled_df, d)), d)


def contrast_moderated(
    ratings: CellRatings, weights: Floats, prior: SpreadPrior, *, known: Flags, conf_level: float = 0.95
) -> Contrasts:
    """Estimate combinations of cell means with the moderated variances of cells; the means stay as they are.

    Parameters
    ----------
    ratings : CellRatings
    weights : ndarray, shape (q, C, p)
    prior : SpreadPrior
    known : ndarray of bool, shape (p,)
        Of which variables equal ratings in a cell are answers; of the others they stand for a mean, and the cell adds nothing.
    conf_level : float

    Returns
    -------
    Contrasts
        With degrees of freedom that count those of the prior, at most those of all cells together. `cell_sd` is that of
        the answers.
    """
    n = ratings.n.astype(np.float64)
    own = ratings.sd**2
    variance, df = moderated_variance(n, own, prior)
    varies = ratings.sd > 0.0
    ratio = np.where(varies, np.sqrt(variance) / np.where(varies, ratings.sd, 1.0), 1.0)
    drawn = replace(ratings, deviation=ratings.deviation * ratio[ratings.cell], sd=ratings.sd * ratio)
    found = contrast_ratings(drawn, weights, conf_level=conf_level)
    # of each combination, what every cell adds to its variance if no person rates two
    parts = weights**2 * np.where(n > 1, np.nan_to_num(variance) / np.maximum(n, 1.0), 0.0)
    alike = (ratings.sd == 0.0) & (n > 1)
    still, moving = np.where(alike & known, parts, 0.0), np.where(alike, 0.0, parts)

    def uncertain(each: Floats, degrees: Floats) -> Floats:
        return np.asarray(np.sum(np.where(each > 0.0, each**2 / np.where(degrees > 0.0, degrees, 1.0), 0.0), axis=1))

    before, after = uncertain(moving, np.maximum(n - 1.0, 1.0)), uncertain(moving, df)
    with np.errstate(divide="ignore", invalid="ignore"):
        varied = found.se**2
        varied_df = np.where(after > 0.0, found.df * before / after, found.df)
        total = varied + still.sum(axis=1)
        squares = np.where(varied > 0.0, varied**2 / varied_df, 0.0) + uncertain(still, df)
        degrees = np.minimum(total**2 / squares, np.maximum(prior.pooled_df, found.df_design))
    se = np.sqrt(total)
    lower, upper, p_value = t_intervals(found.estimate, se, degrees, conf_level)
    return replace(found, se=se, df=degrees, ci_lower=lower, ci_upper=upper, p_value=p_value, cell_sd=ratings.sd)


def wider(own: Contrasts, moderated: Contrasts) -> Contrasts:
    """Take of each combination the wider interval, with its standard error and degrees of freedom.

    Where the cells of a study spread differently, drawing their variances together makes intervals of the cells with
    most spread too narrow. So an interval is never narrower than that of the cell's own answers.
    """
    takes = (moderated.ci_upper - moderated.ci_lower > own.ci_upper - own.ci_lower) & (own.reason == "")
    names = ("se", "df", "ci_lower", "ci_upper", "p_value")
    chosen = {name: np.where(takes, getattr(moderated, name), getattr(own, name)) for name in names}
    return replace(own, **chosen)
