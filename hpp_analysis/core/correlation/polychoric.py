"""Polychoric correlations: of the normal variables behind ordered answers, with their asymptotic covariance matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from hpp_analysis.core.arrays import Flags, Floats, Ints
from hpp_analysis.core.correlation.bivariate_normal import Corners, bordered
from hpp_analysis.core.correlation.categories import Categories, CrossTables, cross_tables
from hpp_analysis.errors import OptionError

CAP = 0.9999
"""Largest absolute correlation; beyond it the likelihood is flat."""


_CONVERGED = 2e-5
"""A Newton step (in the arcsine of rho) so small is the last one: it is as exact as its square, about 1e-10."""


_ROUNDING = 1e-9
"""A Newton step below this changes no digit that matters, whatever the bracket says."""


_FLAT = 4e-6
"""Where no more than a ten-millionth of a log-likelihood unit is left to gain on the way to the cap, the cap is taken
(in the units of `_derivatives`, which are (2 pi)^2 times as large)."""


_MAX_ITERATIONS = 60


_FLOOR = 1e-15
"""A cell's probability below this is rounding error of the quadrature."""


_CHUNK = 12_000
"""Corner points handled at once: what the processor's cache holds."""


_WIDTHS = (2, 3, 5, 7, 10, 15)
"""Items with at most so many categories are handled together; the places that one of them does not need are empty."""


_HERMITE = 6
"""Terms of the series that the starting values come from."""


_TAU = 2.0 * np.pi


@dataclass(frozen=True, slots=True)
class Polychoric:
    """Polychoric correlations of p items.

    Attributes
    ----------
    r : ndarray, shape (p, p)
        NaN where an item has one category, or no row answers both.
    n : ndarray of int, shape (p, p)
        Rows that answer both.
    empty_cells : ndarray of int, shape (p, p)
        Cells of a pair's table without an answer.
    at_cap : ndarray of bool, shape (p, p)
        Estimates held at plus or minus `CAP`.
    adjusted : ndarray of bool, shape (p, p)
        Tables of two by two with an empty cell, to which one half was added (margins kept).
    converged : bool
    """

    r: Floats
    n: Ints
    empty_cells: Ints
    at_cap: Flags
    adjusted: Flags
    converged: bool


