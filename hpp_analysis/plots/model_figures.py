"""Figures of confirmatory models: the path diagram, and the steps of measurement invariance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpp_analysis.plots.parts.alts import sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.lettering import BODY, SMALL, clean, listed, number, text_width, wrap
from hpp_analysis.plots.parts.picture import Lines, Picture, Place, Point, Shapes, Text, box, nothing
from hpp_analysis.plots.parts.style import GRID, INK, MUTED, WIDTH, Mark, nothing_text, palette
from hpp_analysis.plots.parts.table import check_columns, numbers_of, texts_of
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RELATIONS, _LEVELS = ("lhs", "op", "rhs", "value"), ("label", "verdict", "said", "change")
_ROW, _GAP = 0.4, 0.16  # inches per item, and between the items of two factors
_NODE_WIDTH, _NODE_HEIGHT = 1.5, 0.52
_ARCS = 1.15  # inches for the arcs on the left
_REACH = 1.3  # inches of an arrow from a factor to its items
_HEAD = 0.09  # inches of an arrow head
_LEVEL = 0.52  # inches per level of invariance
_VERDICTS = {"holds": palette["client"], "fails": palette["partner"], "not_testable": Mark(MUTED, "x", size=7.5)}


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the variables are, in inches from the lower left corner.

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

    def half_width(self, name: str) -> float:
        """Half the width of a variable's box or ellipse."""
        return self.item_half if name in self.items else _NODE_WIDTH / 2


@drawing
def path_diagram(data: pd.DataFrame, *, labels: Mapping[str, str] | None = None, ax: Axes | None = None) -> Picture:
    """Draw a measurement model: items in boxes, factors in ellipses.

    Arrows go from factors to what measures them, double-headed arcs join what varies together. A thicker line is a
    larger coefficient, a dashed one is negative; the numbers are the standardised coefficients.

    Parameters
    ----------
    data : DataFrame
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
    >>> data = pd.DataFrame({"lhs": ["f", "f", "f"], "op": "=~", "rhs": ["a", "b", "c"], "value": [.8, .7, .6]})
    >>> ax = path_diagram(data)
    >>> sorted(text.get_text() for text in ax.texts)
    ['0.60', '0.70', '0.80', 'a', 'b', 'c', 'f']
    """
    check_columns(data, _RELATIONS)
    names = {name: clean(text) for name, text in (labels or {}).items()}
    measured = data[data["op"] == "=~"]
    if measured.empty:
        return nothing(ax)
    layout = _lay(data)
    picture = Picture(ax, WIDTH, layout.height + 0.2, left=0.1, right=0.1, top=0.1, bottom=0.1)
    picture.x_limits, picture.y_limits = (0.0, layout.width), (0.0, layout.height)
    values: list[Text] = []
    for row in data.itertuples():
        if row.op == "=~":
            values += _draw_loading(picture, layout, str(row.lhs), str(row.rhs), float(row.value))
        elif row.op == "~":
            values += _draw_arc(picture, layout, str(row.rhs), str(row.lhs), float(row.value), heads=1)
        elif row.op == "~~" and row.lhs != row.rhs:
            values += _draw_arc(picture, layout, str(row.lhs), str(row.rhs), float(row.value), heads=2)
    for name in layout.items:
        (x, y), half, tall = layout.centre[name], layout.item_half, (_ROW - 0.06) / 2
        picture.add(Shapes([box(x - half, y - tall, x + half, y + tall)], ["#ffffff"], MUTED, 0.9))
        picture.add(Text(x - half + 0.07, y, wrap(names.get(name, clean(name)), 2 * half - 0.14, SMALL, lines=2)))
    latent = set(measured["lhs"])
    for name in (*layout.nodes, *layout.right):
        x, y = layout.centre[name]
        a, b = _NODE_WIDTH / 2, _NODE_HEIGHT / 2
        turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        ellipse = np.column_stack([x + a * np.cos(turn), y + b * np.sin(turn)]).tolist()
        outline = ellipse if name in latent else box(x - a, y - b, x + a, y + b)
        picture.add(Shapes([outline], ["#eef3f7"], INK, 1.1))
        picture.add(Text(x, y, wrap(names.get(name, clean(name)), _NODE_WIDTH - 0.08, SMALL, lines=2), align="center"))
    picture.add(*values)
    return picture


