"""Where the numbers of a line chart go: beside their markers, clear of each other and, if possible, of the lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hpp_analysis.plots.parts.table import FloatArray

_AWAY, _HIGH, _MARKER, _CLEAR = (0.08, 0.13, 0.06, 0.035)  # inches: marker to number, number, half a marker, line


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in inches."""

    x0: float
    x1: float
    y0: float
    y1: float

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def grown(self, by: float) -> Box:
        """The same with a border around it."""
        return Box(self.x0 - by, self.x1 + by, self.y0 - by, self.y1 + by)

    def meets(self, other: Box) -> bool:
        """Whether the two share an area."""
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1

    def crossed_by(self, start: tuple[float, float], end: tuple[float, float]) -> bool:
        """Whether a straight line goes through it (Liang and Barsky's clipping).

        Examples
        --------
        >>> Box(0, 1, 0, 1).crossed_by((-1, -1), (2, 2)), Box(0, 1, 0, 1).crossed_by((-1, 0), (0, 2))
        (True, False)
        """
        low, high = 0.0, 1.0
        for from_, to, least, most in ((start[0], end[0], self.x0, self.x1), (start[1], end[1], self.y0, self.y1)):
            if from_ == to:
                if not least < from_ < most:
                    return False
                continue
            first, second = sorted(((least - from_) / (to - from_), (most - from_) / (to - from_)))
            low, high = max(low, first), min(high, second)
        return low < high


@dataclass(frozen=True, slots=True)
class Points:
    """A line chart's points in inches from the lower left corner; arrays are positions x series, NaN is absent.

    Attributes
    ----------
    x, y : array
        The markers.
    low, high : array
        The ends of the intervals; the marker itself where there is none.
    height : float
        Of the chart.
    across : float, optional
        Where a line goes across the whole chart.
    """

    x: FloatArray
    y: FloatArray
    low: FloatArray
    high: FloatArray
    height: float
    across: float | None = None

    def lines(self, at: int) -> Iterator[tuple[float, tuple[float, float], tuple[float, float]]]:
        """The pieces of line that begin or end at a position, each with what it costs to cover it."""
        for a in range(max(at - 1, 0), min(at + 1, len(self.y) - 1)):
            for s in np.flatnonzero(~np.isnan(self.y[a] + self.y[a + 1])):
                yield 1.0, (self.x[a, s], self.y[a, s]), (self.x[a + 1, s], self.y[a + 1, s])
        if self.across is not None:
            yield 0.5, (-1.0, self.across), (1e3, self.across)


def place_numbers(points: Points, widths: FloatArray) -> dict[tuple[int, int], Box]:
    """Find a place for each number.

    Parameters
    ----------
    points : Points
        What is drawn.
    widths : array, positions x series
        Of the numbers, in inches.

    Returns
    -------
    dict
        (position, series) to the number's box; a number without room is not in it.
    """
    taken = [
        Box(
            points.x[at] - _MARKER,
            points.x[at] + _MARKER,
            min(points.low[at], points.y[at] - _MARKER),
            max(points.high[at], points.y[at] + _MARKER),
        )
        for at in map(tuple, np.argwhere(~np.isnan(points.y)))
    ]
    placed: dict[tuple[int, int], Box] = {}
    for f in range(len(points.y)):
        lines = list(points.lines(f))
        for s in map(int, np.flatnonzero(~np.isnan(points.y[f]))):
            free = [
                (cost + sum(weight for weight, *ends in lines if box.grown(_CLEAR).crossed_by(*ends)), order, box)
                for order, (cost, box) in enumerate(_candidates(points, f, s, widths[f, s]))
                if box.y0 > 0 and not any(box.meets(other) for other in taken)
            ]
            if free:
                placed[f, s] = min(free)[2]
                taken.append(placed[f, s])
    return placed


def _candidates(points: Points, f: int, s: int, width: float) -> Iterator[tuple[float, Box]]:
    """The places for one number with what each costs: the first series has its own at the left, others at the right."""
    x, y = points.x[f, s], points.y[f, s]
    left, right = x - _AWAY - width, x + _AWAY
    own, other = (left, right) if s == 0 and points.y.shape[1] > 1 else (right, left)
    for cost, side in ((0.0, own), (0.75, other)):
        yield cost, Box(side, side + width, y - _HIGH / 2, y + _HIGH / 2)
        yield cost, Box(side, side + width, y + _CLEAR, y + _CLEAR + _HIGH)
        yield cost, Box(side, side + width, y - _CLEAR - _HIGH, y - _CLEAR)
    centre = x - width / 2
    yield 0.6, Box(centre, centre + width, points.high[f, s] + _MARKER, points.high[f, s] + _MARKER + _HIGH)
    yield 0.6, Box(centre, centre + width, points.low[f, s] - _MARKER - _HIGH, points.low[f, s] - _MARKER)
