"""How large is a difference, and is it too small to matter? Standardised differences and tests of equivalence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from hpp_analysis.core.arrays import Floats, Ints


@dataclass(frozen=True, slots=True)
class Effect:
    """A standardised difference.

    Attributes
    ----------
    effect, ci_lower, ci_upper : ndarray, shape (p,)
        In standard deviations between persons; NaN where those are unknown or 0.
    sd : ndarray, shape (p,)
        What one standard deviation is.
    df : ndarray, shape (p,)
        Degrees of freedom of its square.
    """

    effect: Floats
    ci_lower: Floats
    ci_upper: Floats
    sd: Floats
    df: Floats


def standardised_difference(
    difference: Floats,
    se: Floats,
    df: Floats,
    cell_sd: Floats,
    cell_n: Ints,
    first: Floats,
    second: Floats,
    *,
    conf_level: float = 0.95,
) -> Effect:
    r"""Divide a difference between two sides by the standard deviation between persons.

    .. math:: g = J(\nu)\, \frac{\bar y_1 - \bar y_2}{s}, \qquad s^2 = \tfrac12 (s_1^2 + s_2^2),

    where each side's variance is that within its cells, weighed as its mean, and J is Hedges' exact correction at the
    Satterthwaite degrees of freedom of s squared. The mean of both variances does not depend on how many of a side
    answered (Bonett, 2008). The interval is by the delta method, from the standard error of the difference, however it was
    found, and that of s. Its quantile is that of t with

    .. math:: 1 / (1 / df - 1 / \nu)

    degrees of freedom: what is uncertain in the standard error beside what s already tells. Where each person gives one
    rating that is nothing, and the interval is Bonett's, with a normal quantile; a quantile of t with df would count the
    same uncertainty twice.

    Parameters
    ----------
    difference, se, df : ndarray, shape (p,)
        Of each variable, as `contrast_means_many` gives them.
    cell_sd, cell_n : ndarray, shape (C, p)
        Standard deviation and persons of each cell.
    first, second : ndarray, shape (C, p)
        How each side's mean weighs the cells; each sums to 1.
    conf_level : float

    References
    ----------
    Hedges (1981), doi:10.3102/10769986006002107; Bonett (2008), doi:10.1037/1082-989X.13.2.99; Delacre, Lakens, Ley, Liu &
    Leys (2021), doi:10.31234/osf.io/tu6mp (the degrees of freedom)

    Examples
    --------
    >>> numbers = (np.array([number]) for number in (2.0, 1.0, 8.0))
    >>> cells = (np.array(number)[:, None] for number in ([1.5, 1.5], [5, 5], [1.0, 0.0], [0.0, 1.0]))
    >>> one = standardised_difference(*numbers, *cells)
    >>> one.effect.round(2), one.df
    (array([1.2]), array([8.]))
    """
    weights = 0.5 * (first + second)
    used = weights > 0.0
    sd = np.where(used, cell_sd, 0.0)
    known = np.isfinite(difference) & used.any(axis=0) & np.all(~used | ((cell_n >= 2) & np.isfinite(sd)), axis=0)
    parts = np.where(known, weights * sd**2, np.nan)
    variance = parts.sum(axis=0)
    varies = variance > 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        nu = np.where(varies, variance**2 / np.sum(parts**2 / np.where(used, cell_n - 1.0, 1.0), axis=0), np.nan)
        s = np.sqrt(variance)
        d = np.where(varies, difference / s, np.nan)
        beside = 1.0 / df - 1.0 / nu
        quantile = special.stdtrit(np.where(beside > 1e-9, 1.0 / beside, np.inf), (1.0 + conf_level) / 2.0)
        half = quantile * np.sqrt(se**2 / variance + d**2 / (2.0 * nu))
    j = _hedges(nu)
    return Effect(j * d, j * (d - half), j * (d + half), s, nu)


def _hedges(nu: Floats) -> Floats:
    """What takes the bias from a standardised difference; 1 for many degrees of freedom."""
    nu = np.where(nu > 1.0, nu, np.nan)
    return np.asarray(np.exp(special.gammaln(nu / 2.0) - special.gammaln((nu - 1.0) / 2.0)) / np.sqrt(nu / 2.0))


def equivalence_p(difference: Floats, se: Floats, df: Floats, margin: float) -> Floats:
    """The p-value of two one-sided tests: of the hypothesis that a difference is at least as large as the margin.

    References
    ----------
    Schuirmann (1987), doi:10.1007/BF01068419

    Examples
    --------
    >>> equivalence_p(np.array([0.1]), np.array([0.2]), np.array([30.0]), 0.5).round(3)
    array([0.027])
    """
    room = margin - np.abs(difference)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = special.stdtr(df, -room / se)
    p_value = np.where(se == 0.0, np.where(room > 0.0, 0.0, 1.0), p_value)
    return np.where(np.isfinite(difference) & np.isfinite(se), p_value, np.nan)