def _lay(data: pd.DataFrame) -> _Layout:
    """Find a place for each variable: items beside their factor, factors of factors at the left, general ones at the right."""
    measured = data[data["op"] == "=~"]
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
        for name in data.loc[data["op"].isin(["~", "~~"]), column]
        if name not in home and name not in members
    )
    left = _ARCS + (_NODE_WIDTH + 0.75 if higher else 0.0)
    start = left + _NODE_WIDTH + (_REACH if not right else 1.0)
    inner = [
        row
        for row in data.itertuples()
        if row.op == "~~" and row.lhs != row.rhs and row.lhs in home and row.rhs in home
    ]
    margin = _NODE_WIDTH + 1.0 if right else 0.55 if inner else 0.05
    half = (WIDTH - 0.2 - margin - start) / 2
    item_x = start + half
    centre: dict[str, tuple[float, float]] = {}
    y = 0.12
    items: list[str] = []
    for name in first:
        members_here = [item for item in own[name] if home[item] == name]
        tall = max(len(members_here) * _ROW, _NODE_HEIGHT + 0.1)
        for i, item in enumerate(members_here):
            centre[item] = (item_x, y + tall * (i + 0.5) / len(members_here))
        items += members_here
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


def _draw_arrow(picture: Picture, points: Sequence[Point], value: float, color: str, heads: int) -> None:
    """A line through points with a head at its end, or at both; its width and dash show the coefficient."""
    triangles = []
    for _head in range(heads):
        tip = np.array(points[-1])
        points = [point for point in points[:-1] if np.hypot(*(np.array(point) - tip)) > _HEAD]
        back = (np.array(points[-1]) - tip) / np.hypot(*(np.array(points[-1]) - tip)) * _HEAD
        side = np.array([-back[1], back[0]]) * 0.45
        triangles.append([tuple(corner.tolist()) for corner in (tip, tip + back + side, tip + back - side)])
        points = [tuple((tip + 0.8 * back).tolist()), *reversed(points)]  # the other end comes last now
    width = 0.7 + 2.0 * min(abs(value), 1.0) if np.isfinite(value) else 0.7
    picture.add(Lines([points], color, width, (4, 2) if value < 0 else ()))
    picture.add(Shapes(triangles, [color] * len(triangles), color, 0.5))


def _draw_loading(picture: Picture, layout: _Layout, factor: str, item: str, value: float) -> list[Text]:
    """The arrow from a factor to its item; returns its number, which goes on top of everything."""
    (x0, y0), (x1, y1) = layout.centre[factor], layout.centre[item]
    side = 1.0 if x1 > x0 else -1.0
    start, end = (x0 + side * _NODE_WIDTH / 2, y0), (x1 - side * layout.half_width(item), y1)
    color = palette["client"].color
    _draw_arrow(picture, [start, end], value, color, 1)
    return _coefficient(start[0] + 0.6 * (end[0] - start[0]), start[1] + 0.6 * (end[1] - start[1]), value, color)


def _draw_arc(picture: Picture, layout: _Layout, one: str, other: str, value: float, *, heads: int) -> list[Text]:
    """A curve at the outer side of two variables: left of factors, right of items; returns its number."""
    if one not in layout.centre or other not in layout.centre:
        return []
    item = one in layout.items and other in layout.items
    side = 1.0 if item or (one in layout.right and other in layout.right) else -1.0
    (x0, y0), (x1, y1) = layout.centre[one], layout.centre[other]
    start, end = (x0 + side * layout.half_width(one), y0), (x1 + side * layout.half_width(other), y1)
    distance = abs(y1 - y0)
    room = 0.45 if item else _ARCS - 0.25
    bulge = side * room * min(1.0, 0.35 + 0.65 * distance / max(layout.height - _NODE_HEIGHT, 0.1))
    turn = float(np.clip(2 * bulge / max(distance, 0.2), -2.5, 2.5)) * (1 if y1 > y0 else -1)
    dx, dy = end[0] - start[0], end[1] - start[1]
    control = ((start[0] + end[0]) / 2 + turn * dy, (start[1] + end[1]) / 2 - turn * dx)
    t = np.linspace(0, 1, 25)[:, None]
    curve = (1 - t) ** 2 * np.array(start) + 2 * t * (1 - t) * np.array(control) + t**2 * np.array(end)
    color = palette["partner"].color
    _draw_arrow(picture, [(x, y) for x, y in curve.tolist()], value, color, heads)
    return _coefficient(float(curve[12, 0]), float(curve[12, 1]), value, color)


def _coefficient(x: float, y: float, value: float, color: str) -> list[Text]:
    return [Text(x, y, number(value, 2), color, align="center", ground=1.0)] if np.isfinite(value) else []


