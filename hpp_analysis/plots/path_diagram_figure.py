"""The path diagram of a measurement model: factors, their items, loadings and correlations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse, FancyArrowPatch, Rectangle

from hpp_analysis.plots.parts.alts import sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import check_columns
from hpp_analysis.plots.parts.lettering import SMALL, clean, listed, number, wrap
from hpp_analysis.plots.parts.style import (
    INK,
    LITERAL,
    MUTED,
    WIDTH,
    middle,
    new_axes,
    nothing,
    nothing_text,
    palette,
    styled,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_COLUMNS = ("lhs", "op", "rhs", "value")
_ROW, _GAP = 0.4, 0.16  # inches per item, and between the items of two factors
_NODE_WIDTH, _NODE_HEIGHT = 1.5, 0.52
_ARCS = 1.15  # inches for the arcs on the left
_REACH = 1.3  # inches of an arrow from a factor to its items


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things are, in inches from the lower left corner.

    Attributes
    ----------
    centre : dict
        Of each variable.
    items, nodes, right : list of str
        Observed indicators; what stands left of them; factors that stand right of them.
    width, height : float
    item_half : float
        Half the width of an item's box.
    """

    centre: dict[str, tuple[float, float]]
    items: list[str]
    nodes: list[str]
    right: list[str]
    width: float
    height: float
    item_half: float


@drawing
def path_diagram(frame: pd.DataFrame, *, labels: Mapping[str, str] | None = None, ax: Axes | None = None) -> Axes:
    """Draw a measurement model: items in boxes, factors in ellipses.

    Arrows go from factors to what measures them, double-headed arcs join what varies together. A thicker line is a
    larger coefficient, a dashed one is negative; the numbers are the standardised coefficients.

    Parameters
    ----------
    frame : DataFrame
        One row per relation: `lhs`, `op` ("=~", "~" or "~~"), `rhs`, `value` (standardised). Variances and other
        operators are left out.
    labels : mapping of str to str, optional
        What variables are called.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({"lhs": ["f", "f", "f"], "op": "=~", "rhs": ["a", "b", "c"], "value": [.8, .7, .6]})
    >>> ax = path_diagram(frame)
    >>> sorted(text.get_text() for text in ax.texts)
    ['0.60', '0.70', '0.80', 'a', 'b', 'c', 'f']
    """
    check_columns(frame, _COLUMNS)
    called = {name: clean(text) for name, text in (labels or {}).items()}
    measured = frame[frame["op"] == "=~"]
    with styled():
        if measured.empty:
            return nothing(ax)
        layout = _lay(frame)
        if ax is None:
            ax = new_axes(WIDTH, layout.height + 0.2, left=0.1, right=0.1, top=0.1, bottom=0.1)
        ax.set_xlim(0, layout.width)
        ax.set_ylim(0, layout.height)
        ax.set_axis_off()
        for row in frame.itertuples():
            if row.op == "=~":
                _measure(ax, layout, str(row.lhs), str(row.rhs), float(row.value))
            elif row.op == "~":
                _arc(ax, layout, str(row.rhs), str(row.lhs), float(row.value), heads="-|>")
            elif row.op == "~~" and row.lhs != row.rhs:
                _arc(ax, layout, str(row.lhs), str(row.rhs), float(row.value), heads="<|-|>")
        for name in layout.items:
            _box(ax, layout, name, called.get(name, clean(name)))
        latent = set(measured["lhs"])
        for name in (*layout.nodes, *layout.right):
            _node(ax, layout, name, called.get(name, clean(name)), latent=name in latent)
    return ax


