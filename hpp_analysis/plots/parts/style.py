"""Colours, markers and sizes of every figure.

White ground, thin grey grid, words beside the marks. Colours keep a contrast of 3:1 as marks and 4.5:1 as text on white.
For readers who see no colour, each series also has its own marker, filled or open, and its own line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hpp_analysis.plots.parts.lettering import bound
from hpp_analysis.texts import gettext as _

WIDTH: Final = 7.2
"""Inches: a column of 700 pixels."""
NARROW: Final = 5.0
"""Inches: what can still be read on a phone without moving it sideways."""
LEAST_AXIS: Final = 2.0
"""Inches of an axis of an answer scale, at least."""

INK: Final = "#1f2933"
MUTED: Final = "#5b6570"
LINK: Final = "#87909a"
GRID: Final = "#e3e7eb"

Dash = tuple[float, ...]
"""Points of line and gap in turn; empty for an unbroken line."""
DASHED: Final[Dash] = (4, 2.5)


@dataclass(frozen=True, slots=True)
class Mark:
    """How one series is drawn.

    Attributes
    ----------
    color : str
        Of its marker, its line and its numbers.
    marker : str
        In matplotlib's notation; empty for a line without markers.
    dash : tuple of float
        Of its line.
    filled : bool
        An open marker is white inside.
    size : float
        Points.
    """

    color: str
    marker: str
    dash: Dash = ()
    filled: bool = True
    size: float = 6.5


palette: Final[dict[str, Mark]] = {
    "client": Mark("#12436d", "o"),
    "partner": Mark("#bf5300", "s", (5, 2), filled=False, size=7.5),
    "third": Mark("#00735c", "^", (1, 1.5), size=7.5),
    "fourth": Mark("#7b3f8c", "D", (5, 1.5, 1, 1.5), filled=False, size=6.5),
    "fifth": Mark("#801650", "v", (8, 2), size=7.5),
    "sixth": Mark("#946200", "P", (2, 2), filled=False, size=8),
}
"""A look per series: the two sides first, more series after them."""

PLAIN: Final = Mark("#3d4852", "o")
NEUTRAL: Final = Mark(MUTED, "D", filled=False, size=5.5)


def mark_of(position: int) -> Mark:
    """The look of the series at this position; the seventh looks like the first."""
    return list(palette.values())[position % len(palette)]


def mix(colors: Sequence[str], share: float) -> str:
    """A colour between evenly spaced ones, by its share of the way from the first (0) to the last (1).

    Examples
    --------
    >>> mix(["#000000", "#ffffff"], 0.5)
    '#808080'
    """
    at = min(max(share, 0.0), 1.0) * (len(colors) - 1)
    first = min(int(at), len(colors) - 2)
    channels = [
        [int(color[start : start + 2], 16) for start in (1, 3, 5)] for color in (colors[first], colors[first + 1])
    ]
    mixed = (round(low + (high - low) * (at - first)) for low, high in zip(*channels, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def fit_width(width: float, needed: float) -> float:
    """The width of a figure: as asked for, more where it needs more, and never more than the column.

    Examples
    --------
    >>> fit_width(5, 4), fit_width(5, 6), fit_width(5, 9)
    (5, 6, 7.2)
    """
    return min(max(width, needed), WIDTH)


def round_ticks(low: float, high: float, most: int = 8, *, whole: bool = False) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, at most about so many.

    Examples
    --------
    >>> round_ticks(0.13, 0.92, 6), round_ticks(0, 4, 6, whole=True)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.0, 1.0, 2.0, 3.0, 4.0])
    """
    from matplotlib.ticker import MaxNLocator

    steps = [1, 2, 5, 10] if whole else [1, 2, 2.5, 5, 10]
    found = MaxNLocator(nbins=most, steps=steps, integer=whole).tick_values(low, high)
    return [float(np.round(tick, 12)) for tick in found]


def scale_ticks(limits: tuple[float, float], most: int = 8) -> list[float]:
    """Where an axis with fixed ends is labelled: at every point of an answer scale, else at round numbers.

    Examples
    --------
    >>> scale_ticks((1, 5))
    [1.0, 2.0, 3.0, 4.0, 5.0]
    """
    low, high = limits
    if float(low).is_integer() and float(high).is_integer() and high - low <= 11:
        return [float(tick) for tick in range(int(low), int(high) + 1)]
    tolerance = 1e-9 * (high - low)
    return [tick for tick in round_ticks(low, high, most) if low - tolerance <= tick <= high + tolerance]


def scale_label(limits: tuple[float, float]) -> str:
    """What an axis with means is called."""
    return _("Mean on the scale from {low} to {high}").format(low=bound(limits[0]), high=bound(limits[1]))


def threshold_label(threshold: float) -> str:
    """What stands beside the line of a threshold."""
    return _("Threshold {value}").format(value=bound(threshold))


def nothing_text() -> str:
    """What a figure without a value says, in its place and in words; the notes beside it say why."""
    return _("Nothing to show here.")
