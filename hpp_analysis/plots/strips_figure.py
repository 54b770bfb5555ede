"""Strips of dots: one row per label, one dot per group, and their median."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.plots.parts.alts import sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import FloatArray, check_columns, check_on_axis, numbers_of, texts_of
from hpp_analysis.plots.parts.lettering import SMALL, number, text_height, text_width
from hpp_analysis.plots.parts.rows import draw_rows, draw_threshold, lay_rows, write_column
from hpp_analysis.plots.parts.style import INK, PLAIN, WIDTH, new_axes, nothing, nothing_text, scale_axis, styled
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_COLUMNS = ("label", "value")
_EDGE, _GAP, _ROW, _BOTTOM = 0.1, 0.22, 0.42, 0.48  # inches
_SPREAD = 0.12  # inches up and down within a row


def _read(frame: pd.DataFrame) -> tuple[list[str], list[FloatArray]]:
    """Labels in order of appearance, and the values of each that are there."""
    check_columns(frame, _COLUMNS)
    labels, values = np.array(texts_of(frame, "label"), dtype=object), numbers_of(frame, "value")
    names = list(dict.fromkeys(labels.tolist()))
    return names, [values[(labels == name) & ~np.isnan(values)] for name in names]


@drawing
def strips(
    frame: pd.DataFrame,
    *,
    reference: float | None = None,
    limits: tuple[float, float] = (0.0, 1.0),
    xlabel: str = "",
    unit_decimals: int = 2,
    ax: Axes | None = None,
) -> Axes:
    """Draw the values of many groups as dots in one row per label, with the median as a bar and in figures.

    Parameters
    ----------
    frame : DataFrame
        One row per dot, with the columns `label` and `value`. NaN is left out.
    reference : float, optional
        A line down.
    limits : (float, float)
        The axis; all values lie on it.
    xlabel : str
        What the axis is called.
    unit_decimals : int
        Of the medians at the right.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs. Axes of yours need about 3.4 inches of
        room at their left for the labels, and 0.8 at their right.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({"label": ["Openness"] * 3, "value": [.7, .8, .95]})
    >>> strips(frame).texts[-1].get_text()
    '0.80'
    """
    names, values = _read(frame)
    with styled():
        if not any(len(part) for part in values):
            return nothing(ax)
        check_on_axis(np.concatenate(values), limits)
        rows = lay_rows([""] * len(names), names, row_height=_ROW)
        left = rows.label_width + _GAP
        column = text_width(number(0.0, unit_decimals)) + 0.25
        if ax is None:
            top = 0.1 if reference is None else 0.14 + text_height("", SMALL)
            ax = new_axes(
                WIDTH, rows.height + top + _BOTTOM, left=left + _EDGE, right=column + _EDGE, top=top, bottom=_BOTTOM
            )
        ticks = np.linspace(*limits, 6).tolist()
        scale_axis(ax, "x", limits, ticks, xlabel)
        draw_rows(ax, rows, left=left)
        if reference is not None:
            draw_threshold(ax, reference, right=column, label=number(reference, unit_decimals))
        for y, part in zip(rows.y, values, strict=True):
            _draw_dots(ax, y, part)
        medians = [number(float(np.median(part)), unit_decimals) if len(part) else "–" for part in values]
        write_column(ax, rows.y, medians, right=column)
    return ax


def _draw_dots(ax: Axes, y: float, values: FloatArray) -> None:
    """Dots in ascending order, alternately above and below the middle so that neighbours stay apart."""
    if not len(values):
        return
    ordered = np.sort(values)
    pattern = np.array([0.0, 1.0, -1.0, 0.5, -0.5]) * (_SPREAD if len(values) > 1 else 0.0)
    ax.plot(
        ordered,
        y + np.resize(pattern, len(ordered)),
        linestyle="none",
        marker="o",
        markersize=4.5,
        markeredgewidth=0,
        color=PLAIN.color,
        alpha=0.55,
        zorder=3,
        clip_on=False,
    )
    middle = float(np.median(ordered))
    ax.vlines(middle, y - 0.17, y + 0.17, color=INK, linewidth=2.2, zorder=4)


@strips.set_alt
def strips_alt(frame: pd.DataFrame, *, reference: float | None = None, unit_decimals: int = 2) -> str:
    """Say what `strips` shows.

    Parameters
    ----------
    frame : DataFrame
        As for `strips`.
    reference : float, optional
        What the dots are compared with.
    unit_decimals : int
        Of the numbers.

    Returns
    -------
    str

    Examples
    --------
    >>> frame = pd.DataFrame({"label": ["Openness"] * 3, "value": [.6, .8, .95]})
    >>> print(strips_alt(frame, reference=.7))
    Strip chart with one dot per group for 1 label. Openness: median 0.80, 2 of 3 groups at 0.70 or higher.
    """
    names, values = _read(frame)
    if not any(len(part) for part in values):
        return nothing_text()
    opening = ngettext(
        "Strip chart with one dot per group for {count} label.",
        "Strip chart with one dot per group for {count} labels.",
        len(names),
    ).format(count=len(names))
    told = []
    for name, part in zip(names, values, strict=True):
        if not len(part):
            continue
        middle = number(float(np.median(part)), unit_decimals)
        if reference is None:
            told.append(_("{label}: median {median}.").format(label=name, median=middle))
        else:
            told.append(
                _("{label}: median {median}, {count} of {total} groups at {reference} or higher.").format(
                    label=name,
                    median=middle,
                    count=int((part >= reference).sum()),
                    total=len(part),
                    reference=number(reference, unit_decimals),
                )
            )
    return sentences(opening, *told)
