"""Partner by characteristic: the means as shaded cells with their numbers, a block of columns for each side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.transforms import blended_transform_factory

from hpp_analysis.plots.parts.alts import counts_sentence, range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import FloatArray, check_columns, check_on_axis, numbers_of, texts_of
from hpp_analysis.plots.parts.lettering import LINE, SMALL, bound, listed, number, text_height, text_width, wrap
from hpp_analysis.plots.parts.rows import Rows, beside, lay_rows
from hpp_analysis.plots.parts.style import (
    INK,
    LITERAL,
    MUTED,
    WIDTH,
    from_corner,
    middle,
    new_axes,
    nothing,
    nothing_text,
    styled,
)
from hpp_analysis.texts import ngettext

_COLUMNS = ("group", "label", "partner", "series", "mean")
_EDGE, _GAP, _CELL, _BLOCK = 0.1, 0.12, 0.24, 0.12  # inches
_WIDEST_CELL, _DEEPEST_HEAD = 0.75, 2.0
_SMALLEST = 6.5  # points of a number in a cell; a narrower cell has none

SEQUENTIAL = LinearSegmentedColormap.from_list(
    "hpp_sequential", ["#fbf3e6", "#e3d3b4", "#9db4bd", "#4b7ea3", "#12436d"]
)
"""From light (low) to dark (high), evenly: the order survives in grey."""


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows x columns; columns come by series, then by partner."""

    groups: tuple[str, ...]
    labels: tuple[str, ...]
    partners: tuple[str, ...]
    series: tuple[str, ...]
    values: FloatArray
    there: np.ndarray


def _read(frame: pd.DataFrame) -> _Table:
    check_columns(frame, _COLUMNS)
    mean = numbers_of(frame, "mean")
    group, label, partner, series = (texts_of(frame, name) for name in _COLUMNS[:4])
    rows = list(dict.fromkeys(zip(group, label, strict=True)))
    columns = [(side, one) for side in dict.fromkeys(series) for one in dict.fromkeys(partner)]
    used = set(zip(series, partner, strict=True))
    columns = [column for column in columns if column in used]
    values = np.full((len(rows), len(columns)), np.nan)
    there = np.zeros(values.shape, dtype=bool)
    row_of = {key: place for place, key in enumerate(rows)}
    column_of = {key: place for place, key in enumerate(columns)}
    at = (
        [row_of[key] for key in zip(group, label, strict=True)],
        [column_of[key] for key in zip(series, partner, strict=True)],
    )
    values[at], there[at] = mean, True
    return _Table(
        tuple(key[0] for key in rows),
        tuple(key[1] for key in rows),
        tuple(key[1] for key in columns),
        tuple(key[0] for key in columns),
        values,
        there,
    )


@drawing
def partner_heatmap(frame: pd.DataFrame, *, limits: tuple[float, float] = (1, 10), ax: Axes | None = None) -> Axes:
    """Draw the mean of each characteristic for each partner and side.

    Parameters
    ----------
    frame : DataFrame
        One row per characteristic, partner and side, with the columns `group` (the factor), `label` (the characteristic),
        `partner`, `series` (the side) and `mean`. NaN is withheld: the cell is hatched. All stand in order of appearance.
    limits : (float, float)
        The ends of the answer scale, lightest and darkest, whatever the data are.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "group": "", "label": ["Dialogue", "Ideas"], "partner": "Alfa", "series": "Client", "mean": [7.9, 6.8],
    ... })
    >>> [text.get_text() for text in partner_heatmap(frame).texts][-2:]
    ['7.9', '6.8']
    """
    table = _read(frame)
    with styled():
        if not np.isfinite(table.values).any():
            return nothing(ax)
        check_on_axis(table.values.ravel(), limits)
        rows = lay_rows(table.groups, table.labels, row_height=_CELL)
        left = rows.label_width + _GAP
        blocks = np.cumsum([0] + [a != b for a, b in zip(table.series[1:], table.series, strict=False)])
        room = WIDTH - left - 2 * _EDGE - _BLOCK * blocks[-1]
        width = min(room / len(table.partners), _WIDEST_CELL)
        x = np.arange(len(table.partners)) * width + blocks * _BLOCK
        heads, upright = _heads(table.partners, width)
        deep = (max(text_width(head) for head in heads) if upright else max(map(text_height, heads))) + 0.08
        named = any(table.series)
        if ax is None:
            top = deep + (0.24 if named else 0.0) + 0.06
            ax = new_axes(
                WIDTH, rows.height + top + 0.1, left=left + _EDGE,
                right=WIDTH - left - _EDGE - float(x[-1] + width), top=top, bottom=0.1,
            )  # fmt: skip
        ax.set_xlim(0, float(x[-1] + width))
        ax.set_ylim(rows.height, 0)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[["left", "right", "top", "bottom"]].set_visible(False)
        _label(ax, rows, left)
        _head(ax, table, x + width / 2, heads, upright=upright, deep=deep)
        _fill(ax, table, rows, x, width, limits)
    return ax


def _heads(partners: tuple[str, ...], width: float) -> tuple[list[str], bool]:
    """The partners above the columns: across where their words fit, else upright."""
    across = [wrap(name, width - 0.05, lines=3) for name in partners]
    longest = max(text_width(word) for name in partners for word in name.split() or [""])
    if longest <= width - 0.05 and not any(head.endswith("…") for head in across):
        return across, False
    return [wrap(name, _DEEPEST_HEAD, lines=1) for name in partners], True


