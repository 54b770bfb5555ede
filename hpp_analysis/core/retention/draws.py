"""Correlation matrices of data without factors, or with known ones: shuffled answers, and Wishart draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from hpp_analysis.core.arrays import Flags, Floats

_CHUNK = 4_000_000
"""Numbers held at once."""


def normal_correlations(
    n: int, p: int, n_sets: int, rng: np.random.Generator, root: Floats | None = None
) -> Iterator[Floats]:
    r"""Correlation matrices of samples of normal variables, without the samples.

    The cross-products about the means of n normal rows follow a Wishart distribution with n - 1 degrees of freedom.
    Bartlett's decomposition draws them as :math:`L A A' L'`, with A lower triangular, roots of chi-squares with
    :math:`n - 1, \dots, n - p` degrees of freedom on its diagonal and standard normals below (Bartlett 1934; Smith &
    Hocking 1972, doi:10.2307/2346290). The work does not grow with n. With n up to p the samples themselves are drawn.

    Parameters
    ----------
    n, p : int
        Rows (at least 2) and variables.
    n_sets : int
    rng : Generator
    root : ndarray, shape (p, p), optional
        L, lower triangular: the covariance of the variables is :math:`LL'`. By default they are independent.

    Yields
    ------
    ndarray, shape (sets, p, p)
        In portions; together `n_sets` matrices.

    Examples
    --------
    >>> (r,) = normal_correlations(50, 3, 4, np.random.default_rng(1))
    >>> r.shape, bool((np.abs(r) <= 1 + 1e-12).all())
    ((4, 3, 3), True)
    """
    whole = n > p
    per = max(1, _CHUNK // (p * (p if whole else max(n, p))))
    below = np.tril_indices(p, -1)
    for begin in range(0, n_sets, per):
        sets = min(per, n_sets - begin)
        if whole:
            a = np.zeros((sets, p, p))
            a[:, below[0], below[1]] = rng.standard_normal((sets, below[0].size))
            place = np.arange(p)
            a[:, place, place] = np.sqrt(rng.chisquare(n - 1 - place, (sets, p)))
        else:
            x = rng.standard_normal((sets, n, p))
            a = np.swapaxes(x - x.mean(axis=1, keepdims=True), 1, 2)
        yield _correlations(a if root is None else root @ a)


def _correlations(a: Floats) -> Floats:
    """Scale rows to length 1, and multiply: the correlations of the cross-products a a'."""
    a = a / np.sqrt(np.sum(a**2, axis=2, keepdims=True))
    return np.asarray(a @ np.swapaxes(a, 1, 2))


def permuted_correlations(
    x: Floats, n_sets: int, rng: np.random.Generator, *, size: int | None = None
) -> Iterator[Floats]:
    """Correlation matrices of answers of which every column is shuffled by itself.

    Shuffled items keep their distributions and their gaps, and share nothing but chance (Buja & Eyuboglu 1992,
    doi:10.1207/s15327906mbr2704_2). Gaps are deleted pairwise.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        NaN is not answered.
    n_sets : int
    rng : Generator
    size : int, optional
        Take so many of the shuffled rows; by default all.

    Yields
    ------
    ndarray, shape (sets, p, p)
        In portions; together `n_sets` matrices. NaN in the row and column of an item that does not vary.
    """
    held, answered = _standardised(x)
    p = len(held)
    per = max(1, _CHUNK // (p * p))
    # of some of the rows the means are not 0 and the lengths not 1
    plain = bool(answered.all()) and size is None
    shuffled = np.where(answered, held, np.nan)
    for begin in range(0, n_sets, per):
        r = np.empty((min(per, n_sets - begin), p, p))
        for one in r:
            rng.permuted(shuffled, axis=1, out=shuffled)
            np.matmul(shuffled, shuffled.T, out=one) if plain else _pairwise(shuffled[:, :size], one)
        yield r


def _standardised(x: Floats) -> tuple[Floats, Flags]:
    """Items in rows, about their means and of length 1 (NaN: does not vary), 0 where not answered."""
    x = np.ascontiguousarray(np.asarray(x, dtype=np.float64).T)
    answered = ~np.isnan(x)
    count = np.maximum(answered.sum(axis=1, keepdims=True), 1)
    filled = np.where(answered, x, 0.0)
    filled = np.where(answered, filled - filled.sum(axis=1, keepdims=True) / count, 0.0)
    length = np.sqrt(np.sum(filled**2, axis=1, keepdims=True))
    varies = length > 1e-12 * np.sqrt(count) * np.maximum(
        np.nanmax(np.abs(x), axis=1, keepdims=True, initial=0.0), 1e-300
    )
    return filled / np.where(varies, length, np.nan), answered


def _pairwise(x: Floats, out: Floats) -> None:
    """Correlate rows over the places where both are answered."""
    p = len(x)
    answered = ~np.isnan(x)
    held = np.where(answered, x, 0.0)
    # one product of everything with everything: values, squares, and which are answered
    parts = np.concatenate([held, held**2, answered])
    products = parts @ parts.T
    cross, sums, n = products[:p, :p], products[:p, 2 * p :], products[2 * p :, 2 * p :]
    with np.errstate(divide="ignore", invalid="ignore"):
        square = products[p : 2 * p, 2 * p :] - sums**2 / n
        spread = np.sqrt(np.maximum(square, 0.0))
        np.divide(cross - sums * sums.T / n, spread * spread.T, out=out)
    np.clip(out, -1.0, 1.0, out=out)


def recorrelated(
    x: Floats, n_sets: int, rng: np.random.Generator, correlate: Callable[[Floats], Floats], *, size: int | None = None
) -> Iterator[Floats]:
    """As `permuted_correlations`, for correlations of another kind: `correlate` turns shuffled rows into a matrix."""
    shuffled = np.array(x.T, order="C")
    for _set in range(n_sets):
        rng.permuted(shuffled, axis=1, out=shuffled)
        yield correlate(shuffled.T[:size])[None]