def polychoric(categories: Categories) -> Polychoric:
    r"""Estimate polychoric correlations of all pairs of items by two-step maximum likelihood.

    The thresholds of an item are the normal quantiles of its own cumulative shares; given those, the correlation of a
    pair maximises :math:`\sum n_{ij} \log \pi_{ij}(\rho)` over its cross table (Olsson 1979). Cell probabilities are
    differences of the bivariate normal distribution at the inner corner points, and
    :math:`\Phi_2(a, b; \sin\vartheta) = \Phi(a)\Phi(b) + \frac{1}{2\pi}\int_0^\vartheta
    \exp\{-(a^2 + b^2 - 2ab\sin t) / 2\cos^2 t\}\,dt` (Plackett 1954; Drezner & Wesolowsky 1990) by Gauss-Legendre
    nodes. All pairs take Newton steps in :math:`\vartheta` together, within a bracket of the root; a step
    extends the integral from where it stood, so that it needs few nodes. Starting values solve the Hermite series of
    the correlation of the codes.

    Empty cells stay empty, except in two-by-two tables, where one half is added to them and the margins are kept.

    Parameters
    ----------
    categories : Categories
        As `categorise` gives them.

    References
    ----------
    Olsson (1979), doi:10.1007/BF02296207; Plackett (1954), doi:10.1093/biomet/41.3-4.351; Drezner & Wesolowsky
    (1990), doi:10.1080/00949659008811236

    Examples
    --------
    >>> from hpp_analysis.core.correlation.categories import categorise
    >>> rng = np.random.default_rng(1)
    >>> z = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=5000)
    >>> polychoric(categorise(np.clip(np.round(z), -2, 2))).r.round(2)
    array([[1. , 0.6],
           [0.6, 1. ]])
    """
    sizes = np.array([values.size for values in categories.values], dtype=np.int64)
    p = sizes.size
    widths = np.array([_width(int(size), sizes) for size in sizes], dtype=np.int64)
    tables = cross_tables(categories.codes, widths)
    answered = (categories.codes >= 0).astype(np.float32)
    n = np.rint(answered.T @ answered).astype(np.int64)
    found = Polychoric(
        np.full((p, p), np.nan),
        n,
        np.zeros((p, p), dtype=np.int64),
        np.zeros((p, p), dtype=bool),
        np.zeros((p, p), dtype=bool),
        True,
    )
    np.fill_diagonal(found.r, np.where(sizes > 1, 1.0, np.nan))
    first, second = np.triu_indices(p, 1)
    possible = (sizes[first] > 1) & (sizes[second] > 1) & (n[first, second] > 0)
    first, second = first[possible], second[possible]
    # the item with more places comes first, so that equal shapes lie together
    swap = widths[first] < widths[second]
    first, second = np.where(swap, second, first), np.where(swap, first, second)
    shape = widths[first] * 1000 + widths[second]
    cuts, hermite = _items(categories, widths)
    converged = True
    for one in np.unique(shape):
        rows, columns = int(one // 1000), int(one % 1000)
        same_shape = np.flatnonzero(shape == one)
        converged &= _solve(
            found, tables, (cuts, hermite), sizes, first[same_shape], second[same_shape], (rows, columns)
        )
    return Polychoric(found.r, n, found.empty_cells, found.at_cap, found.adjusted, converged)


def _width(size: int, sizes: Ints) -> int:
    """Places for an item's categories: as many as the largest item of its band has."""
    if size < 2:
        return 1
    low = 1
    for high in _WIDTHS:
        if size <= high:
            return int(sizes[(sizes > low) & (sizes <= high)].max())
        low = high
    return size


def _items(categories: Categories, widths: Ints) -> tuple[Floats, Floats]:
    """Thresholds (inf where there are fewer) and the Hermite coefficients of the standardised codes."""
    p = widths.size
    cuts = np.full((max(int(widths.max(initial=1)) - 1, 1), p), np.inf)
    for item, threshold in enumerate(categories.thresholds):
        cuts[: threshold.size, item] = threshold
    at = np.where(np.isfinite(cuts), cuts, 0.0)
    density = np.where(np.isfinite(cuts), np.exp(-0.5 * at**2) / np.sqrt(_TAU), 0.0)
    coefficients = np.empty((_HERMITE, p))
    before, here, factorial = np.zeros_like(at), np.ones_like(at), 1.0
    for k in range(1, _HERMITE + 1):
        factorial *= k
        coefficients[k - 1] = (density * here).sum(axis=0) / np.sqrt(factorial)
        before, here = here, at * here - (k - 1) * before
    spread = np.zeros(p)
    for item, count in enumerate(categories.counts):
        if count.size > 1:
            code = np.arange(count.size)
            mean = code @ count / count.sum()
            spread[item] = np.sqrt((code - mean) ** 2 @ count / count.sum())
    return cuts, coefficients / np.where(spread > 0.0, spread, 1.0)


def _solve(
    found: Polychoric,
    tables: CrossTables,
    items: tuple[Floats, Floats],
    sizes: Ints,
    first: Ints,
    second: Ints,
    shape: tuple[int, int],
) -> bool:
    """Estimate the pairs of one shape of table and write them into `found`; whether all converged."""
    cuts, hermite = items
    per_chunk = max(32, _CHUNK // ((shape[0] - 1) * (shape[1] - 1)))
    converged = True
    # a first pass over the tables finds the starts; sorted by size, a chunk needs as many nodes as its largest
    starts = np.empty(first.size)
    for begin in range(0, first.size, 4 * per_chunk):
        some = slice(begin, begin + 4 * per_chunk)
        i, j = first[some], second[some]
        counts = tables.of(i, j, *shape)
        starts[some] = _start(counts, hermite[:, i], hermite[:, j])
    order = np.argsort(np.abs(starts))
    for begin in range(0, first.size, per_chunk):
        part = order[begin : begin + per_chunk]
        i, j = first[part], second[part]
        counts = tables.of(i, j, *shape)
        empty = sizes[i] * sizes[j] - (counts > 0.0).sum(axis=(0, 1))
        adjusted = (sizes[i] == 2) & (sizes[j] == 2) & (empty > 0)
        if adjusted.any():
            counts[:, :, adjusted] += _half(counts[:2, :2, adjusted])
        theta, fine = _newton(counts, cuts[: shape[0] - 1, i], cuts[: shape[1] - 1, j], np.arcsin(starts[part]))
        converged &= bool(fine.all())
        limit = np.arcsin(CAP)
        at_cap = np.abs(theta) >= limit
        rho = np.where(at_cap, np.copysign(CAP, theta), np.sin(theta))
        for a, b in ((i, j), (j, i)):
            found.r[a, b] = rho
            found.empty_cells[a, b] = empty
            found.at_cap[a, b] = at_cap
            found.adjusted[a, b] = adjusted
    return converged


def _half(counts: Floats) -> Floats:
    """What to add to two-by-two tables: one half to the empty cells, the margins kept."""
    main = (counts[0, 0] == 0.0) | (counts[1, 1] == 0.0)
    half = np.where(main, 0.5, -0.5)
    return np.array([[half, -half], [-half, half]])


def _start(counts: Floats, h_first: Floats, h_second: Floats) -> Floats:
    """Solve sum_k rho^k h_k g_k = r, with r the correlation of the codes in the table."""
    rows = np.arange(counts.shape[0], dtype=np.float64)
    columns = np.arange(counts.shape[1], dtype=np.float64)
    margin_r, margin_c = counts.sum(axis=1), counts.sum(axis=0)
    n = margin_r.sum(axis=0)
    mean_r, mean_c = rows @ margin_r / n, columns @ margin_c / n
    variance = (rows**2 @ margin_r / n - mean_r**2) * (columns**2 @ margin_c / n - mean_c**2)
    cross = np.tensordot(rows, np.tensordot(columns, counts, axes=(0, 1)), axes=(0, 0)) / n - mean_r * mean_c
    r = np.where(variance > 0.0, cross / np.sqrt(np.where(variance > 0.0, variance, 1.0)), 0.0)
    product = h_first * h_second
    rho = np.clip(r / product[0], -0.95, 0.95)
    for _again in range(3):
        value, slope = np.zeros_like(rho), np.zeros_like(rho)
        for k in range(_HERMITE, 0, -1):
            value = (value + product[k - 1]) * rho
            slope = slope * rho + k * product[k - 1]
        rho = np.clip(rho - (value - r) / np.where(slope > 0.0, slope, 1.0), -0.97, 0.97)
    return np.asarray(rho)


def _newton(counts: Floats, a: Floats, b: Floats, start: Floats) -> tuple[Floats, Flags]:
    """Maximise the likelihood of each pair over theta; also whether it converged."""
    limit = np.arcsin(CAP)
    result = start.copy()
    fine = np.zeros(start.size, dtype=bool)
    corners = Corners(a, b)
    here, theta = np.arange(start.size), start
    low, high = np.full(start.size, -limit), np.full(start.size, limit)
    for _iteration in range(_MAX_ITERATIONS):
        corners.move(theta)
        score, curvature, fisher = _derivatives(corners, counts)
        moved, low, high = bracketed_step(theta, (score, curvature, fisher), low, high)
        way = limit - np.abs(theta)
        flat = (np.abs(theta) > 1.2) & (np.abs(score) * way < _FLAT) & (np.abs(curvature) * way**2 < 100.0 * _FLAT)
        moved = np.where(flat, np.copysign(limit, theta), moved)
        done = (np.abs(moved - theta) < _CONVERGED) | (score == 0.0) | flat
        result[here] = moved
        fine[here] = done
        if done.all():
            break
        if done.mean() > 0.25:
            left = np.flatnonzero(~done)
            corners, counts, here = corners.take(left), counts[:, :, left], here[left]
            low, high, moved = low[left], high[left], moved[left]
        theta = moved
    return result, fine


def bracketed_step(
    theta: Floats, derivatives: tuple[Floats, Floats, Floats], low: Floats, high: Floats
) -> tuple[Floats, Floats, Floats]:
    """A Newton step for each element that stays within the bracket of its root.

    Parameters
    ----------
    theta : ndarray
    derivatives : tuple of ndarray
        The score, the observed information, and a positive stand-in where that is too small.
    low, high : ndarray
        The bracket so far.

    Returns
    -------
    tuple of ndarray
        The next theta and the narrower bracket.
    """
    score, curvature, stand_in = derivatives
    # the root of the score lies above where it is positive
    low, high = np.where(score > 0.0, theta, low), np.where(score < 0.0, theta, high)
    information = np.where(curvature > 1e-4 * stand_in, curvature, stand_in)
    moved = theta + score / np.where(information > 0.0, information, 1.0)
    # a step at the end of the digits may point out of the bracket by rounding alone
    outside = ((moved <= low) | (moved >= high)) & (np.abs(moved - theta) > _ROUNDING)
    # towards an end of the bracket the way is halved; the end itself is tried when it is near
    end = np.where(score > 0.0, high, low)
    close = np.abs(end - theta) < 1e-3
    moved = np.where(outside, np.where(close, end, (theta + end) / 2.0), moved)
    return np.where(score == 0.0, theta, moved), low, high


def _derivatives(corners: Corners, counts: Floats) -> tuple[Floats, Floats, Floats]:
    """Score, observed and expected information of theta, all times constants that cancel in a Newton step."""
    theta = corners.theta
    cells = corners.cells()
    np.maximum(cells, _FLOOR, out=cells)
    slope, exponent = corners.density(theta)
    # the exponent's own derivative: ab / cos + 2 exponent tan
    exponent *= 2.0 * np.tan(theta)
    exponent += corners.ab / np.cos(theta)
    bend = bordered(exponent * slope)
    slope = bordered(slope)
    ratio = counts / cells
    score = np.einsum("ijp,ijp->p", ratio, slope)
    second = np.einsum("ijp,ijp->p", ratio, bend)
    slope *= slope
    slope /= cells
    squared = np.einsum("ijp,ijp->p", ratio, slope)
    fisher = slope.sum(axis=(0, 1)) * counts.sum(axis=(0, 1))
    # in units of the density without 2 pi: score / 2 pi over information / (2 pi)^2
    return score * _TAU, squared - second * _TAU, fisher


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

    gamma: Floats
    n: int
    n_thresholds: int


def polychoric_covariance(categories: Categories, r: Floats) -> PolychoricCovariance:
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
        same_shape = np.flatnonzero(shape == one)
        _pairs(categories, r, (scores, bread), starts, (first[same_shape], second[same_shape], same_shape))
    meat = scores.T @ scores
    half = _solve_lower_blocks(bread, meat, t)
    gamma = n * _solve_lower_blocks(bread, half.T, t)
    return PolychoricCovariance((gamma + gamma.T) / 2.0, n, t)


def _solve_lower_blocks(bread: Floats, right: Floats, t: int) -> Floats:
    """Solve B x = right, with B lower triangular by blocks and its last block diagonal."""
    top = np.linalg.solve(bread[:t, :t], right[:t])
    bottom = (right[t:] - bread[t:, :t] @ top) / np.diag(bread)[t:, None]
    return np.vstack([top, bottom])


def _pairs(
    categories: Categories, r: Floats, into: tuple[Floats, Floats], starts: Ints, pairs: tuple[Ints, Ints, Ints]
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
    row_scores = score[i, j, np.arange(place.size)]
    scores[:, t + place] = row_scores
    bread[t + place, t + place] = (row_scores**2).sum(axis=0)
    flat = (i * cells.shape[1] + j) * place.size + np.arange(place.size)
    counts = np.bincount(flat.ravel(), minlength=cells.size).reshape(cells.shape)
    weight = counts * score / cells
    for items, slopes in ((first, _by_threshold(a, b, rho)), (second, _by_threshold(b, a, rho).transpose(0, 2, 1, 3))):
        products = np.einsum("ijp,kijp->pk", weight, slopes)
        columns = starts[items][:, None] + np.arange(products.shape[1])
        bread[(t + place)[:, None], columns] = products


def _by_threshold(a: Floats, b: Floats, rho: Floats) -> Floats:
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
