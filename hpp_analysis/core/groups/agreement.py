"""Do raters agree? Agreement within groups against a null of no agreement, and the variance between groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hpp_analysis.core.arrays import Floats, Ints
from hpp_analysis.core.reliability.intraclass import icc_from_f

_SLIGHT_SKEW = np.array([0.05, 0.15, 0.20, 0.35, 0.25])
"""Shares of five answers that lean a little to the high end (James, Demaree & Wolf 1984, doi:10.1037/0021-9010.69.1.85)."""


@dataclass(frozen=True, slots=True)
class Within:
    """How far the answers in each group lie apart; NaN where a group has fewer than two answers to every item.

    Attributes
    ----------
    variance : ndarray, shape (G,)
        The mean over items of the variance, with divisor n - 1.
    n_items : ndarray of int, shape (G,)
        Items that two or more of the group answered.
    ad_mean, ad_median : ndarray, shape (G,)
        The mean over items of the mean absolute deviation, from the item's mean or median in the group.
    """

    variance: Floats
    n_items: Ints
    ad_mean: Floats
    ad_median: Floats


@dataclass(frozen=True, slots=True)
class OneWay:
    """Variance between and within groups, and the intraclass correlations that follow from it.

    Attributes
    ----------
    n_groups, n : int
        Groups with an answer, and answers.
    mean_size, n0 : float
        The arithmetic mean of the group sizes, and that which makes the variance estimate unbiased.
    ms_between, ms_within, f, df1, df2, p : float
        The analysis of variance.
    icc1, icc1_n0 : float
        ICC(1) (Shrout & Fleiss: ICC(1,1)), with either group size: what share of the variance lies between groups.
    icc1_ci, icc1_n0_ci : (float, float)
        From the F distribution: exact where groups are equally large.
    icc2, icc2_ci : float, (float, float)
        ICC(2) in the sense of Bartko (Shrout & Fleiss: ICC(1,k)): how reliable group means are, from the F ratio; minus
        infinity where the means are equal.
    icc2_group_mean : float
        The mean over groups of the reliability of each group's own mean, by its size.
    reason : str
        Why nothing is defined, or "": "one_group", "groups_of_one", "no_variance".
    """

    n_groups: int
    n: int
    mean_size: float
    n0: float
    ms_between: float
    ms_within: float
    f: float
    df1: float
    df2: float
    p: float
    icc1: float
    icc1_ci: tuple[float, float]
    icc1_n0: float
    icc1_n0_ci: tuple[float, float]
    icc2: float
    icc2_ci: tuple[float, float]
    icc2_group_mean: float
    reason: str


def uniform_null(n_options: float) -> float:
    """The variance of answers that are spread evenly over a scale's options.

    Examples
    --------
    >>> uniform_null(5), uniform_null(10)
    (2.0, 8.25)
    """
    return (n_options**2 - 1.0) / 12.0


def skewed_null(n_options: int) -> float:
    """The variance of answers without agreement that lean a little to the high end.

    For five options these are the shares of James, Demaree & Wolf (1984); their shape, a histogram of five bars, is
    carried to any other number of options.

    Examples
    --------
    >>> round(skewed_null(5), 4), round(skewed_null(10), 4)
    (1.34, 5.61)
    """
    cumulated = np.r_[0.0, np.cumsum(_SLIGHT_SKEW)]
    edges = np.interp(np.linspace(0.0, 1.0, n_options + 1), np.linspace(0.0, 1.0, cumulated.size), cumulated)
    shares, options = np.diff(edges), np.arange(1.0, n_options + 1.0)
    return float(shares @ options**2 - (shares @ options) ** 2)


def within_groups(x: Floats, group: NDArray[np.int_], n_groups: int) -> Within:
    """How far answers lie apart within groups.

    Parameters
    ----------
    x : ndarray, shape (n, J)
        Answers to the items of one scale; NaN is not answered. Each item counts those who answered it.
    group : ndarray of int, shape (n,)
        The group of each row, 0 to `n_groups` - 1.
    n_groups : int

    References
    ----------
    Burke, Finkelstein & Dusig (1999), doi:10.1177/109442819921004
    """
    valid = ~np.isnan(x)
    n = _sums(valid.astype(float), group, n_groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = _sums(np.where(valid, x, 0.0), group, n_groups) / n
        deviation = np.where(valid, x - mean[group], 0.0)
        variance = _sums(deviation**2, group, n_groups) / (n - 1.0)
        from_mean = _sums(np.abs(deviation), group, n_groups) / n
        middle = np.where(valid, x - _medians(x, group, n_groups)[group], 0.0)
        from_median = _sums(np.abs(middle), group, n_groups) / n
    known = n > 1
    count = known.sum(axis=1)

    def average(values: Floats) -> Floats:
        total = np.where(known, values, 0.0).sum(axis=1)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    return Within(average(variance), count.astype(np.int64), average(from_mean), average(from_median))


def _sums(values: Floats, group: NDArray[np.int_], n_groups: int) -> Floats:
    """Sums of the rows of each group, shape (G, J)."""
    sums = np.empty((n_groups, values.shape[1]))
    for item, column in enumerate(values.T):
        sums[:, item] = np.bincount(group, weights=column, minlength=n_groups)
    return sums


def _medians(x: Floats, group: NDArray[np.int_], n_groups: int) -> Floats:
    """The median of the answers to each item in each group, shape (G, J)."""
    medians = np.full((n_groups, x.shape[1]), np.nan)
    for item, column in enumerate(x.T):
        valid = ~np.isnan(column)
        values, groups = column[valid], group[valid]
        order = np.lexsort((values, groups))
        values, count = values[order], np.bincount(groups, minlength=n_groups)
        some = count > 0
        start = (np.cumsum(count) - count)[some]
        low, high = start + (count[some] - 1) // 2, start + count[some] // 2
        medians[some, item] = (values[low] + values[high]) / 2.0
    return medians


def rwg(variance: Floats, null: float) -> Floats:
    """Agreement on one item, or the mean of that on several: the share of the null variance that is not there.

    Not cut at 0: negative where answers lie further apart than those of the null.

    References
    ----------
    James, Demaree & Wolf (1984), doi:10.1037/0021-9010.69.1.85; for several items Lindell, Brandt & Whitney (1999),
    doi:10.1177/01466219922031257

    Examples
    --------
    >>> rwg(np.array([1.0, 4.0]), 2.0)
    array([ 0.5, -1. ])
    """
    return np.asarray(1.0 - variance / null)


def rwg_j(variance: Floats, n_items: Ints, null: float) -> Floats:
    """Agreement on the mean of several items, by the Spearman-Brown formula; for one item it is `rwg`.

    Not cut at 0. Where answers lie further apart than those of the null the formula has a pole, and what it gives is
    of no use but as a sign; it is to be read as 0.

    References
    ----------
    James, Demaree & Wolf (1984), doi:10.1037/0021-9010.69.1.85

    Examples
    --------
    >>> rwg_j(np.array([1.0]), np.array([10]), 2.0).round(3)
    array([0.909])
    """
    share = variance / null
    above = n_items * (1.0 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n_items > 0, above / (above + share), np.nan)


def one_way(y: Floats, group: NDArray[np.int_], *, conf_level: float = 0.95) -> OneWay:
    r"""Compare the variance between groups with that within them.

    .. math:: ICC(1) = \frac{MS_b - MS_w}{MS_b + (k - 1) MS_w}, \qquad ICC(2) = \frac{MS_b - MS_w}{MS_b}

    Unequal groups have two usual k: the arithmetic mean of their sizes, and
    :math:`n_0 = (n - \sum n_g^2 / n) / (G - 1)`.

    Parameters
    ----------
    y : ndarray, shape (n,)
        NaN is not answered.
    group : ndarray of int, shape (n,)
    conf_level : float

    Notes
    -----
    A negative ICC(1) stays negative: answers differ more within groups than between them. The reliability of each
    group's mean, by contrast, starts from an ICC(1) of at least 0.

    References
    ----------
    Bartko (1976), doi:10.1037/0033-2909.83.5.762; Shrout & Fleiss (1979), doi:10.1037/0033-2909.86.2.420;
    Bliese & Halverson (1998), doi:10.1177/014920639802400102 (group sizes)

    Examples
    --------
    >>> round(one_way(np.array([1.0, 2.0, 5.0, 6.0]), np.array([0, 0, 1, 1])).icc1, 3)
    0.939
    """
    valid = ~np.isnan(y)
    codes, inverse, sizes = np.unique(group[valid], return_inverse=True, return_counts=True)
    values, n, k = y[valid], int(valid.sum()), codes.size
    reason = "one_group" if k < 2 else "groups_of_one" if n == k else ""
    if reason:
        return _undefined(k, n, reason)
    # about the grand mean first: large means would cost digits
    values = values - values.mean()
    means = np.bincount(inverse, weights=values) / sizes
    df1, df2 = float(k - 1), float(n - k)
    ms_between = float(np.sum(sizes * means**2) / df1)
    ms_within = float(np.sum((values - means[inverse]) ** 2) / df2)
    # what rounding leaves where all values, or all means, are equal: each is off by a few units in the last place
    smallest = (4.0 * np.finfo(float).eps * max(float(np.max(np.abs(y[valid]))), 1e-150)) ** 2 * n
    if max(ms_between, ms_within) <= smallest:
        return _undefined(k, n, "no_variance")
    f = 0.0 if ms_between <= smallest else ms_between / ms_within if ms_within > smallest else np.inf
    mean_size = n / k
    n0 = float((n - np.sum(sizes.astype(float) ** 2) / n) / df1)
    low = f / stats.f.ppf((1.0 + conf_level) / 2.0, df1, df2)
    high = f * stats.f.ppf((1.0 + conf_level) / 2.0, df2, df1)
    of_each = max(icc_from_f(f, mean_size), 0.0)
    return OneWay(
        n_groups=k,
        n=n,
        mean_size=mean_size,
        n0=n0,
        ms_between=ms_between,
        ms_within=ms_within,
        f=f,
        df1=df1,
        df2=df2,
        p=float(stats.f.sf(f, df1, df2)),
        icc1=icc_from_f(f, mean_size),
        icc1_ci=(icc_from_f(low, mean_size), icc_from_f(high, mean_size)),
        icc1_n0=icc_from_f(f, n0),
        icc1_n0_ci=(icc_from_f(low, n0), icc_from_f(high, n0)),
        icc2=_of_means(f),
        icc2_ci=(_of_means(low), _of_means(high)),
        icc2_group_mean=float(np.mean(sizes * of_each / (1.0 + (sizes - 1.0) * of_each))),
        reason="",
    )


def _of_means(f: float) -> float:
    return float(1.0 - 1.0 / f) if f > 0.0 else -np.inf


def _undefined(k: int, n: int, reason: str) -> OneWay:
    nan = float("nan")
    none = (nan, nan)
    size = n / k if k else nan
    return OneWay(k, n, size, nan, nan, nan, nan, nan, nan, nan, nan, none, nan, none, nan, none, nan, reason)
