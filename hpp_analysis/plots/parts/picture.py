"""What a figure consists of: lines, shapes, marks and texts, each with its place.

`svg.py` writes a picture as SVG, for reports; `axes.py` draws the same picture on axes of matplotlib, for everything else.
Both draw the items in the order in which they were added.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from hpp_analysis.errors import OptionError
from hpp_analysis.plots.parts.lettering import BODY, SMALL, ticks_text
from hpp_analysis.plots.parts.style import INK, MUTED, WIDTH, Dash, Mark, nothing_text
from hpp_analysis.plots.parts.table import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """What the coordinates of an item count from.

    Attributes
    ----------
    x : {"data", "left", "right"}
        Units of the axis, or inches to the right of the left or the right side of the axes.
    y : {"data", "top", "bottom"}
        Units of the axis, or inches above the upper or the lower side of the axes.
    shift : float
        Points further to the right.
    """

    x: Literal["data", "left", "right"] = "data"
    y: Literal["data", "top", "bottom"] = "data"
    shift: float = 0.0


DATA = Place()
LEFT_OF_ROWS, RIGHT_OF_ROWS = Place("left"), Place("right")
ABOVE, UPPER_LEFT, UPPER_RIGHT = Place(y="top"), Place("left", "top"), Place("right", "top")


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one look; each is a sequence of points."""

    points: Sequence[Sequence[Point]]
    color: str
    width: float
    dash: Dash = ()
    opacity: float = 1.0
    place: Place = DATA


@dataclass(frozen=True, slots=True)
class Shapes:
    """Filled polygons with one colour for each."""

    points: Sequence[Sequence[Point]]
    fills: Sequence[str]
    edge: str = ""
    edge_width: float = 0.0
    place: Place = DATA


@dataclass(frozen=True, slots=True)
class Marks:
    """Markers of one look."""

    points: Sequence[Point]
    mark: Mark
    opacity: float = 1.0
    place: Place = DATA


@dataclass(frozen=True, slots=True)
class Text:
    """Words at a point.

    Attributes
    ----------
    align : {"left", "center", "right"}
    rise : {"middle", "top", "bottom"}
        Which part of the text is at the point: "bottom" puts the text above it.
    upright : bool
        Written upwards; `align` and `rise` then count for the turned text.
    ground : float, optional
        Points of white around the text.
    """

    x: float
    y: float
    text: str
    color: str = INK
    size: float = SMALL
    align: Literal["left", "center", "right"] = "left"
    rise: Literal["middle", "top", "bottom"] = "middle"
    bold: bool = False
    italic: bool = False
    upright: bool = False
    ground: float | None = None
    place: Place = DATA


Item = Lines | Shapes | Marks | Text


@dataclass(frozen=True, slots=True)
class Spot:
    """A rectangle in units of the axes that says its value to whoever points at it; nothing is drawn."""

    x0: float
    y0: float
    x1: float
    y1: float
    text: str


@dataclass(frozen=True, slots=True)
class Scale:
    """The numbers along an axis, its grid, and what it is called."""

    ticks: Sequence[float]
    texts: Sequence[str]
    label: str = ""
    size: float = SMALL
    color: str = MUTED
    grid: bool = True


