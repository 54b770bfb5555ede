"""The waterfall: the parts of a difference one after the other, down to the whole."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.ticker import MaxNLocator

from hpp_analysis.plots.parts.alts import sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import check_columns, numbers_of, texts_of
from hpp_analysis.plots.parts.lettering import listed, number, text_width
from hpp_analysis.plots.parts.rows import draw_rows, lay_rows, write_column
from hpp_analysis.plots.parts.style import INK, LINK, MUTED, WIDTH, new_axes, nothing, scale_axis, styled
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_COLUMNS = ("group", "label", "value", "total")
_EDGE, _GAP, _RIGHT = 0.1, 0.22, 0.7  # inches
_HIGHER, _LOWER, _TOTAL = "#7da3c4", "#e59b62", "#1f2933"


@drawing
def waterfall(frame: pd.DataFrame, *, xlabel: str = "", ax: Axes | None = None) -> Axes:
    """Draw the parts of each difference as bars, each of which begins where the one before ended.

    Parameters
    ----------
    frame : DataFrame
        One row per part, with the columns `group` (whose difference it is), `label` (of the part), `value`, and `total`
        (whether it is the whole: its bar begins at 0). In order.
    xlabel : str
        What the axis is called.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "group": "Openness", "label": ["Roles", "Rest", "Gap"], "value": [.2, .5, .7], "total": [False, False, True],
    ... })
    >>> [text.get_text() for text in waterfall(frame).texts][-3:]
    ['+0.20', '+0.50', '+0.70']
    """
    check_columns(frame, _COLUMNS)
    values, total = numbers_of(frame, "value"), frame["total"].to_numpy(dtype=bool)
    groups, labels = texts_of(frame, "group"), texts_of(frame, "label")
    with styled():
        if not np.isfinite(values).any():
            return nothing(ax)
        rows = lay_rows(groups, labels)
        left = rows.label_width + _GAP
        start = _starts(groups, values, total)
        ends = start + values
        written = [_signed(value) for value in values]
        right = max(_RIGHT, max(map(text_width, written)) + 0.2)
        if ax is None:
            ax = new_axes(WIDTH, rows.height + 0.6, left=left + _EDGE, right=right + _EDGE, top=0.12, bottom=0.48)
        low, high = min(0.0, float(np.min([start, ends]))), max(0.0, float(np.max([start, ends])))
        room = 0.05 * (high - low) or 0.1
        ticks = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(low - room, high + room)
        scale_axis(ax, "x", (float(ticks[0]), float(ticks[-1])), [float(tick) for tick in ticks], xlabel)
        draw_rows(ax, rows, left=left)
        ax.axvline(0.0, color=MUTED, linewidth=1.1, zorder=1.5)
        boxes, joins = [], []
        for place, y in enumerate(rows.y):
            a, b = start[place], ends[place]
            boxes.append([(a, y - 0.08), (b, y - 0.08), (b, y + 0.08), (a, y + 0.08)])
            if place + 1 < len(rows.y) and groups[place + 1] == groups[place]:
                joins.append([(b, y), (b, rows.y[place + 1])])
        colors = np.where(total, _TOTAL, np.where(values >= 0, _HIGHER, _LOWER))
        ax.add_collection(
            PolyCollection(boxes, facecolors=colors.tolist(), edgecolors=INK, linewidths=0.6, zorder=2), autolim=False
        )
        ax.add_collection(LineCollection(joins, colors=LINK, linewidths=0.8, zorder=1.8), autolim=False)
        write_column(ax, rows.y, written, right=right, bold=total)
    return ax


def _starts(groups: list[str], values: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Where each bar begins."""
    start, at, before = np.zeros(len(values)), 0.0, None
    for place, group in enumerate(groups):
        at = 0.0 if group != before else at
        start[place] = 0.0 if total[place] else at
        at += 0.0 if total[place] else values[place]
        before = group
    return start


def _signed(value: float) -> str:
    text = number(value, 2)
    return f"+{text}" if value > 0 and any(digit in "123456789" for digit in text) else text


@waterfall.set_alt
def waterfall_alt(frame: pd.DataFrame) -> str:
    """Say what `waterfall` shows.

    Parameters
    ----------
    frame : DataFrame
        As for `waterfall`.

    Returns
    -------
    str

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "group": "Openness", "label": ["Roles", "Rest", "Gap"], "value": [.2, .5, .7], "total": [False, False, True],
    ... })
    >>> waterfall_alt(frame)
    'Bars: 1 difference and its parts. Openness: Roles +0.20 and Rest +0.50 make +0.70.'
    """
    check_columns(frame, _COLUMNS)
    groups = texts_of(frame, "group")
    names = list(dict.fromkeys(groups))
    opening = ngettext(
        "Bars: {count} difference and its parts.", "Bars: {count} differences and their parts.", len(names)
    ).format(count=len(names))
    said = []
    for name in names:
        rows = frame[[group == name for group in groups]]
        parts = rows[~rows["total"].astype(bool)]
        told = [f"{label} {_signed(value)}" for label, value in zip(parts["label"], parts["value"], strict=True)]
        whole = _signed(float(rows.loc[rows["total"].astype(bool), "value"].iloc[0]))
        said.append(_("{name}: {parts} make {whole}.").format(name=name, parts=listed(told), whole=whole))
    return sentences(opening, *said)
