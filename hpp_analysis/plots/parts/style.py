"""How every figure looks, and how it becomes text.

White ground, thin grey grid, words beside the marks. Colours keep 3:1 as marks and 4.5:1 as text on white; for
readers who see no colour each series also has its own marker, filled or open, and its own line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure, SubFigure
from matplotlib.transforms import ScaledTranslation, Transform

from hpp_analysis.plots.parts import svg
from hpp_analysis.plots.parts.lettering import BODY, FONT, SMALL, bound, ticks_text
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
LITERAL: Final[dict[str, Any]] = {"parse_math": False, "usetex": False}
"""For every text that holds a label: it is drawn as it is written."""

style: Final[dict[str, Any]] = {
    "font.family": [FONT],
    "font.size": SMALL,
    "text.color": INK,
    "text.parse_math": False,
    "text.usetex": False,
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "white",
    "axes.grid": False,
    "axes.labelcolor": MUTED,
    "axes.labelsize": SMALL,
    "axes.linewidth": 0.8,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.unicode_minus": True,
    "figure.facecolor": "white",
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "savefig.bbox": None,
    "svg.fonttype": "none",
    "xtick.color": MUTED,
    "xtick.labelsize": SMALL,
    "xtick.major.size": 0,
    "xtick.major.pad": 4,
    "ytick.color": MUTED,
    "ytick.labelsize": SMALL,
    "ytick.major.size": 0,
    "ytick.major.pad": 4,
}
"""Matplotlib's settings while a figure of ours is drawn; all others have their default, whatever the user set."""

_ENVIRONMENT = ("backend", "interactive", "toolbar", "webagg", "tk.", "keymap", "docstring", "macosx", "timezone")


@dataclass(frozen=True, slots=True)
class Mark:
    """How one series is drawn.

    Attributes
    ----------
    color : str
        Of its marker, its line and its numbers.
    marker, line : str
        In matplotlib's notation.
    filled : bool
        An open marker is white inside.
    size : float
        Points.
    """

    color: str
    marker: str
    line: str | tuple[float, tuple[float, ...]] = "-"
    filled: bool = True
    size: float = 6.5

    def points(self) -> dict[str, Any]:
        """What `Axes.plot` needs for markers without a line."""
        return {
            "color": self.color,
            "marker": self.marker,
            "markersize": self.size,
            "linestyle": "none",
            "markerfacecolor": self.color if self.filled else "white",
            "markeredgecolor": self.color,
            "markeredgewidth": 1.6,
        }


palette: Final[dict[str, Mark]] = {
    "client": Mark("#12436d", "o"),
    "partner": Mark("#bf5300", "s", (0, (5, 2)), filled=False, size=7.5),
    "third": Mark("#00735c", "^", (0, (1, 1.5)), size=7.5),
    "fourth": Mark("#7b3f8c", "D", (0, (5, 1.5, 1, 1.5)), filled=False, size=6.5),
    "fifth": Mark("#801650", "v", (0, (8, 2)), size=7.5),
    "sixth": Mark("#946200", "P", (0, (2, 2)), filled=False, size=8),
}
"""A look per series: the two sides first, more series after them."""

PLAIN: Final = Mark("#3d4852", "o")
NEUTRAL: Final = Mark(MUTED, "D", filled=False, size=5.5)


def mark_of(position: int) -> Mark:
    """The look of the series at this position; the seventh looks like the first."""
    return list(palette.values())[position % len(palette)]


_inside: ContextVar[bool] = ContextVar("hpp_styled", default=False)


@cache
def _settings() -> Any:
    defaults: dict[Any, Any] = dict(mpl.rcParamsDefault.items())
    return {key: value for key, value in defaults.items() if not key.startswith(_ENVIRONMENT)} | style


@contextmanager
def styled() -> Iterator[None]:
    """Our settings inside the block, the user's again after it."""
    if _inside.get():
        yield
        return
    token = _inside.set(True)
    try:
        with mpl.rc_context(_settings()):
            yield
    finally:
        _inside.reset(token)


def new_axes(
    width: float = WIDTH,
    height: float = 4.0,
    *,
    left: float = 0.5,
    right: float = 0.2,
    top: float = 0.2,
    bottom: float = 0.5,
) -> Axes:
    """Axes in a figure of their own, which pyplot does not know.

    Parameters
    ----------
    width, height : float
        Of the figure, in inches.
    left, right, top, bottom : float
        The margins around the axes, in inches: laid out once, by us, so that nothing is drawn twice.

    Returns
    -------
    Axes

    Examples
    --------
    >>> new_axes(7.2, 3).figure.get_size_inches().tolist()
    [7.2, 3.0]
    """
    with styled():
        figure = Figure(figsize=(width, height), layout=None)
        FigureCanvasSVG(figure)
        box = (left / width, bottom / height, 1 - (left + right) / width, 1 - (top + bottom) / height)
        return figure.add_axes(box)


