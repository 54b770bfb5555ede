"""Counts as bars: how many answered, per partnership and side."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hpp_analysis.plots.parts.alts import counts_sentence, range_sentence, sentences
from hpp_analysis.plots.parts.drawing import drawing
from hpp_analysis.plots.parts.frames import FloatArray, Grid, check_columns, check_on_axis, numbers_of, read_grid
from hpp_analysis.plots.parts.key import draw_key, lay_key
from hpp_analysis.plots.parts.lettering import SMALL, number
from hpp_analysis.plots.parts.rows import Rows, draw_rows, lay_rows
from hpp_analysis.plots.parts.style import (
    LITERAL,
    MUTED,
    PLAIN,
    WIDTH,
    Mark,
    mark_of,
    new_axes,
    nothing,
    nothing_text,
    offset,
    scale_axis,
    styled,
)
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_COLUMNS = ("label", "n")
_EDGE, _GAP, _RIGHT, _BAR = 0.1, 0.22, 0.5, 0.17  # inches


@drawing
def bars(frame: pd.DataFrame, *, xlabel: str = "", ax: Axes | None = None) -> Axes:
    """Draw a bar per count, with its number at its end.

    Parameters
    ----------
    frame : DataFrame
        One row per label and series, with the columns `label` and `n`, if there is more than one count of a
        label `series`, and if labels are grouped `group`. NaN is withheld. All stand in order of appearance.
    xlabel : str
        What is counted.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs. Axes of yours need about 3.4
        inches of room at their left for the labels.

    Returns
    -------
    Axes

    Examples
    --------
    >>> frame = pd.DataFrame({"label": ["Supplier A"] * 2, "series": ["Client", "Partner"], "n": [12, 31]})
    >>> [text.get_text() for text in bars(frame, xlabel="Persons").texts][-2:]
    ['12', '31']
    """
    check_columns(frame, _COLUMNS)
    grid = read_grid(frame)
    counts = grid.fill(numbers_of(frame, "n"))
    with styled():
        if not np.isfinite(counts).any():
            return nothing(ax)
        check_on_axis(counts, (0, float(np.finfo(float).max)))
        looks = [_look(mark_of(s)) for s in range(len(grid.series))] if len(grid.series) > 1 else [PLAIN]
        rows = lay_rows(grid.groups, grid.labels, row_height=0.12 + _BAR * len(looks))
        left = rows.label_width + _GAP
        named = [(mark, name) for mark, name in zip(looks, grid.series, strict=True) if name and len(looks) > 1]
        key = lay_key(named, WIDTH - 2 * _EDGE)
        bottom = 0.48 if xlabel else 0.28
        if ax is None:
            top = key.height + 0.14
            ax = new_axes(WIDTH, rows.height + top + bottom, left=left + _EDGE, right=_RIGHT, top=top, bottom=bottom)
        ticker = mpl.ticker.MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True)
        ticks = [float(tick) for tick in ticker.tick_values(0, max(float(np.nanmax(counts)), 1.0))]
        scale_axis(ax, "x", (0, ticks[-1]), ticks, xlabel)
        draw_rows(ax, rows, left=left)
        draw_key(ax, key, left=-left, lift=0.08, lines=False)
        _draw_counts(ax, rows, grid, counts, looks)
    return ax


def _look(mark: Mark) -> Mark:
    """The look of a series as a small bar in the key."""
    return Mark(mark.color, "s", filled=mark.filled, size=8)


def _draw_counts(ax: Axes, rows: Rows, grid: Grid, counts: FloatArray, looks: list[Mark]) -> None:
    """Bars of one label below each other, and their numbers; `counts` is labels x series."""
    for s, look in enumerate(looks):
        y = rows.y + (s - (len(looks) - 1) / 2) * _BAR
        shown = ~np.isnan(counts[:, s])
        ax.barh(
            y[shown],
            counts[shown, s],
            height=_BAR - 0.04,
            color=look.color if look.filled else "white",
            edgecolor=look.color,
            linewidth=1.2,
            zorder=2,
        )
        for place in np.flatnonzero(grid.there[:, s]):
            value = counts[place, s]
            hidden = bool(np.isnan(value))
            ax.text(
                0 if hidden else value,
                y[place],
                _("not shown") if hidden else number(value, 0),
                zorder=3,
                transform=offset(ax, 5),
                va="center_baseline",
                fontsize=SMALL,
                color=MUTED if hidden else look.color,
                fontstyle="italic" if hidden else "normal",
                **LITERAL,
            )


@bars.set_alt
def bars_alt(frame: pd.DataFrame) -> str:
    """Say what `bars` shows.

    Parameters
    ----------
    frame : DataFrame
        As for `bars`.

    Returns
    -------
    str
        One to three sentences.

    Examples
    --------
    >>> frame = pd.DataFrame({"label": ["Supplier A"] * 2, "series": ["Client", "Partner"], "n": [12, 31]})
    >>> print(bars_alt(frame))
    Bar chart with 2 bars. The values run from 12 (Client, Supplier A) to 31 (Partner, Supplier A).
    """
    check_columns(frame, _COLUMNS)
    counts = numbers_of(frame, "n")
    if not np.isfinite(counts).any():
        return nothing_text()
    grid = read_grid(frame)
    names = [
        _("{series}, {label}").format(series=grid.series[s], label=grid.labels[row])
        if len(grid.series) > 1
        else grid.labels[row]
        for row, s in zip(grid.row, grid.column, strict=True)
    ]
    opening = ngettext("Bar chart with {count} bar.", "Bar chart with {count} bars.", len(counts)).format(
        count=len(counts)
    )
    return sentences(opening, range_sentence(names, counts, 0), counts_sentence(counts))
