"""Correlations of bootstrap samples of persons or organisations, all samples in one product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_CHUNK = 4_000_000
"""Numbers in one stack: bounds the memory."""


def drawn_counts(n_units: int, n_boot: int, rng: np.random.Generator) -> FloatArray:
    """How often each unit is drawn in each sample, shape (n_boot, n_units).

    Examples
    --------
    >>> drawn_counts(5, 2, np.random.default_rng(0)).sum(axis=1)
    array([5., 5.])
    """
    drawn = rng.integers(n_units, size=(n_boot, n_units))
    places = drawn + n_units * np.arange(n_boot)[:, None]
    counts = np.bincount(places.ravel(), minlength=n_boot * n_units)
    return counts.reshape(n_boot, n_units).astype(np.float64)


def resampled_correlations(
    x: FloatArray, n_boot: int, rng: np.random.Generator, *, units: NDArray[np.int_] | None = None
) -> FloatArray:
    """Correlations of bootstrap samples, in which units are drawn with all of their rows.

    Each unit's cross-products are summed once; a sample is then a weighted sum of them, and all samples are one product
    of matrices. Where answers are missing, each correlation is that of the rows which answered both variables.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        NaN is not answered.
    n_boot : int
        Samples.
    rng : Generator
    units : ndarray of int, shape (n,), optional
        Whom each row comes from; by default each row is a unit.

    Returns
    -------
    ndarray, shape (n_boot, p, p)
        NaN where a variable does not vary in a sample.

    References
    ----------
    Davison & Hinkley (1997), doi:10.1017/CBO9780511802843

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(200, 2)) @ np.array([[1.0, 0.5], [0.0, 0.5]])
    >>> bool(abs(resampled_correlations(x, 500, rng)[:, 0, 1].mean() - np.corrcoef(x.T)[0, 1]) < 0.02)
    True
    """
    n, p = x.shape
    _, unit = np.unique(np.arange(n) if units is None else units, return_inverse=True)
    sums = _sums_by_unit(x, unit)
    n_units = len(sums)
    most = max(_CHUNK // max(n_units, 1), 1)
    found = np.empty((n_boot, p, p))
    for start in range(0, n_boot, most):
        stop = min(start + most, n_boot)
        found[start:stop] = _correlations(drawn_counts(n_units, stop - start, rng) @ sums, p)
    return found


def weighted_correlations(x: FloatArray, weights: FloatArray) -> FloatArray:
    """Correlations under weights of the rows: `weights` is (samples, n), the result (samples, p, p)."""
    return _correlations(weights @ _sums_by_unit(x, np.arange(len(x))), x.shape[1])


def _sums_by_unit(x: FloatArray, unit: NDArray[np.int_]) -> FloatArray:
    """Of each unit, for every pair of variables: rows with both, sums, squares and products."""
    answered = ~np.isnan(x)
    # about the mean and in standard deviations, for the sake of the digits
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0)
    z = np.where(np.isfinite(z), z, 0.0)
    a, b = np.triu_indices(x.shape[1])
    if answered.all():
        columns = [np.ones((len(x), 1)), z, z[:, a] * z[:, b]]
    else:
        both = (answered[:, a] & answered[:, b]).astype(np.float64)
        products = z[:, a] * z[:, b]
        columns = [both, z[:, a] * both, z[:, b] * both, z[:, a] ** 2 * both, z[:, b] ** 2 * both, products]
    wide = np.concatenate(columns, axis=1)
    if np.array_equal(unit, np.arange(len(x))):
        return wide
    order = np.argsort(unit, kind="stable")
    starts = np.flatnonzero(np.diff(unit[order], prepend=-1))
    return np.add.reduceat(wide[order], starts, axis=0)


def _correlations(sums: FloatArray, p: int) -> FloatArray:
    a, b = np.triu_indices(p)
    m = a.size
    with np.errstate(invalid="ignore", divide="ignore"):
        if sums.shape[1] == 1 + p + m:
            mean = sums[:, 1 : 1 + p] / sums[:, :1]
            covariance = sums[:, 1 + p :] / sums[:, :1] - mean[:, a] * mean[:, b]
            variance = covariance[:, a == b]
            variance[variance < 1e-12] = np.nan
            pairs = covariance / np.sqrt(variance[:, a] * variance[:, b])
        else:
            n, sum_a, sum_b, square_a, square_b, products = np.split(sums, 6, axis=1)
            spread_a, spread_b = square_a / n - (sum_a / n) ** 2, square_b / n - (sum_b / n) ** 2
            spread = np.where((spread_a < 1e-12) | (spread_b < 1e-12), np.nan, spread_a * spread_b)
            pairs = (products / n - sum_a * sum_b / n**2) / np.sqrt(spread)
    found = np.empty((len(sums), p, p))
    found[:, a, b] = pairs
    found[:, b, a] = pairs
    return found