def _lay(frame: pd.DataFrame) -> _Layout:
    measured = frame[frame["op"] == "=~"]
    members: dict[str, list[str]] = {}
    for lhs, rhs in zip(measured["lhs"], measured["rhs"], strict=True):
        members.setdefault(str(lhs), []).append(str(rhs))
    own = {name: [item for item in items if item not in members] for name, items in members.items()}
    home: dict[str, str] = {}  # an item stands beside the smallest factor that it measures
    for name in sorted(own, key=lambda name: len(own[name])):
        for item in own[name]:
            home.setdefault(item, name)
    first = [name for name in own if name in home.values()]
    right = [name for name in own if own[name] and name not in first]
    higher = [name for name in own if not own[name]]
    others = dict.fromkeys(
        str(name)
        for column in ("lhs", "rhs")
        for name in frame.loc[frame["op"].isin(["~", "~~"]), column]
        if name not in home and name not in members
    )
    left = _ARCS + (_NODE_WIDTH + 0.75 if higher else 0.0)
    start = left + _NODE_WIDTH + (_REACH if not right else 1.0)
    inner = [
        row
        for row in frame.itertuples()
        if row.op == "~~" and row.lhs != row.rhs and row.lhs in home and row.rhs in home
    ]
    margin = _NODE_WIDTH + 1.0 if right else 0.55 if inner else 0.05
    half = (WIDTH - 0.2 - margin - start) / 2
    item_x = start + half
    centre: dict[str, tuple[float, float]] = {}
    y = 0.12
    items: list[str] = []
    for name in first:
        mine = [item for item in own[name] if home[item] == name]
        tall = max(len(mine) * _ROW, _NODE_HEIGHT + 0.1)
        for i, item in enumerate(mine):
            centre[item] = (item_x, y + tall * (i + 0.5) / len(mine))
        items += mine
        centre[name] = (left + _NODE_WIDTH / 2, y + tall / 2)
        y += tall + _GAP
    for name in others:
        centre[name] = (left + _NODE_WIDTH / 2, y + _NODE_HEIGHT / 2)
        y += _NODE_HEIGHT + _GAP
    height = y - _GAP + 0.12
    for i, name in enumerate(higher):
        parts = [centre[part][1] for part in members[name] if part in centre]
        at = float(np.mean(parts)) if parts else height * (i + 0.5) / len(higher)
        centre[name] = (_ARCS + _NODE_WIDTH / 2 - 0.35, at)
    for i, name in enumerate(right):
        centre[name] = (WIDTH - 0.2 - _NODE_WIDTH / 2, height * (i + 0.5) / len(right))
    flipped = {name: (x, height - at) for name, (x, at) in centre.items()}
    return _Layout(flipped, items, [*first, *others, *higher], right, WIDTH - 0.2, height, half)


def _half_width(layout: _Layout, name: str) -> float:
    return layout.item_half if name in layout.items else _NODE_WIDTH / 2


def _weight(value: float) -> float:
    return 0.7 + 2.0 * min(abs(value), 1.0) if np.isfinite(value) else 0.7


def _line(value: float) -> str | tuple[int, tuple[float, ...]]:
    return (0, (4, 2)) if value < 0 else "-"


def _measure(ax: Axes, layout: _Layout, factor: str, item: str, value: float) -> None:
    (x0, y0), (x1, y1) = layout.centre[factor], layout.centre[item]
    side = 1.0 if x1 > x0 else -1.0
    start, end = (x0 + side * _NODE_WIDTH / 2, y0), (x1 - side * _half_width(layout, item), y1)
    color = palette["client"].color
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=9,
            shrinkA=0,
            shrinkB=0,
            linewidth=_weight(value),
            linestyle=_line(value),
            color=color,
        )
    )
    at = (start[0] + 0.6 * (end[0] - start[0]), start[1] + 0.6 * (end[1] - start[1]))
    _figure(ax, at, value, color)


def _arc(ax: Axes, layout: _Layout, one: str, other: str, value: float, *, heads: str) -> None:
    """A curve at the outer side of two variables: left of factors, right of items."""
    if one not in layout.centre or other not in layout.centre:
        return
    item = one in layout.items and other in layout.items
    side = 1.0 if item or (one in layout.right and other in layout.right) else -1.0
    (x0, y0), (x1, y1) = layout.centre[one], layout.centre[other]
    start = (x0 + side * _half_width(layout, one), y0)
    end = (x1 + side * _half_width(layout, other), y1)
    apart = abs(y1 - y0)
    room = 0.45 if item else _ARCS - 0.25
    bulge = side * room * min(1.0, 0.35 + 0.65 * apart / max(layout.height - _NODE_HEIGHT, 0.1))
    turn = np.clip(2 * bulge / max(apart, 0.2), -2.5, 2.5) * (1 if y1 > y0 else -1)
    color = palette["partner"].color
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle=heads,
            connectionstyle=f"arc3,rad={turn}",
            mutation_scale=8,
            shrinkA=0,
            shrinkB=0,
            linewidth=_weight(value),
            linestyle=_line(value),
            color=color,
        )
    )
    # the middle of the quadratic curve that arc3 draws
    dx, dy = end[0] - start[0], end[1] - start[1]
    control = ((start[0] + end[0]) / 2 + turn * dy, (start[1] + end[1]) / 2 - turn * dx)
    at = tuple(0.25 * a + 0.5 * c + 0.25 * b for a, c, b in zip(start, control, end, strict=True))
    _figure(ax, (float(at[0]), float(at[1])), value, color)


