"""How large is a difference, and is it too small to matter? Standardised differences and tests of equivalence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from hpp_analysis.core.arrays import Floats, Ints


@dataclass(frozen=True, slots=True)
class Effect:
    """A standardised difference.

    Attributes
    ----------
    effect, ci_lower, ci_upper : float
        In standard deviations between persons; NaN where those are unknown or 0.
    sd : float
        What one standard deviation is.
    df : float
        Degrees of freedom of its square.
    """

    effect: float
    ci_lower: float
    ci_upper: float
    sd: float
    df: float


def standardised_difference(
    difference: float,
    se: float,
    df: float,
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
    difference, se, df : float
        As `contrast_means` gives them.
    cell_sd, cell_n : ndarray, shape (C,)
        Standard deviation and persons of each cell.
    first, second : ndarray, shape (C,)
        How each side's mean weighs the cells; each sums to 1.
    conf_level : float

    References
    ----------
    Hedges (1981), doi:10.3102/10769986006002107; Bonett (2008), doi:10.1037/1082-989X.13.2.99; Delacre, Lakens, Ley, Liu &
    Leys (2021), doi:10.31234/osf.io/tu6mp (the degrees of freedom)

    Examples
    --------
    >>> one = standardised_difference(
    ...     2.0, 1.0, 8.0, np.array([1.5, 1.5]), np.array([5, 5]), np.array([1.0, 0.0]), np.array([0.0, 1.0])
    ... )
    >>> round(one.effect, 2), one.df
    (1.2, 8.0)
    """
    weights = 0.5 * (first + second)
    used = weights > 0.0
    nan = float("nan")
    n, sd = cell_n[used], cell_sd[used]
    if not np.isfinite(difference) or not used.any() or (n < 2).any() or not np.all(np.isfinite(sd)):
        return Effect(nan, nan, nan, nan, nan)
    parts = weights[used] * sd**2
    variance = float(parts.sum())
    if variance <= 0.0:
        return Effect(nan, nan, nan, 0.0, nan)
    nu = variance**2 / float(np.sum(parts**2 / (n - 1.0)))
    s, j = np.sqrt(variance), _hedges(nu)
    d = difference / s
    beside = 1.0 / df - 1.0 / nu
    quantile = stats.t.ppf((1.0 + conf_level) / 2.0, 1.0 / beside if beside > 1e-9 else np.inf)
    half = quantile * np.sqrt(se**2 / variance + d**2 / (2.0 * nu))
    return Effect(float(j * d), float(j * (d - half)), float(j * (d + half)), float(s), nu)


def _hedges(nu: float) -> float:
    """What takes the bias from a standardised difference; 1 for many degrees of freedom."""
    if nu <= 1.0:
        return float("nan")
    return float(np.exp(special.gammaln(nu / 2.0) - special.gammaln((nu - 1.0) / 2.0)) / np.sqrt(nu / 2.0))


def equivalence_p(difference: float, se: float, df: float, margin: float) -> float:
    """The p-value of two one-sided tests: of the hypothesis that a difference is at least as large as the margin.

    References
    ----------
    Schuirmann (1987), doi:10.1007/BF01068419

    Examples
    --------
    >>> round(equivalence_p(0.1, 0.2, 30.0, 0.5), 3)
    0.027
    """
    if not (np.isfinite(difference) and np.isfinite(se)):
        return float("nan")
    room = margin - abs(difference)
    if se == 0.0:
        return 0.0 if room > 0.0 else 1.0
    return float(stats.t.sf(room / se, df))