def _label(ax: Axes, rows: Rows, left: float) -> None:
    place = beside(ax, 0)
    indent = 0.1 if rows.headings else 0.0
    for y, label in zip(rows.y, rows.labels, strict=True):
        ax.text(indent - left, y, label, transform=place, va=middle(label), color=INK, fontsize=SMALL, **LITERAL)
    for y, heading in rows.headings:
        ax.text(
            -left, y, heading, transform=place, va=middle(heading), color=INK, fontsize=SMALL,
            fontweight="bold", **LITERAL,
        )  # fmt: skip


def _head(ax: Axes, table: _Table, centre: FloatArray, heads: list[str], *, upright: bool, deep: float) -> None:
    above = blended_transform_factory(ax.transData, from_corner(ax, 0, 1))
    for at, head in zip(centre, heads, strict=True):
        ax.text(
            at, 0.06, head, transform=above, ha="center", va="bottom", rotation=90 if upright else 0,
            color=MUTED, fontsize=SMALL, **LITERAL,
        )  # fmt: skip
    series = np.array(table.series)
    for name in filter(None, dict.fromkeys(table.series)):
        ax.text(
            float(centre[series == name].mean()), deep + 0.06, name, transform=above, ha="center", va="bottom",
            color=INK, fontsize=SMALL, fontweight="bold", **LITERAL,
        )  # fmt: skip


def _fill(ax: Axes, table: _Table, rows: Rows, x: FloatArray, width: float, limits: tuple[float, float]) -> None:
    """All cells in one go, strokes through those that are withheld, and the numbers."""
    tall = np.array([max(_CELL, (label.count("\n") + 1) * SMALL * LINE / 72 + 0.07) for label in rows.labels])
    at = [(int(r), int(c)) for r, c in np.argwhere(table.there)]
    boxes = np.array(
        [
            (x[c] + 0.01, rows.y[r] - tall[r] / 2 + 0.01, x[c] + width - 0.01, rows.y[r] + tall[r] / 2 - 0.01)
            for r, c in at
        ]
    )
    values = np.array([table.values[cell] for cell in at])
    shares = np.clip((values - limits[0]) / (limits[1] - limits[0]), 0, 1)
    colors = np.where(np.isnan(values)[:, None], 1.0, SEQUENTIAL(np.nan_to_num(shares)))
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    ax.add_collection(PolyCollection(list(corners), facecolors=colors, edgecolors="none", zorder=1), autolim=False)
    hidden = boxes[np.isnan(values)]
    if len(hidden):
        ax.add_collection(LineCollection(_strokes(hidden), colors="#b6bdc4", linewidths=0.7, zorder=1.2), autolim=False)
    texts = [number(value) if np.isfinite(value) else "" for value in values]
    size = min(SMALL, SMALL * (width - 0.06) / max(map(text_width, texts)))
    if size < _SMALLEST:
        return
    for (r, c), text, share in zip(at, texts, shares, strict=True):
        if text:
            ax.text(
                x[c] + width / 2, rows.y[r], text, ha="center", va="center_baseline", fontsize=size,
                color="white" if share > 0.62 else INK, zorder=2, **LITERAL,
            )  # fmt: skip


def _strokes(boxes: FloatArray, apart: float = 0.09) -> list[np.ndarray]:
    """Slanted strokes in each box; `boxes` are left, top, right, bottom."""
    lines = []
    for left, top, right, bottom in boxes:
        tall = bottom - top
        for start in np.arange(left - tall + apart / 2, right, apart):
            low, high = max(start, left), min(start + tall, right)
            lines.append(np.array([[low, bottom - (low - start)], [high, bottom - (high - start)]]))
    return lines


@partner_heatmap.set_alt
def partner_heatmap_alt(frame: pd.DataFrame, *, limits: tuple[float, float] = (1, 10)) -> str:
    """Say what `partner_heatmap` shows.

    Parameters
    ----------
    frame : DataFrame
        As for `partner_heatmap`.
    limits : (float, float)
        The ends of the answer scale.

    Returns
    -------
    str
        Two or three sentences.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "group": "", "label": ["Dialogue", "Ideas"], "partner": "Alfa", "series": "Client", "mean": [7.9, 6.8],
    ... })
    >>> print(partner_heatmap_alt(frame))
    Table of shaded cells: the means of 2 characteristics, on the scale from 1 to 10, for Alfa.
    The values run from 6.8 (Ideas; Client, Alfa) to 7.9 (Dialogue; Client, Alfa).
    """
    table = _read(frame)
    if not np.isfinite(table.values).any():
        return nothing_text()
    count = len(table.labels)
    opening = ngettext(
        "Table of shaded cells: the means of {count} characteristic, on the scale from {low} to {high}, for {names}.",
        "Table of shaded cells: the means of {count} characteristics, on the scale from {low} to {high}, for {names}.",
        count,
    ).format(
        count=count, low=bound(limits[0]), high=bound(limits[1]),
        names=listed(list(dict.fromkeys(table.partners))),
    )  # fmt: skip
    values = table.values[table.there]
    rows, columns = np.nonzero(table.there)
    names = [
        f"{table.labels[r]}; {', '.join(filter(None, (table.series[c], table.partners[c])))}"
        for r, c in zip(rows, columns, strict=True)
    ]
    return sentences(opening, range_sentence(names, values), counts_sentence(values))
