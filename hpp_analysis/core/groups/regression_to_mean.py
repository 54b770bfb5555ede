"""Regression to the mean: how much means that were chosen for being low rise when nothing changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
Ints: TypeAlias = NDArray[np.int_]

MIN_DF = 3
"""Degrees of freedom from which on the spread of true values between groups is estimated."""


@dataclass(frozen=True, slots=True)
class Ratings:
    """The ratings of one wave.

    Attributes
    ----------
    y : ndarray, shape (n, p)
        NaN where not answered.
    cell, person : ndarray of int, shape (n,)
        Numbers that mean the same in both waves.
    """

    y: Floats
    cell: Ints
    person: Ints


def chance_change(deviation: Floats, error: Floats, carried: Floats, df: float) -> Floats:
    r"""Change of observed means that is expected when no true value changes.

    An observed mean lies :math:`d` from the mean of its set. Of that, the share

    .. math:: B = \frac{df - 1}{df} \frac{v - c}{\tau^2 + v}

    is chance that does not come back: :math:`v` is the variance of its sampling error, :math:`c` how much of it the second
    wave shares because the same persons answer, and :math:`\tau^2` the variance of the true values, by moments. The expected
    change is :math:`-B d`. With equal errors and normal values the factor :math:`(df - 1) / df` makes it unbiased for the
    lowest k of m, whatever k: the length and the direction of the vector of deviations are independent, and
    :math:`E(\chi_{df}) = (df - 1) E(1 / \chi_{df})`.

    Parameters
    ----------
    deviation, error, carried : ndarray of equal shape
        NaN where there is none.
    df : float
        Degrees of freedom of the deviations.

    References
    ----------
    Barnett, van der Pols & Dobson (2005), doi:10.1093/ije/dyh299; Efron & Morris (1973), doi:10.1080/01621459.1973.10481350

    Examples
    --------
    >>> d = np.array([-1.0, 0.0, 0.0, 1.0])
    >>> chance_change(d, np.full(4, 0.1), np.zeros(4), df=3).round(4)
    array([ 0.1333, -0.    , -0.    , -0.1333])
    """
    nothing: Floats = np.full(deviation.shape, np.nan)
    known = np.isfinite(deviation) & np.isfinite(error)
    if df < MIN_DF or not known.any():
        return nothing
    true = float(np.mean(deviation[known] ** 2 - error[known]))
    lost = (df - 1) / df * (error - np.clip(carried, 0.0, error))
    # a mean cannot be expected to pass that of its set; otherwise the estimate of the spread may fall below 0
    share = lost / np.maximum(true + error, np.where(lost > 0, lost, 1.0))
    return np.asarray(np.where(known, -share * deviation, np.nan))


def expected_change(
    first: Ratings, second: Ratings, groups: NDArray[np.bool_], strata: Ints
) -> tuple[Floats, NDArray[np.bool_]]:
    """Change of the means of groups of cells that is expected of chance alone, when some were chosen for being low.

    The means of a group are compared with each other (its lowest variables rise), and groups of one stratum with each other (the
    lowest groups rise). Both parts add up.

    Parameters
    ----------
    first, second : Ratings
        The wave in which the choice was made, and a later one.
    groups : ndarray of bool, shape (G, C)
        The cells of each group; their means count equally.
    strata : ndarray of int, shape (G,)
        Groups with the same number are compared.

    Returns
    -------
    expected : ndarray, shape (G, p)
        NaN where a group has no answers or fewer than two persons.
    between : ndarray of bool, shape (G,)
        Whether the second part could be estimated: it needs four groups or so.
    """
    n_cells, n_variables = groups.shape[1], first.y.shape[1]
    mean, n, deviation = _cell_means(first, n_cells)
    _mean, n_second, deviation_second = _cell_means(second, n_cells)
    own, own_second = _row_mean(deviation)[:, None], _row_mean(deviation_second)[:, None]
    # cells of which only the mean is known tell nothing of the spread, and take it from the others
    spread, spread_second = (
        _has_spread(one, of, n_cells) for one, of in ((deviation, first), (deviation_second, second))
    )
    df_cells = np.maximum(n - 1, 0) * spread[:, None]

    one, other = _both_waves(first, second)
    in_both = (spread & spread_second)[first.cell[one]]
    n_both = np.zeros((n_cells, n_variables))
    within, within_second = deviation - own, deviation_second - own_second
    product = within[one] * within_second[other]
    np.add.at(n_both, first.cell[one], np.isfinite(product))
    known = np.isfinite(product) & in_both[:, None]
    # deviations from the means of both cells: taking these off leaves so much of each product
    left = _left_of_products(n, n_second, n_both)
    expected_sum = np.where(known, left[first.cell[one]], 0.0).sum(axis=0)
    alike = np.where(known, product, 0.0).sum(axis=0) / np.where(expected_sum > 0, expected_sum, 1.0)
    variance = np.nansum(within**2, axis=0) / np.maximum(df_cells.sum(axis=0), 1)
    usable = (n >= 2) & (variance > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(usable, variance / n, np.nan)
        carried = np.where(usable, alike * n_both / np.maximum(n * n_second, 1), 0.0)

    weights = groups / np.maximum(groups.sum(axis=1, keepdims=True), 1)
    group_mean = _weighed(weights, mean)
    centre = _row_mean(group_mean)
    parts = np.where(np.isfinite(group_mean), 0.0, np.nan)
    if n_variables > 1:
        d = group_mean - centre[:, None]
        df = float(np.isfinite(d).sum() - np.isfinite(d).any(axis=1).sum())
        parts = chance_change(d, _weighed(weights**2, error), _weighed(weights**2, carried), df)

    n_own, n_own_second = n.max(axis=1), n_second.max(axis=1)
    both_own = (own[one, 0] * own_second[other, 0])[in_both]
    n_pairs = np.bincount(first.cell[one], minlength=n_cells).astype(np.float64)
    left_own = _left_of_products(n_own, n_own_second, n_pairs)[first.cell[one][in_both]]
    alike_own = float(np.nansum(both_own)) / max(float(left_own.sum()), 1.0)
    variance_own = float(np.nansum(own**2)) / max(float(df_cells.max(axis=1).sum()), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        error_own = np.where(n_own >= 2, variance_own / n_own, np.nan)
        carried_own = np.where(n_own >= 2, alike_own * n_pairs / np.maximum(n_own * n_own_second, 1), 0.0)
    counted = np.isfinite(centre)
    reference = np.full(len(strata), np.nan)
    for stratum in np.unique(strata[counted]):
        reference[strata == stratum] = np.nanmean(centre[strata == stratum])
    df_between = float(counted.sum() - len(np.unique(strata[counted])))
    between = np.full(len(strata), df_between >= MIN_DF)
    if df_between >= MIN_DF:
        square = weights**2
        whole = chance_change(
            centre - reference,
            _weighed(square, error_own[:, None])[:, 0],
            _weighed(square, carried_own[:, None])[:, 0],
            df_between,
        )
        parts = parts + np.nan_to_num(whole)[:, None]
    return parts, between


def _cell_means(ratings: Ratings, n_cells: int) -> tuple[Floats, Floats, Floats]:
    """Means and numbers of answers, cells x variables, and of each answer its deviation from the mean."""
    valid = np.isfinite(ratings.y)
    n, total = np.zeros((n_cells, ratings.y.shape[1])), np.zeros((n_cells, ratings.y.shape[1]))
    np.add.at(n, ratings.cell, valid)
    np.add.at(total, ratings.cell, np.where(valid, ratings.y, 0.0))
    mean = np.where(n > 0, total / np.maximum(n, 1), np.nan)
    return mean, n, ratings.y - mean[ratings.cell]


def _has_spread(deviation: Floats, ratings: Ratings, n_cells: int) -> NDArray[np.bool_]:
    """Which cells hold answers that differ; rounding leaves a trace of equal ones."""
    largest = np.zeros(n_cells)
    np.maximum.at(largest, ratings.cell, np.nan_to_num(np.abs(deviation)).max(axis=1, initial=0.0))
    return np.asarray(largest > 1e-9)


def _row_mean(values: Floats) -> Floats:
    valid = np.isfinite(values)
    n = valid.sum(axis=1)
    return np.asarray(np.where(n > 0, np.where(valid, values, 0.0).sum(axis=1) / np.maximum(n, 1), np.nan))


def _left_of_products(n: Floats, n_second: Floats, n_both: Floats) -> Floats:
    """Share of the covariance of two deviations that is left once the means of their cells are taken off."""
    one, other = np.maximum(n, 1), np.maximum(n_second, 1)
    return np.asarray(1.0 - 1.0 / one - 1.0 / other + n_both / (one * other))


def _weighed(weights: Floats, values: Floats) -> Floats:
    """Weighted sums over cells; NaN where a cell with weight has no value."""
    missing = (weights > 0).astype(float) @ (~np.isfinite(values)).astype(float) > 0
    return np.where(missing, np.nan, weights @ np.where(np.isfinite(values), values, 0.0))


def _both_waves(first: Ratings, second: Ratings) -> tuple[Ints, Ints]:
    """Places of the ratings that a person gave in the same cell in both waves."""
    where = {key: place for place, key in enumerate(zip(second.person.tolist(), second.cell.tolist(), strict=True))}
    keys = zip(first.person.tolist(), first.cell.tolist(), strict=True)
    pairs = [(place, where[key]) for place, key in enumerate(keys) if key in where]
    found = np.array(pairs, dtype=int).reshape(-1, 2)
    return found[:, 0], found[:, 1]
