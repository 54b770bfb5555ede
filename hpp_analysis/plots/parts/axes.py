"""The drawing of a picture on axes of matplotlib: on those of the user, or in a figure of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler
from matplotlib.transforms import ScaledTranslation, Transform, blended_transform_factory

from hpp_analysis.plots.parts.lettering import FONT, SMALL
from hpp_analysis.plots.parts.picture import Item, Lines, Marks, Picture, Place, Scale, Shapes, Text
from hpp_analysis.plots.parts.style import GRID, INK, MUTED, palette

style: Final[dict[str, Any]] = {
    "font.family": [FONT],
    "font.size": SMALL,
    "text.color": INK,
    "text.parse_math": False,
    "text.usetex": False,
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.labelsize": SMALL,
    "axes.linewidth": 0.8,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.prop_cycle": cycler(color=[mark.color for mark in palette.values()]),
    "grid.color": GRID,
    "grid.linewidth": 0.8,
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
_LITERAL: Final[dict[str, Any]] = {"parse_math": False, "usetex": False}  # texts are drawn as they are written
_RISE = {"top": "top", "bottom": "bottom"}


@cache
def _settings() -> Any:
    defaults: dict[Any, Any] = dict(mpl.rcParamsDefault.items())
    return {key: value for key, value in defaults.items() if not key.startswith(_ENVIRONMENT)} | style


@contextmanager
def styled() -> Iterator[None]:
    """Our settings inside the block, the user's again after it."""
    with mpl.rc_context(_settings()):
        yield


def new_axes(width: float, height: float, box: tuple[float, float, float, float]) -> Axes:
    """Axes in a figure of their own, which pyplot does not know.

    Parameters
    ----------
    width, height : float
        Of the figure, in inches.
    box : (float, float, float, float)
        Left and lower side, width and height of the axes, as shares of the figure.
    """
    figure = Figure(figsize=(width, height), layout=None)
    FigureCanvasAgg(figure)
    return figure.add_axes(box)


def draw_on_axes(picture: Picture) -> Axes:
    """Draw a picture on its axes.

    Examples
    --------
    >>> from hpp_analysis.plots.parts.picture import nothing
    >>> draw_on_axes(nothing(None)).figure.get_size_inches().tolist()
    [7.2, 1.0]
    """
    with styled():
        ax = picture.ax
        if ax is None:
            width, height = picture.width, picture.height
            bottom = 1 - (picture.top + picture.axis_height) / height
            size = (picture.axis_width / width, picture.axis_height / height)
            ax = new_axes(width, height, (picture.left / width, bottom, *size))
        ax.set_xlim(*picture.x_limits)
        ax.set_ylim(*picture.y_limits)
        ax.set_axisbelow(True)
        ax.spines[["left", "right", "top"]].set_visible(False)
        ax.spines["bottom"].set_visible(picture.x_scale is not None)
        _number(ax, "x", picture.x_scale)
        _number(ax, "y", picture.y_scale)
        transforms = {place: _transform(ax, place) for place in {item.place for item in picture.items}}
        for order, item in enumerate(picture.items):
            _draw(ax, item, transforms[item.place], 2 + order / 1000)
    return ax


def _number(ax: Axes, which: str, scale: Scale | None) -> None:
    axis = ax.xaxis if which == "x" else ax.yaxis
    if scale is None:
        axis.set_ticks([])
        return
    axis.set_ticks(scale.ticks, scale.texts, **_LITERAL)
    axis.set_tick_params(length=0, colors=scale.color, labelsize=scale.size, pad=4 if scale.grid else 6)
    if scale.grid:
        axis.grid(visible=True, color=GRID, linewidth=0.8)
    if scale.label:
        axis.set_label_text(scale.label, color=MUTED, fontsize=SMALL, **_LITERAL)


def _transform(ax: Axes, place: Place) -> Transform:
    """From the coordinates of a place to the figure."""
    transform: Any = ax.transAxes
    inches = ax.figure.dpi_scale_trans
    corner = inches + ScaledTranslation(float(place.x == "right"), float(place.y == "top"), transform)
    x, y = (ax.transData if one == "data" else corner for one in (place.x, place.y))
    both = x if x is y else blended_transform_factory(x, y)
    return both + ScaledTranslation(place.shift / 72, 0, inches) if place.shift else both


def _draw(ax: Axes, item: Item, transform: Transform, order: float) -> None:
    match item:
        case Text():
            ground = {"facecolor": "white", "edgecolor": "none", "pad": item.ground}
            ax.text(
                item.x, item.y, item.text, transform=transform, ha=item.align,
                va=_RISE.get(item.rise, "center" if "\n" in item.text else "center_baseline"),
                color=item.color, fontsize=item.size, fontweight="bold" if item.bold else "normal",
                fontstyle="italic" if item.italic else "normal", rotation=90 if item.upright else 0, zorder=order,
                bbox=None if item.ground is None else ground, **_LITERAL,
            )  # fmt: skip
        case Lines():
            look: dict[str, Any] = {"colors": item.color, "linewidths": item.width, "alpha": item.opacity}
            dash = (0, item.dash) if item.dash else "solid"
            lines = LineCollection(
                [np.array(points) for points in item.points],
                linestyles=[dash],
                transform=transform,
                zorder=order,
                **look,
            )
            ax.add_collection(lines, autolim=False).set_clip_on(item.place.x == item.place.y == "data")
        case Shapes():
            edge = {"edgecolors": item.edge, "linewidths": item.edge_width} if item.edge else {"edgecolors": "none"}
            corners = [np.array(points) for points in item.points]
            shapes = PolyCollection(corners, facecolors=list(item.fills), transform=transform, zorder=order, **edge)
            ax.add_collection(shapes, autolim=False).set_clip_on(item.place.x == item.place.y == "data")
        case Marks():
            mark = item.mark
            x, y = zip(*item.points, strict=True)
            ax.plot(
                x, y, linestyle="none", color=mark.color, marker=mark.marker, markersize=mark.size,
                markerfacecolor=mark.color if mark.filled else "white", markeredgecolor=mark.color,
                markeredgewidth=1.6 if item.opacity == 1 else 0.0, alpha=item.opacity, transform=transform,
                zorder=order, clip_on=False, scalex=False, scaley=False,
            )  # fmt: skip