def _figure(ax: Axes, at: tuple[float, float], value: float, color: str) -> None:
    if np.isfinite(value):
        ax.text(
            *at,
            number(value, 2),
            ha="center",
            va="center",
            color=color,
            fontsize=SMALL,
            zorder=4,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
            **LITERAL,
        )


def _box(ax: Axes, layout: _Layout, name: str, text: str) -> None:
    x, y = layout.centre[name]
    half = _half_width(layout, name)
    tall = _ROW - 0.06
    ax.add_patch(
        Rectangle((x - half, y - tall / 2), 2 * half, tall, facecolor="white", edgecolor=MUTED, linewidth=0.9, zorder=3)
    )
    shown = wrap(text, 2 * half - 0.14, SMALL, lines=2)
    ax.text(x - half + 0.07, y, shown, ha="left", va=middle(shown), color=INK, fontsize=SMALL, zorder=4, **LITERAL)


def _node(ax: Axes, layout: _Layout, name: str, text: str, *, latent: bool) -> None:
    x, y = layout.centre[name]
    look: dict[str, Any] = {"facecolor": "#eef3f7", "edgecolor": INK, "linewidth": 1.1, "zorder": 3}
    if latent:
        ax.add_patch(Ellipse((x, y), _NODE_WIDTH, _NODE_HEIGHT, **look))
    else:
        corner = (x - _NODE_WIDTH / 2, y - _NODE_HEIGHT / 2)
        ax.add_patch(Rectangle(corner, _NODE_WIDTH, _NODE_HEIGHT, **look))
    shown = wrap(text, _NODE_WIDTH - 0.08, SMALL, lines=2)
    ax.text(x, y, shown, ha="center", va=middle(shown), color=INK, fontsize=SMALL, zorder=4, **LITERAL)


@path_diagram.set_alt
def path_diagram_alt(frame: pd.DataFrame, *, labels: Mapping[str, str] | None = None) -> str:
    """Say what the path diagram shows: each factor with its strongest and weakest item, and the correlations.

    Examples
    --------
    >>> frame = pd.DataFrame({"lhs": ["f", "f"], "op": "=~", "rhs": ["a", "b"], "value": [.8, .7]})
    >>> path_diagram_alt(frame)
    'Path diagram of 1 factor. f: 2 items, loadings from 0.70 (b) to 0.80 (a).'
    """
    check_columns(frame, _COLUMNS)
    called = {name: clean(text) for name, text in (labels or {}).items()}
    measured = frame[frame["op"] == "=~"]
    if measured.empty:
        return nothing_text()
    count = measured["lhs"].nunique()
    parts = [ngettext("Path diagram of {count} factor.", "Path diagram of {count} factors.", count).format(count=count)]
    for factor, rows in measured.groupby("lhs", sort=False):
        values = rows["value"].to_numpy(dtype=float)
        names = [called.get(str(name), clean(name)) for name in rows["rhs"]]
        parts.append(_loadings_sentence(called.get(str(factor), clean(factor)), names, values))
    joined = frame[(frame["op"] == "~~") & (frame["lhs"] != frame["rhs"]) & frame["lhs"].isin(measured["lhs"])]
    pairs = [
        f"{called.get(str(row.lhs), clean(row.lhs))} – {called.get(str(row.rhs), clean(row.rhs))} {number(float(row.value), 2)}"
        for row in joined.itertuples()
        if np.isfinite(row.value)
    ]
    if pairs:
        parts.append(_("Correlations: {pairs}.").format(pairs="; ".join(pairs)))
    return sentences(*parts)


def _loadings_sentence(factor: str, names: Sequence[str], values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    if not np.isfinite(values).any():
        return _("{factor}: {items}.").format(factor=factor, items=listed(names))
    low, high = int(np.nanargmin(values)), int(np.nanargmax(values))
    return ngettext(
        "{factor}: {count} item, loadings from {low} ({lowest}) to {high} ({highest}).",
        "{factor}: {count} items, loadings from {low} ({lowest}) to {high} ({highest}).",
        len(names),
    ).format(
        factor=factor,
        count=len(names),
        low=number(float(values[low]), 2),
        lowest=names[low],
        high=number(float(values[high]), 2),
        highest=names[high],
    )
