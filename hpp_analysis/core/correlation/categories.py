"""Ordered categories: codes, thresholds, and the cross tables of all pairs of items at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from hpp_analysis.core.arrays import Floats, Ints
from hpp_analysis.errors import OptionError

_ROWS = 16_384
"""Rows of indicators held at once: bounds the memory."""

_WIDEST = 64
"""Whole numbers within so narrow a range are counted without sorting."""


@dataclass(frozen=True, slots=True)
class Categories:
    """Items as codes of their ordered categories.

    Attributes
    ----------
    codes : ndarray of int16, shape (n, p)
        From 0 upwards in the order of the values; -1 where not answered.
    values : tuple of ndarray
        Per item the value behind each code; of merged categories the lowest.
    counts : tuple of ndarray
        Per item the answers in each category.
    thresholds : tuple of ndarray
        Per item the standard normal quantiles of the cumulative shares, one fewer than categories.
    merged : tuple of dict
        Per item the original value to the value that stands for it, where categories were merged; else empty.
    """

    codes: NDArray[np.int16]
    values: tuple[Floats, ...]
    counts: tuple[Ints, ...]
    thresholds: tuple[Floats, ...]
    merged: tuple[dict[float, float], ...]


def categorise(x: Floats, *, min_count: int = 0) -> Categories:
    """Turn answers into ordered categories: those that the data hold.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        NaN is not answered.
    min_count : int
        Categories with fewer answers are merged with the smaller neighbour, the rarest first. 0 merges nothing.

    Examples
    --------
    >>> found = categorise(np.array([[1.0], [5.0], [5.0], [9.0], [np.nan]]))
    >>> found.codes.ravel().tolist(), found.values[0].tolist(), found.counts[0].tolist()
    ([0, 1, 1, 2, -1], [1.0, 5.0, 9.0], [1, 2, 1])
    >>> categorise(np.array([[1.0], [5.0], [5.0], [9.0], [9.0]]), min_count=2).merged
    ({1.0: 1.0, 5.0: 1.0, 9.0: 9.0},)
    """
    x = np.asarray(x, dtype=np.float64)
    codes, values, counts = _coded(x)
    merged: list[dict[float, float]] = [{} for _item in values]
    if min_count > 0:
        for item, count in enumerate(counts):
            to = _merge(count, min_count)
            if to[-1] + 1 < count.size:
                first = np.flatnonzero(np.diff(to, prepend=-1))
                merged[item] = {
                    float(value): float(values[item][first[place]])
                    for value, place in zip(values[item], to, strict=True)
                }
                answered = codes[:, item] >= 0
                codes[answered, item] = to[codes[answered, item]]
                values[item] = values[item][first]
                counts[item] = np.bincount(to, weights=count).astype(np.int64)
    thresholds = tuple(ndtri(np.cumsum(count)[:-1] / max(int(count.sum()), 1)) for count in counts)
    return Categories(codes, tuple(values), tuple(counts), thresholds, tuple(merged))


def _coded(x: Floats) -> tuple[NDArray[np.int16], list[Floats], list[Ints]]:
    n, p = x.shape
    if n and p:
        answered = ~np.isnan(x)
        low = np.where(answered, x, np.inf).min()
        high = np.where(answered, x, -np.inf).max()
        if 0 <= high - low < _WIDEST and low == np.floor(low):
            width = int(high - low) + 1
            shifted = np.where(answered, x - low, width)
            whole = shifted.astype(np.intp)
            if np.array_equal(whole, shifted):
                # one more place per item for what was not answered
                places = whole + np.arange(p) * (width + 1)
                table = np.bincount(places.ravel(), minlength=p * (width + 1)).reshape(p, width + 1)
                occurs = table[:, :-1] > 0
                code = np.where(occurs, np.cumsum(occurs, axis=1) - 1, -1)
                code = np.column_stack([code, np.full(p, -1)]).astype(np.int16)
                scale = low + np.arange(width)
                return (
                    code.ravel()[places],
                    [scale[row_held] for row_held in occurs],
                    [row[:-1][row_held] for row, row_held in zip(table, occurs, strict=True)],
                )
    codes = np.full(x.shape, -1, dtype=np.int16)
    values, counts = [], []
    for item in range(p):
        here = ~np.isnan(x[:, item])
        found, inverse, count = np.unique(x[here, item], return_inverse=True, return_counts=True)
        if found.size < np.iinfo(np.int16).max:
            codes[here, item] = inverse
        values.append(found)
        counts.append(count)
    return codes, values, counts


def _merge(counts: Ints, min_count: int) -> Ints:
    """The merged category of each category."""
    sizes = [int(count) for count in counts]
    members = [[place] for place in range(len(sizes))]
    while len(sizes) > 1 and min(sizes) < min_count:
        rare = sizes.index(min(sizes))
        beside = [place for place in (rare - 1, rare + 1) if 0 <= place < len(sizes)]
        other = min(beside, key=lambda place: sizes[place])
        first, second = sorted((rare, other))
        sizes[first : second + 1] = [sizes[first] + sizes[second]]
        members[first : second + 1] = [members[first] + members[second]]
    to = np.empty(counts.size, dtype=np.int64)
    for code, group in enumerate(members):
        to[group] = code
    return to


@dataclass(frozen=True, slots=True)
class CrossTables:
    """The cross tables of all pairs of items, as one matrix of joint counts.

    Attributes
    ----------
    joint : ndarray, shape (c, c)
        Rows that give both of two answers; the answers of item i start at `starts[i]`.
    starts : ndarray of int, shape (p,)
    """

    joint: NDArray[np.float32]
    starts: Ints

    def of(self, first: Ints, second: Ints, rows: int, columns: int) -> Floats:
        """Tables of some pairs, the pair as the last axis: shape (rows, columns, pairs)."""
        i = self.starts[first] + np.arange(rows)[:, None]
        j = self.starts[second] + np.arange(columns)[:, None]
        return np.asarray(self.joint[i[:, None, :], j[None, :, :]], dtype=np.float64)


def cross_tables(codes: NDArray[np.int16], widths: Ints) -> CrossTables:
    """Cross every item with every other by one product of indicators.

    Parameters
    ----------
    codes : ndarray of int16, shape (n, p)
        As `categorise` gives them.
    widths : ndarray of int, shape (p,)
        Places for the categories of each item, at least as many as it has.

    Returns
    -------
    CrossTables
        Counts are exact up to 2 ** 24 rows.
    """
    n = codes.shape[0]
    if n >= 2**24:
        raise OptionError(f"Cross tables hold fewer than 2 ** 24 rows. Given: {n}. Analyse a sample of them.")
    starts = np.concatenate([[0], np.cumsum(widths)]).astype(np.int64)
    total = int(starts[-1])
    joint = np.zeros((total, total), dtype=np.float32)
    for begin in range(0, n, _ROWS):
        part = codes[begin : begin + _ROWS]
        rows = part.shape[0]
        # the last place takes what was not answered and is cut off
        flat = np.where(part >= 0, part + starts[:-1], total)
        indicators = np.zeros((rows, total + 1), dtype=np.float32)
        indicators.ravel()[(flat + np.arange(rows)[:, None] * (total + 1)).ravel()] = 1.0
        answered = indicators[:, :total]
        joint += answered.T @ answered
    return CrossTables(joint, starts[:-1])
