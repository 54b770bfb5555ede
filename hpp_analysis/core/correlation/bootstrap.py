"""The bootstrap and the jackknife of units: samples as weights of rows, and intervals from their statistics."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from hpp_analysis.core.arrays import Floats

_CHUNK = 4_000_000
"""Numbers held at once by the weights of samples."""


_JACKKNIFE = 200
"""The most groups of units that the jackknife leaves out in turn."""


_DEFINED = 0.9
"""The share of samples in which a statistic must have a value to get an interval."""


def drawn_weights(
    unit: NDArray[np.intp], n_samples: int, rng: np.random.Generator, *, size: int | None = None, width: int = 0
) -> Iterator[Floats]:
    """Draw units with replacement; yield how often each row occurs, in parts that fit in memory.

    Parameters
    ----------
    unit : ndarray of int, shape (n,)
        Whom each row comes from, coded from 0: units are drawn, with all of their rows.
    n_samples : int
    rng : Generator
    size : int, optional
        Units of a sample; by default as many as there are.
    width : int
        Numbers that the caller holds for each sample besides its weights.

    Yields
    ------
    ndarray, shape (b, n)

    Examples
    --------
    >>> parts = list(drawn_weights(np.array([0, 0, 1]), 5, np.random.default_rng(0)))
    >>> parts[0].shape, bool((parts[0][:, 0] == parts[0][:, 1]).all())
    ((5, 3), True)
    """
    n = int(unit.max()) + 1 if unit.size else 0
    left, most = n_samples, max(_CHUNK // max(len(unit), width, 1), 1)
    while left > 0:
        b = min(most, left)
        chosen = rng.integers(n, size=(b, n if size is None else size)) + n * np.arange(b)[:, None]
        counts = np.bincount(chosen.ravel(), minlength=b * n).reshape(b, n).astype(np.float64)
        left -= b
        yield counts if n == len(unit) and np.array_equal(unit, np.arange(n)) else counts[:, unit]


def left_out_weights(unit: NDArray[np.intp]) -> Floats:
    """The jackknife, as weights: all rows but those of one unit, or of one of 200 groups of units where there are more.

    The acceleration of BCa intervals is the same to first order whether units or groups of them are left out: groups of
    h have a skewness that is smaller by the root of h, and there are h times fewer.

    Parameters
    ----------
    unit : ndarray of int, shape (n,)

    Returns
    -------
    ndarray, shape (g, n)
    """
    n = int(unit.max()) + 1
    group = np.arange(n) % min(n, _JACKKNIFE)
    return np.asarray(group[unit][None, :] != np.arange(group.max() + 1)[:, None], dtype=np.float64)


def percentile_bounds(values: Floats, levels: Floats) -> Floats:
    """Quantiles of each statistic over samples.

    Parameters
    ----------
    values : ndarray, shape (b, m)
        NaN where a sample has no value.
    levels : ndarray, shape (m, 2)
        Lower and upper level of each statistic.

    Returns
    -------
    ndarray, shape (m, 2)
        NaN where more than a tenth of the samples have no value, or a level is undefined.
    """
    bounds = np.full((values.shape[1], 2), np.nan)
    for place in range(values.shape[1]):
        defined = values[np.isfinite(values[:, place]), place]
        if defined.size >= _DEFINED * len(values) and defined.size and np.isfinite(levels[place]).all():
            bounds[place] = np.quantile(defined, levels[place])
    return bounds


def jackknife_levels(values: Floats, estimate: Floats, left_out: Floats, conf_level: float = 0.95) -> Floats:
    """The levels of BCa intervals of many statistics, with the acceleration of a jackknife.

    Parameters
    ----------
    values : ndarray, shape (b, m)
        Statistics of the samples; NaN where a sample has none.
    estimate : ndarray, shape (m,)
        Of the answers themselves.
    left_out : ndarray, shape (g, m)
        Of the weights of `left_out_weights`.
    conf_level : float

    Returns
    -------
    ndarray, shape (m, 2)
        NaN where a statistic is undefined.
    """
    skew = acceleration(left_out.mean(axis=0) - left_out)
    levels = np.full((estimate.size, 2), np.nan)
    for place in range(estimate.size):
        sample = values[np.isfinite(values[:, place]), place]
        levels[place] = bca_levels(sample, float(estimate[place]), float(skew[place]), tails(conf_level))
    return levels


def tails(conf_level: float) -> Floats:
    """The levels of an interval with equal tails.

    Examples
    --------
    >>> tails(0.5).tolist()
    [0.25, 0.75]
    """
    return np.array([(1.0 - conf_level) / 2.0, (1.0 + conf_level) / 2.0])


def bca_levels(sample: Floats, estimate: float, skew: float, tails: Floats) -> Floats:
    """The quantiles that take the place of the tails, corrected for bias and skewness.

    Parameters
    ----------
    sample : ndarray, shape (b,)
        The statistic in each sample, all finite.
    estimate : float
        The statistic of the data.
    skew : float
        The acceleration: a sixth of the skewness of the influence that each unit has on the statistic. 0 corrects for
        bias alone.
    tails : ndarray, shape (t,)
        Such as .025 and .975.

    Returns
    -------
    ndarray, shape (t,)
        NaN where nothing is known.

    References
    ----------
    Efron (1987), doi:10.1080/01621459.1987.10478410

    Examples
    --------
    >>> bca_levels(np.array([1.0, 2.0, 3.0, 4.0]), 2.5, 0.0, np.array([0.025, 0.975])).round(3)
    array([0.025, 0.975])
    """
    if not sample.size or not np.isfinite(estimate) or not np.isfinite(skew):
        return np.full(len(tails), np.nan)
    below = (np.sum(sample < estimate) + np.sum(sample == estimate) / 2.0) / sample.size
    bias = ndtri(np.clip(below, 0.5 / sample.size, 1.0 - 0.5 / sample.size))
    z = bias + ndtri(tails)
    return np.asarray(ndtr(bias + z / (1.0 - skew * z)))


def acceleration(influence: Floats) -> Floats:
    """A sixth of the skewness of the influence of each unit on statistics; 0 where there is no influence.

    Parameters
    ----------
    influence : ndarray, shape (n, k)
        How much each unit moves each of k statistics, centred (within strata, where units are drawn within them).

    Returns
    -------
    ndarray, shape (k,)

    References
    ----------
    Davison & Hinkley (1997), doi:10.1017/CBO9780511802843, sections 5.3 and 5.6

    Examples
    --------
    >>> acceleration(np.array([[-1.0], [-1.0], [2.0]])).round(4)
    array([0.068])
    """
    squares = (influence**2).sum(axis=0)
    cubes = (influence**3).sum(axis=0)
    size = np.where(squares == 0.0, 1.0, squares)  # NaN stays NaN
    return np.asarray(cubes / (6.0 * size**1.5))
