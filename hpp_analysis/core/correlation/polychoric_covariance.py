"""How precise are thresholds and polychoric correlations? Their joint asymptotic covariance matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from hpp_analysis.core.correlation.bivariate_normal import Corners, bordered
from hpp_analysis.core.correlation.categories import Categories
from hpp_analysis.errors import OptionError

_FLOOR = 1e-15


@dataclass(frozen=True, slots=True)
class PolychoricCovariance:
    """Asymptotic covariances of the root of n times the estimates.

    Attributes
    ----------
    gamma : ndarray, shape (q, q)
        Thresholds first, item by item, then the correlations of pairs (1, 2), (1, 3), ..., (p - 1, p). Divide by `n`
        for the covariances of the estimates.
    n : int
        Rows.
    n_thresholds : int
    """

    gamma: NDArray[np.float64]
    n: int
    n_thresholds: int


def polychoric_covariance(categories: Categories, r: NDArray[np.float64]) -> PolychoricCovariance:
    r"""Estimate the asymptotic covariance matrix of thresholds and polychoric correlations.

    The two steps solve one set of equations: the scores of each item's thresholds and of each pair's correlation sum to
    0. With :math:`B` the derivatives of these sums, taken as sums of products of scores, and :math:`S` the scores of the
    rows, the covariance is :math:`n B^{-1} S'S B^{-\mathsf{T}}` (Muthén 1984; Jöreskog 1994).

    Parameters
    ----------
    categories : Categories
        Of rows that answer every item, none of them constant.
    r : ndarray, shape (p, p)
        The estimates, without NaN.

    Returns
    -------
    PolychoricCovariance

    Raises
    ------
    OptionError
        When an answer is missing or an item is constant.

    References
    ----------
    Muthén (1984), doi:10.1007/BF02294210; Jöreskog (1994), doi:10.1007/BF02296131

    Examples
    --------
    >>> from hpp_analysis.core.correlation.categories import categorise
    >>> from hpp_analysis.core.correlation.polychoric import polychoric
    >>> z = np.random.default_rng(1).multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], size=900)
    >>> items = categorise(np.clip(np.round(z), -1, 1))
    >>> found = polychoric_covariance(items, polychoric(items).r)
    >>> found.gamma.shape, found.n_thresholds
    ((5, 5), 4)
    """
    n, p = categories.codes.shape
    widths = np.array([cuts.size for cuts in categories.thresholds])
    if n == 0 or p == 0 or (categories.codes < 0).any() or (widths == 0).any():
        raise OptionError(
            "Asymptotic covariances rest on rows that answer every item, and on items that vary. "
            f"Given: {int((categories.codes < 0).any(axis=1).sum())} of {n} rows with gaps, {int((widths == 0).sum())} "
            "constant items. Drop these rows and items first."
        )
    starts = np.concatenate([[0], np.cumsum(widths)])
    t = int(starts[-1])
    first, second = np.triu_indices(p, 1)
    scores = np.empty((n, t + first.size))
    bread = np.zeros((t + first.size,) * 2)
    for item, cuts in enumerate(categories.thresholds):
        span = slice(starts[item], starts[item + 1])
        share = categories.counts[item] / n
        each = np.zeros((cuts.size + 1, cuts.size))
        place = np.arange(cuts.size)
        density = np.exp(-0.5 * cuts**2) / np.sqrt(2.0 * np.pi)
        each[place, place] = density / share[:-1]
        each[place + 1, place] = -density / share[1:]
        scores[:, span] = each[categories.codes[:, item]]
        bread[span, span] = scores[:, span].T @ scores[:, span]
    shape = widths[first] * 1000 + widths[second]
    for one in np.unique(shape):
        mine = np.flatnonzero(shape == one)
        _pairs(categories, r, (scores, bread), starts, (first[mine], second[mine], mine))
    meat = scores.T @ scores
    half = _solve_lower_blocks(bread, meat, t)
    gamma = n * _solve_lower_blocks(bread, half.T, t)
    return PolychoricCovariance((gamma + gamma.T) / 2.0, n, t)


def _solve_lower_blocks(bread: NDArray[np.float64], right: NDArray[np.float64], t: int) -> NDArray[np.float64]:
    """Solve B x = right, with B lower triangular by blocks and its last block diagonal."""
    top = np.linalg.solve(bread[:t, :t], right[:t])
    bottom = (right[t:] - bread[t:, :t] @ top) / np.diag(bread)[t:, None]
    return np.vstack([top, bottom])


def _pairs(
    categories: Categories,
    r: NDArray[np.float64],
    into: tuple[NDArray[np.float64], NDArray[np.float64]],
    starts: NDArray[np.int64],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
) -> None:
    """Scores of the correlations of pairs with tables of one shape, and their products with the thresholds' scores."""
    scores, bread = into
    first, second, place = pairs
    t = int(starts[-1])
    a = np.array([categories.thresholds[item] for item in first]).T
    b = np.array([categories.thresholds[item] for item in second]).T
    rho = r[first, second]
    corners = Corners(a, b)
    corners.move(np.arcsin(rho))
    cells = np.maximum(corners.cells(), _FLOOR)
    # by rho: the bivariate density is that by theta over the cosine
    density = corners.density(corners.theta)[0] / (2.0 * np.pi * np.sqrt(1.0 - rho**2))
    score = bordered(density) / cells
    i, j = categories.codes[:, first].astype(np.intp), categories.codes[:, second].astype(np.intp)
    mine = score[i, j, np.arange(place.size)]
    scores[:, t + place] = mine
    bread[t + place, t + place] = (mine**2).sum(axis=0)
    flat = (i * cells.shape[1] + j) * place.size + np.arange(place.size)
    counts = np.bincount(flat.ravel(), minlength=cells.size).reshape(cells.shape)
    weight = counts * score / cells
    for items, slopes in ((first, _by_threshold(a, b, rho)), (second, _by_threshold(b, a, rho).transpose(0, 2, 1, 3))):
        products = np.einsum("ijp,kijp->pk", weight, slopes)
        columns = starts[items][:, None] + np.arange(products.shape[1])
        bread[(t + place)[:, None], columns] = products


def _by_threshold(a: NDArray[np.float64], b: NDArray[np.float64], rho: NDArray[np.float64]) -> NDArray[np.float64]:
    """Derivatives of the cells by each threshold of the rows: shape (thresholds, rows, columns, pairs)."""
    k, pairs = a.shape
    given = ndtr((b[None, :, :] - rho * a[:, None, :]) / np.sqrt(1.0 - rho**2))
    edge = np.zeros((k, 1, pairs))
    along = np.diff(np.concatenate([edge, given, edge + 1.0], axis=1), axis=1)
    along *= (np.exp(-0.5 * a**2) / np.sqrt(2.0 * np.pi))[:, None, :]
    slopes = np.zeros((k, k + 1, b.shape[0] + 1, pairs))
    each = np.arange(k)
    slopes[each, each] = along
    slopes[each, each + 1] = -along
    return slopes
