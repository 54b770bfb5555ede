"""Small charts beside and below each other, all in the same axes: one scale, and one drawing for all of them.

The axes count in inches, from their upper left corner down; each small chart is a tile in them. Axes of its own for each
would cost more time than all that is drawn in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from hpp_analysis.plots.parts.frames import FloatArray
from hpp_analysis.plots.parts.lettering import BODY, SMALL, text_height, ticks_text, wrap
from hpp_analysis.plots.parts.style import GRID, INK, LITERAL, MUTED

GAP = 0.3
"""Inches between two tiles."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Where a small chart stands: its left and upper edge, its size, and its title in lines; inches."""

    x: float
    y: float
    width: float
    height: float
    title: str
    first: bool
    """Whether it is the first of its row."""


@dataclass(frozen=True, slots=True)
class Tiles:
    """All small charts of a figure, and the height that they take."""

    tiles: tuple[Tile, ...]
    height: float


def lay_tiles(titles: Sequence[str], *, left: float, width: float, columns: int, height: float, below: float) -> Tiles:
    """Place small charts in rows.

    Parameters
    ----------
    titles : sequence of str
        One per chart.
    left, width : float
        Of the room for them, in inches.
    columns : int
        Charts in a row.
    height : float
        Of each, without its title.
    below : float
        Room below each for the numbers of its axis.

    Examples
    --------
    >>> lay_tiles(["A", "B", "C"], left=1, width=5, columns=2, height=1, below=0.2).tiles[2].first
    True
    """
    each = (width - GAP * (columns - 1)) / columns
    tiles: list[Tile] = []
    top = 0.0
    for start in range(0, len(titles), columns):
        row = [wrap(title, each, BODY, bold=True, lines=2) for title in titles[start : start + columns]]
        top += max(text_height(title, BODY) for title in row) + 0.06
        tiles += [
            Tile(left + place * (each + GAP), top, each, height, title, first=place == 0)
            for place, title in enumerate(row)
        ]
        top += height + below + 0.12
    return Tiles(tuple(tiles), top - 0.12)


def ground(ax: Axes, width: float, height: float) -> None:
    """Make the axes count in inches, and take away their frame."""
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[["left", "right", "top", "bottom"]].set_visible(False)


def write_titles(ax: Axes, tiles: Tiles) -> None:
    """Write the title of each tile above it."""
    for tile in tiles.tiles:
        ax.text(
            tile.x, tile.y - 0.06, tile.title, va="bottom", color=INK, fontsize=BODY, fontweight="bold", **LITERAL
        )  # fmt: skip


def draw_lines(ax: Axes, segments: NDArray[np.float64] | list[FloatArray], **look: Any) -> None:
    """Many straight lines in one go; `segments` is n x 2 points x 2 coordinates."""
    if len(segments):
        ax.add_collection(LineCollection(list(segments), **look), autolim=False)


def along(values: FloatArray, limits: tuple[float, float], start: float, length: float) -> FloatArray:
    """Where values of a scale lie on a line of so many inches; what lies beyond its ends is at them."""
    low, high = limits
    return np.asarray(start + (np.clip(values, low, high) - low) / (high - low) * length)


def ticks_for(limits: tuple[float, float], length: float, apart: float = 0.45) -> list[float]:
    """The ticks of a short axis: its ends, and equal steps between them where there is room and they are whole.

    Examples
    --------
    >>> ticks_for((1, 10), 2.0), ticks_for((1, 5), 0.5), ticks_for((1, 7), 2.0)
    ([1.0, 4.0, 7.0, 10.0], [1.0, 5.0], [1.0, 3.0, 5.0, 7.0])
    """
    low, high = limits
    for steps in range(int(length / apart), 1, -1):
        step = (high - low) / steps
        if float(step).is_integer() and float(low).is_integer():
            return [float(low + step * place) for place in range(steps + 1)]
    return [float(low), float(high)]


def draw_scale(ax: Axes, tiles: Tiles, limits: tuple[float, float], which: str) -> None:
    """The grid of the answer scale in each tile; its numbers below each (x), or beside the first of a row (y)."""
    across = which == "x"
    lines, places = [], []
    for tile in tiles.tiles:
        length = tile.width if across else tile.height
        ticks = ticks_for(limits, length)
        start = tile.x if across else tile.y + tile.height
        at = along(np.array(ticks), limits, start, length if across else -length)
        for value, text in zip(at, ticks_text(ticks), strict=True):
            if across:
                lines.append(np.array([[value, tile.y], [value, tile.y + tile.height]]))
                places.append((value, tile.y + tile.height + 0.12, text, "center"))
            else:
                lines.append(np.array([[tile.x, value], [tile.x + tile.width, value]]))
                if tile.first:
                    places.append((tile.x - 0.07, value, text, "right"))
    draw_lines(ax, lines, colors=GRID, linewidths=0.8, zorder=0.5)
    for x, y, text, align in places:
        ax.text(x, y, text, ha=align, va="center_baseline", color=MUTED, fontsize=SMALL, **LITERAL)


def draw_line_of(ax: Axes, tiles: Tiles, threshold: float | None, limits: tuple[float, float], which: str) -> None:
    """The line of the threshold through each tile."""
    if threshold is None or not limits[0] <= threshold <= limits[1]:
        return
    segments = []
    for tile in tiles.tiles:
        if which == "x":
            x = float(along(np.array(threshold), limits, tile.x, tile.width))
            segments.append(np.array([[x, tile.y], [x, tile.y + tile.height]]))
        else:
            y = float(along(np.array(threshold), limits, tile.y + tile.height, -tile.height))
            segments.append(np.array([[tile.x, y], [tile.x + tile.width, y]]))
    draw_lines(ax, segments, colors=MUTED, linewidths=1.1, linestyles=[(0, (4, 2.5))], zorder=1.5)