@path_diagram.set_alt
def path_diagram_alt(data: pd.DataFrame, *, labels: Mapping[str, str] | None = None) -> str:
    """Say what the path diagram shows: each factor with its strongest and weakest item, and the correlations.

    Examples
    --------
    >>> data = pd.DataFrame({"lhs": ["f", "f"], "op": "=~", "rhs": ["a", "b"], "value": [.8, .7]})
    >>> path_diagram_alt(data)
    'Path diagram of 1 factor. f: 2 items, loadings from 0.70 (b) to 0.80 (a).'
    """
    check_columns(data, _RELATIONS)
    called = {name: clean(text) for name, text in (labels or {}).items()}
    measured = data[data["op"] == "=~"]
    if measured.empty:
        return nothing_text()
    count = measured["lhs"].nunique()
    parts = [ngettext("Path diagram of {count} factor.", "Path diagram of {count} factors.", count).format(count=count)]
    for factor, rows in measured.groupby("lhs", sort=False):
        values = rows["value"].to_numpy(dtype=float)
        names = [called.get(str(name), clean(name)) for name in rows["rhs"]]
        parts.append(_loadings_sentence(called.get(str(factor), clean(factor)), names, values))
    joined = data[(data["op"] == "~~") & (data["lhs"] != data["rhs"]) & data["lhs"].isin(measured["lhs"])]
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


@drawing
def invariance_ladder(data: pd.DataFrame, *, cutoff: float = -0.01, ax: Axes | None = None) -> Picture:
    """Draw by level how much worse the fit becomes, with the verdict in words.

    Parameters
    ----------
    data : DataFrame
        One row per level, in order: `label` (as the level is called), `verdict` ("holds", "fails" or
        "not_testable"), `said` (the verdict in words), `change` (of the CFI; NaN for the first level and where there
        is none).
    cutoff : float
        A change below this is too much: a line.
    ax : Axes, optional
        Where to draw; by default in a figure of its own.

    Returns
    -------
    Axes

    Examples
    --------
    >>> data = pd.DataFrame({
    ...     "label": ["Configural", "Metric"], "verdict": ["holds", "fails"], "said": ["holds", "fails (a)"],
    ...     "change": [np.nan, -.02],
    ... })
    >>> len(invariance_ladder(data).lines)
    2
    """
    check_columns(data, _LEVELS)
    change, labels, verdict_words = numbers_of(data, "change"), texts_of(data, "label"), texts_of(data, "said")
    count = len(labels)
    if not count:
        return nothing(ax)
    left, right = min(max(text_width(label, BODY) for label in labels) + 0.25, 2.2), 2.6
    picture = Picture(ax, WIDTH, count * _LEVEL + 0.75, left=left, right=right, top=0.1, bottom=0.65)
    low, high = float(np.nanmin([*change, cutoff])), float(np.nanmax([*change, 0.0]))
    limits = (float(np.floor(low * 100 - 1)) / 100, max(0.01, float(np.ceil(high * 100)) / 100))
    picture.number_x(limits, _percent_ticks(limits), _("Change of the CFI from the level before"))
    picture.y_limits = (count - 0.5, -0.5)
    picture.down([cutoff], MUTED, 1.1, (4, 2))
    picture.add(Lines([((0.0, 0.0), (0.0, count - 1.0))], GRID, 2.2))
    for place, (label, words, verdict) in enumerate(zip(labels, verdict_words, texts_of(data, "verdict"), strict=True)):
        mark = _VERDICTS.get(verdict, _VERDICTS["not_testable"])
        at = np.array([change[place] if np.isfinite(change[place]) else 0.0])
        picture.marks(at, np.array([float(place)]), mark)
        name, words = wrap(label, left - 0.2, BODY, lines=2), wrap(words, right - 0.25, SMALL, lines=3)
        picture.add(
            Text(-0.12, place, name, size=BODY, align="right", place=Place("left")),
            Text(0.15, place, words, mark.color, place=Place("right")),
        )
    return picture


def _percent_ticks(limits: tuple[float, float]) -> list[float]:
    """At most five round numbers, zero among them."""
    low, high = (round(100 * end) for end in limits)
    step = max(1, -(-(high - low) // 4))
    return [tick / 100 for tick in range(-(-low // step) * step, high + 1, step)]


@invariance_ladder.set_alt
def invariance_ladder_alt(data: pd.DataFrame, *, cutoff: float = -0.01) -> str:
    """Say each level's verdict and change.

    Examples
    --------
    >>> data = pd.DataFrame({"label": ["Metric"], "verdict": ["fails"], "said": ["fails (a)"], "change": [-.02]})
    >>> invariance_ladder_alt(data)
    'Steps of measurement invariance; a change of the CFI below −0.010 is too much. Metric: fails (a), change −0.020.'
    """
    check_columns(data, _LEVELS)
    if data.empty:
        return nothing_text()
    change = numbers_of(data, "change")
    parts = [
        _("Steps of measurement invariance; a change of the CFI below {cutoff} is too much.").format(
            cutoff=number(cutoff, 3)
        )
    ]
    for label, said, value in zip(texts_of(data, "label"), texts_of(data, "said"), change, strict=True):
        if np.isfinite(value):
            parts.append(_("{level}: {said}, change {change}.").format(level=label, said=said, change=number(value, 3)))
        else:
            parts.append(_("{level}: {said}.").format(level=label, said=said))
    return sentences(*parts)