class Picture:
    """A figure with one pair of axes, as a list of items.

    Parameters
    ----------
    ax : Axes, optional
        Where the picture is going to be drawn; its size counts instead of `width`, `height` and the margins.
    width, height : float
        Of the whole figure, in inches.
    left, right, top, bottom : float
        The margins around the axes, in inches.

    Attributes
    ----------
    axis_width, axis_height : float
        Of the axes, in inches.
    x_limits, y_limits : (float, float)
        The left and right, lower and upper ends of the axes.
    items : list
        In the order in which they are drawn.
    spots : list of Spot
        What is said where, in the order of reading.
    """

    def __init__(
        self, ax: Axes | None, width: float, height: float, *, left: float, right: float, top: float, bottom: float
    ) -> None:
        self.ax = ax
        self.width, self.height, self.left, self.top = width, height, left, top
        self.axis_width, self.axis_height = width - left - right, height - top - bottom
        if ax is not None:
            self.axis_width, self.axis_height = size_of(ax)
        self.x_limits: tuple[float, float] = (0.0, 1.0)
        self.y_limits: tuple[float, float] = (0.0, 1.0)
        self.x_scale: Scale | None = None
        self.y_scale: Scale | None = None
        self.items: list[Item] = []
        self.spots: list[Spot] = []

    def number_x(self, limits: tuple[float, float], ticks: Sequence[float], label: str = "") -> None:
        """Fix the ends of the x axis and number it in the language in use."""
        self.x_limits, self.x_scale = limits, Scale(ticks, ticks_text(ticks), label)

    def number_y(self, limits: tuple[float, float], ticks: Sequence[float], label: str = "") -> None:
        """Fix the ends of the y axis and number it in the language in use."""
        self.y_limits, self.y_scale = limits, Scale(ticks, ticks_text(ticks), label)

    def add(self, *items: Item) -> None:
        """Add items on top of those that are there; items without points are left out."""
        self.items += [item for item in items if isinstance(item, Text) or item.points]

    def bars(
        self, x: FloatArray, lower: FloatArray, upper: FloatArray, color: str, width: float, *, upright: bool = False
    ) -> None:
        """Add straight lines from `lower` to `upper`, along the x axis at heights `x` or `upright` at places `x`."""
        ends = zip(x.tolist(), lower.tolist(), upper.tolist(), strict=True)
        lines = [((at, low), (at, high)) if upright else ((low, at), (high, at)) for at, low, high in ends]
        self.add(Lines(lines, color, width))

    def marks(self, x: FloatArray, y: FloatArray, mark: Mark) -> None:
        """Add markers; those with a coordinate that is NaN are left out."""
        known = ~np.isnan(x + y)
        self.add(Marks(list(zip(x[known].tolist(), y[known].tolist(), strict=True)), mark))

    def course(self, x: FloatArray, y: FloatArray, mark: Mark, width: float) -> None:
        """Add a line through points; it is interrupted at those with a coordinate that is NaN."""
        parts = np.split(np.column_stack([x, y]), np.flatnonzero(np.isnan(x + y)))
        known = [part[~np.isnan(part).any(axis=1)].tolist() for part in parts]
        self.add(Lines([line for line in known if len(line) > 1], mark.color, width, mark.dash))

    def across(self, heights: Iterable[float], color: str, width: float, dash: Dash = ()) -> None:
        """Add lines from the left to the right side of the axes."""
        low, high = self.x_limits
        self.add(Lines([((low, y), (high, y)) for y in heights], color, width, dash))

    def down(self, places: Iterable[float], color: str, width: float, dash: Dash = ()) -> None:
        """Add lines from the upper to the lower side of the axes."""
        low, high = self.y_limits
        self.add(Lines([((x, low), (x, high)) for x in places], color, width, dash))

    def say(self, corners: Sequence[Point], value: str, *names: str) -> None:
        """Have what is drawn between two corners say its names and its value: with the decimals that the figure shows."""
        (x0, y0), (x1, y1) = corners[0], corners[-1]
        self.spots.append(Spot(x0, y0, x1, y1, f"{' · '.join(filter(None, names))}: {value}"))


def box(x0: float, y0: float, x1: float, y1: float) -> list[Point]:
    """The corners of a rectangle."""
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def size_of(ax: Axes) -> tuple[float, float]:
    """Width and height of axes in inches."""
    if not hasattr(ax, "get_window_extent"):
        raise OptionError(
            f"`ax` must be axes of matplotlib. Given: {ax!r}. Pass what plt.subplots() returns, or leave it out."
        )
    shape = ax.get_window_extent().transformed(ax.figure.dpi_scale_trans.inverted())
    return float(shape.width), float(shape.height)


def nothing(ax: Axes | None) -> Picture:
    """A picture that says that there is nothing to show."""
    picture = Picture(ax, WIDTH, 1.0, left=0.1, right=0.1, top=0.1, bottom=0.1)
    picture.add(Text(0.5, 0.5, nothing_text(), MUTED, BODY, align="center"))
    return picture