def fit_width(width: float, needed: float) -> float:
    """The width of a figure: as asked for, more where it needs more, and never more than the column.

    Examples
    --------
    >>> fit_width(5, 4), fit_width(5, 6), fit_width(5, 9)
    (5, 6, 7.2)
    """
    return min(max(width, needed), WIDTH)


def from_corner(ax: Axes, x: float, y: float) -> Transform:
    """Inches, counted from the point (x, y) of the axes: (0, 1) is their upper left corner."""
    corner: Any = ax.transAxes
    return ax.figure.dpi_scale_trans + ScaledTranslation(x, y, corner)


def middle(text: str) -> str:
    """The vertical alignment that centres a text: one line by its small letters, more lines as a block."""
    return "center" if "\n" in text else "center_baseline"


def offset(ax: Axes, points: float) -> Transform:
    """The data's own units, so many points further to the right."""
    return ax.transData + ScaledTranslation(points / 72, 0, ax.figure.dpi_scale_trans)


def size_of(ax: Axes) -> tuple[float, float]:
    """Width and height of the axes in inches."""
    box = ax.get_window_extent().transformed(ax.figure.dpi_scale_trans.inverted())
    return float(box.width), float(box.height)


def scale_ticks(limits: tuple[float, float]) -> list[float]:
    """Where a fixed axis is labelled: at every point of an answer scale, else at round numbers.

    Examples
    --------
    >>> scale_ticks((1, 5))
    [1.0, 2.0, 3.0, 4.0, 5.0]
    """
    low, high = limits
    if float(low).is_integer() and float(high).is_integer() and high - low <= 11:
        return [float(tick) for tick in range(int(low), int(high) + 1)]
    found = mpl.ticker.MaxNLocator(nbins=8, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in found if low <= tick <= high]


def scale_axis(ax: Axes, which: str, limits: tuple[float, float], ticks: Sequence[float], label: str) -> None:
    """Fix an axis, number it in the language in use, and draw its grid."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    (ax.set_xlim if which == "x" else ax.set_ylim)(*limits)
    axis.set_ticks(ticks, ticks_text(ticks), **LITERAL)
    axis.set_tick_params(length=0, colors=MUTED, labelsize=SMALL)
    axis.grid(True, color=GRID, linewidth=0.8)
    ax.spines[["left", "right", "top"]].set_visible(False)
    ax.set_axisbelow(True)
    if label:
        axis.set_label_text(label, color=MUTED, fontsize=SMALL, **LITERAL)


def scale_label(limits: tuple[float, float]) -> str:
    """What an axis with means is called."""
    return _("Mean on the scale from {low} to {high}").format(low=bound(limits[0]), high=bound(limits[1]))


def threshold_label(threshold: float) -> str:
    """What stands beside the line of a threshold."""
    return _("Threshold {value}").format(value=bound(threshold))


def nothing(ax: Axes | None) -> Axes:
    """Axes that say that there is nothing to show."""
    if ax is None:
        ax = new_axes(WIDTH, 1.0, left=0.1, right=0.1, top=0.1, bottom=0.1)
    ax.set_axis_off()
    ax.text(
        0.5,
        0.5,
        nothing_text(),
        transform=ax.transAxes,
        ha="center",
        va="center",
        color=MUTED,
        fontsize=BODY,
        **LITERAL,
    )
    return ax


def nothing_text() -> str:
    """What a figure says, and its alternative text, when it has no value; why, the sentences and notes beside it say."""
    return _("Nothing to show here.")


def svg_text(drawing: Axes | Figure | SubFigure, *, salt: str, alt: str | None = None) -> str:
    """The figure as SVG: the same text for the same drawing, with words that can be read and searched.

    Parameters
    ----------
    drawing : Axes or Figure
        What is drawn; of axes, the whole figure that they are in.
    salt : str
        Goes into every id: one for each figure of a page, so that ids are unique on it.
    alt : str, optional
        Read out instead of the figure.

    Returns
    -------
    str
        An `svg` element that can stand in HTML or, as it is, in a file. It holds no date, no metadata, no
        style sheet and no font.

    Examples
    --------
    >>> text = svg_text(new_axes(2, 1), salt="a", alt="Nothing & more")
    >>> text.startswith('<svg role="img" aria-label="Nothing &amp; more"')
    True
    """
    figure = drawing if isinstance(drawing, Figure) else drawing.figure.canvas.figure
    with styled():
        drawn = svg.draw(figure, salt)
    return svg.lean(drawn, alt)
